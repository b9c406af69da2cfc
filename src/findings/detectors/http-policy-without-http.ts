/**
 * HTTP fields where nothing evaluates HTTP: at ztunnel an ALLOW rule is dropped (everything is denied) and a DENY rule never matches
 * (A4.11 to A4.14); on a sidecar whose ports are all TCP an ALLOW rule is dropped (A4.2).
 */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { Workload } from '#mesh/model.ts';
import { waypointOfService } from '#mesh/waypoints.ts';
import { phantomWorkload } from '#posture/destinations.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isAmbient, isDryRun, type Policy, type SideFacts } from '../facts.ts';
import { fieldName, httpFields } from '../rules.ts';
import { listed, named } from '../text.ts';

export const httpPolicyWithoutHttp = defineDetector({
  rule: 'http-policy-without-http',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      const { action } = policy.spec;
      if ((action !== 'ALLOW' && action !== 'DENY') || isDryRun(policy) || policy.spec.targetRefs.length > 0) return [];
      const reach = reached(side, policy);
      const ambient = reach.filter(isAmbient);
      const blind = action === 'ALLOW' ? [...ambient, ...reach.filter((workload) => !isAmbient(workload) && speaksTcpOnly(workload))] : ambient;
      if (blind.length === 0) return [];
      for (const [ruleIndex, rule] of policy.spec.rules.entries()) {
        const field = httpFields(rule, ambient.length > 0 ? 'ztunnel' : 'envoy')[0];
        if (field === undefined) continue;
        const ids = distinct(blind.map((workload) => workload.id));
        const behind = ambient.some((workload) => side.servicesOf(workload).some((service) => waypointOfService(side.mesh, service) !== undefined));
        const before = behind ? 'its waypoint reads policies with `targetRefs` only, and ztunnel reads no HTTP' : 'no waypoint stands before it and ztunnel reads no HTTP';
        const where = ambient.length > 0 ? before : 'all its ports are TCP';
        return [
          {
            subject: resourceId(policy),
            affected: ids,
            severity: action === 'DENY' || ambient.length > 0 ? ('high' as const) : ('medium' as const),
            certainty: blind.some((workload) => workload.resource === undefined) ? ('conditional' as const) : certaintyOf(blind),
            place: { resource: policy, path: ['spec', 'rules', ruleIndex, ...field] },
            message:
              action === 'ALLOW'
                ? `\`${fieldName(field)}\` in ${named(policy)} is evaluated by nothing at ${listed(ids)} (${where}): the rule allows nobody`
                : `\`${fieldName(field)}\` in ${named(policy)} is evaluated by nothing at ${listed(ids)} (${where}): what it means to deny is not denied`,
            impact: action === 'ALLOW' ? 'the callers that the rule names are refused' : 'requests that the policy is there to stop reach the workload',
            remedy: 'give the destination a waypoint and attach the policy to it by `targetRefs`, or restrict by identity and port only',
            validation: {
              positive: action === 'ALLOW' ? `a request that the rule names is answered by \`${ids[0] ?? ''}\`` : 'a request that the rule does not name is answered',
              negative: action === 'ALLOW' ? 'a request that the rule does not name is refused with 403' : `a request that the rule names is refused by \`${ids[0] ?? ''}\` with 403`,
            },
          },
        ];
      }
      return [];
    }),
});

/** Declared workloads, or the pods that a namespace of the mesh may hold and nobody declares here (R29). */
function reached(side: SideFacts, policy: Policy): readonly Workload[] {
  const { workloads } = side.reachOf(policy);
  const namespace = policy.namespace ?? '';
  if (workloads.length > 0 || namespace === side.mesh.config.rootNamespace || side.mesh.namespaces.get(namespace)?.resource === undefined) return workloads;
  return [phantomWorkload(side.mesh, namespace, policy.spec.selector?.matchLabels ?? {})];
}

/** Every declared port is TCP, so no HTTP chain exists (A4.4). */
export function speaksTcpOnly(workload: Workload): boolean {
  const ports = workload.ports.filter((port) => port.captured && port.protocol !== 'udp');
  return workload.enrolment.mode !== 'none' && workload.enrolment.mode !== 'gateway' && ports.length > 0 && ports.every((port) => port.protocol === 'tcp');
}
