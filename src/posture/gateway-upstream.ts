/**
 * The symbolic side of `behindGateway`: what the pods behind a backend take of the requests that a gateway sends on to them, in the words of the
 * client before the gateway (engine section 3.15). What the gateway makes the same of every request (who calls, at which port, with which TLS) is
 * settled; path and authority are pulled back through the route. A condition that cannot be pulled back is one boolean, by its content.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import type { HeaderChanges } from '#manifests/virtual-service.ts';
import { modeOf } from '#mesh/enrolment.ts';
import { policiesFor } from '#mesh/attachment.ts';
import { gatewayPods, type GatewayPods } from '#mesh/gateway-pods.ts';
import { hostOf } from '#mesh/hosts.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { policiesAtWaypoint } from '#mesh/waypoint-policies.ts';
import { pathsNormalizedAgain, pathsSeenAs } from '#semantics/gateways/forwarded-paths.ts';
import { seenPath, type Forwarding } from '#semantics/gateways/forwarding.ts';
import type { RoutePart } from '#semantics/gateways/route-lowering.ts';
import { readable, rewrittenHeaders, tokenRules, type TokenRule } from '#semantics/request-authentication.ts';
import { tokenMatchers } from '#semantics/rewritten-headers.ts';
import type { AnsweringLayer, Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import { valueAt } from '#sets/evaluate.ts';
import { parseIp } from '#sets/ip.ts';
import { cubeKey, predicateKey } from '#sets/keys.ts';
import type { Matcher, TextMatcher, Value } from '#sets/matcher.ts';
import { holds } from '#sets/matches.ts';
import { settled, settledCubes } from '#sets/settle.ts';
import { workloadNamed } from './addressed.ts';
import { protocolPredicate } from './connection-domains.ts';
import { pathWithQuery } from './envoy.ts';
import { sentOnward } from './gateway.ts';
import { sentToPods } from './gateway-backend.ts';
import { backendCall, type BackendCall, type CalledPods } from './gateway-call.ts';
import { someDestinationPod, someSourcePod } from './network.ts';
import { hasNetwork, hasNetworkPolicies, throughNetworkPaths } from './network-paths.ts';
import { pathsTo, type DestinationPosture } from './paths.ts';
import { pointOf } from './point.ts';
import type { Query } from './query.ts';
import { defaultClientAddress, unnamedPodAddress } from './request.ts';

/** How the requests of a path leave the gateway. */
export interface Leaving {
  readonly chain: 'http' | 'bytes';
  /** The client's TLS ends at the gateway. */
  readonly endsTls: boolean;
  readonly forwarding: Forwarding;
  readonly headers: HeaderChanges;
  /** As the gateway tells it; `undefined`: a proxy before it may say another (A3.25). */
  readonly scheme: string | undefined;
  /** Of the gateway. */
  readonly rules: readonly TokenRule[];
}

export const unchangedHeaders: HeaderChanges = { set: {}, add: {}, remove: [] };

/** What is asked of the request as it arrives behind the gateway, and has no words before it. */
export interface BehindPart {
  readonly holds: (mesh: Mesh, query: Query) => boolean;
}

export interface Upstream {
  readonly possible: readonly Path[];
  /** The same list where no provider is asked behind the gateway. */
  readonly sure: readonly Path[];
  readonly assumptions: readonly string[];
  readonly ties: readonly Cube[];
  /** Of the sidecars and waypoints behind. */
  readonly rules: readonly TokenRule[];
  readonly parts: ReadonlyMap<Dimension, RoutePart>;
  readonly behind: ReadonlyMap<Dimension, BehindPart>;
}

/** `undefined`: everything passes there, or nothing is known of it. */
export function upstreamOf(mesh: Mesh, pods: GatewayPods, backend: string, leaving: Leaving): Upstream | undefined {
  const call = backendCall(mesh, pods, backend);
  if (call === undefined) return undefined;
  const found = call.pods.map((each) => new PulledBack(mesh, call, each, backend, leaving));
  const [possible, sure] = [distinctPaths(found.flatMap((each) => each.paths((posture) => posture.possible))), distinctPaths(found.flatMap((each) => each.paths((posture) => posture.sure)))];
  if (sure.some(isOpen)) return undefined;
  const asks = canonical(possible.map(pathKey)) !== canonical(sure.map(pathKey));
  return {
    possible,
    sure: asks ? sure : possible,
    assumptions: distinct(found.flatMap((each) => each.posture.assumptions)),
    ties: found.flatMap((each) => each.ties()),
    rules: found.flatMap((each) => each.rules()),
    parts: new Map(found.flatMap((each) => [...each.parts])),
    behind: new Map(found.flatMap((each) => [...each.behind])),
  };
}

function isOpen({ layers }: Path): boolean {
  return layers.length === 0;
}

function pathKey({ layers }: Path): readonly unknown[] {
  return layers.map(({ id, allow, deny }) => [id, allow === 'all' ? allow : allow.map(cubeKey), deny.map(cubeKey)]);
}

/** One way that asks for nothing is all there is to say. */
function distinctPaths(paths: readonly Path[]): readonly Path[] {
  const open = paths.find(isOpen);
  return open === undefined ? [...new Map(paths.map((path) => [canonical(pathKey(path)), path])).values()] : [open];
}

type Conjunction = readonly Predicate[];

/** The layers of one kind of pods. */
class PulledBack {
  readonly posture: DestinationPosture;
  readonly parts = new Map<Dimension, RoutePart>();
  readonly behind = new Map<Dimension, BehindPart>();
  readonly #mesh: Mesh;
  readonly #call: BackendCall;
  readonly #pods: CalledPods;
  readonly #backend: string;
  readonly #leaving: Leaving;
  readonly #rewritten: ReturnType<typeof rewrittenHeaders>;
  /** Tokens that the gateway takes away; one in a cookie stays. */
  readonly #taken: readonly Matcher[];
  /** The pods see an identity whatever TLS the gateway starts (M51). */
  readonly #identified: boolean;

  constructor(mesh: Mesh, call: BackendCall, pods: CalledPods, backend: string, leaving: Leaving) {
    this.#mesh = mesh;
    this.#call = call;
    this.#pods = pods;
    this.#backend = backend;
    this.#leaving = leaving;
    this.#rewritten = rewrittenHeaders(leaving.rules);
    this.#taken = tokenMatchers(readable(leaving.rules.filter(({ spec }) => !spec.forwardOriginalToken)).map((each) => ({ ...each, locations: each.locations.filter((location) => !location.startsWith('cookie:')) })));
    this.posture = postureOf(mesh, pods.workload, call.networked);
    this.#identified = pods.sends === 'mtls' || call.waypoint !== undefined || modeOf(pods.workload) === 'ambient';
  }

  paths(of: (posture: DestinationPosture) => readonly Path[]): readonly Path[] {
    if (this.#pods.sends === undefined && this.#call.waypoint === undefined) return [{ id: 'tls', layers: [{ id: 'upstream:routing', allow: [{ predicates: this.#untold('which TLS the gateway uses', () => false), origins: [] }], deny: [] }] }];
    return of(this.posture).flatMap((path): Path[] => {
      const layers = path.layers.map((layer) => this.#layer(layer));
      return layers.some(isClosed) ? [] : [{ id: path.id, layers: layers.filter(({ allow, deny }) => allow !== 'all' || deny.length > 0) }];
    });
  }

  /** Requests that cannot arrive there are none before the gateway, either. */
  ties(): readonly Cube[] {
    return settledCubes(this.posture.ties, this.#told(false)).flatMap((cube) => (cube.predicates.length === 0 || cube.predicates.some(({ dimension }) => !this.#isKept(dimension)) ? [] : [cube]));
  }

  rules(): readonly TokenRule[] {
    const { workload } = this.#pods;
    const own = modeOf(workload) === 'sidecar' ? policiesFor(this.#mesh, workload).requestAuthentication : [];
    const { waypoint, service } = this.#call;
    return tokenRules([...own, ...(waypoint === undefined ? [] : policiesAtWaypoint(this.#mesh, waypoint, service).requestAuthentication)], this.#mesh.config);
  }

  #layer(layer: Layer): Layer {
    const there = settled(layer, this.#told(layer.id === 'network-policy'));
    const allow = there.allow === 'all' ? 'all' : there.allow.flatMap((cube) => this.#cube(cube));
    // INVARIANT: layers of a posture bear no prefix.
    return { id: `upstream:${layer.id as AnsweringLayer}`, allow: allow === 'all' || allow.some(({ predicates }) => predicates.length === 0) ? 'all' : allow, deny: there.deny.flatMap((cube) => this.#cube(cube)) };
  }

  /** What is the same for every request: see `sentToPods` and `networkAnswer`. */
  #told(inNetwork: boolean): (dimension: Dimension) => Value | undefined {
    const { from, sni, service, port, waypoint } = this.#call;
    const { identity, sends } = this.#pods;
    const { chain, endsTls } = this.#leaving;
    const values = new Map<Dimension, Value>([
      ['peer', { principal: this.#identified ? identity : null, namespace: from.namespace, namespaceLabels: {} }],
      ['source.ip', parseIp(inNetwork ? someSourcePod : defaultClientAddress) ?? null],
      ['destination.ip', parseIp(inNetwork ? someDestinationPod : unnamedPodAddress) ?? null],
      ['port', this.#pods.port],
      ['transport', 'TCP'],
      ['address', waypoint === undefined ? null : `${hostOf(service)}:${String(port)}`],
    ]);
    if (this.#identified) values.set('sni', waypoint === undefined ? (sni ?? null) : null);
    else if (sends === 'plaintext' && (chain === 'http' || endsTls)) values.set('sni', null);
    if (chain === 'http') {
      values.set('protocol', !this.#identified && sends === 'tls' ? 'https' : 'http');
      if (this.#leaving.forwarding.host !== undefined) values.set('host', this.#leaving.forwarding.host);
      for (const [dimension, value] of this.#headers()) values.set(dimension, value);
    }
    return (dimension) => (dimension.startsWith('pod-label:') ? (from.labels[dimension.slice('pod-label:'.length)] ?? null) : values.get(dimension));
  }

  /** Those that the gateway writes or takes away, whatever was sent. */
  #headers(): readonly (readonly [Dimension, Value])[] {
    const { headers: { set, add, remove }, scheme } = this.#leaving;
    const added = new Set(Object.keys(add).map((name) => name.toLowerCase()));
    const written = Object.entries(set).map(([name, value]) => [name.toLowerCase(), value] as const);
    const named = new Map<string, string | null>([...(scheme === undefined ? [] : [['x-forwarded-proto', scheme] as const]), ...remove.map((name) => [name.toLowerCase(), null] as const), ...written]);
    return [...named].filter(([name]) => !added.has(name)).map(([name, value]) => [`header:${name}`, value] as const);
  }

  #cube({ predicates, origins }: Cube): readonly Cube[] {
    return this.#withTokens(predicates).flatMap((each) => {
      let found: readonly Conjunction[] = [[]];
      for (const predicate of each) {
        const alternatives = this.#pulled(predicate);
        found = found.flatMap((left) => alternatives.map((right) => [...left, ...right]));
      }
      return found.map((conjunction) => ({ predicates: conjunction, origins }));
    });
  }

  /** A5.12: a token that the gateway accepts it takes away, unless it forwards it: behind it none was sent. */
  #withTokens(predicates: Conjunction): readonly Conjunction[] {
    if (this.#taken.length === 0 || !predicates.some(({ dimension }) => isOfTokens(dimension))) return [predicates];
    const kept: Conjunction = [{ dimension: 'token', any: [], none: this.#taken }, ...predicates];
    if (predicates.some((predicate) => isOfTokens(predicate.dimension) && !holds(predicate, null))) return [kept];
    return [kept, [{ dimension: 'token', any: this.#taken, none: [] }, ...predicates.filter(({ dimension }) => !isOfTokens(dimension))]];
  }

  #pulled(predicate: Predicate): readonly Conjunction[] {
    const { dimension, any, none } = predicate;
    if (this.#isKept(dimension)) return [[predicate]];
    if (this.#leaving.chain === 'bytes') return dimension === 'protocol' ? this.#protocols(predicate) : [this.#asked(predicate)];
    // A3.25: a gateway tells the address of the connection behind what the client says.
    if (dimension === 'remote.ip') return [[{ dimension: 'source.ip', any, none }]];
    if (dimension === 'path') return this.#seenPaths(predicate);
    if (dimension === 'path.query' && !this.#rewritten.has(':path')) return [this.#onPath(predicate, ({ path, query }, to) => pathWithQuery(`${to(path)}${query}`, this.#mesh))];
    return [this.#asked(predicate)];
  }

  /** The pods see of it what the client sends. */
  #isKept(dimension: Dimension): boolean {
    if (this.#leaving.chain === 'bytes') return dimension !== 'remote.ip' && dimension !== 'protocol' && !dimension.startsWith('opaque:') && (dimension !== 'sni' || this.#pods.sends === 'plaintext');
    if (dimension === 'host' || dimension === 'method') return true;
    if (dimension === 'path' || dimension === 'path.query') return this.#leaving.forwarding.path.type === 'same' && (dimension === 'path' || !this.#rewritten.has(':path'));
    if (isOfTokens(dimension)) return true;
    if (!dimension.startsWith('header:')) return false;
    const name = dimension.slice('header:'.length);
    const { headers: { add } } = this.#leaving;
    return !writtenByGateways.has(name) && !this.#rewritten.has(name) && !Object.keys(add).some((other) => other.toLowerCase() === name);
  }

  /** What is spoken before the gateway, by what arrives behind it. */
  #protocols(predicate: Predicate): readonly Conjunction[] {
    const { endsTls } = this.#leaving;
    const inside = (protocol: string): string => (!endsTls ? protocol : protocol === 'https' ? 'http' : protocol === 'tls' ? 'tcp' : protocol);
    const arriving = (protocol: string): string => (this.#identified ? (protocol === 'https' || protocol === 'tls' ? 'tcp' : protocol) : this.#pods.sends === 'tls' ? (protocol === 'http' ? 'https' : 'tls') : protocol);
    const spoken = protocols.filter((protocol) => holds(predicate, arriving(inside(protocol))));
    return spoken.length === 0 ? [] : [spoken.length === protocols.length ? [] : [protocolPredicate(spoken)]];
  }

  #seenPaths(predicate: Predicate): readonly Conjunction[] {
    const { path } = this.#leaving.forwarding;
    const { pathNormalization: normalization } = this.#mesh.config;
    const again = pathsNormalizedAgain(path, normalization).map((pattern) => pathMatcher(pattern, normalization));
    const usual = this.#regular(predicate, again);
    if (again.length === 0) return usual;
    return [...usual, [{ dimension: 'path', any: again, none: [] }, ...this.#onPath(predicate, (request, to) => to(request.path))]];
  }

  /** @param without paths of which the words of the route say nothing */
  #regular({ any, none }: Predicate, without: readonly Matcher[]): readonly Conjunction[] {
    const [wanted, unwanted] = [any, none].map((matchers) => matchers.map((matcher) => ({ matcher, seen: this.#seenAs(matcher) })));
    if (wanted === undefined || unwanted === undefined || unwanted.some(({ seen }) => seen.type === 'all')) return [];
    const refused = unwanted.flatMap(({ seen }) => (seen.type === 'paths' ? this.#matchers(seen.patterns) : []));
    const asked = (matcher: Matcher, yes: boolean): Conjunction => this.#onPath({ dimension: 'path', any: yes ? [matcher] : [], none: yes ? [] : [matcher] }, (request, to) => to(request.path));
    const open = unwanted.flatMap(({ matcher, seen }) => (seen.type === 'asked' ? asked(matcher, false) : []));
    const outside = [...refused, ...without];
    const rest: Conjunction = [...(outside.length === 0 ? [] : [{ dimension: 'path' as const, any: [], none: outside }]), ...open];
    if (any.length === 0 || wanted.some(({ seen }) => seen.type === 'all')) return [rest];
    const taken = wanted.flatMap(({ seen }) => (seen.type === 'paths' ? this.#matchers(seen.patterns) : []));
    return [...(taken.length === 0 ? [] : [[{ dimension: 'path' as const, any: taken, none: outside }, ...open]]), ...wanted.flatMap(({ matcher, seen }) => (seen.type === 'asked' ? [[...asked(matcher, true), ...rest]] : []))];
  }

  #seenAs(matcher: Matcher): ReturnType<typeof pathsSeenAs> {
    return matcher.type === 'path' ? pathsSeenAs(this.#leaving.forwarding.path, matcher.pattern, matcher.normalization) : { type: 'asked' };
  }

  #matchers(patterns: readonly TextMatcher[]): readonly Matcher[] {
    return patterns.map((pattern) => pathMatcher(pattern, this.#mesh.config.pathNormalization));
  }

  /** One boolean of the path that was sent; its name tells the route's way and what is asked. */
  #onPath(predicate: Predicate, value: (request: { readonly path: string; readonly query: string }, to: (path: string) => string) => string): Conjunction {
    const { forwarding: { path: how, name } } = this.#leaving;
    const { pathNormalization } = this.#mesh.config;
    const dimension: Dimension = `opaque:path behind ${name}: ${predicateKey(predicate)}${pathNormalization === 'BASE' ? '' : ` (${pathNormalization})`}`;
    const to = (path: string): string => seenPath(how, path);
    this.parts.set(dimension, { on: predicate.dimension === 'path' ? 'path' : 'path.query', name: '', match: exampleOf(this.#leaving, predicate), holds: (request) => holds(predicate, value(request, to)) });
    return [{ dimension, any: [{ type: 'holds' }], none: [] }];
  }

  /** Asked of the request as it arrives. */
  #asked(predicate: Predicate): Conjunction {
    const { workload: { id }, identity } = this.#pods;
    const backend = this.#backend;
    const { networked } = this.#call;
    return this.#untold(predicateKey(predicate), (mesh, query) => {
      const { gateway = '' } = query.to;
      const workload = workloadNamed(mesh, id);
      const pods = gatewayPods(mesh, gateway, workloadNamed(mesh, gateway));
      const sent = sentOnward(mesh, { ...query, to: { gateway, port: query.to.port, backend } }, gateway);
      if (workload === undefined || pods === undefined || sent === undefined) return false;
      const call = backendCall(mesh, pods, backend, query.given);
      // An account that only the other side names may as well be the gateway's here.
      const called = call?.pods.find((each) => each.workload.id === id && (!call.isNamed || each.identity === identity));
      if (call === undefined || called === undefined) return false;
      const arriving = sentToPods(call, { ...called, identity }, sent);
      const there: Query = { ...arriving, from: { ...arriving.from, client: 'sidecar' }, to: { workload: id, port: called.port } };
      const point = pointOf(mesh, workload, there, postureOf(mesh, workload, networked));
      return point !== undefined && holds(predicate, valueAt(point, predicate.dimension));
    });
  }

  #untold(what: string, told: BehindPart['holds']): Conjunction {
    const { chain, endsTls, forwarding, headers, scheme, rules } = this.#leaving;
    const key = shortHash(what, this.#pods.workload.id, this.#pods.identity, canonical([chain, endsTls, forwarding.name, headers, scheme ?? null, rules.map(({ spec, keys }) => [keys, spec])]));
    const dimension: Dimension = `opaque:behind ${key}`;
    this.behind.set(dimension, { holds: told });
    return [{ dimension, any: [{ type: 'holds' }], none: [] }];
  }
}

function isOfTokens(dimension: Dimension): boolean {
  return dimension === 'token' || dimension.startsWith('claim:') || dimension.startsWith('written:');
}

const protocols = ['http', 'https', 'tcp', 'tls'] as const;

/** A3.25, A3.J: what a gateway writes into them hangs on the connection. */
const writtenByGateways: ReadonlySet<string> = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-client-cert']);

function pathMatcher(pattern: TextMatcher, normalization: Extract<Matcher, { readonly type: 'path' }>['normalization']): Matcher {
  return { type: 'path', pattern, normalization };
}

/** Where texts are to be found that the boolean may hold for. */
function exampleOf({ forwarding: { path } }: Leaving, { any }: Predicate): RoutePart['match'] {
  if (path.type === 'regex') return { type: 'regex', value: path.match };
  const [wanted] = any;
  const text = wanted === undefined ? '' : wanted.type === 'path' ? ('text' in wanted.pattern ? wanted.pattern.text : '') : wanted.type === 'exact' || wanted.type === 'prefix' || wanted.type === 'suffix' ? wanted.text : '';
  if (path.type !== 'moved') return { type: 'prefix', value: '/' };
  return { type: 'prefix', value: `${path.from}${text.startsWith(path.to) ? text.slice(path.to.length) : ''}` };
}

function isClosed({ allow, deny }: Layer): boolean {
  return (allow !== 'all' && allow.length === 0) || deny.some(({ predicates }) => predicates.length === 0);
}

const postures = new WeakMap<Mesh, Map<string, DestinationPosture>>();

function postureOf(mesh: Mesh, workload: Workload, networked: boolean): DestinationPosture {
  const known = postures.get(mesh) ?? new Map<string, DestinationPosture>();
  postures.set(mesh, known);
  const key = `${workload.id} ${String(networked)}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const proxies = pathsTo(mesh, workload);
  const fresh = networked && hasNetworkPolicies(mesh) && hasNetwork(workload) ? throughNetworkPaths(proxies, mesh, workload) : proxies;
  known.set(key, fresh);
  return fresh;
}
