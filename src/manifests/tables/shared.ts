/** Parts that several kinds of Istio share. @see https://istio.io/latest/docs/reference/config/networking/ */
import { isSet } from '../reading.ts';
import { flag, list, map, object, oneOf, text, whole } from '../shape.ts';
import { durationRule, endpointAddressRule, labelValueRule, portNameRule } from '../shape-rules.ts';

export const uint32 = whole({ min: 0, max: 4294967295 });
export const int32 = whole({ min: -2147483648, max: 2147483647 });
export const portNumber = whole({ min: 1, max: 65535 });
export const duration = text({ rule: durationRule });
export const labelValue = text({ maxLength: 63, rule: labelValueRule });

export const connectionPool = object({
  http: object({
    h2UpgradePolicy: oneOf('DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'),
    http1MaxPendingRequests: int32,
    http2KeepAlive: object({ interval: duration, timeout: duration }),
    http2MaxRequests: int32,
    idleTimeout: duration,
    maxConcurrentStreams: int32,
    maxRequestsPerConnection: int32,
    maxRetries: int32,
    useClientProtocol: flag,
  }),
  tcp: object({
    connectTimeout: duration,
    idleTimeout: text(),
    maxConnectionDuration: duration,
    maxConnections: int32,
    tcpKeepalive: object({ interval: duration, probes: uint32, time: duration }),
  }),
});

export const portSelector = object({ number: uint32 });

export const destination = object({ host: text(), port: portSelector, subset: text() }, { required: ['host'] });

export const serverTls = object(
  {
    caCertCredentialName: text(),
    caCertificates: text(),
    caCrl: text(),
    cipherSuites: list(text()),
    credentialName: text(),
    credentialNames: list(text(), { min: 1, max: 2 }),
    ecdhCurves: list(text()),
    httpsRedirect: flag,
    insecureSkipVerify: flag,
    maxProtocolVersion: oneOf('TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'),
    minProtocolVersion: oneOf('TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'),
    mode: oneOf('PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'),
    privateKey: text(),
    serverCertificate: text(),
    subjectAltNames: list(text()),
    tlsCertificates: list(object({ caCertificates: text(), privateKey: text(), serverCertificate: text() }), { min: 1, max: 2 }),
    verifyCertificateHash: list(text()),
    verifyCertificateSpki: list(text()),
  },
  { exclusive: [['credentialName', 'credentialNames'], ['credentialNames', 'tlsCertificates']] },
);

const endpointFields = {
  address: text({ maxLength: 256, rule: endpointAddressRule }),
  labels: map(text(), { max: 256 }),
  locality: text({ maxLength: 2048 }),
  network: text({ maxLength: 2048 }),
  ports: map(portNumber, { max: 128, key: portNameRule }),
  serviceAccount: text({ maxLength: 253 }),
  weight: uint32,
};

function socketHasNoPorts(entry: Readonly<Record<string, unknown>>): string | undefined {
  const address = entry['address'];
  return typeof address === 'string' && address.startsWith('unix://') && isSet(entry, 'ports') ? 'a socket has no ports' : undefined;
}

/** The template of a WorkloadGroup: the address comes with each workload. */
export const endpointTemplate = object(endpointFields, { rule: socketHasNoPorts });

export const endpoint = object(endpointFields, {
  rule: (entry) => (isSet(entry, 'address') || isSet(entry, 'network') ? socketHasNoPorts(entry) : 'an address or a network is required'),
});

export const workloadLabels = object({ labels: map(labelValue, { max: 256 }) });

export const trafficMatch = object({
  mode: oneOf('UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'),
  ports: list(object({ number: whole({ min: 1, max: 65535 }) }, { required: ['number'] }), { unique: 'number' }),
});

export const vmConfig = object({
  env: list(object(
    {
      name: text({ minLength: 1, maxLength: 256 }),
      value: text({ maxLength: 2048 }),
      valueFrom: oneOf('INLINE', 'HOST'),
    },
    { required: ['name'], rule: (variable) => (variable['valueFrom'] === 'HOST' && isSet(variable, 'value') ? 'a value goes with `INLINE` only' : undefined) },
  ), { max: 256, unique: 'name' }),
});
