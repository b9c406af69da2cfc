/**
 * A DestinationRule, or the zero value of its `tls.mode`, makes clients send plaintext or plain TLS to a mesh workload (M33 to M45). The
 * rule of the client's own namespace overrides the owner's (M34).
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
 */
import { resourceId } from '#manifests/resource.ts';
import { plaintextClients } from '../client-tls.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf } from '../facts.ts';
import { hostOf } from '../hosts.ts';
import { changesOf } from '../principal.ts';
import { causePhrase, destinationsPhrase, named, openedValidation } from '../text.ts';

export const clientPlaintext = defineDetector({
  rule: 'client-plaintext',
  detectChanges: (context) =>
    changesOf(context, 'client-plaintext').map((change) => ({
      change,
      message: `clients reach ${destinationsPhrase(change)} with weaker protection${causePhrase(change)}: ${change.after}; before this change ${change.before}`,
      impact: 'the requests travel without the mesh identity of the caller, and in plaintext where no TLS is left',
      remedy: 'write `tls.mode: ISTIO_MUTUAL`, or leave the `tls` block out so that automatic mutual TLS applies; a block without `mode` means DISABLE',
      validation: openedValidation(change, 'the same request over mutual TLS is answered'),
    })),
  detectState: (side) =>
    plaintextClients(side).map((client) => ({
      subject: resourceId(client.rule),
      facet: hostOf(client.service),
      affected: client.workloads.map((workload) => `${workload.id} ${client.ports.join(',')} ${client.sends}`),
      certainty: certaintyOf(client.workloads),
      place: { resource: client.rule, path: client.path },
      message: `${named(client.rule)} makes clients send ${client.sends === 'plaintext' ? 'plaintext' : 'TLS without a mesh identity'} to \`${hostOf(client.service)}\`: ${client.because}`,
      impact: client.sends === 'plaintext' ? 'the requests can be read and changed on the way, and policies at the workload see no caller' : 'policies at the workload see no caller, and a workload that requires mutual TLS refuses the requests',
      remedy: 'write `tls.mode: ISTIO_MUTUAL`, or leave the `tls` block out so that automatic mutual TLS applies',
      validation: { positive: `a request from a workload of the mesh to \`${hostOf(client.service)}\` arrives with the caller's identity`, negative: `a plaintext request to \`${hostOf(client.service)}\` is refused once mutual TLS is STRICT` },
    })),
});
