/** Any external destination is let through by the mesh configuration or a Sidecar (M97 to M100). A configuration that is not here is unknown (R26). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { named } from '../text.ts';

export const allowAnyEgress = defineDetector({
  rule: 'allow-any-egress',
  detectState: (side) => {
    const { config } = side.mesh;
    const stated = side.all.find((resource) => resourceId(resource) === config.statedBy);
    const mesh: StateDraft[] =
      config.statedBy === undefined || config.outboundTrafficPolicy === 'REGISTRY_ONLY'
        ? []
        : [{ subject: 'mesh', affected: ['mesh'], ...(stated === undefined ? {} : { place: { resource: stated, path: [] } }), message: `any workload of the mesh may call any external address: \`outboundTrafficPolicy.mode\` is ${config.outboundTrafficPolicy}`, ...texts }];
    const sidecars = side.of('Sidecar').flatMap((sidecar): StateDraft[] =>
      sidecar.spec.outboundTrafficPolicy?.mode === 'ALLOW_ANY'
        ? [{ subject: resourceId(sidecar), affected: [`${sidecar.namespace ?? ''} ${JSON.stringify(sidecar.spec.workloadSelector?.labels ?? {})}`], place: { resource: sidecar, path: ['spec', 'outboundTrafficPolicy', 'mode'] }, message: `the workloads of ${named(sidecar)} may call any external address: its \`outboundTrafficPolicy.mode\` is ALLOW_ANY`, ...texts }]
        : [],
    );
    return [...mesh, ...sidecars];
  },
});

const texts: Pick<StateDraft, 'impact' | 'attack' | 'remedy' | 'validation'> = {
  impact: 'a compromised workload can send data anywhere, and nothing shows that it does',
  attack: 'a compromised workload uploads what it holds to a host of the attacker',
  remedy: 'set REGISTRY_ONLY and register the hosts that are needed; pair it with a NetworkPolicy for egress, since a pod can bypass its own proxy',
  validation: { positive: 'a registered external host is reached', negative: 'a call to a host that no ServiceEntry names fails' },
};
