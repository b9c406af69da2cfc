/**
 * `npm run bench [-- SIZE…]`: whole reviews of made-up meshes against the floor, both in turn in one run, median of seven; then how cost
 * grows with the mesh and with the rules of one workload, rules made to be hard, and the recorded decisions of each plane. Ratios are
 * what counts: machines are noisy.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decisionSpeeds } from './decisions.ts';
import { makeRepository } from './generate.ts';
import { measure, median, type Measured } from './measure.ts';

const root = resolve(import.meta.dirname, '..');
const cli = join(root, 'dist/cli.js');
const floor = join(import.meta.dirname, 'floor.ts');
const engine = join(import.meta.dirname, 'engine.ts');
const sizes = process.argv.slice(2).map(Number);
const runs = Number(process.env.BENCH_RUNS ?? 7);

const cell = (text: string | number, width = 11): string => String(text).padStart(width);
const seconds = (value: number): string => `${value.toFixed(2)} s`;
const row = (...cells: readonly (string | number)[]): void => {
  console.log(cells.map((text) => cell(text)).join(' '));
};

interface Compared {
  readonly reviews: readonly Measured[];
  readonly floors: readonly Measured[];
  readonly statistics: { readonly workUnits: number; readonly changes: number };
}

function compared(workloads: number, repetitions: number, changed?: number): Compared {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-'));
  try {
    makeRepository(folder, workloads, changed);
    const statistics = join(folder, '.git', 'statistics.json');
    const reviews: Measured[] = [];
    const floors: Measured[] = [];
    for (let run = 0; run < repetitions; run++) {
      reviews.push(measure([cli, 'review', '--base', 'base', '--head', 'head', '--format', 'json', '--output', join(folder, '.git', 'report.json'), '--statistics', statistics], folder));
      floors.push(measure([floor, folder, 'base', 'head'], root));
    }
    return { reviews, floors, statistics: JSON.parse(readFileSync(statistics, 'utf8')) as Compared['statistics'] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const of = (list: readonly Measured[], key: 'wallSeconds' | 'cpuSeconds' | 'peakMegabytes'): number => median(list.map((entry) => entry[key]));

function againstFloor(name: string | number, { reviews, floors, statistics }: Compared): void {
  row(
    name,
    seconds(of(reviews, 'wallSeconds')),
    seconds(of(floors, 'wallSeconds')),
    (of(reviews, 'wallSeconds') / of(floors, 'wallSeconds')).toFixed(2),
    (of(reviews, 'cpuSeconds') / of(floors, 'cpuSeconds')).toFixed(2),
    of(reviews, 'peakMegabytes').toFixed(0),
    statistics.workUnits,
    statistics.changes,
  );
}

const heading = ['review', 'floor', 'wall ratio', 'cpu ratio', 'peak MB', 'work units', 'changes'];
row('workloads', ...heading);
for (const size of sizes.length > 0 ? sizes : [100, 400, 1_000, 5_000]) againstFloor(size, compared(size, runs));
if (sizes.length === 0) {
  console.log('\nthree files of two thousand differ');
  row('workloads', ...heading);
  againstFloor(625, compared(625, runs, 3));

  console.log('\ngrowth with the mesh, every policy differs, one repetition');
  row('workloads', 'cpu', 'ms each', 'peak MB', 'MB each', 'units each');
  for (const size of [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]) {
    const { reviews, statistics } = compared(size, 1);
    row(size, seconds(of(reviews, 'cpuSeconds')), ((1_000 * of(reviews, 'cpuSeconds')) / size).toFixed(2), of(reviews, 'peakMegabytes').toFixed(0), (of(reviews, 'peakMegabytes') / size).toFixed(2), (statistics.workUnits / size).toFixed(1));
  }

  for (const [title, args] of [
    ['the engine alone, every policy differs', ['mesh', '5000']],
    ['one workload behind many rules: one of them differs, all differ', ['rules']],
    ['rules that are hard to tell apart', ['hard']],
  ] as const) {
    console.log(`\n${title}`);
    spawnSync(process.execPath, [engine, ...args], { stdio: 'inherit' });
  }
}
console.log();
row('plane', 'decisions', 'wall', 'cpu ms each');
for (const { plane, decisions, wallSeconds, millisecondsEach } of decisionSpeeds(cli, Math.min(runs, 3))) row(plane, decisions, seconds(wallSeconds), millisecondsEach.toFixed(2));
const demos = Array.from({ length: runs }, () => measure([cli, 'demo'], root).wallSeconds);
console.log(`\ndemo: ${seconds(median(demos))}`);
