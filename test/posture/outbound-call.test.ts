/** Calls of a client's sidecar that the recordings say little of: each rule once where it acts and once where it must not. */
import { describe, expect, test } from 'vitest';
import { callBehind, outboundCall, type OutboundCall } from '#posture/outbound-call.ts';
import type { Query } from '#posture/query.ts';
import { deployment, meshOf, namespace, policy, service } from '../mesh/support.ts';

const closed = { world: 'closed' } as const;
const meshed = (name: string): string => namespace(name, 'istio-injection: enabled');
const front = deployment('web/front');
const shop = deployment('shop/shop', 'version: v1');
const http = service('shop/shop', '{name: http, port: 80, targetPort: 8080}');
const networking = (kind: string, place: string, spec: string): string => policy(kind, place, spec).replace('security.istio.io', 'networking.istio.io');
const base = [meshed('web'), meshed('shop'), namespace('istio-system'), front, shop] as const;

function call(objects: readonly string[], to: Query['to'], request: Partial<Query['request']> = {}, more: Partial<Query> = {}): OutboundCall {
  return outboundCall(meshOf(closed, ...base, ...objects), { from: { workload: 'web/front' }, to, request: { protocol: 'http', ...request }, ...more });
}

const host = { host: 'shop.shop.svc.cluster.local', port: 80 } as const;

describe('what the sidecar knows (M97 to M104)', () => {
  const only = (...hosts: readonly string[]): string => networking('Sidecar', 'web/scope', `egress: [{hosts: [${hosts.map((each) => `"${each}"`).join(', ')}]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}`);

  test('an excluded host is unknown, its neighbour is not', () => {
    const other = service('shop/other', '{name: http, port: 80, targetPort: 8080}');
    expect(call([http, other, only('*/*', '~shop/shop.shop.svc.cluster.local')], host)).toMatchObject({ verdict: 'blocked', by: ['Sidecar/web/scope'] });
    expect(call([http, other, only('*/*', '~shop/shop.shop.svc.cluster.local')], { host: 'other.shop', port: 80 })).toMatchObject({ verdict: 'mtls', backend: 'shop/other:80' });
  });

  test('an egress listener for one port owns it, the one for all other ports does not add to it', () => {
    const two = service('shop/shop', '{name: http, port: 80, targetPort: 8080}, {name: http-more, port: 81, targetPort: 8080}');
    const scope = networking('Sidecar', 'web/scope', 'egress: [{port: {number: 80, protocol: HTTP, name: http}, hosts: [legacy/*]}, {hosts: [shop/*]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}');
    const legacy = service('legacy/legacy', '{name: http, port: 80, targetPort: 8080}');
    expect(call([two, legacy, scope], host)).toMatchObject({ verdict: 'blocked' });
    expect(call([two, legacy, scope], { ...host, port: 81 })).toMatchObject({ verdict: 'mtls', backend: 'shop/shop:81' });
  });

  test('unknown traffic may have a proxy to go to', () => {
    const egress = service('shop/egress', '{name: tcp, port: 9443, targetPort: 8080}');
    const scope = networking('Sidecar', 'web/scope', 'outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: egress.shop.svc.cluster.local, port: {number: 9443}}}');
    expect(call([egress, scope], { ip: '203.0.113.7', port: 5432 }, { protocol: 'tcp' })).toMatchObject({ verdict: 'mtls', backend: 'shop/egress:9443' });
  });

  test('a host that an open repository does not declare is unknown inside the cluster, and outside it is not', () => {
    const mesh = meshOf({}, ...base, http);
    const asked = (name: string): OutboundCall => outboundCall(mesh, { from: { workload: 'web/front' }, to: { host: name, port: 80 }, request: { protocol: 'http' }, given: { 'enrolment:web': true } });
    expect(asked('nobody.elsewhere.svc.cluster.local')).toMatchObject({ verdict: 'unknown', rule: 'M102' });
    expect(asked('example.com')).toMatchObject({ verdict: 'passthrough' });
  });

  test('a name without dots belongs to a Service of the client’s own namespace', () => {
    const near = service('web/near', '{name: http, port: 80, targetPort: 8080}').replace('{app: shop}', '{app: front}');
    expect(call([near], { host: 'near.web.svc.cluster.local', port: 80 }, { host: 'near' })).toMatchObject({ verdict: 'mtls', backend: 'web/near:80' });
    expect(call([http], host, { host: 'shop' })).toMatchObject({ verdict: 'passthrough' });
  });
});

describe('which chain of a listener takes a connection (M102)', () => {
  const entry = (addresses: string, place = 'shop/db'): string => networking('ServiceEntry', place, `hosts: [${place.split('/')[1] ?? ''}.example], addresses: [${addresses}], ports: [{number: 5432, name: tcp, protocol: TCP}], resolution: NONE, location: MESH_EXTERNAL`);

  test('the narrower block, whatever the order', () => {
    const objects = [entry('10.0.0.0/8', 'shop/wide'), entry('10.1.0.0/16', 'shop/near')];
    expect(call(objects, { ip: '10.1.2.3', port: 5432 }, { protocol: 'tcp' })).toMatchObject({ verdict: 'plaintext', backend: 'near.example:5432' });
    expect(call(objects, { ip: '10.2.2.3', port: 5432 }, { protocol: 'tcp' })).toMatchObject({ verdict: 'plaintext', backend: 'wide.example:5432' });
    expect(call(objects, { ip: '11.2.2.3', port: 5432 }, { protocol: 'tcp' })).toMatchObject({ verdict: 'passthrough' });
  });

  test('a TCP route by subnet takes its addresses alone', () => {
    const other = networking('ServiceEntry', 'shop/other', 'hosts: [other.example], ports: [{number: 5432, name: tcp, protocol: TCP}], resolution: DNS, location: MESH_EXTERNAL');
    const route = networking('VirtualService', 'web/db', 'hosts: [db.example], tcp: [{match: [{destinationSubnets: [10.1.0.0/16]}], route: [{destination: {host: other.example}}]}]');
    expect(call([entry('10.0.0.0/8'), other, route], { ip: '10.1.2.3', port: 5432 }, { protocol: 'tcp' })).toMatchObject({ backend: 'other.example:5432', by: ['VirtualService/web/db'] });
    expect(call([entry('10.0.0.0/8'), other, route], { ip: '10.2.2.3', port: 5432 }, { protocol: 'tcp' })).toMatchObject({ backend: 'db.example:5432' });
  });

  test('a TLS route by server name leaves every other name to nobody', () => {
    const tls = networking('ServiceEntry', 'shop/api', 'hosts: ["*.example"], ports: [{number: 443, name: tls, protocol: TLS}], resolution: NONE, location: MESH_EXTERNAL');
    const route = networking('VirtualService', 'web/api', 'hosts: ["*.example"], tls: [{match: [{sniHosts: ["a.example"]}], route: [{destination: {host: "*.example", port: {number: 443}}}]}]');
    const asked = (sni: string): OutboundCall => call([tls, route], { host: sni, port: 443 }, { protocol: 'tls', sni });
    expect(asked('a.example')).toMatchObject({ verdict: 'plaintext', backend: '*.example:443' });
    expect(asked('b.example')).toMatchObject({ verdict: 'passthrough' });
  });

  test('what is spoken on a port of HTTP and is none goes on unknown', () => {
    expect(call([http], host, { protocol: 'tcp' })).toMatchObject({ verdict: 'passthrough' });
  });
});

describe('which route takes a request (M116 to M118)', () => {
  const destination = '{destination: {host: shop.shop.svc.cluster.local}}';
  const other = service('shop/other', '{name: http, port: 80, targetPort: 8080}');

  test('the older of two VirtualServices for one host, whole', () => {
    const first = networking('VirtualService', 'web/a', 'hosts: [shop.shop.svc.cluster.local], http: [{match: [{uri: {prefix: /a}}], route: [{destination: {host: other.shop.svc.cluster.local}}]}]');
    const second = networking('VirtualService', 'web/b', `hosts: [shop.shop.svc.cluster.local], http: [{route: [${destination}]}]`);
    expect(call([http, other, first, second], host, { path: '/a' })).toMatchObject({ backend: 'shop/other:80', by: ['VirtualService/web/a'] });
    expect(call([http, other, first, second], host, { path: '/b' })).toMatchObject({ verdict: 'blocked', by: ['VirtualService/web/a'] });
  });

  test('a delegate counts under its root; a redirect and a whole fault answer themselves, half a fault does not', () => {
    const root = networking('VirtualService', 'web/root', 'hosts: [shop.shop.svc.cluster.local], http: [{match: [{uri: {prefix: /a}}], delegate: {name: leaf, namespace: web}}, {match: [{uri: {exact: /r}}], redirect: {uri: /}}, {match: [{uri: {exact: /f}}], fault: {abort: {httpStatus: 503, percentage: {value: 100}}}, route: [DEST]}, {fault: {abort: {httpStatus: 503, percentage: {value: 50}}}, route: [DEST]}]'.replaceAll('DEST', destination));
    const leaf = networking('VirtualService', 'web/leaf', 'http: [{route: [{destination: {host: other.shop.svc.cluster.local}}]}]');
    const asked = (path: string): OutboundCall => call([http, other, root, leaf], host, { path });
    expect(asked('/a/b')).toMatchObject({ backend: 'shop/other:80', by: ['VirtualService/web/leaf'] });
    expect(asked('/r')).toMatchObject({ verdict: 'blocked' });
    expect(asked('/f')).toMatchObject({ verdict: 'blocked' });
    expect(asked('/x')).toMatchObject({ verdict: 'mtls', backend: 'shop/shop:80' });
  });

  test('destinations that share the requests are one answer where they get the same TLS, else unknown', () => {
    const route = networking('VirtualService', 'web/split', `hosts: [shop.shop.svc.cluster.local], http: [{route: [{destination: {host: shop.shop.svc.cluster.local}, weight: 50}, {destination: {host: other.shop.svc.cluster.local}, weight: 50}]}]`);
    const plain = networking('DestinationRule', 'shop/other', 'host: other, trafficPolicy: {tls: {mode: DISABLE}}');
    expect(call([http, other, route], host)).toMatchObject({ verdict: 'mtls' });
    expect(call([http, other, route, plain], host)).toMatchObject({ verdict: 'unknown', rule: 'M116' });
  });

  test('a route of the Gateway API for the Service is not computed; one for a gateway has no say', () => {
    const route = (parent: string): string => `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: shop, namespace: shop}, spec: {parentRefs: [${parent}], rules: [{backendRefs: [{name: other, port: 80}]}]}}`;
    expect(call([http, other, route('{group: "", kind: Service, name: shop}')], host)).toMatchObject({ verdict: 'unknown', rule: 'M122' });
    expect(call([http, other, route('{name: gateway}')], host)).toMatchObject({ verdict: 'mtls' });
  });
});

describe('TLS of the sidecar (M33 to M49)', () => {
  const rule = (place: string, spec: string): string => networking('DestinationRule', place, spec);

  test('rules of one host that are exported alike lend one another their subsets', () => {
    const route = networking('VirtualService', 'web/v1', 'hosts: [shop.shop.svc.cluster.local], http: [{route: [{destination: {host: shop.shop.svc.cluster.local, subset: v1}}]}]');
    const top = rule('web/a', 'host: shop.shop.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}');
    const subsets = 'host: shop.shop.svc.cluster.local, subsets: [{name: v1, labels: {version: v1}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}]';
    expect(call([http, route, top, rule('web/b', subsets)], host)).toMatchObject({ verdict: 'mtls', backend: 'shop/shop:80/v1', sni: 'outbound_.80_.v1_.shop.shop.svc.cluster.local' });
    expect(call([http, route, top, rule('shop/b', subsets)], host)).toMatchObject({ verdict: 'blocked', by: ['VirtualService/web/v1'] });
  });

  test('a name of two parts is no Service', () => {
    expect(call([http, rule('web/a', 'host: shop.shop, trafficPolicy: {tls: {mode: DISABLE}}')], host)).toMatchObject({ verdict: 'mtls' });
    expect(call([http, rule('shop/a', 'host: shop, trafficPolicy: {tls: {mode: DISABLE}}')], host)).toMatchObject({ verdict: 'plaintext' });
  });

  test('an entry for the port without TLS: plaintext to endpoints, mutual TLS where the address is kept', () => {
    const spec = 'host: shop, trafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}';
    const headless = http.replace('selector: {app: shop}', 'clusterIP: None, selector: {app: shop}');
    expect(call([http, rule('shop/a', spec)], host)).toMatchObject({ verdict: 'plaintext' });
    expect(call([headless, rule('shop/a', spec)], host)).toMatchObject({ verdict: 'mtls' });
  });
});

describe('who is asked', () => {
  const query: Query = { from: { workload: 'web/front' }, to: host, request: { protocol: 'http' } };

  test('only a workload with a sidecar makes calls of this kind', () => {
    const plain = deployment('web/plain', 'sidecar.istio.io/inject: "false"');
    const mesh = meshOf(closed, ...base, plain, http);
    expect(callBehind(mesh, query)).toMatchObject({ verdict: 'mtls' });
    expect(callBehind(mesh, { ...query, from: { workload: 'web/plain' } })).toBeUndefined();
    expect(outboundCall(mesh, { ...query, from: { workload: 'web/plain' } })).toMatchObject({ verdict: 'unknown', rule: 'M53' });
    expect(callBehind(mesh, { ...query, from: { principal: null } })).toBeUndefined();
  });

  test('enrolment that nothing tells is asked for, the caller’s and the endpoint’s', () => {
    const mesh = meshOf({}, front, shop, http);
    expect(outboundCall(mesh, query)).toMatchObject({ verdict: 'unknown', missing: 'enrolment:web' });
    expect(outboundCall(mesh, { ...query, given: { 'enrolment:web': true } })).toMatchObject({ verdict: 'unknown', missing: 'enrolment:shop' });
    expect(outboundCall(mesh, { ...query, given: { 'enrolment:web': true, 'enrolment:shop': false } })).toMatchObject({ verdict: 'plaintext' });
  });
});
