/**
 * The symbolic side of `decide` at a gateway: for one port of its pods and every backend behind it, which requests of clients come there
 * (M110 to M126, engine section 3.15). A path is one kind of client at one virtual host; its routes in order are "one of these matches and none of
 * the earlier", so that nothing is ever written as a complement.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import type { HeaderChanges } from '#manifests/virtual-service.ts';
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
import type { TokenRule } from '#semantics/request-authentication.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { protocolPredicate } from './connection-domains.ts';
import { clientKinds, serverNames } from './gateway-connections.ts';
import type { Certificate, ClientKind } from './gateway-connections.ts';
import { gatewayLayers } from './gateway-layers.ts';
import type { GatewayLayers } from './gateway-layers.ts';
import { readsClaims } from './gateway-routing.ts';
import { extensionsAt, gatewaySeat } from './gateway-seat.ts';
import { unchangedHeaders, upstreamOf } from './gateway-upstream.ts';
import type { BehindPart, Leaving, Upstream } from './gateway-upstream.ts';
import { extensionMarks, finish } from './paths.ts';
import type { DestinationPosture, Parts } from './paths.ts';
import { knownMethods } from './request.ts';
import { claimTies, tokenTies } from './token-ties.ts';

/** Where requests of a route come to, and as what they are seen there. */
export interface GatewayEnd {
  /** `namespace/service:port`, or `host:port` of a ServiceEntry. */
  readonly backend: string;
  /** What the routes make of path and authority. */
  readonly forwarding: Forwarding;
}

/** At the gateway and behind it. */
export interface GatewayPosture extends DestinationPosture {
  /** At the gateway alone, whatever the pods behind it take. */
  readonly front: DestinationPosture;
}

export interface GatewayPort {
  /** What acts on the port and is not modelled: nothing is known of its requests then. */
  readonly untold: Untold | undefined;
  readonly ends: ReadonlyMap<string, { readonly end: GatewayEnd; readonly posture: GatewayPosture }>;
  /** Conditions of routes behind the opaque booleans of the cubes. */
  readonly parts: ReadonlyMap<Dimension, RoutePart>;
  /** Conditions of policies behind them. */
  readonly conditions: DestinationPosture['conditions'];
  /** What is asked of requests as they arrive at the pods of the backends. */
  readonly behind: ReadonlyMap<Dimension, BehindPart>;
  /** By which the gateway and the pods of the backends read tokens: bytes that one side alone reads are a token for both. */
  readonly rules: readonly TokenRule[];
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
  /** Of which backends it is asked what the pods there take; absent: of all. */
  readonly behind?: (backend: string) => boolean;
}

/** @param number port of the Service before the pods */
export function gatewayPort(mesh: Mesh, pods: GatewayPods, number: number, { presence, byName, behind = () => true }: PortView): GatewayPort {
  const port = podPort(pods, number);
  const served = servedBy(mesh, pods, {});
  const chains = chainsAt(mesh, served, port);
  const found = new Collected(mesh, pods, port, { presence, behind }, byName ? [] : serverNames(chains));
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
  readonly front: { readonly possible: Path[]; readonly sure: Path[] };
  readonly whole: { readonly possible: Path[]; readonly sure: Path[] };
  readonly assumptions: Set<string>;
  readonly lowered: Set<GatewayLayers>;
  readonly upstreams: Set<Upstream>;
}

/** What has been found so far of one port. */
class Collected {
  readonly #mesh: Mesh;
  readonly #pods: GatewayPods;
  readonly #podPort: number;
  readonly #presence: Presence;
  readonly #asksBehind: (backend: string) => boolean;
  readonly #seat: ReturnType<typeof gatewaySeat>;
  readonly #rules: ReturnType<typeof tokenRules>;
  readonly #layers = new Map<string, GatewayLayers>();
  readonly #drafts = new Map<string, Draft>();
  readonly #parts = new Map<Dimension, RoutePart>();
  readonly #certificates = new Map<string, Certificate>();
  #asksIdentity = false;
  #answersPreflights = false;

  readonly #serverNames: readonly string[];

  constructor(mesh: Mesh, pods: GatewayPods, podPort: number, { presence, behind }: Required<Pick<PortView, 'presence' | 'behind'>>, names: readonly string[]) {
    this.#serverNames = names;
    this.#mesh = mesh;
    this.#pods = pods;
    this.#podPort = podPort;
    this.#presence = presence;
    this.#asksBehind = behind;
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
        const policies = this.#policies('tcp', client, chain.unguarded);
        const routing: Layer = { id: 'routing', allow: client.connections.map((predicates) => ({ predicates, origins: [{ policy: chain.by }] })), deny: [] };
        const leaving: Leaving = { chain: 'bytes', endsTls: chain.tls !== undefined && chain.tls.mode !== 'PASSTHROUGH' && chain.tls.mode !== 'AUTO_PASSTHROUGH', forwarding: asSent, headers: unchangedHeaders, scheme: undefined, rules: [] };
        this.#add({ backend: end.to, forwarding: asSent }, end, `bytes ${chain.names.join(' ')} ${String(index)}`, [routing, ...(policies?.layers ?? [])], { policies, client, leaving });
      }
    }
  }

  host(chain: FilterChain, clients: readonly ClientKind[], host: VirtualHost, all: readonly VirtualHost[]): void {
    const name = named(host, all);
    if (name === undefined) return;
    // `httpsRedirect`: whoever speaks plaintext is sent elsewhere.
    if (host.redirectsToTls && chain.tls === undefined) return;
    const lowered = host.routes.map((route) => this.#lowered(route, chain));
    for (const { end, from, to, target, headers } of this.#runs(host.routes)) {
      const leaving: Leaving = { chain: 'http', endsTls: chain.tls !== undefined, forwarding: target.forwarding, headers, scheme: this.#schemeOf(chain), rules: this.#rules };
      const earlier = lowered.slice(0, from).flat();
      const own = lowered.slice(from, to).flat();
      for (const [index, client] of clients.entries()) {
        const allow = own.flatMap(({ predicates, origins }) => client.connections.map((connection): Cube => ({ predicates: [...connection, ...name, ...predicates], origins })));
        const id = `${chain.tls === undefined ? 'http' : 'https'} ${chain.names.join(' ')} ${host.host} ${String(index)} ${String(this.#count(target, host.host, index))}`;
        const policies = this.#policies('http', client, false);
        this.#add(target, end, id, [{ id: 'routing', allow, deny: earlier }, ...(policies?.layers ?? [])], { policies, client, leaving });
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

  /** Routes in a row that lead to the same end and change the same headers are one: their order does not matter. */
  #runs(routes: readonly Guarded[]): readonly { readonly end: RouteEnd; readonly target: GatewayEnd; readonly headers: HeaderChanges; readonly from: number; readonly to: number }[] {
    const runs: { readonly end: RouteEnd; readonly target: GatewayEnd; readonly headers: HeaderChanges; readonly from: number; to: number }[] = [];
    let open = new Map<string, (typeof runs)[number]>();
    for (const [index, route] of routes.entries()) {
      const next = new Map<string, (typeof runs)[number]>();
      if (route.route.corsOrigins.length > 0) this.#answersPreflights = true;
      for (const end of answersItself(route) ? [] : this.#ends(route.route.route, route.number)) {
        const target: GatewayEnd = { backend: end.to, forwarding: forwardingOf(route) };
        const headers = route.route.requestHeaders;
        const key = `${endKey(target)}\n${canonical(headers)}`;
        const known = open.get(key);
        const run = known ?? { end, target, headers, from: index, to: index };
        run.to = index + 1;
        if (known === undefined) runs.push(run);
        next.set(key, run);
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
      scheme: this.#schemeOf(chain),
      headers: { readable: readable(this.#rules), rewrittenHeaders: rewrittenHeaders(this.#rules) },
      part: (key, part) => this.#parts.set(key, part),
    };
    return lowerMatch(match, api, context).map((predicates) => ({ predicates, origins: [{ policy: route.by }] }));
  }

  #schemeOf({ tls }: FilterChain): string | undefined {
    return this.believesProxies ? undefined : tls === undefined ? 'http' : 'https';
  }

  #policies(chain: 'http' | 'tcp', { peer }: ClientKind, unguarded: boolean): GatewayLayers | undefined {
    if (unguarded) return undefined;
    const key = `${chain} ${peer === undefined ? 'own' : JSON.stringify(peer)}`;
    const known = this.#layers.get(key) ?? gatewayLayers(this.#mesh, this.#seat, chain, this.#podPort, peer);
    this.#layers.set(key, known);
    return known;
  }

  #add(target: GatewayEnd, end: RouteEnd, id: string, layers: readonly Layer[], { policies, client, leaving }: Taken): void {
    const draft = this.#drafts.get(endKey(target)) ?? { end: target, front: { possible: [], sure: [] }, whole: { possible: [], sure: [] }, assumptions: new Set<string>(), lowered: new Set<GatewayLayers>(), upstreams: new Set<Upstream>() };
    this.#drafts.set(endKey(target), draft);
    const asking = policies?.asking ?? [];
    const possible: Path = { id, layers };
    const sure: Path = { id, layers: asking.length === 0 ? layers : [{ id: 'external-authorization', allow: 'all', deny: asking }, ...layers] };
    draft.front.possible.push(possible);
    draft.front.sure.push(sure);
    const upstream = this.#upstream(target, leaving);
    draft.whole.possible.push(...(upstream === undefined ? [possible] : through(possible, upstream.possible)));
    draft.whole.sure.push(...(upstream === undefined ? [sure] : through(sure, upstream.sure)));
    if (upstream !== undefined) draft.upstreams.add(upstream);
    if (end.undeclared !== undefined) draft.assumptions.add(`service:${end.undeclared}`);
    if (this.#pods.isPhantom) draft.assumptions.add(`gateway:${this.#pods.id}`);
    if (policies !== undefined) draft.lowered.add(policies);
    if (client.peer === undefined) this.#asksIdentity = true;
    if (client.certificate !== undefined) this.#certificates.set(client.certificate.dimension, client.certificate);
  }

  readonly #upstreams = new Map<string, Upstream | undefined>();

  #upstream({ backend, forwarding }: GatewayEnd, leaving: Leaving): Upstream | undefined {
    if (!this.#asksBehind(backend)) return undefined;
    const key = canonical([backend, forwarding.name, leaving.chain, leaving.endsTls, leaving.headers, leaving.scheme ?? null]);
    if (this.#upstreams.has(key)) return this.#upstreams.get(key);
    const found = upstreamOf(this.#mesh, this.#pods, backend, leaving);
    this.#upstreams.set(key, found);
    for (const [dimension, part] of found?.parts ?? []) this.#parts.set(dimension, part);
    return found;
  }

  port(untold: Untold | undefined): GatewayPort {
    const ends = untold === undefined ? [...this.#drafts.values()].map((draft) => [endKey(draft.end), { end: draft.end, posture: this.#posture(draft) }] as const) : [];
    const upstreams = [...this.#upstreams.values()].filter((upstream) => upstream !== undefined);
    return {
      untold,
      ends: new Map(ends),
      parts: this.#parts,
      conditions: new Map(ends.flatMap(([, { posture }]) => [...posture.conditions])),
      behind: new Map(upstreams.flatMap(({ behind }) => [...behind])),
      rules: [...this.#rules, ...upstreams.flatMap(({ rules }) => rules)],
      certificates: [...this.#certificates.values()],
      serverNames: this.#serverNames,
      asksIdentity: this.#asksIdentity,
    };
  }

  #posture({ front, whole, assumptions, lowered, upstreams }: Draft): GatewayPosture {
    const all = [...lowered].map((each) => each.lowered);
    const layers = [...lowered].flatMap((each) => each.layers);
    const shared: Omit<Parts, 'possible'> = {
      enforcedAt: 'gateway',
      assumptions: distinct([...assumptions, ...all.flatMap(({ assumedProviders }) => assumedProviders)]),
      opaque: [...new Map([...extensionMarks(extensionsAt(this.#mesh, this.#pods)), ...all.flatMap(({ opaque }) => opaque)].map((mark) => [`${mark.resource} ${mark.key}`, mark])).values()],
      asked: all.flatMap(({ asked }) => asked),
      readsTokens: this.#rules.length > 0,
      conditions: new Map(all.flatMap(({ conditions }) => [...conditions])),
      ties: [...httpsTies, ...(this.#answersPreflights ? [preflight] : []), ...(this.#rules.length === 0 ? [] : [...tokenTies(this.#rules), ...claimTies(layers)])],
    };
    const asks = all.some(({ asking }) => asking.length > 0);
    const alone = finish({ ...shared, possible: front.possible, ...(asks ? { sure: front.sure } : {}) });
    const behind = [...upstreams];
    if (behind.length === 0) return frontOnly(alone);
    const both = finish({
      ...shared,
      assumptions: [...shared.assumptions, ...behind.flatMap((each) => each.assumptions)],
      ties: [...(shared.ties ?? []), ...behind.flatMap((each) => each.ties)],
      possible: whole.possible,
      ...(asks || behind.some(({ possible, sure }) => possible !== sure) ? { sure: whole.sure } : {}),
    });
    return withFront(both, alone);
  }
}

/** Under a key of both. */
export function withFront(whole: DestinationPosture, front: DestinationPosture): GatewayPosture {
  return { ...whole, key: shortHash(whole.key, front.key), front };
}

interface Taken {
  readonly policies: GatewayLayers | undefined;
  readonly client: ClientKind;
  readonly leaving: Leaving;
}

/** Each way behind the gateway is a way of its own; the first has the name of the way to it. */
function through({ id, layers }: Path, behind: readonly Path[]): readonly Path[] {
  return behind.map((path, index) => ({ id: index === 0 ? id : `${id} behind ${String(index)}`, layers: [...layers, ...path.layers] }));
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

/** A port that nobody serves. */
export const nobody: GatewayPort = { untold: undefined, ends: new Map(), parts: new Map(), conditions: new Map(), behind: new Map(), rules: [], certificates: [], serverNames: [], asksIdentity: false };

/** A gateway or backend that one side does not have: nobody comes there. */
export const unreached: GatewayPosture = frontOnly(finish({ possible: [], enforcedAt: 'gateway', assumptions: [] }));

function frontOnly(posture: DestinationPosture): GatewayPosture {
  return { ...posture, front: posture };
}

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
