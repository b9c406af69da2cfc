/**
 * The configuration file (`docs/configuration.md`). What it says is either in force, or a problem with file and line, or named as not yet effective: never
 * silently without effect.
 */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { compareBy } from '#lib/order.ts';
import { resolvePath } from '#units/unit.ts';
import { describeIssues, pathText, type ConfigProblem, type Path } from './config/problems.ts';
import { configSchema, suppressionSchema, type ParsedConfig } from './config/schema.ts';
import { invalidity, type Suppression } from './config/suppressions.ts';

export { configJsonSchema, defaultIgnore } from './config/schema.ts';
export type { ConfigProblem } from './config/problems.ts';
export { suppressionFor, unheldSuppressions } from './config/suppressions.ts';
export type { Suppression, SuppressedFinding, UnheldSuppression } from './config/suppressions.ts';

/** Every key with its default filled in. */
export type Config = Readonly<Omit<ParsedConfig, 'suppressions'>> & { readonly suppressions: readonly Suppression[] };
export type Gates = Config['gates'];

/** A key that is valid and that this version does not act on yet. */
export interface NotYet {
  readonly key: string;
  readonly line: number;
  /** One sentence. */
  readonly message: string;
}

export type ConfigReading =
  | { readonly type: 'config'; readonly config: Config; readonly notYet: readonly NotYet[] }
  | { readonly type: 'invalid'; readonly problems: readonly ConfigProblem[] };

/** What holds without a file. */
export const defaultConfig: Config = { ...configSchema.parse({}), suppressions: [] };

/** Keys that later versions will act on; `[]` stands for any entry of a list. */
const notYetEffective: readonly string[] = [
  'invariants',
  'gates.acceptance',
  'evidence',
];

/** @param file how the file is called in messages. */
export function readConfig(text: string, file: string): ConfigReading {
  const lines = new LineCounter();
  // The core schema keeps dates and `no` as text; a version without quotes stays a number and is an error.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const message = (error.message.split('\n')[0] ?? '').replace(/ at line [0-9]+.*$/u, '').replace(/[.:]+$/u, '');
    return { type: 'invalid', problems: [{ file, line: lines.linePos(error.pos[0]).line, key: '', message: `the file is no valid YAML: ${message.slice(0, 1).toLowerCase()}${message.slice(1)}`, remedy: 'correct the YAML at this line' }] };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    return { type: 'invalid', problems: [{ file, line: 1, key: '', message: 'the file repeats its anchors too often', remedy: 'write the values out' }] };
  }
  return readValue(withoutEmpty(value ?? {}), file, (path, atKey) => lineOf(document, lines, path, atKey));
}

type LineOf = (path: Path, atKey: boolean) => number;

function readValue(value: unknown, file: string, lineAt: LineOf): ConfigReading {
  const problems: ConfigProblem[] = [];
  const add = (path: Path, atKey: boolean, message: string): void => {
    problems.push({ file, line: lineAt(path, atKey), key: pathText(path), message, remedy: remedyFor(path, atKey) });
  };
  if (!isRecord(value)) {
    add([], false, 'the configuration must be a map of keys');
    return { type: 'invalid', problems };
  }
  const { suppressions: written, ...rest } = value;
  const parsed = configSchema.safeParse(rest);
  if (!parsed.success) for (const placed of describeIssues(parsed.error.issues, configSchema, value)) add(placed.path, placed.atKey, placed.message);
  const suppressions = readSuppressions(written, add, lineAt);
  if (parsed.success) for (const contradiction of contradictions(parsed.data)) add(contradiction.path, false, contradiction.message);
  if (!parsed.success || problems.length > 0) return { type: 'invalid', problems: problems.sort(compareBy((problem) => problem.line, (problem) => problem.message)) };
  return { type: 'config', config: { ...parsed.data, suppressions }, notYet: notYetOf(value, lineAt) };
}

/** Wrong keys and types are problems of the file; a missing reason or date makes one entry void, and the rest stands (MP904). */
function readSuppressions(written: unknown, add: (path: Path, atKey: boolean, message: string) => void, lineAt: LineOf): readonly Suppression[] {
  if (written === undefined) return [];
  if (!Array.isArray(written)) {
    add(['suppressions'], false, '`suppressions` must be a list');
    return [];
  }
  return written.flatMap((entry: unknown, index): readonly Suppression[] => {
    const path = ['suppressions', index];
    if (!isRecord(entry)) {
      add(path, false, `\`${pathText(path)}\` must be a map`);
      return [];
    }
    const { reason, expires, ...rest } = entry;
    const lenient = suppressionSchema.omit({ reason: true, expires: true });
    const parsed = lenient.safeParse(rest);
    if (!parsed.success) {
      const root = { suppressions: written };
      for (const placed of describeIssues(parsed.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })), configSchema, root)) add(placed.path, placed.atKey, placed.message);
      return [];
    }
    const { rule, resource, fingerprint, environment, owner } = parsed.data;
    return [
      {
        rule, resource, fingerprint, environment, owner,
        reason: typeof reason === 'string' ? reason : '',
        expires: typeof expires === 'string' ? expires : '',
        line: lineAt(path, false),
        invalid: invalidity({ rule, resource, fingerprint, reason, expires }),
      },
    ];
  });
}

function contradictions(config: ParsedConfig): readonly { readonly path: Path; readonly message: string }[] {
  const outside = config.units.flatMap((unit, index) =>
    (unit.helm?.values ?? []).flatMap((file, at) =>
      resolvePath(unit.path, file) === undefined ? [{ path: ['units', index, 'helm', 'values', at], message: `\`units[${String(index)}].helm.values[${String(at)}]\` must be a path inside the repository` }] : [],
    ),
  );
  return outside.concat(config.units.flatMap((unit, index) => {
    const stated = Object.entries(config.environments).flatMap(([name, environment]) => (environment.units.includes(unit.path) ? [name] : []));
    if (unit.environment === undefined || stated.length === 0 || stated.includes(unit.environment)) return [];
    const message = `\`units[${String(index)}].environment\` is \`${unit.environment}\`, but \`environments\` puts \`${unit.path}\` into ${stated.map((name) => `\`${name}\``).join(', ')}`;
    return [{ path: ['units', index, 'environment'], message }];
  }));
}

function remedyFor(path: Path, atKey: boolean): string {
  if (path.length === 0) return 'write the keys as `docs/configuration.md` lists them';
  return atKey ? `rename or remove \`${pathText(path)}\`` : `correct \`${pathText(path)}\``;
}

function notYetOf(value: Readonly<Record<string, unknown>>, lineAt: LineOf): readonly NotYet[] {
  return notYetEffective
    .flatMap((pattern) => pathsOf(value, pattern.replace('[]', '.[]').split('.')))
    .map((path) => ({ key: pathText(path), line: lineAt(path, true), message: `\`${pathText(path)}\` is valid, but this version does not act on it yet` }));
}

/** Places of the value that a pattern names and that are written. */
function pathsOf(value: unknown, steps: readonly string[], prefix: Path = []): readonly Path[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [prefix];
  if (step === '[]') return Array.isArray(value) ? value.flatMap((entry: unknown, index) => pathsOf(entry, rest, [...prefix, index])) : [];
  return isRecord(value) && value[step] !== undefined ? pathsOf(value[step], rest, [...prefix, step]) : [];
}

function lineOf(document: Document, lines: LineCounter, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let line = 1;
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) break;
      const last = index === path.length - 1;
      line = startLine(lines, last && !atKey && isScalar(pair.value) ? pair.value : pair.key) ?? line;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      line = startLine(lines, node) ?? line;
    } else break;
  }
  return line;
}

function startLine(lines: LineCounter, node: unknown): number | undefined {
  const start = isNodeWithRange(node) ? node.range?.[0] : undefined;
  return start === undefined ? undefined : lines.linePos(start).line;
}

function isNodeWithRange(node: unknown): node is Node {
  return node !== null && typeof node === 'object' && 'range' in node;
}

/** A key with nothing behind it (its list is commented out) is as good as absent. */
function withoutEmpty(value: unknown): unknown {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null)) : value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
