/** The oracle: in random meshes, the reported regions are exactly the requests whose verdict moves. */
import { test } from 'vitest';
import { sidecarsOnly } from '../support/random-mesh/manifests.ts';
import { expectAllHold } from '../support/random-mesh/many.ts';

test('in ambient, with waypoints and sidecars beside it: what is reported is what moves, in both directions, with witnesses that flip, mirrored when the sides are swapped, and silent where nothing moves', () => {
  expectAllHold({ ...sidecarsOnly, ambient: true, waypoints: true }, { runs: 900, seed: 17, differing: 240 });
}, 900_000);

test('in ambient without waypoints: what is reported is what moves, in both directions, with witnesses that flip, mirrored when the sides are swapped, and silent where nothing moves', () => {
  expectAllHold({ ...sidecarsOnly, ambient: true }, { runs: 400, seed: 19, differing: 100 });
}, 900_000);
