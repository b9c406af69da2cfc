/**
 * What NetworkPolicies and cluster-wide policies do with one packet, sentence by sentence (M136 to M140, M144, M145): the source's
 * egress and the destination's ingress must both let it pass. Only the first packet of a connection is asked about.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import { distinct } from '#lib/order.ts';
import { everyTold, someTold, type Told } from '#lib/told.ts';
import type { ClusterPeer, ClusterPort, NetworkPeer, NetworkPort, NetworkRule } from '#manifests/network-policy.ts';
import type { ContainerPort } from '#manifests/workload.ts';
import type { Labels } from '#mesh/selection.ts';
import { blockHolds, parseCidr } from '#sets/ip.ts';
import { readerOf, selectionTold, type LabelReader, type LabelSelection, type RequirementReader } from '#sets/label-selection.ts';
import type { NetworkWorld, TierRule, TrafficDirection } from './network-world.ts';

export type Transport = 'TCP' | 'UDP' | 'SCTP';

export interface PodEnd {
  readonly type: 'pod';
  readonly namespace: string;
  /** Labels of the namespace as far as somebody tells. */
  readonly namespaceLabel: LabelReader;
  /** What is assumed of its labels where nobody tells. */
  readonly namespaceAssumed?: RequirementReader;
  /** `undefined`: some pod of the namespace, its labels are not told. */
  readonly labels: Labels | undefined;
  /** Ports of its containers; `undefined`: not told. */
  readonly ports: readonly Pick<ContainerPort, 'name' | 'port' | 'protocol'>[] | undefined;
  /** `undefined`: not told; then no address block that a policy names is surely its own. */
  readonly address: bigint | undefined;
}

/** One end of a packet. `somebody`: nothing is told about it. */
export type End = PodEnd | { readonly type: 'outside'; readonly address: bigint } | { readonly type: 'somebody' };

export interface Packet {
  readonly source: End;
  readonly destination: End;
  /** The destination pod's port as it is on the wire. */
  readonly port: number;
  readonly transport: Transport;
  /** Whether the asked port is the one that a pod of unknown ports calls so. */
  readonly portNamed?: (name: string) => Told;
}

export interface NetworkAnswer {
  readonly passes: Told;
  /** Some policy acted on one of the ends. */
  readonly governed: boolean;
  /** Policies whose rule lets the packet pass; where it is refused, those that refuse it (M136: by isolating the pod). */
  readonly by: readonly string[];
  readonly rule: string;
  readonly because: string;
}

/** Where no policy of any kind is, whoever calls. */
export const untouched: NetworkAnswer = { passes: true, governed: false, by: [], rule: 'M136', because: 'no NetworkPolicy isolates either end' };

export function decidePacket(world: NetworkWorld, packet: Packet): NetworkAnswer {
  if (world.empty) return untouched;
  const answers = [directionAnswer(world, 'egress', packet), directionAnswer(world, 'ingress', packet)];
  const refusing = answers.find((answer) => answer.passes === false);
  if (refusing !== undefined) return refusing;
  const open = answers.find((answer) => answer.passes === undefined);
  if (open !== undefined) return open;
  const governing = answers.filter((answer) => answer.governed);
  const last = governing.at(-1);
  return last === undefined ? untouched : { ...last, by: distinct(governing.flatMap((answer) => answer.by)), because: governing.map((answer) => answer.because).join('; ') };
}

function directionAnswer(world: NetworkWorld, direction: TrafficDirection, packet: Packet): NetworkAnswer {
  const subject = direction === 'ingress' ? packet.destination : packet.source;
  // M139: nothing outside the cluster is a subject. A caller about whom nothing is told is one that got its packet out.
  if (subject.type !== 'pod' || subject.labels === undefined) return untouched;
  const admin = tierAnswer(world.tier('Admin', direction), direction, subject, packet);
  if (admin.verdict === undefined) return { passes: undefined, governed: true, by: admin.by, rule: 'M145', because: `whether ${listed(admin.by)} acts on the ${direction} is not told` };
  if (admin.verdict === 'Accept' || admin.verdict === 'Deny') return { passes: admin.verdict === 'Accept', governed: true, by: admin.by, rule: 'M145', because: `${listed(admin.by)} ${admin.verdict === 'Accept' ? 'accepts' : 'denies'} the ${direction} before any NetworkPolicy` };
  const isolating = world.isolating(direction, subject.namespace, subject.labels);
  if (isolating.length > 0) {
    const names = isolating.map((policy) => policy.id);
    const told = isolating.map((policy) => ({ id: policy.id, passes: someTold(policy.rules, (rule) => ruleTold(rule, policy.namespace, direction, packet)) }));
    const allowing = told.filter((entry) => entry.passes === true).map((entry) => entry.id);
    if (allowing.length > 0) return { passes: true, governed: true, by: distinct(allowing), rule: 'M138', because: `a rule of ${listed(allowing)} lets the ${direction} pass` };
    if (told.some((entry) => entry.passes === undefined)) {
      const open = told.filter((entry) => entry.passes === undefined).map((entry) => entry.id);
      return { passes: undefined, governed: true, by: distinct(open), rule: 'M139', because: `whether a rule of ${listed(open)} holds for this ${direction} is not told` };
    }
    return { passes: false, governed: true, by: distinct(names), rule: 'M136', because: `${listed(names)} ${names.length === 1 ? 'isolates' : 'isolate'} the pod for ${direction} and no rule lets the packet pass` };
  }
  // M145: the baseline is asked only where no NetworkPolicy isolates the pod.
  const baseline = tierAnswer(world.tier('Baseline', direction), direction, subject, packet);
  if (baseline.verdict === undefined) return { passes: undefined, governed: true, by: baseline.by, rule: 'M145', because: `whether ${listed(baseline.by)} acts on the ${direction} is not told` };
  if (baseline.verdict === 'Pass') return untouched;
  return { passes: baseline.verdict === 'Accept', governed: true, by: baseline.by, rule: 'M145', because: `${listed(baseline.by)} ${baseline.verdict === 'Accept' ? 'accepts' : 'denies'} the ${direction} as the baseline` };
}

function listed(ids: readonly string[]): string {
  return distinct(ids).map((id) => `\`${id}\``).join(', ');
}

/** M138: ports AND peers; an empty list means any. */
function ruleTold(rule: NetworkRule, namespace: string, direction: TrafficDirection, packet: Packet): Told {
  const other = direction === 'ingress' ? packet.source : packet.destination;
  return everyTold<() => Told>(
    [
      () => (rule.ports.length === 0 ? true : someTold(rule.ports, (port) => portTold(port, packet))),
      () => (rule.peers.length === 0 ? true : someTold(rule.peers, (peer) => peerTold(peer, namespace, other))),
    ],
    (part) => part(),
  );
}

/** M140: TCP unless it says otherwise; a name is the destination pod's own. */
function portTold(port: NetworkPort, packet: Packet): Told {
  if (port.protocol !== packet.transport) return false;
  if (port.port === undefined) return true;
  if (typeof port.port === 'number') return packet.port >= port.port && packet.port <= (port.endPort ?? port.port);
  return namedTold(port.port, packet);
}

function namedTold(name: string, { destination, port, transport, portNamed }: Packet): Told {
  if (destination.type === 'outside') return false;
  if (destination.type === 'somebody' || destination.ports === undefined) return portNamed?.(name);
  return destination.ports.some((candidate) => candidate.name === name && candidate.port === port && candidate.protocol === transport);
}

/** M139. A peer that names nothing is refused by the API and matches nothing. */
function peerTold(peer: NetworkPeer, namespace: string, other: End): Told {
  if (peer.ipBlock !== undefined) {
    const { cidr, except } = peer.ipBlock;
    return everyTold<() => Told>([() => blockTold(cidr, other), () => not(someTold(except, (entry) => blockTold(entry, other)))], (part) => part());
  }
  const { podSelector, namespaceSelector } = peer;
  if (podSelector === undefined && namespaceSelector === undefined) return false;
  if (other.type === 'outside') return false;
  if (other.type === 'somebody') return undefined;
  return everyTold<() => Told>(
    [
      () => (namespaceSelector === undefined ? other.namespace === namespace : namespaceTold(namespaceSelector, other)),
      () => (podSelector === undefined ? true : podTold(podSelector, other)),
    ],
    (part) => part(),
  );
}

function namespaceTold(selector: LabelSelection, pod: PodEnd): Told {
  return selectionTold(selector, pod.namespaceLabel, pod.namespaceAssumed);
}

function podTold(selector: LabelSelection, pod: PodEnd): Told {
  return selectionTold(selector, pod.labels === undefined ? () => undefined : readerOf(pod.labels));
}

function blockTold(cidr: string, end: End): Told {
  if (end.type === 'somebody' || end.address === undefined) return undefined;
  const block = parseCidr(cidr);
  return block !== undefined && blockHolds(block, end.address);
}

function not(told: Told): Told {
  return told === undefined ? undefined : !told;
}

interface TierAnswer {
  /** `Pass`: nothing of the tier decides. `undefined`: not told. */
  readonly verdict: 'Accept' | 'Deny' | 'Pass' | undefined;
  readonly by: readonly string[];
}

/** M145: the first rule that matches decides; what is not told about an earlier one is told of no later one. */
function tierAnswer(rules: readonly TierRule[], direction: TrafficDirection, subject: PodEnd, packet: Packet): TierAnswer {
  const other = direction === 'ingress' ? packet.source : packet.destination;
  for (const { id, subject: scope, rule } of rules) {
    const matched = everyTold<() => Told>(
      [
        () => clusterPeerTold(scope, subject),
        () => (rule.ports === undefined ? true : someTold(rule.ports, (port) => clusterPortTold(port, packet))),
        () => someTold(rule.peers, (peer) => clusterPeerTold(peer, other)),
      ],
      (part) => part(),
    );
    if (matched === false) continue;
    return { verdict: matched === undefined || rule.action === 'unknown' ? undefined : rule.action, by: [id] };
  }
  return { verdict: 'Pass', by: [] };
}

function clusterPeerTold(peer: ClusterPeer, end: End): Told {
  switch (peer.type) {
    case 'namespaces':
      return end.type === 'outside' ? false : end.type === 'somebody' ? undefined : namespaceTold(peer.namespaces, end);
    case 'pods':
      if (end.type !== 'pod') return end.type === 'outside' ? false : undefined;
      return everyTold<() => Told>([() => namespaceTold(peer.namespaces, end), () => podTold(peer.pods, end)], (part) => part());
    case 'networks':
      return someTold(peer.networks, (cidr) => blockTold(cidr, end));
    case 'nodes':
    case 'domain-names':
      // A pod is neither; which addresses are, no manifest tells.
      return end.type === 'pod' ? false : undefined;
    case 'unknown':
      return undefined;
  }
}

function clusterPortTold(port: ClusterPort, packet: Packet): Told {
  switch (port.type) {
    case 'range':
      return port.protocol === packet.transport && packet.port >= port.start && packet.port <= port.end;
    case 'name':
      return namedTold(port.name, packet);
    case 'unknown':
      return undefined;
  }
}
