/**
 * Questions about two meshes, made of the values that occur on either side and of their neighbours: the value itself, one more character,
 * a cut prefix, another case, an empty value, none at all. Half of them start from what one rule asks for.
 */
import type { Query } from '#posture/query.ts';
import { fieldsAt, isFields, listAt } from './fields.ts';
import { sidecarsOnly, type Document, type Features } from './manifests.ts';
import { packetCaller } from './network.ts';
import type { Random } from './random.ts';
import * as words from './vocabulary.ts';

type Fields = Readonly<Record<string, unknown>>;
type Token = NonNullable<Query['request']['token']>;

/** A request in the making. */
interface Draft {
  principal: string | null;
  ip: string | undefined;
  toIp: string | undefined;
  port: number;
  protocol: Query['request']['protocol'];
  sni: string | undefined;
  host: string | undefined;
  method: string | undefined;
  path: string | undefined;
  headers: Map<string, string>;
  claims: Map<string, unknown> | undefined;
  tokenIn: string;
  tokenPrefix: string | undefined;
  tokenValid: boolean;
}

const identities = words.domains.flatMap((domain) => ['shop', 'web', 'sh', 'shopp', 'ns', 'op'].flatMap((namespace) => ['cart', 'front', 'fr', 'carts', 'default'].map((account) => `${domain}/ns/${namespace}/sa/${account}`)));
const oddIdentities = ['cluster.local/workload', 'other', 'cluster.locale/ns/web/sa/front'];
const addresses = ['10.1.2.3', '10.1.2.4', '10.1.3.1', '10.2.0.1', '11.0.0.1', '192.0.2.1', '203.0.113.9', 'fd00::1', 'fd00::2', '2001:db8::1', '2001:db9::1'];
const wholePaths = ['/', '/admin', '/admin/users', '/adminx', '/admi', '/index.html', '/api', '/api/', '/api/x', '/api/x/users', '/api/x/y/users', '/x/admin', '/a//b', '/a/b', '/API', '/x=y', '/users', '/admin/'];
const spelledPaths = ['/%61dmin', '/x/../admin', '/x/..;/admin', '//admin', '/admin%2fusers', '/admin\\users', '/api/{x}', '/api/a|b', '/api/[x]', '/api/%5Bx', '/admin?q=1', '/admin?x', '/./api', '/api//users', '/a/./b', '/admin#x', '/api/"x"', '/%2fadmin', '/x%2f..%2fadmin'];

function text(random: Random, pattern: string): string {
  const stem = pattern.replaceAll('{**}', random.pick(['x', 'x/y', ''])).replaceAll('{*}', random.pick(['x', 'x', '=', 'é', '{x}', '']));
  const value = stem.startsWith('*') ? `${random.pick(['', 'x', 'z/'])}${stem.slice(1)}` : stem.endsWith('*') ? `${stem.slice(0, -1)}${random.pick(['', 'x', '/z'])}` : stem;
  if (random.chance(0.85)) return value;
  return random.pick([`${value}x`, value.slice(0, -1), `x${value}`, value.toUpperCase(), value.toLowerCase(), '']);
}

function identity(random: Random, pattern: string): string {
  const [domain = '', ...rest] = pattern.split('/');
  const filled = [domain === '*' || domain === '' ? random.pick(words.domains) : domain.endsWith('*') ? 'cluster.local' : domain.startsWith('*') ? `shop${domain.slice(1)}` : domain, ...rest].join('/');
  const plain = (filled.startsWith('spiffe://') ? filled.slice('spiffe://'.length) : filled).replace(/\*$/, random.pick(['', 'x', 'cart'])).replace(/^\*/, 'x');
  // Istio's own authority signs no other form.
  const [owner = '', , namespace, , account] = plain.split('/');
  return oddIdentities.includes(plain) ? plain : `${owner || 'cluster.local'}/ns/${namespace || 'web'}/sa/${account || 'front'}`;
}

function address(random: Random, block: string): string {
  const [base = ''] = block.split('/');
  if (base === '0.0.0.0' || base === '::' || random.chance(0.3)) return random.pick(addresses);
  return base;
}

function namespaceFor(random: Random, value: string): string {
  return `${random.pick(words.domains)}/ns/${value.replaceAll('*', random.pick(['', 'o', 'x']))}/sa/${random.pick(words.accounts)}`;
}

/** The draft moves towards what one field asks for. */
function towards(random: Random, draft: Draft, field: string, value: string): void {
  const token = (): Map<string, unknown> => (draft.claims ??= new Map<string, unknown>([['iss', 'https://issuer.example'], ['sub', 'alice']]));
  switch (field) {
    case 'principals':
    case 'source.principal':
      draft.principal = identity(random, value);
      return;
    case 'namespaces':
    case 'source.namespace':
      draft.principal = namespaceFor(random, value);
      return;
    case 'serviceAccounts':
    case 'source.serviceAccount':
      draft.principal = value.includes('/') ? `cluster.local/ns/${value.split('/')[0] ?? ''}/sa/${value.split('/')[1] ?? ''}` : `cluster.local/ns/${random.pick(words.namespaces)}/sa/${value}`;
      return;
    case 'trustDomains':
    case 'source.trustDomain':
      draft.principal = `${value.replaceAll('*', 'shop')}/ns/web/sa/front`;
      return;
    case 'ipBlocks':
    case 'source.ip':
      draft.ip = address(random, value);
      return;
    case 'remoteIpBlocks':
    case 'remote.ip':
      draft.headers.set('x-forwarded-for', address(random, value));
      return;
    case 'destination.ip':
      draft.toIp = address(random, value);
      return;
    case 'ports':
    case 'destination.port':
      draft.port = Number(value);
      return;
    case 'hosts':
      draft.host = text(random, value);
      return;
    case 'methods':
      draft.method = text(random, value);
      return;
    case 'paths':
      draft.path = text(random, value);
      return;
    case 'connection.sni':
      draft.sni = text(random, value);
      return;
    case 'requestPrincipals':
    case 'request.auth.principal': {
      const filled = value === '*' ? 'https://issuer.example/alice' : text(random, value);
      const slash = filled.lastIndexOf('/');
      token().set('iss', slash < 0 ? 'https://issuer.example' : filled.slice(0, slash));
      token().set('sub', slash < 0 ? filled : filled.slice(slash + 1));
      return;
    }
    case 'request.auth.audiences':
      token().set('aud', random.chance(0.5) ? text(random, value) : [text(random, value), 'shop']);
      return;
    case 'request.auth.presenter':
      token().set('azp', text(random, value));
      return;
  }
  if (field.startsWith('request.headers[')) {
    const name = field.slice('request.headers['.length, -1).toLowerCase();
    if (name === ':path') draft.path = text(random, value);
    else if (name === ':method') draft.method = text(random, value);
    else if (name === ':authority' || name === 'host') draft.host = text(random, value);
    // A prefix inside a header's value is read as a token, too: the comparison knows beginnings only.
    else draft.headers.set(name, text(random, value).replace(/^.+(?=Bearer |Token )/, ''));
  }
  if (field.startsWith('request.auth.claims')) {
    const path = field.slice('request.auth.claims['.length, -1).split('][');
    const found = text(random, value);
    const claim = random.weighted<unknown>([[4, found], [2, [found, 'other']], [1, `${found} other`], [1, 7], [1, []]]);
    const [first = '', second] = path;
    token().set(first, second === undefined ? claim : { [second]: claim });
  }
}

/** What one rule asks for, one value of each field. */
function followRule(random: Random, draft: Draft, rule: Fields): void {
  for (const [part, inner] of [['from', 'source'], ['to', 'operation']] as const) {
    const entries = listAt(rule, part);
    if (entries.length === 0) continue;
    for (const [field, values] of Object.entries(fieldsAt(random.pick(entries), inner))) if (Array.isArray(values)) follow(random, draft, field, values);
  }
  for (const when of listAt(rule, 'when')) {
    if (!isFields(when)) continue;
    follow(random, draft, String(when['key']), listAt(when, 'values'));
    if (random.chance(0.3)) follow(random, draft, String(when['key']), listAt(when, 'notValues'));
  }
}

function follow(random: Random, draft: Draft, field: string, values: readonly unknown[]): void {
  const negated = field.startsWith('not');
  // A negated value is what the rule does not ask for: sometimes the interesting one.
  if (values.length === 0 || (negated && random.chance(0.6))) return;
  towards(random, draft, negated ? `${field.charAt(3).toLowerCase()}${field.slice(4)}` : field, String(random.pick(values)));
}

function wander(random: Random, draft: Draft): void {
  switch (random.between(0, 12)) {
    case 0:
      draft.principal = random.chance(0.4) ? null : random.pick(random.chance(0.1) ? oddIdentities : identities);
      return;
    case 1:
      draft.ip = random.pick(addresses);
      return;
    case 2:
      draft.headers.set('x-forwarded-for', random.pick([...addresses, '10.1.2.3, 203.0.113.9', 'nonsense']));
      return;
    case 3:
      draft.port = random.pick([80, 8080, 9000, 7000, 5555, 15020, 1]);
      return;
    case 4:
      draft.protocol = random.pick(['http', 'http', 'tcp', 'tls', 'https'] as const);
      return;
    case 5:
      draft.host = random.pick(['shop.example', 'SHOP.example', 'shop.example:8080', 'x.example', 'shopper', 'a.shop.example']);
      return;
    case 6:
      draft.method = random.pick(['GET', 'POST', 'DELETE', 'PATCH', 'PUT', 'get', 'BREW', 'OPTIONS', 'HEAD']);
      return;
    case 7:
      draft.path = random.pick(random.chance(0.6) ? wholePaths : spelledPaths);
      return;
    case 8:
      draft.headers.set(random.pick(['x-team', 'x-user', 'x-mixed', 'x-claims', 'x-token', 'cookie', 'authorization', 'origin', 'access-control-request-method']), random.pick(['red', 'redx', 'xred', 'r', '', 'blue', 'Bearer x', 'Token x', 'session=x', 'a.b.c', 'true', 'alice']));
      return;
    case 9:
      draft.claims = random.chance(0.3) ? undefined : new Map<string, unknown>([['iss', random.pick([...words.issuers, 'https://issuer.example/', 'https://nobody.example'])], ['sub', random.pick(['alice', 'bob', 'al', ''])]]);
      return;
    case 10:
      [draft.tokenIn, draft.tokenPrefix] = random.pick([['authorization', undefined], ['authorization', 'Token '], ['header:x-token', undefined], ['header:x-token', 'Token '], ['parameter:token', undefined], ['parameter:access_token', undefined], ['cookie:session', undefined]] as const);
      return;
    case 11:
      draft.tokenValid = random.chance(0.5);
      return;
    case 12:
      draft.sni = random.pick(['shop.example', 'a.example', 'shopx', 'web.example']);
      return;
  }
}

/** A place where some rule reads tokens. */
function readToken(random: Random, draft: Draft, documents: readonly Document[]): void {
  const rules = documents.filter((document) => document.kind === 'RequestAuthentication').flatMap((document) => listAt(document, 'spec', 'jwtRules'));
  if (rules.length === 0) return;
  const rule = random.pick(rules);
  const claims = (draft.claims ??= new Map<string, unknown>([['sub', 'alice']]));
  if (isFields(rule) && typeof rule['issuer'] === 'string' && random.chance(0.9)) claims.set('iss', rule['issuer']);
  const audiences = listAt(rule, 'audiences');
  if (audiences.length > 0 && random.chance(0.8)) claims.set('aud', random.chance(0.5) ? random.pick(audiences) : [random.pick(audiences), 'x']);
  const header = listAt(rule, 'fromHeaders')[0];
  if (isFields(header)) {
    draft.tokenIn = String(header['name']).toLowerCase() === 'authorization' ? 'authorization' : `header:${String(header['name'])}`;
    draft.tokenPrefix = typeof header['prefix'] === 'string' ? header['prefix'] : '';
  }
  const parameter = listAt(rule, 'fromParams')[0];
  if (typeof parameter === 'string') draft.tokenIn = `parameter:${parameter}`;
  const cookie = listAt(rule, 'fromCookies')[0];
  if (typeof cookie === 'string') draft.tokenIn = `cookie:${cookie}`;
}

export function randomQuery(random: Random, destinations: readonly string[], sides: readonly (readonly Document[])[], features: Features = sidecarsOnly): Query {
  const draft: Draft = {
    principal: random.chance(0.35) ? null : random.pick(['cluster.local/ns/web/sa/front', 'cluster.local/ns/shop/sa/cart', 'shop.example/ns/web/sa/front']),
    ip: undefined,
    toIp: undefined,
    port: random.pick([80, 8080, 9000, 7000, 5555]),
    protocol: random.weighted([[8, 'http'], [2, 'tcp'], [1, 'tls'], [1, 'https']] as const),
    sni: undefined,
    host: undefined,
    method: undefined,
    path: undefined,
    headers: new Map(),
    claims: undefined,
    tokenIn: 'authorization',
    tokenPrefix: undefined,
    tokenValid: random.chance(0.9),
  };
  const side = random.pick(sides);
  const rules = side.filter((document) => document.kind === 'AuthorizationPolicy').flatMap((document) => listAt(document, 'spec', 'rules')).filter(isFields);
  if (random.chance(0.25)) readToken(random, draft, side);
  if (rules.length > 0 && random.chance(0.7)) followRule(random, draft, random.pick(rules));
  if (draft.claims !== undefined && random.chance(0.7)) readToken(random, draft, side);
  for (let steps = random.weighted([[4, 0], [4, 1], [2, 2], [1, 3]] as const); steps > 0; steps -= 1) wander(random, draft);
  return called(random, queryOf(draft, random.pick(destinations)), features);
}

/** How the client takes part, and from which pod it calls, where that makes a difference. */
function called(random: Random, query: Query, { ambient, network }: Features): Query {
  const { workload = '' } = query.to;
  let asked = query;
  if (network) {
    asked = { ...asked, from: packetCaller(random, asked.from), to: { ...asked.to, ip: asked.to.ip ?? random.pick(['10.1.2.4', '10.244.0.2']) } };
    if (random.chance(0.1)) asked = { ...asked, from: { ...asked.from, principal: null }, request: { protocol: random.pick(['udp', 'sctp']) } };
  }
  if (!ambient || typeof asked.from.principal !== 'string') return asked;
  const client = random.pick(['sidecar', 'ambient', 'ambient'] as const);
  const [namespace = '', name = ''] = workload.split('/');
  const byName = random.chance(0.4) ? { to: { port: asked.to.port, ...(asked.to.ip === undefined ? {} : { ip: asked.to.ip }), host: `${name}.${namespace}.svc.cluster.local` } } : {};
  return { ...asked, from: { ...asked.from, client, ...(client === 'ambient' && random.chance(0.3) ? { direct: true } : {}) }, ...byName };
}


function queryOf(draft: Draft, workload: string): Query {
  const http = draft.protocol === 'http' || draft.protocol === 'https';
  // A client's own TLS carries no mesh identity.
  const ownTls = draft.protocol === 'https' || draft.protocol === 'tls';
  const principal = ownTls ? null : draft.principal;
  const token: Token | undefined =
    draft.claims === undefined ? undefined : { valid: draft.tokenValid, claims: Object.fromEntries(draft.claims), in: draft.tokenIn, ...(draft.tokenPrefix === undefined ? {} : { prefix: draft.tokenPrefix }) };
  // A request with tokens in two places is no point of the comparison: each has one token at most.
  if (token !== undefined) for (const name of ['authorization', 'cookie', 'x-token']) draft.headers.delete(name);
  const path = draft.path === undefined || draft.path.startsWith('/') ? draft.path : `/${draft.path}`;
  return {
    from: { principal, ...(draft.ip === undefined ? {} : { ip: draft.ip }) },
    to: { workload, port: draft.port, ...(draft.toIp === undefined ? {} : { ip: draft.toIp }) },
    request: {
      protocol: draft.protocol,
      // No client sends an empty server name.
      ...(draft.sni === undefined || draft.sni === '' ? {} : { sni: draft.sni }),
      ...(http && draft.method !== undefined ? { method: draft.method } : {}),
      ...(http && path !== undefined ? { path } : {}),
      ...(http && draft.host !== undefined ? { host: draft.host } : {}),
      ...(http && draft.headers.size > 0 ? { headers: Object.fromEntries(draft.headers) } : {}),
      ...(http && token !== undefined ? { token } : {}),
    },
  };
}
