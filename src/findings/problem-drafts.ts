/** Problems that decoding found in a manifest, as drafts: what the API server, Istio's webhook or a typo does to an object (A7.1, R17). */
import type { FieldPath } from '#source/origin.ts';
import { resourceId, type AnyResource, type ManifestProblem } from '#manifests/resource.ts';
import type { StateDraft } from './detector.ts';
import type { SideFacts } from './facts.ts';

export type ProblemKind = ManifestProblem['kind'];

export function problemsOf(side: SideFacts, kinds: readonly ProblemKind[]): readonly { readonly resource: AnyResource; readonly problem: ManifestProblem }[] {
  return side.all.flatMap((resource) => resource.problems.filter((problem) => kinds.includes(problem.kind)).map((problem) => ({ resource, problem })));
}

/** Without indices, so that a rule moved within its list is the same rule. */
export function fieldText(path: FieldPath): string {
  return path.map((step) => (typeof step === 'number' ? '[]' : `.${step}`)).join('').slice(1);
}

export function problemIdentity(resource: AnyResource, problem: ManifestProblem): Pick<StateDraft, 'subject' | 'facet' | 'affected' | 'place'> {
  const facet = `${fieldText(problem.path)} ${problem.kind}`;
  return { subject: resourceId(resource), facet, affected: [`${resource.kind} ${resource.namespace ?? ''} ${facet} ${problem.message}`], place: { resource, path: problem.path } };
}
