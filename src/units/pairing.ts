import { canonical } from '#lib/canonical.ts';
import { compareBy, compareText, distinct } from '#lib/order.ts';
import { follow } from './documents.ts';
import type { Documents } from './documents.ts';
import { isRecord, records } from './kustomization.ts';
import type { SideScan } from './scan.ts';
import { filesBelow } from './scan.ts';
import type { Unit, UnitSide } from './unit.ts';

/** Something with parts that can be recognised on the other side. */
export interface Pairable {
  readonly id: string;
  /** Part → its content: an equal part counts, an equal content counts twice. */
  readonly parts: ReadonlyMap<string, string>;
}

/**
 * Pairs by greatest overlap (R12), each at most once; returns head id → base id. Ties go to the equal id, then to the more similar id,
 * then to code-unit order. What shares no part is paired only with its own id. The work is linear in the parts that few own.
 */
export function pairByOverlap(base: readonly Pairable[], head: readonly Pairable[]): ReadonlyMap<string, string> {
  const owners = new Map<string, Pairable[]>();
  for (const each of base) {
    for (const part of each.parts.keys()) {
      const list = owners.get(part);
      if (list === undefined) owners.set(part, [each]);
      else list.push(each);
    }
  }
  const baseIds = new Set(base.map((each) => each.id));
  const candidates: { readonly head: string; readonly base: string; readonly score: number; readonly same: number; readonly alike: number }[] = [];
  for (const each of head) {
    const scores = new Map<Pairable, number>();
    for (const [part, content] of each.parts) {
      const list = owners.get(part) ?? [];
      // A part that very many have (one Namespace in a thousand overlays) tells nothing and would cost the square of their number.
      if (list.length > 64 && each.parts.size > 1) continue;
      for (const owner of list) scores.set(owner, (scores.get(owner) ?? 0) + (owner.parts.get(part) === content ? 2 : 1));
    }
    for (const [owner, score] of scores) candidates.push({ head: each.id, base: owner.id, score, same: owner.id === each.id ? 1 : 0, alike: alike(owner.id, each.id) });
    if (baseIds.has(each.id)) candidates.push({ head: each.id, base: each.id, score: 0, same: 1, alike: 0 });
  }
  candidates.sort(compareBy((each) => -each.score, (each) => -each.same, (each) => -each.alike, (each) => each.base, (each) => each.head));
  const pairs = new Map<string, string>();
  const taken = new Set<string>();
  for (const each of candidates) {
    if (pairs.has(each.head) || taken.has(each.base)) continue;
    pairs.set(each.head, each.base);
    taken.add(each.base);
  }
  return pairs;
}

/** Common steps at both ends of two paths, then common letters: `dev/app` is more like `development/app` than like `prod/app`. */
function alike(left: string, right: string): number {
  const a = left.split('/');
  const b = right.split('/');
  const steps = commonPrefix(a, b) + commonPrefix([...a].reverse(), [...b].reverse());
  return steps * 1000 + Math.min(999, commonPrefix(left, right));
}

function commonPrefix(left: ArrayLike<string>, right: ArrayLike<string>): number {
  let count = 0;
  while (count < left.length && count < right.length && left[count] === right[count]) count += 1;
  return count;
}

interface Sides {
  readonly base: SideScan;
  readonly head: SideScan;
  readonly documents: Documents;
}

/** One list from the units of both sides; a renamed unit is one, under the base's id (R12). */
export function pairUnits(base: ReadonlyMap<string, UnitSide>, head: ReadonlyMap<string, UnitSide>, sides: Sides): readonly Unit[] {
  const units: Unit[] = [];
  const openBase = new Map(base);
  const openHead = new Map(head);
  for (const [id, baseSide] of base) {
    const headSide = head.get(id);
    if (headSide === undefined || !plainlySame(baseSide, headSide, sides)) continue;
    units.push({ id, base: baseSide, head: headSide });
    openBase.delete(id);
    openHead.delete(id);
  }
  const pairs = pairByOverlap(pairables(openBase, sides.base, sides.documents), pairables(openHead, sides.head, sides.documents));
  const used = new Set(base.keys());
  for (const [id, headSide] of openHead) {
    const partner = pairs.get(id);
    const baseSide = partner === undefined ? undefined : openBase.get(partner);
    if (partner !== undefined && baseSide !== undefined) {
      units.push({ id: partner, base: baseSide, head: inherit(baseSide, headSide) });
      openBase.delete(partner);
      continue;
    }
    // A new unit where a renamed one used to be must not take over the name that the pair keeps.
    let own = id;
    while (used.has(own)) own = `${own}@new`;
    used.add(own);
    units.push({ id: own, base: undefined, head: headSide });
  }
  for (const [id, baseSide] of openBase) units.push({ id, base: baseSide, head: undefined });
  return units;
}

/** R12: a unit keeps its configuration when its folder is renamed. */
function inherit(base: UnitSide, head: UnitSide): UnitSide {
  return {
    ...head,
    ...(head.namespace === undefined && base.namespace !== undefined ? { namespace: base.namespace } : {}),
    ...(head.environment === undefined && base.environment !== undefined ? { environment: base.environment } : {}),
  };
}

/** Equal id and a file in common, or most objects: nothing to search. */
function plainlySame(base: UnitSide, head: UnitSide, sides: Sides): boolean {
  if (base.kind !== 'plain' || head.kind !== 'plain') return true;
  const blobs = new Set(base.files.map((file) => blobOf(sides.base, file)));
  if (head.files.some((file) => blobs.has(blobOf(sides.head, file)))) return true;
  const left = keysOf(base, sides.base, sides.documents);
  const right = keysOf(head, sides.head, sides.documents);
  let shared = 0;
  for (const key of left) if (right.has(key)) shared += 1;
  return shared > 0 && shared * 2 >= Math.min(left.size, right.size);
}

function blobOf(scan: SideScan, path: string): string {
  const entry = scan.tree.entries.get(path);
  return entry === undefined ? '' : entry.type === 'submodule' ? entry.commit : entry.blob;
}

function pairables(units: ReadonlyMap<string, UnitSide>, scan: SideScan, documents: Documents): readonly Pairable[] {
  return distinct(units.keys()).flatMap((id) => {
    const unit = units.get(id);
    return unit === undefined ? [] : [{ id, parts: partsOf(unit, scan, documents) }];
  });
}

/** Plain: its objects. Others: their files by the path inside the unit, and what their folder's manifests define. */
function partsOf(unit: UnitSide, scan: SideScan, documents: Documents): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  const files = unit.kind === 'plain' ? unit.files : [...unit.inputs.folders].sort(compareText).flatMap((folder) => filesBelow(scan, folder, false)).concat(unit.inputs.trees.flatMap((tree) => filesBelow(scan, tree, true)));
  for (const file of files) {
    if (unit.kind !== 'plain') parts.set(`${unit.kind} ${unit.valuesFile === undefined ? '' : unit.valuesFile.slice(unit.path.length)} ${file.slice(unit.path.length)}`, blobOf(scan, file));
    const found = follow(scan.tree, file);
    const reading = found.type === 'blob' ? documents.read(found.blob) : undefined;
    if (reading?.type !== 'documents') continue;
    for (const document of reading.documents) {
      if (document.manifest) for (const object of objectsOf(document.value)) parts.set(object.key, object.content());
    }
  }
  return parts;
}

/** The objects of a unit of plain files, by the names that their manifests give. */
function keysOf(unit: UnitSide, scan: SideScan, documents: Documents): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const file of unit.files) {
    const found = follow(scan.tree, file);
    const reading = found.type === 'blob' ? documents.read(found.blob) : undefined;
    if (reading?.type === 'documents') for (const document of reading.documents) if (document.manifest) for (const object of objectsOf(document.value)) keys.add(object.key);
  }
  return keys;
}

/** The objects of a document, those of a `List` apart, by the name that the manifest itself gives. */
export function objectsOf(value: unknown): readonly { readonly key: string; readonly content: () => string }[] {
  if (!isRecord(value)) return [];
  if (typeof value['kind'] === 'string' && value['kind'].endsWith('List') && Array.isArray(value['items'])) return records(value['items']).flatMap(objectsOf);
  const key = rawKey(value);
  return key === undefined ? [] : [{ key, content: () => canonical(value) }];
}

/** `Kind/namespace/name` as written; the namespace is empty where the manifest names none. */
export function rawKey(value: unknown): string | undefined {
  if (!isRecord(value) || typeof value['kind'] !== 'string' || !isRecord(value['metadata'])) return undefined;
  const { name, namespace } = value['metadata'];
  return typeof name === 'string' ? `${value['kind']}/${typeof namespace === 'string' ? namespace : ''}/${name}` : undefined;
}
