/** Pods behind the Services that a gateway leads to, and what guards them: they meet the gateway, so their policies speak of it. */
import { editing, type NamedEdit } from './editing.ts';
import { fieldsAt } from './fields.ts';
import { gatewayId, gatewayLabels } from './gateways.ts';
import { authorizationPolicy, objectOf, peerAuthentication, requestAuthentication, type Document } from './manifests.ts';
import { networkPolicy } from './network.ts';
import type { Random } from './random.ts';

type Fields = Readonly<Record<string, unknown>>;

const seenPaths = ['/*', '/admin', '/admin/*', '/admin*', '/api*', '/api/', '/v2*', '/x', '/', '*.html', '*/x', '/api/{*}', '/{**}/x'] as const;

export function withBackends(random: Random, documents: readonly Document[]): readonly Document[] {
  const mode = random.weighted<Fields>([[8, { 'istio-injection': 'enabled' }], [3, { 'istio.io/dataplane-mode': 'ambient' }], [1, {}]]);
  const enrolled = documents.map((document) => (document.kind === 'Namespace' && fieldsAt(document, 'metadata')['name'] === 'shop' ? { ...document, metadata: { name: 'shop', labels: mode } } : document));
  const pods = ['cart', 'front', 'pay'].filter(() => random.chance(0.8)).map((name) => podsOf(random, name));
  const policies = Array.from({ length: random.weighted([[2, 1], [2, 2], [1, 3]] as const) }, (_, index) => backendPolicy(random, gatewayId(documents), `p${String(index)}`));
  return [
    ...enrolled,
    // To a NetworkPolicy the labels of every namespace count.
    objectOf('v1', 'Namespace', undefined, 'web', {}),
    ...pods,
    ...policies,
    ...(random.chance(0.3) ? [peerAuthentication(random, 'shop', 'm')] : []),
    ...(random.chance(0.3) ? [requestAuthentication(random, 'shop', 't')] : []),
    ...(random.chance(0.25) ? [backendNetwork(random)] : []),
    ...(random.chance(0.2) ? [clientTls(random)] : []),
  ];
}

function podsOf(random: Random, name: string): Document {
  const labels = { app: name, ...(random.chance(0.4) ? { tier: 'back' } : {}) };
  return objectOf('apps/v1', 'Deployment', 'shop', name, { spec: { selector: { matchLabels: { app: name } }, template: { metadata: { labels }, spec: { serviceAccountName: name, containers: [{ name: 'app', image: 'shop:1', ports: [{ name: 'web', containerPort: 8080 }] }] } } } });
}

/** What is about requests through a gateway most of all, or any policy with the gateway among the callers that it names. */
function backendPolicy(random: Random, gateway: string, name: string): Document {
  const identity = gateway.startsWith('shop/') ? 'cluster.local/ns/shop/sa/edge-istio' : 'cluster.local/ns/istio-system/sa/edge';
  if (random.chance(0.6)) {
    const rules = Array.from({ length: random.between(1, 2) }, () => ({
      ...(random.chance(0.4) ? { from: [{ source: random.pick<Fields>([{ principals: [identity] }, { namespaces: ['istio-system', 'shop'] }, { notPrincipals: [identity] }, { remoteIpBlocks: ['10.0.0.0/8'] }]) }] } : {}),
      ...(random.chance(0.9) ? { to: [{ operation: random.pick<Fields>([{ paths: random.some(seenPaths, 1, 3) }, { paths: random.some(seenPaths, 1, 3) }, { notPaths: random.some(seenPaths, 1, 2) }, { methods: ['GET'] }, { hosts: random.some(['cart.internal', 'shop.example', 'web.example', '*.example'], 1, 2) }, { paths: random.some(seenPaths, 1, 2), hosts: ['*.example', 'cart.internal'] }]) }] } : {}),
      ...(random.chance(0.15) ? { when: [random.pick<Fields>([{ key: 'request.headers[x-team]', values: ['red'] }, { key: 'request.headers[:path]', values: ['/admin*'] }, { key: 'request.headers[x-forwarded-for]', notValues: ['*1'] }, { key: 'request.headers[x-forwarded-proto]', values: ['https'] }])] } : {}),
    }));
    return objectOf('security.istio.io/v1', 'AuthorizationPolicy', 'shop', name, { spec: { selector: { matchLabels: { app: random.pick(['cart', 'front', 'pay']) } }, action: random.pick(['ALLOW', 'ALLOW', 'DENY']), rules } });
  }
  const policy = authorizationPolicy(random, 'shop', name);
  const text = JSON.stringify(policy).replace(/"cluster\.local\/ns\/(shop|web)\/sa\/(cart|front)"/gu, (whole) => (random.chance(0.7) ? JSON.stringify(identity) : whole));
  return JSON.parse(text) as Document;
}

function backendNetwork(random: Random): Document {
  const policy = networkPolicy(random, 'shop', 'n');
  if (random.chance(0.5)) return policy;
  return objectOf('networking.k8s.io/v1', 'NetworkPolicy', 'shop', 'n', { spec: { podSelector: random.pick([{}, { matchLabels: { app: 'cart' } }]), policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: gatewayLabels } }], ...(random.chance(0.4) ? { ports: [{ port: random.pick([80, 8080, 15008]) }] } : {}) }] } });
}

function clientTls(random: Random): Document {
  return objectOf('networking.istio.io/v1', 'DestinationRule', 'shop', 'd', { spec: { host: random.pick(['cart', 'front', '*.shop.svc.cluster.local']), trafficPolicy: { tls: { mode: random.pick(['DISABLE', 'ISTIO_MUTUAL', 'SIMPLE']) } } } });
}

export const backendEdits: readonly NamedEdit[] = [
  [12, 'backend-policy-added', (random, documents) => [...documents, backendPolicy(random, gatewayId(documents), random.pick(['p0', 'new']))]],
  [4, 'backend-network-added', (random, documents) => [...documents, backendNetwork(random)]],
  [3, 'client-tls-changed', (random, documents) => [...documents.filter(({ kind }) => kind !== 'DestinationRule'), clientTls(random)]],
  [2, 'backend-mtls', (random, documents) => [...documents, peerAuthentication(random, 'shop', 'm')]],
  [1, 'backend-service', editing(['Service'], (random, document) => (fieldsAt(document, 'metadata')['namespace'] === 'shop' ? { ...document, spec: { ...fieldsAt(document, 'spec'), ports: [{ name: random.pick(['http-80', 'tcp-80', 'x']), port: 80, ...(random.chance(0.3) ? { targetPort: 8080 } : {}) }] } } : undefined))],
];
