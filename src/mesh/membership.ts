/** Everything that can be told of one pod's part in the mesh: who injects it, how, and which of its traffic goes to a proxy (M55 to M74). */
import { compareText } from '#lib/order.ts';
import type { WorkloadSpec } from '#manifests/workload.ts';
import { ambientCapture, goTrue, usualCapture } from './capture.ts';
import { decideEnrolment } from './enrolment.ts';
import type { Decided, EnrolmentWorld } from './enrolment.ts';
import type { Installation } from './installation.ts';
import type { Mesh } from './model.ts';
import type { WorkloadResource } from './ports.ts';
import { ownProxyConfig } from './proxy-config.ts';
import { redirectionByPlugin, redirectionOf } from './redirection.ts';
import type { CaptureDefaults, InboundCapture, OutboundCapture, Redirection } from './redirection.ts';
import type { Labels } from './selection.ts';

/** Absent fields are false or empty. */
export interface Membership {
  readonly mode: 'sidecar' | 'gateway' | 'proxyless' | 'ambient' | 'none' | 'rejected';
  /** Of `rejected`. */
  readonly by?: 'injector' | 'cni';
  /** Of the installation whose injector did it; `default` for the one without a name. */
  readonly revision?: string;
  readonly native?: boolean;
  readonly tlsMode?: string;
  readonly hbone?: boolean;
  readonly inbound?: InboundCapture;
  readonly outbound?: OutboundCapture & { /** Containers whose traffic leaves without the proxy (M72). */ readonly bypass: readonly string[] };
}

/** One declared pod; the world must be the whole cluster (R27). */
export function membershipOf(mesh: Mesh, resource: WorkloadResource): Membership {
  const { spec } = resource;
  const namespace = resource.namespace ?? 'default';
  const world = mesh.enrolmentWorld;
  const namespaceLabels = mesh.namespaces.get(namespace)?.resource?.labels ?? {};
  const decided = decideEnrolment(
    { namespace, namespaceLabels, labels: spec.podLabels, annotations: spec.podAnnotations, hostNetwork: spec.hostNetwork, kind: resource.kind, name: resource.name, envoyDisabled: envoyDisabled(spec), routes: routes(spec) },
    namespaceLabels,
    world,
  );
  switch (decided.mode) {
    case 'ambient':
      return { mode: 'ambient', inbound: ambientCapture(spec.podAnnotations) };
    case 'rejected':
      return { mode: 'rejected', by: 'injector' };
    case 'none':
      return heldAlready(spec, namespace, world) ?? { mode: 'none' };
    case 'sidecar':
    case 'gateway':
    case 'proxyless':
      return behindInjector(mesh, spec, namespace, decided, world);
  }
}

function behindInjector(mesh: Mesh, spec: WorkloadSpec, namespace: string, decided: Extract<Decided, { hook: unknown; template: unknown }>, world: EnrolmentWorld): Membership {
  const { hook } = decided;
  const defaults = captureDefaults(hook.revision, namespace, world, mesh.config.interceptionMode);
  // M61: the CNI plugin keeps away from pods without an Envoy, from routers, and from those that bring an init container along.
  const keepsAway = decided.mode !== 'sidecar' || bringsInitContainer(spec);
  const handled = decided.mode === 'sidecar' || decided.template === 'sidecar' ? { ...defaults, plugin: defaults.plugin && !(keepsAway && defaults.cni) } : { ...defaults, cni: true, plugin: false };
  const redirected = redirectionOf(spec.podAnnotations, handled, proxyIds(spec));
  if ('rejectedBy' in redirected) return { mode: 'rejected', by: redirected.rejectedBy };
  return {
    mode: decided.mode,
    revision: hook.revision ?? 'default',
    ...(decided.mode === 'sidecar' && nativeSidecar(spec.podAnnotations, hook.installation) ? { native: true } : {}),
    ...proxyLabels(mesh, spec, hook.installation, decided.template === 'sidecar'),
    inbound: redirected.inbound,
    outbound: { ...redirected.outbound, bypass: bypassing(spec, redirected.outbound.mode === 'none' ? undefined : redirected.exempt) },
  };
}

const none = unprogrammed();

function unprogrammed(): Redirection {
  const redirected = redirectionOf({}, { ...usualCapture, cni: true, plugin: false });
  if ('rejectedBy' in redirected) throw new Error('no annotation was refused');
  return redirected;
}

/** M62: any value of the annotation but `false` means native. */
function nativeSidecar(annotations: Labels, installation: Installation | undefined): boolean {
  const own = annotations['sidecar.istio.io/nativeSidecar'];
  return own === undefined || own === '' ? (installation?.nativeSidecars ?? true) : own !== 'false';
}

/** M48, M52: labels of the stored pod; the user's own go first. */
function proxyLabels(mesh: Mesh, { podLabels: labels, podAnnotations }: WorkloadSpec, installation: Installation | undefined, injects: boolean): Pick<Membership, 'tlsMode' | 'hbone'> {
  const own = labels['security.istio.io/tlsMode'] ?? '';
  const tlsMode = own !== '' ? own : injects ? 'istio' : undefined;
  const tunnels = injects && (ownProxyConfig(podAnnotations)?.hbone ?? sendsTunnels(mesh, installation));
  const tunnel = labels['networking.istio.io/tunnel'] ?? '';
  const hbone = (tunnel === '' && tunnels) || tunnel === 'http';
  return { ...(tlsMode === undefined ? {} : { tlsMode }), ...(hbone ? { hbone } : {}) };
}

/** The mesh configuration of the manifests lies over that of the installation without revision. */
function sendsTunnels(mesh: Mesh, installation: Installation | undefined): boolean {
  if (installation === undefined) return mesh.config.sidecarHbone === true;
  return installation.revision === '' ? (mesh.config.sidecarHboneStated ?? installation.hbone) : installation.hbone;
}

/** A pod that brings its proxy along, injected by hand (M61): the CNI plugin handles it where there is one, else it set itself up. */
function heldAlready(spec: WorkloadSpec, namespace: string, world: EnrolmentWorld): Membership | undefined {
  const { podAnnotations, podLabels, containers, initContainers } = spec;
  if (!Object.hasOwn(podAnnotations, 'sidecar.istio.io/status')) return undefined;
  const proxy = [...containers, ...initContainers].find((container) => container.name === 'istio-proxy');
  if (proxy === undefined) return undefined;
  const tlsMode = podLabels['security.istio.io/tlsMode'];
  const revision = podAnnotations['istio.io/rev'];
  const mode = routes(spec) ? 'gateway' : envoyDisabled(spec) ? 'proxyless' : 'sidecar';
  const handled = mode === 'sidecar' && !spec.hostNetwork && !bringsInitContainer(spec) && pluginLooksAt(namespace, world);
  const redirected = handled ? redirectionByPlugin(podAnnotations, proxyIds(spec)) : none;
  if ('rejectedBy' in redirected) return { mode: 'rejected', by: redirected.rejectedBy };
  return {
    mode,
    ...(revision === undefined ? {} : { revision }),
    ...(mode === 'sidecar' && initContainers.includes(proxy) ? { native: true } : {}),
    ...(tlsMode === undefined ? {} : { tlsMode }),
    ...(podLabels['networking.istio.io/tunnel'] === 'http' ? { hbone: true } : {}),
    inbound: redirected.inbound,
    outbound: { ...redirected.outbound, bypass: bypassing(spec, redirected.outbound.mode === 'none' ? undefined : redirected.exempt) },
  };
}

/** The CNI plugin takes a pod with such a container for one that programs its own packet filter. */
function bringsInitContainer(spec: WorkloadSpec): boolean {
  return spec.initContainers.some((container) => container.name === 'istio-init');
}

/** M64: the plugin leaves some namespaces alone. */
function pluginLooksAt(namespace: string, world: Pick<EnrolmentWorld, 'installations'>): boolean {
  return world.installations?.some((candidate) => candidate.plugin && !candidate.excludedNamespaces.has(namespace)) ?? false;
}

export function proxyIds(spec: WorkloadSpec): { readonly user: number | undefined; readonly group: number | undefined } {
  const own = [...spec.containers, ...spec.initContainers].find((container) => container.name === 'istio-proxy');
  return { user: own?.runAsUser, group: own?.runAsGroup };
}

/** M72: containers that run as the proxy's user or group, their own or the pod's. */
export function bypassing(spec: WorkloadSpec, exempt: Redirection['exempt']): readonly string[] {
  if (exempt === undefined) return [];
  const own = new Set(['istio-proxy', 'istio-init', 'istio-validation']);
  return [...spec.initContainers, ...spec.containers]
    .filter((container) => !own.has(container.name) && ((container.runAsUser ?? spec.runAsUser) === exempt.user || (container.runAsGroup ?? spec.runAsGroup) === exempt.group))
    .map((container) => container.name)
    .sort(compareText);
}

/** What the installation behind the pod's revision captures. */
export function captureDefaults(revision: string | undefined, namespace: string, world: Pick<EnrolmentWorld, 'installations'>, interceptionMode: string): CaptureDefaults {
  const installation = world.installations?.find((candidate) => candidate.revision === (revision ?? '')) ?? world.installations?.find((candidate) => candidate.isDefault);
  return { ...(installation?.capture ?? usualCapture), plugin: pluginLooksAt(namespace, world), interceptionMode: installation?.interceptionMode ?? interceptionMode };
}

/** The pod's own `istio-proxy` container makes a router of its proxy (M61). */
export function routes(spec: WorkloadSpec): boolean {
  return [...spec.containers, ...spec.initContainers].some((container) => container.name === 'istio-proxy' && container.args.includes('router'));
}

export function envoyDisabled(spec: WorkloadSpec): boolean {
  return [...spec.containers, ...spec.initContainers].some((container) => container.name === 'istio-proxy' && goTrue(container.env['DISABLE_ENVOY']));
}
