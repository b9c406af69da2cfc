/** NetworkPolicy and the cluster-wide policies of the Kubernetes network group (M136 to M145). */
import { addressBlockRule, addressRangeRule, networkPeerRule, networkPortRule } from './network-policy-rules.ts';
import { choiceAt, entriesAt, entriesAtIfAny, fieldsAt, fieldsOr, numberAt, portAt, textAt, textOr, textsAt, textsAtIfAny, type Fields } from './reading.ts';
import { decodeLabelSelector, judgedLabelSelectorShape, labelSelectorShape, type LabelSelector } from './selector.ts';
import { anything, list, numberOrText, object, oneOf, text, whole } from './shape.ts';
import { transportOf } from './workload.ts';

export interface NetworkPolicySpec {
  /** Empty = all pods of the namespace. */
  readonly podSelector: LabelSelector;
  /** With the API's default (M137): Ingress, and Egress iff there is an egress rule. */
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress: readonly NetworkRule[];
  readonly egress: readonly NetworkRule[];
}

/** Ports AND peers; an empty list means any (M138). */
export interface NetworkRule {
  readonly ports: readonly NetworkPort[];
  readonly peers: readonly NetworkPeer[];
}

export interface NetworkPort {
  /** Omitted = TCP. */
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** A name resolves per destination pod (M140); `undefined`: all ports of the protocol. */
  readonly port: number | string | undefined;
  readonly endPort: number | undefined;
}

/** M139: pods of the own namespace, of the namespaces, both ANDed, or addresses. */
export interface NetworkPeer {
  readonly podSelector: LabelSelector | undefined;
  readonly namespaceSelector: LabelSelector | undefined;
  readonly ipBlock: { readonly cidr: string; readonly except: readonly string[] } | undefined;
}

/** ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy in one form (M144, M145). */
export interface ClusterPolicySpec {
  readonly tier: 'Admin' | 'Baseline';
  /** Lower first; 0 for the one baseline policy. */
  readonly priority: number;
  readonly subject: ClusterPeer;
  readonly ingress: readonly ClusterRule[];
  readonly egress: readonly ClusterRule[];
}

export interface ClusterRule {
  readonly name: string;
  /** `Allow` of the older kinds is Accept. `unknown`: a value the API does not know. */
  readonly action: 'Accept' | 'Deny' | 'Pass' | 'unknown';
  readonly peers: readonly ClusterPeer[];
  /** `undefined`: any port of any protocol. */
  readonly ports: readonly ClusterPort[] | undefined;
}

export type ClusterPeer =
  | { readonly type: 'namespaces'; readonly namespaces: LabelSelector }
  | { readonly type: 'pods'; readonly namespaces: LabelSelector; readonly pods: LabelSelector }
  | { readonly type: 'networks'; readonly networks: readonly string[] }
  | { readonly type: 'nodes'; readonly nodes: LabelSelector }
  | { readonly type: 'domain-names'; readonly names: readonly string[] }
  | { readonly type: 'unknown' };

export type ClusterPort =
  | { readonly type: 'range'; readonly protocol: 'TCP' | 'UDP' | 'SCTP'; readonly start: number; readonly end: number }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'unknown' };

const addressRange = text({ rule: addressRangeRule });
const networkPeer = object(
  {
    podSelector: judgedLabelSelectorShape,
    namespaceSelector: judgedLabelSelectorShape,
    ipBlock: object({ cidr: addressRange, except: list(addressRange) }, { required: ['cidr'], rule: addressBlockRule }),
  },
  { rule: networkPeerRule },
);
const networkPorts = list(object({ protocol: oneOf('TCP', 'UDP', 'SCTP'), port: numberOrText, endPort: whole({ min: 1, max: 65535 }) }, { rule: networkPortRule }));

export const networkPolicyShape = object({
  podSelector: judgedLabelSelectorShape,
  policyTypes: list(oneOf('Ingress', 'Egress')),
  ingress: list(object({ ports: networkPorts, from: list(networkPeer) })),
  egress: list(object({ ports: networkPorts, to: list(networkPeer) })),
});

const pods = object({ namespaceSelector: labelSelectorShape, podSelector: labelSelectorShape });
const clusterPeer = object({ namespaces: labelSelectorShape, pods, nodes: labelSelectorShape, networks: list(text()), domainNames: list(text()) });
const adminPorts = list(
  object({
    portNumber: object({ protocol: text(), port: whole({ min: 1, max: 65535 }) }),
    portRange: object({ protocol: text(), start: whole({ min: 0, max: 65535 }), end: whole({ min: 0, max: 65535 }) }),
    namedPort: text(),
  }),
);
const rule = { name: text(), action: text(), ports: adminPorts, protocols: list(anything) };

export const clusterPolicyShape = object({
  tier: text(),
  priority: whole({ min: 0, max: 1000 }),
  subject: object({ namespaces: labelSelectorShape, pods }),
  ingress: list(object({ ...rule, from: list(clusterPeer) }), { max: 100 }),
  egress: list(object({ ...rule, to: list(clusterPeer) }), { max: 100 }),
});

const everything: LabelSelector = { matchLabels: {}, matchExpressions: [] };

export function decodeNetworkPolicy(manifest: Fields): NetworkPolicySpec {
  const spec = fieldsOr(manifest, 'spec');
  const egress = decodeNetworkRules(spec, 'egress', 'to');
  const types = textsAtIfAny(spec, 'policyTypes');
  return {
    podSelector: decodeLabelSelector(spec, 'podSelector') ?? everything,
    policyTypes:
      types === undefined || types.length === 0
        ? egress.length > 0
          ? ['Ingress', 'Egress']
          : ['Ingress']
        : (['Ingress', 'Egress'] as const).filter((type) => types.includes(type)),
    ingress: decodeNetworkRules(spec, 'ingress', 'from'),
    egress,
  };
}

function decodeNetworkRules(spec: Fields, direction: 'ingress' | 'egress', peers: 'from' | 'to'): readonly NetworkRule[] {
  return entriesAt(spec, direction).map((entry) => ({
    ports: entriesAt(entry, 'ports').map((port) => ({ protocol: transportOf(textAt(port, 'protocol')), port: portAt(port, 'port'), endPort: numberAt(port, 'endPort') })),
    peers: entriesAt(entry, peers).map((peer) => {
      const block = fieldsAt(peer, 'ipBlock');
      return {
        podSelector: decodeLabelSelector(peer, 'podSelector'),
        namespaceSelector: decodeLabelSelector(peer, 'namespaceSelector'),
        ipBlock: block === undefined ? undefined : { cidr: textOr(block, 'cidr'), except: textsAt(block, 'except') },
      };
    }),
  }));
}

export function decodeClusterNetworkPolicy(manifest: Fields): ClusterPolicySpec {
  const spec = fieldsOr(manifest, 'spec');
  return decodeClusterPolicy(spec, choiceAt(spec, 'tier', ['Admin', 'Baseline'], 'Admin'));
}

export function decodeAdminNetworkPolicy(manifest: Fields): ClusterPolicySpec {
  return decodeClusterPolicy(fieldsOr(manifest, 'spec'), 'Admin');
}

export function decodeBaselineAdminNetworkPolicy(manifest: Fields): ClusterPolicySpec {
  return decodeClusterPolicy(fieldsOr(manifest, 'spec'), 'Baseline');
}

function decodeClusterPolicy(spec: Fields, tier: ClusterPolicySpec['tier']): ClusterPolicySpec {
  return {
    tier,
    priority: numberAt(spec, 'priority') ?? 0,
    subject: decodeClusterPeer(fieldsOr(spec, 'subject')),
    ingress: entriesAt(spec, 'ingress').map((entry) => decodeClusterRule(entry, 'from')),
    egress: entriesAt(spec, 'egress').map((entry) => decodeClusterRule(entry, 'to')),
  };
}

function decodeClusterRule(entry: Fields, peers: 'from' | 'to'): ClusterRule {
  const action = textOr(entry, 'action');
  const ports = entriesAtIfAny(entry, 'ports')?.map(decodeAdminPort) ?? entriesAtIfAny(entry, 'protocols')?.map(decodeProtocol);
  return {
    name: textOr(entry, 'name'),
    action: action === 'Allow' ? 'Accept' : action === 'Accept' || action === 'Deny' || action === 'Pass' ? action : 'unknown',
    peers: entriesAt(entry, peers).map(decodeClusterPeer),
    ports: ports === undefined || ports.length === 0 ? undefined : ports,
  };
}

function decodeClusterPeer(peer: Fields): ClusterPeer {
  const namespaces = decodeLabelSelector(peer, 'namespaces');
  if (namespaces !== undefined) return { type: 'namespaces', namespaces };
  const selected = fieldsAt(peer, 'pods');
  if (selected !== undefined) {
    return { type: 'pods', namespaces: decodeLabelSelector(selected, 'namespaceSelector') ?? everything, pods: decodeLabelSelector(selected, 'podSelector') ?? everything };
  }
  const networks = textsAtIfAny(peer, 'networks');
  if (networks !== undefined) return { type: 'networks', networks };
  const nodes = decodeLabelSelector(peer, 'nodes');
  if (nodes !== undefined) return { type: 'nodes', nodes };
  const names = textsAtIfAny(peer, 'domainNames');
  return names === undefined ? { type: 'unknown' } : { type: 'domain-names', names };
}

/** v1alpha1: `portNumber`, `portRange` or `namedPort`. */
function decodeAdminPort(port: Fields): ClusterPort {
  const single = fieldsAt(port, 'portNumber');
  if (single !== undefined) return range(transportOf(textAt(single, 'protocol')), numberAt(single, 'port'), numberAt(single, 'port'));
  const several = fieldsAt(port, 'portRange');
  if (several !== undefined) return range(transportOf(textAt(several, 'protocol')), numberAt(several, 'start'), numberAt(several, 'end'));
  const name = textAt(port, 'namedPort');
  return name === undefined ? { type: 'unknown' } : { type: 'name', name };
}

/** v1alpha2: one transport with an optional destination port, or a port name. */
function decodeProtocol(protocol: Fields): ClusterPort {
  for (const [key, transport] of [['tcp', 'TCP'], ['udp', 'UDP'], ['sctp', 'SCTP']] as const) {
    const written = fieldsAt(protocol, key);
    if (written === undefined) continue;
    // A source port narrows the rule in a way that no query can ask about.
    if (fieldsAt(written, 'sourcePort') !== undefined) return { type: 'unknown' };
    const port = fieldsAt(written, 'destinationPort');
    if (port === undefined) return { type: 'range', protocol: transport, start: 0, end: 65535 };
    const several = fieldsAt(port, 'range');
    return several === undefined ? range(transport, numberAt(port, 'number'), numberAt(port, 'number')) : range(transport, numberAt(several, 'start'), numberAt(several, 'end'));
  }
  const name = textAt(protocol, 'destinationNamedPort') ?? textAt(protocol, 'namedPort');
  return name === undefined ? { type: 'unknown' } : { type: 'name', name };
}

function range(protocol: 'TCP' | 'UDP' | 'SCTP', start: number | undefined, end: number | undefined): ClusterPort {
  return start === undefined || end === undefined ? { type: 'unknown' } : { type: 'range', protocol, start, end };
}

