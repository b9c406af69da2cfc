import { compareBy } from '#lib/order.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { sameDecoded } from './content.ts';

/** An object whose content differs between the sides, wherever its file lies: moved, reordered, re-quoted text is no change. */
export interface ChangedResource {
  /** `Kind/namespace/name`; of a renamed workload the base's (R12). */
  readonly resource: string;
  readonly environments: readonly string[];
  readonly change: 'added' | 'modified' | 'removed';
  readonly base: AnyResource | undefined;
  readonly head: AnyResource | undefined;
}

export interface ComparedEnvironment {
  readonly id: string;
  readonly base: ReadonlyMap<string, AnyResource>;
  readonly head: ReadonlyMap<string, AnyResource>;
  /** Head resource id → base resource id. */
  readonly renames: ReadonlyMap<string, string>;
}

export function changedResources(environments: readonly ComparedEnvironment[]): readonly ChangedResource[] {
  const found = new Map<string, { readonly entry: Omit<ChangedResource, 'environments'>; readonly environments: string[] }>();
  const add = (environment: string, entry: Omit<ChangedResource, 'environments'>): void => {
    const key = `${entry.change} ${entry.resource}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { entry, environments: [environment] });
    else known.environments.push(environment);
  };
  for (const { id: environment, base, head, renames } of environments) {
    const renamed = new Set(renames.values());
    for (const [id, resource] of head) {
      const baseId = renames.get(id) ?? id;
      const before = base.get(baseId);
      if (before === undefined) add(environment, { resource: id, change: 'added', base: undefined, head: resource });
      else if (before !== resource && !sameDecoded(before, resource)) add(environment, { resource: baseId, change: 'modified', base: before, head: resource });
    }
    for (const [id, resource] of base) if (!head.has(id) && !renamed.has(id)) add(environment, { resource: id, change: 'removed', base: resource, head: undefined });
  }
  return [...found.values()].map(({ entry, environments: ids }) => ({ ...entry, environments: ids })).sort(compareBy((each) => each.resource, (each) => each.change));
}
