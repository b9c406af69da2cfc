/**
 * The symbolic side of `decide` at a gateway: for one port of its pods and every backend behind it, which requests of clients come there
 * (M110 to M126, engine section 3.15). A path is one kind of client at one virtual host; its routes in order are "one of these matches and none of
 * the earlier", so that nothing is ever written as a complement.
 */
import { distinct } from '#lib/order.ts';
import { podPort } from '#mesh/gateway-pods.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { routeEnds } from '#semantics/gateways/backends.ts';
import type { RouteEnd } from '#semantics/gateways/backends.ts';
import { chainsAt, overlapping } from '#semantics/gateways/filter-chains.ts';
import type { FilterChain } from '#semantics/gateways/filter-chains.ts';
import { asSent, forwardingOf } from '#semantics/gateways/forwarding.ts';
import type { Forwarding } from '#semantics/gateways/forwarding.ts';
import { virtualHosts } from '#semantics/gateways/http-routes.ts';
import type { Guarded, VirtualHost } from '#semantics/gateways/http-routes.ts';
import { lowerMatch } from '#semantics/gateways/route-lowering.ts';
import type { RouteContext, RoutePart } from '#semantics/gateways/route-lowering.ts';
import { servedBy } from '#semantics/gateways/served.ts';
import { untoldAt } from '#semantics/gateways/untold.ts';
import type { Untold } from '#semantics/gateways/untold.ts';
import { readable, rewrittenHeaders, tokenRules } from '#semantics/request-authentication.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { protocolPredicate } from './connection-domains.ts';
import { clientKinds, serverNames } from './gateway-connections.ts';
import type { Certificate, ClientKind } from './gateway-connections.ts';
import { gatewayLayers } from './gateway-layers.ts';
import type { GatewayLayers } from './gateway-layers.ts';
import { readsClaims } from './gateway-routing.ts';
import { extensionsAt, gatewaySeat } from './gateway-seat.ts';
import { extensionMarks, finish } from './paths.ts';
import type { DestinationPosture } from './paths.ts';
import { knownMethods } from './request.ts';
import { claimTies, tokenTies } from './token-ties.ts';

/** Where requests of a route come to, and as what they are seen there. */
export interface GatewayEnd {
  /** `namespace/service:port`, or `host:port` of a ServiceEntry. */
  readonly backend: string;
  /** What the routes make of path and authority. */
  readonly forwarding: Forwarding;
}

export interface GatewayPort {
  /** What acts on the port and is not modelled: nothing is known of its requests then. */
  readonly untold: Untold | undefined;
  readonly ends: ReadonlyMap<string, { readonly end: GatewayEnd; readonly posture: DestinationPosture }>;
  /** Conditions of routes behind the opaque booleans of the cubes. */
  readonly parts: ReadonlyMap<Dimension, RoutePart>;
  /** Conditions of policies behind them. */
  readonly conditions: DestinationPosture['conditions'];
  /** Client certificates behind them. */
  readonly certificates: readonly Certificate[];
  /** Names by which TLS leads to some server, where they are no part of a request. */
  readonly serverNames: readonly string[];
  /** Somebody with an identity of the mesh may be let in where nobody else is. */
  readonly asksIdentity: boolean;
}

export function endKey({ backend, forwarding }: GatewayEnd): string {
  return forwarding.name === '' ? backend : `${backend} (${forwarding.name})`;
}

/** Is a Service that no manifest of this side declares there all the same (R26)? */
export type Presence = (host: string) => boolean;

/** How a port is looked at; the same on both sides of a comparison. */
export interface PortView {
  readonly presence: Presence;
  /** The name that TLS asks for is part of a request: some policy looks at it. */
  readonly byName: boolean;
}

/** @param number port of the Service before the pods */
export function gatewayPort(mesh: Mesh, pods: GatewayPods, number: number, { presence, byName }: PortView): GatewayPort {
  const port = podPort(pods, number);
  const served = servedBy(mesh, pods, {});
  const chains = chainsAt(mesh, served, port);
  const found = new Collected(mesh, pods, port, presence, byName ? [] : serverNames(chains));
  const untold = untoldAt(mesh, served, port) ?? untoldChains(chains);
  if (untold !== undefined) return found.port(untold);
  for (const chain of chains) {
    const clients = clientKinds(chain, chains, byName).filter(({ connections }) => connections.length > 0);
    if (clients.length === 0) continue;
    if (chain.http === undefined) {
      found.stream(chain, clients);
      continue;
    }
    const hosts = virtualHosts(served, chain.http);
    for (const host of hosts) {
      if (readsClaims(host)) return found.port({ rule: 'A5.13', missing: 'which route a claim of the token chooses' });
      if (host.redirectsToTls && found.believesProxies) return found.port({ rule: 'A3.25', missing: 'whom `httpsRedirect` sends elsewhere: a proxy before the gateway says how a client spoke' });
      found.host(chain, clients, host, hosts);
    }
  }
  return found.port(undefined);
}

/** M112, M115: what a listener that the proxy may refuse takes, and which meshes come through AUTO_PASSTHROUGH. */
function untoldChains(chains: readonly FilterChain[]): Untold | undefined {
  const twice = overlapping(chains);
  if (twice !== undefined) return { rule: 'M115', missing: `what the port answers: two servers claim \`${twice}\`` };
  return chains.some(({ meshClientsOnly }) => meshClientsOnly) ? { rule: 'M112', missing: 'what comes through a server of mode AUTO_PASSTHROUGH' } : undefined;
}

interface Draft {
  readonly end: GatewayEnd;
  readonly possible: Path[];
  readonly sure: Path[];
  readonly assumptions: Set<string>;
  readonly lowered: Set<GatewayLayers>;
}

/** What has been found so far of one port. */
class Collected {
  readonly #mesh: Mesh;
  readonly #pods: GatewayPods;
  readonly #podPort: number;
  readonly #presence: Presence;
  readonly #seat: ReturnType<typeof gatewaySeat>;
  readonly #rules: ReturnType<typeof tokenRules>;
  readonly #layers = new Map<string, GatewayLayers>();
  readonly #drafts = new Map<string, Draft>();
  readonly #parts = new Map<Dimension, RoutePart>();
  readonly #certificates = new Map<string, Certificate>();
  #asksIdentity = false;
  #answersPreflights = false;

  readonly #serverNames: readonly string[];

  constructor(mesh: Mesh, pods: GatewayPods, podPort: number, presence: Presence, names: readonly string[]) {
    this.#serverNames = names;
    this.#mesh = mesh;
    this.#pods = pods;
    this.#podPort = podPort;
    this.#presence = presence;
    this.#seat = gatewaySeat(mesh, pods);
    this.#rules = tokenRules(this.#seat.attached.requestAuthentication, mesh.config);
  }

  /** A3.25. */
  get believesProxies(): boolean {
    return (this.#seat.trustedProxies ?? 0) > 0;
  }

  stream(chain: FilterChain, clients: readonly ClientKind[]): void {
    for (const end of this.#ends(chain.stream, chain.number)) {
      for (const [index, client] of clients.entries()) {
        const routing: Layer = { id: 'routing', allow: client.connections.map((predicates) => ({ predicates, origins: [{ policy: chain.by }] })), deny: [] };
        this.#add({ backend: end.to, forwarding: asSent }, end, `bytes ${chain.names.join(' ')} ${String(index)}`, routing, this.#policies('tcp', client, chain.unguarded), client);
      }
    }
  }

  host(chain: FilterChain, clients: readonly ClientKind[], host: VirtualHost, all: readonly VirtualHost[]): void {
    const name = named(host, all);
    if (name === undefined) return;
    // `httpsRedirect`: whoever speaks plaintext is sent elsewhere.
    if (host.redirectsToTls && chain.tls === undefined) return;
    const lowered = host.routes.map((route) => this.#lowered(route, chain));
    for (const { end, from, to, target } of this.#runs(host.routes)) {
      const earlier = lowered.slice(0, from).flat();
      const own = lowered.slice(from, to).flat();
      for (const [index, client] of clients.entries()) {
        const allow = own.flatMap(({ predicates, origins }) => client.connections.map((connection): Cube => ({ predicates: [...connection, ...name, ...predicates], origins })));
        const id = `${chain.tls === undefined ? 'http' : 'https'} ${chain.names.join(' ')} ${host.host} ${String(index)} ${String(this.#count(target, host.host, index))}`;
        this.#add(target, end, id, { id: 'routing', allow, deny: earlier }, this.#policies('http', client, false), client);
      }
    }
  }

  readonly #counts = new Map<string, number>();

  #count(target: GatewayEnd, host: string, client: number): number {
    const key = `${endKey(target)}\n${host}\n${String(client)}`;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return count;
  }

  /** Routes in a row that lead to the same end are one: their order does not matter. */
  #runs(routes: readonly Guarded[]): readonly { readonly end: RouteEnd; readonly target: GatewayEnd; readonly from: number; readonly to: number }[] {
    const runs: { readonly end: RouteEnd; readonly target: GatewayEnd; readonly from: number; to: number }[] = [];
    let open = new Map<string, (typeof runs)[number]>();
    for (const [index, route] of routes.entries()) {
      const next = new Map<string, (typeof runs)[number]>();
      if (route.route.corsOrigins.length > 0) this.#answersPreflights = true;
      for (const end of answersItself(route) ? [] : this.#ends(route.route.route, route.number)) {
        const target: GatewayEnd = { backend: end.to, forwarding: forwardingOf(route) };
        const known = open.get(endKey(target));
        const run = known ?? { end, target, from: index, to: index };
        run.to = index + 1;
        if (known === undefined) runs.push(run);
        next.set(endKey(target), run);
      }
      open = next;
    }
    return runs;
  }

  #ends(route: Parameters<typeof routeEnds>[2], number: number): readonly RouteEnd[] {
    return routeEnds(this.#mesh, this.#pods, route, number).filter(({ undeclared }) => undeclared === undefined || this.#presence(undeclared));
  }

  #lowered({ match, api, route }: Guarded, chain: FilterChain): readonly Cube[] {
    const context: RouteContext = {
      normalization: this.#mesh.config.pathNormalization,
      scheme: this.believesProxies ? undefined : chain.tls === undefined ? 'http' : 'https',
      headers: { readable: readable(this.#rules), rewrittenHeaders: rewrittenHeaders(this.#rules) },
      part: (key, part) => this.#parts.set(key, part),
    };
    return lowerMatch(match, api, context).map((predicates) => ({ predicates, origins: [{ policy: route.by }] }));
  }

  #policies(chain: 'http' | 'tcp', { peer }: ClientKind, unguarded: boolean): GatewayLayers | undefined {
    if (unguarded) return undefined;
    const key = `${chain} ${peer === undefined ? 'own' : JSON.stringify(peer)}`;
    const known = this.#layers.get(key) ?? gatewayLayers(this.#mesh, this.#seat, chain, this.#podPort, peer);
    this.#layers.set(key, known);
    return known;
  }

  #add(target: GatewayEnd, end: RouteEnd, id: string, routing: Layer, policies: GatewayLayers | undefined, client: ClientKind): void {
    const draft = this.#drafts.get(endKey(target)) ?? { end: target, possible: [], sure: [], assumptions: new Set<string>(), lowered: new Set<GatewayLayers>() };
    this.#drafts.set(endKey(target), draft);
    const layers = [routing, ...(policies?.layers ?? [])];
    draft.possible.push({ id, layers });
    const asking = policies?.asking ?? [];
    draft.sure.push({ id, layers: asking.length === 0 ? layers : [{ id: 'external-authorization', allow: 'all', deny: asking }, ...layers] });
    if (end.undeclared !== undefined) draft.assumptions.add(`service:${end.undeclared}`);
    if (policies !== undefined) draft.lowered.add(policies);
    if (client.peer === undefined) this.#asksIdentity = true;
    if (client.certificate !== undefined) this.#certificates.set(client.certificate.dimension, client.certificate);
  }

  port(untold: Untold | undefined): GatewayPort {
    const ends = untold === undefined ? [...this.#drafts.values()].map((draft) => [endKey(draft.end), { end: draft.end, posture: this.#posture(draft) }] as const) : [];
    return { untold, ends: new Map(ends), parts: this.#parts, conditions: new Map(ends.flatMap(([, { posture }]) => [...posture.conditions])), certificates: [...this.#certificates.values()], serverNames: this.#serverNames, asksIdentity: this.#asksIdentity };
  }

  #posture({ possible, sure, assumptions, lowered }: Draft): DestinationPosture {
    const all = [...lowered].map((each) => each.lowered);
    const layers = [...lowered].flatMap((each) => each.layers);
    const asks = all.some(({ asking }) => asking.length > 0);
    return finish({
      possible,
      ...(asks ? { sure } : {}),
      enforcedAt: 'gateway',
      assumptions: distinct([...assumptions, ...all.flatMap(({ assumedProviders }) => assumedProviders)]),
      opaque: [...new Map([...extensionMarks(extensionsAt(this.#mesh, this.#pods)), ...all.flatMap(({ opaque }) => opaque)].map((mark) => [`${mark.resource} ${mark.key}`, mark])).values()],
      asked: all.flatMap(({ asked }) => asked),
      readsTokens: this.#rules.length > 0,
      conditions: new Map(all.flatMap(({ conditions }) => [...conditions])),
      ties: [...httpsTies, ...(this.#answersPreflights ? [preflight] : []), ...(this.#rules.length === 0 ? [] : [...tokenTies(this.#rules), ...claimTies(layers)])],
    });
  }
}

/** A route that sends nothing on: a redirect, a response of its own, a fault that hits every request. */
function answersItself({ route }: Guarded): boolean {
  return route.redirect !== undefined || route.directResponse !== undefined || (route.hasFault && route.abortPercentage >= 100);
}

/** The authorities of a host: none that a more specific host takes. `undefined`: every one is taken. */
function named({ host }: VirtualHost, all: readonly VirtualHost[]): readonly Predicate[] | undefined {
  if (!host.startsWith('*')) return [{ dimension: 'host', any: [authority({ type: 'exact', text: host })], none: [] }];
  const ending = host.slice(1);
  const narrower = all.filter((other) => other.host !== host && other.host.length > (other.host.startsWith('*') ? host.length : ending.length) && other.host.endsWith(ending));
  const none = narrower.map((other) => authority(other.host.startsWith('*') ? { type: 'suffix', text: other.host.slice(1) } : { type: 'exact', text: other.host }));
  if (ending === '' && none.length === 0) return [];
  return [{ dimension: 'host', any: ending === '' ? [] : [authority({ type: 'suffix', text: ending })], none }];
}

function authority(pattern: TextMatcher): Matcher {
  return { type: 'authority', pattern };
}

/** A3.35, of what is sent inside TLS that the gateway ends. */
const httpsTies: readonly Cube[] = [{ predicates: [protocolPredicate(['https']), { dimension: 'method', any: [], none: knownMethods.map((text) => ({ type: 'exact', text })) }], origins: [] }];

/** M116: what a CORS policy of a route answers is not told. */
const preflight: Cube = {
  predicates: [
    { dimension: 'method', any: [{ type: 'exact', text: 'OPTIONS' }], none: [] },
    { dimension: 'header:origin', any: [{ type: 'non-empty' }], none: [] },
    { dimension: 'header:access-control-request-method', any: [{ type: 'non-empty' }], none: [] },
  ],
  origins: [],
};

/** A gateway or backend that one side does not have: nobody comes there. */
export const unreached: DestinationPosture = finish({ possible: [], enforcedAt: 'gateway', assumptions: [] });

/** Some policy of the gateway looks at the name that TLS asks for (A3.J). */
export function looksAtServerNames(mesh: Mesh, pods: GatewayPods): boolean {
  return gatewaySeat(mesh, pods).attached.authorization.some(({ spec }) => spec.rules.some(({ when }) => when.some(({ key }) => key === 'connection.sni')));
}

/** The policies at a port alone, whatever it takes. */
export function guardedPort(mesh: Mesh, pods: GatewayPods, number: number): DestinationPosture {
  const seat = gatewaySeat(mesh, pods);
  const possible = (['http', 'tcp'] as const).map((chain): Path => ({ id: chain, layers: gatewayLayers(mesh, seat, chain, podPort(pods, number), undefined).layers }));
  return finish({ possible, enforcedAt: 'gateway', assumptions: [], opaque: extensionMarks(extensionsAt(mesh, pods)) });
}
