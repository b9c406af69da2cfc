/** The oracle: in random meshes, the reported regions are exactly the requests whose verdict moves. */
import { test } from 'vitest';
import { sidecarsOnly } from '../support/random-mesh/manifests.ts';
import { expectAllHold } from '../support/random-mesh/many.ts';

test('behind sidecars with extensions that are not interpreted: what is reported is what moves, in both directions, with witnesses that flip, mirrored when the sides are swapped, and silent where nothing moves', () => {
  expectAllHold({ ...sidecarsOnly, extensions: true }, { runs: 500, seed: 11, differing: 112 });
}, 900_000);
