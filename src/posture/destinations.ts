/** What is compared: declared workloads, and the phantoms that only a selector names (R29). */
import { canonical } from '#lib/canonical.ts';
import { compareBy } from '#lib/order.ts';
import { captures, inboundCapture } from '#mesh/capture.ts';
import { enrolmentOf } from '#mesh/enrolment.ts';
import type { Enrolment, Mesh, Workload } from '#mesh/model.ts';
import { ofKind } from '#mesh/attachment.ts';
import { resourceId } from '#mesh/policies.ts';
import type { AnyResource } from '#mesh/policies.ts';
import { declaredPorts } from '#mesh/ports.ts';
import { servicesOf } from '#mesh/services.ts';
import { networkPhantoms } from './network-phantoms.ts';
import { selectorText } from '#mesh/selection.ts';
import type { Labels } from '#mesh/selection.ts';
import { namespacesTakenAway } from '#mesh/taken-away.ts';
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
 * Destinations that a policy's selector or scope names, or a namespace's label for the mesh, and no manifest declares, on the base side or on neither (R29). A selector
 * makes none where its policy (same name, or equal rules in the namespace under a name that is gone here) selects a declared workload on the other side: that is a
 * slip of the selector, judged at that workload. A namespace that is taken away whole holds nobody any more (R28).
 */
export function phantomsOf(base: Mesh, head: Mesh): readonly Phantom[] {
  const scopes = new Map<string, Scope>();
  const twins = new Map([base, head].map((mesh) => [mesh, twinFinder(mesh)] as const));
  for (const mesh of [base, head]) {
    const other = mesh === base ? head : base;
    const standing = new Set(policiesOf(mesh).map(resourceId));
    for (const policy of policiesOf(mesh)) {
      const scope = scopeOf(policy, mesh);
      if (scope === undefined || scopes.has(scope.id) || declares(base, scope)) continue;
      const slipped = (twins.get(other)?.(policy) ?? []).some((twin) => {
        // One that stands here as well is another policy, whatever both say.
        if (resourceId(twin) !== resourceId(policy) && standing.has(resourceId(twin))) return false;
        const there = scopeOf(twin, other);
        return there !== undefined && there.id !== scope.id && Object.keys(there.labels).length > 0 && declares(other, there);
      });
      if (!slipped) scopes.set(scope.id, scope);
    }
  }
  for (const phantom of networkPhantoms(base, head)) scopes.set(phantom.id, { ...phantom, meshWide: false });
  for (const namespace of namespacesMoved(base, head)) {
    const scope: Scope = { id: `${namespace}/*`, namespace, labels: {}, meshWide: false };
    if (!declares(base, scope)) scopes.set(scope.id, scope);
  }
  const gone = new Set(namespacesTakenAway(base, head));
  return [...scopes.values()].filter((scope) => scope.meshWide || !gone.has(scope.namespace)).sort(compareBy((scope) => scope.id)).map((scope) => ({ base: phantomOf(base, scope), head: phantomOf(head, scope) }));
}

/**
 * Namespaces that a label takes into the mesh, out of it or to another kind of proxy: the label is the selector of all pods there, which
 * policies of the whole mesh then reach or no longer do. Pods of the root namespace stand for the whole mesh where a question names them.
 */
function namespacesMoved(base: Mesh, head: Mesh): readonly string[] {
  const modeIn = (mesh: Mesh, namespace: string): Enrolment['mode'] => phantomWorkload(mesh, namespace, {}).enrolment.mode;
  return [...base.namespaces.values()]
    .filter(({ name, resource }) => resource !== undefined && name !== base.config.rootNamespace && head.namespaces.get(name)?.resource !== undefined)
    .map(({ name }) => name)
    .filter((name) => modeIn(base, name) !== modeIn(head, name));
}

type SelectingPolicy = Extract<AnyResource, { kind: 'AuthorizationPolicy' | 'PeerAuthentication' | 'RequestAuthentication' }>;

function policiesOf(mesh: Mesh): readonly SelectingPolicy[] {
  return [...ofKind(mesh, 'AuthorizationPolicy'), ...ofKind(mesh, 'PeerAuthentication'), ...ofKind(mesh, 'RequestAuthentication')];
}

/** Policies of a mesh that are the same one as a policy of the other side: by name, or by what they say besides the selector. */
function twinFinder(mesh: Mesh): (policy: SelectingPolicy) => readonly SelectingPolicy[] {
  const byKey = new Map<string, SelectingPolicy[]>();
  const keysOf = (policy: SelectingPolicy): string[] => [`name ${resourceId(policy)}`, `content ${policy.kind} ${policy.namespace ?? ''} ${contentOf(policy)}`];
  let built = false;
  return (policy) => {
    if (!built) {
      built = true;
      for (const own of policiesOf(mesh)) {
        for (const key of keysOf(own)) {
          const list = byKey.get(key);
          if (list === undefined) byKey.set(key, [own]);
          else list.push(own);
        }
      }
    }
    return keysOf(policy).flatMap((key) => byKey.get(key) ?? []);
  };
}

function contentOf(policy: SelectingPolicy): string {
  return policy.kind === 'PeerAuthentication'
    ? canonical([policy.spec.mode, [...policy.spec.portLevelMtls]])
    : canonical(Object.fromEntries(Object.entries(policy.spec).filter(([field]) => field !== 'selector')));
}

/** `namespace/key=value`, `namespace/*`, `*` in front for the root namespace (`docs/report.md`). */
function scopeOf(policy: SelectingPolicy, mesh: Mesh): Scope | undefined {
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
  return { ...workload, id: scope.id, enrolment, ports: [], otherPortsCaptured: capture.mode === 'all' };
}

/** The phantom that a question names by its selector: in the root namespace it stands for the whole mesh. */
export function askedPhantom(mesh: Mesh, namespace: string, labels: Labels): Workload {
  const meshWide = namespace === mesh.config.rootNamespace;
  const text = Object.keys(labels).length === 0 ? '*' : selectorText(labels);
  return phantomOf(mesh, { id: `${meshWide ? '*' : namespace}/${text}`, namespace, labels, meshWide });
}

/** A pod with these labels that no manifest declares: the ports of the Services that select it in any case, the default account. */
export function phantomWorkload(mesh: Mesh, namespace: string, labels: Labels): Workload {
  const enrolment = enrolmentOf(
    { namespace, namespaceLabels: mesh.namespaces.get(namespace)?.resource?.labels, labels, annotations: {}, hostNetwork: false, kind: 'Pod', name: '', envoyDisabled: false, routes: false },
    mesh.enrolmentWorld,
  );
  const text = selectorText(labels);
  const capture = inboundCapture(enrolment, {});
  const declared = declaredPorts(undefined, servicesOf(mesh, { namespace, labels }).filter((service) => service.kind === 'Service'), mesh.seniors);
  return {
    id: `${namespace}/${text === '' ? '*' : text}`,
    namespace,
    name: text === '' ? '*' : text,
    kind: '',
    labels,
    annotations: {},
    serviceAccount: 'default',
    enrolment,
    ports: declared.map(({ port, protocol }) => ({ port, protocol, captured: captures(capture, port) })),
    otherPortsCaptured: capture.mode === 'all',
    resource: undefined,
  };
}
