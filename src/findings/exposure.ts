/** Workloads that clients outside the cluster reach: the application's own Service is exposed, or a gateway routes to it (M110 to M130). */
import type { Resource } from '#manifests/resource.ts';
import { selects } from '#mesh/selection.ts';
import { grouped, type Point, type SideFacts } from './facts.ts';
import { servicesNamed } from '#mesh/hosts.ts';

/** Workload ids; gateways themselves are not in it. `services`: only what is exposed without a gateway. */
export function externallyReachable(side: SideFacts, by: 'services' | 'any' = 'any'): ReadonlySet<string> {
  const found = new Set<string>();
  const routed = by === 'any' ? routedServices(side) : new Set<string>();
  for (const workload of side.workloads) {
    if (workload.enrolment.mode === 'gateway') continue;
    const services = side.servicesOf(workload);
    if (services.some((service) => isExposed(service) || routed.has(`${service.namespace ?? ''}/${service.name}`))) found.add(workload.id);
  }
  return found;
}

export function isExposed(service: Resource<'Service'>): boolean {
  return service.spec.type === 'LoadBalancer' || service.spec.type === 'NodePort' || service.spec.externalIPs.length > 0;
}

/** `namespace/name` of Services that a VirtualService of some gateway routes or mirrors to (M116, M117). */
function routedServices(side: SideFacts): ReadonlySet<string> {
  const found = new Set<string>();
  const services = grouped(side.of('Service'), (service) => service.namespace ?? '');
  for (const virtual of side.of('VirtualService')) {
    if (virtual.spec.gateways.every((gateway) => gateway === 'mesh')) continue;
    const routes = [...virtual.spec.http.flatMap((route) => [...route.route, ...route.mirrors]), ...virtual.spec.tls.flatMap((route) => route.route), ...virtual.spec.tcp.flatMap((route) => route.route)];
    for (const route of routes) for (const service of servicesNamed(services, route.host, virtual.namespace ?? '')) found.add(`${service.namespace ?? ''}/${service.name}`);
  }
  return found;
}

/** The declared pods that an Istio Gateway selects, in any namespace (M110); where none is declared, pods with its labels beside it. */
export function gatewayPods(side: SideFacts, gateway: Resource<'Gateway'>): readonly Point[] {
  const selector = gateway.spec.selector ?? {};
  const pods = side.workloads.filter((workload) => (gateway.spec.selector === undefined ? workload.enrolment.mode === 'gateway' : selects(selector, workload.labels)));
  if (pods.length > 0) return pods;
  return [gateway.namespace ?? '', side.mesh.config.rootNamespace].map((namespace) => ({ namespace, labels: selector, enrolment: { mode: 'gateway' as const } }));
}
