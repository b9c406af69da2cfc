/** Where a question leads: the pods behind what it names, with the pod's port (M10, M102). */
import type { Resource } from '#manifests/resource.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { addressableNamed, isHeadless, selectorOf } from '#mesh/services.ts';
import type { Addressable } from '#mesh/waypoints.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { askedPhantom } from './destinations.ts';
import type { Query } from './query.ts';

export interface Pod {
  readonly workload: Workload;
  /** The pod's own port. */
  readonly port: number;
}

export interface Addressed {
  readonly pods: readonly Pod[];
  /** By whose address; `undefined`: the pod's own. */
  readonly service: Addressable | undefined;
  /** Asked for by a name: a client's sidecar then knows what stands behind it. */
  readonly byName: boolean;
}

export interface Missing {
  readonly rule: string;
  readonly missing: string;
}

export function addressed(mesh: Mesh, { to, request }: Query): Addressed | Missing {
  if (to.workload !== undefined) {
    const workload = workloadNamed(mesh, to.workload);
    return workload === undefined ? { rule: 'R28', missing: `the workload \`${to.workload}\`` } : { pods: [{ workload, port: to.port }], service: undefined, byName: false };
  }
  if (to.selector !== undefined) return { pods: [{ workload: askedPhantom(mesh, to.selector.namespace, to.selector.labels), port: to.port }], service: undefined, byName: false };
  if (to.host !== undefined) return behindName(mesh, to.host, to.port, request.protocol === 'udp' ? 'UDP' : request.protocol === 'sctp' ? 'SCTP' : 'TCP');
  return { rule: 'A2.2', missing: 'the destination: name a workload, a host or a selector' };
}

/** By id, or by `namespace/name[Kind]` where the kind is not needed. */
export function workloadNamed(mesh: Mesh, id: string): Workload | undefined {
  const direct = mesh.workloads.get(id);
  if (direct !== undefined) return direct;
  const match = /^(.*)\[(.*)\]$/.exec(id);
  const plain = match === null ? undefined : mesh.workloads.get(match[1] ?? '');
  return plain !== undefined && plain.kind === match?.[2] ? plain : undefined;
}

function behindName(mesh: Mesh, host: string, port: number, transport: string): Addressed | Missing {
  const service = addressableNamed(mesh, host);
  if (service === undefined) return { rule: 'M102', missing: `what stands behind the host \`${host}\`` };
  const target = service.kind === 'Service' ? serviceTarget(service, port, transport) : entryTarget(service, port);
  if (target === undefined) return { rule: 'M102', missing: `a port ${String(port)} of \`${host}\`` };
  const pods = selectedBy(mesh, service).flatMap((workload): Pod[] => {
    const podPort = target(workload);
    return podPort === undefined ? [] : [{ workload, port: podPort }];
  });
  // M49: a Service without an address is only a name for its pods' addresses.
  return { pods, service: isHeadless(service) ? undefined : service, byName: true };
}

export function selectedBy(mesh: Mesh, service: Addressable): readonly Workload[] {
  const selector = selectorOf(service);
  return selector === undefined ? [] : workloadsWith(mesh, service.namespace ?? 'default', selector);
}

type Target = (workload: Workload) => number | undefined;

/** A number that the Service has for another transport leads nowhere. */
function serviceTarget(service: Resource<'Service'>, port: number, transport: string): Target | undefined {
  const declared = service.spec.ports.find((candidate) => candidate.port === port && candidate.protocol === transport);
  return declared === undefined ? undefined : (workload) => targetPortOf(podSpecOf(workload), declared);
}

function entryTarget(entry: Resource<'ServiceEntry'>, port: number): Target | undefined {
  const declared = entry.spec.ports.find((candidate) => candidate.number === port);
  return declared === undefined ? undefined : () => (declared.targetPort === 0 ? declared.number : declared.targetPort);
}
