/**
 * A misspelt field: the API drops it, or strict clients refuse the object; either way the manifest does not do what it says. Without a
 * near name the tables may be older than the cluster: medium and undecided.
 */
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
      remedy: problem.nearest === undefined ? 'check the field against the API reference of the version that the cluster runs' : `write \`${problem.nearest}\``,
      validation: { positive: '`kubectl apply --dry-run=server --validate=strict` accepts the object', negative: 'a request that the field is there to refuse is refused after it is applied' },
    })),
});
