import type { Mesh, Workload } from './model.ts';
import { selects } from './selection.ts';
import type { Labels } from './selection.ts';

interface Index {
  readonly byNamespace: ReadonlyMap<string, readonly Workload[]>;
  /** By `namespace key value`, and by ` key value` for all namespaces. */
  readonly byPair: ReadonlyMap<string, readonly Workload[]>;
}

const indexes = new WeakMap<Mesh, Index>();

/** Declared workloads with these labels, in id order; `namespace: undefined` = in every namespace. */
export function workloadsWith(mesh: Mesh, namespace: string | undefined, selector: Labels): readonly Workload[] {
  const index = indexOf(mesh);
  const pairs = Object.entries(selector);
  if (pairs.length === 0) return namespace === undefined ? [...mesh.workloads.values()] : (index.byNamespace.get(namespace) ?? []);
  const lists = pairs.map(([key, value]) => index.byPair.get(pairKey(namespace, key, value)) ?? []);
  const shortest = lists.reduce((best, list) => (list.length < best.length ? list : best));
  return shortest.filter((workload) => selects(selector, workload.labels));
}

function pairKey(namespace: string | undefined, key: string, value: string): string {
  return `${namespace ?? ''}\u0000${key}\u0000${value}`;
}

function indexOf(mesh: Mesh): Index {
  const known = indexes.get(mesh);
  if (known !== undefined) return known;
  const byNamespace = new Map<string, Workload[]>();
  const byPair = new Map<string, Workload[]>();
  const add = <K>(map: Map<K, Workload[]>, key: K, workload: Workload): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [workload]);
    else list.push(workload);
  };
  for (const workload of mesh.workloads.values()) {
    add(byNamespace, workload.namespace, workload);
    for (const [key, value] of Object.entries(workload.labels)) {
      add(byPair, pairKey(workload.namespace, key, value), workload);
      add(byPair, pairKey(undefined, key, value), workload);
    }
  }
  const index = { byNamespace, byPair };
  indexes.set(mesh, index);
  return index;
}
