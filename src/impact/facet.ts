/** Which layer a change is about: the first whose answer differs on the witness (`docs/report.md`, `facet`). */
import type { Decision } from '#posture/query.ts';
import type { Facet } from './change.ts';

/** An answer's refusing or asking layer, or undefined where it lets the request pass. */
function stops(decision: Decision): string | undefined {
  if (decision.verdict === 'unknown' || decision.verdict === 'allow') return undefined;
  return decision.layer;
}

/** The client's TLS goes to the application as it is: whatever refuses then refuses somebody whose identity it was not shown (M16). */
function goesUnseen(decision: Decision): boolean {
  return decision.verdict !== 'unknown' && decision.passthrough === true;
}

/**
 * @param refusing the answer of the side with the lower verdict
 * @param passing the answer of the side with the higher verdict
 * @param someTokenPasses whether the refusing side would let the same request pass with some token that it validates
 */
export function facetOf(refusing: Decision, passing: Decision, someTokenPasses: () => boolean): Facet {
  const layer = stops(refusing);
  if (layer === 'mtls') return 'mtls';
  // A port that asks for HTTP takes no other bytes: that is about what is sent, not about who sends it.
  if (layer === 'protocol') return 'access';
  if (goesUnseen(refusing) && !goesUnseen(passing)) return 'mtls';
  if (layer === 'authentication') return 'token';
  if (layer === 'external-authorization' || passing.verdict === 'asks') return 'external-authorization';
  if (layer === 'network-policy') return 'access';
  if (layer === 'routing') return 'ingress';
  if (refusing.verdict !== 'unknown' && passing.verdict !== 'unknown' && refusing.enforcedAt !== passing.enforcedAt) return 'enrolment';
  if (layer === 'authorization' && someTokenPasses()) return 'token';
  return 'access';
}
