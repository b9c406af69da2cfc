/** VirtualServices as gateways read them: names resolved, delegates in place (M116 to M118). */
import { ofKind } from '#mesh/attachment.ts';
import { fullHost } from '#mesh/hosts.ts';
import type { Mesh } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { creationSecond } from '#mesh/ports.ts';
import { mergeDelegate } from './delegates.ts';
import type { GatewayHttpRoute, RouteSet } from './types.ts';

type VirtualService = Resource<'VirtualService'>;

export function virtualServiceRoutes(mesh: Mesh): readonly RouteSet[] {
  const all = ofKind(mesh, 'VirtualService');
  const delegates = new Map(all.filter(({ spec }) => spec.hosts.length === 0).map((delegate) => [`${delegate.namespace ?? ''}/${delegate.name}`, delegate]));
  return all.filter(({ spec }) => spec.hosts.length > 0).map((service) => routeSet(mesh, service, delegates));
}

function routeSet(mesh: Mesh, service: VirtualService, delegates: ReadonlyMap<string, VirtualService>): RouteSet {
  const namespace = service.namespace ?? '';
  const { spec } = service;
  return {
    by: resourceId(service),
    namespace,
    name: service.name,
    created: creationSecond(service.creationTimestamp),
    hosts: spec.hosts.map((host) => fullHost(host, namespace)),
    gateways: spec.gateways.map((gateway) => gatewayKey(gateway, namespace)),
    exportTo: exportedTo(mesh, service),
    api: 'istio',
    http: spec.http.flatMap((route) => {
      if (route.delegate === undefined) return [resolved(route, service)];
      const delegate = delegates.get(`${route.delegate.namespace ?? namespace}/${route.delegate.name}`);
      // M118: only this route is dropped where the delegate is missing or not exported to the root's namespace.
      if (delegate === undefined) return [];
      const seen = exportedTo(mesh, delegate);
      if (!seen.includes('*') && !seen.includes(namespace)) return [];
      const own = resolved(route, service);
      return mergeDelegate(own, delegate.spec.http.map((inner) => resolved(inner, delegate)));
    }),
    tls: spec.tls.map((route) => ({ match: atGateways(route.match, namespace), route: destinations(route.route, namespace) })),
    tcp: spec.tcp.map((route) => ({ match: atGateways(route.match, namespace), route: destinations(route.route, namespace) })),
    fromTlsRoute: false,
  };
}

function resolved(route: VirtualService['spec']['http'][number], service: VirtualService): GatewayHttpRoute {
  const namespace = service.namespace ?? '';
  return {
    ...route,
    by: resourceId(service),
    match: atGateways(route.match, namespace),
    route: destinations(route.route, namespace),
  };
}

function destinations<T extends { readonly host: string }>(route: readonly T[], namespace: string): readonly T[] {
  return route.map((destination) => ({ ...destination, host: fullHost(destination.host, namespace) }));
}

function atGateways<T extends { readonly gateways: readonly string[] }>(matches: readonly T[], namespace: string): readonly T[] {
  return matches.map((match) => ({ ...match, gateways: match.gateways.map((gateway) => gatewayKey(gateway, namespace)) }));
}

/** M116: a bare name is of the object's own namespace. */
function gatewayKey(gateway: string, namespace: string): string {
  return gateway === 'mesh' || gateway.includes('/') ? gateway : `${namespace}/${gateway}`;
}

/** Namespaces that see it, `*` for all; `.` is its own. */
function exportedTo(mesh: Mesh, { spec, namespace = '' }: VirtualService): readonly string[] {
  return inNamespace(spec.exportTo.length > 0 ? spec.exportTo : defaultExportTo(mesh), namespace);
}

/** M94: `defaultVirtualServiceExportTo`. */
export function defaultExportTo(mesh: Mesh): readonly string[] {
  const stated = mesh.config.gateways?.virtualServiceExportTo ?? [];
  return stated.length > 0 ? stated : ['*'];
}

export function inNamespace(exportTo: readonly string[], namespace: string): readonly string[] {
  return exportTo.map((word) => (word === '.' ? namespace : word));
}
