/**
 * A misspelt or misplaced field: the API drops it, or strict clients refuse the object; either way the manifest does not do what it says. Without a
 * near name or place the tables may be older than the cluster: medium and undecided.
 */
import type { ManifestProblem } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { fieldText, problemIdentity, problemsOf } from '../problem-drafts.ts';
import { named } from '../text.ts';

export const unknownField = defineDetector({
  rule: 'unknown-field',
  detectState: (side) =>
    problemsOf(side, ['unknown-field']).map(({ resource, problem }) => ({
      ...problemIdentity(resource, problem),
      severity: problem.certain ? 'high' : 'medium',
      certainty: problem.certain ? 'proved' : 'undecided',
      message: `${named(resource)} has no field \`${fieldText(problem.path)}\`${problem.nearest === undefined ? '' : `; \`${problem.nearest}\` is meant`}`,
      impact: 'the field is dropped or the object refused; a restriction that stands in it does not exist',
      remedy: remedyOf(problem),
      validation: { positive: '`kubectl apply --dry-run=server --validate=strict` accepts the object', negative: 'a request that the field is there to refuse is refused after it is applied' },
    })),
});

function remedyOf({ nearest, place }: ManifestProblem): string {
  if (nearest !== undefined) return `write \`${nearest}\``;
  return place === undefined ? 'check the field against the API reference of the version that the cluster runs' : `move it to \`${place}\``;
}
