/** Whole processes, timed from outside; the operating system's own figures for memory and processor time. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Measured {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly stdout: string;
}

/** Runs a script on the current Node; the exit codes of a verdict (0, 1, 3) are fine, anything else is not. */
export function measure(args: readonly string[], cwd: string): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const usage = join(folder, 'usage.json');
  const start = process.hrtime.bigint();
  const run = spawnSync(process.execPath, ['--import', join(import.meta.dirname, 'peak.mjs'), ...args], { cwd, encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, BENCH_USAGE: usage } });
  const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (run.status === null || ![0, 1, 3].includes(run.status)) throw new Error(`${args.join(' ')} ended with ${String(run.status)}: ${run.stderr}`);
  const { peakMegabytes, cpuSeconds } = JSON.parse(readFileSync(usage, 'utf8')) as { peakMegabytes: number; cpuSeconds: number };
  rmSync(folder, { recursive: true });
  return { wallSeconds, cpuSeconds, peakMegabytes, stdout: run.stdout };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
