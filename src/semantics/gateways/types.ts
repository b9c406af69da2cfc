/** One form for both APIs: Istio turns Kubernetes Gateways and routes into Gateways and VirtualServices of its own, and so does this. */
import type { HttpRoute, StringMatch, TcpRoute, TlsRoute } from '#manifests/virtual-service.ts';
import type { ServerTls } from '#manifests/server-tls.ts';

export interface Server {
  /** Port of the Service before the pods, as the manifest writes it. */
  readonly number: number;
  readonly portName: string;
  /** In upper case. */
  readonly protocol: string;
  /** `dns` or `namespace/dns`; `~/dns` binds nobody. */
  readonly hosts: readonly string[];
  readonly bind: string;
  readonly tls: ServedTls | undefined;
}

/** `certificates`: `undefined` where the proxy cannot have one, so that connections to its hosts are closed (M114). */
export interface ServedTls extends Pick<ServerTls, 'mode' | 'httpsRedirect' | 'subjectAltNames' | 'insecureSkipVerify'> {
  readonly usable: boolean;
  /** Whose client certificates are taken: names of the credential or of a file. */
  readonly trusts: readonly string[];
}

/** An Istio Gateway, or one listener of a Kubernetes Gateway. */
export interface ServedGateway {
  /** `namespace/name`; VirtualServices bind to it by this. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** `Gateway/namespace/name` of the manifest. */
  readonly by: string;
  readonly created: number;
  readonly servers: readonly Server[];
  readonly api: 'istio' | 'kubernetes';
  /** Hosts of the Services whose pods it is for; `undefined`: a selector says so (M110). */
  readonly services: readonly string[] | undefined;
  readonly selector: Readonly<Record<string, string>> | undefined;
  /** Istio makes its pods (M120). */
  readonly managed: boolean;
}

/** A VirtualService with its delegates in place, or what the routes of one host and listener become. */
export interface RouteSet {
  readonly by: string;
  readonly namespace: string;
  readonly name: string;
  readonly created: number;
  readonly hosts: readonly string[];
  /** `namespace/name`. */
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[];
  readonly api: 'istio' | 'kubernetes';
  readonly http: readonly GatewayHttpRoute[];
  readonly tls: readonly TlsRoute[];
  readonly tcp: readonly TcpRoute[];
  /** Made from a TLSRoute: it also serves listeners that end the TLS. */
  readonly fromTlsRoute: boolean;
}

/** `by`: the manifest that holds the route, where it is another than the set's. */
export interface GatewayHttpRoute extends HttpRoute {
  readonly by: string;
  /** A redirect that replaces the matched prefix (Kubernetes). */
  readonly redirectPrefix?: string;
}

export type { StringMatch };
