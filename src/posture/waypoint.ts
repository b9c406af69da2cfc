/** The way through a waypoint: the client meets its policies, the pod behind it meets the waypoint (M75 to M90, A2.5, A2.16). */
import { policiesAtWaypoint } from '#mesh/waypoint-policies.ts';
import type { Mesh, PortProtocol, Workload } from '#mesh/model.ts';
import { portProtocol, namedProtocol } from '#mesh/ports.ts';
import { waypointIdentity, waypointPodLabels } from '#mesh/waypoints.ts';
import type { Addressable, Waypoint } from '#mesh/waypoints.ts';
import type { NetworkAnswer } from '#semantics/network-policy.ts';
import { foreignTrustDomain, handleTunnel } from '#semantics/peer-authentication.ts';
import { holds } from '#sets/matches.ts';
import type { Addressed, Pod } from './addressed.ts';
import { arrivalAt } from './arrival.ts';
import type { Client } from './arrival.ts';
import { phantomWorkload } from './destinations.ts';
import { decideByPolicies, refusedAsHttp } from './envoy.ts';
import type { Given, Seat } from './envoy.ts';
import { hbonePort, networkAnswer } from './network.ts';
import { throughNetwork } from './network-layer.ts';
import { decideAtPod, type Approach } from './pod.ts';
import type { Decision, Hop, Query } from './query.ts';
import { askedRequest, unnamedPodAddress } from './request.ts';

export interface Journey {
  readonly waypoint: Waypoint;
  readonly addressed: Addressed;
  readonly client: Client;
  /** As asked: the port is the one that is addressed. */
  readonly query: Query;
}

export function decideThroughWaypoint(mesh: Mesh, journey: Journey): Decision {
  const { waypoint, query, client } = journey;
  const pod = waypointPod(mesh, waypoint);
  return throughNetwork({
    mesh,
    workload: pod,
    query: { ...query, to: { port: query.to.port } },
    client: client.workload,
    port: hbonePort,
    decide: () => decideBothHops(mesh, journey),
  });
}

function decideBothHops(mesh: Mesh, journey: Journey): Decision {
  const { waypoint, addressed } = journey;
  const via = waypoint.id;
  const first = decideAtWaypoint(mesh, journey);
  const hops: Hop[] = [hopOf(via, journey.client.identity, first)];
  if (first.verdict === 'unknown') return first;
  if (first.verdict === 'deny') return { ...first, via, hops };
  const answers = addressed.pods.map((pod) => behindWaypoint(mesh, journey, pod));
  const last = answers[0];
  if (last === undefined) {
    // An external service behind a waypoint: nothing of ours guards it.
    if (addressed.service?.kind === 'ServiceEntry') return { ...first, via, hops };
    return { verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'waypoint', via, hops, because: [...first.because, { rule: 'M10', text: 'no pod stands behind the port' }] };
  }
  if (answers.some((answer) => answer.verdict !== last.verdict)) return { verdict: 'unknown', rule: 'A2.2', missing: 'which pod is reached: they answer differently', because: [] };
  if (last.verdict === 'unknown') return last;
  const because = [...first.because, { rule: 'A2.16', text: `the waypoint \`${via}\` calls with its own identity` }, ...last.because];
  const both = [...hops, hopOf(addressed.pods[0]?.workload.id ?? '', waypointIdentity(mesh, waypoint), last)];
  if (last.verdict === 'deny') return { ...last, via, hops: both, because };
  // Who asks somebody decides the whole: a waypoint that asks, or a sidecar behind it.
  const deciding = first.verdict === 'allow' && last.verdict === 'asks' ? last : first;
  return { ...deciding, enforcedAt: 'waypoint', via, hops: both, because };
}

function hopOf(at: string, peer: string | null, decision: Decision): Hop {
  return decision.verdict === 'unknown' ? { at, peer, verdict: 'unknown' } : { at, peer, verdict: decision.verdict, layer: decision.layer, by: decision.by, enforcedAt: decision.enforcedAt };
}

/** A2.5, A4.8: the listener for what is addressed. */
function decideAtWaypoint(mesh: Mesh, { waypoint, addressed, client, query }: Journey): Decision {
  const given: Given = query.given ?? {};
  const { service } = addressed;
  const because = [{ rule: 'M75', text: `traffic to ${service === undefined ? 'the pod' : `\`${service.kind}/${service.namespace ?? ''}/${service.name}\``} goes through the waypoint \`${waypoint.id}\`` }];
  const host = query.request.host ?? `${unnamedPodAddress}:${String(query.to.port)}`;
  const asked = askedRequest({ ...query, request: { ...query.request, host } }, client.identity, { name: waypoint.name, namespace: waypoint.namespace });
  const refused = (layer: 'mtls' | 'protocol', rule: string, text: string): Decision => ({ verdict: 'deny', layer, by: [], enforcedAt: 'waypoint', because: [...because, { rule, text }] });
  // M23, A3.14: a client certificate of an accepted trust domain, whatever PeerAuthentication says.
  if (holds(foreignTrustDomain(mesh.config), asked.principal)) return refused('mtls', 'A3.14', `the trust domain of \`${asked.principal ?? ''}\` is not accepted by TLS`);
  const handling = handleTunnel(addressedProtocol(service, query.to.port), asked.protocol);
  if (handling.outcome === 'refused') return refused('protocol', handling.rule, handling.because);
  const bad = handling.chain === 'http' ? refusedAsHttp(asked) : undefined;
  if (bad !== undefined) return refused('protocol', bad.rule, bad.text);
  return decideByPolicies(mesh, waypointSeat(mesh, waypoint, service), asked, handling, given, because);
}

export function waypointSeat(mesh: Mesh, waypoint: Waypoint, service: Addressable | undefined): Seat {
  return { enforcedAt: 'waypoint', attached: policiesAtWaypoint(mesh, waypoint, service), identity: waypointIdentity(mesh, waypoint), tunnelled: true };
}

/** A4.8: as declared; a pod's own address is always sniffed. */
export function addressedProtocol(service: Addressable | undefined, port: number): PortProtocol {
  if (service === undefined) return 'auto';
  if (service.kind === 'Service') {
    const declared = service.spec.ports.find((candidate) => candidate.port === port);
    return declared === undefined ? 'auto' : portProtocol(declared);
  }
  const declared = service.spec.ports.find((candidate) => candidate.number === port);
  return namedProtocol(declared?.protocol ?? '') ?? 'auto';
}

/** The second hop: the waypoint is the client. */
function behindWaypoint(mesh: Mesh, journey: Journey, pod: Pod): Decision {
  const { query, port, arrive } = onwardTo(mesh, journey, pod);
  return throughNetwork({ mesh, workload: pod.workload, query, client: undefined, port, decide: () => decideAtPod(mesh, pod, { query, arrive }) });
}

/** What the network between the waypoint's pods and the pod says of the connection, which a request that the waypoint refuses never meets. */
export function networkBehindWaypoint(mesh: Mesh, journey: Journey, pod: Pod): NetworkAnswer {
  const { query, port } = onwardTo(mesh, journey, pod);
  return networkAnswer({ mesh, query, destination: pod.workload, port, callers: () => [] });
}

interface Onward extends Approach {
  /** As it is on the wire. */
  readonly port: number;
}

function onwardTo(mesh: Mesh, { waypoint, addressed, query }: Journey, pod: Pod): Onward {
  const client: Client = { mode: 'ambient', identity: waypointIdentity(mesh, waypoint), workload: undefined };
  const labels = waypointPodLabels(waypoint);
  const onward: Query = { ...query, from: { principal: client.identity, pod: { namespace: waypoint.namespace, labels } }, to: { port: pod.port } };
  const arrive = (into: 'sidecar' | 'ambient'): ReturnType<typeof arrivalAt> => arrivalAt(mesh, client, pod, into, { byName: addressed.byName, port: query.to.port });
  return { query: onward, port: wirePort(pod, arrive, onward), arrive };
}

/** M142: what comes in a tunnel arrives on one port. */
export function wirePort({ workload, port }: Pod, arrive: (into: 'sidecar' | 'ambient') => ReturnType<typeof arrivalAt>, query: Query): number {
  const { enrolment } = workload;
  const mode = enrolment.mode !== 'unknown' ? enrolment.mode : query.given?.[enrolment.assumption] === false ? 'none' : enrolment.inWorld;
  if (mode !== 'sidecar' && mode !== 'ambient') return port;
  const arrival = arrive(mode);
  return 'tunnelled' in arrival && arrival.tunnelled ? hbonePort : port;
}

/** A pod of the waypoint, where NetworkPolicies look at it. */
export function waypointPod(mesh: Mesh, waypoint: Waypoint): Workload {
  return { ...phantomWorkload(mesh, waypoint.namespace, waypointPodLabels(waypoint)), id: waypoint.id, enrolment: { mode: 'gateway' } };
}
