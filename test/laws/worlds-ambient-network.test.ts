/** The oracle: in random meshes, the reported regions are exactly the requests whose verdict moves. */
import { test } from 'vitest';
import { sidecarsOnly } from '../support/random-mesh/manifests.ts';
import { expectAllHold } from '../support/random-mesh/many.ts';

test('in ambient behind NetworkPolicies, with waypoints: what is reported is what moves, in both directions, with witnesses that flip, mirrored when the sides are swapped, and silent where nothing moves', () => {
  expectAllHold({ ...sidecarsOnly, ambient: true, waypoints: true, network: true }, { runs: 150, seed: 23, differing: 40 });
}, 900_000);
