import { groupBy } from '#lib/group.ts';
import type { Mesh, Workload } from './model.ts';
import { selects } from './selection.ts';
import type { Labels } from './selection.ts';

type ByPair = ReadonlyMap<string, readonly Workload[]>;

interface Index {
  readonly byNamespace: ReadonlyMap<string, readonly Workload[]>;
  /** By one pair of labels, made when somebody asks: for a namespace of many workloads, and under `undefined` for all of them. */
  readonly byPair: Map<string | undefined, ByPair>;
}

/** By the workloads: meshes that differ in other things share it. */
const indexes = new WeakMap<Mesh['workloads'], Index>();

/** So few workloads are tried one by one sooner than an index of them is made. */
const fewWorkloads = 24;

/** Declared workloads with these labels, in id order; `namespace: undefined` = in every namespace. */
export function workloadsWith(mesh: Mesh, namespace: string | undefined, selector: Labels): readonly Workload[] {
  const index = indexOf(mesh);
  const pairs = Object.entries(selector);
  if (namespace === undefined) return pairs.length === 0 ? [...mesh.workloads.values()] : selected(byPairOf(index, undefined, () => [...mesh.workloads.values()]), pairs, selector);
  const own = index.byNamespace.get(namespace) ?? [];
  if (pairs.length === 0) return own;
  return own.length <= fewWorkloads ? own.filter((workload) => selects(selector, workload.labels)) : selected(byPairOf(index, namespace, () => own), pairs, selector);
}

function selected(byPair: ByPair, pairs: readonly (readonly [string, string])[], selector: Labels): readonly Workload[] {
  const lists = pairs.map(([key, value]) => byPair.get(pairKey(key, value)) ?? []);
  const shortest = lists.reduce((best, list) => (list.length < best.length ? list : best));
  return shortest.filter((workload) => selects(selector, workload.labels));
}

function pairKey(key: string, value: string): string {
  return `${key}\u0000${value}`;
}

function byPairOf(index: Index, namespace: string | undefined, workloads: () => readonly Workload[]): ByPair {
  const known = index.byPair.get(namespace);
  if (known !== undefined) return known;
  const fresh = new Map<string, Workload[]>();
  for (const workload of workloads()) {
    for (const [key, value] of Object.entries(workload.labels)) {
      const list = fresh.get(pairKey(key, value));
      if (list === undefined) fresh.set(pairKey(key, value), [workload]);
      else list.push(workload);
    }
  }
  index.byPair.set(namespace, fresh);
  return fresh;
}

function indexOf({ workloads }: Mesh): Index {
  const known = indexes.get(workloads);
  if (known !== undefined) return known;
  const fresh: Index = { byNamespace: groupBy(workloads.values(), (workload) => workload.namespace), byPair: new Map() };
  indexes.set(workloads, fresh);
  return fresh;
}
