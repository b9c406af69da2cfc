/** How a gateway calls what stands behind a backend of its routes: which pods, at which port, as whom, with which TLS (M33 to M48, M85, M130). */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { modeOf } from '#mesh/enrolment.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import { hostOf } from '#mesh/hosts.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Resource } from '#mesh/policies.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { selectorOf } from '#mesh/services.ts';
import type { Labels } from '#mesh/selection.ts';
import { waypointOfService, type Waypoint } from '#mesh/waypoints.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { callCluster, type ClusterAnswer, type Sent, type TellMode } from '#semantics/outbound/clusters.ts';
import { ruleFor } from '#semantics/outbound/destination-rules.ts';
import { servicesSeenFrom } from '#semantics/outbound/services.ts';
import { workloadNamed } from './addressed.ts';
import { worldOf, type Client } from './arrival.ts';
import { gatewayIdentities } from './gateway-accounts.ts';
import type { Given } from './envoy.ts';

/** One kind of pods that a request may come to. */
export interface CalledPods {
  readonly workload: Workload;
  readonly port: number;
  /** As whom the gateway calls them, `trust-domain/ns/x/sa/y`. */
  readonly identity: string;
  /** `undefined`: subsets of the Service get different TLS, and which of them is called is not looked at. */
  readonly sends: Sent | undefined;
}

export interface BackendCall {
  readonly from: { readonly namespace: string; readonly labels: Labels };
  readonly service: Resource<'Service'>;
  /** Of the Service. */
  readonly port: number;
  /** The server name of mutual TLS. */
  readonly sni: string | undefined;
  /** Before the Service, where gateways are told to use it (M85). */
  readonly waypoint: Waypoint | undefined;
  /** With each account that the gateway may have. */
  readonly pods: readonly CalledPods[];
  /** Which of them it has is told. */
  readonly isNamed: boolean;
  /** NetworkPolicies look at the gateway's pods: not at those in the network of their node (M140), nor at pods of which nobody tells all labels. */
  readonly networked: boolean;
}

/**
 * `undefined`: no manifest declares pods there, or it is a gateway of its own.
 * @param backend `namespace/service:port`
 */
export function backendCall(mesh: Mesh, pods: GatewayPods, backend: string, given: Given = {}): BackendCall | undefined {
  const [, namespace, name, number] = /^([^/]+)\/([^:]+):(\d+)$/.exec(backend) ?? [];
  const service = ofKind(mesh, 'Service').find((candidate) => candidate.namespace === namespace && candidate.name === name);
  const selector = service === undefined ? undefined : selectorOf(service);
  const port = Number(number);
  const entry = service?.spec.ports.find((candidate) => candidate.port === port && candidate.protocol === 'TCP');
  if (service === undefined || selector === undefined || entry === undefined) return undefined;
  const behind = workloadsWith(mesh, namespace, selector).flatMap((workload) => {
    const target = workload.resource === undefined ? undefined : targetPortOf(podSpecOf(workload), entry);
    return target === undefined ? [] : [{ workload, port: target }];
  });
  if (behind.length === 0 || behind.some(({ workload }) => takenFor(workload, given) === 'gateway')) return undefined;
  const told: TellMode = (workload) => {
    const mode = takenFor(workload, given);
    return mode === 'ambient' ? 'ztunnel' : mode === 'sidecar' ? 'proxy' : 'nothing';
  };
  const clusters = clustersFor(mesh, pods, service, port, told);
  const own = workloadNamed(mesh, pods.id);
  return {
    from: { namespace: pods.namespace, labels: pods.labels },
    service,
    port,
    sni: clusters.flatMap((cluster) => ('missing' in cluster ? [] : [cluster.sni]))[0],
    waypoint: usesWaypoint(mesh, service) ? waypointOfService(mesh, service) : undefined,
    pods: behind.flatMap((each) => gatewayIdentities(mesh, pods).map((identity) => ({ ...each, identity, sends: sentTo(clusters, each.workload) }))),
    isNamed: !pods.isPhantom,
    networked: !pods.isPhantom && (own === undefined || podSpecOf(own)?.hostNetwork !== true),
  };
}

/** Enrolment that nobody tells is what it is taken for (R24). */
function takenFor(workload: Workload, given: Given): Client['mode'] {
  return worldOf(workload, given) ?? modeOf(workload);
}

/** The Service as a whole, and each subset that a route may choose. A Sidecar is for sidecars alone: a gateway knows all that is exported to it (M97). */
function clustersFor(mesh: Mesh, pods: GatewayPods, service: Resource<'Service'>, port: number, told: TellMode): readonly ClusterAnswer[] {
  const host = hostOf(service);
  const seen = servicesSeenFrom(mesh, pods.namespace).find((each) => each.host === host);
  if (seen === undefined) return [];
  const subsets = ruleFor(mesh, pods, seen)?.subsets.map(({ rule, index }) => rule.spec.subsets[index]?.name ?? '') ?? [];
  return distinct(['', ...subsets]).map((subset) => callCluster(mesh, { services: new Map([[host, seen]]) }, pods, { host, port, subset }, told));
}

function sentTo(clusters: readonly ClusterAnswer[], workload: Workload): Sent | undefined {
  const found = new Set(clusters.flatMap((cluster) => ('missing' in cluster ? [] : cluster.sent.filter(({ endpoint }) => endpoint === undefined || endpoint.workload?.id === workload.id).map(({ sends }) => (typeof sends === 'object' ? undefined : sends)))));
  const [only] = found;
  return found.size > 1 ? undefined : found.size === 0 ? 'plaintext' : only;
}

/** M85: the label of the Service, else of its namespace. */
function usesWaypoint(mesh: Mesh, service: Resource<'Service'>): boolean {
  const name = 'istio.io/ingress-use-waypoint';
  const label = service.labels[name] ?? mesh.namespaces.get(service.namespace ?? '')?.labels[name] ?? '';
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(label);
}

/**
 * Whatever both sides send to the same pods arrives there alike: what the pods answer otherwise is told of them. Pods that one side alone has are
 * population (R28).
 */
export function callsAlike(left: BackendCall | undefined, right: BackendCall | undefined): boolean {
  if (left === undefined || right === undefined) return true;
  const others = new Map(right.pods.map((each) => [each.workload.id, each]));
  const both = left.pods.flatMap((own) => {
    const other = others.get(own.workload.id);
    return other === undefined ? [] : [[own, other] as const];
  });
  const arriving = (call: BackendCall, { port, identity, sends }: CalledPods): string => canonical([call.isNamed ? identity : null, call.from, call.waypoint?.id ?? null, call.networked, port, sends ?? null]);
  return both.every(([own, other]) => arriving(left, own) === arriving(right, other));
}
