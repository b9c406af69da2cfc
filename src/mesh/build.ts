/** One side of one environment: from typed manifests to the mesh model. */
import { groupBy } from '#lib/group.ts';
import { compareBy, compareText, sameEntries } from '#lib/order.ts';
import { accepted, resourceId } from '#manifests/resource.ts';
import type { AnyResource, Resource } from '#manifests/resource.ts';
import { captures, inboundCapture, proxyPorts } from './capture.ts';
import { meshConfigOf } from './config.ts';
import type { StatedMesh } from './config.ts';
import { enrolmentAssumptionText, enrolmentKnowledge, enrolmentOf, isGatewayPod } from './enrolment.ts';
import type { EnrolmentKnowledge, EnrolmentWorld } from './enrolment.ts';
import { installationsOf, onlyInstallation, orphanedHooks } from './installation.ts';
import { withRegistry } from './extension-services.ts';
import { captureDefaults, envoyDisabled, routes } from './membership.ts';
import type { Assumption, Enrolment, Mesh, MeshConfig, Namespace, Workload, WorkloadPort } from './model.ts';
import { declaredPorts, isWorkload } from './ports.ts';
import type { WorkloadResource } from './ports.ts';
import { selectorIndex } from './selection.ts';
import { sidecarIngressPorts } from './sidecar-ingress.ts';

export interface MeshSettings {
  /** `mesh:` of the tool's configuration: what no manifest says. */
  readonly stated?: StatedMesh & { readonly enrolment?: Readonly<Record<string, string>> };
  /** `closed`: the manifests are the whole cluster (R27, `mesh-posture test`). Default `open`. */
  readonly world?: 'closed' | 'open';
  /** What both sides together know (R23); default: what this side knows. */
  readonly knowledge?: EnrolmentKnowledge;
  /** Hosts that either side declares and a provider may name (A6.2, `extensionHosts`); default: this side's. */
  readonly extensionHosts?: () => ReadonlySet<string>;
  /** Ids of objects that exist on the base side: older than everything that a head adds (M15b). Pass it for the head only. */
  readonly seniors?: ReadonlySet<string>;
  /** Ids of PeerAuthentications that the head changes or removes. Pass it for the base only. */
  readonly unsettled?: ReadonlySet<string>;
  /** See `Mesh.elders`. */
  readonly elders?: ReadonlySet<string>;
}

/**
 * Builds the model. Objects that admission refuses are left out (A7.1): a caller that compares two sides replaces them by the other
 * side's version first.
 */
export function buildMesh(resources: readonly AnyResource[], settings: MeshSettings = {}): Mesh {
  const world = settings.world ?? 'open';
  const admitted = resources.filter((resource) => accepted(resource));
  const byKind = groupByKind(admitted);
  const stated = settings.stated ?? {};
  const config = meshConfigOf(admitted, stated, world);
  const knowledge = settings.knowledge ?? enrolmentKnowledge(config.rootNamespace, admitted);
  const namespaces = namespacesOf(admitted);
  const installations = installationsOf(admitted) ?? (world === 'closed' ? onlyInstallation : undefined);
  const orphaned = installations === undefined ? [] : orphanedHooks(admitted, installations);
  const enrolmentWorld: EnrolmentWorld = { closed: world === 'closed', knowledge, installations, orphanedHooks: orphaned, stated: stated.enrolment ?? {} };
  const workloads = workloadsOf(admitted, namespaces, enrolmentWorld, config, settings.seniors);
  // M52: injected sidecars take HBONE where the installation has ambient, unless the mesh says otherwise.
  const hbone = config.sidecarHbone ?? installations?.some((installation) => installation.hbone);
  const checked: MeshConfig = { ...config, sidecarHbone: hbone, sidecarHboneStated: config.sidecarHbone, extensionProviders: withRegistry(config.extensionProviders, admitted, settings.extensionHosts, world) };
  return {
    config: checked,
    namespaces,
    workloads,
    resources: byKind,
    world,
    seniors: settings.seniors,
    unsettled: settings.unsettled ?? new Set(),
    elders: settings.elders ?? new Set(),
    enrolmentWorld,
    assumptions: assumptionsOf(checked, workloads, world),
  };
}

/** Kinds that say something about requests to pods and nothing about anything else in the model. */
const policyKinds: ReadonlySet<string> = new Set(['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication']);

/**
 * What `buildMesh` makes, with the same knowledge (R23), of the same objects with these policies beside them or, by id, instead of them.
 * `undefined`: they may change more of the model than themselves.
 */
export function withPolicies(mesh: Mesh, policies: readonly AnyResource[]): Mesh | undefined {
  if (!policies.every((policy) => policyKinds.has(policy.kind) && accepted(policy) && policy.namespace !== undefined && mesh.namespaces.has(policy.namespace))) return undefined;
  const resources = new Map(mesh.resources);
  for (const [kind, fresh] of groupByKind(policies)) {
    const ids = new Set(fresh.map(resourceId));
    resources.set(kind, inIdOrder([...(resources.get(kind) ?? []).filter((policy) => !ids.has(resourceId(policy))), ...fresh]));
  }
  return { ...mesh, resources };
}

/**
 * What `buildMesh` makes of other objects with the same statements and the same knowledge (R23), where these differ from the mesh's own in
 * policies alone and name the same namespaces. `undefined`: more of the model may differ.
 * @param own what the mesh was built from
 */
export function besideMesh(mesh: Mesh, own: readonly AnyResource[], others: readonly AnyResource[], { seniors, unsettled, elders }: Pick<MeshSettings, 'seniors' | 'unsettled' | 'elders'>): Mesh | undefined {
  const admitted = others.filter(accepted);
  if (!sameEntries(surroundings(own.filter(accepted)), surroundings(admitted)) || !namesAll(mesh.namespaces, admitted)) return undefined;
  return { ...mesh, resources: groupByKind(admitted), seniors, unsettled: unsettled ?? new Set(), elders: elders ?? new Set() };
}

function surroundings(resources: readonly AnyResource[]): readonly AnyResource[] {
  return resources.filter((resource) => !policyKinds.has(resource.kind));
}

/** These namespaces, each of them, and no other. */
function namesAll(namespaces: ReadonlyMap<string, Namespace>, resources: readonly AnyResource[]): boolean {
  const named = new Set<string>();
  for (const resource of resources) {
    const name = resource.kind === 'Namespace' ? resource.name : resource.namespace;
    if (name !== undefined) named.add(name);
  }
  return named.size === namespaces.size && [...named].every((name) => namespaces.has(name));
}

/** What a mesh holds by namespace: objects by kind, in id order, and workloads. Objects without a namespace are under the empty name. */
interface Places {
  readonly resources: ReadonlyMap<string, ReadonlyMap<string, readonly AnyResource[]>>;
  readonly workloads: ReadonlyMap<string, readonly Workload[]>;
}

const placesOfMeshes = new WeakMap<Mesh, Places>();

function placesOf(mesh: Mesh): Places {
  const known = placesOfMeshes.get(mesh);
  if (known !== undefined) return known;
  const resources = new Map<string, Map<string, AnyResource[]>>();
  for (const [kind, list] of mesh.resources) {
    for (const resource of list) {
      const place = resource.kind === 'Namespace' ? resource.name : (resource.namespace ?? '');
      const kinds = resources.get(place) ?? new Map<string, AnyResource[]>();
      resources.set(place, kinds);
      const group = kinds.get(kind);
      if (group === undefined) kinds.set(kind, [resource]);
      else group.push(resource);
    }
  }
  const fresh: Places = { resources, workloads: groupBy(mesh.workloads.values(), (workload) => workload.namespace) };
  placesOfMeshes.set(mesh, fresh);
  return fresh;
}

/**
 * The part of a mesh that lies in some namespaces, with what the whole mesh knows of everything else.
 * @param namespaces distinct; the empty name stands for objects that have none
 * @param spaces with every Namespace of the mesh
 */
export function partOf(mesh: Mesh, namespaces: readonly string[], spaces: boolean): Mesh {
  const places = placesOf(mesh);
  const resources = new Map<string, readonly AnyResource[]>();
  for (const namespace of namespaces) {
    for (const [kind, list] of places.resources.get(namespace) ?? []) {
      const others = resources.get(kind);
      resources.set(kind, others === undefined ? list : inIdOrder([...others, ...list]));
    }
  }
  if (spaces) resources.set('Namespace', mesh.resources.get('Namespace') ?? []);
  const declared = new Map<string, Namespace>();
  const wanted = new Set(namespaces);
  const held = spaces ? mesh.namespaces.keys() : namespaces.toSorted(compareText);
  for (const name of held) {
    const namespace = mesh.namespaces.get(name);
    if (namespace !== undefined && (wanted.has(name) || namespace.resource !== undefined)) declared.set(name, namespace);
  }
  const found = namespaces.flatMap((namespace) => places.workloads.get(namespace) ?? []);
  found.sort(compareBy((workload) => (workload.resource === undefined ? workload.id : resourceId(workload.resource))));
  const workloads = new Map(found.map((workload) => [workload.id, workload]));
  return { ...mesh, namespaces: declared, workloads, resources, assumptions: assumptionsOf(mesh.config, workloads, mesh.world) };
}

function groupByKind(resources: readonly AnyResource[]): ReadonlyMap<string, readonly AnyResource[]> {
  const groups = new Map<string, AnyResource[]>();
  for (const resource of resources) {
    const group = groups.get(resource.kind);
    if (group === undefined) groups.set(resource.kind, [resource]);
    else group.push(resource);
  }
  return new Map([...groups].map(([kind, group]) => [kind, inIdOrder(group)]));
}

/** By id, each read once. */
function inIdOrder<T extends AnyResource>(resources: readonly T[]): readonly T[] {
  if (resources.length < 2) return resources;
  return resources
    .map((resource) => ({ id: resourceId(resource), resource }))
    .sort((left, right) => compareText(left.id, right.id))
    .map(({ resource }) => resource);
}

function namespacesOf(resources: readonly AnyResource[]): ReadonlyMap<string, Namespace> {
  const objects = new Map<string, Resource<'Namespace'>>();
  const names = new Set<string>();
  for (const resource of resources) {
    if (resource.kind === 'Namespace') {
      objects.set(resource.name, resource);
      names.add(resource.name);
    } else if (resource.namespace !== undefined) names.add(resource.namespace);
  }
  return new Map(
    [...names].sort(compareText).map((name) => {
      const object = objects.get(name);
      return [name, { name, labels: { ...object?.labels, 'kubernetes.io/metadata.name': name }, resource: object }];
    }),
  );
}

function workloadsOf(
  resources: readonly AnyResource[],
  namespaces: ReadonlyMap<string, Namespace>,
  enrolmentWorld: EnrolmentWorld,
  { rootNamespace, interceptionMode }: MeshConfig,
  seniors: ReadonlySet<string> | undefined,
): ReadonlyMap<string, Workload> {
  const found = inIdOrder(resources.filter(isWorkload));
  const servicesFor = serviceFinder(resources);
  const ingressFor = sidecarIngressPorts(resources, rootNamespace);
  const shared = new Map<string, number>();
  for (const resource of found) {
    const plain = `${resource.namespace ?? 'default'}/${resource.name}`;
    shared.set(plain, (shared.get(plain) ?? 0) + 1);
  }
  const workloads = new Map<string, Workload>();
  for (const resource of found) {
    const namespace = resource.namespace ?? 'default';
    const plain = `${namespace}/${resource.name}`;
    const id = (shared.get(plain) ?? 0) > 1 ? `${plain}[${resource.kind}]` : plain;
    const enrolment = enrolmentOfPod(resource, namespace, namespaces.get(namespace), enrolmentWorld);
    const capture = inboundCapture(enrolment, resource.spec.podAnnotations, captureDefaults(enrolment.mode === 'sidecar' ? enrolment.revision : undefined, namespace, enrolmentWorld, interceptionMode));
    const declared = ingressFor(namespace, resource.spec.podLabels) ?? declaredPorts(resource.spec, servicesFor(namespace, resource.spec.podLabels), seniors);
    const named = new Set(declared.map((port) => port.port));
    const holes = [...capture.exclude].filter((port) => !named.has(port) && !proxyPorts.has(port));
    const listed = capture.mode === 'listed' ? [...capture.include].filter((port) => !named.has(port)) : [];
    const ports: WorkloadPort[] = [
      ...declared.map((port) => ({ port: port.port, protocol: port.protocol, captured: captures(capture, port.port) })),
      ...holes.map((port) => ({ port, protocol: 'auto' as const, captured: false })),
      ...listed.map((port) => ({ port, protocol: 'auto' as const, captured: true })),
    ].sort(compareBy((port) => port.port));
    workloads.set(id, {
      id,
      namespace,
      name: resource.name,
      kind: resource.kind,
      labels: resource.spec.podLabels,
      annotations: resource.spec.podAnnotations,
      serviceAccount: resource.spec.serviceAccount,
      enrolment,
      ports,
      otherPortsCaptured: capture.mode === 'all',
      resource,
    });
  }
  return workloads;
}

function enrolmentOfPod({ spec, kind, name }: WorkloadResource, namespace: string, declared: Namespace | undefined, world: EnrolmentWorld): Enrolment {
  if (isGatewayPod(spec)) return { mode: 'gateway' };
  return enrolmentOf(
    { namespace, namespaceLabels: declared?.resource?.labels, labels: spec.podLabels, annotations: spec.podAnnotations, hostNetwork: spec.hostNetwork, kind, name, envoyDisabled: envoyDisabled(spec), routes: routes(spec) },
    world,
  );
}

/** Services that select a pod: equal namespace, a selector with pairs, all of them on the pod. */
function serviceFinder(resources: readonly AnyResource[]): (namespace: string, labels: Readonly<Record<string, string>>) => readonly Resource<'Service'>[] {
  const byNamespace = new Map<string, { selector: Readonly<Record<string, string>>; item: Resource<'Service'> }[]>();
  for (const resource of resources) {
    if (resource.kind !== 'Service' || resource.spec.type === 'ExternalName') continue;
    const selector = resource.spec.selector;
    if (selector === undefined || Object.keys(selector).length === 0) continue;
    const namespace = resource.namespace ?? 'default';
    const list = byNamespace.get(namespace);
    if (list === undefined) byNamespace.set(namespace, [{ selector, item: resource }]);
    else list.push({ selector, item: resource });
  }
  const lookups = new Map([...byNamespace].map(([namespace, entries]) => [namespace, selectorIndex(entries)] as const));
  return (namespace, labels) => lookups.get(namespace)?.(labels) ?? [];
}

function assumptionsOf(config: MeshConfig, workloads: ReadonlyMap<string, Workload>, world: 'closed' | 'open'): readonly Assumption[] {
  const assumptions: Assumption[] = [];
  if (world === 'open' && config.statedBy === undefined) {
    assumptions.push({
      id: 'mesh-config',
      text: `the mesh configuration is not in the repository: Istio ${config.istioVersion}, root namespace \`${config.rootNamespace}\`, trust domain \`${config.trustDomain}\`, mTLS ${config.defaultMtls} where no policy says otherwise; external authorization providers that policies name exist`,
    });
  }
  const unknown = new Map<string, 'sidecar' | 'ambient'>();
  for (const workload of workloads.values()) {
    if (workload.enrolment.mode === 'unknown') unknown.set(workload.namespace, workload.enrolment.inWorld);
  }
  for (const [namespace, inWorld] of unknown) {
    assumptions.push({ id: `enrolment:${namespace}`, text: enrolmentAssumptionText(namespace, inWorld) });
  }
  return assumptions.sort(compareBy((assumption) => assumption.id));
}
