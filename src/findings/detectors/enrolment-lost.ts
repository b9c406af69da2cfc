/**
 * A workload leaves the mesh: label, annotation, host network or ambient opt-out (M55 to M68). Its policies stay in the cluster and
 * apply to nothing (M section 3D).
 * @see https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
 */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { causePhrase, destinationsPhrase, openedMessage, openedValidation } from '../text.ts';

export const enrolmentLost = defineDetector({
  rule: 'enrolment-lost',
  detectChanges: (context) =>
    changesOf(context, 'enrolment-lost').map((change) => ({
      change,
      facet: 'enrolment' as const,
      message: change.direction === 'weakened' ? `no proxy stands before ${destinationsPhrase(change)} any longer${causePhrase(change)}` : openedMessage(change),
      impact: `no policy is enforced for ${destinationsPhrase(change)} any longer, and its own calls carry no identity`,
      attack: 'any pod connects to the application port directly: mutual TLS, authorization and tokens are checked by nobody',
      remedy: 'put the workload back into the mesh (namespace or pod label), or restrict it by NetworkPolicy if it has to stay outside',
      validation: openedValidation(change, 'a workload of the mesh that the policies name is still answered'),
    })),
});
