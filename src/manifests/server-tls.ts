import { choiceAt, fieldsAt, flagAt, textOr, textsAt, type Fields } from './reading.ts';

export type ServerTlsMode = 'PASSTHROUGH' | 'SIMPLE' | 'MUTUAL' | 'AUTO_PASSTHROUGH' | 'ISTIO_MUTUAL' | 'OPTIONAL_MUTUAL';
export type TlsVersion = 'TLS_AUTO' | 'TLSV1_0' | 'TLSV1_1' | 'TLSV1_2' | 'TLSV1_3';

/** TLS of a Gateway's server or a Sidecar's ingress listener (M112). */
export interface ServerTls {
  /** Omitted = PASSTHROUGH: certificates given beside it are ignored (M section 0). */
  readonly mode: ServerTlsMode;
  readonly httpsRedirect: boolean;
  /** `credentialName` and `credentialNames`. */
  readonly credentialNames: readonly string[];
  readonly caCertCredentialName: string;
  readonly caCertificates: string;
  readonly serverCertificate: string;
  /** Omitted = TLS_AUTO: 1.2 at a gateway (M113). */
  readonly minProtocolVersion: TlsVersion;
  readonly maxProtocolVersion: TlsVersion;
  readonly cipherSuites: readonly string[];
  readonly subjectAltNames: readonly string[];
  readonly verifyCertificateHash: readonly string[];
  readonly verifyCertificateSpki: readonly string[];
  /** Accepts client certificates that no CA vouches for. */
  readonly insecureSkipVerify: boolean;
}

const modes = ['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'] as const;
const versions = ['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'] as const;

export function decodeServerTls(server: Fields): ServerTls | undefined {
  const tls = fieldsAt(server, 'tls');
  if (tls === undefined) return undefined;
  const credential = textOr(tls, 'credentialName');
  return {
    mode: choiceAt(tls, 'mode', modes, 'PASSTHROUGH'),
    httpsRedirect: flagAt(tls, 'httpsRedirect') ?? false,
    credentialNames: credential === '' ? textsAt(tls, 'credentialNames') : [credential],
    caCertCredentialName: textOr(tls, 'caCertCredentialName'),
    caCertificates: textOr(tls, 'caCertificates'),
    serverCertificate: textOr(tls, 'serverCertificate'),
    minProtocolVersion: choiceAt(tls, 'minProtocolVersion', versions, 'TLS_AUTO'),
    maxProtocolVersion: choiceAt(tls, 'maxProtocolVersion', versions, 'TLS_AUTO'),
    cipherSuites: textsAt(tls, 'cipherSuites'),
    subjectAltNames: textsAt(tls, 'subjectAltNames'),
    verifyCertificateHash: textsAt(tls, 'verifyCertificateHash'),
    verifyCertificateSpki: textsAt(tls, 'verifyCertificateSpki'),
    insecureSkipVerify: flagAt(tls, 'insecureSkipVerify') ?? false,
  };
}
