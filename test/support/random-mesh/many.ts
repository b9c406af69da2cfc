/** Many worlds for one test: each is judged as `npm run prove` judges it. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { worlds } from './arbitrary.ts';
import type { Features } from './manifests.ts';
import { judge } from './oracle.ts';

/** @param differing how many must have a difference at least: worlds without one prove nothing of regions */
export function expectAllHold(features: Features, { runs, seed, differing }: { readonly runs: number; readonly seed: number; readonly differing: number }): void {
  let found = 0;
  fc.assert(
    fc.property(worlds(features), (world) => {
      const judged = judge(world);
      if (judged.widened || judged.narrowed) found += 1;
      expect(judged.counterexample).toBeUndefined();
    }),
    { numRuns: runs, seed },
  );
  expect(found).toBeGreaterThan(differing);
}
