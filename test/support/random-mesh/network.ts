/** NetworkPolicies of both directions and cluster-wide ones, and who calls as they see it. */
import type { Query } from '#posture/query.ts';
import { objectOf, type Document } from './manifests.ts';
import type { Random } from './random.ts';

type Fields = Readonly<Record<string, unknown>>;

const podSelectors: readonly Fields[] = [{}, { matchLabels: { app: 'cart' } }, { matchLabels: { app: 'front' } }, { matchLabels: { tier: 'back' } }, { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }] }, { matchExpressions: [{ key: 'app', operator: 'In', values: ['cart', 'batch'] }] }, { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }];
const namespaceSelectors: readonly Fields[] = [{}, { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }, { matchLabels: { 'kubernetes.io/metadata.name': 'web' } }, { matchLabels: { team: 'edge' } }, { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['edge'] }] }, { matchExpressions: [{ key: 'env', operator: 'Exists' }] }];
const networkBlocks: readonly Fields[] = [{ cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] }, { cidr: '10.1.0.0/16' }, { cidr: '10.1.2.0/24', except: ['10.1.2.128/25'] }, { cidr: '203.0.113.0/24' }, { cidr: '2001:db8::/32' }];
const networkPorts: readonly Fields[] = [{ port: 80 }, { port: 8080 }, { port: 9000 }, { port: 'web' }, { port: 15008 }, { protocol: 'UDP', port: 9000 }, { protocol: 'UDP' }, { port: 8000, endPort: 9000 }, {}];

function peerOf(random: Random): Fields {
  return random.weighted<() => Fields>([
    [3, () => ({ podSelector: random.pick(podSelectors) })],
    [3, () => ({ namespaceSelector: random.pick(namespaceSelectors) })],
    [2, () => ({ namespaceSelector: random.pick(namespaceSelectors), podSelector: random.pick(podSelectors) })],
    [2, () => ({ ipBlock: random.pick(networkBlocks) })],
  ])();
}

function ruleOf(random: Random, peers: 'from' | 'to'): Fields {
  return {
    ...(random.chance(0.8) ? { [peers]: Array.from({ length: random.between(0, 2) }, () => peerOf(random)) } : {}),
    ...(random.chance(0.4) ? { ports: Array.from({ length: random.between(1, 2) }, () => random.pick(networkPorts)) } : {}),
  };
}

export function networkPolicy(random: Random, namespace: string, name: string): Document {
  const types = random.weighted<readonly string[]>([[5, ['Ingress']], [3, ['Egress']], [2, ['Ingress', 'Egress']]]);
  const rules = (peers: 'from' | 'to'): readonly Fields[] => Array.from({ length: random.weighted([[1, 0], [4, 1], [2, 2]] as const) }, () => ruleOf(random, peers));
  return objectOf('networking.k8s.io/v1', 'NetworkPolicy', namespace, name, {
    spec: {
      podSelector: random.pick(podSelectors),
      policyTypes: types,
      ...(types.includes('Ingress') ? { ingress: rules('from') } : {}),
      ...(types.includes('Egress') ? { egress: rules('to') } : {}),
    },
  });
}

const clusterPeers: readonly Fields[] = [{ namespaces: {} }, { namespaces: { matchLabels: { team: 'edge' } } }, { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'cart' } } } }];

export function clusterPolicy(random: Random, name: string): Document {
  const rules = (peers: 'from' | 'to'): readonly Fields[] =>
    Array.from({ length: random.between(0, 2) }, () => ({ name: 'r', action: random.pick(['Accept', 'Deny', 'Pass']), [peers]: [random.pick(clusterPeers)], ...(random.chance(0.4) ? { protocols: [random.pick([{ tcp: { destinationPort: { number: 80 } } }, { tcp: {} }, { udp: {} }])] } : {}) }));
  return objectOf('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', undefined, name, { spec: { tier: random.pick(['Admin', 'Baseline']), priority: random.between(1, 9), subject: random.pick(clusterPeers), ingress: rules('from'), egress: rules('to') } });
}

const pods: readonly NonNullable<Query['from']['pod']>[] = [
  { namespace: 'shop', labels: { app: 'cart' } },
  { namespace: 'shop', labels: { app: 'cart', tier: 'back' } },
  { namespace: 'shop', labels: { app: 'front' } },
  { namespace: 'web', labels: { app: 'front', tier: 'back' } },
  { namespace: 'web', labels: { app: 'batch' } },
  { namespace: 'web', labels: {} },
  { namespace: 'sh', labels: { app: 'cart' }, namespaceLabels: { team: 'edge' } },
  { namespace: 'sh', labels: {}, namespaceLabels: { env: 'prod', team: 'x' } },
];

/** A pod with its own identity or none, or somebody outside the cluster. */
export function packetCaller(random: Random, from: Query['from']): Query['from'] {
  if (random.chance(0.2)) return { principal: null, ip: random.pick(['203.0.113.7', '198.51.100.9', '10.1.2.3', '2001:db8::1']) };
  const pod = random.pick(pods);
  const account = random.pick(['cart', 'front', 'default']);
  const domain = typeof from.principal === 'string' ? (from.principal.split('/')[0] ?? 'cluster.local') : 'cluster.local';
  return { ...from, principal: from.principal === null ? null : `${domain}/ns/${pod.namespace}/sa/${account}`, ip: from.ip ?? random.pick(['10.1.2.3', '10.1.2.200', '10.1.3.1', '10.244.0.1']), pod };
}
