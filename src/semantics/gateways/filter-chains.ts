/**
 * Filter chains of a gateway's listener, and which of them takes a connection: the name that the client's TLS asks for decides (M112, M115).
 * @see https://github.com/istio/istio/blob/master/pilot/pkg/networking/core/gateway.go
 */
import type { RouteDestination, TcpMatch } from '#manifests/virtual-service.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { hostsOf } from '#mesh/services.ts';
import { isVisible, subsetsOf } from './backends.ts';
import { isWithin, namesOverlap, withoutNamespace } from './host-names.ts';
import { isHttp, passesTlsOn, serversAt } from './merged-servers.ts';
import type { MergedServers, OwnedServer } from './merged-servers.ts';
import { boundTo } from './served.ts';
import type { Served } from './served.ts';
import type { RouteSet, ServedTls } from './types.ts';

export interface FilterChain {
  /** Empty: every name, and none. */
  readonly names: readonly string[];
  /** Only clients that offer Istio's own ALPN. */
  readonly meshClientsOnly: boolean;
  /** `undefined`: the chain ends no TLS. */
  readonly tls: ServedTls | undefined;
  /** Servers whose hosts and routes are served as HTTP; `undefined`: a stream of bytes. */
  readonly http: readonly OwnedServer[] | undefined;
  readonly stream: readonly RouteDestination[];
  /** Number of the server's port. */
  readonly number: number;
  /** Policies do not act: AUTO_PASSTHROUGH (A2.20). */
  readonly unguarded: boolean;
  readonly by: string;
}

/** Addresses on which clients from outside reach the pods. */
const reachable: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

export function chainsAt(mesh: Mesh, served: Served, port: number): readonly FilterChain[] {
  const names = new Set<string>();
  return serversAt(served.pods, served.gateways, port).filter(({ bind }) => reachable.has(bind)).flatMap((merged) => chainsOf(mesh, served, merged, names));
}

function chainsOf(mesh: Mesh, served: Served, { protocol, servers }: MergedServers, takenNames: Set<string>): readonly FilterChain[] {
  if (isHttp(protocol)) {
    const [first] = servers;
    return first === undefined ? [] : [{ names: [], meshClientsOnly: false, tls: undefined, http: servers, stream: [], number: first.server.number, unguarded: false, by: first.gateway.by }];
  }
  return servers.flatMap((owned) => {
    const { server, gateway } = owned;
    const base = { names: namesOf(server.hosts), meshClientsOnly: false, tls: server.tls, stream: [], number: server.number, unguarded: false, by: gateway.by };
    if (server.tls !== undefined && passesTlsOn(server)) return server.tls.mode === 'AUTO_PASSTHROUGH' ? automaticChains(mesh, served, owned) : passthroughChains(served, owned, takenNames);
    if (protocol === 'HTTPS' && server.tls !== undefined) return [{ ...base, http: [owned] }];
    const stream = streamOf(served, owned);
    return stream === undefined ? [] : [{ ...base, names: server.tls === undefined ? [] : base.names, http: undefined, stream }];
  });
}

/** The namespace before a host plays no part; `*` is every name and none. */
function namesOf(hosts: readonly string[]): readonly string[] {
  const names = [...new Set(hosts.map(withoutNamespace))];
  return names.includes('*') ? [] : names;
}

/** M116: the route sets of which a host belongs to the server, in either direction. */
function setsFor(served: Served, { server, gateway }: OwnedServer): readonly RouteSet[] {
  return boundTo(served, gateway).filter((set) =>
    set.hosts.some((host) =>
      server.hosts.some((own) => {
        const slash = own.indexOf('/');
        return (slash < 0 || own.slice(0, slash) === set.namespace) && namesOverlap(own.slice(slash + 1), host);
      }),
    ),
  );
}

function fitsServer(match: TcpMatch, { server, gateway }: OwnedServer): boolean {
  return (match.port === undefined || match.port === server.number) && (match.gateways.length === 0 || match.gateways.includes(gateway.key));
}

/** The first TCP route that fits the server. */
function streamOf(served: Served, owned: OwnedServer): readonly RouteDestination[] | undefined {
  for (const set of setsFor(served, owned)) {
    for (const { match, route } of set.tcp) {
      if (route.length > 0 && (match.length === 0 || match.some((each) => fitsServer(each, owned)))) return route;
    }
    // M122: a TLSRoute also serves a listener that ends the TLS.
    if (!set.fromTlsRoute) continue;
    for (const { match, route } of set.tls) if (match.some((each) => fitsServer(each, owned))) return route;
  }
  return undefined;
}

/** One chain for each match of a TLS route; names that another one of the port has leave it out. */
function passthroughChains(served: Served, owned: OwnedServer, takenNames: Set<string>): readonly FilterChain[] {
  const { server, gateway } = owned;
  return setsFor(served, owned).flatMap((set) =>
    set.tls.flatMap(({ match, route }) =>
      match.flatMap((each): FilterChain[] => {
        if (route.length === 0 || !fitsServer(each, owned)) return [];
        const keys = each.sniHosts.map((name) => `${server.bind} ${name}`);
        if (keys.some((key) => takenNames.has(key))) return [];
        for (const key of keys) takenNames.add(key);
        const names = each.sniHosts.includes('*') ? [] : each.sniHosts;
        return [{ names, meshClientsOnly: false, tls: undefined, http: undefined, stream: route, number: server.number, unguarded: false, by: gateway.by }];
      }),
    ),
  );
}

/** M112: every Service of the mesh by the name of its cluster. */
function automaticChains(mesh: Mesh, { pods }: Served, { server, gateway }: OwnedServer): readonly FilterChain[] {
  const chain = (name: string, host: string, port: number, subset: string): FilterChain => ({
    names: [name],
    meshClientsOnly: true,
    tls: undefined,
    http: undefined,
    stream: [{ host, subset, port, weight: 0 }],
    number: server.number,
    unguarded: true,
    by: gateway.by,
  });
  return ofKind(mesh, 'Service')
    .filter((service) => service.spec.type !== 'ExternalName' && isVisible(mesh, service, pods.namespace))
    .flatMap((service) => {
      const [host = ''] = hostsOf(service);
      if (!server.hosts.some((own) => isWithin(host, withoutNamespace(own)))) return [];
      const ports = service.spec.ports.filter(({ protocol }) => protocol === 'TCP');
      return ports.flatMap(({ port }) => ['', ...subsetsOf(mesh, pods, service, host)].map((subset) => chain(`outbound_.${String(port)}_.${subset}_.${host}`, host, port, subset)));
    });
}

/** What a connection shows before anything is decided. */
export interface Hello {
  /** In lower case, as the proxy reads it; `null`: none. */
  readonly sni: string | null;
  readonly tls: boolean;
  readonly meshClient: boolean;
}

export type Selected = { readonly type: 'chain'; readonly chain: FilterChain } | { readonly type: 'none' } | { readonly type: 'refused-listener'; readonly name: string };

/** The exact name, then the longest wildcard, then chains without names; there is no way back to a wider one. */
export function selectChain(chains: readonly FilterChain[], hello: Hello): Selected {
  const twice = overlapping(chains);
  if (twice !== undefined) return { type: 'refused-listener', name: twice };
  const named = bucket(chains, hello.tls ? hello.sni : null);
  const fitting = named.filter(({ meshClientsOnly }) => !meshClientsOnly || hello.meshClient);
  const chain = fitting.find(({ meshClientsOnly }) => meshClientsOnly) ?? fitting[0];
  return chain === undefined ? { type: 'none' } : { type: 'chain', chain };
}

function bucket(chains: readonly FilterChain[], sni: string | null): readonly FilterChain[] {
  if (sni !== null) {
    const exact = chains.filter(({ names }) => names.includes(sni));
    if (exact.length > 0) return exact;
    for (let dot = sni.indexOf('.'); dot >= 0; dot = sni.indexOf('.', dot + 1)) {
      const wild = chains.filter(({ names }) => names.includes(`*${sni.slice(dot)}`));
      if (wild.length > 0) return wild;
    }
  }
  return chains.filter(({ names }) => names.length === 0);
}

/** M115: Envoy refuses a listener with two chains for the same connections. */
export function overlapping(chains: readonly FilterChain[]): string | undefined {
  const known = new Set<string>();
  for (const { names, meshClientsOnly } of chains) {
    for (const name of names.length === 0 ? ['*'] : names) {
      const key = `${name} ${String(meshClientsOnly)}`;
      if (known.has(key)) return name;
      known.add(key);
    }
  }
  return undefined;
}
