import { entriesAt, fieldsOr, numberAt, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeServerTls, type ServerTls } from './server-tls.ts';

/** `port` of networking.istio.io. */
export interface IstioPort {
  readonly number: number;
  readonly name: string;
  /** As written; compare in upper case. */
  readonly protocol: string;
  /** 0 where the manifest names none. */
  readonly targetPort: number;
}

/** Istio's Gateway. It selects proxy pods in all namespaces (M110). */
export interface GatewaySpec {
  /** `undefined`: no selector, so every gateway pod. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly servers: readonly GatewayServer[];
}

export interface GatewayServer {
  readonly name: string;
  readonly port: IstioPort;
  /** `dns`, `namespace/dns`, `./dns`, any namespace `*` before the slash as written (M115). */
  readonly hosts: readonly string[];
  /** `undefined`: plaintext. */
  readonly tls: ServerTls | undefined;
  readonly bind: string;
  readonly defaultEndpoint: string;
}

export function decodeGateway(manifest: Fields): GatewaySpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    selector: textMapAt(spec, 'selector'),
    servers: entriesAt(spec, 'servers').map((server) => ({
      name: textOr(server, 'name'),
      port: decodeIstioPort(fieldsOr(server, 'port')),
      hosts: textsAt(server, 'hosts'),
      tls: decodeServerTls(server),
      bind: textOr(server, 'bind'),
      defaultEndpoint: textOr(server, 'defaultEndpoint'),
    })),
  };
}

export function decodeIstioPort(port: Fields): IstioPort {
  return { number: numberAt(port, 'number') ?? 0, name: textOr(port, 'name'), protocol: textOr(port, 'protocol'), targetPort: numberAt(port, 'targetPort') ?? 0 };
}
