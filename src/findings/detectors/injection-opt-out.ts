/** A pod opts out in a namespace of the mesh: `sidecar.istio.io/inject: "false"` (M55 to M58), `istio.io/dataplane-mode: none` (M65). */
import type { Workload } from '#mesh/model.ts';
import { goFalse } from '#mesh/capture.ts';
import { defineDetector } from '../detector.ts';
import type { SideFacts } from '../facts.ts';
import type { FieldPath } from '#source/origin.ts';

export const injectionOptOut = defineDetector({
  rule: 'injection-opt-out',
  detectState: (side) =>
    side.workloads.flatMap((workload) => {
      if (workload.enrolment.mode !== 'none' || workload.resource === undefined) return [];
      const by = optOut(side, workload);
      if (by === undefined) return [];
      return [
        {
          subject: workload.id,
          affected: [workload.id],
          place: { resource: workload.resource, path: by.path },
          message: `\`${workload.id}\` is not in the mesh although its namespace is: \`${by.text}\``,
          impact: 'its own calls carry no identity, and no policy is enforced for it',
          attack: 'whoever may edit the workload takes it out of the mesh with one line, and policies that deny it by identity no longer see it',
          remedy: 'remove the opt-out; where it has to stay, isolate the pod by NetworkPolicy and forbid further opt-outs by an admission policy',
          validation: { positive: `\`${workload.id}\` is answered by a workload that requires mutual TLS`, negative: `a pod without a proxy is refused by \`${workload.id}\`` },
        },
      ];
    }),
});

function optOut(side: SideFacts, workload: Workload): { readonly path: FieldPath; readonly text: string } | undefined {
  const namespace = side.mesh.namespaces.get(workload.namespace)?.labels ?? {};
  const pod: FieldPath = workload.kind === 'Pod' ? ['metadata'] : workload.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template', 'metadata'] : ['spec', 'template', 'metadata'];
  const key = 'sidecar.istio.io/inject';
  if (namespace['istio-injection'] === 'enabled' || namespace['istio.io/rev'] !== undefined) {
    const label = workload.labels[key];
    if (goFalse(label)) return { path: [...pod, 'labels', key], text: `${key}: "${label ?? ''}"` };
    const annotation = workload.annotations[key];
    if (label === undefined && goFalse(annotation)) return { path: [...pod, 'annotations', key], text: `${key}: "${annotation ?? ''}"` };
  }
  if (namespace['istio.io/dataplane-mode'] === 'ambient' && workload.labels['istio.io/dataplane-mode'] === 'none') {
    return { path: [...pod, 'labels', 'istio.io/dataplane-mode'], text: 'istio.io/dataplane-mode: none' };
  }
  return undefined;
}
