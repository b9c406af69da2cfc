import type { Mesh } from '#mesh/model.ts';
import type { Labels } from '#mesh/selection.ts';
import { readerOf, type LabelReader } from '#sets/label-selection.ts';

export const namespaceNameLabel = 'kubernetes.io/metadata.name';

const declared = new WeakMap<Mesh, ReadonlyMap<string, Labels>>();

/**
 * Labels of every namespace that something declares, its name included (R22): its object on this side, else the other side's object, which
 * then holds for both (R23); in a whole cluster, none where there is no object (R27).
 */
export function declaredNamespaces(mesh: Mesh): ReadonlyMap<string, Labels> {
  const known = declared.get(mesh);
  if (known !== undefined) return known;
  const fresh = new Map<string, Labels>();
  const told = mesh.enrolmentWorld.knowledge.namespaces;
  for (const name of new Set([...mesh.namespaces.keys(), ...told.keys()])) {
    const labels = declaredLabels(mesh, name);
    if (labels !== undefined) fresh.set(name, labels);
  }
  declared.set(mesh, fresh);
  return fresh;
}

/** The same for one of them: a mesh is often asked about one or two only. */
function declaredLabels(mesh: Mesh, name: string): Labels | undefined {
  const told = mesh.enrolmentWorld.knowledge.namespaces;
  const labels = mesh.namespaces.get(name)?.resource?.labels ?? told.get(name)?.labels ?? (mesh.world === 'closed' && (mesh.namespaces.has(name) || told.has(name)) ? {} : undefined);
  return labels === undefined ? undefined : { ...labels, [namespaceNameLabel]: name };
}

/** `told`: what a question says of a namespace that nothing declares. */
export function namespaceReader(mesh: Mesh, namespace: string, told?: Labels): LabelReader {
  const labels = declaredLabels(mesh, namespace);
  if (labels !== undefined && (told === undefined || mesh.namespaces.get(namespace)?.resource !== undefined || mesh.world === 'open')) return readerOf(labels);
  if (told !== undefined || mesh.world === 'closed') return readerOf({ ...told, [namespaceNameLabel]: namespace });
  return (key) => (key === namespaceNameLabel ? namespace : undefined);
}
