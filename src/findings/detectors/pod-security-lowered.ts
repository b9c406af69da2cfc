/**
 * The Pod Security level that a namespace enforces is lowered: pods may then ask for what takes them out of the mesh's reach (M146, M147).
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector, type FactsPair, type OpeningDraft } from '../detector.ts';
import type { SideFacts } from '../facts.ts';

const key = 'pod-security.kubernetes.io/enforce';
/** A namespace without the label has the cluster's default, which is `privileged` unless somebody changed it. */
const levels: Readonly<Record<string, number>> = { privileged: 0, baseline: 1, restricted: 2 };

export const podSecurityLowered = defineDetector({
  rule: 'pod-security-lowered',
  detectOpenings: ({ base, head }: FactsPair): OpeningDraft[] =>
    head.of('Namespace').flatMap((namespace) => {
      const before = levelOf(base, namespace.name);
      const after = levelOf(head, namespace.name);
      if (before === undefined || (levels[after ?? 'privileged'] ?? 0) >= (levels[before] ?? 0)) return [];
      return [
        {
          subject: resourceId(namespace),
          affected: [namespace.name],
          certainty: after === undefined ? ('conditional' as const) : ('proved' as const),
          place: { resource: namespace, path: after === undefined ? ['metadata'] : ['metadata', 'labels', key] },
          message: `pods of \`${namespace.name}\` may ask for more than before: the enforced Pod Security level falls from \`${before}\` to ${after === undefined ? 'the default of the cluster' : `\`${after}\``}`,
          impact: 'a pod with the node\'s network, NET_ADMIN or privileges goes around its proxy, and a privileged one takes the keys of others on its node',
          remedy: `keep \`${key}: ${before}\`, and move the pods that need more into a namespace of their own`,
          validation: { positive: 'the pods of the namespace start', negative: `a pod that \`${before}\` forbids is refused on admission` },
        },
      ];
    }),
});

function levelOf(side: SideFacts, name: string): string | undefined {
  const level = side.mesh.namespaces.get(name)?.resource?.labels[key];
  return level !== undefined && Object.hasOwn(levels, level) ? level : undefined;
}
