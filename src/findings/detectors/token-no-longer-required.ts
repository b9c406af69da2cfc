/** Requests without a valid token are newly allowed: a RequestAuthentication alone never requires one (A5.1, A5.6, M131). */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { openedMessage, openedValidation } from '../text.ts';

export const tokenNoLongerRequired = defineDetector({
  rule: 'token-no-longer-required',
  detectChanges: (context) =>
    changesOf(context, 'token-no-longer-required').map((change) => ({
      change,
      severity: change.callers.internet ? 'critical' : 'high',
      message: openedMessage(change),
      impact: 'the workload answers callers whose end user nobody has authenticated',
      remedy: 'require a token where it is needed: `requestPrincipals: ["ISSUER/*"]` in an ALLOW policy, or a DENY with `notRequestPrincipals: ["*"]`',
      validation: openedValidation(change, 'the same request with a valid token of the issuer is still answered'),
    })),
});
