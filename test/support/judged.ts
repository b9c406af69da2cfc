/** The whole way of a review over two small trees: discovery, the real tools, environments, findings, verdict. */
import { defaultConfig, type Config } from '#app/config.ts';
import type { Loaded } from '#app/load.ts';
import { review } from '#app/review.ts';
import type { Report } from '#report/report.ts';
import type { RepositoryFacts } from '#units/repository.ts';
import { renderPair } from './render.ts';
import type { Files } from './tree.ts';

export interface Judged {
  readonly report: Report;
  readonly loaded: Loaded;
  /** Renderings that the tools were asked for. */
  readonly requests: number;
}

export interface Judging {
  readonly config?: Partial<Config>;
  readonly repository?: RepositoryFacts;
}

export async function judged(base: Files, head: Files, { config = {}, repository }: Judging = {}): Promise<Judged> {
  const { prepared, loaded, requests } = await renderPair(base, head, { config, ...(repository === undefined ? {} : { repository }) });
  const comparison: Report['comparison'] = { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } };
  const { report } = review({ pair: prepared.pair, comparison, config: { ...defaultConfig, ...config }, today: '2026-01-01', version: '0', prepared });
  return { report, loaded, requests };
}

/** `direction facet destination`, once each. */
export function told({ report }: Judged): readonly string[] {
  return [...new Set(report.changes.map(({ direction, facet, destinations }) => `${direction} ${facet} ${destinations.map((each) => each.id).join(' ')}`))].sort();
}

/** `change object`. */
export function edited({ loaded }: Judged): readonly string[] {
  return loaded.changedResources.map((each) => `${each.change} ${each.resource}`);
}

/** `code resource` of what the pull request brings; maturity and incompleteness aside. */
export function brought({ report }: Judged): readonly string[] {
  return report.findings.filter((finding) => finding.status === 'new' && !finding.code.startsWith('MP9')).map((finding) => `${finding.code} ${finding.resource}`).sort();
}

/** Ids of the units that a side has. */
export function unitsOn({ loaded }: Judged, side: 'base' | 'head'): readonly string[] {
  return loaded.discovered.units.flatMap((unit) => (unit[side] === undefined ? [] : [unit.id]));
}

/** Environment → its units. */
export function running({ loaded }: Judged): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(loaded.environments.map((each) => [each.id, each.units.map((unit) => unit.id)]));
}

/** `kind file` of what could not be read or rendered, as far as the pull request answers for it. */
export function unread({ report }: Judged): readonly string[] {
  return report.incompleteReasons.filter((reason) => reason.status === 'new').map((reason) => `${reason.kind} ${reason.file ?? reason.unit ?? ''}`);
}
