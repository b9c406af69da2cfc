/**
 * Probes of the kubelet come in plaintext. The injector rewrites them to the proxy's own port unless it is told not to, and ambient
 * lets the node's probes pass (M32), so only `rewriteAppHTTPProbers: "false"` exposes them to mutual TLS and to policies.
 * @see https://istio.io/latest/docs/ops/configuration/mesh/app-health-check/
 */
import { goBoolean } from '#manifests/go-values.ts';
import type { Workload } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';
import type { FactsPair } from './detector.ts';

export const rewriting = 'sidecar.istio.io/rewriteAppHTTPProbers';

export function isRewritten(workload: Workload): boolean {
  return goBoolean(workload.annotations[rewriting] ?? '') !== false;
}

export interface ProbeFlow {
  readonly probe: string;
  readonly container: string;
  readonly port: number;
  readonly request: Query['request'];
}

export function probesOf({ resource }: Workload): readonly ProbeFlow[] {
  if (resource === undefined || !('containers' in resource.spec)) return [];
  return resource.spec.containers.flatMap((container) =>
    container.probes.flatMap((probe): ProbeFlow[] => {
      const port = typeof probe.port === 'number' ? probe.port : container.ports.find((entry) => entry.name === probe.port)?.port;
      if (port === undefined || probe.type === 'exec') return [];
      return [{ probe: probe.kind, container: container.name, port, request: probe.type === 'http' ? { protocol: 'http', method: 'GET', path: probe.path ?? '/' } : { protocol: 'tcp' } }];
    }),
  );
}

export interface LostProbe extends ProbeFlow {
  readonly workload: Workload;
}

/** Probes that only their rewriting let through: no request is answered otherwise than before, and yet they fail. */
export function probesNoLongerRewritten({ base, head, renamed }: FactsPair): readonly LostProbe[] {
  return head.workloads.flatMap((workload) => {
    const before = base.mesh.workloads.get(renamed.get(workload.id) ?? workload.id);
    if (isRewritten(workload) || before === undefined || !isRewritten(before) || before.enrolment.mode !== 'sidecar' || workload.enrolment.mode !== 'sidecar') return [];
    const known = probesOf(before);
    const isRefused = (side: FactsPair['base'], id: string, { port, request }: ProbeFlow): boolean => side.ask({ from: { principal: null }, to: { workload: id, port }, request })?.verdict === 'deny';
    return probesOf(workload)
      .filter((flow) => known.some((old) => old.container === flow.container && old.probe === flow.probe) && isRefused(base, before.id, flow) && isRefused(head, workload.id, flow))
      .map((flow) => ({ ...flow, workload }));
  });
}
