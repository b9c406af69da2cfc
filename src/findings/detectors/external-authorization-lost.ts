/** Requests that needed the consent of an external authorizer no longer do, or need that of another one (A6.1 to A6.11). */
import type { Change } from '#impact/change.ts';
import { defineDetector, type ChangeDraft } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { callerPhrase, causePhrase, destinationsPhrase, openedMessage, openedValidation, requestPhrase, targetPhrase } from '../text.ts';

export const externalAuthorizationLost = defineDetector({
  rule: 'external-authorization-lost',
  detectChanges: (context) =>
    changesOf(context, 'external-authorization-lost').map((change) => change.direction === 'undecided-widened' ? otherAuthority(change) : {
      change,
      severity: change.callers.internet ? 'critical' : 'high',
      message: openedMessage(change),
      impact: 'what the external authorizer decided (login, consent, quota) is decided by nobody for these requests',
      remedy: 'let the CUSTOM policy cover these requests again; exempt single paths by `notPaths`, not by removing the rule',
      validation: openedValidation(change, 'a request that the authorizer consents to is still answered'),
    }),
});

/** What the other authority answers is not in the manifests. */
function otherAuthority(change: Change): ChangeDraft {
  const { witness } = change;
  const asked = witness === undefined ? `requests to ${destinationsPhrase(change)}` : `${requestPhrase(witness)} from ${callerPhrase(witness)} to ${targetPhrase(witness)}`;
  return {
    change,
    severity: change.callers.internet ? 'critical' : 'high',
    certainty: 'undecided',
    message: `the consent to ${asked} is given by another authority than before: ${change.after}; before this change ${change.before}${causePhrase(change)}`,
    impact: 'another authorizer, or the same one under other settings, may consent to what was refused; it is judged as if it did',
    remedy: 'make sure that the authorizer asked now refuses what the former one refused, also while it cannot be reached (`failOpen`)',
    validation: openedValidation(change, 'a request that the authorizer consents to is still answered'),
  };
}
