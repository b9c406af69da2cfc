/** The oracle: in random meshes with an ingress gateway, the reported regions are exactly the requests of clients whose answer moves. */
import { test } from 'vitest';
import { gatewaysOnly, gatewaysWithBackends } from '../support/random-mesh/manifests.ts';
import { expectAllHold } from '../support/random-mesh/many.ts';

test('behind a gateway: what is reported is what moves, in both directions, with witnesses that flip, mirrored when the sides are swapped, and silent where nothing moves', () => {
  expectAllHold(gatewaysOnly, { runs: 300, seed: 17, differing: 80 });
}, 900_000);

test('through a gateway to pods with policies of their own: what is reported is what moves and comes through', () => {
  expectAllHold(gatewaysWithBackends, { runs: 120, seed: 23, differing: 40 });
}, 900_000);
