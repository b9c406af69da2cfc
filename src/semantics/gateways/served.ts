/** Everything that one gateway's pods serve: which Gateways are theirs, and which routes bind to those (M110, M116, M120). */
import { compareBy } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { creationSecond } from '#mesh/ports.ts';
import { selects } from '#mesh/selection.ts';
import { istioCredential } from './credentials.ts';
import type { GivenSecrets } from './credentials.ts';
import { kubernetesListeners } from './kubernetes-gateways.ts';
import { kubernetesRoutes } from './kubernetes-routes.ts';
import type { RouteSet, ServedGateway } from './types.ts';
import { virtualServiceRoutes } from './virtual-services.ts';

export interface Served {
  readonly pods: GatewayPods;
  /** Oldest first: in a conflict the older one keeps the port. */
  readonly gateways: readonly ServedGateway[];
  /** Route sets that the pods' namespace sees, in the order in which they take part. */
  readonly routes: readonly RouteSet[];
}

const byAge = compareBy<ServedGateway | RouteSet>(({ created }) => created, ({ name }) => name, ({ namespace }) => namespace);

export function servedBy(mesh: Mesh, pods: GatewayPods, given: GivenSecrets): Served {
  const listeners = kubernetesListeners(mesh, given);
  const own = [...ofKind(mesh, 'Gateway').map((gateway) => istioGateway(gateway, pods, given)), ...listeners.map(({ gateway }) => gateway)].filter((gateway) => appliesTo(gateway, pods)).sort(byAge);
  return { pods, gateways: strictlyMerged(own), routes: visibleRoutes([...virtualServiceRoutes(mesh), ...kubernetesRoutes(mesh, listeners)], pods.namespace) };
}

/** M110: a selector reaches pods of every namespace. M120: a Kubernetes Gateway is bound to Services of its own namespace. */
function appliesTo(gateway: ServedGateway, pods: GatewayPods): boolean {
  if (gateway.services === undefined) return gateway.selector === undefined || selects(gateway.selector, pods.labels);
  return gateway.namespace === pods.namespace && pods.servicePorts.some(({ host }) => gateway.services?.includes(host));
}

/** M110: beside a Gateway that Istio deploys, Istio Gateways of other namespaces are not merged. */
function strictlyMerged(gateways: readonly ServedGateway[]): readonly ServedGateway[] {
  const namespaces = new Set(gateways.filter(({ api, managed }) => api === 'kubernetes' && managed).map(({ namespace }) => namespace));
  return namespaces.size === 0 ? gateways : gateways.filter(({ api, namespace }) => api === 'kubernetes' || namespaces.has(namespace));
}

function istioGateway(gateway: Resource<'Gateway'>, pods: GatewayPods, given: GivenSecrets): ServedGateway {
  const namespace = gateway.namespace ?? '';
  return {
    key: `${namespace}/${gateway.name}`,
    namespace,
    name: gateway.name,
    by: resourceId(gateway),
    created: creationSecond(gateway.creationTimestamp),
    servers: gateway.spec.servers.map((server) => ({
      number: server.port.number,
      portName: server.port.name,
      protocol: server.port.protocol.toUpperCase(),
      hosts: serverHosts(server.hosts, namespace),
      bind: server.bind,
      tls: server.tls === undefined ? undefined : { ...server.tls, ...istioCredential(server.tls, pods, given) },
    })),
    api: 'istio',
    services: undefined,
    selector: gateway.spec.selector,
    managed: false,
  };
}

/** M115: `./dns` is the Gateway's namespace, `*` before the slash all; one that is all of everything makes the server so. */
function serverHosts(hosts: readonly string[], namespace: string): readonly string[] {
  if (hosts.includes('*/*')) return ['*'];
  return hosts.map((host) => (host.startsWith('./') ? `${namespace}/${host.slice(2)}` : host.startsWith('*/') ? host.slice(2) : host));
}

/** M116: exported to the pods' namespace. Private ones first, then those exported by name, then the public ones. */
function visibleRoutes(routes: readonly RouteSet[], namespace: string): readonly RouteSet[] {
  const sorted = [...routes].sort(byAge);
  const open = sorted.filter(({ exportTo }) => exportTo.includes('*'));
  const named = sorted.filter(({ exportTo }) => !exportTo.includes('*') && !exportTo.includes('~') && exportTo.includes(namespace));
  const near = (route: RouteSet): boolean => route.api === 'kubernetes' && route.namespace === namespace;
  return [
    ...named.filter((route) => route.namespace === namespace),
    ...named.filter((route) => route.namespace !== namespace),
    ...open.filter((route) => near(route)),
    ...open.filter((route) => !near(route)),
  ];
}

export function boundTo(served: Served, gateway: ServedGateway): readonly RouteSet[] {
  return served.routes.filter(({ gateways }) => gateways.includes(gateway.key));
}
