/**
 * What a sidecar takes each inbound port for: the protocol that the Services selecting the pod declare for it (A4.4).
 */
import { compareBy } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { AnyResource, Resource } from '#manifests/resource.ts';
import type { ServicePort } from '#manifests/service.ts';
import type { WorkloadSpec } from '#manifests/workload.ts';
import type { PortProtocol, Workload } from './model.ts';

export interface DeclaredPort {
  readonly port: number;
  readonly protocol: PortProtocol;
  /** The Service (or Sidecar) that declares it. */
  readonly declaredBy: string;
}

const httpNames = new Set(['http', 'http2', 'grpc', 'grpc-web', 'http_proxy']);
/** `hbone` is none of them: a sidecar looks at what is spoken there (recorded). */
const tcpNames = new Set(['tcp', 'tls', 'https', 'mongo', 'redis', 'mysql']);
/** Ports that are TCP where nothing names a protocol: SMTP, DNS, MySQL, MongoDB. */
const wellKnownTcp = new Set([25, 53, 3306, 27017]);
const kubernetesNames: Readonly<Record<string, PortProtocol>> = { 'kubernetes.io/h2c': 'http', 'kubernetes.io/ws': 'http', 'kubernetes.io/wss': 'tcp' };

/**
 * `appProtocol` wins over the name; the name counts up to its first `-`, without regard to case; `grpc-web` is looked for first (A4.4).
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
export function portProtocol(port: Pick<ServicePort, 'name' | 'port' | 'protocol' | 'appProtocol'>): PortProtocol {
  if (port.protocol !== 'TCP') return 'udp';
  const named = port.appProtocol ?? port.name;
  const kubernetes = port.appProtocol === undefined ? undefined : kubernetesNames[port.appProtocol];
  if (kubernetes !== undefined) return kubernetes;
  return namedProtocol(named) ?? (wellKnownTcp.has(port.port) ? 'tcp' : 'auto');
}

/** Protocol of a name such as `http-web`, `GRPC`, `tcp`; `undefined` where the name says nothing. */
export function namedProtocol(name: string): PortProtocol | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith('grpc-web')) return 'http';
  const head = lower.split('-', 1)[0] ?? '';
  if (httpNames.has(head)) return 'http';
  if (tcpNames.has(head)) return 'tcp';
  if (head === 'udp') return 'udp';
  return undefined;
}

/** Oldest first: 0 for what the base side has before 1 for what the head adds, whatever their times say (as M15b has it for policies). */
function generation(service: Resource<'Service'>, seniors: ReadonlySet<string> | undefined): number {
  return seniors === undefined || seniors.has(resourceId(service)) ? 0 : 1;
}

/** Seconds since the epoch; objects without a time are as young as can be, all of the same second. */
export function creationSecond(timestamp: string | undefined): number {
  const time = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : Math.floor(time / 1000);
}

/**
 * The pod's ports that Services declare, ascending: of several Services the oldest decides (A4.4). Of equally old ones the first by name does, and a
 * number goes before a name that resolves to it (recorded).
 * @param spec nothing where no manifest has the pod, then only numbers are told
 * @param services those that select the pod
 * @param seniors ids of what is surely older than all else; nothing: no age is known
 */
export function declaredPorts(spec: WorkloadSpec | undefined, services: readonly Resource<'Service'>[], seniors?: ReadonlySet<string>): readonly DeclaredPort[] {
  const byName = [...services].sort(
    compareBy(
      (service) => service.name,
      (service) => service.namespace ?? '',
    ),
  );
  const candidates = byName.flatMap((service, order) =>
    service.spec.ports.map((port, position) => ({
      service,
      port,
      generation: generation(service, seniors),
      second: creationSecond(service.creationTimestamp),
      named: typeof port.targetPort === 'string' ? 1 : 0,
      order,
      position,
    })),
  );
  candidates.sort(
    compareBy(
      (candidate) => candidate.generation,
      (candidate) => candidate.second,
      (candidate) => candidate.named,
      (candidate) => candidate.order,
      (candidate) => candidate.position,
    ),
  );
  const found = new Map<number, DeclaredPort>();
  for (const { service, port } of candidates) {
    const target = targetPortOf(spec, port);
    if (target === undefined || found.has(target)) continue;
    found.set(target, { port: target, protocol: portProtocol(port), declaredBy: resourceId(service) });
  }
  return [...found.values()].sort(compareBy((port) => port.port));
}

/** The pod template of a declared workload. */
export function podSpecOf(workload: Workload): WorkloadSpec | undefined {
  return workload.resource !== undefined && isWorkload(workload.resource) ? workload.resource.spec : undefined;
}

export const workloadKinds = ['CronJob', 'DaemonSet', 'Deployment', 'Job', 'KnativeService', 'Pod', 'ReplicaSet', 'ReplicationController', 'Rollout', 'StatefulSet'] as const;

export type WorkloadResource = Extract<AnyResource, { kind: (typeof workloadKinds)[number] }>;

/** A manifest that makes pods; a controller without a template says nothing of them. */
export function isWorkload(resource: AnyResource): resource is WorkloadResource {
  return workloadKinds.some((kind) => kind === resource.kind) && (resource as WorkloadResource).spec.hasTemplate;
}

/** Number of the pod's port behind a Service port; a named one is looked up among the containers' ports (M10). */
export function targetPortOf(spec: WorkloadSpec | undefined, port: ServicePort): number | undefined {
  if (typeof port.targetPort === 'number') return port.targetPort;
  const name = port.targetPort;
  for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter((init) => init.restartPolicy === 'Always')]) {
    const match = container.ports.find((candidate) => candidate.name === name && candidate.protocol === port.protocol);
    if (match !== undefined) return match.port;
  }
  return undefined;
}
