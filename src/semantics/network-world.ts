/**
 * NetworkPolicies and cluster-wide policies of one side, indexed once: which policies isolate a pod (M136, M137), and the tiers of
 * cluster-wide rules in the order in which they are asked (M144, M145).
 */
import { compareBy } from '#lib/order.ts';
import type { ClusterPolicySpec, ClusterRule, NetworkRule } from '#manifests/network-policy.ts';
import { resourceId } from '#manifests/resource.ts';
import type { LabelSelector } from '#manifests/selector.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { selectorIndex, type Labels } from '#mesh/selection.ts';
import { selectionHolds } from '#sets/label-selection.ts';

export type TrafficDirection = 'ingress' | 'egress';

/** A NetworkPolicy in one direction, in which it isolates what it selects. */
export interface IsolatingPolicy {
  /** `NetworkPolicy/namespace/name`. */
  readonly id: string;
  readonly namespace: string;
  readonly podSelector: LabelSelector;
  readonly rules: readonly NetworkRule[];
}

export interface TierRule {
  readonly id: string;
  readonly subject: ClusterPolicySpec['subject'];
  readonly rule: ClusterRule;
  readonly index: number;
}

export interface NetworkWorld {
  /** Policies that isolate a pod in a direction, in id order. */
  readonly isolating: (direction: TrafficDirection, namespace: string, labels: Labels) => readonly IsolatingPolicy[];
  /** All of a direction, in id order. */
  readonly all: Readonly<Record<TrafficDirection, readonly IsolatingPolicy[]>>;
  /** Rules of a tier and direction in the order in which they are asked: priority, name, position. */
  readonly tier: (tier: ClusterPolicySpec['tier'], direction: TrafficDirection) => readonly TierRule[];
  /** No policy of any kind: nothing to ask. */
  readonly empty: boolean;
}

const worlds = new WeakMap<Mesh, NetworkWorld>();

export function networkWorldOf(mesh: Mesh): NetworkWorld {
  const known = worlds.get(mesh);
  if (known !== undefined) return known;
  const fresh = build(mesh);
  worlds.set(mesh, fresh);
  return fresh;
}

function build(mesh: Mesh): NetworkWorld {
  const policies = ofKind(mesh, 'NetworkPolicy');
  const of = (direction: TrafficDirection): readonly IsolatingPolicy[] =>
    policies
      .filter((policy) => policy.spec.policyTypes.includes(direction === 'ingress' ? 'Ingress' : 'Egress'))
      .map((policy) => ({ id: resourceId(policy), namespace: policy.namespace ?? 'default', podSelector: policy.spec.podSelector, rules: policy.spec[direction] }));
  const all = { ingress: of('ingress'), egress: of('egress') };
  const finders = { ingress: finder(all.ingress), egress: finder(all.egress) };
  const cluster = [...ofKind(mesh, 'AdminNetworkPolicy'), ...ofKind(mesh, 'BaselineAdminNetworkPolicy'), ...ofKind(mesh, 'ClusterNetworkPolicy')].sort(
    compareBy(
      (policy) => policy.spec.priority,
      (policy) => policy.name,
      (policy) => policy.kind,
    ),
  );
  const rules = (tier: ClusterPolicySpec['tier'], direction: TrafficDirection): readonly TierRule[] =>
    cluster
      .filter((policy) => policy.spec.tier === tier)
      .flatMap((policy) => policy.spec[direction].map((rule, index) => ({ id: resourceId(policy), subject: policy.spec.subject, rule, index })));
  const tiers = { Admin: { ingress: rules('Admin', 'ingress'), egress: rules('Admin', 'egress') }, Baseline: { ingress: rules('Baseline', 'ingress'), egress: rules('Baseline', 'egress') } };
  return {
    isolating: (direction, namespace, labels) => finders[direction](namespace, labels),
    all,
    tier: (tier, direction) => tiers[tier][direction],
    empty: policies.length === 0 && cluster.length === 0,
  };
}

/** By namespace and by one label pair; requirements are asked of the few that are left. */
function finder(policies: readonly IsolatingPolicy[]): (namespace: string, labels: Labels) => readonly IsolatingPolicy[] {
  const byNamespace = new Map<string, { selector: Labels; item: IsolatingPolicy }[]>();
  for (const policy of policies) {
    const entry = { selector: policy.podSelector.matchLabels, item: policy };
    const list = byNamespace.get(policy.namespace);
    if (list === undefined) byNamespace.set(policy.namespace, [entry]);
    else list.push(entry);
  }
  const lookups = new Map([...byNamespace].map(([namespace, entries]) => [namespace, selectorIndex(entries)] as const));
  return (namespace, labels) => (lookups.get(namespace)?.(labels) ?? []).filter((policy) => selectionHolds(policy.podSelector, labels));
}
