/**
 * The one rule that answers for a change. Total over directions and facets, so that no widening is without a finding; further rules
 * (MP204, MP203 beside MP102) may speak about the same change.
 */
import { assertNever } from '#lib/assert-never.ts';
import type { Change, Facet } from '#impact/change.ts';
import type { RuleId } from './catalogue.ts';
import type { EnvironmentFacts } from './detector.ts';
import { headId } from './renames.ts';
import { newTrustDomain } from './trust-domains.ts';

/**
 * @param environments the sides that were compared: what left the mesh, and which trust domains a side accepts
 * @returns `undefined`: more protection, or a loss that another layer already causes; the change itself says so
 */
export function principalRule(change: Change, environments: readonly EnvironmentFacts[] = []): RuleId | undefined {
  const lost = enforcementLostRule(change, environments);
  if (lost !== undefined) return lost;
  switch (change.direction) {
    case 'widened':
      return newTrustDomain(change, environments) === undefined ? widenedRule(change) : 'trust-domain-widened';
    case 'weakened':
      return weakenedRule(change);
    case 'narrowed':
      // The TLS that clients send is refused.
      if (change.call !== undefined && change.call.head !== 'nothing') return 'mtls-mismatch';
      if (change.facet === 'identity' && !isAboutWorkload(change)) return undefined;
      // Whoever proved an identity was not refused for want of one.
      return change.facet === 'mtls' && change.callers.plaintext ? 'mtls-required' : 'flow-lost';
    case 'undecided-widened':
      // Somebody is still asked, and it is another authority than before.
      if (change.facet === 'identity') return 'identity-gained';
      return change.facet === 'external-authorization' ? 'external-authorization-lost' : 'access-widened-undecided';
    case 'undecided-narrowed':
      return 'flow-lost';
    case 'latent-widened':
      return 'latent-widening';
    case 'latent-narrowed':
    case 'strengthened':
      return undefined;
    default:
      return assertNever(change.direction);
  }
}

/** No proxy stands before the destination any longer: that is the event, whatever layer the witness meets first (M55 to M68, M69). */
function enforcementLostRule(change: Change, environments: readonly EnvironmentFacts[]): RuleId | undefined {
  const { direction, witness } = change;
  if ((direction !== 'widened' && direction !== 'weakened') || witness === undefined) return undefined;
  if (witness.head.enforcedAt !== 'none' || witness.base.enforcedAt === undefined || witness.base.enforcedAt === 'none' || witness.base.layer === 'network-policy') return undefined;
  return staysInMesh(change, environments) ? 'capture-hole' : 'enrolment-lost';
}

/** Still enrolled, so that only some of its traffic goes around the proxy. */
function staysInMesh(change: Change, environments: readonly EnvironmentFacts[]): boolean {
  const known = environments
    .filter((pair) => change.environments.includes(pair.id))
    .flatMap((pair) => change.destinations.map((destination) => pair.head.mesh.workloads.get(headId(pair, destination.id))?.enrolment.mode))
    .filter((mode) => mode !== undefined);
  return known.length > 0 && known.every((mode) => mode !== 'none');
}

/** A workload's account changed and its access with it; without that, accounts and policies were renamed together. */
export function isAboutWorkload({ facet, witness }: Change): boolean {
  return facet === 'identity' && (witness === undefined || witness.from.workload !== undefined);
}

function widenedRule(change: Change): RuleId {
  switch (change.facet) {
    case 'mtls':
      return change.callers.plaintext ? 'plaintext-opened' : 'access-widened';
    case 'token':
      if (!asksForToken(change)) return 'token-no-longer-required';
      return change.causes.some((cause) => cause.resource.startsWith('RequestAuthentication/')) ? 'issuer-or-keys-widened' : 'access-widened';
    case 'external-authorization':
      // From `deny` to `asks` somebody still decides, but more than before: that is new access.
      return change.witness === undefined || change.witness.base.verdict === 'asks' ? 'external-authorization-lost' : 'access-widened';
    case 'ingress':
      return 'internet-exposure';
    case 'enrolment':
      // Another proxy stands there now, and its policies let more pass.
      return 'access-widened';
    case 'identity':
      return 'identity-gained';
    case 'egress':
      return 'egress-opened';
    case 'access':
      return decidedByNetworkAlone(change) ? 'network-policy-widened' : 'access-widened';
    default:
      return assertNever(change.facet);
  }
}

/** Whatever is newly possible carries a token that somebody has signed. */
export function asksForToken({ region }: Change): boolean {
  return region.complete && region.cubes.length > 0 && region.cubes.every(({ token }) => token?.only?.some((word) => !/ (of issuer|signed by) /.test(word)) === false);
}

/** The network refused and no proxy stands behind it. */
function decidedByNetworkAlone({ witness }: Change): boolean {
  return witness?.base.layer === 'network-policy' && witness.head.enforcedAt === 'none';
}

function weakenedRule(change: Change): RuleId {
  const weakened: Readonly<Record<Facet, RuleId>> = {
    mtls: 'client-plaintext',
    token: 'token-no-longer-required',
    'external-authorization': 'external-authorization-lost',
    ingress: 'ingress-tls-weakened',
    enrolment: 'enrolment-lost',
    identity: 'identity-gained',
    egress: 'mtls-lost-by-sidecar-scope',
    access: 'access-widened',
  };
  return weakened[change.facet];
}
