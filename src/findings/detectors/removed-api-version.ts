/** An API version that current Istio or Kubernetes no longer serves: the object cannot be applied. */
import { defineDetector } from '../detector.ts';
import { problemIdentity, problemsOf } from '../problem-drafts.ts';
import { named } from '../text.ts';

export const removedApiVersion = defineDetector({
  rule: 'removed-api-version',
  detectState: (side) =>
    problemsOf(side, ['removed-version']).map(({ resource, problem }) => ({
      ...problemIdentity(resource, problem),
      place: { resource, path: ['apiVersion'] },
      message: `${named(resource)} is written for \`${resource.apiVersion}\`: ${problem.message}`,
      impact: 'a cluster of a current version refuses the object, so that what it protects is not protected',
      remedy: 'write it for the version that is served (`security.istio.io/v1`, `networking.istio.io/v1`)',
      validation: { positive: '`kubectl apply --dry-run=server` accepts the object', negative: 'a request that the object is there to refuse is refused after it is applied' },
    })),
});
