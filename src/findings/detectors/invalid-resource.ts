/**
 * The API server or Istio's webhook refuses the object (A7.1 to A7.6): on apply what is there stays, in a new cluster it is missing.
 * High only where the refusal is certain for the stated version.
 */
import { defineDetector } from '../detector.ts';
import { problemIdentity, problemsOf } from '../problem-drafts.ts';
import { named } from '../text.ts';

export const invalidResource = defineDetector({
  rule: 'invalid-resource',
  detectState: (side) =>
    problemsOf(side, ['schema', 'webhook']).map(({ resource, problem }) => ({
      ...problemIdentity(resource, problem),
      severity: problem.certain ? 'high' : 'medium',
      certainty: problem.certain ? 'proved' : 'undecided',
      message: `${named(resource)} ${problem.certain ? 'is refused' : 'may be refused'} by ${problem.kind === 'webhook' ? 'Istio\'s validation' : 'the API server'}: ${problem.message}`,
      impact: 'in a running cluster the old version stays in force, in a new one the object is missing: neither is what the manifest says',
      remedy: 'correct the field; `istioctl validate -f FILE` and `kubectl apply --dry-run=server` say the same before the merge',
      validation: { positive: '`kubectl apply --dry-run=server` accepts the object', negative: 'a request that the object is there to refuse is refused after it is applied' },
    })),
});
