/**
 * Which policies act on a workload (A section 2, M1 to M5). Indexed by namespace and by one label pair, so that many workloads and
 * many policies do not meet pairwise.
 */
import { compact } from '#lib/compact.ts';
import { compareBy } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { AnyResource, Resource } from '#manifests/resource.ts';
import type { WorkloadSelector } from '#manifests/selector.ts';
import type { Mesh, Workload } from './model.ts';
import { selectorIndex } from './selection.ts';
import type { Labels } from './selection.ts';

export interface Attached {
  /** Without targetRefs: those that a sidecar, a classic gateway or a ztunnel reads (A2.3). In id order. */
  readonly authorization: readonly Resource<'AuthorizationPolicy'>[];
  readonly requestAuthentication: readonly Resource<'RequestAuthentication'>[];
  /** By scope (M3); a selector in the root namespace is left out (M4). */
  readonly peerAuthentication: {
    readonly mesh: readonly Resource<'PeerAuthentication'>[];
    readonly namespace: readonly Resource<'PeerAuthentication'>[];
    readonly workload: readonly Resource<'PeerAuthentication'>[];
  };
  /** Extensions that may change every decision and are not interpreted (M132, M133). */
  readonly extensions: readonly Extension[];
}

export type Extension = Extract<AnyResource, { kind: 'EnvoyFilter' | 'WasmPlugin' | 'TrafficExtension' }>;

type Finder<T> = (namespace: string, labels: Labels) => readonly T[];

interface Index {
  readonly authorization: Finder<Resource<'AuthorizationPolicy'>>;
  readonly requestAuthentication: Finder<Resource<'RequestAuthentication'>>;
  readonly peerAuthentication: Finder<Resource<'PeerAuthentication'>>;
  readonly extensions: Finder<Extension>;
  /** Answers by workload: each is asked about many times. */
  readonly known: WeakMap<object, Attached>;
}

const indexes = new WeakMap<Mesh, Index>();
/** By the list of objects: meshes that differ in other kinds share it. */
const finders = new WeakMap<readonly AnyResource[], Finder<never>>();

/** Every policy in force that acts on the workload's own proxy. */
export function policiesFor(mesh: Mesh, workload: Pick<Workload, 'namespace' | 'labels' | 'enrolment'>): Attached {
  const index = indexOf(mesh);
  const known = index.known.get(workload);
  if (known !== undefined) return known;
  const fresh = attachedTo(index, mesh.config.rootNamespace, workload);
  index.known.set(workload, fresh);
  return fresh;
}

const none: readonly never[] = [];
const noPeer: Attached['peerAuthentication'] = { mesh: none, namespace: none, workload: none };

function attachedTo(index: Index, root: string, workload: Pick<Workload, 'namespace' | 'labels' | 'enrolment'>): Attached {
  const own = <T extends AnyResource>(find: Finder<T>): readonly T[] => {
    const here = find(workload.namespace, workload.labels);
    const rooted = workload.namespace === root ? none : find(root, workload.labels);
    if (here.length + rooted.length === 0) return none;
    const found = [...here, ...rooted].filter((policy) => readByRevision(policy, workload));
    if (found.length === 0) return none;
    // What a finder finds is in order already.
    return found.length < 2 || here.length === 0 || rooted.length === 0 ? compact(found) : found.sort(compareBy((policy) => resourceId(policy)));
  };
  const peer = own(index.peerAuthentication);
  return {
    authorization: own(index.authorization),
    requestAuthentication: own(index.requestAuthentication),
    peerAuthentication: byScope(peer, root),
    extensions: own(index.extensions),
  };
}

type PeerPolicy = Resource<'PeerAuthentication'>;

/** Of a policy that acts alone, as the one of the whole mesh mostly does: one answer for all workloads. */
const alone = new WeakMap<PeerPolicy, { readonly root: string; readonly scopes: Attached['peerAuthentication'] }>();

function byScope(policies: readonly PeerPolicy[], root: string): Attached['peerAuthentication'] {
  const [only, another] = policies;
  if (only === undefined) return noPeer;
  if (another !== undefined) return sortedOut(policies, root);
  const known = alone.get(only);
  if (known?.root === root) return known.scopes;
  const scopes = sortedOut(policies, root);
  alone.set(only, { root, scopes });
  return scopes;
}

function sortedOut(policies: readonly PeerPolicy[], root: string): Attached['peerAuthentication'] {
  return {
    mesh: policies.filter((policy) => policy.namespace === root && !hasSelector(policy.spec.selector)),
    namespace: policies.filter((policy) => policy.namespace !== root && !hasSelector(policy.spec.selector)),
    workload: policies.filter((policy) => policy.namespace !== root && hasSelector(policy.spec.selector)),
  };
}

/** An absent selector and one without pairs are the same on Envoy planes (A2.14, M2). */
export function hasSelector(selector: WorkloadSelector | undefined): boolean {
  return selector !== undefined && Object.keys(selector.matchLabels).length > 0;
}

/** A policy labelled `istio.io/rev` is read by that revision only; an istiod without a revision reads everything (A2.23, M5). */
function readByRevision(policy: AnyResource, workload: Pick<Workload, 'enrolment'>): boolean {
  const label = policy.labels['istio.io/rev'];
  if (label === undefined || workload.enrolment.mode !== 'sidecar') return true;
  return workload.enrolment.revision === undefined || workload.enrolment.revision === label;
}

function indexOf(mesh: Mesh): Index {
  const cached = indexes.get(mesh);
  if (cached !== undefined) return cached;
  const index: Index = {
    authorization: finderOnce(ofKind(mesh, 'AuthorizationPolicy'), (policies) =>
      finder(
        policies.filter((policy) => policy.spec.targetRefs.length === 0),
        (policy) => policy.spec.selector?.matchLabels ?? {},
      ),
    ),
    requestAuthentication: finderOnce(ofKind(mesh, 'RequestAuthentication'), (policies) =>
      finder(
        policies.filter((policy) => policy.spec.targetRefs.length === 0),
        (policy) => policy.spec.selector?.matchLabels ?? {},
      ),
    ),
    peerAuthentication: finderOnce(ofKind(mesh, 'PeerAuthentication'), (policies) => finder(policies, (policy) => policy.spec.selector?.matchLabels ?? {})),
    extensions: finder(extensionsOf(mesh), extensionSelector),
    known: new WeakMap(),
  };
  indexes.set(mesh, index);
  return index;
}

function finderOnce<T extends AnyResource>(list: readonly T[], make: (list: readonly T[]) => Finder<T>): Finder<T> {
  const known = finders.get(list);
  if (known !== undefined) return known;
  const fresh = make(list);
  // INVARIANT: a finder finds only what is in the list under which it is kept.
  finders.set(list, fresh as Finder<never>);
  return fresh;
}

const noObjects: readonly never[] = [];

/** Objects in force of one kind, in id order. */
export function ofKind<K extends AnyResource['kind']>(mesh: Pick<Mesh, 'resources'>, kind: K): readonly Extract<AnyResource, { kind: K }>[] {
  // INVARIANT: `Mesh.resources` holds objects under their own kind.
  return (mesh.resources.get(kind) ?? noObjects) as readonly Extract<AnyResource, { kind: K }>[];
}

function finder<T extends AnyResource>(policies: readonly T[], selectorOf: (policy: T) => Labels): Finder<T> {
  const byNamespace = new Map<string, { selector: Labels; item: T }[]>();
  for (const policy of policies) {
    const namespace = policy.namespace ?? '';
    const list = byNamespace.get(namespace);
    const entry = { selector: selectorOf(policy), item: policy };
    if (list === undefined) byNamespace.set(namespace, [entry]);
    else list.push(entry);
  }
  const lookups = new Map([...byNamespace].map(([namespace, entries]) => [namespace, selectorIndex(entries)] as const));
  return (namespace, labels) => lookups.get(namespace)?.(labels) ?? [];
}

/** In id order. Those that touch what comes in: an EnvoyFilter for other contexts, and what aims at gateways by targetRefs, is left out. */
function extensionsOf(mesh: Mesh): readonly Extension[] {
  const inbound = new Set(['ANY', 'SIDECAR_INBOUND', '']);
  return [
    ...ofKind(mesh, 'EnvoyFilter').filter((filter) => filter.spec.targetRefs.length === 0 && filter.spec.patches.some((patch) => inbound.has(patch.context))),
    ...ofKind(mesh, 'TrafficExtension').filter((plugin) => plugin.spec.targetRefs.length === 0),
    ...ofKind(mesh, 'WasmPlugin').filter((plugin) => plugin.spec.targetRefs.length === 0),
  ];
}

function extensionSelector(extension: Extension): Labels {
  return extension.kind === 'EnvoyFilter' ? (extension.spec.workloadSelector?.labels ?? {}) : (extension.spec.selector?.matchLabels ?? {});
}
