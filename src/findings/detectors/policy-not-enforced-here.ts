/**
 * A policy is bound to something that never enforces it: target references before sidecars or before a Service without waypoint (A2.3, A2.7,
 * M89), another class or namespace (A2.5, A2.8), a selector of waypoint pods (A2.5), a PeerAuthentication with a selector in the root
 * namespace (M4), and CUSTOM, AUDIT or tokens at a ztunnel (A4.10, A4.15).
 */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { hasSelector } from '#mesh/attachment.ts';
import { isWaypoint, waypointOfService } from '#mesh/waypoints.ts';
import type { FieldPath } from '#source/origin.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { certaintyOf, isAmbient, isDryRun, type Policy, type SelectingPolicy, type SideFacts, type TokenPolicy } from '../facts.ts';
import { listed, named } from '../text.ts';

interface Dead {
  readonly path: FieldPath;
  readonly facet: string;
  readonly because: string;
  readonly certainty?: 'proved' | 'conditional';
}

export const policyNotEnforcedHere = defineDetector({
  rule: 'policy-not-enforced-here',
  detectState: (side) => [
    ...[...side.of('AuthorizationPolicy').filter((policy) => !isDryRun(policy)), ...side.of('RequestAuthentication')].flatMap((policy) => deadIn(side, policy).map((dead) => draftOf(policy, dead))),
    ...side.of('PeerAuthentication').flatMap((policy) => (policy.namespace === side.mesh.config.rootNamespace && hasSelector(policy.spec.selector) ? [draftOf(policy, ignoredInRoot)] : [])),
  ],
});

const ignoredInRoot: Dead = { path: ['spec', 'selector'], facet: 'root-selector', because: 'a PeerAuthentication of the root namespace that has a selector is ignored' };

function deadIn(side: SideFacts, policy: Policy | TokenPolicy): readonly Dead[] {
  const { targetRefs } = policy.spec;
  if (targetRefs.length > 0) return targetRefs.flatMap((target, index) => deadTarget(side, policy, target, ['spec', 'targetRefs', index]) ?? []);
  const gateway = policy.spec.selector?.matchLabels['gateway.networking.k8s.io/gateway-name'];
  const waypoint = gateway === undefined ? undefined : side.of('KubernetesGateway').find((object) => object.name === gateway && object.namespace === policy.namespace && isWaypoint(side.mesh, object));
  if (waypoint !== undefined) return [{ path: ['spec', 'selector'], facet: 'waypoint-selector', because: 'it selects the pods of a waypoint, and waypoints read policies with `targetRefs` only' }];
  const ambient = side.reachOf(policy).workloads.filter(isAmbient);
  if (ambient.length === 0) return [];
  const certainty = certaintyOf(ambient);
  const ids = listed(distinct(ambient.map((workload) => workload.id)));
  if (policy.kind === 'RequestAuthentication') return [{ path: [], facet: 'ztunnel', certainty, because: `only ztunnel stands before ${ids}, and it reads no tokens` }];
  if (policy.spec.action === 'CUSTOM') return [{ path: ['spec', 'action'], facet: 'ztunnel', certainty, because: `only ztunnel reads it before ${ids}, and it asks no external authorizer` }];
  const empty = policy.spec.selector !== undefined && !hasSelector(policy.spec.selector);
  return empty ? [{ path: ['spec', 'selector'], facet: 'empty-selector', certainty, because: `an empty \`selector\` reaches no workload at ztunnel, ${ids} included` }] : [];
}

function deadTarget(side: SideFacts, policy: Policy | TokenPolicy, target: Policy['spec']['targetRefs'][number], path: FieldPath): Dead | undefined {
  const { mesh } = side;
  const facet = `${target.kind} ${target.name}`;
  const isOwn = (object: { readonly name: string; readonly namespace: string | undefined }): boolean => object.name === target.name && object.namespace === policy.namespace;
  switch (target.kind) {
    case 'Service':
    case 'ServiceEntry': {
      const service = target.kind === 'Service' ? side.of('Service').find(isOwn) : side.of('ServiceEntry').find(isOwn);
      if (service === undefined || waypointOfService(mesh, service) !== undefined) return undefined;
      return { path, facet, because: `no waypoint stands before ${named(service)}, and nothing else reads policies with \`targetRefs\`` };
    }
    case 'GatewayClass':
      if (target.name !== 'istio-waypoint') return { path, facet, because: '`istio-waypoint` is the only class that policies can be bound to' };
      return policy.namespace === mesh.config.rootNamespace ? undefined : { path, facet, because: 'a policy for a class counts in the root namespace only' };
    case 'Gateway': {
      const gateways = side.of('KubernetesGateway');
      const elsewhere = gateways.find((gateway) => gateway.name === target.name);
      return elsewhere === undefined || gateways.some(isOwn) ? undefined : { path, facet, because: `the Gateway of that name stands in \`${elsewhere.namespace ?? ''}\`, and a policy binds in its own namespace only` };
    }
    default:
      return undefined;
  }
}

function draftOf(policy: SelectingPolicy, { path, facet, because, certainty }: Dead): StateDraft {
  return {
    subject: resourceId(policy),
    facet,
    // By what it says, so that a renamed policy is not found anew.
    affected: [`${policy.kind} ${policy.namespace ?? ''} ${facet} ${because}`],
    certainty: certainty ?? 'proved',
    place: { resource: policy, path },
    message: `${named(policy)} is enforced by nobody here: ${because}`,
    impact: 'the protection that the policy describes is not there',
    remedy: 'bind the policy where something enforces it: `targetRefs` before a waypoint, a selector before sidecars and ztunnel',
    validation: { positive: 'a request that the policy allows is answered', negative: 'a request that the policy refuses is refused' },
  };
}
