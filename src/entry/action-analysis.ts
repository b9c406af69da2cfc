/** The analysis as the Action runs it: the configuration of the base, what the workflow overrides, then the review. */
import { InputError } from '#app/input-error.ts';
import { readConfig, type Config } from '#app/config.ts';
import { configurationPath } from '#app/load/relevance.ts';
import { review } from '#app/review.ts';
import { describeRules } from '#findings/registry.ts';
import { buildSarif } from '#report/sarif/build.ts';
import type { Report } from '#report/report.ts';
import { changedPaths } from '#trees/changes.ts';
import { textAt, type TreePair } from '#trees/tree.ts';
import type { ActionInputs } from './action-inputs.ts';
import type { Analysis } from './action-run.ts';
import { committedConfiguration, type Configuration, type Parse } from './configuration.ts';
import { checkConfiguredNames } from './configured-names.ts';
import { prepare } from './rendering.ts';
import { keepYoungSmall } from './young.ts';

/** A pull request that brings or changes the configuration is judged by the base's, and shows what the new one would say. */
export function actionConfiguration(pair: TreePair, inputs: ActionInputs, report: Pick<Report, 'comparison'>): Configuration {
  const file = inputs['config-file'] ?? configurationPath;
  if (inputs['config-file'] !== null && (['base', 'head'] as const).every((side) => textAt(pair, side, file) === undefined)) {
    throw new InputError(`the configuration \`${file}\` is not in \`${report.comparison.head.label.slice(0, 80)}\``, 'correct the input `config-file`, or leave it out');
  }
  const { proposed, ...committed } = committedConfiguration(pair, file, inForce);
  return { ...committed, config: overridden(committed.config, inputs), ...(proposed === undefined ? {} : { proposed: overridden(proposed, inputs) }) };
}

function inForce(text: string, file: string): ReturnType<Parse> {
  const reading = readConfig(text, file);
  if (reading.type === 'config') return { config: reading.config, notYet: reading.notYet };
  const [first, ...more] = reading.problems;
  const where = first === undefined ? `\`${file}\`` : `\`${first.file}\` line ${String(first.line)}`;
  throw new InputError(`${where}: ${first?.message ?? 'the configuration cannot be read'}${more.length === 0 ? '' : `, and ${String(more.length)} more`}`, first?.remedy ?? 'correct the configuration on the base branch');
}

function overridden(config: Config, inputs: ActionInputs): Config {
  const { gates } = config;
  return {
    ...config,
    ignore: [...config.ignore, ...inputs.ignore],
    gates: {
      ...gates,
      failOn: inputs['fail-on'] ?? gates.failOn,
      severity: inputs['fail-on-severity'] ?? gates.severity,
      incomplete: inputs.incomplete ?? gates.incomplete,
      external: inputs.external ?? gates.external,
      unreferenced: inputs.unreferenced ?? gates.unreferenced,
      maturity: inputs.maturity ?? gates.maturity,
    },
  };
}

export function analysis(version: string): Analysis {
  return async ({ pair, comparison, inputs, today, source }) => {
    const configuration = actionConfiguration(pair, inputs, { comparison });
    const { config, proposed, notYet, file } = configuration;
    keepYoungSmall();
    const prepared = await prepare(pair, config, source ?? { raw: () => Promise.resolve(new Map()), untrusted: [] });
    checkConfiguredNames(configuration, pair, prepared.discovered);
    keepYoungSmall();
    const { report, locateHead } = review({ pair, prepared, comparison, config, proposed, configFile: file, notYet, today, version });
    return {
      report,
      sarif: (repository) => {
        const fallback = changedPaths(pair).find((changed) => changed.head?.type === 'file')?.path;
        const log = buildSarif({
          report,
          rules: describeRules(),
          files: { text: (path) => textAt(pair, 'head', path), locate: locateHead, ...(fallback === undefined ? {} : { fallback }) },
          minimum: inputs['sarif-min-severity'],
          tag: inputs['comment-tag'],
          repository,
        });
        const category = inputs['sarif-category'];
        // The category is what stands before the last slash.
        if (category !== null) for (const run of log.runs) run.automationDetails = { ...run.automationDetails, id: `${category.replace(/\/+$/, '')}/` };
        return `${JSON.stringify(log, null, 2)}\n`;
      },
    };
  };
}
