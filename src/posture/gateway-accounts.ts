/** As whom a gateway calls. Of pods that nobody declares the account is not told: it may be any of those that policies name there, or one that none names (M130, R29). */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';

/** `trust-domain/ns/x/sa/y`, each; a declared gateway has one. */
export function gatewayIdentities(mesh: Mesh, pods: GatewayPods): readonly string[] {
  const identity = (account: string): string => `${mesh.config.trustDomain}/ns/${pods.namespace}/sa/${account}`;
  return pods.isPhantom ? distinct([usualAccount(pods), ...accountsNamed(mesh, pods.namespace)]).map(identity) : [identity(pods.serviceAccount)];
}

/** @see https://github.com/istio/istio/blob/master/manifests/charts/gateways/istio-ingress/templates/serviceaccount.yaml */
function usualAccount({ labels }: GatewayPods): string {
  return `${labels['app'] ?? labels['istio'] ?? 'gateway'}-service-account`;
}

const known = new WeakMap<Mesh, Map<string, readonly string[]>>();

/**
 * Wherever policies speak of callers; of a beginning, the account that is no more than it. Declared workloads have accounts of their own, and
 * where some names are those of a gateway the others are not.
 */
function accountsNamed(mesh: Mesh, namespace: string): readonly string[] {
  const forMesh = known.get(mesh) ?? new Map<string, readonly string[]>();
  known.set(mesh, forMesh);
  const found = forMesh.get(namespace);
  if (found !== undefined) return found;
  const name = namespace.replace(/[^\w-]/g, '');
  const written = new RegExp(`(?:/ns/${name}/sa/|"${name}/)([a-z0-9][a-z0-9.-]*)`, 'g');
  const fresh = distinct(ofKind(mesh, 'AuthorizationPolicy').flatMap(({ spec }) => [...canonical(spec.rules).matchAll(written)].flatMap(([, account]) => account ?? [])));
  const taken = new Set([...mesh.workloads.values()].flatMap((workload) => (workload.namespace === namespace ? [workload.serviceAccount] : [])));
  const free = fresh.filter((account) => !taken.has(account));
  const likely = free.filter((account) => /gateway|ingress|egress/.test(account));
  const accounts = likely.length > 0 ? likely : free;
  forMesh.set(namespace, accounts);
  return accounts;
}
