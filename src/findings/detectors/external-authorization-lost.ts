/** Requests that needed the consent of an external authorizer no longer do (A6.1 to A6.11). */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { openedMessage, openedValidation } from '../text.ts';

export const externalAuthorizationLost = defineDetector({
  rule: 'external-authorization-lost',
  detectChanges: (context) =>
    changesOf(context, 'external-authorization-lost').map((change) => ({
      change,
      severity: change.callers.internet ? 'critical' : 'high',
      message: openedMessage(change),
      impact: 'what the external authorizer decided (login, consent, quota) is decided by nobody for these requests',
      remedy: 'let the CUSTOM policy cover these requests again; exempt single paths by `notPaths`, not by removing the rule',
      validation: openedValidation(change, 'a request that the authorizer consents to is still answered'),
    })),
});
