/** Unrelated workloads under one account have each other's access (M150, M151); most often the account is `default`. */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { Workload } from '#mesh/model.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, grouped, inMesh, isDryRun, type Policy, type SideFacts } from '../facts.ts';
import { exactPrincipals } from '../rules.ts';
import { listed } from '../text.ts';

export const sharedIdentity = defineDetector({
  rule: 'shared-identity',
  detectState: (side) => {
    const grants = grantsByAccount(side);
    return [...sharedAccounts(side)].map(([account, workloads]) => {
      const ids = distinct(workloads.map((workload) => workload.id));
      const granting = grants.get(account) ?? [];
      const first = workloads[0];
      return {
        subject: `ServiceAccount/${account}`,
        affected: ids,
        severity: granting.length > 0 ? ('high' as const) : ('medium' as const),
        certainty: certaintyOf(workloads),
        ...(first?.resource === undefined ? {} : { place: { resource: first.resource, path: accountPath(first) } }),
        message: `${listed(ids)} run under one account, \`${account}\`${granting.length > 0 ? `, which ${listed(granting)} ${granting.length === 1 ? 'allows' : 'allow'}` : ''}`,
        impact: 'policies cannot tell these workloads apart: each has the access of all',
        remedy: 'give each workload a ServiceAccount of its own and name it in the policies',
        validation: { positive: 'each workload reaches what it needs under its own account', negative: `\`${ids.at(-1) ?? ''}\` is refused where only \`${ids[0] ?? ''}\` is meant` },
      };
    });
  },
});

/** Accounts (`namespace/name`) that workloads of different applications use. */
export function sharedAccounts(side: SideFacts): ReadonlyMap<string, readonly Workload[]> {
  const users = grouped(side.workloads.filter((workload) => inMesh(workload) && workload.enrolment.mode !== 'gateway'), (workload) => `${workload.namespace}/${workload.serviceAccount}`);
  return new Map([...users].filter(([, workloads]) => new Set(workloads.map(application)).size > 1));
}

/** Versions and parts of one application are related. */
function application(workload: Workload): string {
  return workload.labels['app.kubernetes.io/part-of'] ?? workload.labels['app.kubernetes.io/name'] ?? workload.labels['app'] ?? workload.name;
}

function accountPath(workload: Workload): readonly string[] {
  const pod = workload.kind === 'Pod' ? [] : workload.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  return [...pod, 'spec', 'serviceAccountName'];
}

function grantsByAccount(side: SideFacts): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const policy of side.of('AuthorizationPolicy')) {
    if (policy.spec.action !== 'ALLOW' || isDryRun(policy)) continue;
    for (const account of accountsIn(policy)) found.set(account, (found.get(account) ?? new Set()).add(resourceId(policy)));
  }
  return new Map([...found].map(([account, policies]) => [account, distinct(policies)]));
}

function accountsIn(policy: Policy): readonly string[] {
  return policy.spec.rules.flatMap(exactPrincipals).map((principal) => principal.replace(/^[^/]+\/ns\/([^/]+)\/sa\/(.+)$/, '$1/$2'));
}
