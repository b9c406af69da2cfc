import { describe, expect, test } from 'vitest';
import { decide } from '../../src/posture/answer.ts';
import { destinationsOf, phantomsOf } from '../../src/posture/destinations.ts';
import { pathsTo } from '../../src/posture/paths.ts';
import type { Query } from '../../src/posture/query.ts';
import { deployment, meshOf, namespace, policy, service } from '../mesh/support.ts';

const ask = (more: Partial<Query> = {}, request: Partial<Query['request']> = {}): Query => ({
  from: { principal: null },
  to: { workload: 'shop/shop', port: 8080 },
  request: { protocol: 'http', ...request },
  ...more,
});
const shop = deployment('shop/shop');
const web = service('shop/shop', '{name: http, port: 80, targetPort: 8080}');
const denyAdmin = policy('AuthorizationPolicy', 'shop/deny', 'action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]');

describe('enrolment that nobody tells (R24, R25)', () => {
  const mesh = meshOf({}, shop, web, denyAdmin);

  test('is answered where both worlds agree', () => {
    expect(decide(mesh, ask())).toMatchObject({ verdict: 'allow' });
  });

  test('is unknown where they do not, and names what is missing', () => {
    expect(decide(mesh, ask({}, { path: '/admin' }))).toMatchObject({ verdict: 'unknown', rule: 'R24', missing: 'enrolment:shop' });
  });

  test('is answered once it is given', () => {
    expect(decide(mesh, ask({ given: { 'enrolment:shop': true } }, { path: '/admin' }))).toMatchObject({ verdict: 'deny', by: ['AuthorizationPolicy/shop/deny'], enforcedAt: 'sidecar' });
    expect(decide(mesh, ask({ given: { 'enrolment:shop': false } }, { path: '/admin' }))).toMatchObject({ verdict: 'allow', layer: 'none', enforcedAt: 'none' });
  });

  test('the symbolic side says on what it stands', () => {
    expect(destinationsOf(mesh).map((workload) => pathsTo(mesh, workload).assumptions)).toEqual([['enrolment:shop']]);
  });
});

describe('where nothing guards', () => {
  test('a workload outside the mesh lets everything pass, whatever policies say', () => {
    const mesh = meshOf({ world: 'closed' }, namespace('shop'), shop, web, denyAdmin);
    expect(decide(mesh, ask({}, { path: '/admin' }))).toMatchObject({ verdict: 'allow', layer: 'none', enforcedAt: 'none' });
  });

  test('a port that is excluded from capture does too, its neighbour does not (M69)', () => {
    const open = deployment('shop/shop', '', 'traffic.sidecar.istio.io/excludeInboundPorts: "9090"');
    const mesh = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), open, policy('PeerAuthentication', 'shop/strict', 'mtls: {mode: STRICT}'));
    expect(decide(mesh, ask({ to: { workload: 'shop/shop', port: 9090 } }))).toMatchObject({ verdict: 'allow', layer: 'none' });
    expect(decide(mesh, ask({ to: { workload: 'shop/shop', port: 9091 } }))).toMatchObject({ verdict: 'deny', layer: 'mtls' });
  });
});

describe('what is not computed yet is unknown, with the rule and what is missing', () => {
  const mesh = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), shop, web);
  test.each([
    [{ to: { gateway: 'istio-system/ingress', port: 443 } }, 'M120'],
    [{ from: { outside: true } }, 'M130'],
    [{ to: { workload: 'shop/nobody', port: 80 } }, 'R28'],
    [{ to: { host: 'example.com', port: 443 } }, 'M102'],
  ] as const)('%j', (more, rule) => {
    expect(decide(mesh, ask(more))).toMatchObject({ verdict: 'unknown', rule });
  });
});

test('a Service host leads to the pods behind it, at their port', () => {
  const mesh = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), shop, web, policy('AuthorizationPolicy', 'shop/deny', 'action: DENY, rules: [{to: [{operation: {ports: ["8080"]}}]}]'));
  expect(decide(mesh, ask({ to: { host: 'shop.shop.svc.cluster.local', port: 80 } }))).toMatchObject({ verdict: 'deny', by: ['AuthorizationPolicy/shop/deny'] });
});

test('every step names its rule, and the policy that decided it', () => {
  const mesh = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), shop, web, denyAdmin);
  const { because } = decide(mesh, ask({}, { path: '/admin' }));
  expect(because.map((step) => step.rule)).toEqual(['M6', 'A4.4', 'A3.33', 'A1.1']);
  expect(because.at(-1)).toMatchObject({ by: 'AuthorizationPolicy/shop/deny' });
});

describe('external authorizers (A section 6, R26)', () => {
  const custom = policy('AuthorizationPolicy', 'shop/ask', 'action: CUSTOM, provider: {name: gate}, rules: [{to: [{operation: {paths: [/pay]}}]}]');
  const labelled = namespace('shop', 'istio-injection: enabled');

  test('one that a repository does not configure is assumed to exist; in a whole cluster it is missing and denies', () => {
    const open = meshOf({}, labelled, shop, web, custom);
    expect(decide(open, ask({}, { path: '/pay' }))).toMatchObject({ verdict: 'asks', provider: 'gate' });
    expect(destinationsOf(open).map((workload) => pathsTo(open, workload).assumptions)).toEqual([['provider:gate']]);
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, custom), ask({}, { path: '/pay' }))).toMatchObject({ verdict: 'deny', layer: 'authorization' });
  });

  test('sure and possible requests differ by exactly the asked ones', () => {
    const open = meshOf({}, labelled, shop, web, custom);
    const posture = destinationsOf(open).map((workload) => pathsTo(open, workload))[0];
    expect(posture?.sure).not.toBe(posture?.possible);
    const plain = meshOf({}, labelled, shop, web, denyAdmin);
    const unasked = destinationsOf(plain).map((workload) => pathsTo(plain, workload))[0];
    expect(unasked?.sure).toBe(unasked?.possible);
  });
});

describe('phantoms (R29)', () => {
  const labelled = namespace('shop', 'istio-injection: enabled');
  const selecting = (app: string, name = 'p') => policy('AuthorizationPolicy', `shop/${name}`, `selector: {matchLabels: {app: ${app}}}, rules: [{to: [{operation: {paths: [/a]}}]}]`);
  const ids = (base: readonly string[], head: readonly string[]) => phantomsOf(meshOf({}, labelled, ...base), meshOf({}, labelled, ...head)).map((phantom) => phantom.base.id);

  test('a selector that no declared workload has', () => {
    expect(ids([selecting('elsewhere')], [selecting('elsewhere')])).toEqual(['shop/app=elsewhere']);
    expect(ids([shop, selecting('shop')], [shop, selecting('shop')])).toEqual([]);
  });

  test('a scope without workloads: the namespace, the mesh', () => {
    expect(ids([denyAdmin], [])).toEqual(['shop/*']);
    expect(ids([policy('PeerAuthentication', 'istio-system/m', 'mtls: {mode: STRICT}')], [])).toEqual(['*/*']);
    expect(ids([shop, denyAdmin], [shop])).toEqual([]);
  });

  test('a slipped selector of a policy that selects a declared workload on the other side is none', () => {
    expect(ids([shop, selecting('shop')], [shop, selecting('shpo')])).toEqual([]);
    expect(ids([shop, selecting('shop', 'one')], [shop, selecting('shpo', 'renamed')])).toEqual([]);
  });

  test('a policy beside one of equal content that stands is no slip of that one', () => {
    expect(ids([shop, selecting('shop', 'one')], [shop, selecting('shop', 'one'), selecting('elsewhere', 'two')])).toEqual(['shop/app=elsewhere']);
    expect(ids([shop, selecting('shop', 'one'), selecting('elsewhere', 'two')], [shop, selecting('shop', 'one')])).toEqual(['shop/app=elsewhere']);
  });

  test('a question by selector reaches the phantom, in the root namespace the mesh', () => {
    const strict = meshOf({}, labelled, policy('PeerAuthentication', 'shop/x', 'selector: {matchLabels: {app: elsewhere}}, mtls: {mode: STRICT}'));
    expect(decide(strict, ask({ to: { selector: { namespace: 'shop', labels: { app: 'elsewhere' } }, port: 80 } }))).toMatchObject({ verdict: 'deny', layer: 'mtls' });
    const meshWide = meshOf({}, policy('PeerAuthentication', 'istio-system/m', 'mtls: {mode: STRICT}'));
    expect(decide(meshWide, ask({ to: { selector: { namespace: 'istio-system', labels: {} }, port: 80 }, given: { 'enrolment:*': true } }))).toMatchObject({ verdict: 'deny', layer: 'mtls' });
  });
});

test('an extension that acts on the workload is marked by its content, one for other traffic is not', () => {
  const filter = (context: string, value: string) =>
    `{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: f, namespace: shop}, spec: {configPatches: [{applyTo: HTTP_FILTER, match: {context: ${context}}, patch: {operation: INSERT_BEFORE, value: {name: ${value}}}}]}}`;
  const marks = (context: string, value: string) => {
    const mesh = meshOf({}, namespace('shop', 'istio-injection: enabled'), shop, filter(context, value));
    return destinationsOf(mesh).flatMap((workload) => pathsTo(mesh, workload).opaque);
  };
  expect(marks('SIDECAR_INBOUND', 'lua').map((mark) => mark.resource)).toEqual(['EnvoyFilter/shop/f']);
  expect(marks('SIDECAR_INBOUND', 'lua')).toEqual(marks('SIDECAR_INBOUND', 'lua'));
  expect(marks('SIDECAR_INBOUND', 'lua')).not.toEqual(marks('SIDECAR_INBOUND', 'other'));
  expect(marks('SIDECAR_OUTBOUND', 'lua')).toEqual([]);
});

describe('a declared workload calls (M34, M46 to M48)', () => {
  const labelled = namespace('shop', 'istio-injection: enabled');
  const byName = policy('AuthorizationPolicy', 'shop/only', 'rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]}]');
  const cart = deployment('shop/cart', '', '', 'serviceAccountName: cart');
  const from = { from: { workload: 'shop/cart' } };

  test('with the identity of its account', () => {
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, cart, byName), ask(from))).toMatchObject({ verdict: 'allow', by: ['AuthorizationPolicy/shop/only'] });
  });

  test('in plaintext where automatic mutual TLS is off, or the client is outside the mesh', () => {
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, cart, byName, policy('PeerAuthentication', 'shop/plain', 'mtls: {mode: DISABLE}')), ask(from))).toMatchObject({ verdict: 'deny', layer: 'authorization' });
    const outside = deployment('shop/cart', 'sidecar.istio.io/inject: "false"', '', 'serviceAccountName: cart');
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, outside, byName), ask(from))).toMatchObject({ verdict: 'deny', layer: 'authorization' });
  });

  test('a DestinationRule decides what the client sends: plaintext, mutual TLS, or TLS of its own, which is not known to work', () => {
    const rule = (spec: string) => `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: d, namespace: shop}, spec: {host: shop, ${spec}}}`;
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, cart, byName, rule('trafficPolicy: {tls: {mode: DISABLE}}')), ask(from))).toMatchObject({ verdict: 'deny', layer: 'authorization' });
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, cart, byName, rule('trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}')), ask(from))).toMatchObject({ verdict: 'allow' });
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, cart, byName, rule('trafficPolicy: {tls: {mode: SIMPLE}}')), ask(from))).toMatchObject({ verdict: 'unknown', rule: 'M34' });
    expect(decide(meshOf({ world: 'closed' }, labelled, shop, web, cart, byName, rule('trafficPolicy: {loadBalancer: {simple: RANDOM}}')), ask(from))).toMatchObject({ verdict: 'allow' });
  });
});
