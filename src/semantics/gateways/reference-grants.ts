/** References into another namespace need its permission (M124). @see https://gateway-api.sigs.k8s.io/api-types/referencegrant/ */
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';

const gatewayGroup = 'gateway.networking.k8s.io';

/** @param from the referring object; @param to the referent: group, kind, namespace and name */
export function granted(
  mesh: Mesh,
  from: { readonly kind: string; readonly namespace: string },
  to: { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string },
): boolean {
  if (from.namespace === to.namespace) return true;
  return ofKind(mesh, 'ReferenceGrant').some(
    ({ namespace, spec }) =>
      namespace === to.namespace &&
      spec.from.some((entry) => entry.group === gatewayGroup && entry.kind === from.kind && entry.namespace === from.namespace) &&
      spec.to.some((entry) => entry.group === to.group && entry.kind === to.kind && (entry.name === undefined || entry.name === '' || entry.name === to.name)),
  );
}
