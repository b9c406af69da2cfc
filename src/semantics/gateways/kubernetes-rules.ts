/** Rules of HTTPRoutes and GRPCRoutes as HTTP routes of a gateway, one for each match, in the order that the Gateway API demands (M122). */
import type { NamedMatch, RouteFilter, RouteMatch, RoutePath, RouteRule } from '#manifests/routes.ts';
import type { HttpMatch, HttpRedirect, HttpRoute, StringMatch } from '#manifests/virtual-service.ts';
import type { Mesh } from '#mesh/model.ts';
import { ruleBackends } from './route-backends.ts';
import type { GatewayHttpRoute } from './types.ts';

const served: ReadonlySet<string> = new Set(['ResponseHeaderModifier', 'CORS']);

/** `undefined`: something in them makes Istio refuse the whole route object. */
export function httpRoutesOf(mesh: Mesh, route: { readonly kind: 'HTTPRoute' | 'GRPCRoute'; readonly namespace: string; readonly by: string; readonly rules: readonly RouteRule[] }): readonly GatewayHttpRoute[] | undefined {
  const found: GatewayHttpRoute[] = [];
  for (const rule of route.rules) {
    if (rule.filters.some((filter) => filter.type === 'other' && !served.has(filter.name))) return undefined;
    const backends = ruleBackends(mesh, route.kind, route.namespace, rule.backends);
    if (backends.type === 'refused') return undefined;
    const action = actionOf(rule.filters);
    const destinations = backends.type === 'destinations' ? backends.destinations : [];
    // The specification: nothing to send to is answered with 500.
    const directResponse = backends.type === 'none' && action.redirect === undefined ? { status: 500 } : undefined;
    const matches = rule.matches.length > 0 ? rule.matches : [everything];
    for (const match of matches) {
      const condition = matchOf(match);
      found.push({ ...empty, ...action, by: route.by, name: rule.name, match: condition === undefined ? [] : [condition], route: destinations, directResponse });
    }
  }
  return found;
}

const everything: RouteMatch = { path: { type: 'prefix', value: '/' }, method: undefined, headers: [], queryParams: [] };

const empty: Omit<HttpRoute, 'name' | 'match' | 'route'> = {
  redirect: undefined,
  directResponse: undefined,
  delegate: undefined,
  rewrite: undefined,
  mirrors: [],
  requestHeaders: { set: {}, add: {}, remove: [] },
  hasFault: false,
  abortPercentage: 0,
  corsOrigins: [],
};

function matchOf(match: RouteMatch): HttpMatch | undefined {
  return {
    name: '',
    uri: pathOf(match.path),
    ignoreUriCase: false,
    scheme: undefined,
    method: match.method === undefined ? undefined : { type: 'exact', value: match.method },
    authority: undefined,
    headers: named(match.headers),
    withoutHeaders: new Map(),
    queryParams: named(match.queryParams),
    port: undefined,
    sourceLabels: {},
    sourceNamespace: undefined,
    gateways: [],
  };
}

function named(matches: readonly NamedMatch[]): ReadonlyMap<string, StringMatch> {
  return new Map(matches.map(({ name, type, value }) => [name, { type, value }]));
}

function pathOf(path: RoutePath): StringMatch | undefined {
  if (path.type === 'grpc') return grpcPath(path);
  return path.type === 'prefix' && path.value !== '/' ? { type: 'prefix', value: path.value.replace(/\/$/, '') } : path;
}

/** `/service/method`; a missing half stands for any. */
function grpcPath({ regex, service, method }: Extract<RoutePath, { type: 'grpc' }>): StringMatch | undefined {
  if (service === undefined && method === undefined) return undefined;
  if (service === undefined) return { type: 'regex', value: `/[^/]+/${method ?? ''}` };
  if (method === undefined) return regex ? { type: 'regex', value: `/${service}/.+` } : { type: 'prefix', value: `/${service}/` };
  return { type: regex ? 'regex' : 'exact', value: `/${service}/${method}` };
}

function actionOf(filters: readonly RouteFilter[]): Partial<GatewayHttpRoute> {
  let action: Partial<GatewayHttpRoute> = {};
  for (const filter of filters) {
    if (filter.type === 'redirect') action = { ...action, ...redirectOf(filter) };
    if (filter.type === 'rewrite') action = { ...action, ...rewriteOf(filter) };
    if (filter.type === 'request-headers') {
      const texts = (values: typeof filter.set): Readonly<Record<string, string>> => Object.fromEntries([...values].reverse().map(({ name, value }) => [name.toLowerCase(), value]));
      action = { ...action, requestHeaders: { set: texts(filter.set), add: texts(filter.add), remove: filter.remove } };
    }
  }
  return action;
}

/** Without a port the request's own is kept, with a scheme that scheme's default. */
function redirectOf({ hostname, scheme, port, path, code }: Extract<RouteFilter, { type: 'redirect' }>): Partial<GatewayHttpRoute> {
  const redirect: HttpRedirect = {
    uri: path?.type === 'full' ? path.value : '',
    authority: hostname ?? '',
    scheme: scheme ?? '',
    port,
    derivePort: port !== undefined ? undefined : scheme === undefined ? 'FROM_REQUEST_PORT' : 'FROM_PROTOCOL_DEFAULT',
    code,
  };
  return { redirect, ...(path?.type === 'prefix' ? { redirectPrefix: path.value } : {}) };
}

function rewriteOf({ hostname, path }: Extract<RouteFilter, { type: 'rewrite' }>): Partial<GatewayHttpRoute> {
  const prefix = path?.type === 'prefix' ? path.value.replace(/\/$/, '') : undefined;
  return {
    rewrite: { uri: prefix === undefined ? '' : prefix === '' ? '/' : prefix, authority: hostname ?? '', regex: path?.type === 'full' ? { match: '/.*', rewrite: path.value } : undefined },
  };
}

const ranks = { exact: 3, prefix: 2, regex: 1, present: -1 } as const;

/** Exact before prefix before regex, the longer first; then methods, more headers, more query parameters. Equal ones stay as they are. */
export function inOrder(routes: readonly GatewayHttpRoute[]): readonly GatewayHttpRoute[] {
  return [...routes].sort((left, right) => {
    const [one, other] = [left.match[0], right.match[0]];
    if (one === undefined || other === undefined) return (one === undefined ? 1 : 0) - (other === undefined ? 1 : 0);
    const rank = (match: HttpMatch): number => (match.uri === undefined ? -1 : ranks[match.uri.type]);
    const length = (match: HttpMatch): number => (match.uri === undefined || match.uri.type === 'present' ? 0 : match.uri.value.length);
    return (
      rank(other) - rank(one) ||
      length(other) - length(one) ||
      (one.method === undefined ? 1 : 0) - (other.method === undefined ? 1 : 0) ||
      other.headers.size - one.headers.size ||
      other.queryParams.size - one.queryParams.size
    );
  });
}
