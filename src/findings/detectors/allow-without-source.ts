/** An ALLOW rule restricts what is asked and not who asks (A1.10). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isDryRun } from '../facts.ts';
import { matchesEverything, restrictsCaller } from '../rules.ts';
import { listed, named } from '../text.ts';

export const allowWithoutSource = defineDetector({
  rule: 'allow-without-source',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      if (policy.spec.action !== 'ALLOW' || isDryRun(policy)) return [];
      const index = policy.spec.rules.findIndex((rule) => !restrictsCaller(rule) && !matchesEverything(rule));
      if (index < 0) return [];
      const reach = side.reachOf(policy);
      // At a gateway the callers come from outside and have no mesh identity: the operation is all there is.
      if (reach.workloads.length > 0 && reach.workloads.every((workload) => workload.enrolment.mode === 'gateway')) return [];
      return [
        {
          subject: resourceId(policy),
          affected: reach.ids,
          certainty: certaintyOf(reach.workloads),
          place: { resource: policy, path: ['spec', 'rules', index] },
          message: `rule ${index + 1} of ${named(policy)} lets any caller send its requests to ${listed(reach.ids)}: it has no \`from\``,
          impact: 'every workload of the cluster, and callers without an identity where plaintext is accepted, may send these requests',
          remedy: 'add `from.source.principals` with the callers that are meant',
          validation: { positive: 'a caller that the rule is meant for is answered', negative: `any other workload is refused by \`${reach.ids[0] ?? ''}\` with 403` },
        },
      ];
    }),
});
