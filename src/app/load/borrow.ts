/** R18: what cannot be read on one side is taken from the other side, so that no change is computed from its absence. */
import { groupBy } from '#lib/group.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { rawKey } from '#units/pairing.ts';
import type { Broken, FileContent } from './read.ts';

export interface Borrowed {
  readonly broken: Broken;
  /** The other side's own objects; or, where it has none, what the last of duplicate keys says. */
  readonly resources: readonly AnyResource[];
}

/** One side's files of one unit, and what the unit's folder is called on the other side. */
export interface UnitFiles {
  readonly unit: string;
  readonly defaultNamespace: string;
  readonly files: readonly FileContent[];
  /** The same file on the other side, which a renamed folder keeps under another path. */
  readonly counterpart: (file: string) => string;
}

/**
 * @param own units of the side that has broken parts. @param other every file content of the other side.
 * An object that this side defines anywhere is never borrowed: it was moved, not lost.
 */
export function borrow(own: readonly UnitFiles[], other: readonly FileContent[]): readonly Borrowed[] {
  if (own.every((unit) => unit.files.every((file) => file.broken.length === 0))) return [];
  const defined = new Set<string>();
  for (const unit of own) for (const file of unit.files) for (const resource of file.resources) defined.add(resourceId(resource));
  const otherById = new Map<string, AnyResource[]>();
  for (const file of other) {
    for (const resource of file.resources) {
      const id = resourceId(resource);
      const list = otherById.get(id);
      if (list === undefined) otherById.set(id, [resource]);
      else list.push(resource);
    }
  }
  const otherFiles = groupBy(other, (file) => file.file);
  const taken = new Set<AnyResource>();
  const take = (candidates: readonly AnyResource[]): readonly AnyResource[] => {
    const free = candidates.filter((resource) => !defined.has(resourceId(resource)) && !taken.has(resource));
    for (const resource of free) taken.add(resource);
    return free;
  };
  const found: Borrowed[] = [];
  for (const unit of own) {
    for (const file of unit.files) {
      if (file.broken.length === 0) continue;
      const there = (otherFiles.get(unit.counterpart(file.file)) ?? otherFiles.get(file.file) ?? []).flatMap((each) => each.resources);
      for (const broken of file.broken) {
        const resources = take(lendersOf(broken, unit, there, otherById, defined));
        found.push({ broken, resources: resources.length > 0 ? resources : broken.fallback });
      }
    }
  }
  return found;
}

function lendersOf(broken: Broken, unit: UnitFiles, there: readonly AnyResource[], otherById: ReadonlyMap<string, readonly AnyResource[]>, defined: ReadonlySet<string>): readonly AnyResource[] {
  const key = rawKey(broken.value);
  // Two objects in one document hide which of them the recovered name belongs to.
  const ids = key === undefined || broken.problem.kind === 'glued-separator' ? [] : idsOf(key, unit.defaultNamespace);
  const named = ids.flatMap((id) => otherById.get(id) ?? []);
  if (named.length > 0) return named;
  const unaccounted = there.filter((resource) => !defined.has(resourceId(resource)));
  if (broken.document === undefined || broken.problem.kind === 'glued-separator') return unaccounted;
  const atIndex = unaccounted.filter((resource) => resource.origin.document === broken.document);
  return atIndex.length > 0 || ids.length > 0 ? atIndex : unaccounted;
}

/** A raw `Kind/namespace/name` as resource ids: with the unit's namespace where it names none, or cluster-scoped. */
function idsOf(key: string, defaultNamespace: string): readonly string[] {
  const [kind = '', namespace = '', ...name] = key.split('/');
  return [`${kind}/${namespace === '' ? defaultNamespace : namespace}/${name.join('/')}`, `${kind}/${name.join('/')}`];
}
