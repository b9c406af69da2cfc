/** Default deny in force, and how narrow what is allowed is: the widest rule of a workload counts, so that one more rule never helps. */
import type { RuleSpec } from '#manifests/authorization-policy.ts';
import type { Workload } from '#mesh/model.ts';
import { isAmbient, isDryRun, type SideFacts } from '#findings/facts.ts';
import { operationQuality, sourceQuality } from '#findings/rule-quality.ts';
import { httpFields, matchesEverything } from '#findings/rules.ts';
import { item, type Item, type Measured } from '../parts.ts';
import { scopeOf, type Scope } from '../scope.ts';

export function authorization(side: SideFacts, scope: Scope): Measured {
  const workloads = scopeOf(side, scope);
  if (workloads.length === 0) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'no workload is declared here and no policy names one' };
  const deny = new Map(workloads.map((workload) => [workload.id, defaultDeny(side, workload)]));
  const narrow = new Map(workloads.map((workload) => [workload.id, narrowness(side, workload, deny.get(workload.id)?.score === 1)]));
  const covered = [...deny.values()].filter((entry) => entry.score === 1).length;
  return {
    parts: [
      { name: 'default-deny', weight: 0.5, items: deny, absent: 'ignore' },
      { name: 'least-privilege', weight: 0.5, items: narrow, absent: 'ignore' },
    ],
    evidence: workloads.every((workload) => workload.enrolment.mode === 'unknown') ? 'UNKNOWN' : 'INFERRED',
    reason: `${covered} of ${workloads.length} workloads deny by default`,
  };
}

function rulesAt(side: SideFacts, workload: Workload): { readonly any: boolean; readonly rules: readonly RuleSpec[] } {
  const policies = side.policiesAt(workload).filter((policy) => policy.spec.action === 'ALLOW' && !isDryRun(policy));
  const rules = policies.flatMap((policy) => policy.spec.rules);
  // ztunnel drops an ALLOW rule with HTTP fields: it allows nothing (A4.12).
  return { any: policies.length > 0, rules: isAmbient(workload) ? rules.filter((rule) => httpFields(rule, 'ztunnel').length === 0) : rules };
}

function defaultDeny(side: SideFacts, workload: Workload): Item {
  if (workload.enrolment.mode === 'none') return item(0, 'is not in the mesh, so no policy is enforced');
  const { any, rules } = rulesAt(side, workload);
  if (!any) {
    const refuses = side.policiesAt(workload).some((policy) => (policy.spec.action === 'DENY' || policy.spec.action === 'CUSTOM') && !isDryRun(policy));
    return item(refuses ? 0.1 : 0, 'has no ALLOW policy: what is not denied is allowed');
  }
  return rules.some(matchesEverything) ? item(0.1, 'has a rule that allows every request') : item(1, '');
}

function narrowness(side: SideFacts, workload: Workload, denies: boolean): Item {
  if (!denies) return item(0, 'allows what no policy lists');
  const qualities = rulesAt(side, workload).rules.map((rule) => 0.7 * sourceQuality(rule) + 0.3 * operationQuality(rule));
  return item(Math.min(1, ...qualities), 'has a rule that names no accounts or no operations');
}
