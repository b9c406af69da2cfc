/** A `portLevelMtls` entry is weaker than the mode around it (M7, M10). */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, inMesh } from '../facts.ts';
import { strengthOf } from '../mtls.ts';
import { listed, named } from '../text.ts';

export const portPlaintextException = defineDetector({
  rule: 'port-plaintext-exception',
  alsoWithoutProxy: true,
  partOf: 'plaintext-accepted',
  detectState: (side) =>
    side.of('PeerAuthentication').flatMap((policy) =>
      [...policy.spec.portLevelMtls].flatMap(([port, mode]) => {
        if (mode !== 'PERMISSIVE' && mode !== 'DISABLE') return [];
        const users = side.reachOf(policy).workloads.filter((workload) => inMesh(workload) && side.mtlsAt(workload, port).policy === policy && strengthOf(mode) < strengthOf(side.mtlsAt(workload).mode));
        if (users.length === 0) return [];
        const points = distinct(users.map((workload) => `${workload.id}:${port}`));
        return [
          {
            subject: resourceId(policy),
            facet: String(port),
            affected: points,
            certainty: certaintyOf(users),
            place: { resource: policy, path: ['spec', 'portLevelMtls', String(port), 'mode'] },
            message: `port ${port} of ${listed(users.map((workload) => workload.id))} accepts plaintext although its other ports do not: ${named(policy)} makes an exception`,
            impact: 'the one port is open to every pod of the cluster without a proof of identity',
            remedy: 'move the port\'s clients into the mesh and drop the entry, or restrict the port by `ipBlocks` or a NetworkPolicy to the clients it is for',
            validation: {
              positive: `the client that needs the exception is answered at \`${points[0] ?? ''}\``,
              negative: `any other pod without a proxy is refused at \`${points[0] ?? ''}\``,
            },
          },
        ];
      }),
    ),
});
