/** What recordings cannot tell: what is not in the manifests, hostile expressions, and what is left out of the model. */
import { describe, expect, test } from 'vitest';
import { readManifests } from '#app/scenarios.ts';
import { buildMesh } from '#mesh/build.ts';
import { answer, decide } from '#posture/answer.ts';
import type { Answer, Query } from '#posture/query.ts';
import { replaceMatches, wholeMatch } from '#semantics/gateways/text-match.ts';

const edge = `
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  template:
    metadata: {labels: {istio: ingressgateway}}
    spec: {serviceAccountName: ingress, containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: v1
kind: Service
metadata: {name: ingress, namespace: istio-system}
spec: {type: LoadBalancer, selector: {istio: ingressgateway}, ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]}
---
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop}
spec: {selector: {app: orders}, ports: [{name: http, port: 80, targetPort: 8080}]}
`;

function gateway(servers: string): string {
  return `---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: shop}
spec: {selector: {istio: ingressgateway}, servers: [${servers}]}
`;
}

const http = gateway('{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}');
const https = gateway('{port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example.com], tls: {mode: SIMPLE, credentialName: shop}}');

function routes(spec: string): string {
  return `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [shop.example.com], gateways: [public], http: [${spec}]}
`;
}

const toOrders = routes('{route: [{destination: {host: orders}}]}');

function ask(manifests: readonly string[], request: Partial<Query['request']> = {}, more: { readonly world?: 'open'; readonly port?: number; readonly given?: Readonly<Record<string, boolean>> } = {}): Answer {
  const mesh = buildMesh(readManifests([edge, ...manifests].join('\n')), { world: more.world ?? 'closed' });
  return answer(mesh, { from: { outside: true }, to: { gateway: 'istio-system/ingress', port: more.port ?? 80 }, request: { protocol: 'http', host: 'shop.example.com', ...request }, ...(more.given === undefined ? {} : { given: more.given }) });
}

describe('a backend that is not in the manifests', () => {
  const toNobody = routes('{route: [{destination: {host: stock}}]}');
  test('is unknown in a repository, which need not hold every Service', () => {
    expect(ask([http, toNobody], {}, { world: 'open' })).toMatchObject({ verdict: 'unknown', rule: 'M117' });
    expect(ask([http, toOrders], {}, { world: 'open' })).toMatchObject({ verdict: 'allow', backend: 'shop/orders:80' });
  });
  test('is nowhere in a whole cluster', () => {
    expect(ask([http, toNobody])).toMatchObject({ verdict: 'deny', layer: 'routing' });
  });
  test('and one of two leaves open which requests pass', () => {
    expect(ask([http, routes('{route: [{destination: {host: stock}, weight: 10}, {destination: {host: orders}, weight: 90}]}')])).toMatchObject({ verdict: 'unknown', rule: 'M124' });
  });
});

describe('a Secret', () => {
  test('that a server names exists unless the question says otherwise', () => {
    const asked = { protocol: 'https', sni: 'shop.example.com' } as const;
    expect(ask([https, toOrders], asked, { port: 443 })).toMatchObject({ verdict: 'allow', tls: 'terminated' });
    expect(ask([https, toOrders], asked, { port: 443, given: { 'secret:istio-system/shop': false } })).toMatchObject({ verdict: 'deny', layer: 'routing' });
    expect(ask([https, toOrders], asked, { port: 443, given: { 'secret:shop/shop': false } })).toMatchObject({ verdict: 'allow' });
  });
});

describe('what may act and is not modelled', () => {
  const ingress = (name: string): string => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: old, namespace: shop}
spec: {ingressClassName: ${name}, rules: [{host: old.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: orders, port: {number: 80}}}}]}}]}
`;
  test('an Ingress of the class of Istio', () => {
    expect(ask([http, toOrders, ingress('istio')])).toMatchObject({ verdict: 'unknown', rule: 'M128' });
    expect(ask([http, toOrders, ingress('nginx')])).toMatchObject({ verdict: 'allow' });
  });
  test('a server bound to one address', () => {
    const bound = (bind: string): string => gateway(`{bind: ${bind}, port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}`);
    expect(ask([bound('10.0.0.7'), toOrders])).toMatchObject({ verdict: 'unknown', rule: 'M130' });
    expect(ask([bound('127.0.0.1'), toOrders])).toMatchObject({ verdict: 'deny', layer: 'routing' });
  });
  test('a claim that chooses the route, a fault that hits a part, and a preflight', () => {
    expect(ask([http, routes('{match: [{headers: {"@request.auth.claims.group": {exact: staff}}}], route: [{destination: {host: orders}}]}')])).toMatchObject({ verdict: 'unknown', rule: 'A5.13' });
    const faulty = (share: number): string => routes(`{fault: {abort: {httpStatus: 503, percentage: {value: ${String(share)}}}}, route: [{destination: {host: orders}}]}`);
    expect(ask([http, faulty(5)])).toMatchObject({ verdict: 'unknown', rule: 'M116' });
    expect(ask([http, faulty(100)])).toMatchObject({ verdict: 'deny', layer: 'routing' });
    expect(ask([http, faulty(0)])).toMatchObject({ verdict: 'allow' });
    const cors = routes('{corsPolicy: {allowOrigins: [{exact: "https://a.example"}]}, route: [{destination: {host: orders}}]}');
    expect(ask([http, cors], { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' } })).toMatchObject({ verdict: 'unknown', rule: 'M116' });
    expect(ask([http, cors], { method: 'OPTIONS' })).toMatchObject({ verdict: 'allow' });
  });
  test('two servers of one name, of which the proxy would refuse the listener', () => {
    const twice = gateway('{port: {number: 443, name: a, protocol: HTTPS}, hosts: [shop/shop.example.com], tls: {mode: SIMPLE, credentialName: a}}, {port: {number: 443, name: b, protocol: HTTPS}, hosts: [pay/shop.example.com], tls: {mode: SIMPLE, credentialName: b}}');
    expect(ask([twice, toOrders], { protocol: 'https', sni: 'shop.example.com' }, { port: 443 })).toMatchObject({ verdict: 'unknown', rule: 'M115' });
  });
  test('a host that the question does not name', () => {
    const mesh = buildMesh(readManifests([edge, http, toOrders].join('\n')), { world: 'closed' });
    expect(answer(mesh, { from: { outside: true }, to: { gateway: 'istio-system/ingress', port: 80 }, request: { protocol: 'http' } })).toMatchObject({ verdict: 'unknown', rule: 'M116' });
  });
  test('a gateway that no manifest declares', () => {
    const mesh = buildMesh(readManifests(edge), { world: 'closed' });
    expect(answer(mesh, { from: { outside: true }, to: { gateway: 'istio-system/other', port: 80 }, request: { protocol: 'http', host: 'a' } })).toMatchObject({ verdict: 'unknown', rule: 'M120' });
  });
});

describe('labels of a namespace choose routes', () => {
  const kubernetes = (label: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {${label}}}}}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: edge, namespace: edge}], rules: [{backendRefs: [{name: orders, port: 80}]}]}
`;
  const asked = (manifests: string, world: 'open' | 'closed'): Answer => answer(buildMesh(readManifests([edge, manifests].join('\n')), { world }), { from: { outside: true }, to: { gateway: 'edge/edge', port: 80 }, request: { protocol: 'http', host: 'a.example' } });
  test('where nobody declares the namespace they are not told', () => {
    expect(asked(kubernetes('exposure: public'), 'open')).toMatchObject({ verdict: 'unknown', rule: 'M121' });
    expect(asked(kubernetes('exposure: public'), 'closed')).toMatchObject({ verdict: 'deny', layer: 'routing' });
  });
  test('its name always is', () => {
    expect(asked(kubernetes('kubernetes.io/metadata.name: shop'), 'open')).toMatchObject({ verdict: 'allow', backend: 'shop/orders:80' });
  });
});

test('a redirect is an answer of its own, and reaches nothing', () => {
  const mesh = buildMesh(readManifests([edge, http, routes('{match: [{uri: {prefix: /old}}], redirect: {uri: /new, authority: b.example}}')].join('\n')), { world: 'closed' });
  const query: Query = { from: { outside: true }, to: { gateway: 'istio-system/ingress', port: 80 }, request: { protocol: 'http', host: 'shop.example.com', path: '/old/x?y=1' } };
  expect(answer(mesh, query)).toMatchObject({ verdict: 'redirect', location: 'http://b.example/new?y=1' });
  expect(decide(mesh, query)).toMatchObject({ verdict: 'deny', layer: 'routing', enforcedAt: 'gateway' });
});

describe('regular expressions are RE2', () => {
  test('they match the whole text, and one that cannot be read matches nothing', () => {
    expect([wholeMatch('/a.*', '/ab'), wholeMatch('/a', '/ab'), wholeMatch('(', '('), wholeMatch('(?=a)a', 'a')]).toEqual([true, false, false, false]);
  });
  test('replacements name groups with a backslash and take a dollar as it is', () => {
    expect(replaceMatches('^/a/(.*)$', '/b/\\1', '/a/x')).toBe('/b/x');
    expect(replaceMatches('a', '$1', 'a')).toBe('$1');
    expect(replaceMatches('a', '\\\\', 'a')).toBe('\\');
    expect(replaceMatches('(', 'x', 'a')).toBe('a');
  });
  test.each(['(a*)*b', '(a+a+)+b', '(.*)*=.*', '((a{100}){100}){100}'])('%s takes no time that grows with more than the text', (expression) => {
    const started = performance.now();
    expect(wholeMatch(expression, 'a'.repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

test('how many proxies are believed is said by the pods, else by the mesh, else none are', () => {
  const policy = `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: office, namespace: istio-system}
spec: {rules: [{from: [{source: {remoteIpBlocks: [203.0.113.0/24]}}]}]}
`;
  const mesh = (count: number): string => `---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "defaultConfig: {gatewayTopology: {numTrustedProxies: ${String(count)}}}"}
`;
  const pods = edge.replace('metadata: {labels: {istio: ingressgateway}}', `metadata: {labels: {istio: ingressgateway}, annotations: {proxy.istio.io/config: '{"gatewayTopology": {"numTrustedProxies": 2}}'}}`);
  const verdict = (manifests: readonly string[], forwarded: string): string => {
    const built = buildMesh(readManifests([...manifests, http, toOrders, policy].join('\n')), { world: 'closed' });
    return answer(built, { from: { outside: true, ip: '198.51.100.1' }, to: { gateway: 'istio-system/ingress', port: 80 }, request: { protocol: 'http', host: 'shop.example.com', headers: { 'X-Forwarded-For': forwarded } } }).verdict;
  };
  expect([verdict([edge], '203.0.113.9'), verdict([edge, mesh(1)], '203.0.113.9'), verdict([edge, mesh(1)], '203.0.113.9, 10.0.0.1')]).toEqual(['deny', 'allow', 'deny']);
  expect([verdict([pods, mesh(1)], '203.0.113.9, 10.0.0.1'), verdict([pods, mesh(1)], '10.0.0.1, 203.0.113.9')]).toEqual(['allow', 'deny']);
});

test('a Kubernetes Gateway is found by the name of the Deployment that Istio makes, too', () => {
  const manifests = `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
`;
  const verdict = (id: string): Answer => answer(buildMesh(readManifests(manifests), { world: 'closed' }), { from: { outside: true }, to: { gateway: id, port: 80 }, request: { protocol: 'http', host: 'a.example' } });
  expect([verdict('edge/edge'), verdict('edge/edge-istio'), verdict('edge/edge-nginx')].map((found) => found.verdict)).toEqual(['deny', 'deny', 'unknown']);
});

test('an extension at the gateway is named, one for sidecars is not', () => {
  const filter = (context: string): string => `---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: extra, namespace: istio-system}
spec: {configPatches: [{applyTo: HTTP_FILTER, match: {context: ${context}}, patch: {operation: MERGE, value: {name: x}}}]}
`;
  const steps = (context: string): readonly string[] => ask([http, toOrders, filter(context)]).because.map(({ rule }) => rule);
  expect(steps('GATEWAY')).toContain('M132');
  expect(steps('SIDECAR_INBOUND')).not.toContain('M132');
});
