/** Pods that only a NetworkPolicy's selector names (R29): what it opens or closes is told for them too. */
import { compareBy } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Labels } from '#mesh/selection.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { requirementsOf, selectionHolds, selectionText, type LabelSelection } from '#sets/label-selection.ts';

export interface NetworkPhantom {
  /** `namespace/` and the selector in words. */
  readonly id: string;
  readonly namespace: string;
  readonly labels: Labels;
}

/**
 * As for other policies: none where the selector finds a declared workload on the base side, and none where the same policy finds one on the
 * other side (a slip of the selector, judged at that workload).
 */
export function networkPhantoms(base: Mesh, head: Mesh): readonly NetworkPhantom[] {
  const found = new Map<string, NetworkPhantom>();
  for (const mesh of [base, head]) {
    const other = mesh === base ? head : base;
    const twins = new Map(ofKind(other, 'NetworkPolicy').map((policy) => [resourceId(policy), policy]));
    for (const policy of ofKind(mesh, 'NetworkPolicy')) {
      const namespace = policy.namespace ?? 'default';
      // Pods of the root namespace stand for the whole mesh where a question names them by labels.
      if (namespace === mesh.config.rootNamespace) continue;
      const selection = policy.spec.podSelector;
      if (declares(base, namespace, selection)) continue;
      const id = `${namespace}/${selectionText(selection)}`;
      const labels = labelsFor(selection);
      if (labels === undefined || found.has(id)) continue;
      const twin = twins.get(resourceId(policy));
      if (twin !== undefined && selectionText(twin.spec.podSelector) !== selectionText(selection) && selectionText(twin.spec.podSelector) !== '*' && declares(other, namespace, twin.spec.podSelector)) continue;
      found.set(id, { id, namespace, labels });
    }
  }
  return [...found.values()].sort(compareBy((phantom) => phantom.id));
}

function declares(mesh: Mesh, namespace: string, selection: LabelSelection): boolean {
  return workloadsWith(mesh, namespace, selection.matchLabels).some((workload) => selectionHolds(selection, workload.labels));
}

/** Labels that the selector accepts; `undefined`: it accepts none. */
function labelsFor(selection: LabelSelection): Labels | undefined {
  const labels: Record<string, string> = {};
  for (const { key, operator, values } of requirementsOf(selection)) {
    if (Object.hasOwn(labels, key)) continue;
    if (operator === 'In' && values[0] !== undefined) labels[key] = values[0];
    if (operator === 'Exists') labels[key] = 'x';
  }
  return selectionHolds(selection, labels) ? labels : undefined;
}
