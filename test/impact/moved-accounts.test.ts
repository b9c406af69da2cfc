/** A caller under another account, in front of policies that stay as they are. */
import { describe, expect, test } from 'vitest';
import { deployment, namespace, policy, service } from '../support/manifests.ts';
import { changesIn, newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const as = (name: string, user: string): string => deployment({ name, namespace: 'shop' }, { app: name }).replace('      containers:', `      serviceAccountName: ${user}\n      containers:`);
const guarded = (name: string, user: string): string => policy({ name, namespace: 'shop' }, `cluster.local/ns/shop/sa/${user}`).replace('spec:\n', `spec:\n  selector: {matchLabels: {app: ${name}}}\n`);

/** `pay` lets one account in, `news` everybody. */
function shop(front: string, other: string, allowed = 'front', injected = 'enabled'): Files {
  return {
    'ns.yaml': stream(namespace('shop', { 'istio-injection': injected })),
    'pay.yaml': stream(as('pay', 'pay'), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), guarded('pay', allowed)),
    'news.yaml': stream(as('news', 'news'), service({ name: 'news', namespace: 'shop' }, { app: 'news' })),
    'front.yaml': stream(as('front', front)),
    'other.yaml': stream(as('other', other)),
  };
}

describe('workloads under another account', () => {
  test('that swap their accounts swap their access', () => {
    const report = reviewed(shop('front', 'other'), shop('other', 'front'));
    expect(changesIn(report)).toEqual(['narrowed identity', 'widened identity']);
    expect(newCodes(report)).toEqual(['MP109 high', 'MP203 high']);
    const widened = report.changes.find((change) => change.direction === 'widened');
    expect(widened?.callers.known).toEqual(['shop/other[Deployment]']);
    expect(widened?.witness).toMatchObject({ from: { workload: 'shop/other' }, to: { workload: 'shop/pay' }, base: { verdict: 'deny' }, head: { verdict: 'allow' } });
    expect(widened?.causes.map((cause) => cause.resource)).toEqual(['Deployment/shop/other']);
    expect(widened?.destinations.map((destination) => destination.id)).toEqual(['shop/pay']);
  });

  test('that take an account which is let in gain its access', () => {
    const report = reviewed(shop('front', 'other'), shop('front', 'front'));
    expect(newCodes(report).filter((code) => code.startsWith('MP109'))).toEqual(['MP109 high']);
    expect(changesIn(report)).toEqual(['widened identity']);
  });

  test('that drop to an account which nobody lets in lose a declared flow', () => {
    expect(newCodes(reviewed(shop('front', 'other'), shop('default', 'other'))).filter((code) => code.startsWith('MP20'))).toEqual(['MP203 high']);
  });

  test('that no policy tells apart change nothing', () => {
    expect(changesIn(reviewed(shop('front', 'other'), shop('front', 'other-eu')))).toEqual([]);
  });

  test('and outside the mesh present no account', () => {
    expect(changesIn(reviewed(shop('front', 'other', 'front', 'disabled'), shop('other', 'front', 'front', 'disabled')))).toEqual([]);
  });

  test('renamed together with the policy gain and lose nothing', () => {
    const report = reviewed(shop('front', 'other'), shop('front-eu', 'other', 'front-eu'));
    expect(changesIn(report)).toEqual(['narrowed identity', 'widened identity']);
    expect(newCodes(report).filter((code) => /^MP(201|203|109)/.test(code))).toEqual(['MP109 info']);
  });

  test('whose account the policy newly lets in are told once, as access', () => {
    expect(changesIn(reviewed(shop('front', 'other'), shop('front', 'third', 'third')))).toEqual(['narrowed access', 'widened access']);
  });
});

describe('workloads that leave ambient, before pods that nobody declares', () => {
  /** Reached in a tunnel a sidecar knows no address of its caller; of those it knows, none is outside `::/0` but of version 4. */
  const world = (mode: string): Files => ({
    'ns.yaml': namespace('web', mode === '' ? {} : { 'istio.io/dataplane-mode': mode }),
    'front.yaml': deployment({ name: 'front', namespace: 'web' }, { app: 'front' }),
    'policy.yaml': `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: b, namespace: istio-system}
spec:
  selector: {matchLabels: {app: cart}}
  rules: [{from: [{source: {notIpBlocks: ["::/0"]}}]}]
`,
  });

  test.each([
    ['leaving', world('ambient'), world(''), 'narrowed identity'],
    ['entering', world(''), world('ambient'), 'widened identity'],
  ])('%s: one question for both sides, with what it assumes, is asked and printed', (_, base, head, told) => {
    const report = reviewed(base, head);
    expect(report.gates.find(({ id }) => id === 'internal')?.failed).toBe(false);
    const change = report.changes.find(({ facet }) => facet === 'identity');
    expect(`${String(change?.direction)} ${String(change?.facet)}`).toBe(told);
    expect(change?.witness).toMatchObject({ from: { workload: 'web/front' }, given: { 'enrolment:*': true } });
    expect(change?.causes.map(({ resource }) => resource)).toEqual(['Namespace/web']);
  });
});

describe('workloads that go from a sidecar to ambient', () => {
  const door = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
`;
  const guard = (target: string): string => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: guard, namespace: shop}
spec:
  ${target}
  action: DENY
  rules: [{to: [{operation: {methods: [DELETE]}}]}]
`;
  const byAddress = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: near, namespace: shop}
spec:
  rules: [{from: [{source: {ipBlocks: ["10.0.0.0/8"]}}]}]
`;
  const world = (mode: 'sidecar' | 'ambient', policy: string, used = false): Files => ({
    'ns.yaml': stream(namespace('shop', { 'istio-injection': 'enabled' }), namespace('web', mode === 'sidecar' ? { 'istio-injection': 'enabled' } : { 'istio.io/dataplane-mode': 'ambient' })),
    'pay.yaml': stream(deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), used ? service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }).replace('metadata:\n', 'metadata:\n  labels: {istio.io/use-waypoint: door}\n') : service({ name: 'pay', namespace: 'shop' }, { app: 'pay' })),
    'front.yaml': deployment({ name: 'front', namespace: 'web' }, { app: 'front' }),
    'policy.yaml': stream(policy, door),
  });
  const moved = (report: ReturnType<typeof reviewed>): readonly string[] => report.changes.filter(({ destinations }) => destinations.some(({ id }) => id === 'shop/pay')).map(({ direction, facet, callers }) => `${direction} ${facet} ${callers.known.join(' ')}`);

  test('arrive at sidecars without an address: what is let in by its address is lost', () => {
    expect(moved(reviewed(world('sidecar', byAddress), world('ambient', byAddress)))).toEqual(['narrowed identity web/front[Deployment]']);
    expect(moved(reviewed(world('ambient', byAddress), world('sidecar', byAddress)))).toEqual(['widened identity web/front[Deployment]']);
  });

  test('come by the waypoint: what it refuses is lost, and won again on the way back', () => {
    const refusing = guard('targetRefs: [{kind: Service, group: "", name: pay}]');
    expect(moved(reviewed(world('sidecar', refusing, true), world('ambient', refusing, true)))).toEqual(['narrowed identity web/front[Deployment]']);
    expect(moved(reviewed(world('ambient', refusing, true), world('sidecar', refusing, true)))).toEqual(['widened identity web/front[Deployment]']);
  });

  test('are no longer, or newly, left to the authorizer of the waypoint', () => {
    const asking = stream(
      guard('targetRefs: [{kind: Service, group: "", name: pay}]').replace('action: DENY', 'action: CUSTOM\n  provider: {name: opa}'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    extensionProviders: [{name: opa, envoyExtAuthzGrpc: {service: opa.shop.svc.cluster.local, port: 9191}}]\n',
      service({ name: 'opa', namespace: 'shop' }, { app: 'opa' }),
    );
    const back = reviewed(world('ambient', asking, true), world('sidecar', asking, true));
    expect(moved(back)).toEqual(['widened identity web/front[Deployment]']);
    expect(back.changes.find(({ facet }) => facet === 'identity')?.witness).toMatchObject({ request: { method: 'DELETE' }, base: { verdict: 'asks' }, head: { verdict: 'allow' } });
    expect(moved(reviewed(world('sidecar', asking, true), world('ambient', asking, true)))).toEqual(['narrowed identity web/front[Deployment]']);
  });

  test('near miss: by what both kinds of callers are told alike nothing changes', () => {
    const alike = guard('selector: {matchLabels: {app: pay}}');
    expect(moved(reviewed(world('sidecar', alike), world('ambient', alike)))).toEqual([]);
  });
});
