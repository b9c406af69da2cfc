/** `environments`: which units were found, which of them run together, and why (R21). */
import { loadComparison, unitsUsing } from '#app/load.ts';
import { shown } from '#units/unit.ts';
import { readArguments } from '../arguments.ts';
import { configurationFor } from '../configuration.ts';
import { checkConfiguredNames } from '../configured-names.ts';
import { openTree } from '../open.ts';
import { print } from '../output.ts';
import { prepare } from '../rendering.ts';
import { oneLine } from '../one-line.ts';

export async function environments(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { config: { type: 'string' }, explain: { type: 'string' } }, 'REV|DIR');
  const { pair, source } = await openTree(positionals[0]);
  const configuration = configurationFor(pair, values.config);
  const { config } = configuration;
  const prepared = await prepare(pair, config, source);
  checkConfiguredNames(configuration, pair, prepared.discovered);
  const loaded = loadComparison(prepared.pair, config, { prepared });
  if (values.explain !== undefined) {
    const units = unitsUsing(loaded.discovered, values.explain);
    print(units.length > 0 ? `\`${oneLine(values.explain)}\` is used by ${units.map((unit) => `\`${oneLine(unit)}\``).join(', ')}` : `\`${oneLine(values.explain)}\` is used by no unit: a change in it changes nothing`);
    return 0;
  }
  const lines: string[] = [];
  for (const environment of loaded.environments) {
    lines.push(`${environment.id}: ${environment.because}`);
    for (const unit of environment.units) lines.push(`  ${unit.kind.padEnd(9)} ${oneLine(unit.id)}${unit.status === 'not-renderable' ? `  not rendered: ${oneLine(unit.reason ?? '')}` : ''}`);
    lines.push(`  ${String(environment.head.all.length)} objects`);
  }
  const ids = new Set(loaded.environments.flatMap((environment) => environment.units.map((unit) => unit.id)));
  const apart = loaded.discovered.units.filter((unit) => !ids.has(unit.id));
  if (apart.length > 0) lines.push('in no environment:', ...apart.map((unit) => `  ${shown(unit).kind.padEnd(9)} ${oneLine(unit.id)}`));
  for (const assumption of loaded.assumptions) lines.push(`assumed: ${oneLine(assumption.text)}`);
  print(lines.join('\n'));
  return 0;
}
