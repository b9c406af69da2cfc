/** New access could not be ruled out: the work limit ran out, or an opaque resource that changed is involved (M132, M133). */
import { outlineWords } from '#impact/headline.ts';
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { destinationsPhrase, openedMessage } from '../text.ts';

export const accessWidenedUndecided = defineDetector({
  rule: 'access-widened-undecided',
  detectChanges: (context) =>
    changesOf(context, 'access-widened-undecided').map((change) => ({
      change,
      certainty: 'undecided',
      message: change.witness === undefined ? `it could not be proved that no request is newly allowed to ${destinationsPhrase(change)} from ${outlineWords(change)}: ${change.after}` : openedMessage(change),
      impact: 'the change may open the workload; it is judged as if it did',
      remedy: 'read this part by hand; split the change, make its patterns simpler, or raise `limits.workPerSeed` so that it can be decided',
      validation: {
        positive: `the callers of ${destinationsPhrase(change)} are answered after the change`,
        negative: `a request from a pod without a mesh identity to ${destinationsPhrase(change)} is refused after the change`,
      },
    })),
});
