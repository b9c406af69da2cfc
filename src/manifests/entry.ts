import type { KindSpecs } from './kinds.ts';
import type { Fields } from './reading.ts';
import { kindName, type Kind, type ManifestProblem } from './resource.ts';
import { anything, checkShape, object, part, type ObjectShape, type Shape } from './shape.ts';

/** All there is to know of one kind to recognise, judge and decode it. */
export interface KindEntry<K extends Kind> {
  readonly kind: K;
  readonly group: string;
  /** As manifests write it; differs from `kind` only where two groups share a name. */
  readonly name: string;
  readonly scope: 'namespaced' | 'cluster';
  /** The preferred one first. */
  readonly served: readonly string[];
  /** Versions that were served once. */
  readonly removed: readonly string[];
  /** The name of an object that has none, where that is allowed. */
  readonly nameless: string | undefined;
  readonly decode: (manifest: Fields) => KindSpecs[K];
  /** Everything wrong outside the metadata. */
  readonly check: (manifest: Fields) => readonly ManifestProblem[];
}

export type AnyKindEntry = { [K in Kind]: KindEntry<K> }[Kind];

type Rules = (manifest: Fields) => readonly ManifestProblem[];

export interface KindDescription<K extends Kind> {
  readonly group: string;
  readonly scope: 'namespaced' | 'cluster';
  readonly served: readonly string[];
  readonly removed?: readonly string[];
  readonly nameless?: string;
  readonly shape: ObjectShape;
  /** The validating webhook: not asked where the schema refuses. */
  readonly admit?: Rules;
  readonly decode: (manifest: Fields) => KindSpecs[K];
}

export function kindEntry<K extends Kind>(kind: K, description: KindDescription<K>): KindEntry<K> {
  const { group, scope, served, removed = [], nameless, shape, admit, decode } = description;
  const check = (manifest: Fields): readonly ManifestProblem[] => {
    const found = checkShape(manifest, shape);
    const problems = found.length > 0 && builtInGroups.has(group) ? found.map(asQuestion) : found;
    if (admit !== undefined && !problems.some((problem) => problem.kind === 'schema')) problems.push(...admit(manifest));
    return problems;
  };
  return { kind, group, name: kindName(kind), scope, served, removed, nameless, decode, check };
}

/** The frame of a custom resource: nothing beside these five. */
export function customResource(spec: Shape, more: Omit<ObjectShape, 'is' | 'fields'> = {}): ObjectShape {
  return object({ apiVersion: anything, kind: anything, metadata: anything, spec, status: anything }, more);
}

/** A built-in kind of which only some fields are read. */
export function builtIn(fields: Readonly<Record<string, Shape>>): ObjectShape {
  return part(fields);
}

/** Groups of the API server itself. */
export const builtInGroups: ReadonlySet<string> = new Set(['', 'apps', 'batch', 'networking.k8s.io', 'rbac.authorization.k8s.io', 'admissionregistration.k8s.io']);

/**
 * For kinds of the API server itself: strict clients refuse an unknown field, older ones and many controllers drop it, and what runs may have run for years.
 * The object stays in the model, the field is a question.
 */
function asQuestion(problem: ManifestProblem): ManifestProblem {
  return problem.kind === 'unknown-field' ? { ...problem, certain: false } : problem;
}
