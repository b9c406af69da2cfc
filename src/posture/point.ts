/** Between questions and points: a witness of the symbolic side becomes a question, a question becomes a point. */
import { policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { conditionHolds } from '#semantics/condition.ts';
import { effectiveMtls, handleConnection, modeAt } from '#semantics/peer-authentication.ts';
import { locationText, tokenRules } from '#semantics/request-authentication.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import { checkToken, claimTexts, isPreflight, surelyRefused, textsAt, withToken } from '#semantics/token-check.ts';
import type { SentToken } from '#semantics/token-check.ts';
import { claimDimension, claimPathOf } from '#semantics/values.ts';
import type { Dimension, Point } from '#sets/cube.ts';
import { formatIp } from '#sets/ip.ts';
import type { Token, Value } from '#sets/matcher.ts';
import { valueAt } from '#sets/evaluate.ts';
import { isProxyPort } from './answer.ts';
import { pathsTo } from './paths.ts';
import type { DestinationPosture } from './paths.ts';
import type { Query } from './query.ts';
import { askedRequest, remoteAddress } from './request.ts';
import { pathWithQuery, protocolOf, refusedAsHttp, seenAt } from './sidecar.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The question that a point asks. Dimensions that the point leaves open take the plainest value. */
export function queryOf(workload: Workload, point: Point): Query {
  const peer = textAt(point, 'peer');
  const protocol = protocolAt(point);
  const given: Record<string, boolean> = {};
  const headers: Record<string, string> = {};
  for (const [dimension, value] of point) {
    if (dimension.startsWith('header:') && typeof value === 'string') headers[dimension.slice('header:'.length)] = value;
    if (dimension.startsWith('opaque:')) given[dimension] = value === true;
  }
  const remote = point.get('remote.ip');
  if (protocol === 'http' && typeof remote === 'bigint' && remote !== point.get('source.ip') && !('x-forwarded-for' in headers)) headers['x-forwarded-for'] = formatIp(remote);
  const request: Mutable<Query['request']> = { protocol };
  if (protocol === 'http' || protocol === 'https') {
    const token = point.get('token');
    const inPath = isToken(token) && token.location.startsWith('parameter:');
    const path = askedPath(textAt(point, 'path'), inPath ? null : textAt(point, 'path.query'));
    if (point.has('method')) request.method = textAt(point, 'method') ?? 'GET';
    if (path !== null) request.path = path;
    const host = textAt(point, 'host');
    if (host !== null) request.host = host;
    if (isToken(token)) {
      // The token is what its header holds.
      const holder = headerOfLocation(token.location);
      if (holder !== undefined) Reflect.deleteProperty(headers, holder);
      request.token = askedToken(token, point);
      if (token.signedBy !== 'all') for (const keys of token.signedBy) given[`keys:${keys}`] = true;
    }
  }
  if (protocol === 'http' && Object.keys(headers).length > 0) request.headers = headers;
  const sni = textAt(point, 'sni');
  if (sni !== null) request.sni = sni;
  const source = point.get('source.ip');
  const destination = point.get('destination.ip');
  const where = workload.resource === undefined ? { selector: { namespace: workload.namespace, labels: workload.labels } } : { workload: workload.id };
  return {
    from: {
      principal: peer,
      ...(typeof source === 'bigint' ? { ip: formatIp(source) } : {}),
      // A point speaks of the pod itself, past any waypoint.
      ...(workload.enrolment.mode === 'ambient' ? { direct: true } : {}),
    },
    to: { ...where, ...(typeof destination === 'bigint' ? { ip: formatIp(destination) } : {}), port: portAt(point, workload, protocol) },
    request,
    ...(Object.keys(given).length > 0 ? { given } : {}),
  };
}

function textAt(point: Point, dimension: Dimension): string | null {
  const value = point.get(dimension);
  return typeof value === 'string' ? value : null;
}

function protocolAt(point: Point): Query['request']['protocol'] {
  const value = valueAt(point, 'protocol');
  return value === 'tcp' || value === 'tls' || value === 'https' ? value : 'http';
}

/** A port that speaks the protocol where the point leaves it open. */
function portAt(point: Point, workload: Workload, protocol: string): number {
  const value = point.get('port');
  if (typeof value === 'number') return value;
  const fitting = workload.ports.find((port) => port.captured && (protocol === 'http' ? port.protocol === 'http' : port.protocol === 'tcp'));
  return (fitting ?? workload.ports.find((port) => port.captured && port.protocol !== 'udp'))?.port ?? 80;
}

function isToken(value: Value | undefined): value is Token {
  return typeof value === 'object' && value !== null && 'signedBy' in value;
}

/** The raw path says more than the normalized one with its query, unless the two only differ by the query. */
function askedPath(raw: string | null, withQuery: string | null): string | null {
  if (raw === null || withQuery === null) return withQuery ?? raw;
  return withQuery.split('?', 1)[0] === raw.split('?', 1)[0] ? withQuery : raw;
}

/** The header that carries a token at this place. */
function headerOfLocation(location: string): string | undefined {
  const [kind, name] = location.split(':');
  if (kind === 'authorization' || kind === 'cookie') return kind;
  return kind === 'header' ? name : undefined;
}

function askedToken(token: Token, point: Point): NonNullable<Query['request']['token']> {
  const claims: Record<string, unknown> = {};
  if (token.issuer !== null) claims['iss'] = token.issuer;
  if (token.subject !== null) claims['sub'] = token.subject;
  for (const [dimension, value] of point) {
    if (!dimension.startsWith('claim:')) continue;
    const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
    if (texts.length > 0) setClaim(claims, claimPathOf(dimension), texts);
  }
  const valid = token.signedBy === 'all';
  const [kind, ...rest] = token.location.split(':');
  const after = rest.join(':');
  if (kind === 'authorization') return { valid, claims, in: 'authorization', ...(after === 'Bearer ' ? {} : { prefix: after }) };
  if (kind !== 'header') return { valid, claims, in: token.location };
  const colon = after.indexOf(':');
  const prefix = after.slice(colon + 1);
  return { valid, claims, in: `header:${after.slice(0, colon)}`, ...(prefix === '' ? {} : { prefix }) };
}

/** One text without spaces is a text, everything else a list: a list is never split (A3.31). */
function setClaim(claims: Record<string, unknown>, path: readonly string[], texts: readonly string[]): void {
  const only = texts.length === 1 ? texts[0] : undefined;
  let at = claims;
  for (const part of path.slice(0, -1)) {
    const inner = at[part];
    const next: Record<string, unknown> = inner !== null && typeof inner === 'object' && !Array.isArray(inner) ? { ...inner } : {};
    at[part] = next;
    at = next;
  }
  at[path.at(-1) ?? ''] = only !== undefined && !only.includes(' ') ? only : texts;
}

/**
 * The point that a question with a principal asks about, at the workload itself (past any waypoint); `undefined`: it is answered before any policy
 * (an unknown method, a refused path), so the symbolic side does not speak of it.
 */
export function pointOf(mesh: Mesh, workload: Workload, query: Query, posture: DestinationPosture = pathsTo(mesh, workload)): Point | undefined {
  if (workload.enrolment.mode !== 'ambient' && isProxyPort(workload, query.to.port)) return undefined;
  const asked = askedRequest(query, query.from.principal ?? null, workload);
  const attached = policiesFor(mesh, workload);
  const rules = tokenRules(attached.requestAuthentication, mesh.config);
  const handling = handleConnection(protocolOf(workload, asked.port), modeAt(effectiveMtls(mesh, attached), asked.port).mode, { protocol: asked.protocol, identity: asked.principal !== null });
  const behindSidecar = workload.enrolment.mode !== 'ambient';
  if (behindSidecar && asked.protocol === 'http' && handling.outcome === 'chain' && handling.chain === 'http' && refusedAsHttp(asked) !== undefined) return undefined;
  const sent = withToken(asked.raw);
  const point = new Map<Dimension, Value>([
    ['peer', asked.principal],
    ['source.ip', asked.sourceIp],
    ['remote.ip', remoteAddress(asked.raw.headers, asked.sourceIp)],
    ['destination.ip', asked.destinationIp],
    ['port', asked.port],
    ['protocol', asked.protocol],
    ['sni', asked.sni],
    ['host', asked.host],
    ['method', asked.raw.method],
    ['path', asked.raw.path],
    ['path.query', pathWithQuery(sent.path, mesh)],
    ['token', null],
  ]);
  for (const [name, value] of sent.headers) point.set(`header:${name}`, value);
  const junk = asked.raw.token === undefined && !isPreflight(asked.raw) ? tokenReadAnyway(rules, sent) : undefined;
  if (junk !== undefined) point.set('token', { location: junk, signedBy: [], issuer: null, subject: null });
  if (asked.raw.token !== undefined && !isPreflight(asked.raw)) {
    point.set('token', tokenValue(asked.raw.token, rules, asked.raw.headers, query.given ?? {}));
    for (const path of claimPaths(asked.raw.token.claims)) point.set(claimDimension(path), [...claimTexts(asked.raw.token.claims, path, rules[0]?.spaceDelimited ?? new Set())]);
  }
  for (const [dimension, { condition }] of posture.conditions) {
    if (handling.outcome !== 'chain') continue;
    const check = checkToken(handling.chain === 'http' ? rules : [], asked.raw, query.given ?? {});
    if (check.result !== 'passed') continue;
    point.set(dimension, conditionHolds(condition, seenAt(mesh, workload, asked, handling, check.token, check.headers, check.path, {})));
  }
  return point;
}

/** Bytes that some rule reads as a token, or that stand where a bearer token stands. */
function tokenReadAnyway(rules: readonly TokenRule[], sent: { readonly headers: ReadonlyMap<string, string>; readonly path: string }): string | undefined {
  const place = rules.flatMap((rule) => rule.locations).find((location) => textsAt(location, sent).length > 0);
  if (place !== undefined) return locationText(place);
  return sent.headers.get('authorization')?.startsWith('Bearer ') === true ? 'authorization:Bearer ' : undefined;
}

function tokenValue(token: SentToken, rules: readonly TokenRule[], headers: ReadonlyMap<string, string>, given: Readonly<Record<string, boolean>>): Token {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const named = Object.entries(given).filter(([key]) => key.startsWith('keys:'));
  const verified = named.filter(([, right]) => right).map(([key]) => key.slice('keys:'.length));
  const location = tokenLocation(token, rules);
  // A second header of that name spoils the token.
  const spoiled = token.location.in === 'header' && headers.has(token.location.name);
  const signedBy = spoiled || !location.read || surelyRefused(token.claims) ? [] : token.valid && named.length === 0 ? ('all' as const) : verified;
  return { location: location.text, signedBy, issuer: text(token.claims['iss']), subject: text(token.claims['sub']) };
}

/** A place that some rule reads differently from how the token was written stands for that rule's place, with bytes that are no token. */
function tokenLocation(token: SentToken, rules: readonly TokenRule[]): { readonly text: string; readonly read: boolean } {
  const own = locationText(token.location);
  const { location } = token;
  if (location.in !== 'header') return { text: own, read: true };
  const places = rules.flatMap((rule) => rule.locations).filter((place) => place.in === 'header' && place.name === location.name);
  if (places.length === 0 || places.some((place) => locationText(place) === own)) return { text: own, read: true };
  const other = places.find((place) => place.in === 'header' && location.prefix.includes(place.prefix));
  return other === undefined ? { text: own, read: true } : { text: locationText(other), read: other.in === 'header' && other.prefix !== '' && location.prefix.endsWith(other.prefix) };
}

/** Paths of all claims that have texts. */
function claimPaths(claims: Readonly<Record<string, unknown>>, before: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(claims).flatMap(([name, value]): readonly (readonly string[])[] => {
    const path = [...before, name];
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return claimPaths(Object.fromEntries(Object.entries(value)), path);
    return [path];
  });
}
