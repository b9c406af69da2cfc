/** The network layer of one question: its two ends as NetworkPolicies see them, and the answer in front of every proxy. */
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf } from '#mesh/ports.ts';
import { namespaceAssumed, namespaceReader } from '#semantics/namespace-labels.ts';
import { portNameDimension } from '#semantics/network-lowering.ts';
import { decidePacket, untouched } from '#semantics/network-policy.ts';
import type { End, NetworkAnswer, PodEnd, Transport } from '#semantics/network-policy.ts';
import { networkWorldOf } from '#semantics/network-world.ts';
import { parseIp } from '#sets/ip.ts';
import { identityParts } from '#sets/matches.ts';
import type { Query } from './query.ts';

/** Port on which meshed traffic of ambient pods arrives (M142). */
export const hbonePort = 15008;

/** Addresses of pods that nobody tells: in the range that clusters give to pods, which policies leave out of `0.0.0.0/0` by private blocks. */
export const someSourcePod = '10.244.0.1';
export const someDestinationPod = '10.244.0.2';

export interface NetworkQuestion {
  readonly mesh: Mesh;
  readonly query: Query;
  /** The pod that is asked about; `undefined`: an address outside the cluster. */
  readonly destination: Workload | undefined;
  /** As it is on the wire. */
  readonly port: number;
  /** Workloads that `from` may mean: the named one, or those that present the named identity. */
  readonly callers: () => readonly Workload[];
}

export function isDatagram({ request }: Query): boolean {
  return request.protocol === 'udp' || request.protocol === 'sctp';
}

export function transportOf(protocol: Query['request']['protocol']): Transport {
  return protocol === 'udp' ? 'UDP' : protocol === 'sctp' ? 'SCTP' : 'TCP';
}

/** One answer for all that the question may mean; `passes: undefined` where they differ or something decisive is not told. */
export function networkAnswer(question: NetworkQuestion): NetworkAnswer {
  const { mesh, query } = question;
  const world = networkWorldOf(mesh);
  if (world.empty) return untouched;
  const destination = destinationEnd(question);
  // The name is of the port that is asked for: in a tunnel another one is on the wire.
  const portNamed = (name: string): boolean | undefined => (question.port === query.to.port ? query.given?.[portNameDimension(name)] : false);
  const answers = sourceEnds(question, question.callers()).map((source) => decidePacket(world, { source, destination, port: question.port, transport: transportOf(query.request.protocol), portNamed }));
  const different: NetworkAnswer = { passes: undefined, governed: true, by: [], rule: 'M139', because: `the pods with the identity \`${String(query.from.principal)}\` are answered differently: say which calls in \`from.pod\`` };
  return answers.reduce((one, other) => (one.passes === other.passes ? one : different));
}

function destinationEnd({ mesh, query, destination }: NetworkQuestion): End {
  const address = parseIp(query.to.ip ?? '');
  if (destination === undefined) return address === undefined ? { type: 'somebody' } : { type: 'outside', address };
  const pod = podOf(mesh, destination, address ?? parseIp(someDestinationPod));
  return pod.type === 'pod' ? { ...pod, namespaceAssumed: namespaceAssumed(pod.namespace, query.given) } : pod;
}

function sourceEnds({ mesh, query }: NetworkQuestion, callers: readonly Workload[]): readonly End[] {
  const { from } = query;
  const address = parseIp(from.ip ?? '');
  const podAddress = address ?? parseIp(someSourcePod);
  if (from.pod !== undefined) {
    const { namespace, labels, namespaceLabels } = from.pod;
    return [{ type: 'pod', namespace, namespaceLabel: namespaceReader(mesh, namespace, namespaceLabels), labels, ports: undefined, address: podAddress }];
  }
  if (callers.length > 0) return callers.map((workload) => podOf(mesh, workload, podAddress));
  if (typeof from.principal === 'string') {
    const namespace = identityParts(from.principal)?.namespace;
    // An identity of another shape is no pod's.
    if (namespace === undefined && address !== undefined) return [{ type: 'outside', address }];
    return [namespace === undefined ? { type: 'somebody' } : { type: 'pod', namespace, namespaceLabel: namespaceReader(mesh, namespace), labels: undefined, ports: undefined, address: podAddress }];
  }
  return [address === undefined ? { type: 'somebody' } : { type: 'outside', address }];
}

/** A pod in the node's network is the node to a policy, as its subject and as a peer: plugins differ, so nothing is told of it (M140). */
function podOf(mesh: Mesh, workload: Workload, address: bigint | undefined): End {
  const spec = podSpecOf(workload);
  if (spec?.hostNetwork === true) return { type: 'somebody' };
  const pod: PodEnd = {
    type: 'pod',
    namespace: workload.namespace,
    namespaceLabel: namespaceReader(mesh, workload.namespace),
    labels: workload.labels,
    ports: spec === undefined ? undefined : [...spec.containers, ...spec.initContainers.filter((container) => container.restartPolicy === 'Always')].flatMap((container) => container.ports),
    address,
  };
  return pod;
}
