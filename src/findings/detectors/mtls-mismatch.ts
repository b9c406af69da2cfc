/** The TLS that a DestinationRule makes clients send is refused by the mode that the workload requires: an outage (M section 2D). */
import { resourceId } from '#manifests/resource.ts';
import { plaintextClients } from '../client-tls.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf } from '../facts.ts';
import { hostOf } from '../hosts.ts';
import { named } from '../text.ts';

export const mtlsMismatch = defineDetector({
  rule: 'mtls-mismatch',
  detectState: (side) =>
    plaintextClients(side).flatMap((client) => {
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
});
