/** Request principals or claims where no RequestAuthentication validates tokens: the rule never matches (A3.29, A5.6). */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, inMesh, isAmbient, isDryRun } from '../facts.ts';
import { fieldName, tokenFields } from '../rules.ts';
import { listed, named } from '../text.ts';

export const claimsWithoutAuthentication = defineDetector({
  rule: 'claims-without-authentication',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      if (isDryRun(policy) || policy.spec.targetRefs.length > 0 || (policy.spec.action !== 'ALLOW' && policy.spec.action !== 'DENY')) return [];
      for (const [ruleIndex, rule] of policy.spec.rules.entries()) {
        const field = tokenFields(rule)[0];
        if (field === undefined) continue;
        const blind = side.reachOf(policy).workloads.filter((workload) => inMesh(workload) && !isAmbient(workload) && !side.tokensAt(workload).some((authentication) => authentication.spec.jwtRules.length > 0));
        if (blind.length === 0) continue;
        const ids = distinct(blind.map((workload) => workload.id));
        return [
          {
            subject: resourceId(policy),
            affected: ids,
            certainty: certaintyOf(blind),
            place: { resource: policy, path: ['spec', 'rules', ruleIndex, ...field] },
            message: `\`${fieldName(field)}\` in ${named(policy)} never sees a token at ${listed(ids)}: no RequestAuthentication stands there`,
            impact: policy.spec.action === 'ALLOW' ? 'the rule allows nobody, with or without a token' : 'the rule treats every request as one without a token',
            remedy: 'add a RequestAuthentication with the issuer and its keys for these workloads',
            validation: { positive: `a request with a valid token is answered by \`${ids[0] ?? ''}\``, negative: 'a request without a token is refused with 403' },
          },
        ];
      }
      return [];
    }),
});
