/**
 * Ways in from outside the cluster, as the manifests declare them: exposed Services, Istio Gateways with bound VirtualServices, Gateway
 * API routes, Ingresses (M110 to M130). What stands behind them is answered by `decide`, not here.
 */
import type { AnyResource, Resource } from '#manifests/resource.ts';
import type { StringMatch } from '#manifests/virtual-service.ts';
import type { Workload } from '#mesh/model.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import type { FieldPath } from '#source/origin.ts';
import { gatewayPods, isExposed } from './exposure.ts';
import { grouped, type SideFacts } from './facts.ts';
import { hostMatches, servicesNamed } from '#mesh/hosts.ts';

export interface EntryPoint {
  readonly workload: Workload;
  /** Container port; `undefined`: the Service does not tell. */
  readonly port: number | undefined;
  /** `*` where every host is served. */
  readonly host: string;
  /** As the route writes it; `/*` where every path is. */
  readonly path: string;
  readonly method: string | undefined;
  /** `direct`: the client's own connection reaches the pod; else the identity of the gateway calls it. */
  readonly via: 'direct' | 'gateway';
  /** The account of the gateway, `namespace/account`, where its pods are declared. */
  readonly account: string | undefined;
  /** `Gateway/namespace/name` of the gateway whose routes lead there; copies of requests (`mirror`) are led by none. */
  readonly gateway: string | undefined;
  readonly resource: AnyResource;
  readonly field: FieldPath;
  readonly how: string;
}

export function entryPoints(side: SideFacts): readonly EntryPoint[] {
  const services = grouped(side.of('Service'), (service) => service.namespace ?? '');
  return [...fromServices(side), ...fromVirtualServices(side, services), ...fromIngresses(side, services), ...fromRoutes(side, services)];
}

type Services = ReadonlyMap<string, readonly Resource<'Service'>[]>;

function podsOf(side: SideFacts, service: Resource<'Service'>): readonly Workload[] {
  return service.spec.selector === undefined ? [] : workloadsWith(side.mesh, service.namespace ?? '', service.spec.selector).filter((workload) => workload.resource !== undefined);
}

function targetPort(service: Resource<'Service'>, workload: Workload, port: number | string | undefined): number | undefined {
  const entry = port === undefined ? service.spec.ports[0] : service.spec.ports.find((candidate) => candidate.port === port || candidate.name === port);
  if (entry === undefined) return undefined;
  if (typeof entry.targetPort === 'number') return entry.targetPort;
  const { resource } = workload;
  return resource !== undefined && 'containers' in resource.spec ? resource.spec.containers.flatMap((container) => container.ports).find((candidate) => candidate.name === entry.targetPort)?.port : undefined;
}

function fromServices(side: SideFacts): EntryPoint[] {
  return side.of('Service').flatMap((service) => {
    if (!isExposed(service)) return [];
    const how = service.spec.externalIPs.length > 0 ? 'external addresses' : service.spec.type;
    const field = service.spec.externalIPs.length > 0 ? 'externalIPs' : 'type';
    return podsOf(side, service)
      .filter((workload) => workload.enrolment.mode !== 'gateway')
      .flatMap((workload) =>
        service.spec.ports.filter((port) => port.protocol === 'TCP').map((port): EntryPoint => ({ workload, port: targetPort(service, workload, port.port), host: '*', path: '/*', method: undefined, via: 'direct', account: undefined, gateway: undefined, resource: service, field: ['spec', field], how: `its Service has ${how}` })),
      );
  });
}

function fromVirtualServices(side: SideFacts, services: Services): EntryPoint[] {
  const gateways = new Map(side.of('Gateway').map((gateway) => [`${gateway.namespace ?? ''}/${gateway.name}`, gateway]));
  return side.of('VirtualService').flatMap((virtual) => {
    const namespace = virtual.namespace ?? '';
    const bound = virtual.spec.gateways.filter((name) => name !== 'mesh').map((name) => (name.includes('/') ? name : `${namespace}/${name}`));
    return bound.flatMap((name) => {
      const gateway = gateways.get(name);
      const hosts = gateway === undefined ? virtual.spec.hosts : virtual.spec.hosts.filter((host) => servesHost(gateway, host, namespace));
      if (hosts.length === 0 || (gateway !== undefined && isInternal(side, gateway))) return [];
      const account = gateway === undefined ? undefined : accountOf(side, gateway);
      const common = { via: 'gateway' as const, account, resource: virtual, how: `the gateway \`${name}\` routes to it` };
      const http = virtual.spec.http.flatMap((route, index) =>
        [...route.route.map((target) => ({ target, gateway: `Gateway/${name}` as string | undefined })), ...route.mirrors.map((target) => ({ target, gateway: undefined }))].flatMap(({ target, gateway: led }) => (route.match.length === 0 ? [{ uri: undefined, method: undefined }] : route.match).map(({ uri, method }) => ({ target, led, path: pathOf(uri), method: method?.type === 'exact' ? method.value : undefined, field: ['spec', 'http', index] }))),
      );
      const others = [...virtual.spec.tls.map((route, index) => ({ route, field: ['spec', 'tls', index] })), ...virtual.spec.tcp.map((route, index) => ({ route, field: ['spec', 'tcp', index] }))].flatMap(({ route, field }) =>
        route.route.map((target) => ({ target, led: `Gateway/${name}`, path: '/*', method: undefined, field })),
      );
      return [...http, ...others].flatMap(({ target, led, path, method, field }) =>
        servicesNamed(services, target.host, namespace).flatMap((service) =>
          podsOf(side, service).flatMap((workload) => hosts.map((host): EntryPoint => ({ ...common, workload, port: targetPort(service, workload, target.port), host, path, method, gateway: led, field }))),
        ),
      );
    });
  });
}

function pathOf(uri: StringMatch | undefined): string {
  if (uri === undefined || uri.type === 'present') return '/*';
  return uri.type === 'exact' ? uri.value : uri.type === 'prefix' ? `${uri.value}*` : `regex:${uri.value}`;
}

/** A server's host, without its namespace part, meets the VirtualService's in either wildcard direction (M115, M116). */
function servesHost(gateway: Resource<'Gateway'>, host: string, namespace: string): boolean {
  return gateway.spec.servers.some((server) =>
    server.hosts.some((entry) => {
      const slash = entry.indexOf('/');
      const owner = slash < 0 ? '*' : entry.slice(0, slash);
      const name = entry.slice(slash + 1);
      const owned = owner === '*' || owner === namespace || (owner === '.' && gateway.namespace === namespace);
      return owned && (hostMatches(name, host) || hostMatches(host, name));
    }),
  );
}

/** Its pods and their Services are declared, and none of those is exposed (M111). */
function isInternal(side: SideFacts, gateway: Resource<'Gateway'>): boolean {
  const services = gatewayPods(side, gateway).flatMap((pod) => side.servicesOf(pod));
  return services.length > 0 && !services.some(isExposed);
}

function accountOf(side: SideFacts, gateway: Resource<'Gateway'>): string | undefined {
  const pods = gatewayPods(side, gateway);
  const declared = side.workloads.find((workload) => pods.includes(workload));
  return declared === undefined ? undefined : `${declared.namespace}/${declared.serviceAccount}`;
}

function fromIngresses(side: SideFacts, services: Services): EntryPoint[] {
  return side.of('Ingress').flatMap((ingress) => {
    const namespace = ingress.namespace ?? '';
    const { defaultBackend } = ingress.spec;
    const rules = ingress.spec.rules.flatMap((rule, index) =>
      rule.paths.flatMap((entry, at) => (entry.backend === undefined ? [] : [{ backend: entry.backend, host: rule.host === '' ? '*' : rule.host, path: entry.pathType === 'Exact' ? entry.path : `${entry.path === '' ? '/' : entry.path}*`, field: ['spec', 'rules', index, 'http', 'paths', at] }])),
    );
    const all = [...rules, ...(defaultBackend === undefined ? [] : [{ backend: defaultBackend, host: '*', path: '/*', field: ['spec', 'defaultBackend'] }])];
    return all.flatMap(({ backend, host, path, field }) =>
      servicesNamed(services, backend.service, namespace).flatMap((service) =>
        podsOf(side, service).map((workload): EntryPoint => ({ workload, port: targetPort(service, workload, backend.port), host, path, method: undefined, via: 'gateway', account: undefined, gateway: undefined, resource: ingress, field, how: 'an Ingress routes to it' })),
      ),
    );
  });
}

function fromRoutes(side: SideFacts, services: Services): EntryPoint[] {
  const routes = [...side.of('HTTPRoute'), ...side.of('GRPCRoute'), ...side.of('TLSRoute'), ...side.of('TCPRoute')];
  return routes.flatMap((route) => {
    const namespace = route.namespace ?? '';
    const parent = route.spec.parents.find((candidate) => candidate.kind === 'Gateway' || candidate.kind === '');
    if (parent === undefined) return [];
    const hosts = route.spec.hostnames.length === 0 ? ['*'] : route.spec.hostnames;
    return route.spec.rules.flatMap((rule, index) =>
      rule.backends.flatMap((backend) => {
        if (backend.kind !== 'Service' && backend.kind !== '') return [];
        const matches = rule.matches.length === 0 ? [{ path: '/*', method: undefined }] : rule.matches.map((match) => ({ path: match.path.type === 'grpc' ? '/*' : match.path.type === 'exact' ? match.path.value : match.path.type === 'prefix' ? `${match.path.value}*` : `regex:${match.path.value}`, method: match.method }));
        return servicesNamed(services, backend.name, backend.namespace ?? namespace).flatMap((service) =>
          podsOf(side, service).flatMap((workload) =>
            hosts.flatMap((host) =>
              matches.map(({ path, method }): EntryPoint => ({ workload, port: targetPort(service, workload, backend.port), host, path, method, via: 'gateway', account: undefined, gateway: route.spec.parents.length === 1 ? `Gateway/${parent.namespace ?? namespace}/${parent.name}` : undefined, resource: route, field: ['spec', 'rules', index], how: `the gateway \`${parent.namespace ?? namespace}/${parent.name}\` routes to it` })),
            ),
          ),
        );
      }),
    );
  });
}
