/** An ALLOW rule that matches every request: `rules: [{}]`, or fields that restrict nothing (A1.5, A1.6, A1.10 to A1.13). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isDryRun } from '../facts.ts';
import { matchesEverything } from '../rules.ts';
import { listed, named } from '../text.ts';

export const allowEverything = defineDetector({
  rule: 'allow-everything',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      if (policy.spec.action !== 'ALLOW' || isDryRun(policy)) return [];
      const index = policy.spec.rules.findIndex(matchesEverything);
      if (index < 0) return [];
      const reach = side.reachOf(policy);
      return [
        {
          subject: resourceId(policy),
          affected: reach.ids,
          certainty: certaintyOf(reach.workloads),
          place: { resource: policy, path: ['spec', 'rules', index] },
          message: `${named(policy)} allows every request of every caller to ${listed(reach.ids)}`,
          impact: 'all other ALLOW policies of these workloads are without effect: nothing but a DENY policy refuses a request',
          attack: `any pod of the cluster calls \`${reach.ids[0] ?? ''}\` on any path`,
          remedy: 'name the callers (`from.source.principals`) and what they may do (`to.operation`); an empty `spec` denies everything, an empty rule allows everything',
          validation: { positive: 'a caller that the new rule names is answered', negative: `a workload that no rule names is refused by \`${reach.ids[0] ?? ''}\` with 403` },
        },
      ];
    }),
});
