/** On a TCP port Envoy drops the HTTP fields of a DENY rule and keeps the rest, so that it denies more than written (A4.2, A4.3). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, isAmbient, isDryRun } from '../facts.ts';
import { fieldName, httpFields } from '../rules.ts';
import { listed, named } from '../text.ts';

export const httpDenyOnTcp = defineDetector({
  rule: 'http-deny-on-tcp',
  detectState: (side) =>
    side.of('AuthorizationPolicy').flatMap((policy) => {
      if (policy.spec.action !== 'DENY' || isDryRun(policy) || policy.spec.targetRefs.length > 0) return [];
      for (const [ruleIndex, rule] of policy.spec.rules.entries()) {
        const field = httpFields(rule, 'envoy')[0];
        if (field === undefined) continue;
        const onlyPorts = new Set(rule.to.flatMap((operation) => operation.ports));
        const open = rule.to.length === 0 || rule.to.some((operation) => operation.ports.length === 0);
        const excluded = new Set(rule.to.flatMap((operation) => operation.notPorts));
        const reach = side.reachOf(policy).workloads.filter((workload) => !isAmbient(workload) && workload.enrolment.mode !== 'gateway' && workload.enrolment.mode !== 'none');
        const points = reach.flatMap((workload) =>
          workload.ports
            .filter((port) => port.captured && port.protocol === 'tcp' && (open ? !excluded.has(String(port.port)) : onlyPorts.has(String(port.port))))
            .map((port) => `${workload.id}:${port.port}`),
        );
        if (points.length === 0) continue;
        return [
          {
            subject: resourceId(policy),
            affected: points,
            certainty: certaintyOf(reach),
            place: { resource: policy, path: ['spec', 'rules', ruleIndex, ...field] },
            message: `\`${fieldName(field)}\` of ${named(policy)} is dropped on the TCP port of ${listed(points)}: the rule denies every connection that its other fields match`,
            impact: 'connections are refused that the policy does not mean',
            remedy: 'limit the rule to HTTP ports by `to.operation.ports`, or declare the port\'s protocol in the Service (`appProtocol: http`)',
            validation: { positive: `a TCP connection from a wanted client to \`${points[0] ?? ''}\` is accepted`, negative: 'a request that the rule names is refused on the HTTP port with 403' },
          },
        ];
      }
      return [];
    }),
});
