/**
 * A workload's account changes, and with it the identity that policies name (M150, M151). Where accounts and policies were renamed
 * together the workload may do what it might before: that is told, and gains nothing.
 */
import { isAboutWorkload } from '../classify.ts';
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { openedMessage, openedValidation } from '../text.ts';

export const identityGained = defineDetector({
  rule: 'identity-gained',
  detectChanges: (context) =>
    changesOf(context, 'identity-gained').map((change) => isAboutWorkload(change) ? {
      change,
      ...(change.direction === 'widened' ? {} : { certainty: 'undecided' as const }),
      message: openedMessage(change),
      impact: 'the workload acts with an account that may do more than its former one, and so does whoever controls its pods',
      remedy: 'give the workload an account of its own, and let policies name it for what it needs',
      validation: openedValidation(change),
    } : {
      change,
      severity: 'info',
      message: openedMessage(change),
      impact: 'the workload acts with another identity and keeps the access it had',
      remedy: 'nothing, if the new account belongs to this workload alone',
      validation: openedValidation(change),
    }),
});
