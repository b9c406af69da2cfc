/**
 * What the sidecar of a client is told at all: the Sidecar that applies to it (M97, M98), the Services and VirtualServices that each of
 * its egress listeners imports (M99, M103, M104), and what becomes of everything else (M100).
 * @see https://istio.io/latest/docs/reference/config/networking/sidecar/#IstioEgressListener
 */
import { compareBy } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { creationSecond } from '#mesh/ports.ts';
import { selects } from '#mesh/selection.ts';
import type { SidecarEgress, SidecarOutbound } from '#manifests/sidecar.ts';
import { isWithin, namesOverlap } from '../gateways/host-names.ts';
import type { RouteSet } from '../gateways/types.ts';
import { virtualServiceRoutes } from '../gateways/virtual-services.ts';
import type { CallingPod } from './destination-rules.ts';
import { listenerPort, knownServices, servicesSeenFrom, type KnownPort, type KnownService } from './services.ts';

export interface EgressListener {
  /** `undefined`: for every port that no listener before it is for. */
  readonly port: KnownPort | undefined;
  /** The port speaks to the sidecar as to an HTTP proxy. */
  readonly isProxy: boolean;
  readonly bind: string;
  /** Not for redirected traffic: the application calls the address that it binds. */
  readonly bindsPort: boolean;
  readonly services: readonly KnownService[];
  /** In the order in which they win. */
  readonly routes: readonly RouteSet[];
  /** By host of a service: the VirtualService (`namespace/name`) with the most specific host for it. */
  readonly nearest: ReadonlyMap<string, string>;
}

export interface EgressScope {
  readonly sidecar: Resource<'Sidecar'> | undefined;
  readonly listeners: readonly EgressListener[];
  /** With those that only a VirtualService leads to, by host. */
  readonly services: ReadonlyMap<string, KnownService>;
  /** `undefined`: connections to unknown destinations are closed. */
  readonly unknown: 'passes' | { readonly proxy: NonNullable<SidecarOutbound['egressProxy']> } | undefined;
  /** `Kind/namespace/name` of what says so; `undefined`: Istio's default. */
  readonly unknownBy: string | undefined;
}

const scopes = new WeakMap<Mesh, Map<string, EgressScope>>();

export function egressScope(mesh: Mesh, client: CallingPod): EgressScope {
  const known = scopes.get(mesh) ?? new Map<string, EgressScope>();
  scopes.set(mesh, known);
  const sidecar = sidecarFor(mesh, client);
  const key = `${client.namespace} ${sidecar === undefined ? '' : resourceId(sidecar)}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const fresh = scopeOf(mesh, sidecar, client.namespace);
  known.set(key, fresh);
  return fresh;
}

/** M97: of its own namespace the oldest that selects it, then the oldest without selector, then the root namespace's without selector. */
export function sidecarFor(mesh: Mesh, client: CallingPod): Resource<'Sidecar'> | undefined {
  const inOrder = [...ofKind(mesh, 'Sidecar')].sort(
    compareBy(
      ({ creationTimestamp }) => creationSecond(creationTimestamp),
      ({ name }) => name,
    ),
  );
  const own = inOrder.filter(({ namespace }) => namespace === client.namespace);
  return (
    own.find(({ spec }) => spec.workloadSelector !== undefined && selects(spec.workloadSelector.labels, client.labels)) ??
    own.find(({ spec }) => spec.workloadSelector === undefined) ??
    inOrder.find(({ namespace, spec }) => namespace === mesh.config.rootNamespace && spec.workloadSelector === undefined)
  );
}

function scopeOf(mesh: Mesh, sidecar: Resource<'Sidecar'> | undefined, namespace: string): EgressScope {
  // M98: without any egress, everything.
  const egress = sidecar?.spec.egress ?? [];
  const listeners = (egress.length === 0 ? [{ port: undefined, bind: '', captureMode: 'DEFAULT', hosts: ['*/*'] } as const] : egress).map((listener) => listenerOf(mesh, listener, namespace));
  const services = new Map<string, KnownService>();
  for (const listener of listeners) {
    for (const service of listener.services) addService(services, service);
    for (const set of listener.routes) for (const [host, ports] of destinationsOf(set, namespace)) addService(services, imported(mesh, listener, { host, ports, namespace }));
  }
  const own = sidecar?.spec.outboundTrafficPolicy;
  const mode = own?.mode ?? mesh.config.outboundTrafficPolicy;
  return {
    sidecar,
    listeners,
    services,
    unknown: mode === 'REGISTRY_ONLY' ? undefined : own?.egressProxy === undefined ? 'passes' : { proxy: own.egressProxy },
    unknownBy: own !== undefined && sidecar !== undefined ? resourceId(sidecar) : mesh.config.statedBy,
  };
}

interface Imports {
  readonly hosts: string[];
  readonly excluded: string[];
}

function listenerOf(mesh: Mesh, written: SidecarEgress, namespace: string): EgressListener {
  const imports = importsOf(written.hosts, namespace);
  const port = written.port === undefined ? undefined : listenerPort(written.port);
  const isProxy = written.port?.protocol.toLowerCase() === 'http_proxy';
  const matched = port !== undefined && port.number !== 0 && !isProxy ? port.number : undefined;
  const excluded = (host: string, owner: string): boolean => [imports.get(owner), imports.get('*')].some((each) => each?.excluded.some((pattern) => isWithin(host, pattern)) === true);
  const services = servicesSeenFrom(mesh, namespace).flatMap((service): KnownService[] => {
    const listed = [imports.get(service.namespace), imports.get('*')].some((each) => each?.hosts.some((pattern) => isWithin(service.host, pattern)) === true);
    const trimmed = !listed || excluded(service.host, service.namespace) ? undefined : matched === undefined ? service : onlyPorts(service, [matched]);
    return trimmed === undefined ? [] : [trimmed];
  });
  const routes = meshRoutes(mesh, namespace).filter((set) =>
    set.hosts.some((host) => [imports.get(set.namespace), imports.get('*')].some((each) => each?.hosts.some((pattern) => namesOverlap(host, pattern)) === true) && !excluded(host, set.namespace)),
  );
  const kept = withAliases(oneNamespaceEach(services, namespace));
  return { port, isProxy, bind: written.bind, bindsPort: written.captureMode === 'NONE' || written.bind.startsWith('unix://'), services: kept, routes, nearest: nearestRoutes(routes, kept) };
}

/** M99: `namespace/dns` by namespace, `.` being the client's; a leading `~` excludes. */
function importsOf(hosts: readonly string[], namespace: string): ReadonlyMap<string, Imports> {
  const found = new Map<string, Imports>();
  for (const written of hosts) {
    const slash = written.indexOf('/');
    if (slash < 0) continue;
    const prefix = written.slice(0, slash);
    const without = prefix.startsWith('~') ? prefix.slice(1) || '*' : prefix;
    const owner = without === '.' ? namespace : without;
    const known = found.get(owner) ?? { hosts: [], excluded: [] };
    found.set(owner, known);
    (prefix.startsWith('~') ? known.excluded : known.hosts).push(written.slice(slash + 1));
  }
  return found;
}

/** M103: of one host in several namespaces a Service goes before ServiceEntries, then the first. */
function oneNamespaceEach(services: readonly KnownService[], namespace: string): readonly KnownService[] {
  const owner = new Map<string, KnownService>();
  for (const service of services) {
    const known = owner.get(service.host);
    if (known === undefined || service.namespace === namespace || (known.namespace !== namespace && known.source.kind !== 'Service' && service.source.kind === 'Service')) owner.set(service.host, service);
  }
  return services.filter(({ host, namespace: own }) => owner.get(host)?.namespace === own);
}

function withAliases(services: readonly KnownService[]): readonly KnownService[] {
  const behind = new Map<string, string[]>();
  for (const { source, host, resolution } of services) {
    const target = resolution === 'alias' && source.kind === 'Service' ? source.spec.externalName : undefined;
    if (target !== undefined) behind.set(target, [...(behind.get(target) ?? []), host]);
  }
  return behind.size === 0 ? services : services.map((service) => ({ ...service, aliases: behind.get(service.host) ?? [] }));
}

/** VirtualServices of the mesh itself: of the client's namespace alone, exported to it by name, then public ones; each list oldest first. */
function meshRoutes(mesh: Mesh, namespace: string): readonly RouteSet[] {
  const all = virtualServiceRoutes(mesh)
    .filter(({ gateways }) => gateways.includes('mesh'))
    .sort(
      compareBy(
        ({ created }) => created,
        ({ name }) => name,
        (set) => set.namespace,
      ),
    );
  const named = all.filter(({ exportTo }) => !exportTo.includes('*') && !exportTo.includes('~') && exportTo.includes(namespace));
  return [...named.filter((set) => set.namespace === namespace), ...named.filter((set) => set.namespace !== namespace), ...all.filter(({ exportTo }) => exportTo.includes('*'))];
}

function nearestRoutes(routes: readonly RouteSet[], services: readonly KnownService[]): ReadonlyMap<string, string> {
  const byHost = new Map<string, string>();
  for (const set of routes) for (const host of set.hosts) if (!byHost.has(host)) byHost.set(host, routeKey(set));
  const found = new Map<string, string>();
  for (const { host } of services) {
    const best = byHost.has(host) ? host : [...byHost.keys()].filter((pattern) => pattern.startsWith('*') && isWithin(host, pattern)).sort((left, right) => right.length - left.length)[0];
    const key = best === undefined ? undefined : byHost.get(best);
    if (key !== undefined) found.set(host, key);
  }
  return found;
}

export function routeKey({ namespace, name }: RouteSet): string {
  return `${namespace}/${name}`;
}

/** M99: hosts that a VirtualService in scope leads to, with their ports; 0: any. */
function destinationsOf(set: RouteSet, namespace: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  const http = set.http.filter(({ match }) => match.every(({ sourceNamespace }) => sourceNamespace === undefined) || match.some(({ sourceNamespace }) => sourceNamespace === namespace));
  const destinations = [...http.flatMap(({ route, mirrors }) => [...route, ...mirrors]), ...[...set.tcp, ...set.tls].flatMap(({ route }) => route)];
  for (const { host, port } of destinations) found.set(host, [...(found.get(host) ?? []), port ?? 0]);
  return found;
}

function imported(mesh: Mesh, listener: EgressListener, { host, ports, namespace }: { readonly host: string; readonly ports: readonly number[]; readonly namespace: string }): KnownService | undefined {
  const candidates = knownServices(mesh).filter((service) => service.host === host);
  const seen = candidates.filter((service) => servicesSeenFrom(mesh, namespace).includes(service));
  const chosen = candidates.find((service) => service.namespace === namespace) ?? seen.find(({ source }) => source.kind === 'Service') ?? seen[0];
  if (chosen === undefined) return undefined;
  if (listener.port !== undefined && !listener.isProxy && listener.port.number !== 0) return onlyPorts(chosen, [listener.port.number]);
  return ports.includes(0) ? chosen : onlyPorts(chosen, ports);
}

/** `undefined`: it has none of them. */
function onlyPorts(service: KnownService, numbers: readonly number[]): KnownService | undefined {
  const ports = service.ports.filter(({ number }) => numbers.includes(number));
  return ports.length === 0 ? undefined : ports.length === service.ports.length ? service : { ...service, ports };
}

/** M103: the first keeps the host, a Service replaces ServiceEntries; parts of one service are put together. */
function addService(services: Map<string, KnownService>, service: KnownService | undefined): void {
  if (service === undefined) return;
  const known = services.get(service.host);
  if (known === undefined || (known.source.kind !== 'Service' && service.source.kind === 'Service')) {
    services.set(service.host, service);
    return;
  }
  if (known.source.kind === 'Service' && service.source.kind !== 'Service') return;
  if (known.namespace !== service.namespace || known.resolution !== service.resolution) return;
  const more = service.ports.filter(({ number }) => !known.ports.some((port) => port.number === number));
  if (more.length > 0) services.set(service.host, { ...known, ports: [...known.ports, ...more] });
}
