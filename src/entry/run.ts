/** From an opened pair to a delivered report: what `review`, `audit` and `demo` share. */
import { review, type ReviewOutcome } from '#app/review.ts';
import { exitCode } from '#app/verdict.ts';
import type { TreePair } from '#trees/tree.ts';
import { configurationFor } from './configuration.ts';
import { checkConfiguredNames } from './configured-names.ts';
import type { Opened } from './open.ts';
import { deliver, writeFile } from './output.ts';
import { prepare } from './rendering.ts';
import { renderer, type RenderOptions } from './render.ts';
import { version } from './version.ts';
import { keepYoungSmall } from './young.ts';

/** `YYYY-MM-DD` of this moment, UTC. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export async function analyse(opened: Opened, configFile: string | undefined): Promise<ReviewOutcome> {
  const configuration = configurationFor(opened.pair, configFile);
  const { config, proposed, file, notYet } = configuration;
  keepYoungSmall();
  const prepared = await prepare(opened.pair, config, opened.source);
  checkConfiguredNames(configuration, opened.pair, prepared.discovered);
  keepYoungSmall();
  return review({ pair: opened.pair, prepared, comparison: opened.comparison, config, proposed, configFile: file, notYet, today: today(), version });
}

export interface ReportFlags {
  readonly format?: readonly string[] | undefined;
  readonly output?: readonly string[] | undefined;
  readonly statistics?: string | undefined;
  readonly verbose?: boolean | undefined;
}

/** Writes what was asked for and says how the process ends. */
export function finish(outcome: ReviewOutcome, pair: TreePair, flags: ReportFlags, kind: RenderOptions['kind']): number {
  const render = renderer(pair, outcome, { kind, verbose: flags.verbose ?? false });
  deliver(outcome.report, { render, formats: flags.format ?? [], outputs: flags.output ?? [] });
  if (flags.statistics !== undefined) writeFile(flags.statistics, `${JSON.stringify(outcome.statistics)}\n`);
  return exitCode(outcome.report.verdict);
}
