/**
 * Which waypoint traffic to a Service or to a pod address goes through, if any (M75 to M80, M82, M83). A waypoint that is missing, of
 * the wrong type or not permitted means direct traffic.
 */
import type { Resource } from '#manifests/resource.ts';
import { ofKind } from './attachment.ts';
import { fitsSelector } from './installation.ts';
import type { Mesh, Workload } from './model.ts';
import type { Labels } from './selection.ts';

export interface Waypoint {
  /** `namespace/name` of the Gateway. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly gateway: Resource<'KubernetesGateway'>;
}

/** What has a binding of its own: Services and ServiceEntries (M75). */
export type Addressable = Resource<'Service'> | Resource<'ServiceEntry'>;

const useLabel = 'istio.io/use-waypoint';
const namespaceLabel = 'istio.io/use-waypoint-namespace';

/** Traffic to the pod's own address. */
export function waypointOfPod(mesh: Mesh, workload: Workload): Waypoint | undefined {
  return bound(mesh, workload.labels, workload.namespace, 'workload');
}

/** Controllers whose gateways are waypoints or lead to other networks (M82). */
const meshControllers: ReadonlySet<string> = new Set(['istio.io-mesh-controller', 'istio.io-eastwest-controller']);

/** Traffic to a Service or ServiceEntry. The Service of a waypoint or an east-west gateway never has one (M82). */
export function waypointOfService(mesh: Mesh, service: Addressable): Waypoint | undefined {
  if (meshControllers.has(service.labels['gateway.istio.io/managed'] ?? '')) return undefined;
  return bound(mesh, service.labels, service.namespace ?? 'default', 'service');
}

function bound(mesh: Mesh, own: Labels, namespace: string, addressed: Addressed): Waypoint | undefined {
  const binding = bindingOf(mesh, own, namespace, addressed);
  return binding?.waypoint;
}

export type Addressed = 'service' | 'workload';

/** What a label asks for. Without `waypoint` traffic goes straight to the destination (M77 to M80). */
export interface Binding {
  /** `namespace/name` of the Gateway that is meant. */
  readonly id: string;
  /** The object's own label, or its namespace's. */
  readonly by: 'object' | 'namespace';
  readonly waypoint: Waypoint | undefined;
  readonly fault: 'missing' | 'no-waypoint' | 'wrong-type' | 'not-admitted' | undefined;
}

/** `undefined`: nothing asks for a waypoint. */
export function bindingOf(mesh: Mesh, own: Labels, namespace: string, addressed: Addressed): Binding | undefined {
  // M75, M80: the object's label decides alone where it has one; `none` opts out.
  const by = Object.hasOwn(own, useLabel) ? 'object' : 'namespace';
  const labels = by === 'object' ? own : (mesh.namespaces.get(namespace)?.labels ?? {});
  const name = labels[useLabel];
  if (name === undefined || name === 'none' || name === '') return undefined;
  const home = labels[namespaceLabel] ?? namespace;
  const id = `${home}/${name}`;
  const gateway = gatewayNamed(mesh, home, name);
  const fault = faultOf(mesh, gateway, namespace, addressed);
  return { id, by, fault, waypoint: fault === undefined && gateway !== undefined ? { id, namespace: home, name, gateway } : undefined };
}

function faultOf(mesh: Mesh, gateway: Resource<'KubernetesGateway'> | undefined, namespace: string, addressed: Addressed): Binding['fault'] {
  if (gateway === undefined) return 'missing';
  if (!isWaypoint(mesh, gateway)) return 'no-waypoint';
  const serves = waypointType(mesh, gateway);
  if (serves !== 'all' && serves !== addressed) return 'wrong-type';
  return admits(mesh, gateway, namespace) ? undefined : 'not-admitted';
}

const gateways = new WeakMap<Mesh, ReadonlyMap<string, Resource<'KubernetesGateway'>>>();

function gatewayNamed(mesh: Mesh, namespace: string, name: string): Resource<'KubernetesGateway'> | undefined {
  let known = gateways.get(mesh);
  if (known === undefined) {
    known = new Map(ofKind(mesh, 'KubernetesGateway').map((gateway) => [`${gateway.namespace ?? ''}/${gateway.name}`, gateway]));
    gateways.set(mesh, known);
  }
  return known.get(`${namespace}/${name}`);
}

/** Whose certificate the waypoint calls with: the Gateway's name, unless it says otherwise (M87). */
export function waypointIdentity(mesh: Mesh, { namespace, name, gateway }: Waypoint): string {
  return `${mesh.config.trustDomain}/ns/${namespace}/sa/${gateway.annotations['gateway.istio.io/service-account'] ?? name}`;
}

/** Labels of the waypoint's pods, as istiod deploys them (M67). */
export function waypointPodLabels({ name, gateway }: Waypoint): Labels {
  return {
    'sidecar.istio.io/inject': 'false',
    'istio.io/dataplane-mode': 'none',
    'service.istio.io/canonical-name': name,
    'service.istio.io/canonical-revision': 'latest',
    ...gateway.spec.infrastructureLabels,
    'gateway.networking.k8s.io/gateway-name': name,
    'gateway.networking.k8s.io/gateway-class-name': gateway.spec.gatewayClassName,
    'gateway.istio.io/managed': 'istio.io-mesh-controller',
  };
}

/** M81: a share of the connections goes to a second waypoint. */
export function sharesWaypoint(mesh: Mesh, own: Labels, namespace: string): boolean {
  const labels = Object.hasOwn(own, useLabel) ? own : (mesh.namespaces.get(namespace)?.labels ?? {});
  return Object.hasOwn(labels, 'istio.io/use-waypoint-canary');
}

/** M83: the class `istio-waypoint`, or any class of the mesh controller. */
export function isWaypoint(mesh: Mesh, gateway: Resource<'KubernetesGateway'>): boolean {
  if (gateway.spec.gatewayClassName === 'istio-waypoint') return true;
  return gatewayClass(mesh, gateway)?.spec.controllerName === 'istio.io/mesh-controller';
}

function gatewayClass(mesh: Mesh, gateway: Resource<'KubernetesGateway'>): Resource<'GatewayClass'> | undefined {
  return ofKind(mesh, 'GatewayClass').find((candidate) => candidate.name === gateway.spec.gatewayClassName);
}

/** M77: `service` where nothing says otherwise. */
export function waypointType(mesh: Mesh, gateway: Resource<'KubernetesGateway'>): string {
  return gateway.labels['istio.io/waypoint-for'] ?? gatewayClass(mesh, gateway)?.labels['istio.io/waypoint-for'] ?? 'service';
}

/** M78: the HBONE listener's `allowedRoutes`, its own namespace by default. */
function admits(mesh: Mesh, gateway: Resource<'KubernetesGateway'>, namespace: string): boolean {
  const listener = gateway.spec.listeners.find((candidate) => candidate.protocol === 'HBONE' && candidate.port === 15008);
  const allowed = listener?.allowedNamespaces ?? { from: 'Same' as const };
  switch (allowed.from) {
    case 'All':
      return true;
    case 'None':
      return false;
    case 'Same':
      return gateway.namespace === namespace;
    case 'Selector':
      return allowed.selector !== undefined && fitsSelector(allowed.selector, mesh.namespaces.get(namespace)?.labels ?? { 'kubernetes.io/metadata.name': namespace });
  }
}
