/**
 * `npm run bench [-- SIZE…]`: whole reviews of made-up meshes against the floor, both in turn in one run, median of seven.
 * Ratios are what counts: machines are noisy. Prints one row per size, one for the recorded decisions of each plane, and the
 * demo's time.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decisionSpeeds } from './decisions.ts';
import { makeRepository } from './generate.ts';
import { measure, median, type Measured } from './measure.ts';

const root = resolve(import.meta.dirname, '..');
const cli = join(root, 'dist/cli.js');
const floor = join(import.meta.dirname, 'floor.ts');
const sizes = process.argv.slice(2).map(Number);
const runs = Number(process.env.BENCH_RUNS ?? 7);

const cell = (text: string | number, width = 11): string => String(text).padStart(width);
const seconds = (value: number): string => `${value.toFixed(2)} s`;

console.log(['workloads', 'review', 'floor', 'wall ratio', 'cpu ratio', 'peak MB', 'work units', 'changes'].map((name) => cell(name)).join(' '));
for (const size of sizes.length > 0 ? sizes : [100, 400, 1_000, 5_000]) {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-'));
  try {
    makeRepository(folder, size);
    const statistics = join(folder, '.git', 'statistics.json');
    const reviews: Measured[] = [];
    const floors: Measured[] = [];
    for (let run = 0; run < runs; run++) {
      reviews.push(measure([cli, 'review', '--base', 'base', '--head', 'head', '--format', 'json', '--output', join(folder, '.git', 'report.json'), '--statistics', statistics], folder));
      floors.push(measure([floor, folder, 'base', 'head'], root));
    }
    const work = JSON.parse(readFileSync(statistics, 'utf8')) as { workUnits: number; changes: number };
    const of = (list: readonly Measured[], key: 'wallSeconds' | 'cpuSeconds' | 'peakMegabytes'): number => median(list.map((entry) => entry[key]));
    console.log(
      [
        cell(size),
        cell(seconds(of(reviews, 'wallSeconds'))),
        cell(seconds(of(floors, 'wallSeconds'))),
        cell((of(reviews, 'wallSeconds') / of(floors, 'wallSeconds')).toFixed(2)),
        cell((of(reviews, 'cpuSeconds') / of(floors, 'cpuSeconds')).toFixed(2)),
        cell(of(reviews, 'peakMegabytes').toFixed(0)),
        cell(work.workUnits),
        cell(work.changes),
      ].join(' '),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(['plane', 'decisions', 'wall', 'CPU ms each'].map((name) => cell(name, 13)).join(' '));
for (const { plane, decisions, wallSeconds, millisecondsEach } of decisionSpeeds(cli, Math.min(runs, 3))) {
  console.log([plane, decisions, seconds(wallSeconds), millisecondsEach.toFixed(2)].map((value) => cell(value, 13)).join(' '));
}
const demos = Array.from({ length: runs }, () => measure([cli, 'demo'], root).wallSeconds);
console.log(`demo: ${seconds(median(demos))}`);
