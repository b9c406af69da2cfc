/** Who presents an identity: the declared workloads of its account that are in the mesh. */
import { expect, test } from 'vitest';
import { workloadsPresenting } from '#posture/callers.ts';
import { deployment, meshOf, namespace } from '../mesh/support.ts';

const as = (place: string, account: string): string => deployment(place, '', '', `serviceAccountName: ${account}`);
const mesh = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), namespace('plain'), as('shop/b', 'one'), as('shop/a', 'one'), as('shop/c', 'two'), as('plain/d', 'one'));
const presenting = (principal: string): readonly string[] => workloadsPresenting(mesh, principal).map(({ id }) => id);

test('all workloads of an account present its identity', () => {
  expect(presenting('cluster.local/ns/shop/sa/one')).toEqual(['shop/a', 'shop/b']);
  expect(presenting('cluster.local/ns/shop/sa/two')).toEqual(['shop/c']);
});

test('who is not in the mesh presents none, and nobody has another one', () => {
  for (const principal of ['cluster.local/ns/plain/sa/one', 'elsewhere.example/ns/shop/sa/one', 'cluster.local/ns/shop/sa/three', '']) expect(presenting(principal)).toEqual([]);
});
