/** Between points of a gateway's port and questions about it, as `point.ts` is for workloads. */
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import type { RoutedRequest } from '#semantics/gateways/http-routes.ts';
import { regexExamples } from '#semantics/gateways/regex-examples.ts';
import type { RoutePart } from '#semantics/gateways/route-lowering.ts';
import type { Handling } from '#semantics/peer-authentication.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import { checkToken, withToken } from '#semantics/token-check.ts';
import { hostName } from '#sets/authority.ts';
import type { Cube, Dimension, Point } from '#sets/cube.ts';
import { pointIn, valueAt } from '#sets/evaluate.ts';
import { formatIp } from '#sets/ip.ts';
import { holds, identityOf } from '#sets/matches.ts';
import type { Value } from '#sets/matcher.ts';
import { pathWithQuery } from './envoy.ts';
import { anybody, certificateFor } from './gateway-connections.ts';
import type { Certificate } from './gateway-connections.ts';
import type { GatewayEnd, GatewayPort } from './gateway-paths.ts';
import { gatewaySeat } from './gateway-seat.ts';
import { conditionsMet } from './point-conditions.ts';
import { requestAt } from './point-request.ts';
import { setToken } from './point-token.ts';
import type { Query } from './query.ts';
import type { AskedRequest } from './request.ts';
import { askedRequest, remoteAddress } from './request.ts';

/** One backend behind one port of a gateway. */
export interface GatewayTarget {
  /** `namespace/name` of its Deployment, or of a Kubernetes Gateway. */
  readonly gateway: string;
  /** Of the Service before its pods. */
  readonly port: number;
  readonly end: GatewayEnd;
}

type Spoken = Pick<GatewayPort, 'parts' | 'conditions' | 'behind' | 'rules' | 'certificates' | 'serverNames'>;

/** What both sides speak of: equal booleans mean the same on both. */
export function bothSpoken(left: Spoken, right: Spoken): Spoken {
  return { parts: new Map([...left.parts, ...right.parts]), conditions: new Map([...left.conditions, ...right.conditions]), behind: new Map([...left.behind, ...right.behind]), rules: [...left.rules, ...right.rules], certificates: [...left.certificates, ...right.certificates], serverNames: [...new Set([...left.serverNames, ...right.serverNames])] };
}

/** The point that a question about a gateway is. */
export function gatewayPoint(mesh: Mesh, pods: GatewayPods, query: Query, { parts, conditions, behind, rules: spoken, certificates }: Spoken): Point {
  const seat = gatewaySeat(mesh, pods);
  const rules = tokenRules(seat.attached.requestAuthentication, mesh.config);
  const host = query.request.host ?? query.request.sni ?? '';
  const asked = askedRequest({ ...query, request: { ...query.request, host } }, query.from.principal ?? null, { name: pods.id, namespace: pods.namespace });
  const sent = withToken(asked.raw);
  const point = new Map<Dimension, Value>([
    ['peer', asked.principal],
    ['source.ip', asked.sourceIp],
    ['remote.ip', remoteAddress(asked.raw.headers, asked.sourceIp, seat.trustedProxies ?? 0)],
    ['protocol', insideTls(asked)],
    ['sni', asked.sni?.toLowerCase() ?? null],
    ['host', asked.host],
    ['method', asked.raw.method],
    ['path', asked.raw.path],
    ['path.query', pathWithQuery(sent.path, mesh)],
    ['token', null],
  ]);
  for (const [name, value] of sent.headers) point.set(`header:${name}`, value);
  setToken(point, asked, [...rules, ...spoken], query.given ?? {});
  const check = checkToken(rules, asked.raw, query.given ?? {});
  const routed = routedAs(mesh, query, check.result === 'passed' ? check : sent);
  for (const [dimension, part] of parts) point.set(dimension, part.holds(routed));
  for (const [dimension, part] of behind) point.set(dimension, part.holds(mesh, query));
  const { certificate } = query.from;
  for (const { dimension, by, names } of certificates) {
    const trusted = certificate !== undefined && (by.includes(certificate.by) || by.includes(anybody));
    point.set(dimension, trusted && (names.length === 0 || names.some((name) => certificate.sans?.includes(name) === true)));
  }
  const handling: Handling = { outcome: 'chain', chain: 'http', seesPeer: asked.principal !== null, passthrough: false, rule: 'A4.7', because: '' };
  for (const [dimension, met] of conditionsMet(mesh, [{ seat, met: asked, handling, conditions }], query.given ?? {})) point.set(dimension, met);
  for (const [key, value] of Object.entries(query.given ?? {})) if (key.startsWith('opaque:')) point.set(key as Dimension, value);
  return point;
}

/** What is spoken inside a connection that shows an identity of the mesh: TLS of its own is none. */
function insideTls({ principal, protocol }: AskedRequest): string {
  return principal === null ? protocol : protocol === 'https' ? 'http' : protocol === 'tls' ? 'tcp' : protocol;
}

function routedAs(mesh: Mesh, { request, from }: Query, { path, headers }: { readonly path: string; readonly headers: ReadonlyMap<string, string> }): RoutedRequest {
  const whole = pathWithQuery(path, mesh);
  const at = whole.indexOf('?');
  const tls = request.protocol === 'https' || (from.principal ?? null) !== null;
  return { path: at < 0 ? whole : whole.slice(0, at), query: at < 0 ? '' : whole.slice(at), method: request.method ?? 'GET', authority: request.host ?? request.sni ?? '', scheme: headers.get('x-forwarded-proto') ?? (tls ? 'https' : 'http'), headers };
}

/** Questions that may prove a cube by its sample, the plainest first. Those that a boolean of a route is about are asked in its words. */
export function gatewayQuestions(mesh: Mesh, pods: GatewayPods, target: GatewayTarget, cube: Cube, sample: Point, spoken: Spoken): readonly Query[] {
  const plain = questionAt(target, sample, spoken.certificates);
  const speaksOf = (dimension: Dimension): boolean => cube.predicates.some((predicate) => predicate.dimension === dimension);
  const about = [...spoken.parts].filter(([dimension]) => speaksOf(dimension));
  let queries: readonly Query[] = [plain];
  for (const [dimension, part] of about) {
    if (sample.get(dimension) === true) queries = queries.flatMap((query) => examplesOf(part).map((example) => asSaid(query, part, example)).concat(query)).slice(0, mostTried);
  }
  const lies = (query: Query): boolean => pointIn(cube, gatewayPoint(mesh, pods, query, spoken));
  const inWords = about.length === 0 && ![...spoken.behind.keys()].some(speaksOf) ? queries : queries.filter(lies);
  return inWords.flatMap((query) => [...withServerName(query, spoken.serverNames).filter(({ request }) => fitsName(cube, request.sni ?? null)), query, ...fromFurther(query)]);
}

const mostTried = 64;

/** The name of TLS is that of the request, or one that leads to a server. */
function withServerName(query: Query, names: readonly string[]): readonly Query[] {
  const { request, from } = query;
  const tls = request.protocol === 'https' || (from.principal ?? null) !== null;
  if (!tls || request.host === undefined || request.sni !== undefined) return [];
  return [hostName(request.host).toLowerCase(), ...names].slice(0, mostNames).map((sni) => ({ ...query, request: { ...request, sni } }));
}

function fitsName({ predicates }: Cube, name: string | null): boolean {
  return predicates.every((predicate) => predicate.dimension !== 'sni' || holds(predicate, name));
}

const mostNames = 40;

/** A3.25: behind more than one proxy that is believed. */
function fromFurther(query: Query): readonly Query[] {
  const forwarded = query.request.headers?.['x-forwarded-for'];
  if (forwarded === undefined) return [];
  return [2, 3].map((proxies) => ({ ...query, request: { ...query.request, headers: { ...query.request.headers, 'x-forwarded-for': Array.from({ length: proxies }, () => forwarded).join(', ') } } }));
}

function examplesOf({ match }: RoutePart): readonly string[] {
  switch (match.type) {
    case 'exact':
      return [match.value];
    case 'prefix':
      return [match.value, `${match.value}x`];
    case 'regex':
      return regexExamples(match.value);
    case 'present':
      return ['x'];
  }
}

function asSaid(query: Query, { on, name }: RoutePart, text: string): Query {
  const { request } = query;
  const path = request.path ?? '/';
  switch (on) {
    case 'path':
    case 'path.query':
      return { ...query, request: { ...request, path: text } };
    case 'query':
      return { ...query, request: { ...request, path: `${path}${path.includes('?') ? '&' : '?'}${name}=${text}` } };
    case 'host':
      return { ...query, request: { ...request, host: text } };
    case 'method':
      return { ...query, request: { ...request, method: text } };
    case 'header':
      return { ...query, request: { ...request, headers: { ...request.headers, [name]: text } } };
    case 'scheme':
      return { ...query, request: { ...request, headers: { ...request.headers, 'x-forwarded-proto': text } } };
  }
}

function questionAt({ gateway, port, end }: GatewayTarget, point: Point, certificates: readonly Certificate[]): Query {
  const identity = identityOf(point.get('peer') ?? null);
  const spoken = valueAt(point, 'protocol');
  const protocol = spoken === 'https' || spoken === 'tcp' || spoken === 'tls' ? spoken : 'http';
  const { request, given } = requestAt(point, protocol, protocol === 'http' || protocol === 'https');
  const certificate = certificateFor(certificates, (dimension) => point.get(dimension) === true);
  const source = point.get('source.ip');
  // Booleans of routes and certificates are part of the request itself.
  const told = Object.entries(given).filter(([key]) => !key.startsWith('opaque:') || !key.includes(' '));
  const host = request.host ?? request.sni ?? 'host.example';
  return {
    from: {
      ...(typeof identity === 'string' ? { principal: identity } : { outside: true }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(typeof source === 'bigint' ? { ip: formatIp(source) } : {}),
    },
    to: { gateway, port, backend: end.backend },
    request: protocol === 'http' || protocol === 'https' ? { ...request, host } : request,
    ...(told.length === 0 ? {} : { given: Object.fromEntries(told) }),
  };
}
