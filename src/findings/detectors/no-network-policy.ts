/**
 * Nothing below the mesh keeps other pods away: no NetworkPolicy and no cluster-wide policy isolates a pod for ingress (M136, M145). One
 * finding per namespace.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-ingress-traffic
 */
import type { Workload } from '#mesh/model.ts';
import { networkWorldOf } from '#semantics/network-world.ts';
import { distinct } from '#lib/order.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, grouped, inMesh, namespacePlace, type SideFacts } from '../facts.ts';
import { isolatedNamespaces } from '../network-isolation.ts';
import { outboundOf } from '../outbound.ts';
import { listed } from '../text.ts';

export const noNetworkPolicy = defineDetector({
  rule: 'no-network-policy',
  alsoWithoutProxy: true,
  detectState: (side) => {
    const open = side.workloads.filter((workload) => inMesh(workload) && workload.enrolment.mode !== 'gateway' && !isIsolated(side, workload));
    const closedOut = isolatedNamespaces(side, 'Egress');
    const outbound = outboundOf(side);
    return [...grouped(open, (workload) => workload.namespace)].map(([namespace, workloads]) => {
      const ids = distinct(workloads.map((workload) => workload.id));
      const place = namespacePlace(side, namespace, workloads);
      const bypassed = workloads.some((workload) => !workload.otherPortsCaptured || workload.ports.some((port) => !port.captured));
      const leaning = outbound(namespace).registryOnly && !closedOut.has(namespace);
      return {
        subject: `Namespace/${namespace}`,
        affected: ids,
        severity: bypassed || leaning ? ('medium' as const) : ('low' as const),
        certainty: certaintyOf(workloads),
        ...(place === undefined ? {} : { place }),
        message: `no NetworkPolicy isolates ${listed(ids)} for incoming packets: what the proxy does not see, nothing stops${bypassed ? ', and some ports go around the proxy' : ''}`,
        impact: 'UDP, ports around the proxy and a proxy that is off are open to every pod of the cluster',
        attack: `a compromised pod of any namespace connects to a port of \`${ids[0] ?? ''}\` that is not captured`,
        remedy: `add a NetworkPolicy to \`${namespace}\` with an empty \`podSelector\` and no rule, and one for each caller that is meant (in ambient with port 15008)`,
        validation: {
          positive: `a caller that a NetworkPolicy names connects to \`${ids[0] ?? ''}\``,
          negative: `a pod of another namespace that no NetworkPolicy names cannot connect to \`${ids[0] ?? ''}\``,
        },
      };
    });
  },
});

/** A cluster-wide rule that denies something counts as isolation: whom it denies is its author's business. */
function isIsolated(side: SideFacts, workload: Workload): boolean {
  const world = networkWorldOf(side.mesh);
  if (world.isolating('ingress', workload.namespace, workload.labels).length > 0) return true;
  return [...world.tier('Admin', 'ingress'), ...world.tier('Baseline', 'ingress')].some(({ rule }) => rule.action === 'Deny');
}
