/** Values that the repository does not tell and on which the answer depends: the pull request cannot be judged without them. */
import { shortHash } from '#lib/canonical.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import type { IncompleteReason } from '#report/report.ts';
import type { FieldPath } from '#source/origin.ts';
import { clusterText, randomText } from '#lib/unresolved.ts';
import type { UndecidedValue } from './compare-environments.ts';

type Locate = (resource: AnyResource, path: FieldPath, side: 'base' | 'head') => { readonly file: string; readonly line: number } | undefined;

/** One reason per text and object. Always `new`: what both sides have alike decides nothing that changes, or it would not be here. */
export function undecidedReasons(undecided: readonly UndecidedValue[], lineOf: Locate): readonly IncompleteReason[] {
  const reasons = new Map<string, IncompleteReason>();
  for (const { text, choice, resource, side } of undecided) {
    const id = shortHash('unresolved', resourceId(resource), text);
    if (reasons.has(id)) continue;
    const path = resource.unresolved?.find((each) => each.text === text)?.path ?? [];
    reasons.set(id, {
      id,
      kind: 'limit',
      status: 'new',
      unit: resource.unit,
      ...lineOf(resource, path, side),
      reason: `what changes here depends on ${words(text)} in \`${resourceId(resource)}\`, which is not told${choice === undefined ? '; not all of its values were looked at' : `: with \`${String(choice)}\` it is something else than with another value`}`,
      remedy: text === randomText || text === clusterText ? 'set the value where the chart takes it from' : 'put the value into the repository, or name a manifest that holds it in `context`',
    });
  }
  return [...reasons.values()];
}

function words(text: string): string {
  if (text === randomText) return 'a value that the chart makes anew at every rendering';
  if (text === clusterText) return 'what the chart finds in the cluster';
  return `\`${text}\``;
}
