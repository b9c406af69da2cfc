/**
 * A workload's account changes, and with it the identity that policies name (M150, M151), or the workload leaves the mesh and presents none. Where accounts and policies were renamed
 * together the workload may do what it might before: that is told, and gains nothing.
 */
import type { Change } from '#impact/change.ts';
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
      ...(presentsNone(change) ? withoutIdentity : underAnother),
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

const underAnother = {
  impact: 'the workload acts with an account that may do more than its former one, and so does whoever controls its pods',
  remedy: 'give the workload an account of its own, and let policies name it for what it needs',
};

const withoutIdentity = {
  impact: 'the workload presents no identity any more, so that what names its account no longer meets it; whoever controls its pods may do what plaintext may',
  remedy: 'keep the workload in the mesh, or ask for an identity at the destination (STRICT, or an ALLOW by principal)',
};

/** Every request of the change is one without an identity. */
function presentsNone({ region }: Change): boolean {
  return region.cubes.length > 0 && region.cubes.every(({ peers }) => peers?.only?.length === 1 && peers.only[0] === '(none)');
}
