/**
 * Requests that were refused can newly reach a workload. Who the caller is sets the severity (`breadthSeverity`); a declared critical
 * asset raises it by one (A1.1 to A1.14).
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 */
import type { Change } from '#impact/change.ts';
import type { Query } from '#posture/query.ts';
import { defineDetector, type ChangeContext, type ChangeDraft } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { breadthSeverity, breadthOf, stepped, type Breadth } from '../severity.ts';
import { openedMessage, openedValidation } from '../text.ts';

const who: Readonly<Record<Breadth, string>> = {
  anyone: 'anyone who can send a packet to the port gains these requests, without proving an identity',
  mesh: 'every workload of the mesh gains these requests, whatever its account',
  namespace: 'every account of a namespace gains these requests, and whoever may create a pod there',
  named: 'the named account gains these requests, and whoever may run a pod under it',
};

export const accessWidened = defineDetector({
  rule: 'access-widened',
  detectChanges: (context) =>
    changesOf(context, 'access-widened').map((change) => {
      if (servedInPlaintext(context, change)) return channelOnly(change);
      if (change.witness?.base.layer === 'protocol') return otherBytes(change);
      return {
        change,
        severity: touchesCriticalAsset(context, change) ? stepped(breadthSeverity(change), 1) : breadthSeverity(change),
        message: openedMessage(change),
        impact: who[breadthOf(change.callers)],
        remedy: 'if these requests are not wanted, restore the rule, or restrict the new one by `principals`, `methods` and `paths`',
        validation: openedValidation(change),
      };
    }),
});

/** The base let the same request pass without any identity: what is new is the proof of one. */
function servedInPlaintext({ environments }: ChangeContext, { facet, witness, environments: within }: Change): boolean {
  if (facet !== 'mtls' || witness === undefined) return false;
  const { from, to, request, given } = witness;
  const anyone: Query = { from: { principal: null, ...(from.ip === undefined ? {} : { ip: from.ip }), ...(from.pod === undefined ? {} : { pod: from.pod }) }, to, request, ...(given === undefined ? {} : { given }) };
  return environments.some(({ id, base }) => {
    const verdict = within.includes(id) ? base?.ask(anyone)?.verdict : undefined;
    return verdict === 'allow' || verdict === 'asks';
  });
}

function channelOnly(change: Change): ChangeDraft {
  return {
    change,
    severity: 'low',
    message: `${openedMessage(change)}; in plaintext the same request was accepted from anyone already`,
    impact: 'no caller gains a request: callers with a mesh identity may send over mutual TLS what they could send in plaintext',
    remedy: 'nothing, if the port is meant for mesh callers; then let it refuse plaintext, too (`mtls.mode: STRICT`)',
    validation: openedValidation(change),
  };
}

/** A4.4: a port that was declared as HTTP refuses what is none. */
function otherBytes(change: Change): ChangeDraft {
  return {
    change,
    severity: 'low',
    message: `${openedMessage(change)}; the port no longer asks for HTTP`,
    impact: 'the application gets bytes that its proxy does not understand, and no HTTP condition of a policy can look at them',
    remedy: 'declare the protocol of the port by its name or `appProtocol` where the application speaks HTTP',
    validation: openedValidation(change),
  };
}

export function touchesCriticalAsset(context: ChangeContext, change: Change): boolean {
  return change.destinations.some((destination) => context.environments.some((pair) => pair.head.criticalAssets.has(destination.id)));
}
