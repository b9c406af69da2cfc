/**
 * A selector or target reference matches nothing known (A2.2, M3, R29). Where the namespace declares no workload at all it is deployed
 * from elsewhere: then one line per namespace.
 */
import { distinct } from '#lib/order.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import type { TargetRef } from '#manifests/selector.ts';
import { hasSelector } from '#mesh/attachment.ts';
import { selectorText } from '#mesh/selection.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { grouped, type SelectingPolicy, type SideFacts } from '../facts.ts';
import { listed, named } from '../text.ts';
import type { FieldPath } from '#source/origin.ts';

interface Lost {
  readonly policy: SelectingPolicy;
  readonly path: FieldPath;
  readonly because: string;
  readonly facet: string;
  readonly ids: readonly string[];
}

export const selectsNothing = defineDetector({
  rule: 'selects-nothing',
  detectState: (side) => {
    const policies: readonly SelectingPolicy[] = [...side.of('AuthorizationPolicy'), ...side.of('PeerAuthentication'), ...side.of('RequestAuthentication')];
    const populated = new Set(side.workloads.map((workload) => workload.namespace));
    const lost = policies.flatMap((policy) => lostTarget(side, policy));
    const isPopulated = (policy: SelectingPolicy): boolean => populated.has(policy.namespace ?? '') || (policy.namespace === side.mesh.config.rootNamespace && populated.size > 0);
    const single = lost.filter((entry) => isPopulated(entry.policy));
    const elsewhere = grouped(lost.filter((entry) => !isPopulated(entry.policy)), (entry) => entry.policy.namespace ?? '');
    return [...single.map(draftOf), ...[...elsewhere].map(([namespace, entries]) => foldedDraft(namespace, entries))];
  },
});

function lostTarget(side: SideFacts, policy: SelectingPolicy): Lost[] {
  if (policy.kind !== 'PeerAuthentication' && policy.spec.targetRefs.length > 0) {
    return policy.spec.targetRefs.flatMap((target, index): Lost[] => {
      const known = targetsOf(side, target);
      if (known === undefined || known.some((object) => object.name === target.name && object.namespace === policy.namespace)) return [];
      const id = `${policy.namespace ?? ''}/${target.kind}:${target.name}`;
      return [{ policy, path: ['spec', 'targetRefs', index], because: `there is no \`${target.kind} ${policy.namespace ?? ''}/${target.name}\``, facet: `${target.kind} ${policy.namespace ?? ''}/${target.name}`, ids: [id] }];
    });
  }
  if (!hasSelector(policy.spec.selector)) return [];
  const reach = side.reachOf(policy);
  if (reach.workloads.length > 0 || reach.ids.length === 0) return [];
  const labels = selectorText(policy.spec.selector?.matchLabels ?? {});
  return [{ policy, path: ['spec', 'selector', 'matchLabels'], because: `no workload of its scope matches \`${labels}\``, facet: labels, ids: reach.ids }];
}

/** What a reference of that kind can name (A2.5). A class is known to the cluster alone. */
function targetsOf(side: SideFacts, { group, kind }: TargetRef): readonly AnyResource[] | undefined {
  if (kind === 'Service' && (group === '' || group === 'core')) return side.of('Service');
  if (kind === 'ServiceEntry') return side.of('ServiceEntry');
  return kind === 'Gateway' ? side.of('KubernetesGateway') : undefined;
}

function draftOf({ policy, path, because, facet, ids }: Lost): StateDraft {
  return {
    subject: resourceId(policy),
    facet,
    affected: ids.map((id) => `${policy.kind} ${id}`),
    evidence: 'INFERRED',
    certainty: 'conditional',
    place: { resource: policy, path },
    message: `${named(policy)} applies to nothing here: ${because}`,
    impact: 'the protection that the policy describes is not there, or stands before something this repository does not show',
    remedy: 'compare the selector with the labels of the pod template (not of the Deployment), or the reference with the name of its target, and both with the namespace of the policy',
    validation: { positive: 'a request that the policy allows is answered by the workload that is meant', negative: 'a request that the policy refuses is refused by the workload that is meant' },
  };
}

function foldedDraft(namespace: string, entries: readonly Lost[]): StateDraft {
  const [first] = entries;
  const names = distinct(entries.map((entry) => resourceId(entry.policy)));
  return {
    subject: `Namespace/${namespace}`,
    facet: 'elsewhere',
    affected: distinct(entries.flatMap((entry) => entry.ids.map((id) => `${entry.policy.kind} ${id}`))),
    severity: 'info',
    certainty: 'conditional',
    evidence: 'UNKNOWN',
    ...(first === undefined ? {} : { place: { resource: first.policy, path: first.path } }),
    message: `\`${namespace}\` declares no workload here, so it is not known what ${listed(names)} ${names.length === 1 ? 'applies' : 'apply'} to`,
    impact: 'the policies are judged as if pods with these labels existed',
    remedy: 'name the manifests of the workloads under `context:` so that selectors can be checked',
    validation: { positive: 'a request that the policies allow is answered in the cluster', negative: 'a request that the policies refuse is refused in the cluster' },
  };
}
