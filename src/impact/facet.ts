/** Which layer a change is about: the first whose answer differs on the witness (`design.md` section 5, `facet`). */
import type { Decision } from '#posture/query.ts';
import type { Facet } from './change.ts';

/** An answer's refusing or asking layer, or undefined where it lets the request pass. */
function stops(decision: Decision): string | undefined {
  if (decision.verdict === 'unknown' || decision.verdict === 'allow') return undefined;
  return decision.layer;
}

/**
 * @param refusing the answer of the side with the lower verdict
 * @param passing the answer of the side with the higher verdict
 * @param someTokenPasses whether the refusing side would let the same request pass with some token that it validates
 */
export function facetOf(refusing: Decision, passing: Decision, someTokenPasses: () => boolean): Facet {
  const layer = stops(refusing);
  if (layer === 'mtls' || layer === 'protocol') return 'mtls';
  if (layer === 'authentication') return 'token';
  if (layer === 'external-authorization' || passing.verdict === 'asks') return 'external-authorization';
  if (layer === 'routing') return 'ingress';
  if (refusing.verdict !== 'unknown' && passing.verdict !== 'unknown' && refusing.enforcedAt !== passing.enforcedAt) return 'enrolment';
  if (layer === 'authorization' && someTokenPasses()) return 'token';
  return 'access';
}
