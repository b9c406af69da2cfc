/** The oracle: a point lies in a reported region exactly when `to` lets it pass and `from` does not, asked of the plain evaluators. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Point } from '#sets/cube.ts';
import { difference, type Difference, type DifferenceProblem } from '#sets/difference.ts';
import { passes, pointIn } from '#sets/evaluate.ts';
import { cubeKey, valueKey } from '#sets/keys.ts';
import { worlds, type WorldOptions } from './worlds.ts';

/** Of a request that cannot exist, nothing that is said is wrong. */
function possible(problem: DifferenceProblem, point: Point): boolean {
  return !problem.impossible.some((cube) => pointIn(cube, point));
}

function inDifference(problem: DifferenceProblem, point: Point): boolean {
  return passes(problem.to, point) && !passes(problem.from, point) && (problem.within === undefined || problem.within.some((cube) => pointIn(cube, point)));
}

function reported(found: Difference, point: Point): boolean {
  return found.regions.some((region) => region.cubes.some((cube) => pointIn(cube, point)));
}

function shown(point: Point): string {
  return [...point].map(([dimension, value]) => `${dimension}=${valueKey(value)}`).join(' ');
}

function asked(name: string, options: WorldOptions, numRuns: number): void {
  test(name, () => {
    let undecided = 0;
    let nonEmpty = 0;
    let runs = 0;
    fc.assert(
      fc.property(worlds(options), ({ problem, points }) => {
        const found = difference(problem);
        runs += 1;
        if (found.regions.length > 0) nonEmpty += 1;
        if (found.undecided.length > 0 || found.regions.some((region) => !region.complete)) undecided += 1;
        for (const point of points.filter((each) => possible(problem, each))) {
          const expected = inDifference(problem, point);
          if (!expected && reported(found, point)) throw new Error(`reported, but not in the difference: ${shown(point)}`);
          if (expected && !reported(found, point) && found.undecided.length === 0) throw new Error(`in the difference, but not reported: ${shown(point)}`);
        }
        for (const region of found.regions) {
          for (const [index, cube] of region.cubes.entries()) {
            const sample = region.samples[index] as Point;
            if (!pointIn(cube, sample)) throw new Error(`sample ${shown(sample)} outside ${cubeKey(cube)}`);
            if (!possible(problem, sample)) throw new Error(`sample that cannot exist: ${shown(sample)}`);
            if (!inDifference(problem, sample)) throw new Error(`sample not in the difference: ${shown(sample)}`);
          }
        }
      }),
      { numRuns, seed: 20260101 },
    );
    // Worlds must be worth asking about, and the limits must not hide anything.
    expect(nonEmpty).toBeGreaterThan(runs / 4);
    expect(undecided).toBeLessThan(runs / 10);
  }, 60_000);
}

describe('a point is in some region exactly when it newly passes, and every sample is such a point', () => {
  asked('over every dimension', {}, 2000);
  asked('peers alone, where one identity meets many patterns', { dimensions: ['peer'] }, 300);
  asked('claims that hold several values', { dimensions: ['claim:groups', 'claim:aud', 'header:x'] }, 300);
  asked('raw paths under two normalizations', { dimensions: ['path', 'port'], mixed: true }, 300);
});
