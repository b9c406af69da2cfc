/**
 * Services and ServiceEntries as Istio's control plane knows them when it configures the sidecar of a client: hosts, addresses, ports
 * with their protocols, who sees them, and what stands behind them (M102 to M104, M109).
 * @see https://istio.io/latest/docs/reference/config/networking/service-entry/
 */
import { compareBy } from '#lib/order.ts';
import type { Resource } from '#manifests/resource.ts';
import { ofKind } from '#mesh/attachment.ts';
import { hostOf } from '#mesh/hosts.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { creationSecond, podSpecOf, portProtocol, targetPortOf } from '#mesh/ports.ts';
import { selectorOf } from '#mesh/services.ts';
import type { Addressable } from '#mesh/waypoints.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { isVisible } from '../gateways/backends.ts';

export interface KnownPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: 'http' | 'tcp' | 'auto' | 'udp';
  /** TLS of the application itself: routes look at the server name. */
  readonly tls: boolean;
  /** MongoDB and MySQL, whose listeners nothing else joins. */
  readonly alone: 'mongo' | 'mysql' | undefined;
}

export interface KnownService {
  readonly host: string;
  readonly namespace: string;
  readonly source: Addressable;
  /** `original`: the connection goes on to the address that the application chose (M49, M102); `alias`: a name for another host (M109). */
  readonly resolution: 'endpoints' | 'original' | 'dns' | 'dynamic-dns' | 'alias';
  readonly meshExternal: boolean;
  /** An IP, a CIDR, `service:host` where Kubernetes chooses one, `0.0.0.0` for none. */
  readonly address: string;
  readonly ports: readonly KnownPort[];
  /** ExternalName Services that the client sees and that stand for it. */
  readonly aliases: readonly string[];
}

/** Bound by listeners that are for every address. */
export const anyAddress = '0.0.0.0';

/** One place behind a port. */
export interface Endpoint {
  /** `undefined`: an address that no workload has. */
  readonly workload: Workload | undefined;
  /** Of an endpoint that a manifest writes out. */
  readonly address: string | undefined;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The pod's port. */
  readonly port: number;
  /** Of an endpoint that a manifest writes out: what its label says (M48). */
  readonly tlsMode: string | undefined;
}

const registries = new WeakMap<Mesh, readonly KnownService[]>();

/** Oldest first, in the same second by name and namespace. */
export function knownServices(mesh: Mesh): readonly KnownService[] {
  const known = registries.get(mesh);
  if (known !== undefined) return known;
  const all = [...ofKind(mesh, 'Service').map(ofKubernetes), ...ofKind(mesh, 'ServiceEntry').flatMap(ofEntry)];
  const fresh = all.sort(
    compareBy(
      ({ source }) => creationSecond(source.creationTimestamp),
      ({ source, host }) => (source.kind === 'Service' ? source.name : host),
      ({ namespace }) => namespace,
    ),
  );
  registries.set(mesh, fresh);
  return fresh;
}

/** Those exported to the namespace by name or as their own, then the public ones (M104). */
export function servicesSeenFrom(mesh: Mesh, namespace: string): readonly KnownService[] {
  const seen = knownServices(mesh).filter(({ source }) => isVisible(mesh, source, namespace));
  const isPublic = ({ source }: KnownService): boolean => isVisible(mesh, source, '');
  return [...seen.filter((service) => !isPublic(service)), ...seen.filter(isPublic)];
}

function ofKubernetes(service: Resource<'Service'>): KnownService {
  const { spec } = service;
  const host = hostOf(service);
  const headless = spec.clusterIP === 'None';
  const external = spec.type === 'ExternalName' && spec.externalName !== undefined && spec.externalName !== '';
  return {
    host,
    namespace: service.namespace ?? '',
    source: service,
    resolution: headless ? 'original' : external ? 'alias' : 'endpoints',
    meshExternal: external,
    address: headless ? anyAddress : spec.clusterIP === undefined || spec.clusterIP === '' ? `service:${host}` : spec.clusterIP,
    ports: spec.ports.map((port) => ({ name: port.name, number: port.port, protocol: portProtocol(port), ...kindOfTcp(port.protocol === 'TCP' ? (port.appProtocol ?? port.name) : 'udp') })),
    aliases: [],
  };
}

function kindOfTcp(name: string): Pick<KnownPort, 'tls' | 'alone'> {
  const head = name.toLowerCase() === 'kubernetes.io/wss' ? 'https' : (name.toLowerCase().split('-', 1)[0] ?? '');
  return { tls: head === 'tls' || head === 'https', alone: head === 'mongo' || head === 'mysql' ? head : undefined };
}

const resolutions = { NONE: 'original', STATIC: 'endpoints', DNS: 'dns', DNS_ROUND_ROBIN: 'dns', DYNAMIC_DNS: 'dynamic-dns' } as const;

/** One for each host and address. */
function ofEntry(entry: Resource<'ServiceEntry'>): readonly KnownService[] {
  const { spec } = entry;
  const addresses = spec.addresses.length === 0 ? [anyAddress] : spec.addresses.map((address) => address.replace(/\/32$|\/128$/, ''));
  const ports = spec.ports.map(({ name, number, protocol }): KnownPort => ({ name, number, protocol: writtenProtocol(protocol), ...kindOfTcp(protocol) }));
  return spec.hosts.flatMap((host) =>
    addresses.map((address): KnownService => ({ host, namespace: entry.namespace ?? '', source: entry, resolution: resolutions[spec.resolution], meshExternal: spec.location === 'MESH_EXTERNAL', address, ports, aliases: [] })),
  );
}

const written: Readonly<Record<string, KnownPort['protocol']>> = { http: 'http', http2: 'http', grpc: 'http', 'grpc-web': 'http', http_proxy: 'http', tcp: 'tcp', tls: 'tcp', https: 'tcp', mongo: 'tcp', redis: 'tcp', mysql: 'tcp', udp: 'udp' };

/** `protocol` of networking.istio.io: the whole word, in any case. */
export function writtenProtocol(protocol: string): KnownPort['protocol'] {
  return written[protocol.toLowerCase()] ?? 'auto';
}

/** A port as an egress listener of a Sidecar writes it. */
export function listenerPort(port: { readonly name: string; readonly number: number; readonly protocol: string }): KnownPort {
  return { name: port.name, number: port.number, protocol: writtenProtocol(port.protocol), ...kindOfTcp(port.protocol) };
}

/** What stands behind a port, whatever the DestinationRule says. */
export function endpointsOf(mesh: Mesh, service: KnownService, port: number): readonly Endpoint[] {
  const { source } = service;
  return source.kind === 'Service' ? podsBehind(mesh, source, port) : behindEntry(mesh, source, port);
}

function podsBehind(mesh: Mesh, service: Resource<'Service'>, port: number): readonly Endpoint[] {
  const entry = service.spec.ports.find((candidate) => candidate.port === port);
  const selector = selectorOf(service);
  if (entry === undefined || selector === undefined) return [];
  return workloadsWith(mesh, service.namespace ?? '', selector).flatMap((workload): Endpoint[] => {
    const target = targetPortOf(podSpecOf(workload), entry);
    return target === undefined ? [] : [ofWorkload(workload, target)];
  });
}

function ofWorkload(workload: Workload, port: number): Endpoint {
  return { workload, address: undefined, namespace: workload.namespace, labels: workload.labels, port, tlsMode: undefined };
}

function behindEntry(mesh: Mesh, entry: Resource<'ServiceEntry'>, number: number): readonly Endpoint[] {
  const { spec, namespace = '' } = entry;
  const port = spec.ports.find((candidate) => candidate.number === number);
  if (port === undefined) return [];
  const target = port.targetPort === 0 ? port.number : port.targetPort;
  const selector = selectorOf(entry);
  if (spec.workloadSelector !== undefined) return selector === undefined ? [] : workloadsWith(mesh, namespace, selector).map((workload) => ofWorkload(workload, target));
  const written = spec.endpoints.map((endpoint): Endpoint => {
    // M48: the label, else an account makes it an endpoint of the mesh.
    const tlsMode = endpoint.labels['security.istio.io/tlsMode'] ?? (endpoint.serviceAccount === '' ? 'disabled' : 'istio');
    return { workload: undefined, address: endpoint.address, namespace, labels: endpoint.labels, port: endpoint.ports.get(port.name) ?? target, tlsMode };
  });
  // DNS looks the host itself up.
  if (written.length > 0 || !spec.resolution.startsWith('DNS')) return written;
  return [{ workload: undefined, address: undefined, namespace, labels: {}, port: target, tlsMode: 'disabled' }];
}
