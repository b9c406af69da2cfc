/** The oracle: in random meshes, the reported regions are exactly the requests whose verdict moves. */
import { test } from 'vitest';
import { sidecarsOnly } from '../support/random-mesh/manifests.ts';
import { expectAllHold } from '../support/random-mesh/many.ts';

test('behind sidecars, in other worlds: what is reported is what moves, in both directions, with witnesses that flip, mirrored when the sides are swapped, and silent where nothing moves', () => {
  expectAllHold(sidecarsOnly, { runs: 1300, seed: 70, differing: 430 });
}, 900_000);
