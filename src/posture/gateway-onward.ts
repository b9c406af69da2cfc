/** A request as it leaves a gateway: what the token check left of it, what the route changes, and what a gateway writes itself (M116, A5.12, A3.25, M94). */
import type { HeaderChanges } from '#manifests/virtual-service.ts';
import type { Guarded, RoutedRequest } from '#semantics/gateways/http-routes.ts';
import { isAuthority } from '#semantics/gateways/route-action.ts';
import { withToken } from '#semantics/token-check.ts';
import { formatIp } from '#sets/ip.ts';
import type { Query } from './query.ts';
import type { AskedRequest } from './request.ts';

export interface Routed {
  readonly asked: AskedRequest;
  /** Behind the token check. */
  readonly request: RoutedRequest;
}

/** @param seen path and authority as the route forwards them */
export function requestSentOn(query: Query, { route }: Guarded, routed: Routed, seen: { readonly path: string; readonly host: string }): Query['request'] {
  const { asked, request } = routed;
  const token = tokenLeft(query, routed);
  const headers = changed(withOwn(besidesToken(routed, token !== undefined), asked, request.scheme), route.requestHeaders);
  return { protocol: 'http', method: request.method, path: token === undefined ? seen.path : withoutToken(asked, seen.path), host: seen.host, headers: Object.fromEntries(headers), ...(token === undefined ? {} : { token }) };
}

/** `undefined`: none was sent, or a rule has taken it away. */
function tokenLeft({ request: { token } }: Query, { asked: { raw }, request: { headers, query } }: Routed): Query['request']['token'] {
  const { text } = withToken(raw);
  const location = raw.token?.location;
  if (text === undefined || location === undefined) return undefined;
  const place = location.in === 'parameter' ? query : headers.get(location.in === 'cookie' ? 'cookie' : location.name);
  return place?.includes(text) === true ? token : undefined;
}

/** A question writes the token apart from the header that holds it. */
function besidesToken({ asked: { raw }, request }: Routed, left: boolean): Map<string, string> {
  const headers = new Map(request.headers);
  const location = raw.token?.location;
  if (!left || location === undefined || location.in === 'parameter') return headers;
  const name = location.in === 'cookie' ? 'cookie' : location.name;
  const own = raw.headers.get(name);
  if (own === undefined) headers.delete(name);
  else headers.set(name, own);
  return headers;
}

function withoutToken({ raw }: AskedRequest, path: string): string {
  const location = raw.token?.location;
  const { text } = withToken(raw);
  if (location?.in !== 'parameter' || text === undefined) return path;
  const at = path.indexOf(`${location.name}=${text}`);
  return at <= 0 ? path : `${path.slice(0, at - 1)}${path.slice(at + location.name.length + 1 + text.length)}`;
}

/** The address of the connection goes behind what the client says, and certificates that the client tells of are forgotten. */
function withOwn(headers: Map<string, string>, { sourceIp }: AskedRequest, scheme: string): Map<string, string> {
  const before = headers.get('x-forwarded-for');
  headers.set('x-forwarded-for', before === undefined ? formatIp(sourceIp) : `${before},${formatIp(sourceIp)}`);
  headers.set('x-forwarded-proto', scheme);
  headers.delete('x-forwarded-client-cert');
  return headers;
}

/** Headers are taken away before any is written. */
function changed(headers: Map<string, string>, { set, add, remove }: HeaderChanges): ReadonlyMap<string, string> {
  for (const name of remove) headers.delete(name.toLowerCase());
  for (const [name, value] of Object.entries(set)) if (!isAuthority(name)) headers.set(name.toLowerCase(), value);
  for (const [name, value] of Object.entries(add)) {
    const known = headers.get(name.toLowerCase());
    if (!isAuthority(name)) headers.set(name.toLowerCase(), known === undefined ? value : `${known},${value}`);
  }
  return headers;
}
