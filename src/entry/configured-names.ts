/** Names in the configuration that exist on neither side: a misspelt path would leave its manifests out, or its environment empty, without a word. */
import { LineCounter, parseDocument } from 'yaml';
import { InputError } from '#app/input-error.ts';
import type { Config } from '#app/config.ts';
import { nearestName } from '#manifests/nearest-name.ts';
import { distinct } from '#lib/order.ts';
import type { TreePair } from '#trees/tree.ts';
import type { Discovered } from '#units/discover.ts';
import { baseName, folderOf } from '#units/unit.ts';
import { lineAt } from './entries.ts';

export interface WrittenConfiguration {
  readonly config: Config;
  readonly file: string;
  /** As written; absent where the defaults hold. */
  readonly text?: string;
}

interface Named {
  readonly key: string;
  readonly path: readonly (string | number)[];
  readonly name: string;
  readonly is: 'path' | 'unit';
}

/** @throws InputError for the first name of `units[].path`, `context`, `environments.*.context` and `environments.*.units` that nothing has. */
export function checkConfiguredNames({ config, file, text }: WrittenConfiguration, pair: TreePair, discovered: Discovered): void {
  if (text === undefined) return;
  const missing = new Set(discovered.missing);
  const units = new Set(discovered.units.flatMap((unit) => [unit.id, unit.base?.path ?? unit.id, unit.head?.path ?? unit.id]));
  const wrong = namedIn(config).find(({ is, name }) => (is === 'path' ? missing.has(name) : !units.has(name)));
  if (wrong === undefined) return;
  const lines = new LineCounter();
  const line = lineAt(parseDocument(text, { lineCounter: lines }).contents, wrong.path, lines);
  const what = wrong.is === 'path' ? 'which exists' : 'and no unit is called so';
  throw new InputError(`${file}:${String(line)}: \`${wrong.key}\` is \`${wrong.name}\`, ${what}${pair.base === pair.head ? (wrong.is === 'path' ? ' nowhere' : '') : ' on neither side'}`, remedyFor(wrong, wrong.is === 'path' ? pathsOf(pair) : distinct(units)));
}

function namedIn(config: Config): readonly Named[] {
  const found: Named[] = config.units.map((unit, index) => ({ key: `units[${String(index)}].path`, path: ['units', index, 'path'], name: unit.path, is: 'path' }));
  config.context.forEach((name, index) => found.push({ key: `context[${String(index)}]`, path: ['context', index], name, is: 'path' }));
  for (const [environment, { units, context }] of Object.entries(config.environments)) {
    const at = (key: 'units' | 'context', is: Named['is']) => (name: string, index: number) => found.push({ key: `environments.${environment}.${key}[${String(index)}]`, path: ['environments', environment, key, index], name, is });
    units.forEach(at('units', 'unit'));
    context.forEach(at('context', 'path'));
  }
  return found;
}

function pathsOf(pair: TreePair): readonly string[] {
  const paths = new Set<string>();
  for (const tree of new Set([pair.base, pair.head])) {
    for (const file of tree.entries.keys()) {
      paths.add(file);
      for (let folder = folderOf(file); folder !== '.' && !paths.has(folder); folder = folderOf(folder)) paths.add(folder);
    }
  }
  return distinct(paths);
}

/** The nearest by its letters, else one of the same or a near last step, else what the folder above it holds. */
function remedyFor({ name, is }: Named, existing: readonly string[]): string {
  const near = nearestName(name, existing) ?? sameStep(name, existing);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  const known = new Set(existing);
  let above = folderOf(name);
  while (above !== '.' && !known.has(above)) above = folderOf(above);
  const beside = is === 'unit' ? existing : existing.filter((path) => folderOf(path) === above);
  if (beside.length === 0) return is === 'unit' ? 'there is no unit: `mesh-posture environments` shows what was found' : 'the tree is empty';
  const shown = beside.slice(0, 5).map((path) => `\`${path}\``).join(', ');
  return `there is ${shown}${beside.length > 5 ? ` and ${String(beside.length - 5)} more` : ''}`;
}

function sameStep(name: string, existing: readonly string[]): string | undefined {
  const step = baseName(name);
  const last = nearestName(step, new Set(existing.map(baseName)));
  return last === undefined ? undefined : existing.find((path) => baseName(path) === last);
}
