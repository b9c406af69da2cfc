/** What a comparison may blame: objects that differ between the sides, and where in them the difference stands. */
import { canonical, sameContent } from '#lib/canonical.ts';
import { compareText } from '#lib/order.ts';
import { Pairs } from '#lib/pairs.ts';
import type { FieldPath } from '#source/origin.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { twinOf } from '#manifests/twins.ts';

export type Edit =
  | { readonly type: 'added'; readonly id: string; readonly head: AnyResource }
  | { readonly type: 'removed'; readonly id: string; readonly base: AnyResource }
  | { readonly type: 'modified'; readonly id: string; readonly base: AnyResource; readonly head: AnyResource };

const same = new Pairs<AnyResource, boolean>();

/** Equal content of two objects, whatever place each comes from. */
export function sameObject(left: AnyResource, right: AnyResource): boolean {
  const [one, other] = [twinOf(left), twinOf(right)];
  return one === other || same.get(one, other, () => comparedObjects(one, other));
}

function comparedObjects(left: AnyResource, right: AnyResource): boolean {
  return (
    left.apiVersion === right.apiVersion &&
    left.creationTimestamp === right.creationTimestamp &&
    sameContent(left.labels, right.labels) &&
    sameContent(left.annotations, right.annotations) &&
    sameContent(left.spec, right.spec, (one, other) => canonical(plainSpec(one)) === canonical(plainSpec(other)))
  );
}

/** Maps become sorted lists, so that canonical text sees them. */
function plainSpec(value: unknown): unknown {
  if (isMap(value)) return [...value.entries()].map(([key, entry]): [string, unknown] => [String(key), plainSpec(entry)]).sort(([left], [right]) => compareText(left, right));
  if (Array.isArray(value)) return value.map((entry: unknown) => plainSpec(entry));
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plainSpec(entry)]));
  return value;
}

function isMap(value: unknown): value is ReadonlyMap<string | number, unknown> {
  return value instanceof Map;
}

/** Edits by resource id, in order. Objects that are the same object on both sides cost nothing. */
export function editsBetween(base: readonly AnyResource[], head: readonly AnyResource[]): Edit[] {
  const before = new Map(base.map((resource) => [resourceId(resource), resource]));
  const after = new Map(head.map((resource) => [resourceId(resource), resource]));
  const edits: Edit[] = [];
  for (const [id, resource] of after) {
    const old = before.get(id);
    if (old === undefined) edits.push({ type: 'added', id, head: resource });
    else if (old !== resource && !sameObject(old, resource)) edits.push({ type: 'modified', id, base: old, head: resource });
  }
  for (const [id, resource] of before) {
    if (!after.has(id)) edits.push({ type: 'removed', id, base: resource });
  }
  return edits.sort((left, right) => compareText(left.id, right.id));
}

/** Namespaces in which an edit can matter: its own; a mesh-wide object and a Namespace matter everywhere they reach. */
export function editNamespace(edit: Edit): string | undefined {
  const resource = edit.type === 'removed' ? edit.base : edit.head;
  return resource.kind === 'Namespace' ? resource.name : resource.namespace;
}

/** Where two values first differ, and on which side the reader should look: `RIGHT` unless something was only taken away. */
export interface Place {
  readonly side: 'LEFT' | 'RIGHT';
  /** In the base's value for LEFT, in the head's for RIGHT. */
  readonly path: FieldPath;
}

/**
 * The smallest place that holds all differences of two plain values would be the whole list where one entry was struck;
 * readers want the entry. So lists are compared by content: an added entry is RIGHT at its index, a struck one LEFT at its own.
 */
export function firstDifference(base: unknown, head: unknown, basePath: FieldPath = [], headPath: FieldPath = []): Place | undefined {
  if (sameContent(base, head)) return undefined;
  if (Array.isArray(base) && Array.isArray(head)) return listDifference(base, head, basePath, headPath);
  if (isRecord(base) && isRecord(head)) {
    for (const key of Object.keys(head).filter((name) => name in base)) {
      const found = firstDifference(base[key], head[key], [...basePath, key], [...headPath, key]);
      if (found !== undefined) return found;
    }
    const added = Object.keys(head).find((key) => !(key in base));
    if (added !== undefined) return { side: 'RIGHT', path: [...headPath, added] };
    const struck = Object.keys(base).find((key) => !(key in head));
    return { side: 'LEFT', path: struck === undefined ? basePath : [...basePath, struck] };
  }
  return { side: 'RIGHT', path: headPath };
}

function listDifference(base: readonly unknown[], head: readonly unknown[], basePath: FieldPath, headPath: FieldPath): Place {
  const fresh = missingIn(base, head);
  const gone = missingIn(head, base);
  // More entries came than went: what came beyond the replaced ones is the news (one rule split in two by a stray dash).
  const surplus = fresh[gone.length];
  if (surplus !== undefined) return { side: 'RIGHT', path: [...headPath, surplus] };
  const [from] = gone;
  const [to] = fresh;
  if (from !== undefined && to !== undefined) return firstDifference(base[from], head[to], [...basePath, from], [...headPath, to]) ?? { side: 'RIGHT', path: [...headPath, to] };
  return from === undefined ? { side: 'RIGHT', path: headPath } : { side: 'LEFT', path: [...basePath, from] };
}

/** Fewer pairs than that are compared one by one sooner than written out. */
const fewPairs = 64;

/** Positions of entries that the other list does not hold, by content. */
function missingIn(other: readonly unknown[], list: readonly unknown[]): readonly number[] {
  const texts = other.length * list.length <= fewPairs ? undefined : new Set(other.map((entry) => canonical(entry)));
  const holds = (entry: unknown): boolean => (texts === undefined ? other.some((known) => sameContent(known, entry)) : texts.has(canonical(entry)));
  return list.flatMap((entry, index) => (holds(entry) ? [] : [index]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
