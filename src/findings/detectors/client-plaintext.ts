/**
 * A DestinationRule, or the zero value of its `tls.mode`, makes clients send plaintext or plain TLS to a mesh workload (M33 to M45). The
 * rule of the client's own namespace overrides the owner's (M34).
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
 */
import { resourceId } from '#manifests/resource.ts';
import { automaticPlaintext, configPlace, labelPlace, plaintextClients, tlsModeLabel, type AutomaticPlaintext } from '../client-tls.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { certaintyOf, type SideFacts } from '../facts.ts';
import { hostOf } from '#mesh/hosts.ts';
import { changesOf } from '../principal.ts';
import { callValidation, causePhrase, destinationsPhrase, named, openedValidation } from '../text.ts';

export const clientPlaintext = defineDetector({
  rule: 'client-plaintext',
  detectChanges: (context) =>
    changesOf(context, 'client-plaintext').map((change) => ({
      change,
      message: change.call === undefined ? `clients reach ${destinationsPhrase(change)} with weaker protection${causePhrase(change)}: ${change.after}; before this change ${change.before}` : `${change.headline}${causePhrase(change)}`,
      impact: 'the requests travel without the mesh identity of the caller, and in plaintext where no TLS is left',
      remedy: 'write `tls.mode: ISTIO_MUTUAL`, or leave the `tls` block out so that automatic mutual TLS applies; a block without `mode` means DISABLE',
      validation: change.call === undefined ? openedValidation(change, 'the same request over mutual TLS is answered') : callValidation(change),
    })),
  detectState: (side) => [
    ...automaticPlaintext(side).filter(({ by }) => by !== 'namespace').map((found) => automaticDraft(side, found)),
    ...plaintextClients(side).map((client) => ({
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
  ],
});

function automaticDraft(side: SideFacts, { workload, ports, by }: AutomaticPlaintext): StateDraft {
  const place = by === 'mesh' ? configPlace(side) : labelPlace(workload);
  return {
    subject: by === 'mesh' ? 'mesh' : workload.id,
    facet: 'automatic',
    affected: [`${workload.id} ${ports.join(',')} plaintext`],
    certainty: certaintyOf([workload]),
    ...(place === undefined ? {} : { place }),
    message: by === 'mesh' ? `clients without a DestinationRule send plaintext to \`${workload.id}\` and every other workload: automatic mutual TLS is off (\`enableAutoMtls: false\`)` : `clients send plaintext to \`${workload.id}\`: its label \`${tlsModeLabel}: disabled\` hides its proxy from them`,
    impact: 'the requests can be read and changed on the way, and policies at the workload see no caller',
    remedy: by === 'mesh' ? 'turn automatic mutual TLS on again, or write `tls.mode: ISTIO_MUTUAL` for every host' : 'remove the label: the injector sets it',
    validation: { positive: `a request from a workload of the mesh to \`${workload.id}\` arrives with the caller's identity`, negative: `a plaintext request to \`${workload.id}\` is refused once mutual TLS is STRICT` },
  };
}

