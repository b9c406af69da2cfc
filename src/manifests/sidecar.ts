import { choiceAt, entriesAt, entriesAtIfAny, fieldsAt, fieldsOr, numberAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeIstioPort, type IstioPort } from './gateway.ts';
import { decodeWorkloadLabels, type WorkloadLabels } from './selector.ts';
import { decodeServerTls, type ServerTls } from './server-tls.ts';

export interface SidecarSpec {
  readonly workloadSelector: WorkloadLabels | undefined;
  /** Replaces the listeners that Services declare (M12). */
  readonly ingress: readonly SidecarIngress[];
  /** `undefined` or empty: everything, never what a broader Sidecar says (M98). */
  readonly egress: readonly SidecarEgress[] | undefined;
  /** `undefined`: the mesh's; present it replaces that whole (M section 0, M98). */
  readonly outboundTrafficPolicy: SidecarOutbound | undefined;
}

export interface SidecarIngress {
  readonly port: IstioPort;
  readonly bind: string;
  readonly captureMode: CaptureMode;
  readonly defaultEndpoint: string;
  readonly tls: ServerTls | undefined;
}

export interface SidecarEgress {
  readonly port: IstioPort | undefined;
  readonly bind: string;
  readonly captureMode: CaptureMode;
  /** `namespace/dns` as written; `~/…` excludes (M99). */
  readonly hosts: readonly string[];
}

export type CaptureMode = 'DEFAULT' | 'IPTABLES' | 'NONE';

export interface SidecarOutbound {
  /** Omitted = REGISTRY_ONLY (M section 0). */
  readonly mode: 'REGISTRY_ONLY' | 'ALLOW_ANY';
  readonly egressProxy: { readonly host: string; readonly port: number | undefined; readonly subset: string } | undefined;
}

const captureModes = ['DEFAULT', 'IPTABLES', 'NONE'] as const;

export function decodeSidecar(manifest: Fields): SidecarSpec {
  const spec = fieldsOr(manifest, 'spec');
  const outbound = fieldsAt(spec, 'outboundTrafficPolicy');
  return {
    workloadSelector: decodeWorkloadLabels(spec),
    ingress: entriesAt(spec, 'ingress').map((listener) => ({
      port: decodeIstioPort(fieldsOr(listener, 'port')),
      bind: textOr(listener, 'bind'),
      captureMode: choiceAt(listener, 'captureMode', captureModes, 'DEFAULT'),
      defaultEndpoint: textOr(listener, 'defaultEndpoint'),
      tls: decodeServerTls(listener),
    })),
    egress: entriesAtIfAny(spec, 'egress')?.map((listener) => {
      const port = fieldsAt(listener, 'port');
      return {
        port: port === undefined ? undefined : decodeIstioPort(port),
        bind: textOr(listener, 'bind'),
        captureMode: choiceAt(listener, 'captureMode', captureModes, 'DEFAULT'),
        hosts: textsAt(listener, 'hosts'),
      };
    }),
    outboundTrafficPolicy: outbound === undefined ? undefined : decodeOutbound(outbound),
  };
}

function decodeOutbound(outbound: Fields): SidecarOutbound {
  const proxy = fieldsAt(outbound, 'egressProxy');
  return {
    mode: choiceAt(outbound, 'mode', ['REGISTRY_ONLY', 'ALLOW_ANY'], 'REGISTRY_ONLY'),
    egressProxy: proxy === undefined ? undefined : { host: textOr(proxy, 'host'), port: numberAt(fieldsOr(proxy, 'port'), 'number'), subset: textOr(proxy, 'subset') },
  };
}
