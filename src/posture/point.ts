/** Between questions and points: a witness of the symbolic side becomes a question, a question becomes a point. */
import { policiesFor } from '#mesh/attachment.ts';
import { hostsOf } from '#mesh/services.ts';
import { policiesAtWaypoint } from '#mesh/waypoint-policies.ts';
import type { Addressable, Waypoint } from '#mesh/waypoints.ts';
import { isAmbient, isSidecar } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { effectiveMtls, handleConnection, handleTunnel, modeAt } from '#semantics/peer-authentication.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import { withToken } from '#semantics/token-check.ts';
import type { Dimension, Point } from '#sets/cube.ts';
import { formatIp, parseIp } from '#sets/ip.ts';
import { callerNamespace, identityOf } from '#sets/matches.ts';
import type { Value } from '#sets/matcher.ts';
import { valueAt } from '#sets/evaluate.ts';
import { isProxyPort } from './pod.ts';
import { pathsTo } from './paths.ts';
import type { DestinationPosture } from './paths.ts';
import { addressed } from './addressed.ts';
import { clientOf, takesTunnels } from './arrival.ts';
import type { Query } from './query.ts';
import type { AskedRequest } from './request.ts';
import { askedRequest, remoteAddress, unnamedClientAddress, unnamedPodAddress, withAuthority } from './request.ts';
import { pathWithQuery, refusedAsHttp } from './envoy.ts';
import { conditionsMet, type Meeting } from './point-conditions.ts';
import { requestAt, textAt } from './point-request.ts';
import { setToken } from './point-token.ts';
import { protocolOf, sidecarSeat } from './sidecar.ts';
import { addressedProtocol, waypointSeat } from './waypoint.ts';
import { pastWaypoints, podAddress, type AddressedWaypoint } from './waypoint-paths.ts';

/**
 * The question that a point asks. Dimensions that the point leaves open take the plainest value.
 * @param asks `pods`: NetworkPolicies look at the caller, so it is said which pod calls, or from which address outside the cluster;
 * `mixed`: a bare identity would mean an ambient client, so it is said that the client is a sidecar; `sidecar`: the pod is behind one
 */
export function queryOf(workload: Workload, point: Point, asks: { readonly pods: boolean; readonly mixed?: boolean; readonly sidecar?: boolean } = { pods: false }): Query {
  const peer = identityAt(point);
  const protocol = protocolAt(point);
  const { request, given } = requestAt(point, protocol, protocol === 'http');
  const remote = point.get('remote.ip');
  const behindSidecar = asks.sidecar ?? isSidecar(workload);
  // Without the header the remote address is the one that the connection comes from (A3.25).
  const direct = protocol === 'http' && point.get('header:x-forwarded-for') === null ? remote : undefined;
  const source = point.get('source.ip') ?? direct ?? (asks.pods && callerNamespace(point.get('peer') ?? null) === undefined ? parseIp(unnamedClientAddress) : undefined);
  const destination = point.get('destination.ip');
  const addressed = textAt(point, 'address');
  const byName = addressed === null || addressed === podAddress || addressed === pastWaypoints ? undefined : /^(.*):(\d+)$/.exec(addressed);
  const where = byName?.[1] !== undefined ? { host: byName[1] } : workload.resource === undefined ? { selector: { namespace: workload.namespace, labels: workload.labels } } : { workload: workload.id };
  return {
    from: {
      principal: peer,
      ...(typeof source === 'bigint' ? { ip: formatIp(source) } : {}),
      ...(asks.pods ? callingPod(point) : {}),
      // Without an address a point speaks of the pod itself, past any waypoint; a sidecar's chains are those of connections that are in no tunnel.
      ...(addressed === pastWaypoints || (addressed === null && !behindSidecar && (isAmbient(workload) || (asks.mixed === true && peer !== null))) ? { direct: true } : {}),
      ...(addressed === null && (asks.pods || asks.mixed === true) && peer !== null && behindSidecar ? { client: 'sidecar' as const } : {}),
      ...(addressed !== null && peer !== null ? { client: 'ambient' as const } : {}),
    },
    to: { ...where, ...(typeof destination === 'bigint' ? { ip: formatIp(destination) } : {}), port: byName?.[2] === undefined ? portAt(point, workload, protocol) : Number(byName[2]) },
    request,
    ...(Object.keys(given).length > 0 ? { given } : {}),
  };
}

/** The question that a point asks about an address outside the cluster. */
export function queryOutside(point: Point, otherwise: bigint): Query {
  const address = point.get('destination.ip');
  const port = point.get('port');
  const transport = point.get('transport');
  return {
    from: { principal: null, ...callingPod(point) },
    to: { ip: formatIp(typeof address === 'bigint' ? address : otherwise), port: typeof port === 'number' ? port : 443 },
    request: { protocol: transport === 'UDP' ? 'udp' : transport === 'SCTP' ? 'sctp' : 'tcp' },
  };
}

function identityAt(point: Point): string | null {
  const identity = identityOf(point.get('peer') ?? null);
  return typeof identity === 'string' ? identity : null;
}

/** Nothing where the caller is no pod of the cluster. */
function callingPod(point: Point): Pick<Query['from'], 'pod'> {
  const pod = callerNamespace(point.get('peer') ?? null);
  if (pod === undefined) return {};
  const labels: Record<string, string> = {};
  for (const [dimension, value] of point) if (dimension.startsWith('pod-label:') && typeof value === 'string') labels[dimension.slice('pod-label:'.length)] = value;
  return { pod: { namespace: pod.namespace, labels, ...(Object.keys(pod.namespaceLabels).length > 0 ? { namespaceLabels: pod.namespaceLabels } : {}) } };
}

function protocolAt(point: Point): Query['request']['protocol'] {
  const transport = point.get('transport');
  if (transport === 'UDP' || transport === 'SCTP') return transport === 'UDP' ? 'udp' : 'sctp';
  const value = valueAt(point, 'protocol');
  return value === 'tcp' || value === 'tls' || value === 'https' ? value : 'http';
}

/** A port that speaks the protocol where the point leaves it open. */
function portAt(point: Point, workload: Workload, protocol: string): number {
  const value = point.get('port');
  if (typeof value === 'number') return value;
  const fitting = workload.ports.find((port) => port.captured && (protocol === 'http' ? port.protocol === 'http' : port.protocol === 'tcp'));
  return (fitting ?? workload.ports.find((port) => port.captured && port.protocol !== 'udp'))?.port ?? 80;
}

/**
 * The point that a question with a principal asks about, at the workload or through the waypoint before it; `undefined`: it is answered before any policy
 * (an unknown method, a refused path), so the symbolic side does not speak of it.
 */
export function pointOf(mesh: Mesh, workload: Workload, query: Query, posture: DestinationPosture = pathsTo(mesh, workload)): Point | undefined {
  const way = wayAsked(mesh, workload, query, posture);
  const atSidecar = way?.waypoint === undefined && isSidecar(workload);
  // M20, M52.
  const fromAmbient = atSidecar && way !== undefined && way.address !== null && query.from.principal != null;
  const tunnelled = fromAmbient && takesTunnels(mesh, workload);
  const behindEnvoy = way?.waypoint !== undefined || atSidecar;
  if (atSidecar && !tunnelled && isProxyPort(workload, query.to.port)) return undefined;
  const named = withAuthority((way?.waypoint !== undefined || tunnelled) && query.to.host === undefined ? { ...query, request: { host: `${unnamedPodAddress}:${String(way.port)}`, ...query.request } } : query);
  const asked = askedRequest(way === undefined ? named : { ...named, to: { ...query.to, port: way.port } }, query.from.principal ?? null, workload);
  const attached = policiesFor(mesh, workload);
  // A2.16: behind a waypoint the pod's sidecar reads tokens, too.
  const readAtPod = way?.waypoint === undefined || isSidecar(workload) ? tokenRules(attached.requestAuthentication, mesh.config) : [];
  const rules = [...(way?.waypoint === undefined ? [] : tokenRules(policiesAtWaypoint(mesh, way.waypoint, way.service).requestAuthentication, mesh.config)), ...readAtPod];
  const met: AskedRequest = fromAmbient && !tunnelled ? { ...asked, principal: null, sni: null } : asked;
  const handling = way?.waypoint !== undefined ? handleTunnel(addressedProtocol(way.service, query.to.port), asked.protocol) : tunnelled ? handleTunnel(protocolOf(workload, asked.port), asked.protocol) : handleConnection(protocolOf(workload, asked.port), modeAt(effectiveMtls(mesh, attached), asked.port).mode, { protocol: met.protocol, identity: met.principal !== null });
  if (behindEnvoy && asked.protocol === 'http' && handling.outcome === 'chain' && handling.chain === 'http' && refusedAsHttp(asked) !== undefined) return undefined;
  const sent = withToken(asked.raw);
  const point = new Map<Dimension, Value>([
    ['peer', asked.principal],
    ['source.ip', asked.sourceIp],
    ['remote.ip', remoteAddress(asked.raw.headers, asked.sourceIp)],
    ['destination.ip', asked.destinationIp],
    ['port', asked.port],
    ['address', way?.address ?? null],
    ['protocol', asked.protocol],
    ['sni', asked.sni],
    ['host', asked.host],
    ['method', asked.raw.method],
    ['path', asked.raw.path],
    ['path.query', pathWithQuery(sent.path, mesh)],
    ['token', null],
  ]);
  for (const [name, value] of sent.headers) point.set(`header:${name}`, value);
  const { pod } = query.from;
  if (pod !== undefined) {
    point.set('peer', { principal: asked.principal, namespace: pod.namespace, namespaceLabels: pod.namespaceLabels ?? {} });
    for (const [key, value] of Object.entries(pod.labels)) point.set(`pod-label:${key}`, value);
  }
  point.set('transport', query.request.protocol === 'udp' ? 'UDP' : query.request.protocol === 'sctp' ? 'SCTP' : 'TCP');
  setToken(point, asked, rules, query.given ?? {});
  const meetings: readonly Meeting[] = way?.waypoint === undefined
    ? [{ seat: sidecarSeat(mesh, workload, attached, tunnelled), met, handling, conditions: posture.conditions }]
    : throughWaypoint(mesh, workload, { seat: waypointSeat(mesh, way.waypoint, way.service), met, handling }, [...posture.waypoints.values()].filter(({ address }) => address === way.address));
  for (const [dimension, holds] of conditionsMet(mesh, meetings, query.given ?? {})) point.set(dimension, holds);
  return point;
}

/** The waypoint meets the client, the pod's sidecar meets the waypoint (A2.16). */
function throughWaypoint(mesh: Mesh, workload: Workload, front: Omit<Meeting, 'conditions'>, ways: readonly AddressedWaypoint[]): readonly Meeting[] {
  const attached = policiesFor(mesh, workload);
  const tunnelled = takesTunnels(mesh, workload);
  const { protocol, port } = front.met;
  const behind: Omit<Meeting, 'conditions'> = {
    seat: sidecarSeat(mesh, workload, attached, tunnelled),
    met: { ...front.met, principal: tunnelled ? front.seat.identity : null },
    handling: tunnelled ? handleTunnel(protocolOf(workload, port), protocol) : handleConnection(protocolOf(workload, port), modeAt(effectiveMtls(mesh, attached), port).mode, { protocol, identity: false }),
  };
  return ways.flatMap(({ conditions }) => [{ ...front, conditions: conditions.front }, { ...behind, conditions: conditions.behind }]);
}

/** What an ambient client addresses: the pod's port behind it, and the waypoint before it. */
function wayAsked(mesh: Mesh, workload: Workload, query: Query, posture: DestinationPosture): { readonly address: string | null; readonly port: number; readonly service: Addressable | undefined; readonly waypoint: Waypoint | undefined } | undefined {
  const destination = addressed(mesh, query);
  if ('missing' in destination) return undefined;
  const port = destination.pods.find((pod) => pod.workload.id === workload.id)?.port ?? query.to.port;
  const { service } = destination;
  const address = service === undefined ? podAddress : `${hostsOf(service)[0] ?? ''}:${String(query.to.port)}`;
  const client = clientOf(mesh, query, query.given ?? {});
  const through = 'mode' in client && client.mode === 'ambient' && query.from.direct !== true;
  const waypoint = through ? [...posture.waypoints.values()].find((way) => way.address === address)?.waypoint : undefined;
  const past = 'mode' in client && client.mode === 'ambient' && query.from.principal != null ? pastWaypoints : null;
  return { address: through ? address : past, port, service, waypoint };
}
