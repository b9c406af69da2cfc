/**
 * `notPrincipals`, `notNamespaces` and the like match callers without any identity (A3.8): in an ALLOW they admit plaintext wherever
 * the port accepts it.
 */
import { resourceId, type Resource } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isDryRun, type SideFacts } from '../facts.ts';
import { pointsOf } from '../points.ts';
import { callerRules, namesPeer, negativePeerFields } from '../rules.ts';
import { listed, named } from '../text.ts';

export const negativeSourceAdmitsPlaintext = defineDetector({
  rule: 'negative-source-admits-plaintext',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      if (policy.spec.action !== 'ALLOW' || isDryRun(policy)) return [];
      for (const [ruleIndex, rule] of policy.spec.rules.entries()) {
        const found = callerRules(rule).find(({ source }) => !namesPeer(source) && source.requestPrincipals.length === 0 && negativePeerFields(source).length > 0);
        const field = found === undefined ? undefined : negativePeerFields(found.source)[0];
        if (found === undefined || field === undefined) continue;
        const open = acceptingPlaintext(side, policy);
        if (open.length === 0) continue;
        const reach = side.reachOf(policy);
        return [
          {
            subject: resourceId(policy),
            affected: open,
            certainty: certaintyOf(reach.workloads),
            place: { resource: policy, path: ['spec', 'rules', ruleIndex, ...found.at(field)] },
            message: `a pod without a mesh identity passes \`${field}\` of ${named(policy)} and reaches ${listed(open)}: it has none of the excluded identities, and plaintext is accepted there`,
            impact: 'the rule keeps out the named callers and lets in everybody who shows no certificate',
            attack: `a pod of an excluded namespace without a proxy (or one that opts out) calls \`${open[0] ?? ''}\` in plaintext`,
            remedy: 'list who may call (`principals: [...]`, at least `principals: ["*"]` beside the exclusion), or set mutual TLS to STRICT',
            validation: { positive: 'a caller with an identity that is not excluded is answered', negative: `a pod without a proxy is refused by \`${open[0] ?? ''}\`` },
          },
        ];
      }
      return [];
    }),
});

/** Ids of what the policy reaches where some port accepts plaintext. */
export function acceptingPlaintext(side: SideFacts, policy: Resource<'AuthorizationPolicy'>): readonly string[] {
  const reach = side.reachOf(policy);
  if (reach.workloads.length === 0) {
    return reach.ids.filter((id) => {
      const point = pointsOf(side, id);
      return point !== undefined && side.mtlsAt(point).mode !== 'STRICT';
    });
  }
  return reach.workloads
    .filter((workload) => workload.enrolment.mode !== 'gateway' && workload.enrolment.mode !== 'none')
    .filter((workload) => [undefined, ...workload.ports.filter((port) => port.captured && port.protocol !== 'udp').map((port) => port.port)].some((port) => side.mtlsAt(workload, port).mode !== 'STRICT'))
    .map((workload) => workload.id);
}
