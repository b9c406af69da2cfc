/** Which address an application calls when it calls a name (M49, M102, M109). */
import { hostOf } from '#mesh/hosts.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { addressableNamed } from '#mesh/services.ts';
import type { EgressScope } from '#semantics/outbound/egress-scope.ts';
import { podAddress } from '#semantics/outbound/listeners.ts';
import { anyAddress, endpointsOf, knownServices } from '#semantics/outbound/services.ts';
import { parseIp } from '#sets/ip.ts';
import { workloadNamed } from './addressed.ts';
import type { Missing } from './addressed.ts';
import type { Query } from './query.ts';

export interface CalledAddress {
  /** As `Connection` has it. */
  readonly address: string;
  /** The pod, where the name of a Service without an address leads there. */
  readonly workload: Workload | undefined;
}

/** What the name that the application calls leads to: the Service's own address, one of its pods, the first address of a ServiceEntry, or somewhere outside. */
export function addressesCalled(mesh: Mesh, scope: EgressScope, { to }: Query): readonly CalledAddress[] | Missing {
  if (to.workload !== undefined) {
    const workload = workloadNamed(mesh, to.workload);
    return workload === undefined ? { rule: 'R28', missing: `the workload \`${to.workload}\`` } : [{ address: podAddress(workload.id), workload: undefined }];
  }
  if (to.host !== undefined) return addressesOf(mesh, scope, to.host.toLowerCase().replace(/\.$/, ''), to.port);
  return to.ip === undefined ? { rule: 'A2.2', missing: 'the destination: name a workload, a host or an address' } : [{ address: to.ip, workload: undefined }];
}

function addressesOf(mesh: Mesh, scope: EgressScope, name: string, port: number, seen: readonly string[] = []): readonly CalledAddress[] | Missing {
  if (parseIp(name) !== undefined) return [{ address: name, workload: undefined }];
  const host = fullName(mesh, name);
  const service = scope.services.get(host) ?? [...knownServices(mesh)].sort((left, right) => Number(left.source.kind !== 'Service') - Number(right.source.kind !== 'Service')).find((candidate) => candidate.host === host);
  if (service === undefined) {
    const inCluster = /\.svc\.cluster\.local$/.test(host);
    return inCluster && mesh.world === 'open' ? { rule: 'M102', missing: `what stands behind the host \`${host}\`` } : [{ address: `outside:${host}`, workload: undefined }];
  }
  const { source } = service;
  if (service.resolution === 'alias' && source.kind === 'Service' && source.spec.externalName !== undefined && !seen.includes(host)) return addressesOf(mesh, scope, source.spec.externalName.toLowerCase(), port, [...seen, host]);
  if (source.kind !== 'Service') return [{ address: service.address === anyAddress ? `outside:${host}` : (service.address.split('/')[0] ?? ''), workload: undefined }];
  if (service.resolution !== 'original') return [{ address: service.address, workload: undefined }];
  const own = knownServices(mesh).find((candidate) => candidate.source === source) ?? service;
  const pods = endpointsOf(mesh, own, own.ports.some(({ number }) => number === port) ? port : (own.ports[0]?.number ?? port));
  const addresses = pods.flatMap(({ workload }) => (workload === undefined ? [] : [{ address: podAddress(workload.id), workload }]));
  return addresses.length === 0 ? { rule: 'M49', missing: `a pod behind \`${host}\`, which has no address of its own` } : addresses;
}

function fullName(mesh: Mesh, name: string): string {
  const found = addressableNamed(mesh, name);
  return found?.kind === 'Service' ? hostOf(found) : name;
}
