/** `test`: scenarios, changes and validations with expected answers; also the users' own policy unit tests. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseAllDocuments } from 'yaml';
import { InputError } from '#app/input-error.ts';
import { judgeEntry, type ScenarioResult } from '#app/scenarios.ts';
import { readArguments } from '../arguments.ts';
import { oneLine } from '../one-line.ts';
import { print } from '../output.ts';

/** An entry with the line it starts at, 1-based. */
interface Entry {
  readonly line: number;
  readonly value: unknown;
}

function textOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new InputError(`cannot read \`${path}\`: ${error instanceof Error ? error.message : String(error)}`, 'name a file of JSON Lines, JSON or YAML, gzip compressed or not');
  }
}

/** JSON Lines, else one JSON value, else YAML documents: told apart by what parses. */
export function* entriesOf(text: string, path: string): Generator<Entry> {
  if (/\.ya?ml$/u.test(path)) {
    yield* yamlEntries(text);
    return;
  }
  let line = 0;
  for (const source of text.split('\n')) {
    line++;
    if (source.trim() === '') continue;
    try {
      yield { line, value: JSON.parse(source) };
    } catch {
      if (line > 1) throw new InputError(`${path}:${line}: not a JSON value`, 'write one JSON object a line');
      yield* wholeEntries(text, path);
      return;
    }
  }
}

function* wholeEntries(text: string, path: string): Generator<Entry> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError(`${path}:1: neither JSON nor JSON Lines`, 'write one JSON object a line, or give YAML the ending `.yaml`');
  }
  for (const entry of Array.isArray(value) ? (value as readonly unknown[]) : [value]) yield { line: 1, value: entry };
}

function* yamlEntries(text: string): Generator<Entry> {
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors;
    const line = text.slice(0, document.range[0]).split('\n').length;
    if (error !== undefined) throw new InputError(`line ${line}: ${oneLine(error.message.split('\n')[0] ?? '')}`, 'correct the YAML');
    yield { line, value: document.toJS() };
  }
}

function disagreement(path: string, line: number, result: ScenarioResult): string {
  return oneLine(`${path}:${line} ${result.id} query ${result.query} (${result.about}): expected ${JSON.stringify(result.expected)}, answered ${JSON.stringify(result.answer)}, asked ${JSON.stringify(result.asked)}`);
}

/** More disagreements than this are counted and not printed. */
const SHOWN = 200;

export function test(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments(args, {});
  if (positionals.length === 0) throw new InputError('`test` needs a file', 'name files of scenarios: JSON Lines, JSON or YAML');
  let passed = 0;
  let failed = 0;
  for (const path of positionals) {
    for (const { line, value } of entriesOf(textOf(path), path)) {
      const outcome = judgeEntry(value);
      if (outcome.type === 'unreadable') {
        failed++;
        if (failed <= SHOWN) print(`${path}:${line} is not understood: ${outcome.reason}`);
        continue;
      }
      for (const result of outcome.results) {
        if (result.agrees) passed++;
        else if (++failed <= SHOWN) print(disagreement(path, line, result));
      }
    }
  }
  if (failed > SHOWN) print(`… and ${failed - SHOWN} more`);
  print(`${passed} passed, ${failed} failed`);
  return Promise.resolve(failed > 0 ? 1 : 0);
}
