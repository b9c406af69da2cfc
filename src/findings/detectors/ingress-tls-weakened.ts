/** A gateway asks less of its clients than before (M112, M113). */
import type { ServerTls } from '#manifests/server-tls.ts';
import { canonical } from '#lib/canonical.ts';
import { defineDetector, type FactsPair, type OpeningDraft } from '../detector.ts';
import type { SideFacts } from '../facts.ts';
import { changesOf } from '../principal.ts';
import { resourceId, type Resource } from '#manifests/resource.ts';
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
  detectOpenings: weakened,
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

const asksForCertificate: ReadonlySet<string> = new Set(['MUTUAL', 'ISTIO_MUTUAL']);
const versions: readonly string[] = ['TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'];

interface Server {
  readonly gateway: Resource<'Gateway'>;
  readonly index: number;
  readonly tls: ServerTls;
}

/** Servers with TLS by the proxies that serve them, port and host: what a renamed Gateway takes over is the same. */
function serversOf(side: SideFacts): ReadonlyMap<string, Server> {
  return new Map(
    side.of('Gateway').flatMap((gateway) =>
      gateway.spec.servers.flatMap(({ tls, hosts, port }, index) => (tls === undefined ? [] : hosts.map((host): [string, Server] => [`${canonical(gateway.spec.selector ?? {})} ${port.number} ${host}`, { gateway, index, tls }]))),
    ),
  );
}

/** A server that stays and asks less of its clients (M112, M113). */
function weakened({ base, head }: FactsPair): OpeningDraft[] {
  const before = serversOf(base);
  const found = new Map<string, { readonly server: Server; readonly hosts: string[]; readonly words: string; readonly severity: 'high' | 'medium' }>();
  for (const [key, server] of serversOf(head)) {
    const old = before.get(key);
    if (old === undefined) continue;
    const certificate = asksForCertificate.has(old.tls.mode) && !asksForCertificate.has(server.tls.mode);
    const version = versionOf(server.tls) < versionOf(old.tls) && versionOf(server.tls) >= 2;
    if (!certificate && !version) continue;
    const words = certificate ? `no longer asks clients for a certificate (\`${old.tls.mode}\` became \`${server.tls.mode}\`)` : `takes TLS 1.2 where it asked for 1.3`;
    const id = `${resourceId(server.gateway)} ${String(server.index)} ${words}`;
    const known = found.get(id) ?? { server, hosts: [], words, severity: certificate ? ('high' as const) : ('medium' as const) };
    known.hosts.push(key.slice(key.lastIndexOf(' ') + 1));
    found.set(id, known);
  }
  return [...found.values()].map(({ server: { gateway, index }, hosts, words, severity }) => ({
    subject: resourceId(gateway),
    facet: `weakened ${String(index)}`,
    affected: hosts.map((host) => `${host} ${words}`),
    severity,
    place: { resource: gateway, path: ['spec', 'servers', index, 'tls'] },
    message: `${named(gateway)} ${words} for ${listed(hosts)}`,
    impact: severity === 'high' ? 'anyone outside who reaches the gateway gets as far as clients with a certificate did' : 'connections may be held to an older version of TLS',
    remedy: severity === 'high' ? 'keep `tls.mode: MUTUAL`, or ask for another proof at the gateway (a token, a policy)' : 'keep `minProtocolVersion: TLSV1_3` where every client can',
    validation: { positive: 'a client that was answered before still is', negative: severity === 'high' ? 'a client without a certificate is refused by the gateway' : 'a client that offers TLS 1.2 at most is refused' },
  }));
}

/** TLS 1.2 where nothing is said (M113). */
function versionOf({ minProtocolVersion }: ServerTls): number {
  const index = versions.indexOf(minProtocolVersion);
  return index < 0 ? 2 : index;
}

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
