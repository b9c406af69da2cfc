/** Calls that the pod keeps from its own sidecar, and what bears on calls and is not read: each once where it acts and once where it must not. */
import { describe, expect, test } from 'vitest';
import { decide } from '#posture/answer.ts';
import { outboundCall, type OutboundCall } from '#posture/outbound-call.ts';
import type { Decision, Query } from '#posture/query.ts';
import { filterKey } from '#posture/call-unread.ts';
import { ofKind } from '#mesh/attachment.ts';
import { deployment, meshOf, namespace, policy, service } from '../mesh/support.ts';

const closed = { world: 'closed' } as const;
const meshed = (name: string): string => namespace(name, 'istio-injection: enabled');
const shop = deployment('shop/shop');
const http = service('shop/shop', '{name: http, port: 80, targetPort: 8080}');
const more = service('shop/more', '{name: http, port: 81, targetPort: 8080}');
const base = [meshed('web'), meshed('shop'), namespace('istio-system'), shop] as const;
const networking = (kind: string, place: string, spec: string, metadata = ''): string => policy(kind, place, spec, metadata).replace('security.istio.io', 'networking.istio.io');
const config = (text: string): string => `{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: '${text}'}}`;
const host = { host: 'shop.shop.svc.cluster.local', port: 80 } as const;

const annotated = (annotations: string, spec = ''): string => deployment('web/front', '', annotations, spec);
const kept = (name: string, value: string): string => annotated(`"traffic.sidecar.istio.io/${name}": "${value}"`);

function call(front: string, to: Query['to'] = host, objects: readonly string[] = [http], given: Query['given'] = {}): OutboundCall {
  return outboundCall(meshOf(closed, ...base, front, ...objects), { from: { workload: 'web/front' }, to, request: { protocol: 'http' }, given });
}

const around = { verdict: 'plaintext', by: ['Deployment/web/front'] };
const through = { verdict: 'mtls', backend: 'shop/shop:80' };

describe('what a pod keeps from its sidecar (M69 to M72)', () => {
  test.each([
    ['excludeOutboundPorts', '80', around],
    ['excludeOutboundPorts', '8080', through],
    ['excludeOutboundPorts', '', through],
    ['includeOutboundIPRanges', '', around],
    ['includeOutboundIPRanges', '*', through],
    ['includeOutboundIPRanges', '10.0.0.0/8', { verdict: 'unknown', rule: 'M69' }],
    ['excludeOutboundIPRanges', '10.0.0.0/8', { verdict: 'unknown', rule: 'M69' }],
    ['excludeInterfaces', 'net1', { verdict: 'unknown', rule: 'M69' }],
    ['includeOutboundPorts', '80', through],
    ['includeOutboundPorts', '81', through],
    ['excludeInboundPorts', '80', through],
  ])('%s: "%s"', (name, value, expected) => {
    expect(call(kept(name, value))).toMatchObject(expected);
  });

  test('ports that are brought to the sidecar where nothing else is', () => {
    const only = (port: number): string => annotated(`"traffic.sidecar.istio.io/includeOutboundIPRanges": "", "traffic.sidecar.istio.io/includeOutboundPorts": "${String(port)}"`);
    expect(call(only(80))).toMatchObject(through);
    expect(call(only(81))).toMatchObject(around);
  });

  test('an address that a manifest tells lies in a range or does not', () => {
    const placed = http.replace('selector:', 'clusterIP: 10.1.2.3, selector:');
    expect(call(kept('excludeOutboundIPRanges', '10.0.0.0/8'), host, [placed])).toMatchObject(around);
    expect(call(kept('excludeOutboundIPRanges', '10.2.0.0/16'), host, [placed])).toMatchObject(through);
    expect(call(kept('includeOutboundIPRanges', '10.0.0.0/8'), host, [placed])).toMatchObject(through);
    expect(call(kept('includeOutboundIPRanges', '10.2.0.0/16'), host, [placed])).toMatchObject(around);
    expect(call(kept('includeOutboundIPRanges', '10.0.0.0/8'), { ip: '203.0.113.7', port: 80 })).toMatchObject({ verdict: 'plaintext' });
  });

  test('an excluded port goes before every other reason', () => {
    expect(call(annotated('"traffic.sidecar.istio.io/excludeOutboundPorts": "80", "traffic.sidecar.istio.io/excludeInterfaces": "net1"'))).toMatchObject(around);
  });

  test('containers that run as the proxy, all or some of them', () => {
    expect(call(annotated('', 'securityContext: {runAsUser: 1337}'))).toMatchObject({ verdict: 'plaintext', because: [{ rule: 'M72' }] });
    expect(call(annotated('', 'securityContext: {runAsUser: 1000}'))).toMatchObject(through);
    const two = annotated('').replace('containers: [', 'containers: [{name: other, image: example/other, securityContext: {runAsUser: 1337}}, ');
    expect(call(two)).toMatchObject({ verdict: 'unknown', rule: 'M72' });
  });
});

describe('what bears on calls and is not read', () => {
  const filter = (place: string, patch: string, spec = ''): string => networking('EnvoyFilter', place, `${spec}configPatches: [{applyTo: CLUSTER, match: {${patch}}, patch: {operation: MERGE, value: {connect_timeout: 1s}}}]`).replace('networking.istio.io/v1', 'networking.istio.io/v1alpha3');

  test.each([
    ['of the client’s namespace', filter('web/f', 'context: SIDECAR_OUTBOUND'), true],
    ['of the root namespace, for every context', filter('istio-system/f', ''), true],
    ['of the client’s namespace, for the outbound listener of the port', filter('web/f', 'context: ANY, listener: {portNumber: 80}'), true],
    ['for the outbound listener of another port', filter('web/f', 'context: SIDECAR_OUTBOUND, listener: {portNumber: 81}'), false],
    ['for what comes in', filter('web/f', 'context: SIDECAR_INBOUND'), false],
    ['of another namespace', filter('shop/f', 'context: SIDECAR_OUTBOUND'), false],
    ['for other pods', filter('web/f', 'context: SIDECAR_OUTBOUND', 'workloadSelector: {labels: {app: other}}, '), false],
  ])('an EnvoyFilter %s', (_, object, isUnknown) => {
    expect(call(annotated(''), host, [http, object])).toMatchObject(isUnknown ? { verdict: 'unknown', rule: 'M132' } : through);
  });

  test('an EnvoyFilter that is said to do nothing', () => {
    const object = filter('web/f', 'context: SIDECAR_OUTBOUND');
    const [found] = ofKind(meshOf(closed, ...base, object), 'EnvoyFilter');
    expect(found).toBeDefined();
    expect(call(annotated(''), host, [http, object], found === undefined ? {} : { [filterKey(found)]: false })).toMatchObject(through);
  });

  test('a visibility of ServiceEntries that is about sidecars, where another namespace has one', () => {
    const entry = (place: string): string => networking('ServiceEntry', place, 'hosts: [api.example], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS, location: MESH_EXTERNAL');
    const limited = config('serviceEntryVisibility: {applyToSidecars: true}');
    expect(call(annotated(''), host, [http, limited, entry('shop/api')])).toMatchObject({ verdict: 'unknown', rule: 'M104' });
    expect(call(annotated(''), host, [http, limited, entry('web/api')])).toMatchObject(through);
    expect(call(annotated(''), host, [http, config('serviceEntryVisibility: {applyToSidecars: false}'), entry('shop/api')])).toMatchObject(through);
  });

  test('names that the proxy answers for itself, where the address decides', () => {
    const entry = (protocol: string): string => networking('ServiceEntry', 'web/db', `hosts: [db.example], ports: [{number: 5432, name: p, protocol: ${protocol}}], resolution: DNS, location: MESH_EXTERNAL`);
    const captured = config('defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}}');
    expect(call(annotated(''), { host: 'db.example', port: 5432 }, [captured, entry('TCP')])).toMatchObject({ verdict: 'unknown', rule: 'M108' });
    expect(call(annotated(''), { host: 'db.example', port: 5432 }, [captured, entry('HTTP')])).toMatchObject({ verdict: 'plaintext' });
    expect(call(annotated(''), { host: 'db.example', port: 5432 }, [entry('TCP')])).toMatchObject({ verdict: 'plaintext' });
  });
});

describe('calls to pods in ambient (M51)', () => {
  const ambient = [meshed('web'), namespace('shop', 'istio.io/dataplane-mode: ambient'), namespace('istio-system')];
  const asked = (objects: readonly string[], to: Query['to'] = host): OutboundCall => outboundCall(meshOf(closed, ...ambient, shop, annotated(''), ...objects), { from: { workload: 'web/front' }, to, request: { protocol: 'http' } });
  const rule = (mode: string): string => networking('DestinationRule', 'shop/shop', `host: shop, trafficPolicy: {tls: {mode: ${mode}}}`);

  test('by a Service: in a tunnel, whatever a rule says', () => {
    expect(asked([http])).toMatchObject({ verdict: 'mtls', backend: 'shop/shop:80', because: [{ rule: 'M51' }] });
    expect(asked([http])).not.toHaveProperty('sni');
    expect(asked([http, rule('DISABLE')])).toMatchObject({ verdict: 'mtls', because: [{ rule: 'M51' }] });
  });

  test('with TLS of its own, or at an address of the pods, nobody has looked', () => {
    expect(asked([http, rule('SIMPLE')])).toMatchObject({ verdict: 'unknown', rule: 'M51' });
    expect(asked([http.replace('selector:', 'clusterIP: None, selector:')])).toMatchObject({ verdict: 'unknown', rule: 'M51' });
    expect(asked([http], { workload: 'shop/shop', port: 8080 })).toMatchObject({ verdict: 'passthrough' });
  });

  test('beside a pod that has no proxy, the weakest', () => {
    const plain = deployment('shop/plain', '"istio.io/dataplane-mode": none').replaceAll('app: plain', 'app: shop');
    expect(asked([http, plain])).toMatchObject({ verdict: 'plaintext', endpoints: { 'shop/shop': 'mtls', 'shop/plain': 'plaintext' } });
  });
});

describe('what a destination sees of a client that keeps calls from its sidecar', () => {
  const allow = policy('AuthorizationPolicy', 'shop/allow', 'rules: [{from: [{source: {principals: [cluster.local/ns/web/sa/default]}}]}]');
  const deny = policy('AuthorizationPolicy', 'shop/deny', 'action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/web/sa/default]}}]}]');
  const asked = (front: string, objects: readonly string[], to: Query['to']): Decision => decide(meshOf(closed, ...base, front, ...objects), { from: { workload: 'web/front' }, to, request: { protocol: 'http' } });

  test.each([
    ['the port of the name', host, '80', 'deny', 'allow'],
    ['another port than that of the name', host, '8080', 'allow', 'deny'],
    ['the port of the Service before the pod', { workload: 'shop/shop', port: 8080 }, '80', 'deny', 'allow'],
    ['a port of the pod that no Service has', { workload: 'shop/shop', port: 9000 }, '9000', 'deny', 'allow'],
  ] as const)('%s: no ALLOW of its account lets it in, and no DENY of its account stops it', (_, to, ports, allowed, denied) => {
    expect(asked(kept('excludeOutboundPorts', ports), [http, allow], to).verdict).toBe(allowed);
    expect(asked(kept('excludeOutboundPorts', ports), [http, deny], to).verdict).toBe(denied);
  });

  test('one of two Services that lead there: not known which is called', () => {
    const to = { workload: 'shop/shop', port: 8080 } as const;
    expect(asked(kept('excludeOutboundPorts', '80'), [http, more, allow], to)).toMatchObject({ verdict: 'unknown', rule: 'M69' });
    expect(asked(kept('excludeOutboundPorts', '80,81'), [http, more, allow], to).verdict).toBe('deny');
    expect(asked(kept('excludeOutboundPorts', '80'), [http, more], to).verdict).toBe('allow');
  });

  test('a range that may hold the address: known only where it makes no difference', () => {
    expect(asked(kept('excludeOutboundIPRanges', '10.0.0.0/8'), [http, allow], host)).toMatchObject({ verdict: 'unknown', rule: 'M69' });
    expect(asked(kept('excludeOutboundIPRanges', '10.0.0.0/8'), [http], host).verdict).toBe('allow');
  });

  test('in ambient the annotations are dead (M71)', () => {
    const mesh = meshOf(closed, namespace('web', 'istio.io/dataplane-mode: ambient'), meshed('shop'), namespace('istio-system'), shop, http, allow, kept('excludeOutboundPorts', '80'));
    expect(decide(mesh, { from: { workload: 'web/front' }, to: host, request: { protocol: 'http' } }).verdict).toBe('allow');
  });
});
