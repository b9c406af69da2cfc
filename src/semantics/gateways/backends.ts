/** Where a destination of a route leads: the proxy has a cluster for every port of every Service that its namespace sees (M117, M104). */
import { compareBy } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Resource } from '#mesh/policies.ts';
import { hostsOf } from '#mesh/services.ts';
import type { Addressable } from '#mesh/waypoints.ts';
import type { RouteDestination } from '#manifests/virtual-service.ts';
import { ruleFor } from '../outbound/destination-rules.ts';

/** `namespace/service:port`, with `/subset`; `host:port` of a ServiceEntry; several with their weights. */
export type Backend = string | readonly { readonly to: string; readonly weight: number }[];

export type Reached =
  | { readonly type: 'backend'; readonly backend: Backend }
  | { readonly type: 'none'; readonly because: string }
  | { readonly type: 'unknown'; readonly rule: string; readonly missing: string };

export function reachedBy(mesh: Mesh, pods: GatewayPods, route: readonly RouteDestination[], listenerPort: number): Reached {
  const weighted = route.length === 1 ? route : route.filter(({ weight }) => weight > 0);
  const found = weighted.map((destination) => ({ destination, to: clusterOf(mesh, pods, destination, listenerPort) }));
  const missing = found.find(({ to }) => to === undefined);
  // A repository need not hold every Service that its routes name (R26).
  const undeclared = mesh.world === 'open' ? found.find(({ to, destination: { host } }) => to === undefined && host !== '' && !isDeclared(mesh, host)) : undefined;
  if (undeclared !== undefined) return { type: 'unknown', rule: 'M117', missing: `whether there is a Service behind ${described(undeclared.destination)}` };
  if (found.every(({ to }) => to === undefined)) return { type: 'none', because: missing === undefined ? 'the route has no destination' : `the gateway has no cluster for ${described(missing.destination)}` };
  if (missing !== undefined) return { type: 'unknown', rule: 'M124', missing: `which share of the requests is taken: there is no cluster for ${described(missing.destination)}` };
  const backends = found.map(({ destination, to }) => ({ to: to ?? '', weight: destination.weight })).sort(compareBy(({ to }) => to));
  const [only, ...more] = backends;
  return { type: 'backend', backend: only !== undefined && more.length === 0 ? only.to : backends };
}

/** A place that requests of a route may come to. */
export interface RouteEnd {
  /** `namespace/service:port`, or `host:port` of a ServiceEntry; subsets of a Service are the Service. */
  readonly to: string;
  /** The host, where no manifest tells whether there is a Service behind it (R26). */
  readonly undeclared: string | undefined;
}

/** Everywhere that a request of the route may come to, whatever share of the requests comes there. */
export function routeEnds(mesh: Mesh, pods: GatewayPods, route: readonly RouteDestination[], listenerPort: number): readonly RouteEnd[] {
  const weighted = route.length === 1 ? route : route.filter(({ weight }) => weight > 0);
  const found = weighted.flatMap((destination): RouteEnd[] => {
    const cluster = clusterOf(mesh, pods, destination, listenerPort);
    if (cluster !== undefined) return [{ to: cluster.replace(/(:\d+)\/.*$/, '$1'), undeclared: undefined }];
    if (mesh.world !== 'open' || destination.host === '' || isDeclared(mesh, destination.host)) return [];
    return [{ to: `${serviceNamed(destination.host)}:${destination.port === undefined ? '*' : String(destination.port)}`, undeclared: destination.host }];
  });
  return [...new Map(found.map((end) => [end.to, end])).values()];
}

/** `namespace/name` of the host of a Service, as it would be called if it were declared. */
function serviceNamed(host: string): string {
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(host) ?? [];
  return name === undefined || namespace === undefined ? host : `${namespace}/${name}`;
}

/** The host of a backend as `routeEnds` names it. */
export function backendHost(backend: string): string {
  const name = backend.replace(/:[^:]*$/, '');
  const slash = name.indexOf('/');
  return slash < 0 ? name : `${name.slice(slash + 1)}.${name.slice(0, slash)}.svc.cluster.local`;
}

function described({ host, subset, port }: RouteDestination): string {
  if (host === '') return 'a backend that is not permitted';
  return `\`${host}${port === undefined ? '' : `:${String(port)}`}${subset === '' ? '' : `/${subset}`}\``;
}

function clusterOf(mesh: Mesh, pods: GatewayPods, destination: RouteDestination, listenerPort: number): string | undefined {
  const service = visibleService(mesh, pods.namespace, destination.host);
  if (service === undefined) return undefined;
  // An ExternalName stands for the name behind it, which must be known on its own.
  const external = service.kind === 'Service' && service.spec.type === 'ExternalName' ? service.spec.externalName : undefined;
  const behind = external === undefined ? service : visibleService(mesh, pods.namespace, external);
  const ports = portsOf(service);
  const port = destination.port ?? (ports.length === 1 ? ports[0] : undefined) ?? listenerPort;
  if (behind === undefined || !portsOf(behind).includes(port)) return undefined;
  if (destination.subset !== '' && !subsetsOf(mesh, pods, behind, external ?? destination.host).includes(destination.subset)) return undefined;
  const subset = destination.subset === '' ? '' : `/${destination.subset}`;
  return `${behind.kind === 'Service' ? `${behind.namespace ?? ''}/${behind.name}` : (external ?? destination.host)}:${String(port)}${subset}`;
}

function portsOf(service: Addressable): readonly number[] {
  return service.kind === 'Service' ? service.spec.ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port) : service.spec.ports.filter(({ protocol }) => protocol.toUpperCase() !== 'UDP').map(({ number }) => number);
}

/** Subsets of the DestinationRule that the gateway sees for the host (M34 to M37). */
export function subsetsOf(mesh: Mesh, pods: GatewayPods, service: Addressable, host: string): readonly string[] {
  return (ruleFor(mesh, pods, { host, namespace: service.namespace ?? '' })?.subsets ?? []).map(({ rule, index }) => rule.spec.subsets[index]?.name ?? '');
}

/** M104, M94: `exportTo` of the object, or the mesh's default. */
export function isVisible(mesh: Mesh, service: Addressable, from: string): boolean {
  const written = service.kind === 'Service' ? (service.annotations['networking.istio.io/exportTo'] ?? '').split(',').map((word) => word.trim()).filter((word) => word !== '') : service.spec.exportTo;
  const stated = written.length > 0 ? written : (mesh.config.gateways?.serviceExportTo ?? []);
  return stated.length === 0 || stated.some((word) => word === '*' || word === from || (word === '.' && service.namespace === from));
}

const byHost = new WeakMap<Mesh, ReadonlyMap<string, readonly Addressable[]>>();

export function visibleService(mesh: Mesh, from: string, host: string): Addressable | undefined {
  return named(mesh, host).find((service) => isVisible(mesh, service, from));
}

/** Some manifest declares a Service or ServiceEntry of that host, whoever may see it. */
export function isDeclared(mesh: Mesh, host: string): boolean {
  return named(mesh, host).length > 0;
}

function named(mesh: Mesh, host: string): readonly Addressable[] {
  let known = byHost.get(mesh);
  if (known === undefined) {
    const fresh = new Map<string, Addressable[]>();
    const all: readonly (Resource<'Service'> | Resource<'ServiceEntry'>)[] = [...ofKind(mesh, 'Service'), ...ofKind(mesh, 'ServiceEntry')];
    for (const service of all) for (const name of hostsOf(service)) fresh.set(name, [...(fresh.get(name) ?? []), service]);
    known = fresh;
    byHost.set(mesh, known);
  }
  return known.get(host) ?? [];
}
