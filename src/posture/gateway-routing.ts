/** The route that takes a request which the gateway's policies let pass, and what it makes of it (M116 to M118, M124). */
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { reachedBy, routeEnds } from '#semantics/gateways/backends.ts';
import { hostFor, routeFor, virtualHosts } from '#semantics/gateways/http-routes.ts';
import type { Guarded, RoutedRequest, VirtualHost } from '#semantics/gateways/http-routes.ts';
import { forwardedAs, redirectLocation } from '#semantics/gateways/route-action.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import { checkToken, isPreflight } from '#semantics/token-check.ts';
import { pathWithQuery } from './envoy.ts';
import type { GatewayVisit } from './gateway.ts';
import type { SentOn } from './gateway-backend.ts';
import { requestSentOn, type Routed } from './gateway-onward.ts';
import { gatewaySeat } from './gateway-seat.ts';
import { unknown } from './pod.ts';
import type { Answer, Decision, Forwarded, Query, Redirect } from './query.ts';
import type { AskedRequest } from './request.ts';

type Passed = Exclude<Decision, { readonly verdict: 'unknown' }>;

/** @param passed what the policies said */
export function routeRequest(visit: GatewayVisit, asked: AskedRequest, passed: Passed): Answer {
  const { served, chain, query } = visit;
  const refused = (rule: string, text: string, by?: string): Decision => ({ verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'gateway', because: [...passed.because, { rule, text, ...(by === undefined ? {} : { by }) }] });
  const request = routedRequest(visit, asked);
  if (request === undefined) return unknown('A5.4', 'what the token check leaves of the headers', passed.because);
  const host = hostFor(virtualHosts(served, chain.http ?? []), asked.host);
  if (host === undefined) return refused('M116', `no route is for the host \`${asked.host}\``);
  if (host.redirectsToTls && request.scheme === 'http') return redirected(passed, `https://${asked.host}${request.path}${request.query}`, '`httpsRedirect` of the server');
  if (readsClaims(host)) return unknown('A5.13', 'which route a claim of the token chooses', passed.because);
  const guarded = routeFor(host, request);
  if (guarded === undefined) return refused('M116', `the host \`${host.host}\` has no route for the request`);
  const { route } = guarded;
  if (route.hasFault && route.abortPercentage >= 100) return refused('M116', 'the route answers every request with an error', route.by);
  if (route.hasFault && route.abortPercentage > 0 && query.to.backend === undefined) return unknown('M116', 'which requests an injected fault answers', passed.because);
  if (route.corsOrigins.length > 0 && isPreflight(asked.raw)) return unknown('M116', 'what the CORS policy of the route answers', passed.because);
  if (route.redirect !== undefined) return redirected(passed, redirectLocation(guarded, route.redirect, request, visit.tls !== undefined), `a redirect of \`${route.by}\``);
  if (route.directResponse !== undefined) return refused('M116', 'the route answers by itself', route.by);
  return query.to.backend === undefined ? sendOn(visit, guarded, request, query, passed) : sendTo(visit, guarded, { asked, request }, passed, query.to.backend);
}

function redirected(passed: Passed, location: string, by: string): Redirect {
  return { verdict: 'redirect', layer: 'routing', location, by: [], enforcedAt: 'gateway', because: [...passed.because, { rule: 'M116', text: `${by} leads to \`${location}\`` }] };
}

function sendOn({ mesh, pods, tls }: GatewayVisit, guarded: Guarded, request: RoutedRequest, query: Query, passed: Passed): Decision {
  const { route } = guarded;
  const reached = reachedBy(mesh, pods, route.route, guarded.number);
  if (reached.type === 'unknown') return unknown(reached.rule, reached.missing, passed.because);
  const rule = guarded.api === 'kubernetes' ? 'M124' : 'M117';
  if (reached.type === 'none') return { verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'gateway', because: [...passed.because, { rule, text: reached.because, by: route.by }] };
  const because = [...passed.because, { rule, text: `a route sends the request to ${textOf(reached.backend)}`, by: route.by }];
  if (passed.verdict === 'asks') return { ...passed, because };
  const forwarded = differing(forwardedAs(guarded, request), query);
  return { verdict: 'allow', layer: 'routing', by: passed.by, enforcedAt: 'gateway', backend: reached.backend, ...(tls === undefined ? {} : { tls }), ...(forwarded === undefined ? {} : { forwarded }), because };
}

/** May the request come to this backend, and is it seen there as the question says. */
function sendTo(visit: GatewayVisit, guarded: Guarded, { asked, request }: Routed, passed: Passed, backend: string): Decision {
  const { mesh, pods, query } = visit;
  const { route } = guarded;
  const end = routeEnd(mesh, pods, route.route, guarded.number, backend, query.given ?? {});
  const rule = guarded.api === 'kubernetes' ? 'M124' : 'M117';
  const refused = (text: string): Decision => ({ verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'gateway', because: [...passed.because, { rule, text, by: route.by }] });
  if (end === 'unknown') return unknown('M117', `whether there is a Service behind \`${backend}\``, passed.because);
  if (end === 'elsewhere') return refused(`the route does not lead to \`${backend}\``);
  const seen = forwardedAs(guarded, request);
  const { as } = query.to;
  if (as !== undefined && (as.path !== seen.path || as.host !== seen.host)) return refused(`\`${backend}\` sees the path \`${seen.path}\` of \`${seen.host}\``);
  const forwarded = differing(seen, query);
  const sent: SentOn = { request: requestSentOn(query, guarded, { asked, request }, seen), ...(query.given === undefined ? {} : { given: query.given }) };
  return visit.onward(pods, backend, sent, { ...passed, ...(forwarded === undefined || passed.verdict === 'deny' ? {} : { forwarded }), because: [...passed.because, { rule, text: `a route may send the request to \`${backend}\``, by: route.by }] });
}

/** R26: a Service that the repository does not hold is there where the question says so (`service:<host>`). */
export function routeEnd(mesh: Mesh, pods: GatewayPods, route: Parameters<typeof routeEnds>[2], port: number, backend: string, given: Readonly<Record<string, boolean>>): 'reached' | 'elsewhere' | 'unknown' {
  const end = routeEnds(mesh, pods, route, port).find(({ to }) => to === backend);
  if (end === undefined) return 'elsewhere';
  const told = end.undeclared === undefined ? true : given[`service:${end.undeclared}`];
  return told === undefined ? 'unknown' : told ? 'reached' : 'elsewhere';
}

function textOf(backend: string | readonly { readonly to: string; readonly weight: number }[]): string {
  return typeof backend === 'string' ? `\`${backend}\`` : backend.map(({ to, weight }) => `\`${to}\` (${String(weight)})`).join(', ');
}

/** What the backend sees, where it is not what was sent. */
function differing(seen: { readonly path: string; readonly host: string }, { request }: Query): Forwarded | undefined {
  const path = seen.path === (request.path ?? '/') ? {} : { path: seen.path };
  const host = seen.host === (request.host ?? request.sni) ? {} : { host: seen.host };
  const both = { ...path, ...host };
  return Object.keys(both).length === 0 ? undefined : both;
}

/** Behind the token check, which takes tokens away and puts claims in; `undefined`: it cannot be told. */
function routedRequest({ mesh, pods, query, tls }: GatewayVisit, asked: AskedRequest): RoutedRequest | undefined {
  const seat = gatewaySeat(mesh, pods);
  const check = checkToken(tokenRules(seat.attached.requestAuthentication, mesh.config), asked.raw, query.given ?? {});
  if (check.result !== 'passed') return undefined;
  const whole = pathWithQuery(check.path, mesh);
  const at = whole.indexOf('?');
  const [path, rest] = at < 0 ? [whole, ''] : [whole.slice(0, at), whole.slice(at)];
  // A proxy that is believed says how the client spoke (A3.25).
  const forwarded = (seat.trustedProxies ?? 0) > 0 ? check.headers.get('x-forwarded-proto') : undefined;
  return { path, query: rest, method: asked.raw.method, authority: asked.host, scheme: forwarded ?? (tls === undefined ? 'http' : 'https'), headers: check.headers };
}

/** Routes may look at claims of the token: `@request.auth.claims[group]`. */
export function readsClaims({ routes }: VirtualHost): boolean {
  return routes.some(({ match }) => match !== undefined && [...match.headers.keys(), ...match.withoutHeaders.keys()].some((name) => name.startsWith('@request.auth.claims')));
}
