/**
 * A PeerAuthentication means something else at a ztunnel than at a sidecar: DISABLE is read as PERMISSIVE (M28), and some exceptions for
 * ports are lost or reach further than they say (M30, M31).
 */
import { distinct } from '#lib/order.ts';
import { resourceId, type Resource } from '#manifests/resource.ts';
import { policiesFor } from '#mesh/attachment.ts';
import type { Workload } from '#mesh/model.ts';
import { ambientMtls, refusesPlaintext } from '#semantics/ambient-peer-authentication.ts';
import { effectiveMtls, modeAt } from '#semantics/peer-authentication.ts';
import type { FieldPath } from '#source/origin.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { certaintyOf, isAmbient, type SideFacts } from '../facts.ts';
import { listed, named } from '../text.ts';

type Policy = Resource<'PeerAuthentication'>;

export const ambientDisableUnsupported = defineDetector({
  rule: 'ambient-disable-unsupported',
  detectState: (side) =>
    side.of('PeerAuthentication').flatMap((policy) => {
      const ambient = side.reachOf(policy).workloads.filter(isAmbient);
      if (ambient.length === 0) return [];
      const disabled = policy.spec.mode === 'DISABLE' ? [draftOf(policy, ambient, ['spec', 'mtls', 'mode'], 'mode', `ztunnel reads DISABLE as PERMISSIVE: ${listed(ids(ambient))} takes mutual TLS as well as plaintext`)] : [];
      return [...disabled, ...[...policy.spec.portLevelMtls.keys()].flatMap((port) => portDrafts(side, policy, ambient, port))];
    }),
});

/** Ports of the policy at which a sidecar would answer plaintext otherwise than ztunnel does. */
function portDrafts(side: SideFacts, policy: Policy, ambient: readonly Workload[], port: number): StateDraft[] {
  const apart = ambient.filter((workload) => {
    const attached = policiesFor(side.mesh, workload);
    const sidecar = modeAt(effectiveMtls(side.mesh, attached), port);
    return sidecar.by === resourceId(policy) && (sidecar.mode === 'STRICT') !== refusesPlaintext(ambientMtls(side.mesh, attached), port);
  });
  const [first] = apart;
  if (first === undefined) return [];
  const closed = refusesPlaintext(ambientMtls(side.mesh, policiesFor(side.mesh, first)), port);
  return [draftOf(policy, apart, ['spec', 'portLevelMtls', String(port)], String(port), closed ? `ztunnel does not apply the exception: plaintext to port ${port} of ${listed(ids(apart))} stays refused` : `ztunnel loses the mode of port ${port}: ${listed(ids(apart))} accepts plaintext there all the same`)];
}

const ids = (workloads: readonly Workload[]): readonly string[] => distinct(workloads.map((workload) => workload.id));

function draftOf(policy: Policy, workloads: readonly Workload[], path: FieldPath, facet: string, what: string): StateDraft {
  return {
    subject: resourceId(policy),
    facet,
    affected: ids(workloads).map((id) => `${id} ${facet}`),
    certainty: certaintyOf(workloads),
    place: { resource: policy, path },
    message: `${named(policy)} means something else in ambient than it says: ${what}`,
    impact: 'the mode that a reader sees is not the one in force',
    remedy: 'state STRICT or PERMISSIVE for the whole workload, and list every port that differs in a policy that states its own `mtls.mode`',
    validation: { positive: 'a request over mutual TLS is answered', negative: 'a plaintext request is refused where STRICT is meant' },
  };
}
