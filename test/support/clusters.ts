/** Random small clusters with NetworkPolicies, as objects; JSON documents are YAML documents. */
import fc from 'fast-check';

type Labels = Readonly<Record<string, string>>;

export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly spec?: unknown;
}

export function manifestsOf(objects: readonly ClusterObject[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

/** `web` is in the mesh with sidecars, `depot` in ambient, `legacy` outside. */
const namespaces: readonly ClusterObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web', labels: { team: 'edge', 'istio-injection': 'enabled' } } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'depot', labels: { team: 'stock', 'istio.io/dataplane-mode': 'ambient' } } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'legacy', labels: { team: 'edge' } } },
];

function workload(namespace: string, name: string, labels: Labels): ClusterObject {
  const ports = [{ name: 'http', containerPort: 8080 }, ...(name === 'db' ? [{ name: 'pg', containerPort: 5432 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }] : [])];
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { serviceAccountName: name, containers: [{ name: 'main', image: 'registry.example/x:1', ports }] } } } };
}

export const inhabitants: readonly ClusterObject[] = [
  ...namespaces,
  workload('web', 'front', { app: 'front', tier: 'web' }),
  workload('web', 'db', { app: 'db' }),
  workload('depot', 'stock', { app: 'stock' }),
  workload('depot', 'db', { app: 'db', tier: 'data' }),
  workload('legacy', 'batch', { app: 'batch', tier: 'web' }),
  workload('legacy', 'db', { app: 'db' }),
];

export const workloadIds = ['web/front', 'web/db', 'depot/stock', 'depot/db', 'legacy/batch', 'legacy/db'] as const;

const podSelector = fc.constantFrom<unknown>({}, { matchLabels: { app: 'db' } }, { matchLabels: { tier: 'web' } }, { matchLabels: { app: 'front', tier: 'web' } }, { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] }, { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'batch'] }, { key: 'tier', operator: 'Exists' }] }, { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] });
const namespaceSelector = fc.constantFrom<unknown>({}, { matchLabels: { team: 'edge' } }, { matchLabels: { 'kubernetes.io/metadata.name': 'depot' } }, { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['edge'] }] }, { matchExpressions: [{ key: 'env', operator: 'Exists' }] });
const peer = fc.oneof(
  podSelector.map((selector) => ({ podSelector: selector })),
  namespaceSelector.map((selector) => ({ namespaceSelector: selector })),
  fc.tuple(namespaceSelector, podSelector).map(([names, pods]) => ({ namespaceSelector: names, podSelector: pods })),
  fc.constantFrom({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }, { ipBlock: { cidr: '203.0.113.0/24' } }, { ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.9.0/24'] } }),
);
const port = fc.constantFrom<unknown>({ port: 8080 }, { port: 'http' }, { port: 'pg' }, { protocol: 'UDP', port: 53 }, { protocol: 'UDP' }, { port: 8000, endPort: 9000 }, { port: 15008 }, {});
const rule = (peers: 'from' | 'to'): fc.Arbitrary<unknown> => fc.record({ [peers]: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) });

export const networkPolicies: fc.Arbitrary<readonly ClusterObject[]> = fc
  .array(
    fc.record({
      namespace: fc.constantFrom('web', 'depot', 'legacy'),
      podSelector,
      policyTypes: fc.constantFrom<unknown>(['Ingress'], ['Egress'], ['Ingress', 'Egress'], undefined),
      ingress: fc.array(rule('from'), { maxLength: 2 }),
      egress: fc.array(rule('to'), { maxLength: 2 }),
    }),
    { maxLength: 4 },
  )
  .map((list) => list.map(({ namespace, ...spec }, index) => ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: `policy-${String(index)}`, namespace }, spec: JSON.parse(JSON.stringify(spec)) as unknown })));

const anyPeer = fc.constantFrom<unknown>({ namespaces: { matchLabels: { team: 'edge' } } }, { namespaces: {} }, { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'db' } } } });
const clusterRule = (peers: 'from' | 'to'): fc.Arbitrary<unknown> =>
  fc.record({ name: fc.constant('r'), action: fc.constantFrom('Accept', 'Deny', 'Pass'), [peers]: fc.array(anyPeer, { minLength: 1, maxLength: 2 }), protocols: fc.constantFrom<unknown>(undefined, [{ tcp: { destinationPort: { number: 8080 } } }], [{ udp: {} }]) });

/** At most one of each tier. */
export const clusterPolicies: fc.Arbitrary<readonly ClusterObject[]> = fc
  .array(fc.record({ priority: fc.integer({ min: 1, max: 9 }), subject: anyPeer, ingress: fc.array(clusterRule('from'), { maxLength: 2 }), egress: fc.array(clusterRule('to'), { maxLength: 1 }) }), { maxLength: 2 })
  .map((list) => list.map((spec, index) => ({ apiVersion: 'policy.networking.k8s.io/v1alpha2', kind: 'ClusterNetworkPolicy', metadata: { name: `cluster-${String(index)}` }, spec: JSON.parse(JSON.stringify({ tier: index === 0 ? 'Admin' : 'Baseline', ...spec })) as unknown })));

const authorization = fc.constantFrom<readonly ClusterObject[]>(
  [],
  [{ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'web', namespace: 'web' }, spec: { rules: [{ from: [{ source: { principals: ['cluster.local/ns/web/sa/front'] } }] }] } }],
  [{ apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata: { name: 'default', namespace: 'depot' }, spec: { mtls: { mode: 'STRICT' } } }],
);

export const meshPolicies = authorization;
