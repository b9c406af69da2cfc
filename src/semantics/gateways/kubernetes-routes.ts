/** Routes of the Gateway API by the listeners that they attach to (M121 to M124), as route sets of a gateway. */
import type { ParentRef, RouteSpec } from '#manifests/routes.ts';
import type { TcpRoute, TlsRoute } from '#manifests/virtual-service.ts';
import { compareBy } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { creationSecond } from '#mesh/ports.ts';
import { commonNames, isWithin, namesOverlap } from './host-names.ts';
import type { ListenerParent } from './kubernetes-gateways.ts';
import { httpRoutesOf, inOrder } from './kubernetes-rules.ts';
import { ruleBackends } from './route-backends.ts';
import type { RouteSet } from './types.ts';
import { defaultExportTo, inNamespace } from './virtual-services.ts';

type RouteKind = 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute';
type RouteObject = Resource<RouteKind> & { readonly spec: RouteSpec };

export function kubernetesRoutes(mesh: Mesh, listeners: readonly ListenerParent[]): readonly RouteSet[] {
  return [...httpSets(mesh, listeners), ...streamSets(mesh, listeners, 'TLSRoute'), ...streamSets(mesh, listeners, 'TCPRoute')];
}

/** The listeners that take the route, by their internal name. */
function parentsOf(route: RouteObject, listeners: readonly ListenerParent[]): readonly ListenerParent[] {
  const namespace = route.namespace ?? '';
  const found = route.spec.parents.flatMap((ref) => listeners.filter((parent) => accepts(parent, ref, route, namespace)));
  return [...found].sort(compareBy((parent) => parent.gateway.key));
}

function accepts(parent: ListenerParent, ref: ParentRef, route: RouteObject, namespace: string): boolean {
  const { gateway, listener } = parent;
  if (ref.kind !== 'Gateway' || ref.group !== 'gateway.networking.k8s.io') return false;
  if (`Gateway/${ref.namespace ?? namespace}/${ref.name}` !== gateway.by) return false;
  if (ref.port !== undefined && ref.port !== listener.port) return false;
  if (ref.sectionName !== undefined && ref.sectionName !== listener.name) return false;
  const hostnames = route.spec.hostnames.length === 0 ? ['*'] : route.spec.hostnames;
  const fits = parent.hosts.some((host) => {
    const slash = host.indexOf('/');
    const allowed = slash < 0 || host.slice(0, slash) === namespace;
    return allowed && hostnames.some((hostname) => namesOverlap(host.slice(slash + 1), hostname));
  });
  return fits && parent.kinds.includes(route.kind);
}

/** M123: a host that a narrower listener of the same port and protocol owns is not served by the broader one. */
function isolated(parent: ListenerParent, host: string, listeners: readonly ListenerParent[]): boolean {
  const own = parent.hostname;
  if (own !== '' && !own.startsWith('*')) return false;
  if (own !== '' && !namesOverlap(host, own)) return true;
  return listeners.some(({ gateway, listener, hostname }) => {
    if (gateway.by !== parent.gateway.by || hostname === own || listener.port !== parent.listener.port || listener.protocol !== parent.listener.protocol) return false;
    return own.length <= hostname.length && isWithin(host, hostname);
  });
}

/** One set for each listener and host: rules of all routes together, the older object's first where they tie. */
function httpSets(mesh: Mesh, listeners: readonly ListenerParent[]): readonly RouteSet[] {
  const objects: readonly RouteObject[] = [...ofKind(mesh, 'HTTPRoute'), ...ofKind(mesh, 'GRPCRoute')];
  const oldestFirst = [...objects].sort(compareBy((route) => creationSecond(route.creationTimestamp), (route) => route.namespace ?? '', (route) => route.name));
  const sets = new Map<string, RouteSet>();
  for (const route of oldestFirst) {
    const namespace = route.namespace ?? '';
    const kind = route.kind === 'GRPCRoute' ? 'GRPCRoute' : 'HTTPRoute';
    const rules = httpRoutesOf(mesh, { kind, namespace, by: resourceId(route), rules: route.spec.rules });
    if (rules === undefined || rules.length === 0) continue;
    for (const parent of parentsOf(route, listeners)) {
      for (const host of route.spec.hostnames.length === 0 ? ['*'] : route.spec.hostnames) {
        if (isolated(parent, host, listeners)) continue;
        const key = `${parent.gateway.key}/${host}`;
        const known = sets.get(key);
        sets.set(key, known === undefined ? { ...base(mesh, route, parent), name: key.replaceAll('/', '~'), hosts: [host], http: inOrder(rules) } : { ...known, http: [...known.http, ...inOrder(rules)] });
      }
    }
  }
  return [...sets.values()].map((set) => ({ ...set, http: inOrder(set.http) }));
}

function base(mesh: Mesh, route: RouteObject, parent: ListenerParent): RouteSet {
  const namespace = route.namespace ?? '';
  return {
    by: resourceId(route),
    namespace,
    name: route.name,
    created: creationSecond(route.creationTimestamp),
    hosts: [],
    gateways: [parent.gateway.key],
    exportTo: inNamespace(defaultExportTo(mesh), namespace),
    api: 'kubernetes',
    http: [],
    tls: [],
    tcp: [],
    fromTlsRoute: false,
  };
}

/** A destination that no cluster can have. */
const nowhere = [{ host: '', subset: '', port: undefined, weight: 0 }] as const;

function streamSets(mesh: Mesh, listeners: readonly ListenerParent[], kind: 'TLSRoute' | 'TCPRoute'): readonly RouteSet[] {
  const found: RouteSet[] = [];
  for (const route of ofKind(mesh, kind) as readonly RouteObject[]) {
    const backends = route.spec.rules.map((rule) => ruleBackends(mesh, kind, route.namespace ?? '', rule.backends));
    if (backends.some(({ type }) => type === 'refused')) continue;
    const destinations = backends.map((each) => (each.type === 'destinations' ? each.destinations : nowhere));
    const hostnames = kind === 'TCPRoute' || route.spec.hostnames.length === 0 ? ['*'] : route.spec.hostnames;
    parentsOf(route, listeners).forEach((parent, position) => {
      const common = kind === 'TLSRoute' && parent.hostname !== '' ? commonNames(hostnames, [parent.hostname]) : hostnames;
      common.forEach((host, index) => {
        const name = `${route.name}~${kind === 'TLSRoute' ? 'tls' : 'tcp'}~${String(position + index)}~istio-autogenerated-k8s-gateway`;
        found.push({ ...base(mesh, route, parent), name, hosts: [host], fromTlsRoute: kind === 'TLSRoute', ...streamRoutes(kind, common, destinations) });
      });
    });
  }
  return found;
}

function streamRoutes(kind: 'TLSRoute' | 'TCPRoute', sniHosts: readonly string[], destinations: readonly TcpRoute['route'][]): { readonly tls: readonly TlsRoute[] } | { readonly tcp: readonly TcpRoute[] } {
  const match = { destinationSubnets: [], port: undefined, sourceLabels: {}, sourceNamespace: undefined, gateways: [] };
  if (kind === 'TCPRoute') return { tcp: destinations.map((route) => ({ match: [], route })) };
  return { tls: destinations.map((route) => ({ match: [{ ...match, sniHosts }], route })) };
}
