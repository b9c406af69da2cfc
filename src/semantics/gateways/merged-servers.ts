/**
 * Servers of all Gateways of the same pods that listen on one port (M111, M115): which share it and which are left out.
 * @see https://github.com/istio/istio/blob/master/pilot/pkg/model/gateway.go
 */
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { ServedGateway, Server } from './types.ts';

export interface OwnedServer {
  readonly server: Server;
  readonly gateway: ServedGateway;
}

/** Servers of one protocol and address; all of plaintext HTTP share their routes. */
export interface MergedServers {
  readonly protocol: string;
  readonly bind: string;
  readonly servers: readonly OwnedServer[];
}

const httpProtocols: ReadonlySet<string> = new Set(['HTTP', 'HTTP2', 'HTTP_PROXY', 'GRPC', 'GRPC-WEB']);

export function isHttp(protocol: string): boolean {
  return httpProtocols.has(protocol);
}

export function passesTlsOn({ tls }: Server): boolean {
  return tls?.mode === 'PASSTHROUGH' || tls?.mode === 'AUTO_PASSTHROUGH';
}

/** TLS of a plaintext HTTP server is only a redirect. */
function isTls({ tls, protocol }: Server): boolean {
  return tls !== undefined && !isHttp(protocol);
}

/** @param gateways oldest first */
export function serversAt(pods: GatewayPods, gateways: readonly ServedGateway[], port: number): readonly MergedServers[] {
  const merged: { protocol: string; bind: string; servers: OwnedServer[] }[] = [];
  const hostsWithTls = new Map<string, Set<string>>();
  let plain: { readonly protocol: string; readonly bind: string; readonly servers: OwnedServer[] } | undefined;
  for (const gateway of gateways) {
    for (const server of gateway.servers) {
      if (!listensAt(pods, gateway, server, port)) continue;
      const owned: OwnedServer = { server, gateway };
      const { protocol, bind } = server;
      if (server.tls !== undefined) {
        const known = hostsWithTls.get(bind) ?? new Set();
        // M115: a name that another TLS server of the port has leaves the whole server out.
        if (server.hosts.some((host) => known.has(host))) continue;
        hostsWithTls.set(bind, new Set([...known, ...server.hosts]));
      }
      if (plain !== undefined && plain.bind === bind) {
        if (isHttp(protocol) && isHttp(plain.protocol)) plain.servers.push(owned);
        continue;
      }
      const same = merged.find((entry) => entry.protocol === protocol && entry.bind === bind);
      if (same !== undefined && isTls(server)) {
        same.servers.push(owned);
        continue;
      }
      const fresh = { protocol, bind, servers: [owned] };
      merged.push(fresh);
      if (!isTls(server) && plain === undefined) plain = fresh;
    }
  }
  return merged;
}

/** M111: a server's number is a port of the Service; that of an Istio Gateway may also be the pods' own. */
function listensAt(pods: GatewayPods, { services }: ServedGateway, { number }: Server, port: number): boolean {
  if (services !== undefined) return pods.servicePorts.some((candidate) => services.includes(candidate.host) && candidate.port === number && candidate.target === port);
  const translated = pods.servicePorts.find((candidate) => candidate.port === number && !candidate.untranslated);
  return (translated?.target ?? number) === port;
}
