/** A gateway asks less of its clients than before (M112, M113). */
import type { ServerTls } from '#manifests/server-tls.ts';
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { resourceId } from '#manifests/resource.ts';
import { causePhrase, destinationsPhrase, listed, named, openedValidation } from '../text.ts';

export const ingressTlsWeakened = defineDetector({
  rule: 'ingress-tls-weakened',
  detectChanges: (context) =>
    changesOf(context, 'ingress-tls-weakened').map((change) => ({
      change,
      message: `${change.headline}${causePhrase(change)}`,
      impact: `the way from outside to ${destinationsPhrase(change)} is protected less than before`,
      remedy: 'keep `tls.mode: MUTUAL` where client certificates are meant, write the mode out, and leave `minProtocolVersion` at TLS 1.2 or higher',
      validation: openedValidation(change, 'a client with the certificate it had before is still answered'),
    })),
  detectState: (side) =>
    side.of('Gateway').flatMap((gateway) =>
      gateway.spec.servers.flatMap((server, index) => {
        const weakness = weaknessOf(server.tls);
        if (weakness === undefined) return [];
        return [
          {
            subject: resourceId(gateway),
            facet: `${server.port.number} ${weakness.kind}`,
            affected: server.hosts.map((host) => `${host}:${server.port.number} ${weakness.kind} ${JSON.stringify(gateway.spec.selector ?? {})}`),
            place: { resource: gateway, path: ['spec', 'servers', index, 'tls'] },
            message: `${named(gateway)} ${weakness.words} for ${listed(server.hosts)} on port ${server.port.number}`,
            impact: weakness.impact,
            remedy: weakness.remedy,
            validation: { positive: 'a client with TLS 1.2 and a certificate where one is asked is answered', negative: weakness.negative },
          },
        ];
      }),
    ),
});

interface Weakness {
  readonly kind: string;
  readonly words: string;
  readonly impact: string;
  readonly remedy: string;
  readonly negative: string;
}

/** What a `tls` block says that its author hardly means. */
function weaknessOf(tls: ServerTls | undefined): Weakness | undefined {
  if (tls === undefined) return undefined;
  if (tls.minProtocolVersion === 'TLSV1_0' || tls.minProtocolVersion === 'TLSV1_1') {
    return { kind: 'version', words: 'accepts TLS below 1.2', impact: 'connections can be forced down to a version that is broken', remedy: 'drop `minProtocolVersion`, or set TLSV1_2', negative: 'a client that offers TLS 1.1 at most is refused' };
  }
  if (tls.mode === 'PASSTHROUGH' && tls.credentialNames.length > 0) {
    return { kind: 'zero-mode', words: 'passes TLS through although it names a certificate (`tls` without `mode` means PASSTHROUGH)', impact: 'the certificate is ignored, and nothing about the request is checked at the gateway', remedy: 'write `mode: SIMPLE`, or `MUTUAL` where clients show a certificate', negative: 'a request that a policy of the gateway refuses is refused there' };
  }
  if (tls.insecureSkipVerify && (tls.mode === 'MUTUAL' || tls.mode === 'OPTIONAL_MUTUAL')) {
    return { kind: 'unverified', words: 'takes client certificates that no authority vouches for', impact: 'a certificate that anybody made counts as one', remedy: 'drop `insecureSkipVerify`', negative: 'a client with a self-made certificate is refused' };
  }
  return undefined;
}
