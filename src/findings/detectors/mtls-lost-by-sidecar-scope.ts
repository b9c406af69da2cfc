/**
 * A narrower Sidecar scope does not block: under ALLOW_ANY a mesh Service that is no longer in scope is called as an unknown address,
 * without mutual TLS (M98 to M100).
 */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { callValidation, causePhrase } from '../text.ts';

export const mtlsLostBySidecarScope = defineDetector({
  rule: 'mtls-lost-by-sidecar-scope',
  detectChanges: (context) =>
    changesOf(context, 'mtls-lost-by-sidecar-scope').map((change) => ({
      change,
      message: `${change.headline}${causePhrase(change)}: what the callers' sidecars do not know is let through as it is`,
      impact: 'the scope blocks nothing; calls that still happen arrive without an identity, in plaintext, and fail where mutual TLS is required',
      remedy: 'name the Service in `egress.hosts`, or set `outboundTrafficPolicy.mode: REGISTRY_ONLY` if the call is to be refused',
      validation: callValidation(change),
    })),
});
