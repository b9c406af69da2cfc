/** A workload's account changes, and with it whose access it has (M150, M151): policies name accounts, not workloads. */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { openedMessage, openedValidation } from '../text.ts';

export const identityGained = defineDetector({
  rule: 'identity-gained',
  detectChanges: (context) =>
    changesOf(context, 'identity-gained').map((change) => ({
      change,
      message: openedMessage(change),
      impact: 'the workload now acts with an identity that policies grant access to, without a policy having changed',
      remedy: 'give the workload a ServiceAccount of its own and name that account in the policies it needs',
      validation: openedValidation(change),
    })),
});
