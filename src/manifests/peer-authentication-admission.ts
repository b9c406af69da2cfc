/** PeerAuthentication as Istio's webhook judges it: the schema refuses the rest (A7.3, M9). */
import { annotationRefusals, selectorWarnings } from './istio-admission.ts';
import { fieldsOr, type Fields } from './reading.ts';
import type { ManifestProblem } from './resource.ts';

export function admitPeerAuthentication(manifest: Fields): readonly ManifestProblem[] {
  const refusals = annotationRefusals(manifest, 'PeerAuthentication');
  return refusals.length > 0 ? refusals : selectorWarnings(fieldsOr(manifest, 'spec'));
}
