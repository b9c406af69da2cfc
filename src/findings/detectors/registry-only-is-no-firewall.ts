/** REGISTRY_ONLY is enforced by the caller's own proxy, which a pod can go around; nothing else stands in the way (M100, M101, M106). */
import { distinct } from '#lib/order.ts';
import { defineDetector } from '../detector.ts';
import { knownNamespaces, namespacePlace } from '../facts.ts';
import { isolatedNamespaces } from '../network-isolation.ts';
import { outboundOf } from '../outbound.ts';

export const registryOnlyIsNoFirewall = defineDetector({
  rule: 'registry-only-is-no-firewall',
  detectState: (side) => {
    const isolated = isolatedNamespaces(side, 'Egress');
    const outbound = outboundOf(side);
    const populated = distinct(side.workloads.map((workload) => workload.namespace));
    return (populated.length > 0 ? populated : knownNamespaces(side))
      .filter((namespace) => outbound(namespace).registryOnly && !isolated.has(namespace))
      .map((namespace) => {
        const place = namespacePlace(side, namespace, side.workloads.filter((workload) => workload.namespace === namespace));
        return {
          subject: `Namespace/${namespace}`,
          affected: [`Namespace/${namespace}`],
          ...(place === undefined ? {} : { place }),
          message: `REGISTRY_ONLY is all that keeps workloads of \`${namespace}\` from external addresses, and it holds in the caller's own proxy only: no NetworkPolicy limits what leaves the namespace`,
          impact: 'a pod on the host network, one without a proxy, excluded ports, the proxy\'s own user and UDP go around it',
          attack: 'a compromised workload runs a process as user 1337, or a pod without a proxy, and connects to an external address',
          remedy: 'add a NetworkPolicy that denies egress by default and allows DNS, the mesh and the egress gateway',
          validation: { positive: 'a registered external host is reached through the mesh', negative: `a pod of \`${namespace}\` without a proxy cannot connect to an external address` },
        };
      });
  },
});
