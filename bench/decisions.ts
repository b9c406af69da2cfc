/**
 * Recorded decisions of each plane, answered by one `test` process from a cold start: reading, parsing and building the meshes
 * included. The whole recordings where they lie beside the checkout, else the part of them in `fixtures/conformance`.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { measure, median } from './measure.ts';

export interface PlaneSpeed {
  readonly plane: string;
  readonly decisions: number;
  readonly wallSeconds: number;
  /** Processor time for one decision: what the machine's other work does not change. */
  readonly millisecondsEach: number;
}

const root = resolve(import.meta.dirname, '..');
const recorded = resolve(root, '../shared/conformance');
const sample = join(root, 'fixtures/conformance');

/** By the beginning of the sample's file names; the recordings have a folder of that name. */
const planes = ['sidecar', 'ambient', 'enrolment', 'networkpolicy'] as const;

function filesOf(plane: string): string[] {
  const folder = join(recorded, plane);
  const lines = (directory: string, prefix: string): string[] =>
    readdirSync(directory)
      .filter((name) => name.startsWith(prefix) && /\.jsonl(\.gz)?$/.test(name))
      .sort()
      .map((name) => join(directory, name));
  return existsSync(folder) ? lines(folder, '') : lines(sample, plane);
}

export function decisionSpeeds(cli: string, runs: number): readonly PlaneSpeed[] {
  return planes.map((plane) => {
    const measured = Array.from({ length: runs }, () => measure([cli, 'test', ...filesOf(plane)], root));
    const tally = /(\d+) passed, (\d+) failed\s*$/.exec(measured[0]?.stdout ?? '');
    if (tally === null) throw new Error(`\`test\` of the plane ${plane} printed no tally`);
    const decisions = Number(tally[1]) + Number(tally[2]);
    const wallSeconds = median(measured.map((each) => each.wallSeconds));
    const cpuSeconds = median(measured.map((each) => each.cpuSeconds));
    return { plane, decisions, wallSeconds, millisecondsEach: (cpuSeconds * 1000) / decisions };
  });
}
