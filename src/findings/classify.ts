/**
 * The one rule that answers for a change. Total over directions and facets, so that no widening is without a finding; further rules
 * (MP204, MP203 beside MP102) may speak about the same change.
 */
import { assertNever } from '#lib/assert-never.ts';
import type { Change, Facet } from '#impact/change.ts';
import type { RuleId } from './catalogue.ts';

/** `undefined`: more protection, or a loss that another layer already causes; the change itself says so. */
export function principalRule(change: Change): RuleId | undefined {
  switch (change.direction) {
    case 'widened':
      return widenedRule(change);
    case 'weakened':
      return weakenedRule(change);
    case 'narrowed':
      return change.facet === 'mtls' ? 'mtls-required' : 'flow-lost';
    case 'undecided-widened':
      return 'access-widened-undecided';
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

function widenedRule(change: Change): RuleId {
  switch (change.facet) {
    case 'mtls':
      return 'plaintext-opened';
    case 'token':
      return 'token-no-longer-required';
    case 'external-authorization':
      // From `deny` to `asks` somebody still decides, but more than before: that is new access.
      return change.witness === undefined || change.witness.base.verdict === 'asks' ? 'external-authorization-lost' : 'access-widened';
    case 'ingress':
      return 'internet-exposure';
    case 'enrolment':
      return 'enrolment-lost';
    case 'identity':
      return 'identity-gained';
    case 'egress':
      return 'egress-opened';
    case 'access':
      return 'access-widened';
    default:
      return assertNever(change.facet);
  }
}

function weakenedRule(change: Change): RuleId {
  const weakened: Readonly<Record<Facet, RuleId>> = {
    mtls: 'client-plaintext',
    token: 'token-no-longer-required',
    'external-authorization': 'external-authorization-lost',
    ingress: 'ingress-tls-weakened',
    enrolment: 'enrolment-lost',
    identity: 'identity-gained',
    egress: 'egress-opened',
    access: 'access-widened',
  };
  return weakened[change.facet];
}
