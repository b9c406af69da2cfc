/**
 * A RequestAuthentication accepts tokens that it refused or did not read: another issuer, other keys, another audience or place. Whatever
 * admits any valid token then admits them, too (A5.3, A5.6, A5.7, A5.11).
 */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { openedMessage, openedValidation } from '../text.ts';

export const issuerOrKeysWidened = defineDetector({
  rule: 'issuer-or-keys-widened',
  detectChanges: (context) =>
    changesOf(context, 'issuer-or-keys-widened').map((change) => ({
      change,
      severity: change.callers.internet ? 'critical' : 'high',
      message: openedMessage(change),
      impact: 'whoever signs these tokens decides from now on who is let in as an end user',
      attack: 'somebody who gets a token from the added issuer, or one that was made out for another service, uses it here',
      remedy: 'pin the issuer in the policies (`requestPrincipals: ["ISSUER/*"]`) and keep `audiences` at every rule of the RequestAuthentication',
      validation: openedValidation(change, 'a token of the issuer that was accepted before is still accepted'),
    })),
});
