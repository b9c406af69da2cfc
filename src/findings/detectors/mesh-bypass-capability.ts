/**
 * A container of a meshed pod may take away its own redirection, or read other pods' traffic and keys: NET_ADMIN, NET_RAW, privileged, the
 * node's network or processes (M147 to M149). Only the controls of that pod are lost; a privileged one reaches the whole node.
 */
import type { AnyResource } from '#manifests/resource.ts';
import type { Workload } from '#mesh/model.ts';
import type { FieldPath } from '#source/origin.ts';
import { defineDetector } from '../detector.ts';
import { inMesh } from '../facts.ts';

interface Power {
  readonly key: string;
  readonly path: FieldPath;
}

export const meshBypassCapability = defineDetector({
  rule: 'mesh-bypass-capability',
  detectState: (side) =>
    side.workloads.flatMap((workload) => {
      const { resource } = workload;
      if (resource === undefined || !inMesh(workload) || workload.enrolment.mode === 'gateway') return [];
      return powersOf(workload, resource).map((power) => ({
        subject: workload.id,
        facet: power.key,
        affected: [`${workload.id} ${power.key}`],
        place: { resource, path: power.path },
        message: `\`${workload.id}\` may remove its own redirection to the proxy: ${power.key}`,
        impact: 'what mutual TLS and policies enforce before and behind this pod holds only as long as nobody takes it over',
        attack: `whoever gets a shell in \`${workload.id}\` deletes the redirection and sends and receives past the proxy`,
        remedy: 'drop the capability or privilege; install the mesh with its CNI plugin so that no pod needs it, and enforce Pod Security `baseline` or `restricted`',
        validation: { positive: `\`${workload.id}\` starts and is answered without it`, negative: 'a pod that asks for it is refused on admission' },
      }));
    }),
});

const capabilities: ReadonlySet<string> = new Set(['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_PTRACE', 'ALL']);

/** Injected containers are no part of the manifest, so that whatever stands there is the author's. */
function powersOf(workload: Workload, resource: AnyResource): readonly Power[] {
  if (!('containers' in resource.spec)) return [];
  const { spec } = resource;
  const pod: FieldPath = workload.kind === 'Pod' ? ['spec'] : workload.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template', 'spec'] : ['spec', 'template', 'spec'];
  const found: Power[] = [];
  if (spec.hostPid) found.push({ key: '`hostPID`', path: [...pod, 'hostPID'] });
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, container] of spec[list].entries()) {
      if (container.name === 'istio-init' || container.name === 'istio-proxy') continue;
      const at: FieldPath = [...pod, list, index, 'securityContext'];
      if (container.privileged) found.push({ key: `\`privileged\` in container \`${container.name}\``, path: [...at, 'privileged'] });
      for (const name of container.capabilitiesAdded) {
        if (capabilities.has(name.replace(/^CAP_/, '').toUpperCase())) found.push({ key: `\`${name}\` in container \`${container.name}\``, path: [...at, 'capabilities', 'add'] });
      }
    }
  }
  return found;
}
