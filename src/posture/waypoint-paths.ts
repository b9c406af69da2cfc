/**
 * Ways to a workload through the waypoints of its Services, or of its own address: the waypoint's layers see the client, the pod's see
 * the waypoint (engine section 3.15). Such a way is taken by who addresses the workload so; a straight connection stays a way beside it.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { policiesFor } from '#mesh/attachment.ts';
import type { Mesh, PortProtocol, Workload } from '#mesh/model.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { hostsOf, isHeadless, servicesOf } from '#mesh/services.ts';
import { sharesWaypoint, waypointIdentity, waypointOfPod, waypointOfService } from '#mesh/waypoints.ts';
import type { Addressable, Waypoint } from '#mesh/waypoints.ts';
import { ambientMtls, refusesPlaintext } from '#semantics/ambient-peer-authentication.ts';
import { enforced } from '#semantics/authorization-policy.ts';
import type { Fixed } from '#semantics/fixed.ts';
import { withFixed } from '#semantics/fixed.ts';
import { lowerPolicy, mergeCubes } from '#semantics/lowering.ts';
import { clientKinds, effectiveMtls, foreignTrustDomain, handleConnection, handleTunnel, modeAt } from '#semantics/peer-authentication.ts';
import type { ClientKind, Handling } from '#semantics/peer-authentication.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import type { Cube, Layer, Path, Predicate } from '#sets/cube.ts';
import { parseIp } from '#sets/ip.ts';
import { holds } from '#sets/matches.ts';
import type { Value } from '#sets/matcher.ts';
import { takesTunnels } from './arrival.ts';
import { protocolPredicate } from './connection-domains.ts';
import type { ChainGroup, ConnectionDomains } from './connection-domains.ts';
import type { Conditions } from './point-conditions.ts';
import { defaultClientAddress, unnamedPodAddress } from './request.ts';
import { sidecarLowering } from './sidecar-lowering.ts';
import type { LoweredPolicies } from './sidecar-lowering.ts';
import { addressedProtocol, waypointSeat } from './waypoint.ts';
import { capturedAt, isProxyPort } from './pod.ts';
import { readByZtunnel } from './ztunnel.ts';

/** The value of the dimension `address` for a pod's own address, where a waypoint stands before it; else `host:port`. */
export const podAddress = 'pod';

/** The value of the dimension `address` of an ambient client that goes to the pod past any waypoint. */
export const pastWaypoints = 'past';

export interface WaypointWays {
  readonly possible: readonly Path[];
  /** The same list where no provider is asked. */
  readonly sure: readonly Path[];
  /** What is addressed in this way; identified clients of it take no straight way. */
  readonly addresses: readonly string[];
  readonly opaque: readonly { readonly resource: string; readonly key: string }[];
  /** What is addressed leads to one port of the pod. */
  readonly ties: readonly Cube[];
  readonly lowered: readonly LoweredPolicies[];
  /** Of the waypoints and of the sidecar behind them. */
  readonly tokenRules: readonly TokenRule[];
  /** By path id: through which waypoint, and what is addressed then. */
  readonly waypoints: ReadonlyMap<string, AddressedWaypoint>;
}

export interface AddressedWaypoint {
  readonly waypoint: Waypoint;
  /** A value of the dimension `address`. */
  readonly address: string;
  /** Conditions behind opaque booleans, at the waypoint and at the sidecar behind it. */
  readonly conditions: Readonly<Record<'front' | 'behind', Conditions>>;
}

interface Way {
  readonly address: string;
  readonly waypoint: Waypoint;
  readonly service: Addressable | undefined;
  /** As addressed, and the pod's behind it; `undefined`: any that no other way names, addressed at the pod. */
  readonly port: number | undefined;
  readonly target: number | undefined;
  readonly besides: readonly number[];
}

export function waypointWays(mesh: Mesh, workload: Workload, mode: 'sidecar' | 'ambient' | 'none'): WaypointWays | undefined {
  const ways = waysTo(mesh, workload);
  if (ways.length === 0) return undefined;
  const built = ways.map((way) => ({ way, id: `via ${way.waypoint.id}${way.address === podAddress ? ` port ${way.port === undefined ? 'other' : String(way.port)}` : ''} ${way.address}`, ...layersOf(mesh, workload, mode, way) }));
  const possible = built.map(({ id, shared }): Path => ({ id, layers: shared }));
  const asks = built.some(({ asking }) => asking.length > 0);
  return {
    possible,
    sure: asks ? built.map(({ id, shared, asking }) => ({ id, layers: asking.length === 0 ? shared : [...asking.map((deny): Layer => ({ id: 'external-authorization', allow: 'all', deny })), ...shared] })) : possible,
    addresses: distinct(ways.map((way) => way.address)),
    opaque: built.flatMap(({ opaque }) => opaque),
    ties: ways.flatMap(({ address, target }) => (target === undefined || address === podAddress ? [] : [cube([addressedAs(address), { dimension: 'port', any: [], none: [{ type: 'number', value: target }] }])])),
    lowered: built.flatMap(({ lowered }) => lowered),
    tokenRules: built.flatMap((each) => each.tokenRules),
    waypoints: new Map(built.map(({ id, way, conditions }) => [id, { waypoint: way.waypoint, address: way.address, conditions }])),
  };
}

function waysTo(mesh: Mesh, workload: Workload): readonly Way[] {
  const byService = servicesOf(mesh, workload).flatMap((service): Way[] => {
    const waypoint = isHeadless(service) ? undefined : waypointOfService(mesh, service);
    const host = hostsOf(service)[0];
    if (waypoint === undefined || host === undefined) return [];
    return portsOf(service, workload).map(({ port, target }) => ({ address: `${host}:${String(port)}`, waypoint, service, port, target, besides: [] }));
  });
  const own = waypointOfPod(mesh, workload);
  if (own === undefined) return byService;
  const declared = workload.ports.map(({ port }) => port);
  const toPod = (port: number | undefined, besides: readonly number[]): Way => ({ address: podAddress, waypoint: own, service: undefined, port, target: port, besides });
  return [...byService, ...declared.map((port) => toPod(port, [])), toPod(undefined, declared)];
}

function portsOf(service: Addressable, workload: Workload): readonly { readonly port: number; readonly target: number }[] {
  if (service.kind === 'ServiceEntry') return service.spec.ports.map((port) => ({ port: port.number, target: port.targetPort === 0 ? port.number : port.targetPort }));
  return service.spec.ports.flatMap((port) => {
    const target = port.protocol === 'TCP' ? targetPortOf(podSpecOf(workload), port) : undefined;
    return target === undefined ? [] : [{ port: port.port, target }];
  });
}

interface Built {
  readonly shared: readonly Layer[];
  readonly asking: readonly (readonly Cube[])[];
  readonly opaque: WaypointWays['opaque'];
  readonly lowered: readonly LoweredPolicies[];
  readonly tokenRules: readonly TokenRule[];
}

function layersOf(mesh: Mesh, workload: Workload, mode: 'sidecar' | 'ambient' | 'none', way: Way): Built & Pick<AddressedWaypoint, 'conditions'> {
  const first = atWaypoint(mesh, way);
  const second = behind(mesh, workload, mode, way);
  return {
    shared: [taken(way), ...first.shared, ...second.shared],
    asking: [...first.asking, ...second.asking],
    opaque: [...first.opaque, ...second.opaque],
    lowered: [...first.lowered, ...second.lowered],
    tokenRules: [...first.tokenRules, ...second.tokenRules],
    conditions: { front: conditionsOf(first), behind: conditionsOf(second) },
  };
}

function conditionsOf({ lowered }: Built): Conditions {
  return new Map(lowered.flatMap(({ conditions }) => [...conditions]));
}

/** M75, M85: who addresses it so and has an identity. */
function taken({ address, target, besides }: Way): Layer {
  const port: readonly Predicate[] = target === undefined ? (besides.length === 0 ? [] : [{ dimension: 'port', any: [], none: besides.map((value) => ({ type: 'number', value })) }]) : [{ dimension: 'port', any: [{ type: 'number', value: target }], none: [] }];
  return { id: 'routing', allow: [cube([addressedAs(address), identified, ...port])], deny: [] };
}

function addressedAs(address: string): Predicate {
  return { dimension: 'address', any: [{ type: 'one-of', text: address }], none: [] };
}

const identified: Predicate = { dimension: 'peer', any: [{ type: 'identified' }], none: [] };

function cube(predicates: readonly Predicate[]): Cube {
  return { predicates, origins: [] };
}

type Constant = readonly [string, string | number | bigint | null];

export function fixed(values: readonly Constant[]): Fixed {
  return { key: shortHash(...values.map(([dimension, value]) => `${dimension}=${String(value)}`)), values: new Map<string, Value>(values) };
}

function atWaypoint(mesh: Mesh, { waypoint, service, port }: Way): Built {
  const seat = waypointSeat(mesh, waypoint, service);
  // A3.24: the peer has no address here; A3.40: the port is the addressed one.
  const constants = fixed([['source.ip', null], ['header:x-forwarded-client-cert', null], ...(port === undefined ? [] : [['port', port] as const])]);
  const built = envoyLayers(mesh, seat.attached, (kind) => handleTunnel(addressedProtocol(service, port ?? 0), kind.protocol), constants);
  const marks = seat.attached.extensions.map((extension) => ({ resource: `${extension.kind}/${extension.namespace ?? ''}/${extension.name}`, key: shortHash(extension.spec.content) }));
  const canary = service !== undefined && sharesWaypoint(mesh, service.labels, service.namespace ?? 'default') ? [{ resource: `${service.kind}/${service.namespace ?? ''}/${service.name}`, key: shortHash('canary', canonical(service.labels), canonical(service.annotations)) }] : [];
  const foreign: Layer = { id: 'mtls', allow: 'all', deny: [cube([foreignTrustDomain(mesh.config)])] };
  return { ...built, shared: [foreign, ...built.shared], opaque: [...built.opaque, ...marks, ...canary] };
}

/** A2.16: the pod's own guard, which sees the waypoint. */
function behind(mesh: Mesh, workload: Workload, mode: 'sidecar' | 'ambient' | 'none', { waypoint, target }: Way): Built {
  const open: Built = { shared: [], asking: [], opaque: [], lowered: [], tokenRules: [] };
  const identity = waypointIdentity(mesh, waypoint);
  const port: readonly Constant[] = target === undefined ? [] : [['port', target]];
  const address = parseIp(defaultClientAddress) ?? 0n;
  const own = parseIp(unnamedPodAddress) ?? 0n;
  if (mode === 'none') return open;
  if (mode === 'ambient') return { ...open, shared: atZtunnel(mesh, workload, fixed([['peer', identity], ['source.ip', address], ['destination.ip', own], ...port]), identity) };
  const attached = policiesFor(mesh, workload);
  const protocol: PortProtocol = target === undefined ? 'auto' : (workload.ports.find((candidate) => candidate.port === target)?.protocol ?? 'auto');
  if (takesTunnels(mesh, workload)) return calledBy(address, envoyLayers(mesh, attached, (kind) => handleTunnel(protocol, kind.protocol), fixed([['peer', identity], ['source.ip', null], ['destination.ip', own], ['header:x-forwarded-client-cert', null], ...port])));
  if (target !== undefined && (isProxyPort(workload, target) || !capturedAt(workload, target))) return open;
  const portMode = target === undefined ? effectiveMtls(mesh, attached).workload.mode : modeAt(effectiveMtls(mesh, attached), target).mode;
  return calledBy(address, envoyLayers(mesh, attached, (kind) => handleConnection(protocol, portMode, kind), fixed([['peer', null], ['source.ip', address], ['destination.ip', own], ['header:x-forwarded-client-cert', null], ...port])));
}

/**
 * A3.25: what the client wrote into `x-forwarded-for` passes the waypoint and says the remote address; without it that is the caller's own.
 * The other chains see nothing but the caller's.
 */
function calledBy(address: bigint, built: Built): Built {
  const carried: Predicate = { dimension: 'header:x-forwarded-for', any: [{ type: 'present' }], none: [] };
  const absent: Predicate = { dimension: 'header:x-forwarded-for', any: [], none: [{ type: 'present' }] };
  const met = (cubes: readonly Cube[]): readonly Cube[] =>
    cubes.flatMap((each): readonly Cube[] => {
      const direct = each.predicates.filter(({ dimension }) => dimension === 'source.ip');
      if (!direct.every((predicate) => holds(predicate, address))) return [];
      const rest = each.predicates.filter(({ dimension }) => dimension !== 'source.ip');
      const remote = rest.filter(({ dimension }) => dimension === 'remote.ip');
      if (remote.length === 0) return [{ predicates: rest, origins: each.origins }];
      const unsaid = remote.every((predicate) => holds(predicate, address)) ? [{ predicates: [...rest.filter((predicate) => !remote.includes(predicate)), absent], origins: each.origins }] : [];
      return [{ predicates: [...rest, carried], origins: each.origins }, ...unsaid];
    });
  return { ...built, shared: built.shared.map(({ id, allow, deny }) => ({ id, allow: allow === 'all' ? 'all' : met(allow), deny: met(deny) })), asking: built.asking.map(met) };
}

function atZtunnel(mesh: Mesh, workload: Workload, constants: Fixed, identity: string): readonly Layer[] {
  const attached = policiesFor(mesh, workload);
  const policies = enforced(readByZtunnel(attached.authorization), 'ztunnel', mesh.config);
  const context = { key: 'ztunnel', seesPeer: true, forwarded: false, readable: [], rewrittenHeaders: new Map<string, never>(), opaque: () => undefined };
  const cubes = (list: typeof policies.allow): readonly Cube[] => mergeCubes(list.flatMap((policy) => lowerPolicy(withFixed(policy, constants), context).cubes));
  // M26: a tunnel always has an identity, so STRICT refuses nothing here.
  const foreign = refusesPlaintext(ambientMtls(mesh, attached), 0) && !identity.startsWith(`${mesh.config.trustDomain}/`);
  return [
    { id: 'mtls', allow: 'all', deny: foreign ? [cube([])] : [] },
    { id: 'authorization', allow: policies.allow.length === 0 ? 'all' : cubes(policies.allow), deny: cubes(policies.deny) },
  ];
}

const plainKinds: readonly ClientKind[] = clientKinds.filter((kind) => !kind.identity);

/** An Envoy that is reached in one way only: the chain depends on what the client speaks. */
export function envoyLayers(mesh: Mesh, attached: Parameters<typeof sidecarLowering>[1], handle: (kind: ClientKind) => Handling, constants: Fixed): Built {
  const handled = plainKinds.map((kind) => ({ kind, handling: handle(kind) }));
  const protocolsOf = (fits: (handling: Handling) => boolean): readonly string[] => handled.filter(({ handling }) => fits(handling)).map(({ kind }) => kind.protocol);
  const refused = protocolsOf((handling) => handling.outcome === 'refused');
  const groups = new Map<ChainGroup, readonly (readonly Predicate[])[]>();
  for (const chain of ['http', 'tcp'] as const) {
    const protocols = protocolsOf((handling) => handling.outcome === 'chain' && handling.chain === chain);
    if (protocols.length > 0) groups.set(chain, [protocols.length + refused.length === plainKinds.length ? [] : [protocolPredicate(protocols)]]);
  }
  const domains: ConnectionDomains = { refused: [], terminated: [], groups };
  const rules = tokenRules(attached.requestAuthentication, mesh.config);
  const lowered = sidecarLowering(mesh.config, attached, domains, rules, constants);
  return {
    shared: [{ id: 'mtls', allow: 'all', deny: refused.length === 0 ? [] : [cube([protocolPredicate(refused)])] }, lowered.authentication, lowered.authorization],
    asking: lowered.asking.length === 0 ? [] : [lowered.asking],
    opaque: lowered.opaque,
    lowered: [lowered],
    tokenRules: rules,
  };
}
