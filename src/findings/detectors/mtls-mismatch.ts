/** The TLS that a DestinationRule makes clients send is refused by the mode that the workload requires: an outage (M section 2D). */
import type { Change } from '#impact/change.ts';
import { resourceId } from '#manifests/resource.ts';
import { automaticPlaintext, configPlace, labelPlace, plaintextClients, tlsModeLabel, type AutomaticPlaintext } from '../client-tls.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { certaintyOf, type SideFacts } from '../facts.ts';
import { hostOf } from '#mesh/hosts.ts';
import { changesOf } from '../principal.ts';
import { causePhrase, destinationsPhrase, lostValidation, named } from '../text.ts';

export const mtlsMismatch = defineDetector({
  rule: 'mtls-mismatch',
  detectChanges: (context) =>
    changesOf(context, 'mtls-mismatch').map((change) => ({
      change,
      message: `${change.headline}${causePhrase(change)}, and ${destinationsPhrase(change)} ${refusal(change)}`,
      impact: 'the callers cannot reach the workload at all',
      remedy: 'let the callers\' sidecars send mutual TLS again: `tls.mode: ISTIO_MUTUAL`, no `tls` block, or the host in the scope of their Sidecar',
      validation: lostValidation(change),
    })),
  detectState: (side) => [
    ...automaticPlaintext(side).flatMap((found) => automaticDrafts(side, found)),
    ...plaintextClients(side).flatMap((client) => {
      const refusing = client.workloads.flatMap((workload) =>
        client.ports.filter((port) => workload.ports.some((declared) => declared.port === port && declared.captured) && side.mtlsAt(workload, port).mode === 'STRICT').map((port) => ({ workload, port, answer: side.mtlsAt(workload, port) })),
      );
      const [first] = refusing;
      if (first === undefined) return [];
      const { policy } = first.answer;
      return [
        {
          subject: resourceId(client.rule),
          facet: hostOf(client.service),
          affected: refusing.map(({ workload, port }) => `${workload.id}:${port}`),
          certainty: certaintyOf(client.workloads),
          place: { resource: client.rule, path: client.path },
          related: policy === undefined ? [] : [{ resource: policy, path: first.answer.path, message: 'requires mutual TLS here' }],
          message: `clients send ${client.sends === 'plaintext' ? 'plaintext' : 'TLS without a mesh identity'} to \`${hostOf(client.service)}\` because of ${named(client.rule)}, and \`${first.workload.id}:${first.port}\` requires mutual TLS: every request fails`,
          impact: 'the clients that the rule applies to cannot reach the workload at all',
          remedy: 'write `tls.mode: ISTIO_MUTUAL` in the DestinationRule, or drop its `tls` block',
          validation: { positive: `a request from a workload of the mesh to \`${hostOf(client.service)}\` is answered`, negative: `a plaintext request to \`${first.workload.id}:${first.port}\` is refused` },
        },
      ];
    }),
  ],
});

/** The port asks for mutual TLS whatever is sent; a policy asks for an identity, which only mutual TLS proves. */
function refusal({ witness }: Change): string {
  return witness?.head.verdict === 'deny' && witness.head.layer === 'authorization' ? 'refuses what comes without the caller’s identity' : 'requires mutual TLS: every request fails';
}

const reasons: Readonly<Record<AutomaticPlaintext['by'], string>> = {
  mesh: 'automatic mutual TLS is off (`enableAutoMtls: false`)',
  label: `its label \`${tlsModeLabel}: disabled\` hides its proxy from them`,
  namespace: 'the PeerAuthentication of its namespace or mesh says DISABLE, which is all that clients look at',
};

/** M46 to M48: nothing tells the clients to send mutual TLS, and the port takes nothing else. */
function automaticDrafts(side: SideFacts, { workload, ports, by }: AutomaticPlaintext): StateDraft[] {
  const strict = ports.filter((port) => side.mtlsAt(workload, port).mode === 'STRICT' && workload.ports.some((declared) => declared.port === port && declared.captured));
  const [first] = strict;
  if (first === undefined) return [];
  const { policy, path } = side.mtlsAt(workload, first);
  const place = by === 'mesh' ? configPlace(side) : by === 'label' ? labelPlace(workload) : policy === undefined ? undefined : { resource: policy, path };
  return [
    {
      subject: by === 'mesh' ? 'mesh' : workload.id,
      facet: 'automatic',
      affected: strict.map((port) => `${workload.id}:${port}`),
      certainty: certaintyOf([workload]),
      ...(place === undefined ? {} : { place }),
      message: `clients send plaintext to \`${workload.id}:${first}\`, which requires mutual TLS: ${reasons[by]}; every request fails`,
      impact: 'no client of the mesh can reach the workload',
      remedy: 'let automatic mutual TLS apply again, or write a DestinationRule with `tls.mode: ISTIO_MUTUAL` for the host',
      validation: { positive: `a request from a workload of the mesh to \`${workload.id}:${first}\` is answered`, negative: `a plaintext request to \`${workload.id}:${first}\` is refused` },
    },
  ];
}
