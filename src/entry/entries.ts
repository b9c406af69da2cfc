/** Entries of a file of tests, each with the lines of its parts: JSON Lines, one JSON value, or YAML documents. */
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { oneLine } from './one-line.ts';

export interface Entry {
  /** Where it starts, 1-based. */
  readonly line: number;
  readonly value: unknown;
  /** Why there is no value. */
  readonly problem?: string;
  /** The line of a part; of the nearest part above it where it is not there. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

/** JSON Lines, else one JSON value, else YAML documents: told apart by the name's ending and by what parses. */
export function* entriesOf(text: string, path: string): Generator<Entry> {
  if (/\.ya?ml$/u.test(path) || !isJsonLines(text)) {
    yield* documentsOf(text);
    return;
  }
  let line = 0;
  for (const source of text.split('\n')) {
    line += 1;
    const at = line;
    if (source.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      yield { line: at, value: undefined, problem: 'the line is no JSON value', lineOf: () => at };
      continue;
    }
    for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value]) yield { line: at, value: each, lineOf: () => at };
  }
}

/** One value over several lines is the only JSON whose first line is none. */
function isJsonLines(text: string): boolean {
  const first = /^[^\S\n]*\S.*$/mu.exec(text)?.[0];
  return first === undefined || isJson(first) || !isJson(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** YAML, and JSON that is written over several lines. A list holds one entry an item. */
function* documentsOf(text: string): Generator<Entry> {
  const lines = new LineCounter();
  for (const document of parseAllDocuments(text, { lineCounter: lines })) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      yield { line, value: undefined, problem: `the document is no YAML: ${oneLine((error.message.split('\n')[0] ?? '').replace(/ at line [0-9]+.*$/u, ''))}`, lineOf: () => line };
      continue;
    }
    const { contents } = document;
    if (contents === null) continue;
    const nodes: readonly unknown[] = isSeq(contents) ? contents.items : [contents];
    for (const node of nodes) {
      const lineOf = (steps: readonly (string | number)[]): number => lineAt(node, steps, lines);
      yield { line: lineOf([]), value: node !== null && typeof node === 'object' && 'toJS' in node && typeof node.toJS === 'function' ? (node.toJS as (of: typeof document) => unknown)(document) : undefined, lineOf };
    }
  }
}

/** The line of a node's part; of the nearest part above it where it is not there. */
export function lineAt(root: unknown, steps: readonly (string | number)[], lines: LineCounter): number {
  let node = root;
  let line = startOf(root, lines) ?? 1;
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) break;
      line = startOf(pair.key, lines) ?? line;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      line = startOf(node, lines) ?? line;
    } else break;
  }
  return line;
}

function startOf(node: unknown, lines: LineCounter): number | undefined {
  if (node === null || typeof node !== 'object' || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const start: unknown = node.range[0];
  return typeof start === 'number' ? lines.linePos(start).line : undefined;
}
