/** Meshes with one ingress gateway: its servers, routes of either API, and the policies at its pods (M110 to M126). */
import { authorizationPolicy, objectOf, requestAuthentication, type Document } from './manifests.ts';
import type { Random } from './random.ts';
import * as words from './vocabulary.ts';

type Fields = Readonly<Record<string, unknown>>;

export const gatewayNamespace = 'istio-system';
export const gatewayLabels = { istio: 'ingressgateway' } as const;

const serverHosts = ['*', '*', '*', 'shop.example', '*.example', '*.example', 'web.example', '*.shop.example', 'shop/*', './shop.example', 'other.test'] as const;
export const routeHosts = ['shop.example', 'shop.example', 'web.example', '*.example', '*.example', 'a.shop.example', '*.shop.example', '*', 'other.test'] as const;
const paths = ['/admin', '/admin/', '/api', '/api/', '/api/x', '/', '/index.html', '/API', '/a/b'] as const;
const expressions = ['/api.*', '/api/[a-z]+', '/v[0-9]/.*', '.*', '.*[.]html', '/admin|/api'] as const;
/** What routes look at besides host and path. */
export const routeHeaders = ['x-team', 'x-user', 'x-team', ':method', ':authority', ':path'] as const;
const headerTexts = ['red', 'blue', 're', 'alice', 'GET', 'shop.example', '/admin'] as const;
const parameters = ['q', 'token', 'v'] as const;

export const gatewayClients = ['cluster.local/ns/web/sa/front', 'cluster.local/ns/shop/sa/cart', 'other.example/ns/web/sa/front'] as const;
export const certificateNames = ['alice.example', 'bob.example'] as const;

/** One ingress gateway and two or three Services behind it, with routes of one API. */
export function gatewayMesh(random: Random): readonly Document[] {
  const kubernetes = random.chance(0.3);
  const body = {
    ...(random.chance(0.3) ? { pathNormalization: { normalization: random.pick(words.normalizations) } } : {}),
    ...(random.chance(0.1) ? { defaultConfig: { gatewayTopology: { numTrustedProxies: random.between(1, 2) } } } : {}),
    extensionProviders: [{ name: 'opa', envoyExtAuthzGrpc: { service: 'opa.shop.svc.cluster.local', port: 9191 } }],
  };
  const documents: Document[] = [
    objectOf('v1', 'ConfigMap', gatewayNamespace, 'istio', { data: { mesh: JSON.stringify(body) } }),
    objectOf('v1', 'Namespace', undefined, gatewayNamespace, {}),
    objectOf('v1', 'Namespace', undefined, 'shop', {}),
    objectOf('v1', 'Service', 'shop', 'opa', { spec: { selector: { app: 'opa' }, ports: [{ name: 'grpc', port: 9191 }] } }),
    ...['cart', 'front', 'pay'].map((name) => serviceOf(name, random.chance(0.2) ? [80, 8080] : [80])),
  ];
  if (kubernetes) {
    documents.push(kubernetesGateway(random), httpRoute(random, 'one'));
    if (random.chance(0.5)) documents.push(httpRoute(random, 'two'));
  } else {
    documents.push(...ingressPods(), istioGateway(random, 'public'));
    if (random.chance(0.2)) documents.push(istioGateway(random, 'second'));
    documents.push(virtualService(random, 'one'));
    if (random.chance(0.5)) documents.push(virtualService(random, 'two'));
  }
  for (const name of ['a', 'b', 'c'].slice(0, random.weighted([[2, 0], [4, 1], [3, 2], [1, 3]] as const))) documents.push(policyAtGateway(random, name, kubernetes));
  for (const name of ['j', 'k'].slice(0, random.weighted([[4, 0], [3, 1], [1, 2]] as const))) documents.push(tokensAtGateway(random, name, kubernetes));
  return documents;
}

export function gatewayId(documents: readonly Document[]): string {
  return documents.some(({ kind, apiVersion }) => kind === 'Gateway' && String(apiVersion).startsWith('gateway.networking')) ? 'shop/edge' : `${gatewayNamespace}/edge`;
}

function serviceOf(name: string, ports: readonly number[]): Document {
  return objectOf('v1', 'Service', 'shop', name, { spec: { selector: { app: name }, ports: ports.map((port) => ({ name: `http-${String(port)}`, port })) } });
}

function ingressPods(): readonly Document[] {
  const template = { metadata: { labels: gatewayLabels }, spec: { serviceAccountName: 'edge', containers: [{ name: 'istio-proxy', image: 'auto' }] } };
  return [
    objectOf('apps/v1', 'Deployment', gatewayNamespace, 'edge', { spec: { selector: { matchLabels: gatewayLabels }, template } }),
    objectOf('v1', 'Service', gatewayNamespace, 'edge', { spec: { type: 'LoadBalancer', selector: gatewayLabels, ports: [{ name: 'http', port: 80, targetPort: 8080 }, { name: 'https', port: 443, targetPort: 8443 }, { name: 'tcp', port: 9000 }] } }),
  ];
}

/** Policies for the pods of the gateway, whatever the API. */
function placed(document: Document, kubernetes: boolean): Document {
  const spec = document['spec'] as Fields;
  const rest = Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'selector'));
  const target = kubernetes ? { targetRefs: [{ kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'edge' }] } : { selector: { matchLabels: gatewayLabels } };
  return { ...document, spec: { ...target, ...rest } };
}

export function policyAtGateway(random: Random, name: string, kubernetes: boolean): Document {
  return placed(authorizationPolicy(random, kubernetes ? 'shop' : gatewayNamespace, name), kubernetes);
}

export function tokensAtGateway(random: Random, name: string, kubernetes: boolean): Document {
  return placed(requestAuthentication(random, kubernetes ? 'shop' : gatewayNamespace, name), kubernetes);
}

export function istioGateway(random: Random, name: string): Document {
  return objectOf('networking.istio.io/v1', 'Gateway', 'shop', name, { spec: { selector: gatewayLabels, servers: Array.from({ length: random.weighted([[5, 1], [3, 2]] as const) }, (_, index) => serverOf(random, index)) } });
}

export function serverOf(random: Random, index: number): Fields {
  const hosts = random.some(serverHosts, 1, 2);
  const kind = random.weighted([[5, 'HTTP'], [6, 'HTTPS'], [1, 'TLS'], [1, 'TCP']] as const);
  const name = `${kind.toLowerCase()}-${String(index)}`;
  switch (kind) {
    case 'HTTP':
      return { port: { number: 80, name, protocol: 'HTTP' }, hosts, ...(random.chance(0.1) ? { tls: { httpsRedirect: true } } : {}) };
    case 'HTTPS':
      return { port: { number: 443, name, protocol: 'HTTPS' }, hosts, tls: tlsOf(random) };
    case 'TLS':
      return { port: { number: 443, name, protocol: 'TLS' }, hosts, tls: { mode: 'PASSTHROUGH' } };
    case 'TCP':
      return { port: { number: 9000, name, protocol: 'TCP' }, hosts: ['*'] };
  }
}

export function tlsOf(random: Random): Fields {
  const mode = random.weighted([[5, 'SIMPLE'], [2, 'MUTUAL'], [1, 'OPTIONAL_MUTUAL'], [2, 'ISTIO_MUTUAL']] as const);
  if (mode === 'ISTIO_MUTUAL') return { mode, ...(random.chance(0.3) ? { subjectAltNames: [`spiffe://${random.pick(gatewayClients)}`] } : {}) };
  return { mode, credentialName: random.pick(['shop-cert', 'other-cert']), ...(mode !== 'SIMPLE' && random.chance(0.3) ? { subjectAltNames: [random.pick(certificateNames)] } : {}) };
}

export function virtualService(random: Random, name: string): Document {
  const spec = {
    hosts: random.some(routeHosts, 1, 2),
    gateways: random.weighted([[6, ['public']], [1, ['public', 'second']], [1, ['second']]] as const),
    http: Array.from({ length: random.weighted([[3, 1], [4, 2], [2, 3]] as const) }, () => httpRule(random)),
    ...(random.chance(0.15) ? { tls: [{ match: [{ sniHosts: [random.pick(['shop.example', 'web.example', 'other.test'])] }], route: [destination(random)] }] } : {}),
    ...(random.chance(0.15) ? { tcp: [{ match: [{ port: 9000 }], route: [destination(random)] }] } : {}),
  };
  return objectOf('networking.istio.io/v1', 'VirtualService', 'shop', name, { spec });
}

function destination(random: Random): Fields {
  return { destination: { host: random.pick(['cart', 'front', 'pay', 'cart', 'front', 'nowhere']), port: { number: random.weighted([[8, 80], [1, 8080]] as const) } } };
}

export function httpRule(random: Random): Fields {
  const match = random.chance(0.8) ? { match: Array.from({ length: random.weighted([[5, 1], [2, 2]] as const) }, () => matchOf(random)) } : {};
  return { ...match, ...actionOf(random) };
}

export function actionOf(random: Random): Fields {
  const kind = random.weighted([[12, 'route'], [4, 'rewrite'], [2, 'redirect'], [1, 'response'], [1, 'weights'], [1, 'fault']] as const);
  switch (kind) {
    case 'redirect':
      return { redirect: random.pick<Fields>([{ uri: '/admin' }, { authority: 'web.example' }, { scheme: 'https' }]) };
    case 'response':
      return { directResponse: { status: 404 } };
    case 'weights':
      return { route: [{ ...destination(random), weight: 80 }, { ...destination(random), weight: 20 }] };
    case 'rewrite':
      return { rewrite: random.pick<Fields>([{ uri: '/' }, { uri: '/admin' }, { uri: '/api/' }, { authority: 'cart.internal' }, { authority: 'shop.example' }, { uri: '/v2', authority: 'web.example' }, { uriRegexRewrite: { match: '^/api/(.*)', rewrite: '/\\1' } }]), route: [destination(random)] };
    case 'fault':
      return { fault: { abort: { httpStatus: 503, percentage: { value: 100 } } }, route: [destination(random)] };
    case 'route':
      return { route: [destination(random)] };
  }
}

function textMatch(random: Random, texts: readonly string[]): Fields {
  return random.weighted([[4, 'exact'], [4, 'prefix'], [1, 'regex']] as const) === 'regex' ? { regex: random.pick(['r.d', 're.*', '.*d', '[a-z]+']) } : { [random.pick(['exact', 'prefix'])]: random.pick(texts) };
}

export function matchOf(random: Random): Fields {
  const kind = random.weighted([[5, 'prefix'], [3, 'exact'], [1, 'regex'], [1, 'none']] as const);
  const uri = kind === 'none' ? {} : { uri: kind === 'regex' ? { regex: random.pick(expressions) } : { [kind]: random.pick(paths) } };
  return {
    ...uri,
    ...(random.chance(0.07) ? { ignoreUriCase: true } : {}),
    ...(random.chance(0.15) ? { method: textMatch(random, ['GET', 'POST', 'P']) } : {}),
    ...(random.chance(0.1) ? { authority: textMatch(random, ['shop.example', 'web', 'a.shop.example']) } : {}),
    ...(random.chance(0.25) ? { headers: { [random.pick(routeHeaders)]: random.chance(0.15) ? {} : textMatch(random, headerTexts) } } : {}),
    ...(random.chance(0.08) ? { withoutHeaders: { [random.pick(['x-team', 'x-user'])]: random.chance(0.3) ? {} : textMatch(random, headerTexts) } } : {}),
    ...(random.chance(0.08) ? { queryParams: { [random.pick(parameters)]: textMatch(random, ['1', 'red', 'a']) } } : {}),
    ...(random.chance(0.06) ? { scheme: { exact: random.pick(['http', 'https']) } } : {}),
    ...(random.chance(0.05) ? { port: random.pick([80, 443]) } : {}),
  };
}

export function kubernetesGateway(random: Random): Document {
  const listeners = Array.from({ length: random.weighted([[4, 1], [3, 2]] as const) }, (_, index) => listenerOf(random, index));
  return objectOf('gateway.networking.k8s.io/v1', 'Gateway', 'shop', 'edge', { spec: { gatewayClassName: 'istio', listeners } });
}

export function listenerOf(random: Random, index: number): Fields {
  const name = `l${String(index)}`;
  const hostname = random.chance(0.5) ? { hostname: random.pick(['shop.example', '*.example', 'web.example', '*.shop.example']) } : {};
  return random.chance(0.6) ? { name, port: 80, protocol: 'HTTP', ...hostname } : { name, port: 443, protocol: 'HTTPS', ...hostname, tls: { mode: 'Terminate', certificateRefs: [{ name: 'shop-cert' }] } };
}

export function httpRoute(random: Random, name: string): Document {
  return objectOf('gateway.networking.k8s.io/v1', 'HTTPRoute', 'shop', name, {
    spec: {
      parentRefs: [{ name: 'edge', ...(random.chance(0.2) ? { sectionName: random.pick(['l0', 'l1']) } : {}) }],
      ...(random.chance(0.6) ? { hostnames: random.some(routeHosts.filter((host) => host !== '*'), 1, 2) } : {}),
      rules: Array.from({ length: random.weighted([[3, 1], [3, 2], [1, 3]] as const) }, () => routeRule(random)),
    },
  });
}

export function routeRule(random: Random): Fields {
  const match = random.chance(0.8) ? { matches: Array.from({ length: random.weighted([[5, 1], [2, 2]] as const) }, () => kubernetesMatch(random)) } : {};
  const filter = random.weighted<readonly Fields[]>([
    [10, []],
    [2, [{ type: 'RequestRedirect', requestRedirect: { hostname: 'web.example' } }]],
    [1, [{ type: 'URLRewrite', urlRewrite: { hostname: 'cart.internal' } }]],
    [2, [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplaceFullPath', replaceFullPath: '/admin' } } }]],
  ]);
  const redirects = filter.some(({ type }) => type === 'RequestRedirect');
  return { ...match, ...(filter.length > 0 ? { filters: filter } : {}), ...(redirects ? {} : { backendRefs: [{ name: random.pick(['cart', 'front', 'pay', 'cart', 'front', 'nowhere']), port: 80 }] }) };
}

function kubernetesMatch(random: Random): Fields {
  const type = random.weighted([[5, 'PathPrefix'], [3, 'Exact'], [1, 'RegularExpression'], [1, 'none']] as const);
  const value = type === 'RegularExpression' ? random.pick(expressions) : random.pick(paths.filter((path) => path === '/' || !path.endsWith('/')));
  return {
    ...(type === 'none' ? {} : { path: { type, value } }),
    ...(random.chance(0.15) ? { method: random.pick(['GET', 'POST', 'DELETE']) } : {}),
    ...(random.chance(0.2) ? { headers: [{ name: random.pick(['x-team', 'x-user']), value: random.pick(['red', 'blue']) }] } : {}),
    ...(random.chance(0.08) ? { queryParams: [{ name: random.pick(parameters), value: random.pick(['1', 'red']) }] } : {}),
  };
}
