/**
 * Whether and how a pod takes part in the mesh (M55 to M68), and what may be said where the repository does not tell (R23, R24, R27).
 */
import type { Webhook } from '#manifests/admission-control.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { WorkloadSpec } from '#manifests/workload.ts';
import { fitsSelector, isEmptySelector } from './installation.ts';
import type { Installation, LabelSelectorText } from './installation.ts';
import type { Enrolment } from './model.ts';
import type { Labels } from './selection.ts';

/** What both sides of a comparison together know about one namespace (R23). */
export interface NamespaceKnowledge {
  /** Some side's Namespace object carries a mesh label. */
  readonly labelled: boolean;
  /** Some side has a Namespace object. */
  readonly declared: boolean;
  /** Istio policies live there on some side. */
  readonly policies: boolean;
  /** Labels of the Namespace object of the first side that has one: they stand in for the other side's missing object. */
  readonly labels: Labels | undefined;
  /** Some side's pods ask for a proxy themselves: so enrolment is told here pod by pod. */
  readonly asked: boolean;
}

export interface EnrolmentKnowledge {
  readonly namespaces: ReadonlyMap<string, NamespaceKnowledge>;
  /** Waypoints, dataplane labels or targetRefs are seen: the world of an unknown enrolment is ambient (R24). */
  readonly world: 'sidecar' | 'ambient';
}

/** Names that neither hook nor injector touch (M55, M58). */
const ignoredNamespaces = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);
const meshLabels = ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode'];
const policyKinds = new Set(['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication']);

/** Asked of both sides together, before either mesh is built: pass every side's resources, base first. */
export function enrolmentKnowledge(rootNamespace: string, ...sides: readonly (readonly AnyResource[])[]): EnrolmentKnowledge {
  const namespaces = new Map<string, NamespaceKnowledge>();
  const empty: NamespaceKnowledge = { labelled: false, declared: false, policies: false, labels: undefined, asked: false };
  let ambient = false;
  for (const resources of sides) {
    for (const resource of resources) {
      if (resource.kind === 'Namespace') {
        const known = namespaces.get(resource.name) ?? empty;
        const labelled = meshLabels.some((label) => Object.hasOwn(resource.labels, label));
        if (resource.labels['istio.io/dataplane-mode'] === 'ambient' || Object.hasOwn(resource.labels, 'istio.io/use-waypoint')) ambient = true;
        namespaces.set(resource.name, { ...known, declared: true, labelled: known.labelled || labelled, labels: known.labels ?? resource.labels });
        continue;
      }
      if ('podLabels' in resource.spec && resource.namespace !== undefined && asksItself(resource.spec.podLabels)) {
        const known = namespaces.get(resource.namespace) ?? empty;
        namespaces.set(resource.namespace, { ...known, asked: true });
      }
      if (policyKinds.has(resource.kind) && resource.namespace !== undefined && resource.namespace !== rootNamespace) {
        namespaces.set(resource.namespace, { ...(namespaces.get(resource.namespace) ?? empty), policies: true });
      }
      if (resource.kind === 'AuthorizationPolicy' && resource.spec.targetRefs.some((ref) => ref.kind === 'Service' || ref.kind === 'GatewayClass')) ambient = true;
      if (Object.hasOwn(resource.labels, 'istio.io/waypoint-for') || Object.hasOwn(resource.labels, 'istio.io/use-waypoint')) ambient = true;
    }
  }
  return { namespaces, world: ambient ? 'ambient' : 'sidecar' };
}

function asksItself(podLabels: Labels): boolean {
  return podLabels['sidecar.istio.io/inject'] === 'true' || Object.hasOwn(podLabels, 'istio.io/rev') || podLabels['istio.io/dataplane-mode'] === 'ambient';
}

/** What decides the enrolment of one pod. */
export interface PodFacts {
  readonly namespace: string;
  /** Labels of the Namespace object of this side; `undefined`: this side has none. */
  readonly namespaceLabels: Labels | undefined;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly hostNetwork: boolean;
  /** Kind of the controller: some add labels to their pods (M58). */
  readonly kind: string;
  readonly name: string;
  /** `DISABLE_ENVOY` on the proxy container (M61). */
  readonly envoyDisabled: boolean;
  /** Arguments of the proxy container make it a router (M61). */
  readonly routes: boolean;
}

export interface EnrolmentWorld {
  /** The manifests are the whole cluster: a missing label means "not in the mesh" (R27). */
  readonly closed: boolean;
  readonly knowledge: EnrolmentKnowledge;
  /** Whose webhooks and CNI plugin there are; `undefined`: none is stated, every revision may exist (M60). */
  readonly installations: readonly Installation[] | undefined;
  /** Injection hooks without an istiod behind them (M55). */
  readonly orphanedHooks: readonly Webhook[];
  /** `mesh.enrolment` of the tool's configuration: `{shop: sidecar, "*": unknown}`. */
  readonly stated: Readonly<Record<string, string>>;
}

export function enrolmentOf(pod: PodFacts, world: EnrolmentWorld): Enrolment {
  const known = world.knowledge.namespaces.get(pod.namespace);
  const labels = pod.namespaceLabels ?? (world.closed ? undefined : known?.labels) ?? {};
  const decided = decideEnrolment(pod, labels, world);
  switch (decided.mode) {
    case 'ambient':
    case 'gateway':
      return { mode: decided.mode };
    case 'sidecar':
      return { mode: 'sidecar', revision: decided.hook.revision };
    case 'proxyless':
      return { mode: 'unknown', assumption: `enrolment:${pod.namespace}`, inWorld: 'sidecar' };
    case 'rejected':
      // A pod that never runs takes no request; what is told of it is told as if it were let in.
      return { mode: 'sidecar', revision: decided.hook?.revision };
    case 'none':
      if (world.closed || !decided.open) return { mode: 'none', because: decided.because };
  }
  const stated = world.stated[pod.namespace] ?? world.stated['*'];
  // A pod that asks for the gateway's template has no proxy to run without an injector (`image: auto`): where it runs, it is a gateway (M61).
  const asGateway = templatesOf(pod).includes('gateway');
  if (stated === 'sidecar') return asGateway ? { mode: 'gateway' } : { mode: 'sidecar', revision: undefined };
  if (stated === 'ambient') return { mode: 'ambient' };
  if (stated === 'none') return { mode: 'none', because: 'the configuration states it (`mesh.enrolment`)' };
  if (ignoredNamespaces.has(pod.namespace)) return { mode: 'none', because: decided.because };
  // R23: known where some side is labelled, or where the namespace is declared and either no policy lives there or pods ask for themselves.
  const unknown = known === undefined || (!known.labelled && (!known.declared || (known.policies && !known.asked)));
  if (!unknown) return { mode: 'none', because: decided.because };
  if (asGateway) return { mode: 'gateway' };
  return { mode: 'unknown', assumption: `enrolment:${pod.namespace}`, inWorld: world.knowledge.world };
}

/** M61: the pod's own list before the install's. */
function templatesOf({ annotations }: PodFacts, otherwise: readonly string[] = ['sidecar']): readonly string[] {
  return annotations['inject.istio.io/templates']?.split(',').map((name) => name.trim()) ?? otherwise;
}

/** What the injector and the CNI plugin make of a pod, in the words of the real programs. */
export type Decided =
  | { readonly mode: 'sidecar' | 'gateway' | 'proxyless'; readonly hook: Hook; /** The injector adds the sidecar's labels, and by itself the init container. */ readonly template: 'sidecar' | 'other' }
  | { readonly mode: 'ambient' }
  | { readonly mode: 'rejected'; readonly hook: Hook | undefined; readonly because: string }
  | { readonly mode: 'none'; readonly because: string; /** Nothing decides it: more labels could. */ readonly open: boolean };

/** Templates that every installation has for pods. */
const knownTemplates = new Set(['sidecar', 'gateway', 'grpc-simple', 'grpc-agent']);
/** And those with which istiod deploys gateways. */
const templatesOfGateways = new Set(['waypoint', 'kube-gateway', 'agentgateway', 'agentgateway-waypoint']);

export function decideEnrolment(pod: PodFacts, namespaceLabels: Labels, world: EnrolmentWorld): Decided {
  const touched = !pod.hostNetwork && !ignoredNamespaces.has(pod.namespace);
  if (refusedByOrphan(pod, namespaceLabels, world)) return { mode: 'rejected', hook: undefined, because: 'an injection webhook selects the pod and no istiod answers it (M55)' };
  const hook = touched ? firingHook(pod, namespaceLabels, world.installations?.filter((installation) => installation.injects)) : undefined;
  if (hook !== undefined && injectRequired(pod, hook.installation)) return injected(pod, hook);
  if (pod.hostNetwork) return { mode: 'none', because: 'the pod uses the host network (M58, M64)', open: false };
  const podMode = pod.labels['istio.io/dataplane-mode'];
  if (takenIntoAmbient(pod, namespaceLabels, world.installations)) return { mode: 'ambient' };
  const choice = pod.labels['sidecar.istio.io/inject'] ?? pod.annotations['sidecar.istio.io/inject'];
  if (choice === 'false') return { mode: 'none', because: 'the pod opts out with `sidecar.istio.io/inject: "false"` (M58)', open: false };
  if (podMode === 'none') return { mode: 'none', because: 'the pod opts out with `istio.io/dataplane-mode: none` (M65)', open: false };
  const asked = ['istio-injection', 'istio.io/rev'].some((label) => Object.hasOwn(namespaceLabels, label)) || Object.hasOwn(pod.labels, 'istio.io/rev');
  return { mode: 'none', because: asked ? `no webhook answers the labels of \`${pod.namespace}\` and the pod (M55 to M60)` : `neither the namespace \`${pod.namespace}\` nor the pod asks for a proxy (M55)`, open: !asked };
}

/** M61, M64: by the templates that the pod asks for. */
function injected(pod: PodFacts, hook: Hook): Decided {
  const templates = templatesOf(pod, hook.installation?.defaultTemplates);
  const own = hook.installation?.templates;
  if (own !== undefined && templates.some((name) => templatesOfGateways.has(name))) return { mode: 'rejected', hook, because: 'an injection template for the pods of a Gateway makes no pod of others (M61)' };
  if (own !== undefined && templates.some((name) => !knownTemplates.has(name) && !own.has(name))) return { mode: 'rejected', hook, because: 'the pod asks for an injection template that the install does not have (M61)' };
  const template = templates.includes('sidecar') ? ('sidecar' as const) : ('other' as const);
  // The later template's arguments win.
  const last = templates.filter((name) => name === 'gateway' || name === 'sidecar').at(-1);
  if (last === 'gateway' || (pod.routes && template === 'sidecar')) return { mode: 'gateway', hook, template };
  // M73: enforcement inside the application cannot be seen in manifests.
  if (templates.some((name) => name.startsWith('grpc-')) || (pod.envoyDisabled && template === 'sidecar')) return { mode: 'proxyless', hook, template };
  if (template === 'sidecar' || own === undefined) return { mode: 'sidecar', hook, template: 'sidecar' };
  return { mode: 'none', because: 'a custom injection template brings no proxy (M64)', open: false };
}

function refusedByOrphan(pod: PodFacts, namespaceLabels: Labels, world: EnrolmentWorld): boolean {
  if (world.orphanedHooks.length === 0) return false;
  const labels = { ...namespaceLabels, 'kubernetes.io/metadata.name': pod.namespace };
  const fits = (selector: LabelSelectorText | undefined, on: Labels): boolean => selector === undefined || fitsSelector(selector, on);
  return world.orphanedHooks.some((hook) => fits(hook.namespaceSelector, labels) && fits(hook.objectSelector, withControllerLabels(pod)));
}

/** M63 to M65: the pod's label, or the namespace's where the pod's is not `none`; or what the CNI plugin was told to look for. */
function takenIntoAmbient(pod: PodFacts, namespaceLabels: Labels, installations: readonly Installation[] | undefined): boolean {
  if (Object.hasOwn(pod.annotations, 'sidecar.istio.io/status')) return false;
  const plugin = installations?.find((installation) => installation.ambient);
  if (plugin === undefined ? pod.namespace === 'kube-system' : plugin.excludedNamespaces.has(pod.namespace)) return false;
  if (installations !== undefined && plugin === undefined) return false;
  if (plugin?.enablement !== undefined) {
    const labels = { ...namespaceLabels, 'kubernetes.io/metadata.name': pod.namespace };
    return plugin.enablement.some((selector) => fitsSelector(selector.pod, pod.labels) && fitsSelector(selector.namespace, labels));
  }
  const podMode = pod.labels['istio.io/dataplane-mode'];
  return podMode === 'ambient' || (namespaceLabels['istio.io/dataplane-mode'] === 'ambient' && podMode !== 'none');
}

export interface Hook {
  /** `undefined`: the default revision. */
  readonly revision: string | undefined;
  /** `undefined`: an installation that no manifest states. */
  readonly installation: Installation | undefined;
}

/** Step W of M55: whose webhook is called for the pod; `undefined`: nobody's. */
function firingHook(pod: PodFacts, namespaceLabels: Labels, installations: readonly Installation[] | undefined): Hook | undefined {
  const injection = namespaceLabels['istio-injection'];
  const namespaceRevision = namespaceLabels['istio.io/rev'];
  const podChoice = pod.labels['sidecar.istio.io/inject'];
  const podRevision = pod.labels['istio.io/rev'];
  const named = (revision: string): Hook | undefined => {
    if (installations === undefined) return { revision: revision === 'default' ? undefined : revision, installation: undefined };
    const installation = installations.find((candidate) => candidate.names.has(revision));
    return installation === undefined ? undefined : hookOf(installation);
  };
  const ofDefault = (): Hook | undefined => {
    if (installations === undefined) return { revision: undefined, installation: undefined };
    const installation = installations.find((candidate) => candidate.isDefault);
    return installation === undefined ? undefined : hookOf(installation);
  };
  if (podChoice === 'false') return undefined;
  if (injection === 'enabled') return ofDefault();
  if (injection !== undefined) return undefined;
  if (namespaceRevision !== undefined) return named(namespaceRevision);
  if (podRevision !== undefined) return named(podRevision);
  if (podChoice === 'true') return ofDefault();
  const everywhere = podChoice === undefined ? installations?.find((candidate) => candidate.isDefault && candidate.byDefault) : undefined;
  return everywhere === undefined ? undefined : hookOf(everywhere);
}

function hookOf(installation: Installation): Hook {
  return { revision: installation.revision === '' ? undefined : installation.revision, installation };
}

/** Step I of M58: the injector's own decision; a label beats an annotation, then the installation's selectors, then its policy. */
function injectRequired(pod: PodFacts, installation: Installation | undefined): boolean {
  const choice = pod.labels['sidecar.istio.io/inject'] ?? pod.annotations['sidecar.istio.io/inject'];
  if (choice === 'true') return true;
  if (choice === 'false') return false;
  if (installation === undefined) return true;
  const labels = withControllerLabels(pod);
  const fits = (selector: LabelSelectorText): boolean => !isEmptySelector(selector) && fitsSelector(selector, labels);
  if (installation.never.some(fits)) return false;
  if (installation.always.some(fits)) return true;
  return installation.autoInject;
}

/** Labels that controllers add; their values are not known, only that they are there. */
function withControllerLabels(pod: PodFacts): Labels {
  const added = controllerLabels[pod.kind] ?? [];
  return { ...Object.fromEntries(added.map((label) => [label, ''])), ...(pod.kind === 'Job' ? { 'job-name': pod.name, 'batch.kubernetes.io/job-name': pod.name } : {}), ...pod.labels };
}

const controllerLabels: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['pod-template-hash'],
  Rollout: ['rollouts-pod-template-hash'],
  StatefulSet: ['controller-revision-hash', 'statefulset.kubernetes.io/pod-name', 'apps.kubernetes.io/pod-index'],
  DaemonSet: ['controller-revision-hash', 'pod-template-generation'],
  Job: ['controller-uid', 'batch.kubernetes.io/controller-uid'],
  CronJob: ['job-name', 'batch.kubernetes.io/job-name', 'controller-uid', 'batch.kubernetes.io/controller-uid'],
};

/** Pods of an ingress or egress gateway that no webhook injects: the classic charts write the proxy into the template themselves. */
export function isGatewayPod(spec: WorkloadSpec): boolean {
  if (Object.hasOwn(spec.podLabels, 'gateway.networking.k8s.io/gateway-name')) return true;
  const label = spec.podLabels['istio'] ?? '';
  const proxy = spec.containers.find((container) => container.name === 'istio-proxy');
  // Its own arguments make the proxy a router (M61), whatever the gateway is called; `image: auto` is one that only the injector fills in.
  return proxy !== undefined && (/(ingress|egress|eastwest)gateway/.test(label) || (proxy.args.includes('router') && proxy.image !== 'auto'));
}

/** Assumptions for the namespaces whose enrolment is unknown, in the one order. */
export function enrolmentAssumptionText(namespace: string, world: 'sidecar' | 'ambient'): string {
  return `the pods of namespace \`${namespace}\` are in the mesh (${world}): no manifest says so or denies it`;
}

/** How it takes part, or is taken to (R23). */
export function modeOf({ enrolment }: { readonly enrolment: Enrolment }): Exclude<Enrolment['mode'], 'unknown'> {
  return enrolment.mode === 'unknown' ? enrolment.inWorld : enrolment.mode;
}

export function isSidecar(pods: { readonly enrolment: Enrolment }): boolean {
  return modeOf(pods) === 'sidecar';
}

/** It is in ambient, or is taken to be (R23): of itself ztunnel alone stands before it, and nothing evaluates HTTP (A4.10 to A4.15). */
export function isAmbient(pods: { readonly enrolment: Enrolment }): boolean {
  return modeOf(pods) === 'ambient';
}
