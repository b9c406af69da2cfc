/** R12: workloads that only one side has are paired by equal pod labels or by all shared Services; a renamed Deployment is no change. */
import { canonical } from '#lib/canonical.ts';
import { compareText, distinct } from '#lib/order.ts';
import { resourceId, type AnyResource, type Resource } from '#manifests/resource.ts';
import type { WorkloadSpec } from '#manifests/workload.ts';
import type { Mesh } from '#mesh/model.ts';
import { selectorIndex, type Labels } from '#mesh/selection.ts';
import { pairByOverlap, type Pairable } from '#units/pairing.ts';

type WorkloadResource = Extract<AnyResource, { readonly spec: WorkloadSpec }>;

/** Resource id at the head → resource id on the base. Workloads that both sides have are not in it. */
export function pairWorkloads(base: readonly AnyResource[], head: readonly AnyResource[]): ReadonlyMap<string, string> {
  const baseIds = new Set(base.map(resourceId));
  const headIds = new Set(head.map(resourceId));
  const gone = base.filter(isWorkload).filter((resource) => !headIds.has(resourceId(resource)));
  const fresh = head.filter(isWorkload).filter((resource) => !baseIds.has(resourceId(resource)));
  if (gone.length === 0 || fresh.length === 0) return new Map();
  const shared = (resource: AnyResource): boolean => resource.kind === 'Service' && baseIds.has(resourceId(resource)) && headIds.has(resourceId(resource));
  return pairByOverlap(shapes(gone, servicesOf(base, shared)), shapes(fresh, servicesOf(head, shared)));
}

/** The same in the words of the model: head workload id → base workload id. */
export function renamedWorkloads(renames: ReadonlyMap<string, string>, base: Mesh, head: Mesh): ReadonlyMap<string, string> {
  if (renames.size === 0) return new Map();
  const baseWorkloads = new Map([...base.workloads.values()].flatMap((workload) => (workload.resource === undefined ? [] : [[resourceId(workload.resource), workload.id] as const])));
  return new Map(
    [...head.workloads.values()].flatMap((workload) => {
      const old = workload.resource === undefined ? undefined : renames.get(resourceId(workload.resource));
      const id = old === undefined ? undefined : baseWorkloads.get(old);
      return id === undefined || id === workload.id ? [] : [[workload.id, id] as const];
    }),
  );
}

function isWorkload(resource: AnyResource): resource is WorkloadResource {
  return 'podLabels' in resource.spec;
}

type ServiceFinder = (namespace: string, labels: Labels) => readonly string[];

function servicesOf(resources: readonly AnyResource[], shared: (resource: AnyResource) => boolean): ServiceFinder {
  const entries = new Map<string, { readonly selector: Labels; readonly item: string }[]>();
  for (const resource of resources) {
    if (!isSelectingService(resource) || !shared(resource)) continue;
    const entry = { selector: resource.spec.selector ?? {}, item: resourceId(resource) };
    const list = entries.get(resource.namespace ?? '');
    if (list === undefined) entries.set(resource.namespace ?? '', [entry]);
    else list.push(entry);
  }
  const indexes = new Map([...entries].map(([namespace, list]) => [namespace, selectorIndex(list)]));
  return (namespace, labels) => indexes.get(namespace)?.(labels) ?? [];
}

function isSelectingService(resource: AnyResource): resource is Resource<'Service'> {
  return resource.kind === 'Service' && Object.keys(resource.spec.selector ?? {}).length > 0;
}

function shapes(workloads: readonly WorkloadResource[], services: ServiceFinder): readonly Pairable[] {
  return workloads
    .map((resource): Pairable => {
      const namespace = resource.namespace ?? '';
      const { podLabels, serviceAccount } = resource.spec;
      const parts = new Map<string, string>();
      if (Object.keys(podLabels).length > 0) parts.set(`labels ${namespace} ${canonical(podLabels)}`, serviceAccount);
      const selecting = distinct(services(namespace, podLabels));
      if (selecting.length > 0) parts.set(`services ${selecting.join(' ')}`, serviceAccount);
      return { id: resourceId(resource), parts };
    })
    .sort((left, right) => compareText(left.id, right.id));
}
