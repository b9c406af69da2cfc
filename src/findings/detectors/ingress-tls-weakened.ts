/** A gateway asks less of its clients than before (M112, M113). */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { causePhrase, destinationsPhrase, openedValidation } from '../text.ts';

export const ingressTlsWeakened = defineDetector({
  rule: 'ingress-tls-weakened',
  detectChanges: (context) =>
    changesOf(context, 'ingress-tls-weakened').map((change) => ({
      change,
      message: `${change.headline}${causePhrase(change)}`,
      impact: `the way from outside to ${destinationsPhrase(change)} is protected less than before`,
      remedy: 'keep `tls.mode: MUTUAL` where client certificates are meant, write the mode out, and leave `minProtocolVersion` at TLS 1.2 or higher',
      validation: openedValidation(change, 'a client with the certificate it had before is still answered'),
    })),
});
