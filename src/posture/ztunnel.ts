/** What the destination's ztunnel does with a direct connection (A section 4.B, M25 to M32). */
import { hasSelector, policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { enforced, matching } from '#semantics/authorization-policy.ts';
import type { Policy } from '#semantics/authorization-policy.ts';
import { ambientMtls, refusesPlaintext } from '#semantics/ambient-peer-authentication.ts';
import type { Seen } from '#semantics/condition.ts';
import { holding, missing } from '#semantics/rule-fit.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Value } from '#sets/matcher.ts';
import { detailsOf } from './envoy.ts';
import type { Decision, Step } from './query.ts';
import type { AskedRequest } from './request.ts';

export function decideAtZtunnel(mesh: Mesh, workload: Workload, asked: AskedRequest): Decision {
  const because: Step[] = [];
  const note = (rule: string, text: string, by?: string, details?: Step['details']): void => {
    because.push({ rule, text, ...(by === undefined ? {} : { by }), ...(details === undefined ? {} : { details }) });
  };
  if (!workload.otherPortsCaptured && asked.principal === null) {
    note('M32', 'plaintext to the pod is not redirected (`ambient.istio.io/bypass-inbound-capture`)');
    return { verdict: 'allow', layer: 'none', by: [], enforcedAt: 'none', because };
  }
  const attached = policiesFor(mesh, workload);
  const mtls = ambientMtls(mesh, attached);
  if (asked.principal === null && refusesPlaintext(mtls, asked.port)) {
    note('M25', `plaintext to port ${String(asked.port)} is refused (STRICT)`, mtls.by);
    return { verdict: 'deny', layer: 'mtls', by: mtls.by === undefined ? [] : [mtls.by], enforcedAt: 'ztunnel', because };
  }
  if (asked.principal !== null && !asked.principal.startsWith(`${mesh.config.trustDomain}/`)) {
    note('A3.14', 'ztunnel accepts its own trust domain only');
    return { verdict: 'deny', layer: 'mtls', by: [], enforcedAt: 'ztunnel', because };
  }
  const policies = enforced(readByZtunnel(attached.authorization), 'ztunnel', mesh.config);
  const seen = seenByZtunnel(asked);
  const denying = matching(policies.deny, seen).map((policy) => policy.id);
  if (denying.length > 0) {
    note('M27', `a rule of ${denying.map((id) => `\`${id}\``).join(', ')} denies the connection`, denying[0], () => detailsOf(holding(policies.deny, seen)));
    return { verdict: 'deny', layer: 'authorization', by: denying, enforcedAt: 'ztunnel', because };
  }
  const allowing = matching(policies.allow, seen).map((policy) => policy.id);
  if (policies.allow.length > 0 && allowing.length === 0) {
    note('M27', 'ALLOW policies act here and none matches', undefined, () => detailsOf(missing(policies.allow, seen)));
    return { verdict: 'deny', layer: 'authorization', by: [], enforcedAt: 'ztunnel', because };
  }
  note('M27', policies.allow.length === 0 ? 'no ALLOW policy acts here' : `a rule of ${allowing.map((id) => `\`${id}\``).join(', ')} allows the connection`, allowing[0], () => detailsOf(holding(policies.allow, seen)));
  return { verdict: 'allow', layer: 'authorization', by: allowing, enforcedAt: 'ztunnel', because };
}

/** A2.14: a selector that is there but empty reaches no workload at ztunnel. */
export function readByZtunnel(policies: readonly Policy[]): readonly Policy[] {
  return policies.filter((policy) => policy.spec.selector === undefined || hasSelector(policy.spec.selector));
}

function seenByZtunnel(asked: AskedRequest): Seen {
  // L4 is all that it sees; conditions on anything else were dropped when the rules were compiled.
  const visible = new Map<Dimension, Value>([
    ['peer', asked.principal],
    ['source.ip', asked.sourceIp],
    ['destination.ip', asked.destinationIp],
    ['port', asked.port],
  ]);
  const value = (dimension: Dimension): Value => visible.get(dimension) ?? null;
  return { value, token: undefined, header: () => null };
}
