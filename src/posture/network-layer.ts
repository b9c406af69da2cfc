/** The network in front of the proxies (M143): both must let a request pass, and the one that stops it first answers. */
import type { Mesh, Workload } from '#mesh/model.ts';
import { networkWorldOf } from '#semantics/network-world.ts';
import { workloadsPresenting } from './callers.ts';
import { hasNetwork } from './network-paths.ts';
import { isDatagram, networkAnswer } from './network.ts';
import type { Decision, Query, Step } from './query.ts';

export interface Behind {
  readonly mesh: Mesh;
  readonly workload: Workload;
  readonly query: Query;
  /** The workload that `from.workload` names. */
  readonly client: Workload | undefined;
  /** As it is on the wire (M142). */
  readonly port: number;
  /** The answer of the proxies. */
  readonly decide: () => Decision;
}

export function throughNetwork({ mesh, workload, query, client, port, decide }: Behind): Decision {
  const behind: Decision = isDatagram(query) ? { verdict: 'allow', layer: 'none', by: [], enforcedAt: 'none', because: [{ rule: 'M69', text: `\`${query.request.protocol}\` does not go through a proxy` }] } : decide();
  if (!hasNetwork(workload)) return behind;
  const network = networkAnswer({ mesh, query, destination: workload, port: isDatagram(query) ? query.to.port : port, callers: () => callersOf(mesh, query, client) });
  const step = stepOf(network);
  if (network.passes === false) return { verdict: 'deny', layer: 'network-policy', by: network.by, enforcedAt: 'none', because: [step] };
  if (behind.verdict === 'deny') return network.passes === true && !networkWorldOf(mesh).empty ? { ...behind, because: [step, ...behind.because] } : behind;
  if (network.passes === undefined) return { verdict: 'unknown', rule: network.rule, missing: network.because, because: [step] };
  const because = network.governed || !networkWorldOf(mesh).empty ? [step, ...behind.because] : behind.because;
  if (behind.verdict === 'allow' && behind.layer === 'none' && (network.governed || !anyInMesh(mesh))) return { ...behind, layer: 'network-policy', by: network.by, because };
  return because === behind.because ? behind : { ...behind, because };
}

/** To an address outside the cluster: the caller's own egress, which is all there is for a pod outside the mesh. */
export function decideOutbound(mesh: Mesh, query: Query, client: Workload | undefined): Decision {
  const callers = callersOf(mesh, query, client);
  const network = networkAnswer({ mesh, query, destination: undefined, port: query.to.port, callers: () => callers });
  const step = stepOf(network);
  if (network.passes === false) return { verdict: 'deny', layer: 'network-policy', by: network.by, enforcedAt: 'none', because: [step] };
  if (network.passes === undefined) return { verdict: 'unknown', rule: network.rule, missing: network.because, because: [step] };
  if (!isDatagram(query) && callers.some((caller) => caller.enrolment.mode !== 'none')) return { verdict: 'unknown', rule: 'M98', missing: 'what the proxy of the caller does with an address outside the mesh', because: [step] };
  return { verdict: 'allow', layer: 'network-policy', by: network.by, enforcedAt: 'none', because: [step] };
}

function stepOf(network: ReturnType<typeof networkAnswer>): Step {
  return { rule: network.rule, text: network.because, ...(network.by[0] === undefined ? {} : { by: network.by[0] }) };
}

/** The workloads that the question may mean as the caller; none where it names a pod, nobody, or somebody undeclared. */
function callersOf(mesh: Mesh, { from }: Query, client: Workload | undefined): readonly Workload[] {
  if (from.pod !== undefined) return [];
  if (from.workload !== undefined) return client === undefined ? [] : [client];
  return typeof from.principal === 'string' ? workloadsPresenting(mesh, from.principal) : [];
}

const populated = new WeakMap<Mesh, boolean>();
const meshKinds: ReadonlySet<string> = new Set(['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication']);

/** Where nothing takes part in a mesh, the network is the only layer, and the last to let a packet pass. */
function anyInMesh(mesh: Mesh): boolean {
  const known = populated.get(mesh);
  if (known !== undefined) return known;
  const fresh = [...mesh.workloads.values()].some((workload) => workload.enrolment.mode !== 'none') || [...mesh.resources.keys()].some((kind) => meshKinds.has(kind));
  populated.set(mesh, fresh);
  return fresh;
}

export const networkKinds: ReadonlySet<string> = new Set(['NetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy']);
const bare = new WeakMap<Mesh, Mesh>();

/** The mesh as if no NetworkPolicy stood before it: which of the two layers stops a request is asked with it. */
export function withoutNetwork(mesh: Mesh): Mesh {
  const known = bare.get(mesh);
  if (known !== undefined) return known;
  const fresh: Mesh = { ...mesh, resources: new Map([...mesh.resources].filter(([kind]) => !networkKinds.has(kind))) };
  bare.set(mesh, fresh);
  return fresh;
}
