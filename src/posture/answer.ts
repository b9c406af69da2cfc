/**
 * `decide`: may this request reach this workload, by which enforcement point and by which policies. Slow and plain on purpose: it is
 * the definition that the symbolic side is checked against.
 */
import { someTold, type Told } from '#lib/told.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { selectorOf } from '#mesh/services.ts';
import { sharesWaypoint, waypointOfPod, waypointOfService } from '#mesh/waypoints.ts';
import type { Waypoint } from '#mesh/waypoints.ts';
import { addressed, workloadNamed } from './addressed.ts';
import type { Addressed, Pod } from './addressed.ts';
import { arrivalAt, arrivalOf, clientOf } from './arrival.ts';
import type { Client } from './arrival.ts';
import { decideAtGateway, decideAtGatewayAlone } from './gateway.ts';
import { isDatagram } from './network.ts';
import { decideOutbound, throughNetwork } from './network-layer.ts';
import { outboundCall } from './outbound-call.ts';
import { capturedAt, decideAtPod, isProxyPort, unguarded, unknown } from './pod.ts';
import type { Answer, Decision, Query } from './query.ts';
import { withAuthority } from './request.ts';
import { decideThroughWaypoint, networkBehindWaypoint, wirePort } from './waypoint.ts';

export { capturedAt, isProxyPort, workloadNamed };

/** What the recordings tell of the same question: the decision, and at a gateway where it leads. */
export function answer(mesh: Mesh, query: Query): Answer {
  return query.to.gateway === undefined ? decide(mesh, query) : decideAtGateway(mesh, query, query.to.gateway);
}

/** The answer as one of reach: what is redirected reaches nothing. */
export function decide(mesh: Mesh, query: Query): Decision {
  const { to } = query;
  if (to.gateway !== undefined) return asReach(decideAtGateway(mesh, query, to.gateway));
  if (to.workload === undefined && to.host === undefined && to.selector === undefined && to.ip !== undefined) {
    if (query.from.workload === undefined) return decideOutbound(mesh, query, undefined);
    const client = workloadNamed(mesh, query.from.workload);
    return client === undefined ? unknown('R28', `the calling workload \`${query.from.workload}\``, []) : decideOutbound(mesh, query, client);
  }
  const destination = addressed(mesh, query);
  if ('missing' in destination) return unknown(destination.rule, destination.missing, []);
  const client = clientOf(mesh, query, query.given ?? {});
  return decideFor(mesh, destination, client, withAuthority(query));
}

/** Whether the network behind a waypoint on the way lets the connection pass to some pod, whatever the waypoint itself says (M142); `true` where there is no waypoint. */
export function passesBehindWaypoint(mesh: Mesh, query: Query): Told {
  const destination = addressed(mesh, query);
  const client = clientOf(mesh, query, query.given ?? {});
  if ('missing' in destination || 'missing' in client) return true;
  const waypoint = waypointBefore(mesh, destination, client, query);
  return waypoint === undefined || destination.pods.length === 0 ? true : someTold(destination.pods, (pod) => networkBehindWaypoint(mesh, { waypoint, addressed: destination, client, query }, pod).passes);
}

function asReach(found: Answer): Decision {
  return found.verdict === 'redirect' ? { verdict: 'deny', layer: 'routing', by: found.by, enforcedAt: 'gateway', because: found.because } : found;
}

/** The same at the gateway of the question alone, whatever the pods behind it take. */
export function decideFront(mesh: Mesh, query: Query): Decision {
  return query.to.gateway === undefined ? decide(mesh, query) : asReach(decideAtGatewayAlone(mesh, query, query.to.gateway));
}

function decideFor(mesh: Mesh, destination: Addressed, client: ReturnType<typeof clientOf>, query: Query): Decision {
  if (!('missing' in client)) {
    const waypoint = waypointBefore(mesh, destination, client, query);
    if (waypoint !== undefined && sharesWaypoint(mesh, (destination.service ?? destination.pods[0]?.workload)?.labels ?? {}, (destination.service ?? destination.pods[0]?.workload)?.namespace ?? '')) {
      return unknown('M81', `which of two waypoints a connection through \`${waypoint.id}\` takes`, []);
    }
    if (waypoint !== undefined) return decideThroughWaypoint(mesh, { waypoint, addressed: destination, client, query });
    if (destination.pods.length === 0) return decideWithoutPods(mesh, destination, client, query);
  }
  const answers = destination.pods.map((pod) => decideDirectly(mesh, pod, destination, client, query));
  const first = answers[0];
  if (first === undefined) return unknown('A2.2', 'the destination', []);
  return answers.every((answer) => answer.verdict === first.verdict) ? first : unknown('A2.2', `which pod behind \`${query.to.host ?? ''}\` is reached: they answer differently`, []);
}

/** M75, M76, M85: traffic that starts in ambient goes through the waypoint of what it addresses; sidecars, gateways and clients outside do not. */
function waypointBefore(mesh: Mesh, destination: Addressed, client: Client, query: Query): Waypoint | undefined {
  if (client.mode !== 'ambient' || query.from.direct === true || isDatagram(query)) return undefined;
  if (destination.service !== undefined) return waypointOfService(mesh, destination.service);
  const pod = destination.pods[0];
  return pod === undefined ? undefined : waypointOfPod(mesh, pod.workload);
}

function decideDirectly(mesh: Mesh, pod: Pod, destination: Addressed, client: ReturnType<typeof clientOf>, query: Query): Decision {
  const call = destination.byName && !('missing' in client) && client.mode === 'sidecar' && client.workload !== undefined && isPlainCall(query) ? outboundCall(mesh, asCalled(query)) : undefined;
  if (call?.verdict === 'blocked') return { verdict: 'deny', layer: 'routing', by: call.by, enforcedAt: 'sidecar', because: call.because };
  const called = { byName: destination.byName, headless: destination.byName && destination.service === undefined, port: query.to.port };
  // Which TLS the client's sidecar starts for this pod, where it is known; TLS of its own is taken or not (M44).
  const sends = call?.ends?.().find((end) => end.workload === pod.workload.id && end.port === pod.port)?.sends;
  const arrive = (into: 'sidecar' | 'ambient'): ReturnType<typeof arrivalAt> => ('missing' in client ? client : sends === undefined || sends === 'tls' ? arrivalAt(mesh, client, pod, into, called) : arrivalOf(client, into, sends));
  const sentOn = call === undefined || call.verdict === 'unknown' ? undefined : call.sentOn;
  if (sentOn?.headers === true) return unknown('M116', `what the pods see of the request: \`${sentOn.by}\` changes its headers`, []);
  const request = sentOn === undefined ? query.request : { ...query.request, ...(sentOn.path === undefined ? {} : { path: sentOn.path }), ...(sentOn.host === undefined ? {} : { host: sentOn.host }) };
  const onward: Query = { ...query, request, to: { ...query.to, port: pod.port } };
  const calling = query.from.workload === undefined ? undefined : workloadNamed(mesh, query.from.workload);
  const decideBy = (by: typeof arrive): Decision => throughNetwork({ mesh, workload: pod.workload, query: onward, client: calling, port: wirePort(pod, by, onward), decide: () => decideAtPod(mesh, pod, { query: onward, arrive: by }) });
  const open = 'missing' in client || client.mode !== 'sidecar' || client.workload === undefined ? undefined : (['sidecar', 'ambient'] as const).map(arrive).find((arrival) => 'either' in arrival);
  if (open === undefined || !('either' in open)) return decideBy(arrive);
  // What cannot be told of the connection makes no difference where every way of it is answered alike.
  const [first, ...others] = open.either.map((_, index) => decideBy((into) => oneOf(arrive(into), index)));
  return first !== undefined && others.every(({ verdict }) => verdict === first.verdict) ? first : unknown(open.rule, open.missing, []);
}

/** By the name itself: how a sidecar treats another authority than that of the address is answered by its call alone. */
function isPlainCall(query: Query): boolean {
  return !isDatagram(query) && [undefined, query.to.host, withAuthority(asCalled(query)).request.host].includes(query.request.host);
}

function asCalled(query: Query): Query {
  const { host, ...request } = query.request;
  return host === undefined ? query : { ...query, request };
}

function oneOf(arrival: ReturnType<typeof arrivalAt>, index: number): ReturnType<typeof arrivalAt> {
  return 'either' in arrival ? (arrival.either[index] ?? arrival) : arrival;
}

/** M10: ztunnel has nowhere to go; what is outside the cluster answers for itself. */
function decideWithoutPods(mesh: Mesh, destination: Addressed, client: Client, query: Query): Decision {
  const host = query.to.host ?? '';
  // A ServiceEntry that selects pods leads to them or nowhere, as a Service does (M102).
  if (destination.service?.kind === 'ServiceEntry' && selectorOf(destination.service) === undefined) {
    // M97 to M104: a client's proxy that sees every host lets it pass.
    const narrowed = ofKind(mesh, 'Sidecar').length > 0 || destination.service.spec.exportTo.length > 0;
    if (narrowed && (client.mode === 'sidecar' || client.mode === 'gateway')) return unknown('M98', `what the proxy of the client does with \`${host}\``, []);
    return unguarded([{ rule: 'M102', text: `\`${host}\` is outside the cluster and no waypoint stands before it` }]);
  }
  if (client.mode !== 'ambient') return unknown('M102', `a declared pod behind \`${host}\``, []);
  return { verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'ztunnel', because: [{ rule: 'M10', text: `no pod stands behind \`${host}\` at port ${String(query.to.port)}` }] };
}
