/** The request of a question, from what a point says of it; what the point leaves open takes the plainest value. */
import { claimDimension, claimPathOf, writtenDimension } from '#semantics/values.ts';
import type { Dimension, Point } from '#sets/cube.ts';
import { formatIp } from '#sets/ip.ts';
import type { Token, Value } from '#sets/matcher.ts';
import type { Query } from './query.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** @param readsHeaders the proxy that is asked sees the headers: HTTP, in plaintext or in TLS that it ends */
export function requestAt(point: Point, protocol: Query['request']['protocol'], readsHeaders: boolean): { readonly request: Query['request']; readonly given: Record<string, boolean> } {
  const given: Record<string, boolean> = {};
  const headers: Record<string, string> = {};
  for (const [dimension, value] of point) {
    if (dimension.startsWith('header:') && typeof value === 'string') headers[dimension.slice('header:'.length)] = value;
    if (dimension.startsWith('opaque:')) given[dimension] = value === true;
  }
  const remote = point.get('remote.ip');
  if (readsHeaders && typeof remote === 'bigint' && remote !== point.get('source.ip') && !point.has('header:x-forwarded-for')) headers['x-forwarded-for'] = formatIp(remote);
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
  if (readsHeaders && Object.keys(headers).length > 0) request.headers = headers;
  const sni = textAt(point, 'sni');
  if (sni !== null) request.sni = sni;
  return { request, given };
}

/** `null`: nothing, or no text. */
export function textAt(point: Point, dimension: Dimension): string | null {
  const value = point.get(dimension);
  return typeof value === 'string' ? value : null;
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
    if (dimension.startsWith('written:') && typeof value === 'string') setAt(claims, claimPathOf(dimension), writtenValue(value, point.get(claimDimension(claimPathOf(dimension)))));
    if (!dimension.startsWith('claim:')) continue;
    const written = point.get(writtenDimension(claimPathOf(dimension)));
    if (typeof written === 'string') continue;
    const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
    // Nothing is written for a list, of one text either.
    if (texts.length > 0) setClaim(claims, claimPathOf(dimension), texts, written === null);
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

/** A claim that has no texts and is written all the same is a number or a boolean (A5.12). */
function writtenValue(written: string, texts: Value | undefined): unknown {
  if (!Array.isArray(texts) || texts.length > 0) return written;
  if (written === 'true' || written === 'false') return written === 'true';
  return String(Number(written)) === written ? Number(written) : written;
}

/** One text without spaces is a text, everything else a list: a list is never split (A3.31). */
function setClaim(claims: Record<string, unknown>, path: readonly string[], texts: readonly string[], asList: boolean): void {
  const only = texts.length === 1 ? texts[0] : undefined;
  setAt(claims, path, !asList && only !== undefined && !only.includes(' ') ? only : texts);
}

/** Changes `claims`; objects on the way are made. */
function setAt(claims: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = claims;
  for (const part of path.slice(0, -1)) {
    const inner = at[part];
    const next: Record<string, unknown> = inner !== null && typeof inner === 'object' && !Array.isArray(inner) ? { ...inner } : {};
    at[part] = next;
    at = next;
  }
  at[path.at(-1) ?? ''] = value;
}
