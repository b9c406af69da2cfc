/**
 * The highest level for which all lower ones are met, as the manifests configure it. Levels 4 and above need evidence by their nature,
 * so the configured level stops at 3 (`docs/maturity.md`).
 */
import type { Workload } from '#mesh/model.ts';
import type { SideFacts } from '#findings/facts.ts';
import { hasDefaultDeny } from '#findings/detectors/no-default-deny.ts';
import { sharedAccounts } from '#findings/detectors/shared-identity.ts';
import { isDryRun } from '#findings/facts.ts';
import { matchesEverything, restrictsCaller } from '#findings/rules.ts';
import { listed } from '#findings/text.ts';

export interface Level {
  readonly level: number;
  readonly nextLevel: { readonly level: number; readonly missing: string } | null;
}

export function configuredLevel(side: SideFacts): Level {
  const workloads = side.workloads.filter((workload) => workload.enrolment.mode !== 'gateway');
  const steps: readonly { readonly failing: () => readonly string[]; readonly missing: string }[] = [
    { failing: () => without(workloads, hasOwnIdentity(side)), missing: 'an account of their own and known enrolment' },
    { failing: () => without(critical(side, workloads), (workload) => requiresMtls(side, workload)), missing: 'mutual TLS required (STRICT)' },
    { failing: () => without(critical(side, workloads), (workload) => deniesByDefault(side, workload)), missing: 'default deny with callers that policies name' },
  ];
  if (workloads.length === 0) return { level: 0, nextLevel: { level: 1, missing: 'declared workloads: none is in what was read' } };
  for (const [index, step] of steps.entries()) {
    const failing = step.failing();
    if (failing.length > 0) return { level: index, nextLevel: { level: index + 1, missing: `${listed(failing)} ${failing.length === 1 ? 'lacks' : 'lack'} ${step.missing}` } };
  }
  return { level: steps.length, nextLevel: { level: steps.length + 1, missing: 'results of positive and negative tests from a cluster' } };
}

function without(workloads: readonly Workload[], meets: (workload: Workload) => boolean): readonly string[] {
  return workloads.filter((workload) => !meets(workload)).map((workload) => workload.id);
}

/** Declared critical assets; where none is declared, every workload counts as one. */
function critical(side: SideFacts, workloads: readonly Workload[]): readonly Workload[] {
  const declared = workloads.filter((workload) => side.criticalAssets.has(workload.id));
  return declared.length > 0 ? declared : workloads;
}

function hasOwnIdentity(side: SideFacts): (workload: Workload) => boolean {
  const shared = sharedAccounts(side);
  return (workload) =>
    workload.serviceAccount !== 'default' && !shared.has(`${workload.namespace}/${workload.serviceAccount}`) && (workload.enrolment.mode === 'sidecar' || workload.enrolment.mode === 'ambient');
}

function requiresMtls(side: SideFacts, workload: Workload): boolean {
  return workload.enrolment.mode !== 'none' && side.mtlsAt(workload).mode === 'STRICT';
}

function deniesByDefault(side: SideFacts, workload: Workload): boolean {
  const rules = side.policiesAt(workload).filter((policy) => policy.spec.action === 'ALLOW' && !isDryRun(policy)).flatMap((policy) => policy.spec.rules);
  return hasDefaultDeny(side, workload) && rules.every((rule) => !matchesEverything(rule) && restrictsCaller(rule));
}
