/** What a route makes of a request: where a redirect leads, and how the backend sees path and authority. */
import type { HttpRedirect } from '#manifests/virtual-service.ts';
import { hostName } from '#sets/authority.ts';
import { matchedPrefix } from './http-routes.ts';
import type { Guarded, RoutedRequest } from './http-routes.ts';
import { replaceMatches } from './text-match.ts';

/** The `location` of the answer. @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-redirectaction */
export function redirectLocation(guarded: Guarded, redirect: HttpRedirect, request: RoutedRequest, tls: boolean): string {
  const scheme = redirect.scheme === '' ? request.scheme : redirect.scheme;
  const port = redirectPort(redirect, guarded.number, redirect.scheme === '' ? (tls ? 'https' : 'http') : redirect.scheme);
  const host = redirect.authority === '' ? requestHost(request, scheme, port !== 0) : redirect.authority;
  return `${scheme}://${host}${port === 0 ? '' : `:${String(port)}`}${redirectPath(guarded, redirect, request)}`;
}

/** 0: none is written; the scheme's own port never is. */
function redirectPort({ port, derivePort }: HttpRedirect, number: number, scheme: string): number {
  const wanted = port ?? (derivePort === 'FROM_REQUEST_PORT' ? number : 0);
  return (wanted === 80 && scheme === 'http') || (wanted === 443 && scheme === 'https') ? 0 : wanted;
}

/** The port that was sent stays, unless another is written or the scheme changes away from the one that it belongs to. */
function requestHost({ authority, scheme }: RoutedRequest, target: string, otherPort: boolean): string {
  const name = hostName(authority);
  const sent = authority.slice(name.length);
  const usual = scheme !== target && ((scheme === 'https' && sent === ':443') || (scheme === 'http' && sent === ':80'));
  return otherPort || usual ? name : authority;
}

function redirectPath(guarded: Guarded, { uri }: HttpRedirect, { path, query }: RoutedRequest): string {
  const prefix = guarded.route.redirectPrefix;
  if (prefix !== undefined && prefix !== '') return `${withPrefix(path, matchedPrefix(guarded), prefix)}${query}`;
  if (uri === '') return `${path}${query}`;
  return uri.includes('?') ? uri : `${uri}${query}`;
}

function withPrefix(path: string, matched: string | undefined, replacement: string): string {
  return matched === undefined ? replacement : `${replacement}${path.slice(matched.length)}`;
}

/** Path with query, and authority, as they go on to the backend. */
export function forwardedAs(guarded: Guarded, { path, query, authority }: RoutedRequest): { readonly path: string; readonly host: string } {
  const { rewrite, requestHeaders } = guarded.route;
  const set = authorityIn(requestHeaders.set) ?? authorityIn(requestHeaders.add);
  const host = rewrite !== undefined && rewrite.authority !== '' ? rewrite.authority : (set ?? authority);
  return { host, path: `${rewrite === undefined ? path : rewritten(guarded, rewrite, path)}${query}` };
}

/** The authority that a change of headers writes. */
export function authorityIn(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(headers).find(([name]) => isAuthority(name))?.[1];
}

export function isAuthority(name: string): boolean {
  return name.toLowerCase() === 'host' || name === ':authority';
}

function rewritten(guarded: Guarded, { uri, regex }: NonNullable<Guarded['route']['rewrite']>, path: string): string {
  if (regex !== undefined) return replaceMatches(regex.match, regex.rewrite, path);
  if (uri === '') return path;
  const matched = matchedPrefix(guarded);
  if (guarded.api === 'istio' || uri !== '/') return withPrefix(path, matched, uri);
  // The Gateway API: `/` takes the prefix away and leaves one slash.
  return matched === undefined ? '/' : `/${path.slice(matched === '/' ? 0 : matched.length).replace(/^\//, '')}`;
}
