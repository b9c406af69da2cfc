/** The oracle: of callers that change their account, leave the mesh or enter it, the reported changes are exactly what they gain and lose. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { movedCallers } from '../support/random-mesh/moving-oracle.ts';
import { judge } from '../support/random-mesh/oracle.ts';
import { meshesOf, movingWorld } from '../support/random-mesh/world.ts';

test('callers that move: what each gains and loses is reported, and nothing else is said of them', () => {
  let moving = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fff_ffff }), (seed) => {
      const world = movingWorld(seed);
      const { base, head } = meshesOf(world);
      if (movedCallers(base, head).length > 0) moving += 1;
      expect(judge(world).counterexample).toBeUndefined();
    }),
    { numRuns: 300, seed: 23 },
  );
  expect(moving).toBeGreaterThan(80);
}, 900_000);
