import { someTold } from '#lib/told.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Labels } from '#mesh/selection.ts';
import type { Predicate } from '#sets/cube.ts';
import { readerOf, requirementsOf, selectionTold, type LabelReader, type LabelSelection, type RequirementReader } from '#sets/label-selection.ts';

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

/**
 * True: the namespace, which nothing declares, has this label, or this value of it (R24: one boolean that both sides share). Values of one
 * label are booleans of their own, so that a list of values holds what each of them holds.
 */
export function namespaceLabelDimension(namespace: string, key: string, value?: string): `opaque:${string}` {
  return `${namespaceLabelPrefix}${namespace} ${key}${value === undefined ? '' : `=${value}`}`;
}

export const namespaceLabelPrefix = 'opaque:namespace-label ';

/** The same selection in booleans for one namespace: a union of conjunctions, empty where what is told excludes it. */
export function namespaceSelected(mesh: Mesh, namespace: string, selection: LabelSelection): readonly (readonly Predicate[])[] {
  const read = namespaceReader(mesh, namespace);
  return requirementsOf(selection).reduce<readonly (readonly Predicate[])[]>(
    (found, requirement) => {
      const { key, operator, values } = requirement;
      const value = read(key);
      if (value !== undefined) return selectionTold({ matchLabels: {}, matchExpressions: [requirement] }, read) === true ? found : [];
      const holds = (text?: string): Predicate => ({ dimension: namespaceLabelDimension(namespace, key, text), any: [{ type: 'holds' }], none: [] });
      const fails = (text?: string): Predicate => ({ dimension: namespaceLabelDimension(namespace, key, text), any: [], none: [{ type: 'holds' }] });
      switch (operator) {
        case 'In':
          return found.flatMap((conjunction) => values.map((text) => [...conjunction, holds(text)]));
        case 'Exists':
          return found.map((conjunction) => [...conjunction, holds()]);
        case 'NotIn':
          return found.map((conjunction) => [...conjunction, ...values.map((text) => fails(text))]);
        case 'DoesNotExist':
          return found.map((conjunction) => [...conjunction, fails()]);
        case 'unknown':
          return [];
      }
    },
    [[]],
  );
}

/** The same of one question: what it gives of these booleans. */
export function namespaceAssumed(namespace: string, given: Readonly<Record<string, boolean>> | undefined): RequirementReader {
  const told = (key: string, value?: string): boolean | undefined => given?.[namespaceLabelDimension(namespace, key, value)];
  return ({ key, operator, values }) => {
    const some = operator === 'In' || operator === 'NotIn' ? someTold(values, (value) => told(key, value)) : operator === 'unknown' ? false : told(key);
    return operator === 'NotIn' || operator === 'DoesNotExist' ? (some === undefined ? undefined : !some) : some;
  };
}
