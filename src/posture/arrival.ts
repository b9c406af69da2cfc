/** Who calls, and how the connection looks to its destination (M46 to M52). */
import { ofKind } from '#mesh/attachment.ts';
import { membershipOf } from '#mesh/membership.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { outboundWay, type OutboundWay } from '#mesh/outbound-capture.ts';
import { isWorkload, podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { servicesOf } from '#mesh/services.ts';
import { isWaypoint } from '#mesh/waypoints.ts';
import { workloadNamed } from './addressed.ts';
import type { Missing } from './addressed.ts';
import { autoMutualTls, writtenClientTls } from './client-tls.ts';
import type { Given } from './envoy.ts';
import type { Query } from './query.ts';

export interface Arrival {
  /** `null`: plaintext, or TLS of the client's own. */
  readonly principal: string | null;
  /** In a tunnel (HBONE) of the mesh. */
  readonly tunnelled: boolean;
}

/** How the connection looks is not in the manifests. */
export interface OpenArrival extends Missing {
  /** All that it may be; absent: not told. */
  readonly either?: readonly Arrival[];
}

export interface Client {
  /** How it takes part in the mesh; `none`: it does not. */
  readonly mode: 'sidecar' | 'ambient' | 'gateway' | 'none';
  readonly identity: string | null;
  /** The declared workload that calls, where one is named. */
  readonly workload: Workload | undefined;
}

const anonymous: Arrival = { principal: null, tunnelled: false };

export function clientOf(mesh: Mesh, query: Query, given: Given): Client | Missing {
  const { from } = query;
  if (from.outside === true) return { rule: 'M130', missing: 'which gateway the client comes through' };
  if (from.workload === undefined) {
    const identity = from.principal ?? null;
    return { mode: identity === null ? 'none' : (from.client ?? (from.direct === true || hasAmbient(mesh) ? 'ambient' : 'sidecar')), identity, workload: undefined };
  }
  const workload = workloadNamed(mesh, from.workload);
  if (workload === undefined) return { rule: 'R28', missing: `the calling workload \`${from.workload}\`` };
  const mode = worldOf(workload, given);
  if (mode === undefined) return { rule: 'R24', missing: `enrolment:${workload.namespace}` };
  return { mode, identity: mode === 'none' ? null : `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`, workload };
}

/** The world that is true or given; `undefined`: not known. */
export function worldOf({ enrolment }: Pick<Workload, 'enrolment'>, given: Given): Client['mode'] | undefined {
  if (enrolment.mode !== 'unknown') return enrolment.mode;
  const told = given[enrolment.assumption];
  return told === undefined ? undefined : told ? enrolment.inWorld : 'none';
}

/** What the client calls. */
export interface Called {
  /** By a name, behind which its sidecar knows the pods. */
  readonly byName: boolean;
  /** The name is one for the pods' own addresses (M49). */
  readonly headless?: boolean;
  /** Of the name, or of the pod itself. */
  readonly port: number;
}

/** How the client reaches a pod that is enrolled in this way. */
export function arrivalAt(mesh: Mesh, client: Client, pod: PodPort, into: 'sidecar' | 'ambient', called: Called): Arrival | OpenArrival {
  const { mode, identity } = client;
  if (mode === 'none' || identity === null) return anonymous;
  if (mode !== 'sidecar' || client.workload === undefined) return proxiedArrival(mesh, client, identity, pod, into, called);
  const way = wayOut(mesh, client.workload, pod, called);
  if (way.way === 'around') return anonymous;
  const proxied = proxiedArrival(mesh, client, identity, pod, into, called);
  return way.way === 'through' || 'missing' in proxied ? proxied : { rule: way.rule, missing: way.because, either: [proxied, anonymous] };
}

/** What a pod sees of a call that the client's sidecar makes so. */
export function arrivalOf({ identity }: Client, into: 'sidecar' | 'ambient', sends: 'mtls' | 'plaintext' | 'passthrough'): Arrival {
  return sends === 'mtls' && identity !== null ? { principal: identity, tunnelled: into === 'ambient' } : anonymous;
}

/** By the client's own proxy. */
function proxiedArrival(mesh: Mesh, { mode, workload }: Client, identity: string, pod: PodPort, into: 'sidecar' | 'ambient', called: Called): Arrival | OpenArrival {
  const tunnel: Arrival = { principal: identity, tunnelled: true };
  if (into === 'ambient') {
    const open = mode === 'sidecar' && workload !== undefined && called.headless === true;
    if (open) return { rule: 'M51', missing: `whether the sidecar of \`${workload.id}\` makes a tunnel to \`${pod.workload.id}\`, whose Service has no address of its own`, either: [tunnel, anonymous] };
    // M51: a sidecar sends HBONE to ambient pods of a Service, plaintext to a bare pod address.
    return mode === 'ambient' || workload === undefined || called.byName ? tunnel : anonymous;
  }
  // M52: ztunnel calls a sidecar that takes no HBONE in plaintext.
  if (mode === 'ambient') return takesTunnels(mesh, pod.workload) ? tunnel : anonymous;
  if (workload === undefined) return { principal: identity, tunnelled: false };
  const written = mode === 'sidecar' ? writtenClientTls(mesh, workload, pod.workload, pod.port) : ({ sends: 'auto' } as const);
  if ('undecided' in written) return { rule: 'M34', missing: `which TLS \`${workload.id}\` uses: \`${written.undecided}\` may decide it` };
  const mutual = written.sends === 'auto' ? autoMutualTls(mesh, pod.workload, pod.port) : written.sends === 'mutual';
  return { principal: mutual ? identity : null, tunnelled: false };
}

export interface PodPort {
  readonly workload: Workload;
  readonly port: number;
}

/** Whether the client's sidecar meets the call at all: a pod is called by the names that lead to its port, whose ports they have, or by its own where none does (M69, M72). */
export function wayOut(mesh: Mesh, client: Workload, pod: PodPort, called: Called): OutboundWay {
  const ports = called.byName ? [called.port] : portsCalled(mesh, pod);
  const ways = ports.map((port) => outboundWay(mesh, client, port, undefined));
  const [first] = ways;
  if (first === undefined || ways.every(({ way }) => way === first.way)) return first ?? { way: 'through' };
  const around = ways.find(({ way }) => way !== 'through') ?? first;
  return { way: 'unknown', rule: 'M69', because: `by which Service \`${pod.workload.id}\` is called: ${'because' in around ? around.because : ''}` };
}

function portsCalled(mesh: Mesh, { workload, port }: PodPort): readonly number[] {
  const named = servicesOf(mesh, workload).flatMap((service) => (service.kind === 'Service' ? service.spec.ports.filter((entry) => targetPortOf(podSpecOf(workload), entry) === port).map((entry) => entry.port) : []));
  return named.length === 0 ? [port] : [...new Set(named)];
}

/** M52: the pod's label, which the injector sets where the install's sidecars take tunnels. */
export function takesTunnels(mesh: Mesh, { labels, resource }: Workload): boolean {
  const own = labels['networking.istio.io/tunnel'];
  if (own !== undefined && own !== '') return own === 'http';
  if (mesh.world === 'closed' && resource !== undefined && isWorkload(resource)) return membershipOf(mesh, resource).hbone === true;
  return mesh.config.sidecarHbone !== false;
}

const ambientMeshes = new WeakMap<Mesh, boolean>();

/** Some pod is in ambient, or a waypoint waits for such clients: a bare identity then means an ambient client. */
export function hasAmbient(mesh: Mesh): boolean {
  const known = ambientMeshes.get(mesh);
  if (known !== undefined) return known;
  const fresh = ofKind(mesh, 'KubernetesGateway').some((gateway) => isWaypoint(mesh, gateway)) || [...mesh.workloads.values()].some(({ enrolment }) => enrolment.mode === 'ambient' || (enrolment.mode === 'unknown' && enrolment.inWorld === 'ambient'));
  ambientMeshes.set(mesh, fresh);
  return fresh;
}
