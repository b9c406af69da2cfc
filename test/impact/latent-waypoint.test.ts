/** Behind a waypoint there are two networks: a latent change of the second one is confirmed although the waypoint answers first. */
import { expect, test } from 'vitest';
import { objectOf, type Document } from '../support/random-mesh/manifests.ts';
import { compared } from '../support/random-mesh/oracle.ts';
import { meshOf } from '../support/random-mesh/world.ts';

const shop: readonly Document[] = [
  objectOf('apps/v1', 'Deployment', 'shop', 'cart', { spec: { selector: { matchLabels: { app: 'cart' } }, template: { metadata: { labels: { app: 'cart' } }, spec: { containers: [{ name: 'app', image: 'shop:1' }] } } } }),
  { ...objectOf('v1', 'Service', 'shop', 'cart', { spec: { selector: { app: 'cart' }, ports: [{ name: 'http-web', port: 80 }] } }), metadata: { name: 'cart', namespace: 'shop', labels: { 'istio.io/use-waypoint': 'door' } } },
  objectOf('gateway.networking.k8s.io/v1', 'Gateway', 'shop', 'door', { spec: { gatewayClassName: 'istio-waypoint' } }),
];
const from = (peer: Readonly<Record<string, unknown>>): Document => objectOf('networking.k8s.io/v1', 'NetworkPolicy', 'shop', 'n', { spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [peer] }] } });

test('the network between a waypoint and its destination opens: no witness is missing, and what the waypoint lets pass is told', () => {
  const { changes, internalErrors } = compared(meshOf([...shop, from({ ipBlock: { cidr: '203.0.113.0/24' } })]), meshOf([...shop, from({ podSelector: {} })]));
  expect(internalErrors).toEqual([]);
  expect(changes.some((change) => change.direction === 'widened' && change.witness?.query.to.host === 'cart.shop.svc.cluster.local')).toBe(true);
});
