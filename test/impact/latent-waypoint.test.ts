/** Behind a waypoint there are two networks: a latent change of the second one is confirmed although the waypoint answers first. */
import { expect, test } from 'vitest';
import { objectOf, type Document } from '../support/random-mesh/manifests.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
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

const bound = (mode: Readonly<Record<string, string>>): readonly Document[] => [
  { ...objectOf('v1', 'Namespace', '', 'shop', {}), metadata: { name: 'shop', labels: { ...mode, 'istio.io/use-waypoint': 'door' } } },
  { ...objectOf('gateway.networking.k8s.io/v1', 'Gateway', 'shop', 'door', { spec: { gatewayClassName: 'istio-waypoint' } }), metadata: { name: 'door', namespace: 'shop', labels: { 'istio.io/waypoint-for': 'workload' } } },
  ...shop.slice(0, 1),
];
const egress = (rules: readonly unknown[]): Document => objectOf('networking.k8s.io/v1', 'NetworkPolicy', 'shop', 'n', { spec: { podSelector: {}, policyTypes: ['Egress'], egress: rules } });

// Identities of a foreign trust domain are refused by the waypoint before and after: for them the network behind it closes unseen.
test.each([['ambient', { 'istio.io/dataplane-mode': 'ambient' }], ['sidecars', { 'istio-injection': 'enabled' }]])('the same where the pod itself is addressed, in %s', (_, mode) => {
  const { changes, internalErrors } = compared(meshOf([...bound(mode), egress([{}])]), meshOf([...bound(mode), egress([])]));
  expect(internalErrors).toEqual([]);
  expect(changes.filter((change) => change.direction === 'narrowed' && change.witness?.base.verdict === 'allow' && change.witness.head.verdict === 'deny' && change.destination.id === 'shop/cart').length).toBeGreaterThan(0);
});

test('a waypoint may still call what its network lets out: no latent change is told where only another network closes', () => {
  const elsewhere = objectOf('networking.k8s.io/v1', 'NetworkPolicy', 'web', 'n', { spec: { podSelector: {}, policyTypes: ['Egress'], egress: [] } });
  const { changes, internalErrors } = compared(meshOf([...bound({ 'istio.io/dataplane-mode': 'ambient' }), egress([{}])]), meshOf([...bound({ 'istio.io/dataplane-mode': 'ambient' }), egress([{}]), elsewhere]));
  expect(internalErrors).toEqual([]);
  expect(changes.filter((change) => change.destination.id === 'shop/cart' && change.witness?.query.from.pod?.namespace === 'shop')).toEqual([]);
});
