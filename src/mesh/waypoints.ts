/**
 * Which waypoint traffic to a Service or to a pod address goes through, if any (M75 to M80, M82, M83). A waypoint that is missing, of
 * the wrong type or not permitted means direct traffic.
 */
import type { AnyResource, Resource } from '#manifests/resource.ts';
import { ofKind } from './attachment.ts';
import { fitsSelector } from './installation.ts';
import type { Mesh, Workload } from './model.ts';
import type { Labels } from './selection.ts';

export interface Waypoint {
  /** `namespace/name` of the Gateway. */
  readonly id: string;
  readonly gateway: Resource<'KubernetesGateway'>;
}

const useLabel = 'istio.io/use-waypoint';
const namespaceLabel = 'istio.io/use-waypoint-namespace';

/** Traffic to the pod's own address. */
export function waypointOfPod(mesh: Mesh, workload: Workload): Waypoint | undefined {
  return bound(mesh, workload.labels, workload.namespace, 'workload');
}

/** Traffic to a Service or ServiceEntry. A gateway's own Service never has one (M82). */
export function waypointOfService(mesh: Mesh, service: Extract<AnyResource, { kind: 'Service' | 'ServiceEntry' }>): Waypoint | undefined {
  if (Object.hasOwn(service.labels, 'gateway.istio.io/managed')) return undefined;
  return bound(mesh, service.labels, service.namespace ?? 'default', 'service');
}

function bound(mesh: Mesh, own: Labels, namespace: string, addressed: 'service' | 'workload'): Waypoint | undefined {
  // M75, M80: the object's label decides alone where it has one; `none` opts out.
  const labels = Object.hasOwn(own, useLabel) ? own : (mesh.namespaces.get(namespace)?.labels ?? {});
  const name = labels[useLabel];
  if (name === undefined || name === 'none' || name === '') return undefined;
  const home = labels[namespaceLabel] ?? namespace;
  const gateway = ofKind(mesh, 'KubernetesGateway').find((candidate) => candidate.name === name && candidate.namespace === home);
  if (gateway === undefined || !isWaypoint(mesh, gateway)) return undefined;
  const serves = waypointType(mesh, gateway);
  if (serves !== 'all' && serves !== addressed) return undefined;
  return admits(mesh, gateway, namespace) ? { id: `${home}/${name}`, gateway } : undefined;
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
function waypointType(mesh: Mesh, gateway: Resource<'KubernetesGateway'>): string {
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
