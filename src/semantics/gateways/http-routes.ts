/** HTTP routes of a listener's servers by host, and the one that takes a request (M116; order: the first that fits). */
import type { HttpMatch } from '#manifests/virtual-service.ts';
import { selects, type Labels } from '#mesh/selection.ts';
import { hostName } from '#sets/authority.ts';
import { commonNames, namesFor } from './host-names.ts';
import type { OwnedServer } from './merged-servers.ts';
import { boundTo } from './served.ts';
import type { Served } from './served.ts';
import { asksPresence, textFits } from './text-match.ts';
import type { GatewayHttpRoute, RouteSet } from './types.ts';

/** One match of one route. */
export interface Guarded {
  readonly route: GatewayHttpRoute;
  /** `undefined`: everything. */
  readonly match: HttpMatch | undefined;
  readonly api: RouteSet['api'];
  /** Number of the server's port for which it was made. */
  readonly number: number;
}

/** Whose routes they are. */
export interface RoutingProxy {
  readonly namespace: string;
  readonly labels: Labels;
}

export interface VirtualHost {
  readonly host: string;
  readonly routes: readonly Guarded[];
  /** `httpsRedirect`: plaintext is redirected, whatever the routes say. */
  readonly redirectsToTls: boolean;
}

/** What a route can look at. */
export interface RoutedRequest {
  /** Without its query. */
  readonly path: string;
  readonly query: string;
  readonly method: string;
  readonly authority: string;
  readonly scheme: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export function virtualHosts(served: Served, servers: readonly OwnedServer[]): readonly VirtualHost[] {
  const hosts = new Map<string, { routes: Guarded[]; redirectsToTls: boolean }>();
  // Istio computes the routes of a set once for each Gateway: the first server's number counts for all of them.
  const computed = new Map<string, readonly Guarded[]>();
  for (const { server, gateway } of servers) {
    const redirects = server.tls?.httpsRedirect === true;
    for (const set of boundTo(served, gateway)) {
      const common = commonNames(namesFor(server.hosts, set.namespace), set.hosts);
      if (common.length === 0) continue;
      const key = `${gateway.key} ${set.namespace}/${set.name}`;
      const routes = computed.get(key) ?? guardedRoutes(served.pods, set, gateway.key, server.number);
      if (routes.length === 0) continue;
      computed.set(key, routes);
      for (const name of common.map((each) => each.toLowerCase())) {
        const known = hosts.get(name) ?? { routes: [], redirectsToTls: false };
        hosts.set(name, { routes: [...known.routes, ...routes], redirectsToTls: known.redirectsToTls || redirects });
      }
    }
    if (!redirects) continue;
    for (const host of server.hosts.map((each) => each.toLowerCase())) hosts.set(host, { routes: hosts.get(host)?.routes ?? [], redirectsToTls: true });
  }
  return [...hosts].map(([host, { routes, redirectsToTls }]) => ({ host, redirectsToTls, routes: [...routes.filter((route) => !takesAll(route)), ...routes.filter(takesAll)] }));
}

/**
 * What a proxy makes of the routes: those that can take a request there, in order.
 * @param gateway `namespace/name`, or `mesh` for sidecars
 */
export function guardedRoutes(proxy: RoutingProxy, set: RouteSet, gateway: string, number: number): readonly Guarded[] {
  const found: Guarded[] = [];
  for (const route of set.http) {
    if (route.match.length === 0) return [...found, { route, match: undefined, api: set.api, number }];
    for (const match of route.match) {
      if (!fitsProxy(proxy, match, gateway, number)) continue;
      const guarded: Guarded = { route, match, api: set.api, number };
      found.push(guarded);
      // Nothing behind it can be reached.
      if (takesAll(guarded)) return found;
    }
  }
  return found;
}

/** The parts of a match that are about the proxy: its port, the Gateway, or its own labels and namespace. */
function fitsProxy(proxy: RoutingProxy, match: HttpMatch, gateway: string, number: number): boolean {
  if (match.port !== undefined && match.port !== number) return false;
  if (match.gateways.length > 0) return match.gateways.includes(gateway);
  return selects(match.sourceLabels, proxy.labels) && (match.sourceNamespace === undefined || match.sourceNamespace === proxy.namespace);
}

function takesAll({ match }: Guarded): boolean {
  if (match === undefined) return true;
  const { uri } = match;
  const anywhere = uri === undefined || (uri.type === 'prefix' && uri.value === '/') || (uri.type === 'regex' && uri.value === '.*');
  const conditions = match.headers.size + match.withoutHeaders.size + match.queryParams.size;
  return anywhere && conditions === 0 && match.method === undefined && match.authority === undefined && match.scheme === undefined;
}

/** The authority without its port, in any case: the exact host, then the longest wildcard. */
export function hostFor<T extends Pick<VirtualHost, 'host'>>(hosts: readonly T[], authority: string): T | undefined {
  const name = hostName(authority).toLowerCase();
  const exact = hosts.find(({ host }) => host === name);
  if (exact !== undefined) return exact;
  const wild = hosts.filter(({ host }) => host.startsWith('*') && name.length > host.length - 1 && name.endsWith(host.slice(1)));
  return [...wild].sort((left, right) => right.host.length - left.host.length)[0];
}

export function routeFor({ routes }: Pick<VirtualHost, 'routes'>, request: RoutedRequest): Guarded | undefined {
  return routes.find(({ match, api }) => match === undefined || fits(match, api, request));
}

/** Conditions of one match are ANDed. */
function fits(match: HttpMatch, api: RouteSet['api'], request: RoutedRequest): boolean {
  const header = (name: string): string | undefined => headerOf(name, request);
  return (
    pathFits(match, api, request.path) &&
    (match.method === undefined || textFits(match.method, request.method)) &&
    (match.authority === undefined || textFits(match.authority, request.authority)) &&
    (match.scheme === undefined || textFits(match.scheme, request.scheme)) &&
    [...match.headers].every(([name, wanted]) => present(wanted, header(name))) &&
    // A missing header counts as an empty one, but is not present.
    [...match.withoutHeaders].every(([name, unwanted]) => (asksPresence(unwanted) ? header(name) === undefined : !textFits(unwanted, header(name) ?? ''))) &&
    [...match.queryParams].every(([name, wanted]) => present(wanted, parameter(request.query, name)))
  );
}

function present(wanted: Parameters<typeof textFits>[0], value: string | undefined): boolean {
  return value !== undefined && textFits(wanted, value);
}

export function headerOf(name: string, request: RoutedRequest): string | undefined {
  switch (name.toLowerCase()) {
    case ':authority':
    case 'host':
      return request.authority;
    case ':method':
      return request.method;
    case ':scheme':
      return request.scheme;
    case ':path':
      return `${request.path}${request.query}`;
    default:
      return request.headers.get(name.toLowerCase());
  }
}

/** As written in the query, not decoded; of several the first. */
export function parameter(query: string, name: string): string | undefined {
  for (const part of query.replace(/^\?/, '').split('&')) {
    const equals = part.indexOf('=');
    if ((equals < 0 ? part : part.slice(0, equals)) === name && part !== '') return equals < 0 ? '' : part.slice(equals + 1);
  }
  return undefined;
}

/** M122: a prefix of the Gateway API ends at a slash or at the end of the path; one of a VirtualService anywhere. */
export function pathFits({ uri, ignoreUriCase }: Pick<HttpMatch, 'uri' | 'ignoreUriCase'>, api: RouteSet['api'], path: string): boolean {
  if (uri === undefined || uri.type === 'present') return true;
  if (uri.type === 'regex') return textFits(uri, path);
  const [wanted, sent] = ignoreUriCase ? [uri.value.toLowerCase(), path.toLowerCase()] : [uri.value, path];
  if (uri.type === 'exact') return sent === wanted;
  if (api === 'istio' || wanted === '/') return sent.startsWith(wanted);
  const prefix = wanted.replace(/\/$/, '');
  return sent === prefix || sent.startsWith(`${prefix}/`);
}

/** The part of a path that the match took, which a rewrite replaces; `undefined`: all of it. */
export function matchedPrefix({ match, api }: Guarded): string | undefined {
  const uri = match?.uri;
  if (uri === undefined || uri.type === 'present') return '/';
  if (uri.type !== 'prefix') return undefined;
  return api === 'kubernetes' && uri.value !== '/' ? uri.value.replace(/\/$/, '') : uri.value;
}

