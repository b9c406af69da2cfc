/** Plaintext is newly refused (M18). Declared callers that are cut off by it are MP203. */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { destinationsPhrase, lostMessage, lostValidation } from '../text.ts';

export const mtlsRequired = defineDetector({
  rule: 'mtls-required',
  detectChanges: (context) =>
    changesOf(context, 'mtls-required').map((change) => ({
      change,
      message: lostMessage(change),
      impact: `clients without a proxy, scrapers and the API server's webhooks can no longer reach ${destinationsPhrase(change)}`,
      remedy: 'make sure that every client has a proxy; where one cannot, make an exception for its port with `portLevelMtls` and restrict that port by address or NetworkPolicy',
      validation: lostValidation(change),
    })),
});
