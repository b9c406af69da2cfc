/** Where end users come in, a valid token is required, of a pinned issuer, audience and key source (A5.1 to A5.11, M131). */
import type { SideFacts, TokenPolicy } from '#findings/facts.ts';
import { tokenRequired } from '#findings/detectors/token-not-required.ts';
import { externallyReachable } from '#findings/exposure.ts';
import { item, type Item, type Measured } from '../parts.ts';
import { scopeOf, type Scope } from '../scope.ts';

export function requestAuthentication(side: SideFacts, scope: Scope): Measured {
  const exposed = externallyReachable(side);
  const workloads = scopeOf(side, scope).filter((workload) => exposed.has(workload.id) || side.tokensAt(workload).length > 0);
  if (workloads.length === 0) return { parts: [], evidence: 'INFERRED', without: 'not-applicable', reason: 'nothing here is reachable from outside and no RequestAuthentication exists' };
  const required = new Map(workloads.map((workload) => [workload.id, requirement(side, workload)]));
  const pinned = new Map(workloads.map((workload) => [workload.id, pinning(side.tokensAt(workload))]));
  const number = [...required.values()].filter((entry) => entry.score === 1).length;
  return {
    parts: [
      // A workload that only the other side counts has neither tokens nor outside callers here.
      { name: 'required', weight: 0.8, items: required, absent: 0 },
      { name: 'pinned', weight: 0.2, items: pinned, absent: 0 },
    ],
    evidence: 'INFERRED',
    reason: `${number} of ${workloads.length} workloads that outside callers or tokens reach require a valid token`,
  };
}

function requirement(side: SideFacts, workload: Parameters<typeof tokenRequired>[1]): Item {
  if (workload.enrolment.mode === 'none') return item(0, 'is not in the mesh, so no token is checked');
  const validates = side.tokensAt(workload).some((policy) => policy.spec.jwtRules.length > 0);
  if (validates && tokenRequired(side, workload)) return item(1, '');
  return validates ? item(0.2, 'validates tokens and does not require one') : item(0, 'has no RequestAuthentication');
}

function pinning(policies: readonly TokenPolicy[]): Item {
  const rules = policies.flatMap((policy) => policy.spec.jwtRules);
  if (rules.length === 0) return item(0, 'pins no issuer');
  const scores = rules.map((rule) => [rule.issuer !== '', rule.audiences.length > 0, rule.jwks !== '' || rule.jwksUri.startsWith('https://')].filter(Boolean).length / 3);
  return item(Math.min(...scores), 'does not pin issuer, audience and the source of keys');
}
