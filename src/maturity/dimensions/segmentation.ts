/** Ordered pairs of namespaces with no reach, or only by named accounts; network isolation under the mesh. */
import { distinct } from '#lib/order.ts';
import type { Workload } from '#mesh/model.ts';
import { grouped, isAmbient, isDryRun, type SideFacts } from '#findings/facts.ts';
import { isolatedNamespaces } from '#findings/network-isolation.ts';
import { opennessOf } from '#findings/rule-quality.ts';
import { httpFields } from '#findings/rules.ts';
import { PairGrid, type OpenTo } from '../pair-grid.ts';
import { item, type Measured } from '../parts.ts';
import { scopeOf, type Scope } from '../scope.ts';

export function segmentation(side: SideFacts, scope: Scope): Measured {
  const workloads = scopeOf(side, scope);
  if (workloads.length === 0) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'no workload is declared here and no policy names one' };
  const byNamespace = grouped(workloads, (workload) => workload.namespace);
  const pairs = new PairGrid(new Map([...byNamespace].map(([namespace, members]) => [namespace, openTo(side, members)])), 'is open to accounts that no policy names');
  const isolated = isolatedNamespaces(side);
  const networks = new Map(distinct(byNamespace.keys()).map((namespace) => [`Namespace/${namespace}`, isolated.has(namespace) ? item(1, '') : item(0, 'has no NetworkPolicy that isolates all its pods')]));
  return {
    parts: [
      { name: 'pairs', weight: 0.6, items: new Map(), grid: pairs, absent: 'ignore' },
      { name: 'network', weight: 0.3, items: networks, absent: 'ignore' },
      { name: 'opt-out', weight: 0.1, items: new Map([['mesh', preventsOptOut(side) ? item(1, '') : item(0, 'no admission policy here speaks of opting out of the mesh')]]), absent: 0 },
    ],
    evidence: workloads.every((workload) => workload.enrolment.mode === 'unknown') ? 'UNKNOWN' : 'INFERRED',
    reason: `${pairs.closed} of ${pairs.size} ordered pairs of namespaces are closed or open to named accounts only`,
  };
}

/** Namespaces whose accounts reach some member without being named. */
function openTo(side: SideFacts, members: readonly Workload[]): OpenTo {
  const found = new Set<string>();
  for (const workload of members) {
    if (workload.enrolment.mode === 'none') return 'all';
    const allows = side.policiesAt(workload).filter((policy) => policy.spec.action === 'ALLOW' && !isDryRun(policy));
    if (allows.length === 0) return 'all';
    for (const rule of allows.flatMap((policy) => policy.spec.rules)) {
      if (isAmbient(workload) && httpFields(rule, 'ztunnel').length > 0) continue;
      const open = opennessOf(rule);
      if (open.type === 'all') return 'all';
      if (open.type === 'namespaces') for (const namespace of open.namespaces) found.add(namespace);
    }
  }
  return found;
}

/** An admission policy (Kyverno, Gatekeeper, the API's own) that speaks of the opt-out labels; what it says is not analysed. */
function preventsOptOut(side: SideFacts): boolean {
  const policies = [...side.of('ClusterPolicy'), ...side.of('KyvernoPolicy'), ...side.of('ValidatingAdmissionPolicy'), ...side.of('GatekeeperConstraint')];
  return policies.some((policy) => /sidecar\.istio\.io\/inject|istio\.io\/dataplane-mode/.test(policy.spec.content));
}
