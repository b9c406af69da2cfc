/** `environments`: which units were found, which of them run together, and why (R21). */
import { loadComparison } from '#app/load.ts';
import { shown } from '#units/unit.ts';
import { usesOf, type Uses } from '#units/uses.ts';
import { readArguments } from '../arguments.ts';
import { configurationFor } from '../configuration.ts';
import { checkConfiguredNames } from '../configured-names.ts';
import { openTree } from '../open.ts';
import { print } from '../output.ts';
import { prepare } from '../rendering.ts';
import { oneLine } from '../one-line.ts';

export async function environments(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { config: { type: 'string' }, explain: { type: 'string' } }, 'REV|DIR');
  const { pair, source } = await openTree(positionals[0], values.config);
  const configuration = configurationFor(pair, values.config);
  const { config } = configuration;
  const prepared = await prepare(pair, config, source);
  checkConfiguredNames(configuration, pair, prepared.discovered);
  const loaded = loadComparison(prepared.pair, config, { prepared });
  if (values.explain !== undefined) {
    print(usesText(values.explain, usesOf(loaded.discovered, values.explain, (path) => pair.base.entries.has(path) || pair.head.entries.has(path))));
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

function usesText(written: string, { path, units, context }: Uses): string {
  const file = `\`${oneLine(written)}\``;
  if (path === undefined) return `${file} is no file of this tree`;
  const said = [
    ...(units.length === 0 ? [] : [`is used by ${listed(units)}`]),
    ...(context === 'all' ? ['is context of every environment'] : context.length === 0 ? [] : [`is context of ${listed(context)}`]),
  ];
  return `${file} ${said.length === 0 ? 'is used by no unit: a change in it changes nothing' : said.join(', and ')}`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${oneLine(name)}\``).join(', ');
}
