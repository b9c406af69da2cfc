/**
 * What the detectors and the ratings ask of one side of one environment, indexed once: which policies stand at a workload, which
 * workloads a policy reaches, which mutual TLS mode a port has. Everything is lazy: a side that nobody asks costs nothing.
 */
import { distinct, sortedBy } from '#lib/order.ts';
import { type AnyResource, type Kind, type Resource } from '#manifests/resource.ts';
import { ofKind, policiesFor, type Attached } from '#mesh/attachment.ts';
import { goTrue } from '#mesh/capture.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { selectorIndex, selectorText, type Labels } from '#mesh/selection.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import type { Decision, Query } from '#posture/query.ts';
import { ambientMtlsAt, mtlsAt, type MtlsAt } from './mtls.ts';
import type { SideMemory } from './side-memory.ts';
import { isAmbient } from '#mesh/enrolment.ts';

export { isAmbient };

export type Policy = Resource<'AuthorizationPolicy'>;
export type TokenPolicy = Resource<'RequestAuthentication'>;
export type SelectingPolicy = Policy | TokenPolicy | Resource<'PeerAuthentication'>;

/** What a policy reaches: declared workloads, or the id of the phantom it names where there are none (R29). */
export interface Reach {
  readonly workloads: readonly Workload[];
  readonly ids: readonly string[];
}

/** Where a policy may stand: a workload, or labels in a namespace. */
export type Point = Pick<Workload, 'namespace' | 'labels' | 'enrolment'>;

export interface SideFacts {
  readonly environment: string;
  readonly side: 'base' | 'head';
  readonly mesh: Mesh;
  /** Refused objects too. */
  readonly all: readonly AnyResource[];
  /** Ids of workloads that the configuration declares critical. */
  readonly criticalAssets: ReadonlySet<string>;
  /** Declared workloads by id. */
  readonly workloads: readonly Workload[];
  /** Objects in force of one kind, in id order. */
  readonly of: <K extends Kind>(kind: K) => readonly Extract<AnyResource, { kind: K }>[];
  /** Policies that stand at the workload's own proxy, dry-run ones included, in order of their ids (A2.1 to A2.11). */
  readonly policiesAt: (point: Point) => readonly Policy[];
  readonly tokensAt: (point: Point) => readonly TokenPolicy[];
  readonly reachOf: (policy: SelectingPolicy) => Reach;
  /** `port` absent: what holds for ports without an entry of their own. */
  readonly mtlsAt: (point: Point, port?: number) => MtlsAt;
  /** Services whose selector takes the workload's pods. */
  readonly servicesOf: (workload: Pick<Workload, 'namespace' | 'labels'>) => readonly Resource<'Service'>[];
  readonly ask: (query: Query) => Decision | undefined;
  /** What `make` says of this side, or said of one that is the same in all that it asks about: `from` is the side whose objects the value names. */
  readonly recall: <T>(key: object, make: (side: SideFacts) => T) => { readonly value: T; readonly from: SideFacts };
}

export interface SideInput {
  readonly mesh: Mesh;
  readonly all: readonly AnyResource[];
}

export interface FactsOptions {
  readonly environment: string;
  readonly side: 'base' | 'head';
  readonly criticalAssets: ReadonlySet<string>;
  readonly ask: ((mesh: Mesh, query: Query) => Decision) | undefined;
  /** Of several environments; absent: there is one. */
  readonly memory?: SideMemory;
}

/** By the workloads, which belong to one configuration: sides that differ in policies alone share them. */
const reaches = new WeakMap<Mesh['workloads'], WeakMap<SelectingPolicy, Reach>>();

export function factsOf(input: SideInput, options: FactsOptions): SideFacts {
  const { mesh } = input;
  const workloads = sortedBy([...mesh.workloads.values()].filter((workload) => workload.resource !== undefined), (workload) => workload.id);
  const services = once(() => serviceFinder(ofKind(mesh, 'Service')));
  const attached = new WeakMap<Point, Attached>();
  const selecting = new WeakMap<Pick<Workload, 'namespace' | 'labels'>, readonly Resource<'Service'>[]>();
  const modes = new WeakMap<Attached['peerAuthentication'], Map<number | undefined, MtlsAt>>();
  const sidecarMtls = (policies: Attached['peerAuthentication'], port: number | undefined): MtlsAt => {
    const byPort = remembered(modes, policies, () => new Map<number | undefined, MtlsAt>());
    const known = byPort.get(port) ?? mtlsAt(mesh, policies, port);
    byPort.set(port, known);
    return known;
  };
  const attachedTo = (point: Point): Attached => remembered(attached, point, () => policiesFor(mesh, point));
  const side: SideFacts = {
    environment: options.environment,
    side: options.side,
    mesh,
    all: input.all,
    criticalAssets: options.criticalAssets,
    workloads,
    of: (kind) => ofKind(mesh, kind),
    policiesAt: (point) => attachedTo(point).authorization,
    tokensAt: (point) => attachedTo(point).requestAuthentication,
    reachOf: (policy) => remembered(remembered(reaches, mesh.workloads, () => new WeakMap<SelectingPolicy, Reach>()), policy, () => reachOf(mesh, policy)),
    mtlsAt: (point, port) => (isAmbient(point) ? ambientMtlsAt(mesh, attachedTo(point), port) : sidecarMtls(attachedTo(point).peerAuthentication, port)),
    servicesOf: (workload) => remembered(selecting, workload, () => services()(workload.namespace, workload.labels)),
    ask: (query) => options.ask?.(mesh, query),
    recall: (key, make) => options.memory?.recall(key, side, make) ?? { value: make(side), from: side },
  };
  return side;
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

function remembered<K extends object, V>(memory: WeakMap<K, V>, key: K, compute: () => V): V {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const fresh = compute();
  memory.set(key, fresh);
  return fresh;
}

export function grouped<T>(values: Iterable<T>, key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}

function serviceFinder(services: readonly Resource<'Service'>[]): (namespace: string, labels: Labels) => readonly Resource<'Service'>[] {
  const selecting = services.flatMap((item) => (item.spec.selector === undefined || item.spec.type === 'ExternalName' ? [] : [{ selector: item.spec.selector, item }]));
  const indexes = new Map([...grouped(selecting, (entry) => entry.item.namespace ?? '')].map(([namespace, group]) => [namespace, selectorIndex(group)]));
  return (namespace, labels) => indexes.get(namespace)?.(labels) ?? [];
}

function reachOf(mesh: Mesh, policy: SelectingPolicy): Reach {
  const root = mesh.config.rootNamespace;
  const targets = policy.kind === 'PeerAuthentication' ? [] : policy.spec.targetRefs;
  const namespace = policy.namespace ?? '';
  if (targets.length > 0) return { workloads: [], ids: distinct(targets.map((target) => `${target.namespace ?? namespace}/${target.kind}:${target.name}`)) };
  const selector = policy.spec.selector?.matchLabels ?? {};
  // A PeerAuthentication of the root namespace with a selector is ignored (M4).
  if (policy.kind === 'PeerAuthentication' && namespace === root && Object.keys(selector).length > 0) return { workloads: [], ids: [] };
  const matched = workloadsWith(mesh, namespace === root ? undefined : namespace, selector).filter((workload) => workload.resource !== undefined);
  if (matched.length > 0) return { workloads: matched, ids: distinct(matched.map((workload) => workload.id)) };
  return { workloads: [], ids: [phantomId(namespace === root ? '*' : namespace, selector)] };
}

/** `namespace/k=v,l=w`, `namespace/*`, `*` + `/*` for the mesh (`docs/report.md`). */
export function phantomId(namespace: string, selector: Labels): string {
  const text = selectorText(selector);
  return `${namespace}/${text === '' ? '*' : text}`;
}

/** In the mesh, or perhaps: unknown enrolment is judged in the world in which the policies are enforced (R24). */
export function inMesh(workload: Workload): boolean {
  return workload.enrolment.mode !== 'none';
}

/** The policy is enforced: it carries no dry-run annotation (A1.15). */
export function isDryRun(policy: Policy): boolean {
  return goTrue(policy.annotations['istio.io/dry-run']);
}

/** Ports that a client of the mesh can meet: TCP and behind the proxy. */
export function guardedPorts(workload: Workload): readonly Workload['ports'][number][] {
  return workload.ports.filter((port) => port.protocol !== 'udp' && port.captured);
}

export function certaintyOf(workloads: readonly Workload[]): 'proved' | 'conditional' {
  return workloads.some((workload) => workload.enrolment.mode === 'unknown') || workloads.length === 0 ? 'conditional' : 'proved';
}

/** The manifest that shows a namespace: its Namespace object, else the first object given. */
export function namespacePlace(side: SideFacts, namespace: string, fallback: readonly Workload[]): { readonly resource: AnyResource; readonly path: readonly [] } | undefined {
  const resource = side.mesh.namespaces.get(namespace)?.resource ?? fallback.find((workload) => workload.resource !== undefined)?.resource;
  return resource === undefined ? undefined : { resource, path: [] };
}

/** Namespaces that the manifests name, without the root namespace and those of Kubernetes itself. */
export function knownNamespaces(side: SideFacts): readonly string[] {
  return distinct(side.mesh.namespaces.keys()).filter((name) => name !== side.mesh.config.rootNamespace && !name.startsWith('kube-') && !name.startsWith('~'));
}
