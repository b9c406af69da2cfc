/** A RequestAuthentication refuses bad tokens and never requires one (A5.1, M131): without a policy, requests without a token pass. */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { Workload } from '#mesh/model.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, inMesh, isDryRun, type SideFacts } from '../facts.ts';
import { anyOperation, anySource, refusesMissingToken, requiresToken } from '../rules.ts';
import { listed, named } from '../text.ts';

export const tokenNotRequired = defineDetector({
  rule: 'token-not-required',
  detectState: (side) =>
    side.of('RequestAuthentication').flatMap((policy) => {
      if (policy.spec.jwtRules.length === 0 || policy.spec.targetRefs.length > 0) return [];
      const open = side.reachOf(policy).workloads.filter((workload) => inMesh(workload) && !tokenRequired(side, workload));
      if (open.length === 0) return [];
      const ids = distinct(open.map((workload) => workload.id));
      return [
        {
          subject: resourceId(policy),
          affected: ids,
          certainty: certaintyOf(open),
          place: { resource: policy, path: ['spec', 'jwtRules'] },
          message: `a request without a token reaches ${listed(ids)}: ${named(policy)} refuses bad tokens only, and no policy requires one`,
          impact: 'end-user authentication can be skipped by sending no token',
          attack: `a caller drops the \`Authorization\` header and is served by \`${ids[0] ?? ''}\``,
          remedy: 'add an ALLOW policy with `requestPrincipals: ["ISSUER/*"]`, or a DENY policy with `notRequestPrincipals: ["*"]` beside the public paths',
          validation: { positive: `a request with a valid token is answered by \`${ids[0] ?? ''}\``, negative: 'the same request without a token is refused with 403' },
        },
      ];
    }),
});

/** Some enforced policy refuses requests without a valid token; exempt paths or callers may remain. */
export function tokenRequired(side: SideFacts, workload: Workload): boolean {
  const policies = side.policiesAt(workload).filter((policy) => !isDryRun(policy));
  if (policies.some((policy) => policy.spec.action === 'DENY' && policy.spec.rules.some(refusesMissingToken))) return true;
  const allows = policies.filter((policy) => policy.spec.action === 'ALLOW').flatMap((policy) => policy.spec.rules);
  if (!allows.some(requiresToken)) return false;
  return !allows.some((rule) => !requiresToken(rule) && anySource(rule) && anyOperation(rule) && rule.when.length === 0);
}
