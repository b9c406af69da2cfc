/** The caller is restricted by namespace only: whoever may create a pod there passes (M150, M151). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isDryRun } from '../facts.ts';
import { callerRules } from '../rules.ts';
import { listed, named } from '../text.ts';

export const namespaceOnlySource = defineDetector({
  rule: 'namespace-only-source',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      if (policy.spec.action !== 'ALLOW' || isDryRun(policy)) return [];
      for (const [ruleIndex, rule] of policy.spec.rules.entries()) {
        const found = callerRules(rule).find(({ source }) => source.namespaces.length > 0 && source.principals.length === 0 && source.serviceAccounts.length === 0 && source.requestPrincipals.length === 0);
        if (found === undefined) continue;
        const reach = side.reachOf(policy);
        return [
          {
            subject: resourceId(policy),
            affected: reach.ids,
            certainty: certaintyOf(reach.workloads),
            place: { resource: policy, path: ['spec', 'rules', ruleIndex, ...found.at('namespaces')] },
            message: `every account of ${listed(found.source.namespaces)} passes rule ${ruleIndex + 1} of ${named(policy)}`,
            impact: 'whoever may create a pod in the namespace has the access',
            remedy: 'name the callers by `principals` (`TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT`)',
            validation: { positive: 'the caller that is meant is answered', negative: `a pod with another account of the same namespace is refused by \`${reach.ids[0] ?? ''}\` with 403` },
          },
        ];
      }
      return [];
    }),
});
