/** Which gateways a mesh has, and at which ports a comparison asks them (M110, M111, M120). */
import { compareBy, distinct } from '#lib/order.ts';
import { modeOf } from '#mesh/enrolment.ts';
import { ofKind } from '#mesh/attachment.ts';
import { gatewayPods, isManaged, podPort } from '#mesh/gateway-pods.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { servicesOf } from '#mesh/services.ts';
import { isServed } from '#semantics/gateways/kubernetes-gateways.ts';
import { servedBy } from '#semantics/gateways/served.ts';

/** Gateways that are deployed, by the name that a question has for them. */
export function gatewaysOf(mesh: Mesh): ReadonlyMap<string, GatewayPods> {
  const found = new Map<string, GatewayPods>();
  const note = (id: string, workload: Workload | undefined): void => {
    const pods = gatewayPods(mesh, id, workload);
    if (pods !== undefined) found.set(id, pods);
  };
  const deployed = [...mesh.workloads.values()].filter((workload) => modeOf(workload) === 'gateway');
  for (const workload of deployed) note(workload.id, workload);
  for (const gateway of ofKind(mesh, 'KubernetesGateway')) {
    const id = `${gateway.namespace ?? ''}/${gateway.name}`;
    if (isServed(mesh, gateway) && isManaged(gateway) && !mesh.workloads.has(id)) note(id, undefined);
  }
  return found;
}

/**
 * Ports as a client of the Service before the pods asks for them: those of the Services, and of servers that no Service leads to. Several
 * that lead to the same ports of the pods on both sides are one.
 */
export function askedPorts(sides: readonly { readonly mesh: Mesh; readonly pods: GatewayPods | undefined }[]): readonly number[] {
  const numbers = sides.flatMap(({ mesh, pods }) => (pods === undefined ? [] : servedBy(mesh, pods, {}).gateways.flatMap(({ servers }) => servers.map(({ number }) => number))));
  const ofServices = sides.flatMap(({ pods }) => pods?.servicePorts.map(({ port }) => port) ?? []);
  const first = new Map<string, number>();
  for (const number of [...distinctNumbers(ofServices), ...distinctNumbers(numbers)]) {
    const key = sides.map(({ pods }) => (pods === undefined ? '' : String(podPort(pods, number)))).join(' ');
    if (!first.has(key)) first.set(key, number);
  }
  return [...first.values()];
}

function distinctNumbers(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((left, right) => left - right);
}

/** A Service of its pods is exposed, or none is declared. Pods that Istio makes get a LoadBalancer, unless an annotation says otherwise (M120). */
export function isExposedGateway(mesh: Mesh, pods: GatewayPods): boolean {
  if (pods.madeFor !== undefined) return (pods.madeFor.spec.infrastructureAnnotations['networking.istio.io/service-type'] ?? pods.madeFor.annotations['networking.istio.io/service-type'] ?? 'LoadBalancer') !== 'ClusterIP';
  const services = servicesOf(mesh, pods).filter((service) => service.kind === 'Service');
  return services.length === 0 || services.some(({ spec }) => spec.type === 'LoadBalancer' || spec.type === 'NodePort' || spec.externalIPs.length > 0);
}

/** Identifiers of both sides, in order. */
export function gatewayIds(base: ReadonlyMap<string, GatewayPods>, head: ReadonlyMap<string, GatewayPods>): readonly string[] {
  return distinct([...base.keys(), ...head.keys()]).sort(compareBy((id) => id));
}
