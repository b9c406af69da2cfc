/** Policies name a workload that no proxy enforces them for (M section 3D). Unknown enrolment is an assumption, not a finding (R24). */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { hasSelector } from '#mesh/attachment.ts';
import { defineDetector } from '../detector.ts';
import { listed } from '../text.ts';

export const unenrolledWorkload = defineDetector({
  rule: 'unenrolled-workload',
  detectState: (side) => {
    const root = side.mesh.config.rootNamespace;
    return side.workloads.flatMap((workload) => {
      if (workload.enrolment.mode !== 'none' || workload.resource === undefined) return [];
      // Mesh-wide policies are not meant for this workload in particular; those of its namespace or with its labels are.
      const meant = [...side.policiesAt(workload), ...side.tokensAt(workload)].filter((policy) => policy.namespace !== root || hasSelector(policy.spec.selector));
      if (meant.length === 0) return [];
      const names = distinct(meant.map(resourceId));
      return [
        {
          subject: workload.id,
          affected: [workload.id],
          place: { resource: workload.resource, path: ['metadata', 'name'] },
          message: `${listed(names)} ${names.length === 1 ? 'is' : 'are'} not enforced for \`${workload.id}\`: it is not in the mesh (${workload.enrolment.because})`,
          impact: 'whoever reaches the pod reaches the application: no mutual TLS, no authorization, no token check',
          attack: `any pod of the cluster calls \`${workload.id}\` directly`,
          remedy: 'bring the workload into the mesh (label the namespace or the pod template), or protect it by NetworkPolicy and drop the policies',
          validation: { positive: `a caller that the policies allow is answered by \`${workload.id}\``, negative: `a caller that the policies refuse is refused by \`${workload.id}\`` },
        },
      ];
    });
  },
});
