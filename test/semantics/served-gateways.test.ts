/**
 * What a gateway's pods serve: which Gateways are theirs, which routes bind to those, and the filter chains of each port (M110 to M130).
 * `fixtures/semantics/gateways`: `vitest -u` writes it anew, and the difference is to be read.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { gatewayPods, type GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { backendHost, isVisible, reachedBy, routeEnds, visibleService } from '#semantics/gateways/backends.ts';
import { chainsAt, overlapping, selectChain } from '#semantics/gateways/filter-chains.ts';
import type { FilterChain, Hello } from '#semantics/gateways/filter-chains.ts';
import { isHttp, passesTlsOn, serversAt } from '#semantics/gateways/merged-servers.ts';
import { servedBy } from '#semantics/gateways/served.ts';
import type { Served } from '#semantics/gateways/served.ts';
import { untoldAt } from '#semantics/gateways/untold.ts';
import { meshOf } from '../mesh/support.ts';

const pods = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ingress, namespace: edge}, spec: {selector: {matchLabels: {istio: ingressgateway}}, template: {metadata: {labels: {istio: ingressgateway, zone: a}}, spec: {containers: [{name: istio-proxy, image: auto}]}}}}`;
const front = `{apiVersion: v1, kind: Service, metadata: {name: ingress, namespace: edge}, spec: {type: LoadBalancer, selector: {istio: ingressgateway}, ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}, {name: tcp, port: 9000}]}}`;
const backend = (place: string, ports = '{name: http, port: 80}', more = ''): string => `{apiVersion: v1, kind: Service, metadata: {name: ${place.split('/')[1] ?? ''}, namespace: ${place.split('/')[0] ?? ''}${more}}, spec: {selector: {app: x}, ports: [${ports}]}}`;
const orders = backend('shop/orders');
const edge = [pods, front, orders];
const gateway = (place: string, servers: string, selector = 'istio: ingressgateway', more = ''): string => `{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: ${place.split('/')[1] ?? ''}, namespace: ${place.split('/')[0] ?? ''}${more}}, spec: {selector: {${selector}}, servers: [${servers}]}}`;
const service = (place: string, spec: string, more = ''): string => `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${place.split('/')[1] ?? ''}, namespace: ${place.split('/')[0] ?? ''}${more}}, spec: {${spec}}}`;
const kubernetes = (name: string, listeners: string, more = ''): string => `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: ${name}, namespace: edge}, spec: {gatewayClassName: istio, listeners: [${listeners}]${more}}}`;
const route = (kind: string, place: string, spec: string, more = ''): string => `{apiVersion: gateway.networking.k8s.io/v1${kind === 'HTTPRoute' || kind === 'GRPCRoute' ? '' : 'alpha2'}, kind: ${kind}, metadata: {name: ${place.split('/')[1] ?? ''}, namespace: ${place.split('/')[0] ?? ''}${more}}, spec: {${spec}}}`;
const http = '{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example]}';
const to = 'http: [{route: [{destination: {host: orders}}]}]';
const addressed = ', addresses: [{type: Hostname, value: ingress}]';
const toOrders = 'rules: [{backendRefs: [{name: orders, port: 80}]}]';
const parent = 'parentRefs: [{name: web, namespace: edge}]';

interface Setting {
  readonly mesh: Mesh;
  readonly pods: GatewayPods;
  readonly served: Served;
}

function setting(documents: readonly string[], id = 'edge/ingress', world: 'open' | 'closed' = 'closed'): Setting {
  const mesh = meshOf({ world }, ...documents);
  const own = gatewayPods(mesh, id, [...mesh.workloads.values()].find((workload) => `${workload.namespace}/${workload.name}` === id));
  if (own === undefined) throw new Error('no pods');
  return { mesh, pods: own, served: servedBy(mesh, own, { 'secret:edge/gone': false }) };
}

function shownChain({ names, meshClientsOnly, tls, http: servers, stream, number, unguarded, by }: FilterChain): string {
  const ends = tls === undefined ? 'no TLS' : `${tls.mode}${tls.usable ? '' : ', no certificate'}${tls.trusts.length === 0 ? '' : `, trusts ${tls.trusts.join(' ')}`}${tls.insecureSkipVerify ? ', and anybody' : ''}`;
  const goes = servers === undefined ? `bytes to ${stream.map(({ host, subset, port }) => `${host}${subset === '' ? '' : `/${subset}`}:${String(port)}`).join(' ')}` : `HTTP of ${servers.map((owned) => `${owned.gateway.key}:${String(owned.server.number)}`).join(' ')}`;
  return `    ${names.length === 0 ? 'any name' : names.join(' ')}${meshClientsOnly ? ', of the mesh' : ''}: ${ends}; ${goes}; ${String(number)} of ${by}${unguarded ? ', unguarded' : ''}`;
}

function shown({ mesh, served }: Setting): string {
  const gateways = served.gateways.map(({ key, by, servers, services, selector, managed }) => `  ${key} by ${by}${managed ? ', managed' : ''}${services === undefined ? '' : `, for ${services.join(' ')}`}${selector === undefined ? '' : `, selects ${JSON.stringify(selector)}`}\n${servers.map(({ number, protocol, hosts, bind }) => `    ${protocol} ${String(number)}${bind === '' ? '' : ` at ${bind}`}: ${hosts.join(' ')}\n`).join('')}`).join('');
  const routes = served.routes.map(({ by, name, hosts, gateways: at, exportTo, http: rules, tls, tcp }) => `  ${by} as ${name}: ${hosts.join(' ')} at ${at.join(' ')}, for ${exportTo.join(' ')}: ${String(rules.length)} ${String(tls.length)} ${String(tcp.length)}${rules.length === 0 ? '' : ` (${rules.map((rule) => `${rule.by}${rule.name === '' ? '' : ` ${rule.name}`} → ${rule.route.map(({ host }) => host).join(' ')}`).join(', ')})`}\n`).join('');
  const chains = [80, 8080, 8443, 9000].map((port) => [port, chainsAt(mesh, served, port)] as const).filter(([, found]) => found.length > 0).map(([port, found]) => `  at ${String(port)}${overlapping(found) === undefined ? '' : `, twice ${overlapping(found) ?? ''}`}\n${found.map(shownChain).join('\n')}\n`).join('');
  const untold = [8080, 8443].flatMap((port) => untoldAt(mesh, served, port) ?? []).map(({ rule, missing }) => `  not told (${rule}): ${missing}\n`);
  return `gateways\n${gateways}routes\n${routes}chains\n${chains}${[...new Set(untold)].join('')}`;
}

const tls = (mode: string, hosts = 'a.example', more = ''): string => `{port: {number: 443, name: https-${hosts.replaceAll(/[^a-z]+/g, '')}, protocol: ${mode.endsWith('PASSTHROUGH') ? 'TLS' : 'HTTPS'}}, hosts: [${hosts}], tls: {mode: ${mode}${more}}}`;

const cases: Readonly<Record<string, readonly string[]>> = {
  'gateways by selector': [...edge, gateway('shop/mine', http), gateway('shop/other', http, 'istio: other'), gateway('shop/all', http, ''), service('shop/web', `hosts: [a.example], gateways: [mine, edge/none], ${to}`)],
  'the older first': [...edge, gateway('shop/b', tls('SIMPLE', 'a.example', ', credentialName: one'), 'istio: ingressgateway', ', creationTimestamp: "2024-01-02T00:00:00Z"'), gateway('shop/c', tls('SIMPLE', 'a.example', ', credentialName: two'), 'istio: ingressgateway', ', creationTimestamp: "2024-01-01T00:00:00Z"'), gateway('shop/a', '{port: {number: 80, name: tcp, protocol: TCP}, hosts: ["*"]}'), gateway('shop/d', http)],
  'hosts with namespaces': [...edge, gateway('shop/mine', '{port: {number: 80, name: http, protocol: HTTP}, hosts: [./a.example, "*/b.example", pay/c.example, d.example]}, {port: {number: 80, name: more, protocol: HTTP2}, hosts: [e.example, "*/*"]}')],
  'certificates': [...edge, gateway('edge/mine', [tls('SIMPLE', 'a.example', ', credentialName: there'), tls('MUTUAL', 'b.example', ', credentialName: gone'), tls('OPTIONAL_MUTUAL', 'c.example', ', credentialName: there'), tls('ISTIO_MUTUAL', '"*"')].join(', '))],
  'TLS that is passed on': [...edge, gateway('shop/mine', tls('PASSTHROUGH', '"*.example"')), service('shop/pass', 'hosts: [a.example, b.example], gateways: [mine], tls: [{match: [{sniHosts: [a.example]}, {port: 444, sniHosts: [x.example]}], route: [{destination: {host: orders, port: {number: 80}}}]}, {match: [{port: 443, sniHosts: [b.example]}, {gateways: [other], sniHosts: [y.example]}], route: [{destination: {host: orders}}]}]'), service('shop/again', 'hosts: [a.example], gateways: [mine], tls: [{match: [{sniHosts: [a.example]}], route: [{destination: {host: other}}]}]')],
  'TLS that is passed on for any name': [...edge, gateway('shop/mine', tls('PASSTHROUGH', '"*"')), service('shop/pass', 'hosts: ["*"], gateways: [mine], tls: [{match: [{sniHosts: ["*"]}], route: [{destination: {host: orders}}]}]')],
  'TLS that is passed on to every Service': [...edge, backend('shop/other', '{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}', ', annotations: {networking.istio.io/exportTo: "."}'), '{apiVersion: v1, kind: Service, metadata: {name: away, namespace: shop}, spec: {type: ExternalName, externalName: a.example, ports: [{name: http, port: 80}]}}', '{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: orders, namespace: shop}, spec: {host: orders, subsets: [{name: v1, labels: {v: "1"}}]}}', gateway('edge/mine', tls('AUTO_PASSTHROUGH', '"*.shop.svc.cluster.local"'))],
  'bytes': [...edge, gateway('shop/mine', '{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"]}, {port: {number: 443, name: tls, protocol: TLS}, hosts: [a.example], tls: {mode: SIMPLE, credentialName: x}}'), service('shop/bytes', 'hosts: ["*"], gateways: [mine], tcp: [{match: [{port: 443}], route: [{destination: {host: ended}}]}, {match: [{port: 1}, {port: 9000}], route: [{destination: {host: orders}}]}]')],
  'bytes without a route': [...edge, gateway('shop/mine', '{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"]}'), service('shop/empty', 'hosts: ["*"], gateways: [mine], tcp: [{route: []}]')],
  'a server at one address': [...edge, gateway('shop/mine', '{bind: 10.0.0.7, port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example]}, {bind: 127.0.0.1, port: {number: 443, name: loop, protocol: HTTP}, hosts: [a.example]}, {bind: "0.0.0.0", port: {number: 443, name: all, protocol: HTTP}, hosts: [b.example]}')],
  'which routes are seen': [...edge, gateway('shop/mine', http), service('edge/near', `hosts: [a.example], gateways: [shop/mine], exportTo: ["."], ${to}`), service('shop/named', `hosts: [a.example], gateways: [mine], exportTo: [edge], ${to}`), service('shop/open', `hosts: [a.example], gateways: [mine], exportTo: ["*"], ${to}`), service('shop/hidden', `hosts: [a.example], gateways: [mine], exportTo: ["."], ${to}`), service('shop/nobody', `hosts: [a.example], gateways: [mine], exportTo: ["~"], ${to}`), service('shop/other', `hosts: [orders], gateways: [mesh], ${to}`)],
  'delegates': [...edge, gateway('shop/mine', http), service('shop/root', 'hosts: [a.example], gateways: [mine], http: [{name: first, match: [{uri: {prefix: /a}}], delegate: {name: leaf}}, {match: [{uri: {prefix: /b}}], delegate: {name: leaf, namespace: pay}}, {delegate: {name: gone}}, {name: last, route: [{destination: {host: orders}}]}]'), service('shop/leaf', 'http: [{name: one, match: [{uri: {prefix: /a/b}}], route: [{destination: {host: orders}}]}, {match: [{uri: {prefix: /c}}], route: [{destination: {host: never}}]}]'), service('pay/leaf', 'exportTo: ["."], http: [{route: [{destination: {host: hidden}}]}]')],
  'a Gateway of Kubernetes': [...edge, kubernetes('web', '{name: http, port: 80, protocol: HTTP}, {name: a, port: 443, protocol: HTTPS, hostname: a.example, tls: {certificateRefs: [{name: there}]}}, {name: gone, port: 443, protocol: HTTPS, hostname: b.example, tls: {certificateRefs: [{name: gone}]}}, {name: same, port: 443, protocol: HTTPS, hostname: a.example, tls: {certificateRefs: [{name: there}]}}, {name: bare, port: 444, protocol: HTTPS}, {name: tcp, port: 80, protocol: TCP}, {name: udp, port: 9000, protocol: UDP}', addressed), route('HTTPRoute', 'edge/all', `parentRefs: [{name: web}], ${toOrders}`), route('HTTPRoute', 'edge/some', `parentRefs: [{name: web, sectionName: a}], hostnames: [a.example, x.example], ${toOrders}`), route('HTTPRoute', 'edge/port', `parentRefs: [{name: web, port: 443}], hostnames: [b.example], ${toOrders}`), route('HTTPRoute', 'shop/elsewhere', `${parent}, ${toOrders}`), route('HTTPRoute', 'edge/other', `parentRefs: [{name: other}, {kind: Service, group: "", name: web}], ${toOrders}`)],
  'namespaces of routes': [...edge, '{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {public: "yes"}}}', kubernetes('web', '{name: all, port: 80, hostname: a.example, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}, {name: chosen, port: 80, hostname: b.example, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {public: "yes"}}}}}, {name: nobody, port: 80, hostname: c.example, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {public: "no"}}}}}, {name: none, port: 80, hostname: d.example, protocol: HTTP, allowedRoutes: {namespaces: {from: None}}}, {name: grpc, port: 80, hostname: e.example, protocol: HTTP, allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}}, {name: foreign, port: 80, hostname: f.example, protocol: HTTP, allowedRoutes: {namespaces: {from: All}, kinds: [{group: x, kind: HTTPRoute}]}}', addressed), route('HTTPRoute', 'shop/web', `${parent}, ${toOrders}`), route('GRPCRoute', 'shop/calls', `${parent}, ${toOrders}`)],
  'listeners that are isolated': [...edge, kubernetes('web', '{name: any, port: 80, protocol: HTTP}, {name: wide, port: 80, hostname: "*.example", protocol: HTTP}, {name: narrow, port: 80, hostname: a.example, protocol: HTTP}', addressed), route('HTTPRoute', 'edge/hosts', `parentRefs: [{name: web}], hostnames: [a.example, b.example, c.other], ${toOrders}`), route('HTTPRoute', 'edge/none', `parentRefs: [{name: web}], ${toOrders}`)],
  'rules of several routes together': [...edge, kubernetes('web', '{name: any, port: 80, protocol: HTTP}', addressed), route('HTTPRoute', 'edge/b', 'parentRefs: [{name: web}], rules: [{name: b, matches: [{path: {value: /a}}], backendRefs: [{name: orders, port: 80}]}]', ', creationTimestamp: "2024-01-02T00:00:00Z"'), route('HTTPRoute', 'edge/a', 'parentRefs: [{name: web}], rules: [{name: older, matches: [{path: {value: /a}}, {path: {value: /a/b}}], backendRefs: [{name: orders, port: 80}]}]', ', creationTimestamp: "2024-01-01T00:00:00Z"'), route('GRPCRoute', 'edge/c', 'parentRefs: [{name: web}], rules: [{name: calls, matches: [{method: {service: s, method: m}}], backendRefs: [{name: orders, port: 80}]}]'), route('HTTPRoute', 'edge/bad', 'parentRefs: [{name: web}], rules: [{name: bad, backendRefs: [{name: a.b, port: 80}]}]')],
  'TLS and TCP routes': [...edge, kubernetes('web', '{name: pass, port: 443, protocol: TLS, hostname: "*.example", tls: {mode: Passthrough}}, {name: tcp, port: 9000, protocol: TCP}', addressed), route('TLSRoute', 'edge/pass', `parentRefs: [{name: web}], hostnames: [a.example, b.other], ${toOrders}`), route('TCPRoute', 'edge/bytes', `parentRefs: [{name: web, sectionName: tcp}], ${toOrders}`), route('TCPRoute', 'edge/nothing', 'parentRefs: [{name: web, sectionName: tcp}], rules: [{backendRefs: [{name: orders, port: 80, weight: 0}]}]'), route('TLSRoute', 'edge/bad', 'parentRefs: [{name: web}], rules: [{backendRefs: [{name: orders}]}]')],
  'TLS that ends at a listener': [...edge, kubernetes('web', '{name: ends, port: 443, protocol: TLS, hostname: a.example, tls: {mode: Terminate, certificateRefs: [{name: there}]}}', addressed), route('TLSRoute', 'edge/ended', `parentRefs: [{name: web}], ${toOrders}`), route('HTTPRoute', 'edge/never', `parentRefs: [{name: web}], ${toOrders}`)],
  'options of TLS': [...edge, kubernetes('web', ['ISTIO_MUTUAL', 'ISTIO_SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL', 'other'].map((option, index) => `{name: l${String(index)}, port: 443, protocol: HTTPS, hostname: h${String(index)}.example, tls: {certificateRefs: [{name: there}], options: {gateway.istio.io/tls-terminate-mode: ${option}}}}`).join(', ') + ', {name: three, port: 443, protocol: HTTPS, hostname: three.example, tls: {certificateRefs: [{name: a}, {name: b}, {name: c}]}}, {name: foreign, port: 443, protocol: HTTPS, hostname: foreign.example, tls: {certificateRefs: [{name: a, namespace: shop}]}}, {name: kind, port: 443, protocol: HTTPS, hostname: kind.example, tls: {certificateRefs: [{kind: ConfigMap, name: a}]}}, {name: none, port: 443, protocol: HTTPS, hostname: none.example, tls: {}}', addressed)],
  'client certificates': [...edge, '{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: web, namespace: edge}, spec: {gatewayClassName: istio, addresses: [{type: Hostname, value: ingress}], tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: clients}]}}, perPort: [{port: 9000, tls: {validation: {mode: AllowInsecureFallback, caCertificateRefs: [{group: "", kind: ConfigMap, name: port}]}}}]}}, listeners: [{name: plain, port: 443, protocol: HTTPS, hostname: a.example, tls: {certificateRefs: [{name: there}]}}, {name: optional, port: 443, protocol: HTTPS, hostname: b.example, tls: {certificateRefs: [{name: there}], options: {gateway.istio.io/tls-terminate-mode: OPTIONAL_MUTUAL}}}, {name: port, port: 9000, protocol: HTTPS, hostname: c.example, tls: {certificateRefs: [{name: there}]}}, {name: both, port: 9000, protocol: HTTPS, hostname: d.example, tls: {certificateRefs: [{name: there}], options: {gateway.istio.io/tls-terminate-mode: MUTUAL}}}]}}'],
  'a Gateway that Istio deploys': [kubernetes('web', '{name: http, port: 80, protocol: HTTP}'), gateway('edge/mine', http, 'gateway.networking.k8s.io/gateway-name: web'), gateway('shop/mine', http, 'gateway.networking.k8s.io/gateway-name: web'), orders, route('HTTPRoute', 'edge/all', `parentRefs: [{name: web}], ${toOrders}`)],
  'a class of another controller': [...edge, '{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: istio}, spec: {controllerName: example.com/other}}', kubernetes('web', '{name: http, port: 80, protocol: HTTP}', addressed)],
  'addresses of Kubernetes Gateways': [...edge, kubernetes('web', '{name: http, port: 80, protocol: HTTP}', ', addresses: [{type: Hostname, value: ingress.edge.svc.cluster.local}]'), kubernetes('other', '{name: http, port: 80, protocol: HTTP}', ', addresses: [{type: Hostname, value: else}]')],
};

describe('what a gateway’s pods serve', () => {
  test.each(Object.entries(cases))('%s', (name, documents) =>
    expect(shown(setting(documents, documents.includes(pods) ? 'edge/ingress' : 'edge/web'))).toMatchFileSnapshot(fileURLToPath(new URL(`../../fixtures/semantics/gateways/${name.replaceAll(/[^A-Za-z]+/g, '-')}.txt`, import.meta.url))));
});

describe('which chain takes a connection (M115)', () => {
  const chain = (names: readonly string[], more: Partial<FilterChain> = {}): FilterChain => ({ names, meshClientsOnly: false, tls: undefined, http: undefined, stream: [], number: 443, unguarded: false, by: names.join(' '), ...more });
  const hello = (sni: string | null, more: Partial<Hello> = {}): Hello => ({ sni, tls: true, meshClient: false, ...more });
  const [exact, wild, wider, any] = [chain(['a.shop.example']), chain(['*.shop.example']), chain(['*.example']), chain([])];
  const taken = (chains: readonly FilterChain[], asked: Hello): FilterChain | string => {
    const found = selectChain(chains, asked);
    return found.type === 'chain' ? found.chain : found.type === 'none' ? 'none' : `refused ${found.name}`;
  };
  test('the exact name, then the longest wildcard, then one without names', () => {
    const all = [any, wider, wild, exact];
    expect(['a.shop.example', 'b.shop.example', 'c.b.shop.example', 'a.example', 'other', '.shop.example'].map((sni) => taken(all, hello(sni)))).toEqual([exact, wild, wild, wider, any, wild]);
    expect([taken(all, hello(null)), taken(all, hello('a.shop.example', { tls: false })), taken([exact], hello('b')), taken([exact], hello(null)), taken([], hello('a'))]).toEqual([any, any, 'none', 'none', 'none']);
  });
  test('one for clients of the mesh is for them alone, and there is no way back to a wider one', () => {
    const own = chain(['a.shop.example'], { meshClientsOnly: true });
    expect([taken([own, any], hello('a.shop.example')), taken([own, any], hello('a.shop.example', { meshClient: true })), taken([exact, own], hello('a.shop.example', { meshClient: true })), taken([exact, own], hello('a.shop.example'))]).toEqual(['none', own, own, exact]);
  });
  test('two for the same connections are refused', () => {
    expect([taken([exact, chain(['b', 'a.shop.example'])], hello('b')), taken([any, chain([])], hello('b')), taken([any, chain(['*'])], hello('b'))]).toEqual(['refused a.shop.example', 'refused *', 'refused *']);
    expect(overlapping([exact, wild, any, chain(['a.shop.example'], { meshClientsOnly: true })])).toBeUndefined();
  });
});

test('protocols of servers', () => {
  expect(['HTTP', 'HTTP2', 'HTTP_PROXY', 'GRPC', 'GRPC-WEB', 'HTTPS', 'TLS', 'TCP', ''].map(isHttp)).toEqual([true, true, true, true, true, false, false, false, false]);
  const server = (mode: string | undefined) => ({ number: 1, portName: '', protocol: 'TLS', hosts: [], bind: '', tls: mode === undefined ? undefined : { mode, httpsRedirect: false, subjectAltNames: [], insecureSkipVerify: false, usable: true, trusts: [] } }) as Parameters<typeof passesTlsOn>[0];
  expect(['PASSTHROUGH', 'AUTO_PASSTHROUGH', 'SIMPLE', undefined].map((mode) => passesTlsOn(server(mode)))).toEqual([true, true, false, false]);
});

test('a server listens at the port that the Service sends its number to, or at its number', () => {
  const { served, pods: own } = setting([...edge, gateway('shop/mine', `${http}, {port: {number: 7000, name: x, protocol: HTTP}, hosts: ["*"]}, {port: {number: 9000, name: y1, protocol: HTTP}, hosts: ["*"]}`)]);
  expect([80, 8080, 7000, 9000, 443].map((port) => serversAt(own, served.gateways, port).flatMap(({ servers }) => servers.map(({ server }) => server.number)))).toEqual([[], [80], [7000], [9000], []]);
});

describe('where a route leads (M117)', () => {
  const rule = '{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: orders, namespace: shop}, spec: {host: orders, subsets: [{name: v1, labels: {v: "1"}}]}}';
  const entry = '{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: away, namespace: shop}, spec: {hosts: [api.example], ports: [{number: 443, name: https, protocol: HTTPS}, {number: 53, name: dns, protocol: UDP}]}}';
  const alias = '{apiVersion: v1, kind: Service, metadata: {name: alias, namespace: shop}, spec: {type: ExternalName, externalName: api.example, ports: [{name: https, port: 443}]}}';
  const two = backend('shop/two', '{name: a, port: 80}, {name: b, port: 81}, {name: c, port: 82, protocol: UDP}');
  const hidden = backend('shop/hidden', '{name: a, port: 80}', ', annotations: {networking.istio.io/exportTo: "."}');
  const all = [...edge, rule, entry, alias, two, hidden, backend('edge/own')];
  const destination = (host: string, port?: number, subset = '', weight = 0) => ({ host: host.includes('.') || host === '' ? host : `${host}.shop.svc.cluster.local`, subset, port, weight });
  const reached = (world: 'open' | 'closed', ...destinations: readonly ReturnType<typeof destination>[]): unknown => {
    const { mesh, pods: own } = setting(all, 'edge/ingress', world);
    const found = reachedBy(mesh, own, destinations, 80);
    return found.type === 'backend' ? found.backend : found.type === 'none' ? found.because : `${found.rule}: ${found.missing}`;
  };
  test.each([
    ['a Service of one port', [destination('orders')], 'shop/orders:80'],
    ['a port of it', [destination('two', 81)], 'shop/two:81'],
    ['of several the listener’s', [destination('two')], 'shop/two:80'],
    ['a port that it has not', [destination('two', 83)], 'the gateway has no cluster for `two.shop.svc.cluster.local:83`'],
    ['a port of datagrams', [destination('two', 82)], 'the gateway has no cluster for `two.shop.svc.cluster.local:82`'],
    ['a subset', [destination('orders', undefined, 'v1')], 'shop/orders:80/v1'],
    ['a subset that nobody declares', [destination('orders', undefined, 'v2')], 'the gateway has no cluster for `orders.shop.svc.cluster.local/v2`'],
    ['a name outside', [destination('api.example', 443)], 'api.example:443'],
    ['of one port', [destination('api.example')], 'api.example:443'],
    ['a Service that stands for it', [destination('alias', 443)], 'api.example:443'],
    ['one that the gateway does not see', [destination('hidden')], 'the gateway has no cluster for `hidden.shop.svc.cluster.local`'],
    ['one that is not permitted', [destination('')], 'the gateway has no cluster for a backend that is not permitted'],
    ['nothing', [], 'the route has no destination'],
    ['two by weight', [destination('two', 81, '', 10), destination('orders', undefined, '', 90)], [{ to: 'shop/orders:80', weight: 90 }, { to: 'shop/two:81', weight: 10 }]],
    ['two of which one takes nothing', [destination('two', 81, '', 0), destination('orders', undefined, '', 90)], 'shop/orders:80'],
    ['two of which one leads nowhere', [destination('gone', undefined, '', 10), destination('orders', undefined, '', 90)], 'M124: which share of the requests is taken: there is no cluster for `gone.shop.svc.cluster.local`'],
    ['two that lead nowhere', [destination('gone', undefined, '', 10), destination('lost', undefined, '', 90)], 'the gateway has no cluster for `gone.shop.svc.cluster.local`'],
  ])('%s', (_, destinations, expected) => {
    expect(reached('closed', ...destinations)).toEqual(expected);
  });
  test('a Service that no manifest declares may be there', () => {
    expect(reached('open', destination('gone'))).toBe('M117: whether there is a Service behind `gone.shop.svc.cluster.local`');
    expect(reached('open', destination('hidden'))).toBe('the gateway has no cluster for `hidden.shop.svc.cluster.local`');
    expect(reached('open', destination(''))).toBe('the gateway has no cluster for a backend that is not permitted');
    expect(reached('open', destination('orders', undefined, '', 1), destination('gone', 8080, 'v1', 1))).toBe('M117: whether there is a Service behind `gone.shop.svc.cluster.local:8080/v1`');
  });
  test('all its ends', () => {
    const ends = (world: 'open' | 'closed', ...destinations: readonly ReturnType<typeof destination>[]): unknown => {
      const { mesh, pods: own } = setting(all, 'edge/ingress', world);
      return routeEnds(mesh, own, destinations, 80).map(({ to: end, undeclared }) => [end, undeclared]);
    };
    const asked = [destination('orders', undefined, 'v1', 1), destination('orders', undefined, '', 1), destination('gone', 81, '', 1), destination('gone', undefined, '', 1), destination('x.other.example', 443, '', 1), destination('hidden', undefined, '', 1), destination('', undefined, '', 1), destination('two', 81, '', 0)];
    expect(ends('open', ...asked)).toEqual([['shop/orders:80', undefined], ['shop/gone:81', 'gone.shop.svc.cluster.local'], ['shop/gone:*', 'gone.shop.svc.cluster.local'], ['x.other.example:443', 'x.other.example']]);
    expect(ends('closed', ...asked)).toEqual([['shop/orders:80', undefined]]);
    expect(ends('closed', destination('two', 81))).toEqual([['shop/two:81', undefined]]);
    expect(['shop/orders:80', 'api.example:443', 'shop/gone:*'].map(backendHost)).toEqual(['orders.shop.svc.cluster.local', 'api.example', 'gone.shop.svc.cluster.local']);
  });
  test('who sees a Service (M94, M104)', () => {
    const sees = (exportTo: string | undefined, ...from: readonly string[]): readonly boolean[] => {
      const { mesh } = setting([pods, front, backend('shop/x', undefined, exportTo === undefined ? '' : `, annotations: {networking.istio.io/exportTo: "${exportTo}"}`)]);
      return from.map((space) => visibleService(mesh, space, 'x.shop.svc.cluster.local') !== undefined);
    };
    expect([sees(undefined, 'edge', 'shop'), sees('*', 'edge', 'shop'), sees('.', 'edge', 'shop'), sees('~', 'edge', 'shop'), sees(' edge , pay', 'edge', 'shop', 'pay'), sees('', 'edge')]).toEqual([[true, true], [true, true], [false, true], [false, false], [true, false, true], [true]]);
    const { mesh } = setting(all);
    const away = visibleService(mesh, 'edge', 'api.example');
    expect(away === undefined ? [] : ['edge', 'shop'].map((space) => isVisible(mesh, away, space))).toEqual([true, true]);
  });
});

describe('what may act and is not told', () => {
  const untold = (documents: readonly string[], world: 'open' | 'closed' = 'closed', port = 8080): string | undefined => {
    const { mesh, served } = setting(documents, 'edge/ingress', world);
    const found = untoldAt(mesh, served, port);
    return found === undefined ? undefined : `${found.rule}: ${found.missing}`;
  };
  const mine = gateway('shop/mine', http);
  test('listeners of a ListenerSet (M127)', () => {
    const set = (spec: string): string => `{apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XListenerSet, metadata: {name: more, namespace: edge}, spec: {${spec}}}`;
    const web = kubernetes('web', '{name: http, port: 80, protocol: HTTP}', addressed);
    expect(untold([...edge, web, set('parentRef: {name: web}')])).toBe('M127: what the listeners of `XListenerSet/edge/more` take');
    expect(untold([...edge, web, set('parentRef: {name: web, namespace: other}')])).toBeUndefined();
    expect(untold([...edge, web, set('parentRef: {name: other}')])).toBeUndefined();
  });
  test('an Ingress at ports 80 and 443 (M128)', () => {
    const ingress = (more: string, annotations = ''): string => `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: old, namespace: shop, annotations: {${annotations}}}, spec: {${more}rules: [{host: a, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: orders, port: {number: 80}}}}]}}]}}`;
    const cls = (controller: string): string => `{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: mesh}, spec: {controller: ${controller}}}`;
    const said = 'M128: what `Ingress/shop/old` takes';
    expect([untold([...edge, mine, ingress('ingressClassName: istio, ')]), untold([...edge, mine, ingress('ingressClassName: istio, ')], 'closed', 8443), untold([...edge, mine, ingress('ingressClassName: istio, ')], 'closed', 9000), untold([...edge, mine, ingress('', 'kubernetes.io/ingress.class: istio')])]).toEqual([said, said, undefined, said]);
    expect([untold([...edge, mine, ingress('ingressClassName: mesh, '), cls('istio.io/ingress-controller')]), untold([...edge, mine, ingress('ingressClassName: mesh, '), cls('example.com/other')]), untold([...edge, mine, ingress('')])]).toEqual([said, undefined, undefined]);
    expect(untold([pods.replaceAll('istio: ingressgateway', 'istio: other'), front.replace('istio: ingressgateway', 'istio: other'), orders, ingress('ingressClassName: istio, ')])).toBeUndefined();
  });
  test('a server bound to one address (M130)', () => {
    const bound = (bind: string): string => gateway('shop/mine', `{bind: "${bind}", port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}`);
    expect(['10.0.0.7', '0.0.0.0', '::', '127.0.0.1', '::1'].map((bind) => untold([...edge, bound(bind)]))).toEqual(['M130: whether `10.0.0.7`, to which `Gateway/shop/mine` binds a server, is an address of the pods', undefined, undefined, undefined, undefined]);
    expect(untold([...edge, bound('10.0.0.7')], 'closed', 8443)).toBeUndefined();
    expect(untold([...edge, bound('10.0.0.7')], 'closed', 80)).toContain('M130');
  });
  test('labels of a namespace by which routes are chosen (M121)', () => {
    const by = (selector: string): string => kubernetes('web', `{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {${selector}}}}}`, addressed);
    const labels = by('matchLabels: {public: "yes"}');
    const web = route('HTTPRoute', 'shop/web', `${parent}, ${toOrders}`);
    const said = 'M121: the labels of the namespace `shop`, by which `edge/ingress` chooses its routes';
    expect([untold([...edge, labels, web], 'open'), untold([...edge, labels, web], 'closed'), untold([...edge, labels, web, '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}'], 'open'), untold([...edge, labels], 'open'), untold([...edge, labels, route('HTTPRoute', 'shop/web', `parentRefs: [{name: other, namespace: edge}], ${toOrders}`)], 'open')]).toEqual([said, undefined, undefined, undefined, undefined]);
    expect([untold([...edge, labels, route('TCPRoute', 'shop/web', `${parent}, ${toOrders}`)], 'open'), untold([...edge, labels, route('GRPCRoute', 'shop/web', `${parent}, ${toOrders}`)], 'open'), untold([...edge, labels, route('HTTPRoute', 'shop/web', `parentRefs: [{name: web}], ${toOrders}`)], 'open')]).toEqual([said, said, undefined]);
    expect([untold([...edge, by('matchLabels: {kubernetes.io/metadata.name: shop}'), web], 'open'), untold([...edge, by('matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop]}]'), web], 'open'), untold([...edge, by('matchExpressions: [{key: public, operator: Exists}]'), web], 'open')]).toEqual([undefined, undefined, said]);
  });
});
