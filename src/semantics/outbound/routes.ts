/**
 * Which route of a client's sidecar takes an HTTP request: the virtual hosts of a port are made of the VirtualServices in scope and of the
 * services that have none, the authority chooses one, the first fitting route decides (M99, M116 to M118).
 */
import { namesOverlap } from '../gateways/host-names.ts';
import { guardedRoutes, hostFor, routeFor, type Guarded, type RoutedRequest } from '../gateways/http-routes.ts';
import type { RouteSet } from '../gateways/types.ts';
import type { EgressListener } from './egress-scope.ts';
import { routeKey } from './egress-scope.ts';
import type { Caller, ChainEnd } from './listeners.ts';
import { anyAddress, type KnownService } from './services.ts';

export type Routed =
  /** The service itself: no VirtualService has a say. */
  | { readonly type: 'service'; readonly service: KnownService }
  | { readonly type: 'route'; readonly guarded: Guarded; readonly by: string; /** Those of the port: a destination without a port is looked up among them. */ readonly services: ReadonlyMap<string, KnownService> }
  /** No route of the host that is meant fits. */
  | { readonly type: 'none'; readonly by: string | undefined }
  | { readonly type: 'unknown-host' };

interface Hosted {
  readonly domains: readonly string[];
  readonly routes: readonly Guarded[];
  /** Without a VirtualService. */
  readonly service: KnownService | undefined;
  readonly by: string | undefined;
}

export function routedBy(caller: Caller, { listener, port, service }: Extract<ChainEnd, { type: 'routes' }>, request: RoutedRequest): Routed {
  const { services, all, named } = tableAt(caller, listener, port);
  const host = service === undefined ? hostFor(named, request.authority)?.hosted : all.find(({ domains }) => domains.includes(service.host));
  if (host === undefined) return service === undefined ? { type: 'unknown-host' } : { type: 'none', by: undefined };
  if (host.service !== undefined) return { type: 'service', service: host.service };
  const guarded = routeFor(host, request);
  return guarded === undefined ? { type: 'none', by: host.by } : { type: 'route', guarded, by: guarded.route.by, services };
}

interface Table {
  readonly services: ReadonlyMap<string, KnownService>;
  readonly all: readonly Hosted[];
  /** Each name of each. */
  readonly named: readonly { readonly host: string; readonly hosted: Hosted }[];
}

const tables = new WeakMap<EgressListener, Map<string, Table>>();

/** One caller asks for many names of one port. */
function tableAt(caller: Caller, listener: EgressListener, port: number): Table {
  const known = tables.get(listener) ?? new Map<string, Table>();
  tables.set(listener, known);
  const key = `${caller.id} ${String(port)}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const services = servicesAt(listener, port);
  const all = hostsAt(caller, listener, port, services);
  const fresh = { services, all, named: all.flatMap((hosted) => hosted.domains.map((domain) => ({ host: domain, hosted }))) };
  known.set(key, fresh);
  return fresh;
}

/** By host in lower case, each with the port alone. */
function servicesAt({ services }: EgressListener, number: number): ReadonlyMap<string, KnownService> {
  return new Map(services.flatMap((service) => service.ports.filter((port) => port.number === number).slice(0, 1).map((port) => [service.host.toLowerCase(), { ...service, ports: [port] }] as const)));
}

function hostsAt(caller: Caller, listener: EgressListener, port: number, services: ReadonlyMap<string, KnownService>): readonly Hosted[] {
  const names = [...services.keys()];
  // Hosts that no service has are known on port 80 alone.
  const sets = port === 80 ? listener.routes : listener.routes.filter(({ hosts }) => hosts.some((host) => names.some((name) => namesOverlap(host.toLowerCase(), name))));
  const wrapped = sets.flatMap((set) => ofSet(caller, set, listener, port, services));
  const taken = new Set(wrapped.flatMap(({ own }) => own.map(({ host }) => host)));
  const rest = [...services.values()].filter((service) => !taken.has(service.host) && service.resolution !== 'alias' && speaksHttp(service));
  return withoutDuplicates(caller, [...wrapped, ...rest.map((service): Wrapped => ({ hosts: [], own: [service], routes: [], set: undefined }))]);
}

interface Wrapped {
  /** Names that no service has. */
  readonly hosts: readonly string[];
  readonly own: readonly KnownService[];
  readonly routes: readonly Guarded[];
  readonly set: RouteSet | undefined;
}

function speaksHttp({ ports }: KnownService): boolean {
  return ports.some(({ protocol }) => protocol === 'http' || protocol === 'auto');
}

function ofSet(caller: Caller, set: RouteSet, listener: EgressListener, port: number, services: ReadonlyMap<string, KnownService>): readonly Wrapped[] {
  const routes = guardedRoutes(caller, set, 'mesh', port);
  if (routes.length === 0) return [];
  const hosts: string[] = [];
  const found: KnownService[] = [];
  for (const host of set.hosts.map((each) => each.toLowerCase()).sort((left, right) => Number(left.startsWith('*')) - Number(right.startsWith('*')))) {
    const matching = host.startsWith('*') ? [...services.values()].filter((service) => namesOverlap(service.host, host)) : [services.get(host)].filter((service) => service !== undefined);
    if (matching.length === 0) hosts.push(host);
    found.push(...matching.filter((service) => !host.startsWith('*') || listener.nearest.get(service.host) === routeKey(set)));
  }
  const own = found.filter(speaksHttp);
  return own.length === 0 && port !== 80 ? [] : [{ hosts, own, routes, set }];
}

/** The first that has a name keeps it. */
function withoutDuplicates(caller: Caller, wrapped: readonly Wrapped[]): readonly Hosted[] {
  const names = new Set<string>();
  const domains = new Set<string>();
  const full = new Set(wrapped.flatMap(({ own }) => own.map(({ host }) => host)));
  const keep = (name: string, wanted: readonly string[], short: readonly string[]): readonly string[] => {
    if (names.has(name)) return [];
    names.add(name);
    const kept = wanted.map((domain) => domain.toLowerCase()).filter((domain) => !domains.has(domain) && !(short.includes(domain) && full.has(domain)));
    for (const domain of kept) domains.add(domain);
    return kept;
  };
  return wrapped.flatMap(({ hosts, own, routes, set }) => {
    const by = set?.by;
    const named = hosts.map((host): Hosted => ({ domains: keep(host, [host], []), routes, service: undefined, by }));
    const served = own.map((service): Hosted => {
      const short = [service.host, ...service.aliases].flatMap((host) => shortNames(host, caller.namespace));
      return { domains: keep(service.host, domainsOf(service, short), short), routes, service: set === undefined ? service : undefined, by };
    });
    return [...named, ...served].filter((hosted) => hosted.domains.length > 0);
  });
}

function domainsOf(service: KnownService, short: readonly string[]): readonly string[] {
  const names = [service.host, ...service.aliases, ...short];
  const below = service.resolution === 'original' && service.source.kind === 'Service' ? names.map((name) => `*.${name}`) : [];
  return [...names, ...below, ...(service.address === anyAddress ? [] : [service.address])];
}

/** Other names of a host: with a last dot, and those that the client's namespace may leave the rest out of. */
function shortNames(host: string, namespace: string): readonly string[] {
  const [, name, owner] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(host) ?? [];
  if (name === undefined || owner === undefined) return [`${host}.`];
  return [`${host}.`, ...(owner === namespace ? [name] : []), `${name}.${owner}`, `${name}.${owner}.svc`];
}
