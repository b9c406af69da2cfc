/**
 * The two networks of a way through a waypoint: the client's to the waypoint's pods, and theirs to the destination, which meets a waypoint
 * whoever calls (M142).
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { isAmbient, isSidecar } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { waypointIdentity, waypointPodLabels, type Waypoint } from '#mesh/waypoints.ts';
import { networkPosture, type Alternative, type NetworkPosture } from '#semantics/network-lowering.ts';
import type { Dimension, Layer } from '#sets/cube.ts';
import { parseIp } from '#sets/ip.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { settled } from '#sets/settle.ts';
import { takesTunnels } from './arrival.ts';
import { someDestinationPod, someSourcePod } from './network.ts';
import type { DestinationPosture } from './paths.ts';
import { waypointPod } from './waypoint.ts';

export interface WaypointNetworks {
  /** By id of a path through a waypoint. */
  readonly alternatives: ReadonlyMap<string, readonly Alternative[]>;
  /** Content of everything that decides there; equal on both sides: no packet through a waypoint moves. */
  readonly key: string;
  readonly opaque: NetworkPosture['opaque'];
}

const none: WaypointNetworks = { alternatives: new Map(), key: '', opaque: [] };

export function waypointNetworks(mesh: Mesh, workload: Workload, { waypoints }: DestinationPosture): WaypointNetworks {
  if (waypoints.size === 0) return none;
  const found = new Map([...waypoints.values()].map(({ waypoint }) => [waypoint.id, throughWaypoint(mesh, workload, waypoint)]));
  return {
    alternatives: new Map([...waypoints].map(([path, { waypoint }]) => [path, found.get(waypoint.id)?.alternatives ?? []])),
    key: shortHash(...[...found].flatMap(([id, { key }]) => [id, key])),
    opaque: [...found.values()].flatMap(({ opaque }) => opaque),
  };
}

const inFront = new WeakMap<Mesh, Map<string, NetworkPosture>>();

/** The client's way to the waypoint's pods, which is the same whatever stands behind them. */
function toWaypoint(mesh: Mesh, waypoint: Waypoint): NetworkPosture {
  const known = inFront.get(mesh) ?? new Map<string, NetworkPosture>();
  inFront.set(mesh, known);
  const found = known.get(waypoint.id);
  if (found !== undefined) return found;
  const { alternatives, key, opaque } = networkPosture(mesh, waypointPod(mesh, waypoint), true);
  const fresh = { alternatives: alternatives.map(({ id, layers }) => ({ id, layers: layers.map(toUnnamedPod) })), key, opaque };
  known.set(waypoint.id, fresh);
  return fresh;
}

function throughWaypoint(mesh: Mesh, workload: Workload, waypoint: Waypoint): NetworkPosture {
  const first = toWaypoint(mesh, waypoint);
  const onward = networkPosture(mesh, workload, arrivesInTunnel(mesh, workload)).alternatives.map(({ id, layers }): Alternative => ({ id: ` behind${id}`, layers: layers.map((layer) => settled(layer, seenBehind(mesh, waypoint))) }));
  return {
    alternatives: first.alternatives.flatMap((into) => onward.map((out) => ({ id: `${into.id}${out.id}`, layers: [...into.layers, ...out.layers] }))),
    key: shortHash(first.key, canonical(onward.map(({ layers }) => layers.map(({ allow, deny }) => [allow === 'all' ? allow : allow.map(cubeKey), deny.map(cubeKey)])))),
    opaque: first.opaque,
  };
}

/** As a waypoint's connection reaches the pod: see `arrivalAt`. */
function arrivesInTunnel(mesh: Mesh, workload: Workload): boolean {
  return isAmbient(workload) || (isSidecar(workload) && takesTunnels(mesh, workload));
}

/** What the network behind a waypoint sees of every request: a pod of the waypoint, and addresses that nobody tells. */
function seenBehind(mesh: Mesh, waypoint: Waypoint): (dimension: Dimension) => Value | undefined {
  const labels = waypointPodLabels(waypoint);
  const values = new Map<Dimension, Value>([
    ['peer', { principal: waypointIdentity(mesh, waypoint), namespace: waypoint.namespace, namespaceLabels: {} }],
    ['source.ip', parseIp(someSourcePod) ?? null],
    ['destination.ip', parseIp(someDestinationPod) ?? null],
  ]);
  return (dimension) => (dimension.startsWith('pod-label:') ? (labels[dimension.slice('pod-label:'.length)] ?? null) : values.get(dimension));
}

/** The address of a waypoint's pod is nobody's to tell: not the one that the client addresses. */
function toUnnamedPod(layer: Layer): Layer {
  const address = parseIp(someDestinationPod) ?? null;
  return settled(layer, (dimension) => (dimension === 'destination.ip' ? address : undefined));
}
