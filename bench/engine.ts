/**
 * The engine alone, on meshes that are built already: lowering, search, and every witness asked on both sides.
 * `engine.ts mesh WORKLOADS`, `engine.ts rules`, `engine.ts hard`; processor time is that of all threads.
 */
import { defaultConfig } from '#app/config.ts';
import { loadComparison } from '#app/load.ts';
import { limitsOf } from '#app/review.ts';
import { shortHash } from '#lib/canonical.ts';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import { buildMesh } from '#mesh/build.ts';
import { difference } from '#sets/difference.ts';
import type { BlobContent, Tree, TreePair } from '#trees/tree.ts';
import { hardDifferences } from './adversarial.ts';
import { meshFiles, ruleFiles } from './generate.ts';

type Files = ReadonlyMap<string, string>;

const limits = limitsOf(defaultConfig);
const cell = (text: string | number, width = 12): string => String(text).padStart(width);
const row = (...cells: readonly (string | number)[]): void => {
  console.log(cells.map((text) => cell(text)).join(' '));
};

function treesOf(base: Files, head: Files): TreePair {
  const blobs = new Map<string, BlobContent>();
  const tree = (label: string, files: Files): Tree => {
    const entries = [...files].map(([path, text]) => {
      const blob = shortHash(text);
      blobs.set(blob, { type: 'text', text });
      return [path, { type: 'file', path, blob, size: text.length }] as const;
    });
    return { label, entries: new Map(entries) };
  };
  return { base: tree('base', base), head: tree('head', head), blobs };
}

interface Timed<T> {
  readonly value: T;
  readonly wallMilliseconds: number;
  readonly cpuMilliseconds: number;
}

function timed<T>(run: () => T): Timed<T> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const value = run();
  const used = process.cpuUsage(cpu);
  return { value, wallMilliseconds: performance.now() - start, cpuMilliseconds: (used.user + used.system) / 1_000 };
}

function compared({ base, head }: { readonly base: Files; readonly head: Files }): Timed<{ readonly changes: number; readonly work: number }> {
  const [environment] = loadComparison(treesOf(base, head), defaultConfig).environments;
  if (environment === undefined) throw new Error('no environment');
  const sides = { environment: environment.id, base: buildMesh(environment.base.resources), head: buildMesh(environment.head.resources), renamed: new Map<string, string>() };
  return timed(() => {
    const memo = new DifferenceMemo();
    const { changes } = compareSides(sides, limits, memo);
    return { changes: changes.length, work: memo.work };
  });
}

function mesh(workloads: number): void {
  const result = compared(meshFiles(workloads));
  row('workloads', 'wall ms', 'cpu ms', 'peak MB', 'work units', 'changes');
  row(workloads, result.wallMilliseconds.toFixed(0), result.cpuMilliseconds.toFixed(0), (process.resourceUsage().maxRSS / 1024).toFixed(0), result.value.work, result.value.changes);
}

/** Each size twice: one rule differs, every rule does. The first row warms the compiler up and is not printed. */
function rules(): void {
  compared(ruleFiles(100, () => true));
  row('rules', 'one: cpu ms', 'work units', 'all: cpu ms', 'work units');
  for (const size of [1, 10, 100, 1_000, 10_000]) {
    const one = compared(ruleFiles(size, (index) => index === size >> 1));
    const all = size > 1_000 ? undefined : compared(ruleFiles(size, () => true));
    row(size, one.cpuMilliseconds.toFixed(0), one.value.work, all?.cpuMilliseconds.toFixed(0) ?? '-', all?.value.work ?? '-');
  }
}

function hard(): void {
  row('rules', 'edit', 'cpu ms', 'work units', 'regions', 'undecided');
  for (const size of [10, 100, 300, 1_000]) {
    for (const { name, from, to } of hardDifferences(size)) {
      const { value, cpuMilliseconds } = timed(() => difference({ from, to, impossible: [], preferred: new Map(), limits }));
      row(size, name.padStart(18), cpuMilliseconds.toFixed(0), value.work, value.regions.length, value.undecided.length);
    }
  }
}

const [what, size] = process.argv.slice(2);
if (what === 'mesh') mesh(Number(size));
else if (what === 'rules') rules();
else if (what === 'hard') hard();
else throw new Error('usage: engine.ts mesh WORKLOADS | rules | hard');
