/**
 * Which workloads a rating is about: those of one side, or only those that both sides have. Where a namespace of the mesh declares
 * none (it is deployed from elsewhere), the pods that its policies name stand for them (R29).
 */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import type { Workload } from '#mesh/model.ts';
import type { Labels } from '#mesh/selection.ts';
import { phantomWorkload } from '#posture/destinations.ts';
import { knownNamespaces, type SideFacts } from '#findings/facts.ts';

export interface Scope {
  /** Base ids of the workloads to rate; absent: all. */
  readonly only?: ReadonlySet<string>;
  /** Head workload id → base workload id (R12). */
  readonly renamed: ReadonlyMap<string, string>;
  /** Pods that nobody declares; absent: those that this side's own policies name. */
  readonly phantoms?: readonly PhantomScope[];
}

export interface PhantomScope {
  readonly namespace: string;
  readonly labels: Labels;
}

export const everything: Scope = { renamed: new Map() };

/** Declared workloads except gateways, under their base ids, so that both sides name one alike; then phantoms. */
export function scopeOf(side: SideFacts, scope: Scope): readonly Workload[] {
  return [...declaredIn(side, scope), ...(scope.phantoms ?? phantomScopes(side)).map(({ namespace, labels }) => phantomWorkload(side.mesh, namespace, labels))];
}

export function declaredIn(side: SideFacts, scope: Scope): readonly Workload[] {
  return side.workloads.flatMap((workload) => {
    const id = scope.renamed.get(workload.id);
    if (workload.enrolment.mode === 'gateway' || (scope.only !== undefined && !scope.only.has(id ?? workload.id))) return [];
    return [id === undefined ? workload : { ...workload, id }];
  });
}

/** Namespaces without declared workloads that are in the mesh or hold Istio policies: all their pods, and each selector named there. */
export function phantomScopes(...sides: readonly SideFacts[]): readonly PhantomScope[] {
  const populated = new Set(sides.flatMap((side) => side.workloads.map((workload) => workload.namespace)));
  const found = new Map<string, PhantomScope>();
  for (const side of sides) {
    const policies = [...side.of('AuthorizationPolicy'), ...side.of('PeerAuthentication'), ...side.of('RequestAuthentication')].filter((policy) => policy.kind === 'PeerAuthentication' || policy.spec.targetRefs.length === 0);
    const isRated = (namespace: string): boolean => !populated.has(namespace) && namespace !== side.mesh.config.rootNamespace && !namespace.startsWith('kube-');
    for (const { name } of side.mesh.namespaces.values()) {
      if (isRated(name) && phantomWorkload(side.mesh, name, {}).enrolment.mode !== 'none' && (policies.some((policy) => policy.namespace === name) || isLabelled(side, name))) add(found, { namespace: name, labels: {} });
    }
    for (const policy of policies) {
      const namespace = policy.namespace ?? '';
      if (isRated(namespace) && phantomWorkload(side.mesh, namespace, {}).enrolment.mode !== 'none') add(found, { namespace, labels: policy.spec.selector?.matchLabels ?? {} });
    }
  }
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, scope]) => scope);
}

function isLabelled(side: SideFacts, namespace: string): boolean {
  const { mode } = phantomWorkload(side.mesh, namespace, {}).enrolment;
  return mode === 'sidecar' || mode === 'ambient';
}

function add(found: Map<string, PhantomScope>, scope: PhantomScope): void {
  found.set(canonical([scope.namespace, scope.labels]), scope);
}

/** Base ids of what both sides declare. */
export function common(base: SideFacts, head: SideFacts, renamed: ReadonlyMap<string, string>): ReadonlySet<string> {
  const old = new Set(base.workloads.map((workload) => workload.id));
  return new Set(head.workloads.map((workload) => renamed.get(workload.id) ?? workload.id).filter((id) => old.has(id)));
}

/** Namespaces of what is rated; where nothing is, those that the manifests name at all, system namespaces apart. */
export function namespacesOf(side: SideFacts, scope: Scope): readonly string[] {
  const rated = distinct(scopeOf(side, scope).map((workload) => workload.namespace));
  return rated.length > 0 ? rated : knownNamespaces(side);
}
