/**
 * Every kind that is read: its group and versions, its field table, its admission rules and its decoder.
 * A kind is recognised by group and kind, never by version: an old manifest still says what its author wants.
 */
import type { AnyKindEntry, KindEntry } from './entry.ts';
import { coreKinds } from './kinds-core.ts';
import { gatewayApiKinds } from './kinds-gateway-api.ts';
import { kubernetesKinds } from './kinds-kubernetes.ts';
import { securityKinds } from './kinds-security.ts';
import { trafficKinds } from './kinds-traffic.ts';
import { workloadKinds } from './kinds-workload.ts';
import { otherNetworkKinds } from './other-networks.ts';
import type { Kind } from './resource.ts';

export const registry = {
  ...securityKinds,
  ...workloadKinds,
  ...coreKinds,
  ...trafficKinds,
  ...kubernetesKinds,
  ...gatewayApiKinds,
  ...otherNetworkKinds,
} satisfies { readonly [K in Kind]: KindEntry<K> };

const byGroupAndName: ReadonlyMap<string, AnyKindEntry> = new Map(Object.values(registry).map((entry: AnyKindEntry) => [`${entry.group}/${entry.name}`, entry]));

/** Groups that kinds lived in before; all of their versions are removed. */
const formerGroups: ReadonlyMap<string, string> = new Map([
  ['extensions/Deployment', 'apps/Deployment'],
  ['extensions/DaemonSet', 'apps/DaemonSet'],
  ['extensions/ReplicaSet', 'apps/ReplicaSet'],
  ['extensions/Ingress', 'networking.k8s.io/Ingress'],
  ['extensions/NetworkPolicy', 'networking.k8s.io/NetworkPolicy'],
]);

export function entryOf(group: string, name: string): AnyKindEntry | undefined {
  // Every constraint of Gatekeeper is of a kind that its template makes.
  if (group === 'constraints.gatekeeper.sh') return registry.GatekeeperConstraint;
  // Calico's own storage has the same objects under another group.
  const key = `${group === 'crd.projectcalico.org' ? 'projectcalico.org' : group}/${name}`;
  return byGroupAndName.get(formerGroups.get(key) ?? key);
}
