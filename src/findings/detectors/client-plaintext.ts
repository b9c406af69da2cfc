/** Clients are told to send something else than mutual TLS to a mesh workload (M33 to M45). */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { causePhrase, destinationsPhrase, openedValidation } from '../text.ts';

export const clientPlaintext = defineDetector({
  rule: 'client-plaintext',
  detectChanges: (context) =>
    changesOf(context, 'client-plaintext').map((change) => ({
      change,
      message: `clients reach ${destinationsPhrase(change)} with weaker protection${causePhrase(change)}: ${change.after}; before this change ${change.before}`,
      impact: 'the requests travel without the mesh identity of the caller, and in plaintext where no TLS is left',
      remedy: 'write `tls.mode: ISTIO_MUTUAL`, or leave the `tls` block out so that automatic mutual TLS applies; a block without `mode` means DISABLE',
      validation: openedValidation(change, 'the same request over mutual TLS is answered'),
    })),
});
