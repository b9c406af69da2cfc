/** The network in front of a destination's paths: each way through it times each way through the proxies (M143). */
import { shortHash } from '#lib/canonical.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { impossibleTransports, labelledNobodies, networkMoved, networkPosture, noPod, type Alternative } from '#semantics/network-lowering.ts';
import { networkWorldOf } from '#semantics/network-world.ts';
import type { Cube, Layer, Path, Predicate } from '#sets/cube.ts';
import { hbonePort } from './network.ts';
import { addressesThrough, impossible, type DestinationPosture } from './paths.ts';
import { notFromAmbient, notThrough, onlyFromAmbient, onlyThrough } from './tunnel-paths.ts';
import { waypointNetworks, type WaypointNetworks } from './waypoint-network.ts';

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
export function throughNetworkPaths(posture: DestinationPosture, mesh: Mesh, workload: Workload, through: WaypointNetworks = waypointNetworks(mesh, workload, posture)): NetworkedPosture {
  const network = networkPosture(mesh, workload, isAmbient(workload));
  const possible = proxied(posture.possible, posture.enforcedAt === 'none');
  const sure = posture.sure === posture.possible ? possible : proxied(posture.sure, posture.enforcedAt === 'none');
  // M142: a tunnel arrives on one port.
  const tunnel = posture.tunnels.size === 0 ? network : networkPosture(mesh, workload, true);
  const before = (paths: readonly Path[]): readonly Path[] => paths.flatMap((path) => times(through.alternatives.get(path.id) ?? (posture.tunnels.has(path.id) ? tunnel : network).alternatives, [path]));
  const whole = before(possible);
  return {
    ...posture,
    possible: whole,
    sure: sure === possible ? whole : before(sure),
    key: shortHash('network', posture.key, network.key, tunnel.key, through.key),
    opaque: [...posture.opaque, ...network.opaque, ...through.opaque],
    ties: [...posture.ties, ...labelledNobodies([...network.alternatives, ...(tunnel === network ? [] : tunnel.alternatives), ...[...through.alternatives.values()].flat()])],
    network: networkAlone(posture, { straight: network.alternatives, tunnel: tunnel.alternatives, through: through.alternatives }),
    behind: possible,
  };
}

interface Networks {
  readonly straight: readonly Alternative[];
  readonly tunnel: readonly Alternative[];
  /** By path through a waypoint. */
  readonly through: ReadonlyMap<string, readonly Alternative[]>;
}

/** Which network a client meets depends on what it addresses: the pod's, or that of the waypoint's pods. */
function networkAlone(posture: DestinationPosture, { straight, tunnel, through }: Networks): readonly Path[] {
  const addresses = addressesThrough(posture);
  if (addresses.length === 0 && posture.tunnels.size === 0) return straight;
  const at = (prefix: string, ways: readonly Alternative[], route: Layer): readonly Path[] => ways.map((way) => ({ id: `${prefix}${way.id}`, layers: [...way.layers, route] }));
  const past = posture.tunnels.size > 0 ? onlyFromAmbient(addresses) : undefined;
  return [
    ...at('', straight, past === undefined ? notThrough(addresses) : notFromAmbient),
    ...(past === undefined ? [] : at('tunnel ', tunnel, past)),
    ...addresses.flatMap((address) => {
      const path = [...posture.waypoints].find(([, way]) => way.address === address)?.[0];
      return at(`via ${address} `, through.get(path ?? '') ?? [], onlyThrough(address));
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
