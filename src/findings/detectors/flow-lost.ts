/**
 * Callers lose requests that they could make. High only where a declared caller surely does: an exact principal in an ALLOW that still
 * stood before and still stands, a probe that is not rewritten, a route. A caller that the change itself strikes from the policy is no longer declared.
 */
import type { Change } from '#impact/change.ts';
import { principalRule } from '../classify.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { FieldPath } from '#source/origin.ts';
import { lostFlow } from '../declared-flows.ts';
import { defineDetector, type ChangeContext, type ChangeDraft, type OpeningDraft } from '../detector.ts';
import { isDryRun, type SideFacts } from '../facts.ts';
import { probesNoLongerRewritten, rewriting, type LostProbe } from '../probes.ts';
import { headId } from '../renames.ts';
import { exactPrincipals } from '../rules.ts';
import { answerPhrase, callerPhrase, causePhrase, lostMessage, lostValidation, named, requestPhrase, targetPhrase } from '../text.ts';

export const flowLost = defineDetector({
  rule: 'flow-lost',
  detectChanges: (context) =>
    context.changes.flatMap((change): ChangeDraft[] => {
      if (change.direction === 'undecided-narrowed') return [observation(change)];
      if (change.direction !== 'narrowed' || principalRule(change, context.environments) === 'mtls-mismatch') return [];
      if (change.call !== undefined) return [callEnded(context, change)];
      const declared = declaredLoss(context, change);
      if (declared !== undefined) return [declared];
      // Plaintext that mutual TLS newly refuses is MP102; only a declared caller makes it a loss.
      return principalRule(change, context.environments) === 'flow-lost' ? [observation(change)] : [];
    }),
  detectOpenings: (pair) => probesNoLongerRewritten(pair).flatMap(lostProbe),
});

function lostProbe({ workload, probe, container, port }: LostProbe): OpeningDraft[] {
  if (workload.resource === undefined) return [];
  return [
    {
      subject: workload.id,
      facet: `${container} ${probe}`,
      affected: [`${workload.id}:${String(port)}`],
      place: { resource: workload.resource, path: [...annotationsOf(workload.resource), rewriting] },
      message: `the ${probe} probe of container \`${container}\` no longer reaches \`${workload.id}:${String(port)}\`: it comes in plaintext, which is refused there, and \`${rewriting}\` no longer leads it to the proxy`,
      impact: 'the pods are restarted, or get no requests, as soon as this is applied',
      remedy: `take the annotation \`${rewriting}\` away, or let plaintext reach that port alone`,
      validation: { positive: 'the pods become ready', negative: 'a request without a mesh identity to the port is refused' },
    },
  ];
}

/** A Pod is its own template. */
function annotationsOf(resource: AnyResource): FieldPath {
  return resource.kind === 'Pod' ? ['metadata', 'annotations'] : ['spec', 'template', 'metadata', 'annotations'];
}

function declaredLoss(context: ChangeContext, change: Change): ChangeDraft | undefined {
  const lost = lostFlow(change, context.environments);
  if (lost === undefined || lost.head.verdict === 'unknown') return undefined;
  const { query, head, declaredBy } = lost;
  const request = { ...query, base: { verdict: 'allow' as const }, head };
  const now = answerPhrase(head).replace('it was', 'it is').replace('no policy allowed it', 'no policy allows it');
  return {
    change,
    severity: 'high',
    message: `${declaredBy} loses ${requestPhrase(request)} to ${targetPhrase(request)}: ${now}${causePhrase(change)}`,
    impact: 'a caller that the manifests still declare fails as soon as this is applied',
    remedy: 'let the new restriction spare this caller, or take the caller out of the policy that declares it if the loss is meant',
    validation: {
      positive: `${requestPhrase(request)} from ${callerPhrase(request)} to ${targetPhrase(request)} is answered`,
      negative: lostValidation(change).negative,
    },
  };
}

/** The callers' own sidecars no longer bring the call there: high where an ALLOW that still stands names one of them. */
function callEnded(context: ChangeContext, change: Change): ChangeDraft {
  const declared = context.environments.filter(({ id }) => change.environments.includes(id)).flatMap((pair) => change.destinations.flatMap((destination) => callersAllowedAt(pair.head, headId(pair, destination.id), change.callers.known)))[0];
  const draft = observation(change);
  if (declared === undefined) return { ...draft, message: `${change.headline}${causePhrase(change)}`, impact: 'these calls fail, or come to another place; no policy of the destination names one of the callers' };
  return {
    ...draft,
    severity: 'high',
    message: `${change.headline}${causePhrase(change)}; ${declared} names the caller`,
    impact: 'a caller that the manifests still declare fails, or comes to another place, as soon as this is applied',
    remedy: 'keep the name, the route or the scope that this call needs, or take the caller out of the policy that declares it if the loss is meant',
  };
}

/** The ALLOW policy that names one of the callers (`namespace/name[Kind]`) exactly. */
function callersAllowedAt(side: SideFacts, id: string, callers: readonly string[]): readonly string[] {
  const workload = side.mesh.workloads.get(id);
  if (workload === undefined) return [];
  const known = new Set(callers);
  const accounts = side.workloads.filter(({ namespace, name, kind }) => known.has(`${namespace}/${name}[${kind}]`)).map(({ namespace, serviceAccount }) => `/ns/${namespace}/sa/${serviceAccount}`);
  return side.policiesAt(workload).flatMap((policy) => (policy.spec.action === 'ALLOW' && !isDryRun(policy) && policy.spec.rules.some((rule) => exactPrincipals(rule).some((principal) => accounts.some((account) => principal.endsWith(account)))) ? [named(policy)] : []));
}

function observation(change: Change): ChangeDraft {
  return {
    change,
    severity: 'info',
    message: lostMessage(change),
    impact: 'callers that relied on these requests fail; none that the manifests still declare was found to lose one',
    remedy: 'make sure that nobody needs these requests any more; if somebody does, name the caller in an ALLOW policy',
    validation: lostValidation(change),
  };
}
