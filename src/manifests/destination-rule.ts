import { choiceAt, entriesAt, fieldsAt, fieldsOr, flagAt, numberAt, textAt, textMap, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeWorkloadSelector, type WorkloadSelector } from './selector.ts';

/** TLS that the client starts (M40 to M45). */
export interface ClientTls {
  /** Omitted = DISABLE: plaintext, and automatic mutual TLS is off for the host (M section 0). */
  readonly mode: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';
  readonly sni: string;
  readonly subjectAltNames: readonly string[];
  readonly caCertificates: string;
  readonly clientCertificate: string;
  readonly credentialName: string;
  readonly insecureSkipVerify: boolean;
}

export interface TrafficPolicy {
  /** `undefined`: automatic mutual TLS decides (M46). */
  readonly tls: ClientTls | undefined;
  /** Name of the simple load balancer; PASSTHROUGH sends to the address the client chose (M49). */
  readonly loadBalancer: string | undefined;
  readonly hasConnectionPool: boolean;
  readonly hasOutlierDetection: boolean;
  /** CONNECT or POST through another host. */
  readonly tunnel: { readonly protocol: string; readonly targetHost: string; readonly targetPort: number } | undefined;
  /** By *Service* port; an entry replaces the whole policy for its port (M40). */
  readonly portLevelSettings: readonly PortTrafficPolicy[];
}

export type PortTrafficPolicy = Omit<TrafficPolicy, 'portLevelSettings' | 'tunnel'> & { readonly port: number };

export interface DestinationRuleSpec {
  /** As written; a short name belongs to the rule's own namespace (M33). */
  readonly host: string;
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly trafficPolicy: TrafficPolicy | undefined }[];
  /** Empty = the mesh's default (M36). */
  readonly exportTo: readonly string[];
  readonly workloadSelector: WorkloadSelector | undefined;
}

export function decodeDestinationRule(manifest: Fields): DestinationRuleSpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    host: textOr(spec, 'host'),
    trafficPolicy: decodeTrafficPolicy(fieldsAt(spec, 'trafficPolicy')),
    subsets: entriesAt(spec, 'subsets').map((subset) => ({
      name: textOr(subset, 'name'),
      labels: textMapAt(subset, 'labels') ?? textMap({}),
      trafficPolicy: decodeTrafficPolicy(fieldsAt(subset, 'trafficPolicy')),
    })),
    exportTo: textsAt(spec, 'exportTo'),
    workloadSelector: decodeWorkloadSelector(spec, 'workloadSelector'),
  };
}

function decodeTrafficPolicy(policy: Fields | undefined): TrafficPolicy | undefined {
  if (policy === undefined) return undefined;
  const tunnel = fieldsAt(policy, 'tunnel');
  return {
    ...settings(policy),
    tunnel: tunnel === undefined ? undefined : { protocol: textOr(tunnel, 'protocol'), targetHost: textOr(tunnel, 'targetHost'), targetPort: numberAt(tunnel, 'targetPort') ?? 0 },
    portLevelSettings: entriesAt(policy, 'portLevelSettings').map((entry) => ({ ...settings(entry), port: numberAt(fieldsOr(entry, 'port'), 'number') ?? 0 })),
  };
}

function settings(policy: Fields): Omit<TrafficPolicy, 'portLevelSettings' | 'tunnel'> {
  return {
    tls: decodeClientTls(fieldsAt(policy, 'tls')),
    loadBalancer: textAt(fieldsOr(policy, 'loadBalancer'), 'simple'),
    hasConnectionPool: fieldsAt(policy, 'connectionPool') !== undefined,
    hasOutlierDetection: fieldsAt(policy, 'outlierDetection') !== undefined,
  };
}

function decodeClientTls(tls: Fields | undefined): ClientTls | undefined {
  if (tls === undefined) return undefined;
  return {
    mode: choiceAt(tls, 'mode', ['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'], 'DISABLE'),
    sni: textOr(tls, 'sni'),
    subjectAltNames: textsAt(tls, 'subjectAltNames'),
    caCertificates: textOr(tls, 'caCertificates'),
    clientCertificate: textOr(tls, 'clientCertificate'),
    credentialName: textOr(tls, 'credentialName'),
    insecureSkipVerify: flagAt(tls, 'insecureSkipVerify') ?? false,
  };
}
