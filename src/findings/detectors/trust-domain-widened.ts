/**
 * Identities of another trust domain are newly accepted: the trust domain of the mesh, one of its aliases, or a root for further ones
 * (A3.11 to A3.14). Whoever issues certificates there decides who calls here.
 * @see https://istio.io/latest/docs/tasks/security/authorization/authz-td-migration/
 */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { newTrustDomain } from '../trust-domains.ts';
import { openedMessage, openedValidation } from '../text.ts';

export const trustDomainWidened = defineDetector({
  rule: 'trust-domain-widened',
  detectChanges: (context) =>
    changesOf(context, 'trust-domain-widened').map((change) => {
      const domain = newTrustDomain(change, context.environments) ?? '';
      return {
        change,
        severity: 'high',
        message: `identities of the trust domain \`${domain}\` are newly accepted: ${openedMessage(change)}`,
        impact: `whoever issues certificates in \`${domain}\` decides who may call: accounts of equal namespace and name count as those of this mesh where a policy names them`,
        attack: `a workload of \`${domain}\` creates the namespace and the account that a policy names and calls with its own certificate`,
        remedy: `remove \`${domain}\` from \`trustDomainAliases\` (or the trust domains of \`caCertificates\`) when the migration is over; until then let policies name the full principal`,
        validation: openedValidation(change, 'a workload of the mesh that the policies name is still answered'),
      };
    }),
});
