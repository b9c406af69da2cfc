/** Namespaces whose pods are all isolated by a NetworkPolicy, and in which no other one opens them to everybody again (M136 to M138). */
import type { NetworkPolicySpec, NetworkRule } from '#manifests/network-policy.ts';
import type { SideFacts } from './facts.ts';

export function isolatedNamespaces(side: SideFacts, direction: 'Ingress' | 'Egress' = 'Ingress'): ReadonlySet<string> {
  const isolated = new Set<string>();
  const opened = new Set<string>();
  for (const policy of side.of('NetworkPolicy')) {
    if (!policy.spec.policyTypes.includes(direction)) continue;
    const namespace = policy.namespace ?? '';
    if (selectsAll(policy.spec)) isolated.add(namespace);
    const rules = direction === 'Ingress' ? policy.spec.ingress : policy.spec.egress;
    // Policies are additive: one rule for everybody undoes the isolation of what it selects.
    if (rules.some(isForEverybody)) opened.add(namespace);
  }
  for (const namespace of opened) isolated.delete(namespace);
  return isolated;
}

function selectsAll({ podSelector }: NetworkPolicySpec): boolean {
  return Object.keys(podSelector.matchLabels).length === 0 && podSelector.matchExpressions.length === 0;
}

function isForEverybody(rule: NetworkRule): boolean {
  const anyPort = rule.ports.length === 0;
  if (rule.peers.length === 0) return anyPort;
  return anyPort && rule.peers.some((peer) => peer.ipBlock !== undefined && (peer.ipBlock.cidr === '0.0.0.0/0' || peer.ipBlock.cidr === '::/0') && peer.ipBlock.except.length === 0);
}
