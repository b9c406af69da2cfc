/**
 * The last enforced ALLOW policy of a destination is gone: without one, everything that no DENY refuses is allowed (A1.4, A1.5). The
 * requests themselves are MP201; this says why they are so many.
 */
import type { Change } from '#impact/change.ts';
import { defineDetector, type EnvironmentFacts } from '../detector.ts';
import { isDryRun, type SideFacts } from '../facts.ts';
import { pointsOf } from '../points.ts';
import { identityOf } from '../side-memory.ts';
import { causePhrase, listed, openedValidation } from '../text.ts';

export const defaultDenyLost = defineDetector({
  rule: 'default-deny-lost',
  detectChanges: ({ changes, environments }) =>
    changes
      .filter((change) => change.direction === 'widened' && (change.facet === 'access' || change.facet === 'token'))
      .flatMap((change) => {
        const lost = environments.filter((pair) => change.environments.includes(pair.id)).flatMap((pair) => lostAt(change, pair));
        if (lost.length === 0) return [];
        const names = listed([...new Set(lost)].sort());
        return [
          {
            change,
            message: `the last ALLOW policy of ${names} is gone${causePhrase(change)}: every request that no DENY policy refuses is allowed now`,
            impact: 'access is no longer a list of what is allowed but everything else too, now and for every path added later',
            remedy: 'keep an ALLOW policy with an empty `spec` in the namespace (default deny) and add the callers you mean beside it',
            validation: openedValidation(change, `the callers that the removed policy named still reach ${names}`),
          },
        ];
      }),
});

function lostAt(change: Change, pair: EnvironmentFacts): readonly string[] {
  const { base, head } = pair;
  if (base === undefined) return [];
  return change.destinations.filter((destination) => hasDefaultDeny(base, destination.id) && !hasDefaultDeny(head, destination.id)).map((destination) => destination.id);
}

/** By sides that are the same in everything, and the destination. */
const found = new WeakMap<object, Map<string, boolean>>();

function hasDefaultDeny(side: SideFacts, destination: string): boolean {
  const byDestination = found.get(identityOf(side)) ?? new Map<string, boolean>();
  found.set(identityOf(side), byDestination);
  const known = byDestination.get(destination) ?? defaultDenyAt(side, destination);
  byDestination.set(destination, known);
  return known;
}

function defaultDenyAt(side: SideFacts, destination: string): boolean {
  const point = pointsOf(side, destination);
  // A workload that left the mesh has lost more than its default deny: that is MP401.
  return point === undefined || side.policiesAt(point).some((policy) => policy.spec.action === 'ALLOW' && !isDryRun(policy));
}
