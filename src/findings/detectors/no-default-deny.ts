/** No enforced ALLOW policy stands at a workload: what no DENY refuses is allowed (A1.4). One finding per namespace. */
import { distinct } from '#lib/order.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, grouped, inMesh, isDryRun, namespacePlace, type SideFacts } from '../facts.ts';
import { listed } from '../text.ts';
import type { Workload } from '#mesh/model.ts';

export const noDefaultDeny = defineDetector({
  rule: 'no-default-deny',
  alsoWithoutProxy: true,
  detectState: (side) => {
    const open = side.workloads.filter((workload) => inMesh(workload) && workload.enrolment.mode !== 'gateway' && !hasDefaultDeny(side, workload));
    return [...grouped(open, (workload) => workload.namespace)].map(([namespace, workloads]) => {
      const ids = distinct(workloads.map((workload) => workload.id));
      const place = namespacePlace(side, namespace, workloads);
      return {
        subject: `Namespace/${namespace}`,
        affected: ids,
        severity: ids.some((id) => side.criticalAssets.has(id)) ? ('high' as const) : ('medium' as const),
        certainty: certaintyOf(workloads),
        ...(place === undefined ? {} : { place }),
        message: `every request that no DENY policy refuses reaches ${listed(ids)}: no ALLOW policy stands there`,
        impact: 'every workload that gets into the cluster reaches these workloads on every path',
        attack: `a compromised workload of any namespace calls \`${ids[0] ?? ''}\``,
        remedy: `add an AuthorizationPolicy with an empty \`spec\` to \`${namespace}\` (it denies everything) and one ALLOW policy for each caller that is meant, first with \`istio.io/dry-run: "true"\``,
        validation: {
          positive: `a caller that an ALLOW policy names is answered by \`${ids[0] ?? ''}\``,
          negative: `a workload of another namespace that no policy names is refused by \`${ids[0] ?? ''}\` with 403`,
        },
      };
    });
  },
});

export function hasDefaultDeny(side: SideFacts, workload: Workload): boolean {
  return side.policiesAt(workload).some((policy) => policy.spec.action === 'ALLOW' && !isDryRun(policy));
}
