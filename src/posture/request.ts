/** A question's request, with the defaults of the recorded decisions filled in. */
import type { Workload } from '#mesh/model.ts';
import { cookieLines } from '#semantics/condition.ts';
import type { RawRequest, SentToken } from '#semantics/token-check.ts';
import { parseIp } from '#sets/ip.ts';
import type { Query } from './query.ts';

/** A question that names no address comes from here, as in the recorded decisions: no policy of a mesh names it. */
export const defaultClientAddress = '127.9.9.9';
/** Addresses that no policy names: from the block for documentation. */
export const unnamedClientAddress = '192.0.2.1';
export const unnamedPodAddress = '192.0.2.2';

export interface AskedRequest {
  /** `null`: no certificate. */
  readonly principal: string | null;
  /** What a proxy can meet: datagrams never reach one. */
  readonly protocol: 'http' | 'https' | 'tcp' | 'tls';
  readonly port: number;
  readonly sourceIp: bigint;
  readonly destinationIp: bigint;
  readonly sni: string | null;
  readonly host: string;
  readonly raw: RawRequest;
}

/** Methods that Envoy's HTTP/1 parser knows; anything else is answered with 400 (A3.35), and so is CONNECT, which no sidecar and no waypoint takes (recorded). */
export const knownMethods: readonly string[] = [
  'ACL', 'BIND', 'CHECKOUT', 'COPY', 'DELETE', 'GET', 'HEAD', 'LINK', 'LOCK', 'MERGE', 'MKACTIVITY', 'MKCALENDAR', 'MKCOL', 'MOVE', 'M-SEARCH', 'NOTIFY', 'OPTIONS', 'PATCH', 'POST',
  'PROPFIND', 'PROPPATCH', 'PURGE', 'PUT', 'REBIND', 'REPORT', 'SEARCH', 'SOURCE', 'SUBSCRIBE', 'TRACE', 'UNBIND', 'UNLINK', 'UNLOCK', 'UNSUBSCRIBE',
];

export function askedRequest(query: Query, principal: string | null, workload: Pick<Workload, 'name' | 'namespace'>): AskedRequest {
  const { request } = query;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase();
    const before = headers.get(lower);
    // A3.J: repeated headers are one, joined by commas; cookies are not.
    headers.set(lower, before === undefined ? value : `${before}${lower === 'cookie' ? cookieLines : ','}${value}`);
  }
  const tls = principal !== null || request.protocol === 'tls' || request.protocol === 'https';
  return {
    principal,
    protocol: request.protocol === 'udp' || request.protocol === 'sctp' ? 'tcp' : request.protocol,
    port: query.to.port,
    sourceIp: addressOr(query.from.ip, unnamed.client),
    destinationIp: addressOr(query.to.ip, unnamed.pod),
    sni: tls ? (request.sni ?? null) : null,
    host: request.host ?? `${workload.name}.${workload.namespace}.svc.cluster.local`,
    raw: { method: request.method ?? 'GET', path: request.path ?? '/', headers, token: sentToken(request.token) },
  };
}

const unnamed = { client: parseIp(defaultClientAddress) ?? 0n, pod: parseIp(unnamedPodAddress) ?? 0n };

function addressOr(text: string | undefined, otherwise: bigint): bigint {
  return (text === undefined ? undefined : parseIp(text)) ?? otherwise;
}

/** `authorization` (with `Bearer ` unless a prefix says otherwise), `header:NAME`, `parameter:NAME`, `cookie:NAME`. */
function sentToken(token: Query['request']['token']): SentToken | undefined {
  if (token === undefined) return undefined;
  const where = token.in ?? 'authorization';
  const colon = where.indexOf(':');
  const kind = colon < 0 ? where : where.slice(0, colon);
  const name = colon < 0 ? '' : where.slice(colon + 1);
  const rest = { valid: token.valid, claims: token.claims ?? {} };
  if (kind === 'parameter' || kind === 'cookie') return { ...rest, location: { in: kind, name } };
  if (kind === 'header') return { ...rest, location: { in: 'header', name: name.toLowerCase(), prefix: token.prefix ?? '' } };
  return { ...rest, location: { in: 'header', name: 'authorization', prefix: token.prefix ?? 'Bearer ' } };
}

/**
 * A3.25: the last address of the client's own `X-Forwarded-For`; none or an unreadable one: the direct peer.
 * @param trustedProxies at a gateway: the address before so many proxies, and none is believed without them
 */
export function remoteAddress(headers: ReadonlyMap<string, string>, direct: bigint, trustedProxies?: number): bigint {
  if (trustedProxies === 0) return direct;
  const forwarded = headers.get('x-forwarded-for');
  const address = forwarded?.split(',').at(-(trustedProxies ?? 1))?.trim();
  return (address === undefined ? undefined : parseIp(address)) ?? direct;
}

/** What a client writes into `Host` that is told no other: the name and port that it addresses. */
export function withAuthority(query: Query): Query {
  const { host, port } = query.to;
  if (host === undefined || query.request.host !== undefined) return query;
  return { ...query, request: { ...query.request, host: port === 80 ? host : `${host}:${String(port)}` } };
}
