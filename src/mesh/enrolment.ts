/**
 * Whether and how a pod takes part in the mesh (M55 to M68), and what may be said where the repository does not tell (R23, R24, R27).
 */
import { compareText } from '#lib/order.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { WorkloadSpec } from '#manifests/workload.ts';
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
}

export interface EnrolmentKnowledge {
  readonly namespaces: ReadonlyMap<string, NamespaceKnowledge>;
  /** Waypoints, dataplane labels or targetRefs are seen: the world of an unknown enrolment is ambient (R24). */
  readonly world: 'sidecar' | 'ambient';
  /** Revisions and revision tags that some installation states; `undefined`: no installation is in sight, every name may exist (M60). */
  readonly revisions: ReadonlySet<string> | undefined;
}

/** Names that neither hook nor injector touch (M55, M58). */
const ignoredNamespaces = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);
const meshLabels = ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode'];
const policyKinds = new Set(['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication']);

/** Asked of both sides together, before either mesh is built: pass every side's resources, base first. */
export function enrolmentKnowledge(rootNamespace: string, ...sides: readonly (readonly AnyResource[])[]): EnrolmentKnowledge {
  const namespaces = new Map<string, NamespaceKnowledge>();
  const empty: NamespaceKnowledge = { labelled: false, declared: false, policies: false, labels: undefined };
  let ambient = false;
  const revisions = new Set<string>();
  for (const resources of sides) {
    for (const resource of resources) {
      if (resource.kind === 'Namespace') {
        const known = namespaces.get(resource.name) ?? empty;
        const labelled = meshLabels.some((label) => Object.hasOwn(resource.labels, label));
        if (resource.labels['istio.io/dataplane-mode'] === 'ambient' || Object.hasOwn(resource.labels, 'istio.io/use-waypoint')) ambient = true;
        namespaces.set(resource.name, { ...known, declared: true, labelled: known.labelled || labelled, labels: known.labels ?? resource.labels });
        continue;
      }
      if (policyKinds.has(resource.kind) && resource.namespace !== undefined && resource.namespace !== rootNamespace) {
        namespaces.set(resource.namespace, { ...(namespaces.get(resource.namespace) ?? empty), policies: true });
      }
      if (resource.kind === 'AuthorizationPolicy' && resource.spec.targetRefs.some((ref) => ref.kind === 'Service' || ref.kind === 'GatewayClass')) ambient = true;
      if (Object.hasOwn(resource.labels, 'istio.io/waypoint-for') || Object.hasOwn(resource.labels, 'istio.io/use-waypoint')) ambient = true;
    }
  }
  return { namespaces, world: ambient ? 'ambient' : 'sidecar', revisions: revisions.size === 0 ? undefined : revisions };
}

/** What decides the enrolment of one pod. */
export interface PodFacts {
  readonly namespace: string;
  /** Labels of the Namespace object of this side; `undefined`: this side has none. */
  readonly namespaceLabels: Labels | undefined;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly hostNetwork: boolean;
}

export interface EnrolmentWorld {
  /** The manifests are the whole cluster: a missing label means "not in the mesh" (R27). */
  readonly closed: boolean;
  readonly knowledge: EnrolmentKnowledge;
  /** `mesh.enrolment` of the tool's configuration: `{shop: sidecar, "*": unknown}`. */
  readonly stated: Readonly<Record<string, string>>;
}

export function enrolmentOf(pod: PodFacts, world: EnrolmentWorld): Enrolment {
  const known = world.knowledge.namespaces.get(pod.namespace);
  const labels = pod.namespaceLabels ?? (world.closed ? undefined : known?.labels) ?? {};
  const decided = decideEnrolment(pod, labels, world);
  if (decided.mode !== 'none' || world.closed || !decided.open) return decided.mode === 'none' ? { mode: 'none', because: decided.because } : decided;
  const stated = world.stated[pod.namespace] ?? world.stated['*'];
  if (stated === 'sidecar') return { mode: 'sidecar', revision: undefined };
  if (stated === 'ambient') return { mode: 'ambient' };
  if (stated === 'none') return { mode: 'none', because: 'the configuration states it (`mesh.enrolment`)' };
  if (ignoredNamespaces.has(pod.namespace)) return { mode: 'none', because: decided.because };
  // R23: known where some side is labelled, or where the namespace is declared and no policy lives there.
  const unknown = known === undefined || (!known.labelled && (!known.declared || known.policies));
  if (!unknown) return { mode: 'none', because: decided.because };
  return { mode: 'unknown', assumption: `enrolment:${pod.namespace}`, inWorld: world.knowledge.world };
}

type Decided = Exclude<Enrolment, { mode: 'none' } | { mode: 'unknown' }> | { readonly mode: 'none'; readonly because: string; /** Nothing decides it: more labels could. */ readonly open: boolean };

function decideEnrolment(pod: PodFacts, namespaceLabels: Labels, world: EnrolmentWorld): Decided {
  const templates = pod.annotations['inject.istio.io/templates'];
  const hook = pod.hostNetwork || ignoredNamespaces.has(pod.namespace) ? undefined : firingHook(pod, namespaceLabels, world.knowledge.revisions);
  const injected = hook !== undefined && injectRequired(pod);
  if (injected) {
    if (templates !== undefined && templates.split(',').map((name) => name.trim()).includes('gateway')) return { mode: 'gateway' };
    return { mode: 'sidecar', revision: hook.revision };
  }
  if (pod.hostNetwork) return { mode: 'none', because: 'the pod uses the host network (M58, M64)', open: false };
  // M63: the pod's label, or the namespace's where the pod's is not `none`.
  const podMode = pod.labels['istio.io/dataplane-mode'];
  if (podMode === 'ambient' || (namespaceLabels['istio.io/dataplane-mode'] === 'ambient' && podMode !== 'none')) {
    if (pod.namespace !== 'kube-system' && !Object.hasOwn(pod.annotations, 'sidecar.istio.io/status')) return { mode: 'ambient' };
  }
  const choice = pod.labels['sidecar.istio.io/inject'] ?? pod.annotations['sidecar.istio.io/inject'];
  if (choice === 'false') return { mode: 'none', because: 'the pod opts out with `sidecar.istio.io/inject: "false"` (M58)', open: false };
  if (podMode === 'none') return { mode: 'none', because: 'the pod opts out with `istio.io/dataplane-mode: none` (M65)', open: false };
  return { mode: 'none', because: `neither the namespace \`${pod.namespace}\` nor the pod asks for a proxy (M55)`, open: true };
}

/** Step W of M55: which webhook is called for the pod; `undefined`: none. */
function firingHook(pod: PodFacts, namespaceLabels: Labels, revisions: ReadonlySet<string> | undefined): { readonly revision: string | undefined } | undefined {
  const injection = namespaceLabels['istio-injection'];
  const namespaceRevision = namespaceLabels['istio.io/rev'];
  const podChoice = pod.labels['sidecar.istio.io/inject'];
  const podRevision = pod.labels['istio.io/rev'];
  const exists = (revision: string): boolean => revisions === undefined || revisions.has(revision);
  if (podChoice === 'false') return undefined;
  if (injection === 'enabled') return exists('default') ? { revision: undefined } : undefined;
  if (injection !== undefined) return undefined;
  if (namespaceRevision !== undefined) return exists(namespaceRevision) ? { revision: namespaceRevision } : undefined;
  if (podRevision !== undefined) return exists(podRevision) ? { revision: podRevision } : undefined;
  if (podChoice === 'true') return exists('default') ? { revision: undefined } : undefined;
  return undefined;
}

/** Step I of M58: the injector's own decision; a label beats an annotation. */
function injectRequired(pod: PodFacts): boolean {
  const choice = pod.labels['sidecar.istio.io/inject'] ?? pod.annotations['sidecar.istio.io/inject'];
  return choice !== 'false';
}

/** Pods of an ingress or egress gateway that no webhook injects: the classic charts write the proxy into the template themselves. */
export function isGatewayPod(spec: WorkloadSpec): boolean {
  if (Object.hasOwn(spec.podLabels, 'gateway.networking.k8s.io/gateway-name')) return true;
  const label = spec.podLabels['istio'] ?? '';
  return /(ingress|egress|eastwest)gateway/.test(label) && spec.containers.some((container) => container.name === 'istio-proxy');
}

/** Assumptions for the namespaces whose enrolment is unknown, in the one order. */
export function enrolmentAssumptionText(namespace: string, world: 'sidecar' | 'ambient'): string {
  return `the pods of namespace \`${namespace}\` are in the mesh (${world}): no manifest says so or denies it`;
}

export function sortedNamespaces(names: Iterable<string>): string[] {
  return [...names].sort(compareText);
}
