/** The network in front of a destination's paths: each way through it times each way through the proxies (M143). */
import { shortHash } from '#lib/canonical.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { impossibleTransports, networkMoved, networkKey, networkPosture, noPod, type Alternative } from '#semantics/network-lowering.ts';
import { networkWorldOf } from '#semantics/network-world.ts';
import type { Cube, Layer, Path, Predicate } from '#sets/cube.ts';
import { parseIp } from '#sets/ip.ts';
import { holds } from '#sets/matches.ts';
import { hbonePort, someDestinationPod } from './network.ts';
import { networkAfterWaypoint, waypointPod } from './waypoint.ts';
import { addressesThrough, impossible, type DestinationPosture } from './paths.ts';
import { notFromAmbient, notThrough, onlyFromAmbient, onlyThrough } from './tunnel-paths.ts';

export interface NetworkedPosture extends DestinationPosture {
  /** Ways through the network alone, and through the proxies alone: which of the two opens or stops a request. */
  readonly network: readonly Path[];
  readonly behind: readonly Path[];
}

export function isNetworked(posture: DestinationPosture): posture is NetworkedPosture {
  return 'network' in posture;
}

/** Some policy of this side may act on packets to a destination. */
export function hasNetworkPolicies(mesh: Mesh): boolean {
  return !networkWorldOf(mesh).empty;
}

/** What stands for "some namespace of the mesh" has no network of its own. */
export function hasNetwork(workload: Workload): boolean {
  return !workload.id.startsWith('*/');
}

/** Whether the network in front of a destination may answer differently on the two sides; `false` is a proof. `tunnels`: some clients of sidecars come in tunnels. */
export function networkMovedAt(base: Mesh, before: Workload, head: Mesh, after: Workload, tunnels: boolean): boolean {
  const moved = (always: boolean): boolean => networkMoved({ mesh: base, destination: before, tunnelled: always || isAmbient(before) }, { mesh: head, destination: after, tunnelled: always || isAmbient(after) });
  return moved(false) || (tunnels && moved(true));
}

/** Connections that cannot exist, where the network is looked at. */
export function impossibleInNetwork(workloads: readonly Workload[]): readonly Cube[] {
  return [...impossible, ...impossibleTransports, ...(workloads.some(isAmbient) ? [plainTunnel] : [])];
}

/** Of an ambient pod, 15008 is ztunnel's own: it takes no plaintext, and no application listens there (M142). */
const plainTunnel: Cube = { predicates: [over('TCP'), { dimension: 'port', any: [{ type: 'number', value: hbonePort }], none: [] }, { dimension: 'peer', any: [], none: [{ type: 'identified' }] }], origins: [] };

/** Connections to the outside that are none: they come from no pod, or are of no transport. */
export const impossibleOutbound: readonly Cube[] = [...impossibleTransports, noPod];

/** Both sides of a comparison take this form as soon as one of them has a NetworkPolicy: transports are then told apart. */
export function throughNetworkPaths(posture: DestinationPosture, mesh: Mesh, workload: Workload): NetworkedPosture {
  const network = networkPosture(mesh, workload, isAmbient(workload));
  const possible = proxied(posture.possible, posture.enforcedAt === 'none');
  const sure = posture.sure === posture.possible ? possible : proxied(posture.sure, posture.enforcedAt === 'none');
  const inFront = waypointAlternatives(mesh, workload, posture);
  // M142: a tunnel arrives on one port.
  const tunnel = posture.tunnels.size === 0 ? network : networkPosture(mesh, workload, true);
  const before = (paths: readonly Path[]): readonly Path[] => paths.flatMap((path) => times(inFront.get(path.id) ?? (posture.tunnels.has(path.id) ? tunnel : network).alternatives, [path]));
  const whole = before(possible);
  return {
    ...posture,
    possible: whole,
    sure: sure === possible ? whole : before(sure),
    key: shortHash('network', posture.key, network.key, tunnel.key, waypointNetworkKey(mesh, workload, posture)),
    opaque: [...posture.opaque, ...network.opaque],
    network: networkAlone(posture, { straight: network.alternatives, tunnel: tunnel.alternatives, inFront }),
    behind: possible,
  };
}

interface Networks {
  readonly straight: readonly Alternative[];
  readonly tunnel: readonly Alternative[];
  /** By path through a waypoint. */
  readonly inFront: ReadonlyMap<string, readonly Alternative[]>;
}

/** Which network a client meets depends on what it addresses: the pod's, or that of the waypoint's pods. */
function networkAlone(posture: DestinationPosture, { straight, tunnel, inFront }: Networks): readonly Path[] {
  const addresses = addressesThrough(posture);
  if (addresses.length === 0 && posture.tunnels.size === 0) return straight;
  const at = (prefix: string, ways: readonly Alternative[], route: Layer): readonly Path[] => ways.map((way) => ({ id: `${prefix}${way.id}`, layers: [...way.layers, route] }));
  const past = posture.tunnels.size > 0 ? onlyFromAmbient(addresses) : undefined;
  return [
    ...at('', straight, past === undefined ? notThrough(addresses) : notFromAmbient),
    ...(past === undefined ? [] : at('tunnel ', tunnel, past)),
    ...addresses.flatMap((address) => {
      const path = [...inFront.keys()].find((id) => id.endsWith(` ${address}`));
      return at(`via ${address} `, inFront.get(path ?? '') ?? [], onlyThrough(address));
    }),
  ];
}

/** Datagrams pass by the proxies (M69). */
function proxied(paths: readonly Path[], unguarded: boolean): readonly Path[] {
  if (unguarded) return paths;
  return [...paths.map((path) => ({ id: path.id, layers: [...path.layers, only(over('TCP'))] })), { id: 'datagram', layers: [only(over('UDP', 'SCTP'))] }];
}

function only(predicate: Predicate): Layer {
  return { id: 'routing', allow: [{ predicates: [predicate], origins: [] }], deny: [] };
}

function over(...transports: readonly string[]): Predicate {
  return { dimension: 'transport', any: transports.map((text) => ({ type: 'one-of', text }) as const), none: [] };
}

function times(alternatives: readonly Alternative[], paths: readonly Path[]): readonly Path[] {
  return alternatives.flatMap((alternative) => paths.map((path) => ({ id: `${path.id}${alternative.id}`, layers: [...alternative.layers, ...path.layers] })));
}

/** Through a waypoint there are two networks: the client's to the waypoint's pods, and theirs to the destination, which is the same for every client (M142). */
function waypointAlternatives(mesh: Mesh, workload: Workload, { waypoints }: DestinationPosture): ReadonlyMap<string, readonly Alternative[]> {
  return new Map(
    [...waypoints].map(([path, waypoint]) => {
      const onward = networkAfterWaypoint(mesh, workload, waypoint);
      const last: readonly Layer[] = onward.passes === false ? [{ id: 'network-policy', allow: [], deny: [] }] : [];
      return [path, networkPosture(mesh, waypointPod(mesh, waypoint), true).alternatives.map((alternative) => ({ id: alternative.id, layers: [...alternative.layers.map(toUnnamedPod), ...last] }))] as const;
    }),
  );
}

/** The address of a waypoint's pod is nobody's to tell: not the one that the client addresses. */
function toUnnamedPod({ id, allow, deny }: Layer): Layer {
  const address = parseIp(someDestinationPod) ?? 0n;
  const met = (cubes: readonly Cube[]): readonly Cube[] =>
    cubes.flatMap((cube): Cube[] => {
      const addressed = cube.predicates.filter(({ dimension }) => dimension === 'destination.ip');
      if (addressed.length === 0) return [cube];
      return addressed.every((predicate) => holds(predicate, address)) ? [{ predicates: cube.predicates.filter((predicate) => !addressed.includes(predicate)), origins: cube.origins }] : [];
    });
  return { id, allow: allow === 'all' ? 'all' : met(allow), deny: met(deny) };
}

/** Content of what decides in the networks of a destination's waypoints; equal on both sides: no packet through them moves. */
export function waypointNetworkKey(mesh: Mesh, workload: Workload, { waypoints }: DestinationPosture): string {
  const distinct = new Map([...waypoints.values()].map((waypoint) => [waypoint.id, waypoint]));
  return [...distinct.values()].map((waypoint) => [waypoint.id, networkKey(mesh, waypointPod(mesh, waypoint), true), String(networkAfterWaypoint(mesh, workload, waypoint).passes)].join(' ')).join('\n');
}

function isAmbient({ enrolment }: Workload): boolean {
  return enrolment.mode === 'ambient' || (enrolment.mode === 'unknown' && enrolment.inWorld === 'ambient');
}
