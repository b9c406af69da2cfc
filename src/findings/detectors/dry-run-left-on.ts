/** `istio.io/dry-run: "true"`: the policy logs what it would do and enforces nothing (A1.15). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isDryRun } from '../facts.ts';
import { listed, named } from '../text.ts';

export const dryRunLeftOn = defineDetector({
  rule: 'dry-run-left-on',
  detectState: (side) =>
    side.of('AuthorizationPolicy').filter(isDryRun).map((policy) => {
      const reach = side.reachOf(policy);
      const alone = reach.workloads.filter((workload) => !side.policiesAt(workload).some((other) => !isDryRun(other) && other.spec.action !== 'AUDIT'));
      return {
        subject: resourceId(policy),
        affected: reach.ids,
        severity: alone.length > 0 ? 'medium' : 'low',
        certainty: certaintyOf(reach.workloads),
        place: { resource: policy, path: ['metadata', 'annotations', 'istio.io/dry-run'] },
        message: alone.length > 0 ? `${named(policy)} is the only policy of ${listed(alone.map((workload) => workload.id))} and enforces nothing: it is a dry run` : `${named(policy)} enforces nothing at ${listed(reach.ids)}: it is a dry run`,
        impact: 'the protection that the policy describes exists in the logs only',
        remedy: 'read the shadow results for representative traffic, then remove the annotation',
        validation: { positive: 'a request that the policy allows is answered after the annotation is gone', negative: `a request that the policy would refuse is refused by \`${reach.ids[0] ?? ''}\` with 403` },
      };
    }),
});
