/** Access logging, policies that are enforced and valid (M134, A1.15, A7.1). */
import { accepted, resourceId } from '#manifests/resource.ts';
import { isDryRun, type SideFacts } from '#findings/facts.ts';
import { accessLogging } from '#findings/access-logging.ts';
import { item, type Measured } from '../parts.ts';

export function auditability(side: SideFacts): Measured {
  const logging = accessLogging(side);
  const policies = side.of('AuthorizationPolicy');
  const judged = side.all.filter((resource) => resource.apiVersion.startsWith('security.istio.io/') || resource.apiVersion.startsWith('networking.istio.io/'));
  const nothing = logging.state === 'unknown' && judged.length === 0;
  if (nothing) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'neither the mesh configuration nor a policy is declared here' };
  return {
    parts: [
      { name: 'access-log', weight: 0.5, items: new Map([['mesh', logging.state === 'on' ? item(1, '') : item(0, logging.because)]]), absent: 0 },
      { name: 'enforced', weight: 0.2, items: new Map(policies.map((policy) => [resourceId(policy), isDryRun(policy) ? item(0, 'is a dry run') : item(1, '')])), absent: 1 },
      { name: 'valid', weight: 0.2, items: new Map(judged.map((resource) => [resourceId(resource), accepted(resource) ? item(1, '') : item(0, 'is refused by the cluster')])), absent: 1 },
      // Which callers reach istiod is not read yet: no credit.
      { name: 'control-plane', weight: 0.1, items: new Map([['mesh', item(0, 'nothing read here protects the control plane')]]), absent: 0 },
    ],
    evidence: logging.state === 'unknown' ? 'UNKNOWN' : 'INFERRED',
    reason: logging.state === 'on' ? 'access logging is on' : logging.because,
  };
}
