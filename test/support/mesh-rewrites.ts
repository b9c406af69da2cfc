/** Parts of random policies, and what rewrites of whole meshes are made of. */
import type { Document } from './random-mesh/manifests.ts';
import { fieldsAt } from './random-mesh/fields.ts';

/** The action of an AuthorizationPolicy; of other kinds the empty text. */
export function actionOf(document: Document): string {
  const { action } = fieldsAt(document, 'spec');
  return document.kind !== 'AuthorizationPolicy' ? '' : typeof action === 'string' ? action : 'ALLOW';
}
