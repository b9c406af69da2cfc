import type { FieldPath, Origin } from '#source/origin.ts';
import type { KindSpecs } from './kinds.ts';
import type { Choice, Unresolved } from './unresolved.ts';

export type Kind = keyof KindSpecs;

/** What the API server or Istio's webhook would say about a manifest, or what its author surely did not mean. */
export interface ManifestProblem {
  readonly kind:
    /** A field the schema lacks: dropped, or refused by strict clients (MP804). */
    | 'unknown-field'
    /** A value of the wrong type or outside the schema's limits: the API server refuses the object (MP803). */
    | 'schema'
    /** Istio's validating webhook refuses the object (MP803). */
    | 'webhook'
    /** Accepted with a warning. */
    | 'warning'
    /** An API version that is no longer served (MP808). */
    | 'removed-version';
  readonly path: FieldPath;
  readonly message: string;
  /** The nearest real field name, where one is within edit distance 2. */
  readonly nearest?: string;
  /** The part of the object that has this field, where it was indented too deep or too little. */
  readonly place?: string;
  /** All values that the schema takes, where it lists them. */
  readonly choices?: readonly Choice[];
  /** False: our tables may be older than the cluster; the finding is medium and undecided. */
  readonly certain: boolean;
}

/** One typed object. The spec is decoded; values are plain; spans are looked up through `origin` when a result cites them. */
export interface Resource<K extends Kind = Kind> {
  readonly kind: K;
  readonly apiVersion: string;
  readonly name: string;
  /** Resolved by R22; `undefined` for cluster-scoped kinds. A placeholder starts with `~`. */
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339, where the manifest carries it. */
  readonly creationTimestamp: string | undefined;
  readonly spec: KindSpecs[K];
  readonly origin: Origin;
  readonly unit: string;
  readonly problems: readonly ManifestProblem[];
  /** Set: values in it that the repository does not tell. */
  readonly unresolved?: readonly Unresolved[];
}

export type AnyResource = { [K in Kind]: Resource<K> }[Kind];

/** Admission takes it: no `schema`, `webhook` or certain `unknown-field` problem. A refused object is not in force (A7.1). */
export function accepted(resource: Pick<Resource, 'problems'>): boolean {
  return !resource.problems.some((problem) => problem.kind === 'schema' || problem.kind === 'webhook' || (problem.kind === 'unknown-field' && problem.certain));
}

/** Keys that differ from the name in the manifest, because two groups use the same name. */
const names: Readonly<Partial<Record<Kind, string>>> = { KubernetesGateway: 'Gateway', KnativeService: 'Service', KyvernoPolicy: 'Policy', CalicoNetworkPolicy: 'NetworkPolicy', CalicoGlobalNetworkPolicy: 'GlobalNetworkPolicy' };

/** The kind as manifests and people write it. `Gateway` is Istio's and the Gateway API's: the key tells them apart, the name does not. */
export function kindName(kind: Kind): string {
  return names[kind] ?? kind;
}

/** `Kind/namespace/name` as shown; `Kind/name` for cluster-scoped kinds. Two groups may share it: use `resourceKey` to tell objects apart. */
export function resourceId(resource: Pick<Resource, 'kind' | 'namespace' | 'name'>): string {
  const kind = kindName(resource.kind);
  return resource.namespace === undefined ? `${kind}/${resource.name}` : `${kind}/${resource.namespace}/${resource.name}`;
}

/** One object of one cluster: like `resourceId`, with the key of the kind. */
export function resourceKey(resource: Pick<Resource, 'kind' | 'namespace' | 'name'>): string {
  return resource.namespace === undefined ? `${resource.kind}/${resource.name}` : `${resource.kind}/${resource.namespace}/${resource.name}`;
}

export function isKind<K extends Kind>(kind: K): (resource: AnyResource) => resource is Extract<AnyResource, { kind: K }> {
  return (resource): resource is Extract<AnyResource, { kind: K }> => resource.kind === kind;
}
