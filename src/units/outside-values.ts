/**
 * What a change of outside content touches, as far as its values tell (R15): images that its pods run, how many and how large these are, or anything. A container image
 * is no content that holds manifests; a policy in the same values is.
 */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { valuesOf, type OutsideContent } from './build.ts';
import { isRecord, records } from './kustomization.ts';

/** `images`: nothing but which image runs. `sizes`: replicas, resources and where pods are placed, with or without images. */
export type Touched = 'images' | 'sizes' | 'anything';

export function touchedBy(before: OutsideContent, after: OutsideContent): Touched {
  const moved = [...movedIn(detailsOf(before), detailsOf(after)), ...movedIn(partsOf(before), partsOf(after))].map(sortOf);
  if (moved.length === 0 || moved.includes('anything')) return 'anything';
  return moved.includes('sizes') ? 'sizes' : 'images';
}

type Path = readonly string[];

/** Of several forms of one object the sides share all but one. */
function detailsOf({ detail }: OutsideContent): ReadonlyMap<string, readonly string[]> {
  return new Map([['', distinct(detail.split('\n'))]]);
}

function partsOf({ parts = [] }: OutsideContent): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { file, detail } of parts) found.set(file, [...(found.get(file) ?? []), detail]);
  return found;
}

/** Paths at which the two sides say something else; the empty path: nobody can tell where. */
function movedIn(before: ReadonlyMap<string, readonly string[]>, after: ReadonlyMap<string, readonly string[]>): readonly Path[] {
  return distinct([...before.keys(), ...after.keys()]).flatMap((place): readonly Path[] => {
    const were = (before.get(place) ?? []).filter((each) => after.get(place)?.includes(each) !== true);
    const are = (after.get(place) ?? []).filter((each) => before.get(place)?.includes(each) !== true);
    if (were.length === 0 && are.length === 0) return [];
    const [left, right] = [said(were), said(are)];
    if (left === undefined || right === undefined) return [[]];
    // A values file is all values; of an object only those below its own keys are.
    return differing(left, right, place === '' ? [] : ['values']);
  });
}

function said(details: readonly string[]): unknown {
  const [only] = details;
  if (only === undefined || details.length > 1) return undefined;
  try {
    return JSON.parse(only);
  } catch {
    return undefined;
  }
}

function differing(left: unknown, right: unknown, path: Path): readonly Path[] {
  if (canonical([left]) === canonical([right])) return [];
  if (isRecord(left) && isRecord(right)) {
    const isImage = ['repository', 'registry', 'hub', 'image'].some((key) => typeof right[key] === 'string' || typeof left[key] === 'string');
    return distinct([...Object.keys(left), ...Object.keys(right)]).flatMap((key) => differing(left[key], right[key], [...path, ...(isImage && /^(?:tag|digest)$/iu.test(key) ? ['image'] : []), key]));
  }
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length) {
    const named = [records(left), records(right)].map((list) => list.map(({ name, value }) => (typeof name === 'string' && value !== undefined ? { name, value } : undefined)));
    return (left as readonly unknown[]).flatMap((each, index) => {
      const [one, other] = [named[0]?.[index], named[1]?.[index]];
      // A parameter of Argo CD: the path of a value, and the value.
      if (one !== undefined && other !== undefined && one.name === other.name) return [[...path, ...one.name.split('.')]];
      return differing(each, (right as readonly unknown[])[index], path);
    });
  }
  // Values in a text of their own.
  const [one, other] = [left, right].map((each) => (typeof each === 'string' && each.includes('\n') ? valuesOf(each)?.[0] : undefined));
  if (isRecord(one) && isRecord(other)) return differing(one, other, path);
  return [path];
}

const roots = new Set(['values', 'valuesObject', 'valuesInline', 'helm', 'parameters', 'content']);
const image = /^(?:.*image|.*image[-_]?(?:tag|digest|version))$/iu;
const size = new Set(['replicas', 'replicacount', 'minreplicas', 'maxreplicas', 'resources', 'autoscaling', 'nodeselector', 'tolerations', 'affinity', 'topologyspreadconstraints', 'loglevel']);

function sortOf(path: Path): Touched {
  if (!path.some((key) => roots.has(key))) return 'anything';
  const below = path.slice(path.findIndex((key) => roots.has(key)) + 1);
  const last = below.at(-1) ?? '';
  if (image.test(last) || (/^(?:tag|digest|newtag|repository|registry)$/iu.test(last) && below.some((key) => image.test(key)))) return 'images';
  return below.some((key) => size.has(key.toLowerCase())) ? 'sizes' : 'anything';
}
