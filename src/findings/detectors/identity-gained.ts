/**
 * A workload's account changes, and with it the identity that policies name (M150, M151), or the workload leaves the mesh and presents none.
 * Where accounts and policies were renamed together the workload may do what it might before: that is told, and gains nothing. An account
 * of its own that the pull request makes has nobody else's access: what policies grant it is new access of one caller.
 */
import type { Change } from '#impact/change.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { isAboutWorkload } from '../classify.ts';
import { defineDetector, type ChangeContext } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { breadthSeverity } from '../severity.ts';
import { openedMessage, openedValidation } from '../text.ts';
import { touchesCriticalAsset } from './access-widened.ts';

export const identityGained = defineDetector({
  rule: 'identity-gained',
  detectChanges: (context) =>
    changesOf(context, 'identity-gained').map((change) => isAboutWorkload(change) && change.direction === 'widened' && hasAccountOfItsOwn(context, change) && !touchesCriticalAsset(context, change) ? {
      change,
      severity: breadthSeverity(change),
      message: openedMessage(change),
      impact: 'the workload acts with an account that is made here for it alone, and may do what policies grant that account',
      remedy: 'nothing, if the policies that name the account mean this workload',
      validation: openedValidation(change),
    } : isAboutWorkload(change) ? {
      change,
      ...(change.direction === 'widened' ? {} : { certainty: 'undecided' as const }),
      message: openedMessage(change),
      ...(presentsNone(change) ? (goesAround(context, change) ? aroundProxy : withoutIdentity) : underAnother),
      validation: openedValidation(change),
    } : {
      change,
      severity: 'info',
      message: openedMessage(change),
      impact: 'the workload acts with another identity and keeps the access it had',
      remedy: 'nothing, if the new account belongs to this workload alone',
      validation: openedValidation(change),
    }),
});

const underAnother = {
  impact: 'the workload acts with an account that may do more than its former one, and so does whoever controls its pods',
  remedy: 'give the workload an account of its own, and let policies name it for what it needs',
};

const withoutIdentity = {
  impact: 'the workload presents no identity any more, so that what names its account no longer meets it; whoever controls its pods may do what plaintext may',
  remedy: 'keep the workload in the mesh, or ask for an identity at the destination (STRICT, or an ALLOW by principal)',
};

const aroundProxy = {
  impact: 'these calls go around the workload\'s own proxy and carry no identity any more, so that what names its account no longer meets them; whoever controls its pods may do what plaintext may',
  remedy: 'let its sidecar carry the calls again (`excludeOutboundPorts` and the like), or ask for an identity at the destination (STRICT, or an ALLOW by principal)',
};

/** The caller is in the mesh all the same. */
function goesAround({ environments }: ChangeContext, { witness, environments: within }: Change): boolean {
  const caller = witness?.from.workload;
  return caller !== undefined && environments.some(({ id, head }) => within.includes(id) && (head.mesh.workloads.get(caller)?.enrolment.mode ?? 'none') !== 'none');
}

/** Every request of the change is one without an identity. */
function presentsNone({ region }: Change): boolean {
  return region.cubes.length > 0 && region.cubes.every(({ peers }) => peers?.only?.length === 1 && peers.only[0] === '(none)');
}

/** Each caller is a workload whose account the pull request makes, and that nobody else uses, before or after. */
function hasAccountOfItsOwn({ environments }: ChangeContext, { callers, environments: within }: Change): boolean {
  if (callers.plaintext || callers.open.length > 0 || callers.known.length === 0) return false;
  return environments
    .filter(({ id }) => within.includes(id))
    .every(({ base, head }) => {
      if (base === undefined) return false;
      const known = new Set(callers.known);
      const acting = [...head.mesh.workloads.values()].filter((workload) => known.has(`${workload.namespace}/${workload.name}[${workload.kind}]`));
      return acting.length === known.size && acting.every((workload) => !isMade(base.mesh, workload) && isMade(head.mesh, workload) && usersOf(base.mesh, workload) === 0 && usersOf(head.mesh, workload) === 1);
    });
}

function isMade(mesh: Mesh, { namespace, serviceAccount }: Workload): boolean {
  return ofKind(mesh, 'ServiceAccount').some((account) => account.namespace === namespace && account.name === serviceAccount);
}

function usersOf(mesh: Mesh, { namespace, serviceAccount }: Workload): number {
  return [...mesh.workloads.values()].filter((other) => other.namespace === namespace && other.serviceAccount === serviceAccount).length;
}
