/** Questions at a gateway's ports: what its routes, servers and policies ask for, and what is near to it. */
import type { Query } from '#posture/query.ts';
import { fieldsAt, isFields, listAt } from './fields.ts';
import { certificateNames, gatewayClients, gatewayId } from './gateways.ts';
import type { Document } from './manifests.ts';
import { randomQuery } from './queries.ts';
import type { Random } from './random.ts';

const hosts = ['shop.example', 'shop.example', 'shop.example', 'web.example', 'web.example', 'a.shop.example', 'b.shop.example', 'x.example', 'other.test', 'nowhere.test', 'SHOP.example', 'shop.example:8080'];
const paths = ['/', '/admin', '/admin/', '/adminx', '/admin/x', '/api', '/api/', '/api/x', '/api/xy', '/apix', '/v1/x', '/index.html', '/API', '/a/b', '/a//b', '/%61dmin', '/api?q=1', '/admin?v=red', '/Admin'];
const headers = [['x-team', 'red'], ['x-team', 'rod'], ['x-team', 'blue'], ['x-team', ''], ['x-user', 'alice'], ['x-user', 'redder'], ['x-forwarded-proto', 'https']] as const;

/** A match of some route of some side: the values that it asks for. */
function asksFor(random: Random, documents: readonly Document[]): Readonly<Record<string, unknown>> | undefined {
  const matches = documents.flatMap((document) => (document.kind === 'VirtualService' ? listAt(document, 'spec', 'http').flatMap((route) => listAt(route, 'match')) : document.kind === 'HTTPRoute' ? listAt(document, 'spec', 'rules').flatMap((rule) => listAt(rule, 'matches')) : []));
  const found = matches.length === 0 ? undefined : random.pick(matches);
  return isFields(found) ? found : undefined;
}

function written(random: Random, match: Readonly<Record<string, unknown>>): string | undefined {
  const text = match['exact'] ?? match['prefix'] ?? match['value'];
  if (typeof text !== 'string') return undefined;
  return random.pick([text, text, `${text}x`, `${text}/x`]);
}

export function gatewayQuery(random: Random, sides: readonly (readonly Document[])[]): Query {
  const asked = randomQuery(random, ['x/x'], sides);
  const side = random.pick(sides);
  const match = random.chance(0.6) ? asksFor(random, side) : undefined;
  const path = match === undefined ? undefined : written(random, isFields(match['path']) ? fieldsAt(match, 'path') : fieldsAt(match, 'uri'));
  const [first] = Object.entries(fieldsAt(match, 'headers'));
  const value = first === undefined ? undefined : written(random, fieldsAt(Object.fromEntries([first]), first[0]));
  const wanted = first === undefined || value === undefined || first[0].startsWith(':') ? [] : [[first[0], value] as const];
  const protocol = random.weighted([[6, 'http'], [7, 'https'], [1, 'tcp'], [1, 'tls']] as const);
  const http = protocol === 'http' || protocol === 'https';
  const host = random.pick(hosts);
  const principal = protocol !== 'https' && protocol !== 'tls' && random.chance(0.2) ? random.pick(gatewayClients) : undefined;
  const tls = principal !== undefined || protocol === 'https' || protocol === 'tls';
  const certificate = protocol === 'https' && random.chance(0.25) ? { certificate: { by: random.pick(['shop-cert', 'other-cert']), ...(random.chance(0.5) ? { sans: [random.pick(certificateNames)] } : {}) } } : {};
  const request = {
    ...asked.request,
    protocol,
    ...(http ? { host: asked.request.host !== undefined && random.chance(0.2) ? asked.request.host : host, path: path ?? (asked.request.path !== undefined && random.chance(0.6) ? asked.request.path : random.pick(paths)) } : {}),
    ...(tls && (!http || random.chance(0.5)) ? { sni: random.chance(0.8) ? host.replace(/:.*/, '').toLowerCase() : random.pick(hosts.slice(0, 7)) } : {}),
    ...(http ? { headers: { ...asked.request.headers, ...Object.fromEntries([...wanted, ...(random.chance(0.3) ? [random.pick(headers)] : [])]) } } : {}),
  };
  return {
    from: { ...(principal === undefined ? { outside: true } : { principal }), ...certificate, ...(asked.from.ip === undefined ? {} : { ip: asked.from.ip }) },
    to: { gateway: gatewayId(side), port: tls && random.chance(0.9) ? 443 : random.pick([80, 80, 9000, 443]) },
    request: http ? request : { protocol, ...(request.sni === undefined ? {} : { sni: request.sni }) },
    ...(asked.given === undefined ? {} : { given: asked.given }),
  };
}
