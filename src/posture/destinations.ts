/** What is compared: declared workloads, and the phantoms that only a selector names (R29). */
import { compareBy } from '#lib/order.ts';
import { inboundCapture } from '#mesh/capture.ts';
import { enrolmentOf } from '#mesh/enrolment.ts';
import type { Enrolment, Mesh, Workload } from '#mesh/model.ts';
import { accepted } from '#mesh/policies.ts';
import type { AnyResource } from '#mesh/policies.ts';
import { selectorText } from '#mesh/selection.ts';
import type { Labels } from '#mesh/selection.ts';
import { workloadsWith } from '#mesh/workload-index.ts';

/** Declared workloads in id order. Those outside the mesh too: a change may put them in or take them out. */
export function destinationsOf(mesh: Mesh): readonly Workload[] {
  return [...mesh.workloads.values()].sort(compareBy((workload) => workload.id));
}

export interface Phantom {
  readonly base: Workload;
  readonly head: Workload;
}

interface Scope {
  readonly id: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly meshWide: boolean;
}

/**
 * Destinations that a policy's selector or scope names and no manifest declares, on the base side or on neither (R29). A selector
 * makes none where its policy selects a declared workload on the other side: that is a typing slip, judged there.
 */
export function phantomsOf(base: Mesh, head: Mesh): readonly Phantom[] {
  const scopes = new Map<string, Scope>();
  for (const mesh of [base, head]) {
    const other = mesh === base ? head : base;
    for (const policy of policiesOf(mesh)) {
      const scope = scopeOf(policy, mesh);
      if (scope === undefined || scopes.has(scope.id)) continue;
      if (declares(base, scope)) continue;
      if (mesh === head && declares(head, scope) && !declares(base, scope) && Object.keys(scope.labels).length === 0) continue;
      const twin = (other.resources.get(policy.kind) ?? []).find((candidate) => candidate.name === policy.name && candidate.namespace === policy.namespace);
      const twinScope = twin === undefined ? undefined : scopeOf(twin, other);
      if (twinScope !== undefined && twinScope.id !== scope.id && (declares(base, twinScope) || declares(head, twinScope))) continue;
      scopes.set(scope.id, scope);
    }
  }
  return [...scopes.values()].sort(compareBy((scope) => scope.id)).map((scope) => ({ base: phantomOf(base, scope), head: phantomOf(head, scope) }));
}

function policiesOf(mesh: Mesh): readonly AnyResource[] {
  return ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'].flatMap((kind) => mesh.resources.get(kind) ?? []).filter((policy) => accepted(policy));
}

/** `namespace/key=value`, `namespace/*`, `*` in front for the root namespace (`design.md` section 5). */
function scopeOf(policy: AnyResource, mesh: Mesh): Scope | undefined {
  if (policy.kind !== 'AuthorizationPolicy' && policy.kind !== 'PeerAuthentication' && policy.kind !== 'RequestAuthentication') return undefined;
  if (policy.kind !== 'PeerAuthentication' && policy.spec.targetRefs.length > 0) return undefined;
  const labels = policy.spec.selector?.matchLabels ?? {};
  const meshWide = policy.namespace === mesh.config.rootNamespace;
  // M4: a selector in the root namespace names nobody for mTLS.
  if (policy.kind === 'PeerAuthentication' && meshWide && Object.keys(labels).length > 0) return undefined;
  const text = Object.keys(labels).length === 0 ? '*' : selectorText(labels);
  return { id: `${meshWide ? '*' : (policy.namespace ?? '')}/${text}`, namespace: policy.namespace ?? '', labels, meshWide };
}

function declares(mesh: Mesh, scope: Scope): boolean {
  return workloadsWith(mesh, scope.meshWide ? undefined : scope.namespace, scope.labels).length > 0;
}

function phantomOf(mesh: Mesh, scope: Scope): Workload {
  const workload = phantomWorkload(mesh, scope.namespace, scope.labels);
  if (!scope.meshWide) return { ...workload, id: scope.id };
  // R24: for the mesh, "some namespace in the mesh has such pods".
  const enrolment: Enrolment = mesh.world === 'closed' ? { mode: 'sidecar', revision: undefined } : { mode: 'unknown', assumption: 'enrolment:*', inWorld: 'sidecar' };
  const capture = inboundCapture(enrolment, {});
  return { ...workload, id: scope.id, enrolment, otherPortsCaptured: capture.mode === 'all' };
}

/** A pod with these labels that no manifest declares: no declared ports, the default account. */
export function phantomWorkload(mesh: Mesh, namespace: string, labels: Labels): Workload {
  const enrolment = enrolmentOf(
    { namespace, namespaceLabels: mesh.namespaces.get(namespace)?.resource?.labels, labels, annotations: {}, hostNetwork: false, kind: 'Pod', name: '', envoyDisabled: false },
    mesh.enrolmentWorld,
  );
  const text = selectorText(labels);
  return {
    id: `${namespace}/${text === '' ? '*' : text}`,
    namespace,
    name: text === '' ? '*' : text,
    kind: '',
    labels,
    annotations: {},
    serviceAccount: 'default',
    enrolment,
    ports: [],
    otherPortsCaptured: inboundCapture(enrolment, {}).mode === 'all',
    resource: undefined,
  };
}
