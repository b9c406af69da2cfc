/** A DENY by identity does not match callers without one (A3.8), and nothing else stops them. */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isDryRun } from '../facts.ts';
import { pointsOf } from '../points.ts';
import { callerRules, namesPeer, type CallerRule } from '../rules.ts';
import { listed, named } from '../text.ts';
import type { FieldPath } from '#source/origin.ts';
import { acceptingPlaintext } from './negative-source-admits-plaintext.ts';

export const denyMissesPlaintext = defineDetector({
  rule: 'deny-misses-plaintext',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      if (policy.spec.action !== 'DENY' || isDryRun(policy)) return [];
      for (const [ruleIndex, rule] of policy.spec.rules.entries()) {
        const found = callerRules(rule).find(({ source }) => namesPeer(source));
        if (found === undefined) continue;
        // Where an ALLOW policy stands, a caller without identity needs one that admits it: that is another finding.
        const open = acceptingPlaintext(side, policy).filter((id) => {
          const point = pointsOf(side, id);
          return point !== undefined && !side.policiesAt(point.workload ?? point).some((other) => other.spec.action === 'ALLOW' && !isDryRun(other));
        });
        if (open.length === 0) continue;
        return [
          {
            subject: resourceId(policy),
            affected: open,
            certainty: certaintyOf(side.reachOf(policy).workloads),
            place: { resource: policy, path: ['spec', 'rules', ruleIndex, ...placeIn(found)] },
            message: `a caller that ${named(policy)} denies reaches ${listed(open)} all the same when it sends plaintext: it then has no identity that the rule could match`,
            impact: 'the DENY holds only for callers that choose to show who they are',
            attack: `the denied workload turns its proxy off, or calls from a pod without one, and reaches \`${open[0] ?? ''}\``,
            remedy: 'set mutual TLS to STRICT, or add a DENY with `notPrincipals: ["*"]`',
            validation: { positive: 'a caller that is not denied is answered over mutual TLS', negative: `a plaintext request from a pod without a proxy is refused by \`${open[0] ?? ''}\`` },
          },
        ];
      }
      return [];
    }),
});

/** The source, or the condition that names the peer. */
function placeIn({ source, at }: CallerRule): FieldPath {
  const field = (['principals', 'namespaces', 'serviceAccounts', 'trustDomains'] as const).find((name) => source[name].length > 0) ?? 'principals';
  const path = at(field);
  return path[0] === 'from' ? path.slice(0, -1) : path;
}
