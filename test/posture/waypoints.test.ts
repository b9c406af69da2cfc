import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { addressed } from '#posture/addressed.ts';
import { clientOf } from '#posture/arrival.ts';
import { decide } from '#posture/answer.ts';
import { pathsTo, type DestinationPosture } from '#posture/paths.ts';
import { pointOf, queryOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import { passes } from '#sets/evaluate.ts';
import { bothAnswer } from '../support/both-answer.ts';

const limits = { workPerSeed: 200_000, regionsPerSeed: 100, atomsPerDimension: 4096 };

function changes(base: string, head: string): { readonly changes: readonly RawChange[]; readonly internalErrors: readonly string[] } {
  return compareSides({ environment: 'test', base: closedMesh(readManifests(base)), head: closedMesh(readManifests(head)), renamed: new Map() }, limits, new DifferenceMemo());
}

const shop = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: v1
kind: Namespace
metadata: {name: web, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock, namespace: shop}
spec:
  selector: {matchLabels: {app: stock}}
  template:
    metadata: {labels: {app: stock}}
    spec: {serviceAccountName: stock, containers: [{name: main, image: example/stock, ports: [{containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: till, namespace: web}
spec:
  selector: {matchLabels: {app: till}}
  template:
    metadata: {labels: {app: till}}
    spec: {serviceAccountName: till, containers: [{name: main, image: example/till}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
`;

const service = (labels: string): string => `---
apiVersion: v1
kind: Service
metadata: {name: stock, namespace: shop, labels: {${labels}}}
spec: {selector: {app: stock}, ports: [{name: http, port: 80, targetPort: 8080}]}
`;
const bound = service('istio.io/use-waypoint: door');
const policy = (spec: string): string => `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: rule, namespace: shop}
spec: {${spec}}
`;
const fromTill: Query = { from: { workload: 'web/till' }, to: { host: 'stock.shop.svc.cluster.local', port: 80 }, request: { protocol: 'http' } };

function mesh(...parts: readonly string[]): Mesh {
  return closedMesh(readManifests(parts.join('')));
}

describe('two hops of one request', () => {
  test('the pod behind the waypoint meets the waypoint, and the answer tells both hops', () => {
    const decision = decide(mesh(shop, bound, policy('selector: {matchLabels: {app: stock}}, rules: [{from: [{source: {principals: [cluster.local/ns/web/sa/till]}}]}]')), fromTill);
    expect(decision).toMatchObject({ verdict: 'deny', layer: 'authorization', enforcedAt: 'ztunnel', via: 'shop/door' });
    expect('hops' in decision && decision.hops.map(({ at, peer, verdict }) => [at, peer, verdict])).toEqual([
      ['shop/door', 'cluster.local/ns/web/sa/till', 'allow'],
      ['shop/stock', 'cluster.local/ns/shop/sa/door', 'deny'],
    ]);
  });

  test('a NetworkPolicy in front of the pod sees the waypoint’s pods, one in front of the waypoint sees the client', () => {
    const only = (where: string, who: string): string => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: gate, namespace: shop}
spec: {podSelector: {matchLabels: ${where}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: ${who}}}]}]}
`;
    const pods = '{gateway.networking.k8s.io/gateway-name: door}';
    expect(decide(mesh(shop, bound, only('{app: stock}', pods)), fromTill)).toMatchObject({ verdict: 'allow', via: 'shop/door' });
    expect(decide(mesh(shop, bound, only('{app: stock}', '{app: till}')), fromTill)).toMatchObject({ verdict: 'deny', layer: 'network-policy' });
    expect(decide(mesh(shop, bound, only(pods, '{app: till}')), fromTill)).toMatchObject({ verdict: 'allow', via: 'shop/door' });
    expect(decide(mesh(shop, bound, only(pods, '{app: other}')), fromTill)).toMatchObject({ verdict: 'deny', layer: 'network-policy' });
  });

  test('a share of the traffic that takes another waypoint is not known', () => {
    expect(decide(mesh(shop, service('istio.io/use-waypoint: door, istio.io/use-waypoint-canary: other')), fromTill)).toMatchObject({ verdict: 'unknown', rule: 'M81' });
  });
});

describe('what a waypoint changes for callers', () => {
  const noTill = policy('selector: {matchLabels: {app: stock}}, action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/web/sa/till]}}]}]');

  test('a DENY of a client no longer hits it behind a new waypoint', () => {
    const { changes: found, internalErrors } = changes(shop + service('') + noTill, shop + bound + noTill);
    expect(internalErrors).toEqual([]);
    expect(found.find((change) => change.direction === 'widened')).toMatchObject({ destination: { id: 'shop/stock' }, witness: { query: { to: { host: 'stock.shop.svc.cluster.local', port: 80 } }, base: { verdict: 'deny' }, head: { verdict: 'allow', via: 'shop/door' } } });
  });

  const noPost = policy('targetRefs: [{kind: Service, group: "", name: stock}], action: DENY, rules: [{to: [{operation: {methods: [POST], ports: ["80"]}}]}]');

  test('a policy at the waypoint that goes opens what is addressed to the Service', () => {
    const { changes: found, internalErrors } = changes(shop + bound + noPost, shop + bound);
    expect(internalErrors).toEqual([]);
    expect(found.map(({ direction, witness }) => [direction, witness?.query.request.method, witness?.query.to.host])).toEqual([['widened', 'POST', 'stock.shop.svc.cluster.local']]);
  });

  test('a policy for the pod’s port never acts at a waypoint that is addressed at the Service’s', () => {
    expect(changes(shop + bound, shop + bound + noPost.replace('"80"', '"8080"')).changes).toEqual([]);
  });

  test('a policy of the Service does nothing without the binding', () => {
    expect(changes(shop + service(''), shop + service('') + noPost).changes).toEqual([]);
  });
});

interface Scenario {
  readonly id: string;
  readonly manifests: string;
  readonly queries: readonly Query[];
}

function scenarios(file: URL): readonly Scenario[] {
  const bytes = readFileSync(file);
  return (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n').map((line) => JSON.parse(line) as Scenario);
}

/** Verdict by the layers at the question's point, against `decide`; declared callers as their identities. */
function compared({ id, manifests, queries }: Scenario): { readonly count: number; readonly differing: readonly unknown[] } {
  const differing: unknown[] = [];
  let count = 0;
  const world = closedMesh(readManifests(manifests));
  const postures = new Map<string, DestinationPosture>();
  for (const asked of queries) {
    const client = clientOf(world, asked, {});
    const destination = addressed(world, asked);
    const workload = 'pods' in destination ? destination.pods[0]?.workload : undefined;
    if (!('mode' in client) || workload === undefined) continue;
    const query: Query = asked.from.workload === undefined ? asked : { ...asked, from: { principal: client.identity, ...(asked.from.ip === undefined ? {} : { ip: asked.from.ip }), ...(client.mode === 'ambient' || client.mode === 'sidecar' ? { client: client.mode } : {}) } };
    const posture = postures.get(workload.id) ?? pathsTo(world, workload);
    postures.set(workload.id, posture);
    const point = pointOf(world, workload, query, posture);
    const decision = decide(world, query);
    if (point === undefined) continue;
    count += 1;
    const verdict = passes(posture.sure, point) ? 'allow' : passes(posture.possible, point) ? 'asks' : 'deny';
    const again = decide(world, queryOf(workload, point, { pods: false, mixed: true })).verdict;
    if (verdict !== decision.verdict || again !== decision.verdict) differing.push({ id, query, decided: decision.verdict, verdict, again });
  }
  return { count, differing };
}

const met = { count: 0 };

describe('the layers at a question’s point give the verdict that `decide` gives, through waypoints too', () => {
  test.each(scenarios(new URL('../../fixtures/conformance/ambient.jsonl', import.meta.url)).map((scenario) => [scenario] as const))('for the recorded questions of a sample’s mesh, and the point leads back to the question', (scenario) => {
    const { count, differing } = compared(scenario);
    met.count += count;
    expect(differing).toEqual([]);
  });

  afterAll(() => {
    expect(met.count).toBeGreaterThan(1500);
  });

  const whole = new URL('../../../shared/conformance/ambient/random.jsonl.gz', import.meta.url);
  test.skipIf(!existsSync(whole))('for all recorded questions (skipped without the shared recordings)', { timeout: 180_000 }, () => {
    expect(scenarios(whole).flatMap((scenario) => compared(scenario).differing).slice(0, 5)).toEqual([]);
  });
});

const behindDoor = (policy: string): Mesh =>
  closedMesh(readManifests(`apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled, istio.io/use-waypoint: door}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: main, image: example/cart}]}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop, labels: {istio.io/waypoint-for: workload}}
spec: {gatewayClassName: istio-waypoint}
---
${policy}`));

describe('the address that a sidecar behind a waypoint sees on a connection of bytes', () => {
  const query: Query = { from: { principal: 'cluster.local/ns/shop/sa/cart', client: 'ambient' }, to: { workload: 'shop/cart', port: 5555 }, request: { protocol: 'tcp' } };

  test.each([['192.0.2.0/24', 'deny'], ['127.9.9.9/32', 'allow']] as const)('is the same for the layers and for `decide`: %s', (block, verdict) => {
    bothAnswer(behindDoor(`apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: c, namespace: shop}
spec: {rules: [{from: [{source: {remoteIpBlocks: ['${block}']}}]}]}
`), 'shop/cart', query, verdict);
  });
});

describe('what a sidecar behind a waypoint reads as a token (A2.16, A5.4)', () => {
  const reading = (target: string): Mesh => behindDoor(`apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: l, namespace: shop}
spec: {${target}jwtRules: [{issuer: https://issuer.example, fromHeaders: [{name: x-token}]}]}
`);
  const asked = (headers: Readonly<Record<string, string>>): Query => ({ from: { principal: 'cluster.local/ns/shop/sa/cart', client: 'ambient' }, to: { workload: 'shop/cart', port: 80 }, request: { protocol: 'http', headers } });

  test.each([['the pod alone', ''], ['the waypoint alone', 'targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: door}], ']])('other bytes in its header are refused: read by %s', (_, target) => {
    bothAnswer(reading(target), 'shop/cart', asked({ 'x-token': 'alice' }), 'deny');
  });

  test('other bytes in another header are not', () => {
    bothAnswer(reading(''), 'shop/cart', asked({ 'x-other': 'alice' }), 'allow');
  });

  test('nor is anything where the rule is that of another workload', () => {
    bothAnswer(reading('selector: {matchLabels: {app: till}}, '), 'shop/cart', asked({ 'x-token': 'alice' }), 'allow');
  });
});
