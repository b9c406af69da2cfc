/** `test`: scenarios, changes and validations with expected answers; also the users' own policy unit tests. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError } from '#app/input-error.ts';
import { loadSnapshot } from '#app/load.ts';
import { judgeEntry, type EntryTree, type ScenarioResult } from '#app/scenarios.ts';
import { readArguments } from '../arguments.ts';
import { configurationFor } from '../configuration.ts';
import { checkConfiguredNames } from '../configured-names.ts';
import { entriesOf } from '../entries.ts';
import { oneLine } from '../one-line.ts';
import { isDirectory, openTree } from '../open.ts';
import { print } from '../output.ts';
import { prepare } from '../rendering.ts';

function textOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new InputError(`cannot read \`${path}\`: ${error instanceof Error ? error.message : String(error)}`, 'name a file of JSON Lines, JSON or YAML, gzip compressed or not');
  }
}

function disagreement(path: string, line: number, result: ScenarioResult): string {
  return oneLine(`${path}:${line} ${result.id} query ${result.query} (${result.about}): expected ${JSON.stringify(result.expected)}, answered ${JSON.stringify(result.answer)}, asked ${JSON.stringify(result.asked)}`);
}

/** Reads each tree once: many entries ask about one. */
class Trees {
  readonly #known = new Map<string, Promise<EntryTree>>();

  /** @param named a folder relative to the file of tests, else to the working directory, else a revision */
  async read(named: string, file: string): Promise<EntryTree> {
    const beside = resolve(dirname(file), named);
    const target = isDirectory(beside) ? beside : named;
    const known = this.#known.get(target) ?? readTree(target);
    this.#known.set(target, known);
    return known;
  }
}

async function readTree(target: string): Promise<EntryTree> {
  const { pair, source } = await openTree(target, undefined);
  const configuration = configurationFor(pair, undefined);
  const { config } = configuration;
  const prepared = await prepare(pair, config, source);
  checkConfiguredNames(configuration, pair, prepared.discovered);
  const loaded = loadSnapshot(prepared.pair.head, prepared.pair.blobs, config, { prepared });
  const [first, ...more] = loaded.incompleteReasons;
  const unread = first === undefined ? undefined : `${first.file ?? first.unit ?? target}${first.line === undefined ? '' : `:${first.line}`}: ${first.reason}${more.length === 0 ? '' : `, and ${more.length} more`}`;
  return { environments: loaded.environments.map(({ id, head }) => ({ id, resources: head.resources })), ...(unread === undefined ? {} : { unread }) };
}

/** The tree that an entry names, or why there is none. */
async function treeOf(value: unknown, file: string, trees: Trees): Promise<EntryTree | undefined> {
  const named = value !== null && typeof value === 'object' && 'tree' in value ? value.tree : undefined;
  if (typeof named !== 'string') return undefined;
  try {
    return await trees.read(named, file);
  } catch (error) {
    if (error instanceof InputError) return { environments: [], unread: `${error.message}; ${error.remedy}` };
    throw error;
  }
}

/** More disagreements than this are counted and not printed. */
const SHOWN = 200;

export async function test(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments(args, {}, 'FILE…');
  if (positionals.length === 0) throw new InputError('`test` needs a file', 'name files of scenarios: JSON Lines, JSON or YAML');
  const trees = new Trees();
  let passed = 0;
  let failed = 0;
  const fail = (text: string): void => {
    failed += 1;
    if (failed <= SHOWN) print(oneLine(text));
  };
  for (const path of positionals) {
    let entries = 0;
    for (const { line, value, problem, lineOf } of entriesOf(textOf(path), path)) {
      entries += 1;
      if (problem !== undefined) {
        fail(`${path}:${line} is not understood: ${problem}`);
        continue;
      }
      const outcome = judgeEntry(value, await treeOf(value, path, trees));
      if (outcome.type === 'unreadable') {
        fail(`${path}:${lineOf(outcome.path)} is not understood: ${outcome.reason}`);
        continue;
      }
      for (const result of outcome.results) {
        if (result.agrees) passed += 1;
        else fail(disagreement(path, Number.isInteger(Number(result.query)) ? lineOf(['queries', Number(result.query) - 1]) : line, result));
      }
    }
    if (entries === 0) fail(`${path}:1 is not understood: the file holds no entry`);
  }
  if (failed > SHOWN) print(`… and ${failed - SHOWN} more`);
  print(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
