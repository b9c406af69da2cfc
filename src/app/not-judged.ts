/**
 * Kinds that grant or forbid what people and controllers may do, not what requests may pass: no request gets another answer by them, and
 * what they permit is not looked at.
 */
import type { Kind } from '#manifests/resource.ts';

const kinds: ReadonlySet<Kind> = new Set<Kind>([
  'ClusterPolicy',
  'ClusterRole',
  'ClusterRoleBinding',
  'ConstraintTemplate',
  'GatekeeperConstraint',
  'KyvernoPolicy',
  'MutatingWebhookConfiguration',
  'Role',
  'RoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

export function isNotJudged(kind: Kind): boolean {
  return kinds.has(kind);
}
