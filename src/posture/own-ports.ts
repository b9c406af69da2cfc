/**
 * Ports of the sidecar itself (health, metrics, tunnels): no policy acts there (M155), so a comparison of policies does not speak of
 * them. NetworkPolicies see them as any port.
 */
import { proxyPorts } from '#mesh/capture.ts';
import { isSidecar } from '#mesh/enrolment.ts';
import type { Workload } from '#mesh/model.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import { isProxyPort } from './pod.ts';

function portsOf(workloads: readonly Workload[]): readonly number[] {
  const behind = workloads.filter(isSidecar);
  return behind.length === 0 ? [] : [...proxyPorts].filter((port) => behind.every((workload) => isProxyPort(workload, port)));
}

const noCubes: readonly Cube[] = [];

/** By the ports, of which there are few: nearly all comparisons share one list, whose texts and order are then known. */
const known = new Map<string, readonly Cube[]>();

/** Requests that a comparison of the two does not speak of. `mixed`: clients in ambient come in tunnels, which meet the policies at every port. */
export function toOwnPorts(workloads: readonly Workload[], mixed: boolean): readonly Cube[] {
  const ports = portsOf(workloads);
  if (ports.length === 0) return noCubes;
  const key = `${mixed ? 'mixed' : 'sidecars'} ${ports.join(' ')}`;
  const same = known.get(key);
  if (same !== undefined) return same;
  const fresh = freshOwnPorts(ports, mixed);
  known.set(key, fresh);
  return fresh;
}

function freshOwnPorts(ports: readonly number[], mixed: boolean): readonly Cube[] {
  const own: Predicate = { dimension: 'port', any: ports.map((value) => ({ type: 'number', value })), none: [] };
  if (!mixed) return [{ predicates: [own], origins: [] }];
  return [
    { predicates: [own, { dimension: 'address', any: [{ type: 'absent' }], none: [] }], origins: [] },
    { predicates: [own, { dimension: 'peer', any: [], none: [{ type: 'identified' }] }], origins: [] },
  ];
}

/** The same where the network alone decides: both sides have the ports. */
export function unguardedOwnPorts(workloads: readonly Workload[], mixed: boolean): readonly Cube[] {
  return workloads.every(isSidecar) ? toOwnPorts(workloads, mixed).map(({ predicates }) => ({ predicates: [...predicates, { dimension: 'transport', any: [{ type: 'one-of', text: 'TCP' }], none: [] }], origins: [] })) : [];
}
