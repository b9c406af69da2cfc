/** Several PeerAuthentications of one scope: the oldest wins, which manifests do not tell (M13 to M15). */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { guardedPorts, inMesh } from '../facts.ts';
import type { MtlsAt } from '../mtls.ts';
import { listed } from '../text.ts';

export const peerAuthenticationConflict = defineDetector({
  rule: 'peer-authentication-conflict',
  detectState: (side) => {
    const conflicts = new Map<string, { readonly answer: MtlsAt; readonly affected: string[] }>();
    for (const workload of side.workloads.filter(inMesh)) {
      for (const port of [undefined, ...guardedPorts(workload).map((entry) => entry.port)]) {
        const answer = side.mtlsAt(workload, port);
        if (answer.tied.length < 2) continue;
        const key = answer.tied.map(resourceId).join(' ');
        const known = conflicts.get(key);
        if (known === undefined) conflicts.set(key, { answer, affected: [workload.id] });
        else known.affected.push(workload.id);
      }
    }
    return [...conflicts.values()].flatMap(({ answer, affected }) => {
      const [first, ...others] = answer.tied;
      if (first === undefined) return [];
      const workloads = distinct(affected);
      return [
        {
          subject: resourceId(first),
          facet: others.map(resourceId).join(' '),
          affected: workloads,
          place: { resource: first, path: ['spec'] },
          related: others.map((resource) => ({ resource, path: ['spec'], message: 'the same scope is claimed here' })),
          message: `${listed(answer.tied.map(resourceId))} claim one scope; the oldest is in force for ${listed(workloads)} and ${inForce(answer)}`,
          impact: 'restoring or re-creating the objects in another order changes which mode is in force',
          remedy: 'keep one PeerAuthentication per scope and merge the others into it',
          validation: { positive: 'a request over mutual TLS is answered', negative: `a plaintext request to \`${workloads[0] ?? ''}\` is refused, also after the objects are re-created` },
        },
      ];
    });
  },
});

function inForce({ older }: MtlsAt): string {
  return older === undefined ? 'manifests do not tell which that is (the weakest is judged)' : `that is \`${resourceId(older)}\` only until the objects are created anew`;
}
