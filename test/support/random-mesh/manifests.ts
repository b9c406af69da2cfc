/** Small believable meshes: objects as a repository holds them, ready for the decoders. */
import { withWaypoints } from './ambient.ts';
import { extension } from './extensions.ts';
import { clusterPolicy, networkPolicy } from './network.ts';
import type { Random } from './random.ts';
import * as words from './vocabulary.ts';

/** One Kubernetes object, as JSON. */
export type Document = Readonly<Record<string, unknown>> & { readonly kind: string };
type Fields = Readonly<Record<string, unknown>>;

export function objectOf(apiVersion: string, kind: string, namespace: string | undefined, name: string, rest: Fields, annotations: Fields = {}): Document {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(Object.keys(annotations).length > 0 ? { annotations } : {}) }, ...rest };
}

const rootNamespace = 'istio-system';

/** What a world has besides sidecars and their policies. */
export interface Features {
  /** Some namespaces are in ambient mode. */
  readonly ambient: boolean;
  /** Waypoints, and policies that stand there. */
  readonly waypoints: boolean;
  /** NetworkPolicies. */
  readonly network: boolean;
  /** EnvoyFilters and WasmPlugins. */
  readonly extensions: boolean;
  /** An ingress gateway in place of workloads: other questions, another judge. */
  readonly gateway: boolean;
  /** With a gateway: pods behind it, with policies of their own. */
  readonly backends: boolean;
  /** Workloads come to call as somebody else. */
  readonly moving: boolean;
}

export const sidecarsOnly: Features = { ambient: false, waypoints: false, network: false, extensions: false, gateway: false, backends: false, moving: false };
export const gatewaysOnly: Features = { ...sidecarsOnly, gateway: true };
export const gatewaysWithBackends: Features = { ...gatewaysOnly, backends: true };

/** A whole mesh: configuration, namespaces, workloads with Services, policies of every kind. */
export function randomMesh(random: Random, features: Features): readonly Document[] {
  const namespaces = random.chance(0.5) ? ['shop'] : ['shop', 'web'];
  // To a NetworkPolicy the labels of every namespace count: a whole cluster has them all.
  const declared = features.network ? ['shop', 'web', rootNamespace] : namespaces;
  const documents: Document[] = [...meshConfig(random), ...declared.map((name) => namespaceOf(random, name, features))];
  const workloads = random.between(1, 2);
  for (let index = 0; index < workloads; index += 1) documents.push(...workloadOf(random, random.pick(namespaces), words.accounts[index] ?? 'cart'));
  const policies = random.weighted([[1, 0], [4, 1], [5, 2], [4, 3], [2, 4]] as const);
  const taken = new Set<string>();
  const fresh = (names: readonly string[], namespace: string, kind: string): string => {
    const name = names.find((candidate) => !taken.has(`${kind} ${namespace}/${candidate}`)) ?? `p${String(taken.size)}`;
    taken.add(`${kind} ${namespace}/${name}`);
    return name;
  };
  const place = (): string => random.weighted([[6, random.pick(namespaces)], [2, rootNamespace]] as const);
  for (let index = 0; index < policies; index += 1) {
    const namespace = place();
    documents.push(authorizationPolicy(random, namespace, fresh(random.shuffled(['a', 'b', 'c', 'd', 'e']), namespace, 'AuthorizationPolicy')));
  }
  for (let index = random.weighted([[4, 0], [4, 1], [2, 2], [1, 3]] as const); index > 0; index -= 1) {
    const namespace = place();
    documents.push(peerAuthentication(random, namespace, fresh(random.shuffled(['p', 'q', 'r']), namespace, 'PeerAuthentication')));
  }
  // Without a rule for tokens no token is ever seen, and a policy that asks for one says nothing.
  const tokens = documents.some(asksForToken);
  for (let index = random.weighted<number>(tokens ? [[3, 0], [7, 1], [2, 2]] : [[4, 0], [4, 1], [1, 2]]); index > 0; index -= 1) {
    const namespace = place();
    documents.push(requestAuthentication(random, namespace, fresh(random.shuffled(['j', 'k', 'l']), namespace, 'RequestAuthentication')));
  }
  if (features.network) {
    for (let index = random.between(1, 3); index > 0; index -= 1) documents.push(networkPolicy(random, random.pick(namespaces), `n${String(index)}`));
    if (random.chance(0.2)) documents.push(clusterPolicy(random, 'c'));
  }
  if (features.extensions) documents.push(extension(random, place(), 'x'));
  return features.waypoints ? withWaypoints(random, documents) : documents;
}

function asksForToken(document: Document): boolean {
  return document.kind === 'AuthorizationPolicy' && /request\.auth|equestPrincipals/u.test(JSON.stringify(document['spec']));
}

function meshConfig(random: Random): Document[] {
  const body: Record<string, unknown> = {};
  if (random.chance(0.25)) body['trustDomain'] = random.pick(['shop.example', 'cluster.local']);
  if (random.chance(0.3)) body['trustDomainAliases'] = random.some(['old.example', 'shop.example', 'cluster.local'], 1, 2);
  if (random.chance(0.3)) body['pathNormalization'] = { normalization: random.pick(words.normalizations) };
  body['extensionProviders'] = [
    { name: 'opa', envoyExtAuthzGrpc: { service: 'opa.shop.svc.cluster.local', port: 9191 } },
    { name: 'oauth', envoyExtAuthzHttp: { service: 'opa.shop.svc.cluster.local', port: 80 } },
    { name: 'broken', envoyExtAuthzHttp: { service: 'opa.shop.svc.cluster.local', port: 0 } },
    { name: 'logs', envoyOtelAls: { service: 'opa.shop.svc.cluster.local', port: 4317 } },
  ];
  return [
    objectOf('v1', 'ConfigMap', rootNamespace, 'istio', { data: { mesh: JSON.stringify(body) } }),
    objectOf('v1', 'Service', 'shop', 'opa', { spec: { selector: { app: 'opa' }, ports: [{ name: 'grpc', port: 9191 }, { name: 'http', port: 80 }] } }),
  ];
}

function namespaceOf(random: Random, name: string, { ambient }: Features): Document {
  const labels = random.weighted<Fields>([[16, { 'istio-injection': 'enabled' }], [ambient ? 14 : 0, { 'istio.io/dataplane-mode': 'ambient' }], [1, {}]]);
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

const portNames = ['http', 'http-web', 'tcp', 'tcp-db', 'grpc', 'metrics', ''];

function workloadOf(random: Random, namespace: string, name: string): Document[] {
  const labels = { app: name, ...(random.chance(0.5) ? { tier: 'back' } : {}) };
  const annotations = random.weighted<Fields>([
    [12, {}],
    [1, { 'traffic.sidecar.istio.io/excludeInboundPorts': random.pick(['9000', '7000', '5555']) }],
    [1, { 'traffic.sidecar.istio.io/includeInboundPorts': random.pick(['8080', '80,8080', '']) }],
  ]);
  const serviceAccountName = random.chance(0.8) ? name : 'default';
  const numbers = random.some([80, 8080, 9000, 7000], 1, 3);
  const ports = numbers.map((port, index) => ({ name: index === 0 || random.chance(0.8) ? random.pick(portNames) || undefined : undefined, port }));
  const named = ports.map((port, index) => {
    const protocol = random.chance(0.05) ? { protocol: 'UDP' } : {};
    return { name: port.name === undefined ? `p${String(index)}` : index === 0 ? port.name : `${port.name}-${String(index)}`, port: port.port, ...protocol };
  });
  const deployment = objectOf('apps/v1', 'Deployment', namespace, name, {
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) }, spec: { serviceAccountName, containers: [{ name: 'app', image: 'shop:1', ports: [{ name: 'web', containerPort: 8080 }] }] } },
    },
  });
  const service = objectOf('v1', 'Service', namespace, name, { spec: { selector: { app: name }, ports: named } });
  return random.chance(0.9) ? [deployment, service] : [deployment];
}

export function selectorOf(random: Random): Fields {
  return random.chance(0.45) ? {} : { selector: { matchLabels: random.pick(words.labels) } };
}

export type Action = 'ALLOW' | 'DENY' | 'CUSTOM' | 'AUDIT';

export function authorizationPolicy(random: Random, namespace: string, name: string, forced?: Action): Document {
  const action = forced ?? random.weighted<Action>([[9, 'ALLOW'], [7, 'DENY'], [2, 'CUSTOM'], [1, 'AUDIT']]);
  const rules = Array.from({ length: random.weighted([[1, 0], [7, 1], [3, 2], [1, 3]] as const) }, () => ruleOf(random, action));
  const needed = action === 'DENY' || action === 'CUSTOM' ? (rules.length === 0 ? [ruleOf(random, action)] : rules) : rules;
  const spec = {
    ...selectorOf(random),
    ...(action === 'ALLOW' && random.chance(0.5) ? {} : { action }),
    ...(action === 'CUSTOM' ? { provider: { name: random.weighted([[5, 'opa'], [4, 'oauth'], [1, random.pick(words.providers)]] as const) } } : {}),
    ...(needed.length > 0 || random.chance(0.5) ? { rules: needed } : {}),
  };
  const annotations = random.chance(0.05) ? { 'istio.io/dry-run': random.pick(['true', 'false']) } : {};
  return objectOf('security.istio.io/v1', 'AuthorizationPolicy', namespace, name, { spec }, annotations);
}

export function ruleOf(random: Random, action: Action): Fields {
  const from = random.chance(0.55) ? Array.from({ length: random.weighted([[5, 1], [1, 2]] as const) }, () => ({ source: sourceOf(random, action) })) : [];
  const to = random.chance(0.6) ? Array.from({ length: random.weighted([[5, 1], [1, 2]] as const) }, () => ({ operation: operationOf(random) })) : [];
  const when = random.chance(0.3) ? Array.from({ length: random.weighted([[5, 1], [1, 2]] as const) }, () => conditionOf(random, action)) : [];
  return { ...(from.length > 0 ? { from } : {}), ...(to.length > 0 ? { to } : {}), ...(when.length > 0 ? { when } : {}) };
}

/** A list under its name or under the negated one, seldom both. */
function valuesOf(random: Random, field: string, list: readonly string[]): Fields {
  const negated = `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  const form = random.weighted([[8, 'only'], [3, 'except'], [1, 'both']] as const);
  return { ...(form === 'except' ? {} : { [field]: random.some(list, 1, 2) }), ...(form === 'only' ? {} : { [negated]: random.some(list, 1, 2) }) };
}

export function sourceOf(random: Random, action: Action): Fields {
  const addresses = ['ipBlocks', 'remoteIpBlocks'];
  const identities = random.chance(0.15) ? ['serviceAccounts'] : ['principals', 'principals', 'namespaces', 'requestPrincipals', 'trustDomains'];
  const wanted = random.some(action === 'CUSTOM' ? addresses : [...identities, ...identities, ...addresses], 1, 2);
  return Object.assign({}, ...wanted.map((field) => valuesOf(random, field, sourceValues(random, field)))) as Fields;
}

function sourceValues(random: Random, field: string): readonly string[] {
  switch (field) {
    case 'principals':
      return words.principals;
    case 'namespaces':
      return words.namespaceValues;
    case 'serviceAccounts':
      return words.accountValues;
    case 'trustDomains':
      return words.trustDomainValues;
    case 'requestPrincipals':
      return words.subjects;
    default:
      return words.blocks;
  }
}

export function operationOf(random: Random): Fields {
  const fields = random.some(['hosts', 'methods', 'methods', 'paths', 'paths', 'paths', 'ports'], 1, 2);
  const pools: Readonly<Record<string, readonly string[]>> = { hosts: words.hosts, methods: words.methods, ports: words.ports };
  return Object.assign({}, ...fields.map((field) => valuesOf(random, field, pools[field] ?? (random.chance(0.3) ? words.templates : words.plainPaths)))) as Fields;
}

export function conditionOf(random: Random, action: Action): Fields {
  const open: readonly (readonly [number, string])[] = [
    [11, `request.headers[${random.pick(words.headerKeys)}]`],
    [1, 'source.ip'],
    [1, 'remote.ip'],
    [2, 'destination.ip'],
    [1, 'destination.port'],
    [2, 'connection.sni'],
    [1, 'experimental.envoy.filters.network.mysql_proxy[db.table]'],
  ];
  const identified: readonly (readonly [number, string])[] = [
    [12, `request.auth.claims${random.pick(words.claimKeys)}`],
    [1, 'source.principal'],
    [1, 'source.namespace'],
    [1, 'source.serviceAccount'],
    [1, 'source.trustDomain'],
    [1, 'request.auth.principal'],
    [1, 'request.auth.audiences'],
    [4, 'request.auth.presenter'],
  ];
  const key = random.weighted(action === 'CUSTOM' ? open : [...open, ...identified]);
  const list = conditionValues(key);
  const form = random.weighted([[6, 'only'], [3, 'except'], [1, 'both']] as const);
  return { key, ...(form === 'except' ? {} : { values: random.some(list, 1, 2) }), ...(form === 'only' ? {} : { notValues: random.some(list, 1, 2) }) };
}

export function conditionValues(key: string): readonly string[] {
  if (key.endsWith('.ip')) return words.blocks;
  if (key === 'request.headers[:path]') return words.wholePathValues;
  if (/^request\.headers\[(?:x-t|x-u|x-c|X-)/u.test(key)) return words.headerValues;
  if (key.startsWith('request.headers[')) return words.specialHeaderValues;
  switch (key) {
    case 'destination.port':
      return words.ports;
    case 'connection.sni':
      return words.snis;
    case 'source.principal':
      return words.principals;
    case 'source.namespace':
      return words.namespaceValues;
    case 'source.serviceAccount':
      return words.accountValues;
    case 'source.trustDomain':
      return words.trustDomainValues;
    case 'request.auth.principal':
      return words.subjects;
    default:
      return words.claimValues;
  }
}

const modes = ['STRICT', 'STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET'];

export function peerAuthentication(random: Random, namespace: string, name: string): Document {
  const selector = selectorOf(random);
  const selected = Object.keys(selector).length > 0;
  const levels = random.some(['80', '8080', '9000', '5555'], 1, 2).map((port) => [port, { mode: random.pick(modes) }] as const);
  const spec = {
    ...selector,
    ...(random.chance(0.85) ? { mtls: { mode: random.pick(modes) } } : {}),
    ...(selected && random.chance(0.5) ? { portLevelMtls: Object.fromEntries(levels) } : {}),
  };
  const document = objectOf('security.istio.io/v1', 'PeerAuthentication', namespace, name, { spec });
  if (!random.chance(0.2)) return document;
  return { ...document, metadata: { ...(document['metadata'] as Fields), creationTimestamp: random.pick(['2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z']) } };
}

export function requestAuthentication(random: Random, namespace: string, name: string): Document {
  const rules = Array.from({ length: random.weighted([[1, 0], [6, 1], [3, 2], [1, 3]] as const) }, () => jwtRule(random));
  return objectOf('security.istio.io/v1', 'RequestAuthentication', namespace, name, { spec: { ...selectorOf(random), jwtRules: rules } });
}

export function jwtRule(random: Random): Fields {
  const location = random.weighted<Fields>([
    [8, {}],
    [2, { fromHeaders: [{ name: random.pick(['x-token', 'Authorization']), ...(random.chance(0.5) ? { prefix: random.pick(['Token ', 'Bearer ']) } : {}) }] }],
    [1, { fromHeaders: [{ name: 'x-token', prefix: 'Token ' }, { name: 'Authorization', prefix: 'Bearer ' }], ...(random.chance(0.5) ? { fromParams: ['token'] } : {}) }],
    [1, { fromParams: ['token'] }],
    [1, { fromCookies: ['session'] }],
  ]);
  const outputs = random.weighted<Fields>([
    [8, {}],
    [1, { forwardOriginalToken: true }],
    [2, { outputClaimToHeaders: [{ header: random.pick(['x-claims', 'x-user']), claim: random.pick(['sub', 'group', 'level']) }] }],
    [2, { outputPayloadToHeader: 'x-claims' }],
  ]);
  return {
    issuer: random.pick(words.issuers),
    ...random.weighted<Fields>([[4, { jwks: random.pick(words.inlineKeys) }], [2, { jwksUri: random.pick(words.keyAddresses) }], [1, {}]]),
    ...(random.chance(0.3) ? { audiences: random.some(words.audiences, 1, 2) } : {}),
    ...(random.chance(0.1) ? { spaceDelimitedClaims: ['group'] } : {}),
    ...location,
    ...outputs,
  };
}
