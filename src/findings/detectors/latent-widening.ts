/** One layer is opened, another still stops the request: harmless until the other one moves. */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { answerPhrase, callerPhrase, causePhrase, destinationsPhrase, requestPhrase, targetPhrase } from '../text.ts';

export const latentWidening = defineDetector({
  rule: 'latent-widening',
  detectChanges: (context) =>
    changesOf(context, 'latent-widening').map((change) => {
      const { witness } = change;
      return {
        change,
        message:
          witness === undefined
            ? change.headline
            : `${requestPhrase(witness)} from ${callerPhrase(witness)} to ${targetPhrase(witness)} passes one more layer${causePhrase(change)}; it is still stopped: ${witness.to.backend !== undefined && witness.head.verdict === 'allow' ? 'the pods behind take nothing from the gateway' : answerPhrase(witness.head)}`,
        impact: 'one control less stands before the workload; the next change of the other one opens it',
        remedy: 'restore the layer, or say in the policy that is left that it now stands alone',
        validation: {
          positive: `the callers of ${destinationsPhrase(change)} are answered`,
          negative: witness === undefined ? `a request from a pod without a mesh identity to ${destinationsPhrase(change)} is refused` : `${requestPhrase(witness)} from ${callerPhrase(witness)} to ${targetPhrase(witness)} is refused`,
        },
      };
    }),
});
