/** Which pods a gateway has, and how a port of the Service before them becomes a port of theirs (M110, M111, M120). */
import type { Resource } from '#manifests/resource.ts';
import { ofKind } from './attachment.ts';
import { hostOf } from './hosts.ts';
import type { Mesh, Workload } from './model.ts';
import { podSpecOf, targetPortOf } from './ports.ts';
import type { Labels } from './selection.ts';
import { servicesOf } from './services.ts';

export interface GatewayPods {
  /** `namespace/name`, as asked. */
  readonly id: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAccount: string;
  readonly annotations: Labels;
  /** The Kubernetes Gateway that Istio makes these pods for. */
  readonly madeFor: Resource<'KubernetesGateway'> | undefined;
  /** No manifest declares them: the selector of an Istio Gateway stands for them (R29). */
  readonly isPhantom: boolean;
  /** Ports of the Services that select the pods, in the order in which they are looked through. */
  readonly servicePorts: readonly GatewayServicePort[];
}

export interface GatewayServicePort {
  /** `name.namespace.svc.cluster.local`. */
  readonly host: string;
  readonly port: number;
  readonly target: number;
  /** The label `experimental.istio.io/disable-gateway-port-translation` (M111). */
  readonly untranslated: boolean;
}

/** A Deployment (or another controller) of gateway pods, or a Kubernetes Gateway by its own name or that of its Deployment; `undefined`: neither is declared. */
export function gatewayPods(mesh: Mesh, id: string, workload: Workload | undefined): GatewayPods | undefined {
  if (workload !== undefined) return podsOfWorkload(mesh, id, workload);
  if (id.includes('=')) return phantomPods(mesh, id);
  const managed = ofKind(mesh, 'KubernetesGateway').filter(isManaged);
  const named = (name: (gateway: Resource<'KubernetesGateway'>) => string): Resource<'KubernetesGateway'> | undefined => managed.find((gateway) => `${gateway.namespace ?? ''}/${name(gateway)}` === id);
  const gateway = named(({ name }) => name) ?? named(managedName);
  return gateway === undefined ? undefined : podsMadeFor(id, gateway);
}

/** M120: an address of type Hostname names a Service that is deployed by hand. */
export function isManaged({ spec }: Resource<'KubernetesGateway'>): boolean {
  return spec.addresses.length === 0 || (spec.addresses.length === 1 && spec.addresses[0]?.type === 'IPAddress');
}

/** Name of the Deployment, the Service and the ServiceAccount that Istio makes. */
export function managedName({ name, annotations, spec }: Resource<'KubernetesGateway'>): string {
  return annotations['gateway.istio.io/name-override'] ?? `${name}-${spec.gatewayClassName}`;
}

function podsMadeFor(id: string, gateway: Resource<'KubernetesGateway'>): GatewayPods {
  const namespace = gateway.namespace ?? 'default';
  const name = managedName(gateway);
  const host = hostOf({ name, namespace });
  return {
    id,
    namespace,
    labels: { ...gateway.spec.infrastructureLabels, 'gateway.networking.k8s.io/gateway-name': gateway.name, 'gateway.networking.k8s.io/gateway-class-name': gateway.spec.gatewayClassName },
    serviceAccount: gateway.annotations['gateway.istio.io/service-account'] ?? name,
    annotations: gateway.spec.infrastructureAnnotations,
    madeFor: gateway,
    isPhantom: false,
    servicePorts: gateway.spec.listeners.map(({ port }) => ({ host, port, target: port, untranslated: false })),
  };
}

function podsOfWorkload(mesh: Mesh, id: string, workload: Workload): GatewayPods {
  const servicePorts = servicePortsOf(mesh, workload, podSpecOf(workload));
  return { id, namespace: workload.namespace, labels: workload.labels, serviceAccount: workload.serviceAccount, annotations: workload.annotations, madeFor: undefined, isPhantom: false, servicePorts };
}

function servicePortsOf(mesh: Mesh, pods: { readonly namespace: string; readonly labels: Labels }, spec: ReturnType<typeof podSpecOf>): readonly GatewayServicePort[] {
  const services = servicesOf(mesh, pods).filter((service): service is Resource<'Service'> => service.kind === 'Service');
  return services.flatMap((service) =>
    service.spec.ports.flatMap((port): GatewayServicePort[] => {
      const target = targetPortOf(spec, port);
      const untranslated = Object.hasOwn(service.labels, 'experimental.istio.io/disable-gateway-port-translation');
      return target === undefined || port.protocol !== 'TCP' ? [] : [{ host: hostOf(service), port: port.port, target, untranslated }];
    }),
  );
}

/** `namespace/key=value,…`: pods with these labels that nobody declares. Of their account nothing is known. */
function phantomPods(mesh: Mesh, id: string): GatewayPods {
  const slash = id.indexOf('/');
  const namespace = id.slice(0, slash);
  const pairs = id.slice(slash + 1).split(',').map((pair): readonly [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
  const labels = installedLabels(Object.fromEntries(pairs));
  return { id, namespace, labels, serviceAccount: '', annotations: {}, madeFor: undefined, isPhantom: true, servicePorts: servicePortsOf(mesh, { namespace, labels }, undefined) };
}

/**
 * Gateways of Istio's own installation have two labels, by either of which Gateways and policies name them.
 * @see https://github.com/istio/istio/blob/master/manifests/charts/gateways/istio-ingress/values.yaml
 */
export function installedLabels(labels: Labels): Labels {
  const name = ['ingressgateway', 'egressgateway'].find((each) => labels['istio'] === each || labels['app'] === `istio-${each}`);
  return name === undefined ? labels : { app: `istio-${name}`, istio: name, ...labels };
}

/** The port of the pods behind a port of the Service before them; a number that no Service has is the pods' own. */
export function podPort(pods: GatewayPods, port: number): number {
  return pods.servicePorts.find((candidate) => candidate.port === port)?.target ?? port;
}

