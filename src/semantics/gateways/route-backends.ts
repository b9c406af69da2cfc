/** What a rule of a Kubernetes route sends to (M124). */
import type { BackendRef } from '#manifests/routes.ts';
import type { RouteDestination } from '#manifests/virtual-service.ts';
import type { Mesh } from '#mesh/model.ts';
import { granted } from './reference-grants.ts';

/** `refused`: one of them makes Istio refuse the whole route. `none`: nothing has a weight. */
export type RuleBackends = { readonly type: 'refused' } | { readonly type: 'none' } | { readonly type: 'destinations'; readonly destinations: readonly RouteDestination[] };

export function ruleBackends(mesh: Mesh, kind: string, namespace: string, backends: readonly BackendRef[]): RuleBackends {
  const weighted = backends.filter(({ weight }) => weight > 0);
  if (weighted.length === 0) return { type: 'none' };
  const found = weighted.map((backend) => destinationOf(mesh, kind, namespace, backend));
  if (found.some((destination) => destination === undefined)) return { type: 'refused' };
  const destinations = found.flatMap((destination) => destination ?? []);
  // Recorded: beside a valid one an ungranted backend is dropped, and the valid one takes its share.
  const valid = destinations.filter(({ host }) => host !== '');
  const kept = valid.length > 0 ? valid : destinations.slice(0, 1);
  return { type: 'destinations', destinations: kept.length === 1 ? kept.map((only) => ({ ...only, weight: 0 })) : kept };
}

/** An empty host: not permitted, or of a kind that Istio does not serve. `undefined`: invalid. */
function destinationOf(mesh: Mesh, kind: string, own: string, backend: BackendRef): RouteDestination | undefined {
  const namespace = backend.namespace ?? own;
  const nowhere: RouteDestination = { host: '', subset: '', port: undefined, weight: backend.weight };
  if (!granted(mesh, { kind, namespace: own }, { group: backend.group, kind: backend.kind, namespace, name: backend.name })) return nowhere;
  const host = hostOf(backend, namespace);
  if (host === 'invalid') return undefined;
  if (host === undefined) return nowhere;
  return backend.port === undefined ? undefined : { host, subset: '', port: backend.port, weight: backend.weight };
}

function hostOf({ group, kind, name, namespace }: BackendRef, effective: string): string | undefined {
  if (group === '' && kind === 'Service') return name.includes('.') ? 'invalid' : `${name}.${effective}.svc.cluster.local`;
  if (group === 'networking.istio.io' && kind === 'Hostname') return namespace === undefined ? name : 'invalid';
  if (group === 'multicluster.x-k8s.io' && kind === 'ServiceImport') return `${name}.${effective}.svc.cluster.local`;
  return undefined;
}
