/** One concrete point of a region, as a reader would like it (`change-impact-engine.md` 4.1). */
import { members } from './bits.ts';
import type { Dimension, Point, Predicate } from './cube.ts';
import { holds } from './matches.ts';
import type { Value } from './matcher.ts';
import { compareDimensions, type Space } from './space.ts';
import type { Wording } from './words.ts';

/** Elements of a claim that the region demands; absent where it demands none. */
function claimValue(space: Space, region: Uint32Array, dimension: Dimension, first: number): Value {
  const representatives = space.elements.get(dimension)?.representatives ?? [];
  const held = representatives.filter((_, element) => region[(space.axes[first + element] as Space['axes'][number]).offset] === 2);
  return held.length === 0 ? null : held;
}

/**
 * Preferred values first, in the given order; else the most telling value of the region's atoms. Dimensions that are only preferred
 * take their best value, so that a sample is a whole request.
 */
export function sampleOf(space: Space, wording: Wording, preferred: ReadonlyMap<Dimension, readonly Value[]>): Point {
  const point = new Map<Dimension, Value>();
  const dimensions = [...new Set([...space.axisOf.keys(), ...preferred.keys()])].sort(compareDimensions);
  for (const dimension of dimensions) {
    const predicates: readonly Predicate[] = wording.predicates.filter((predicate) => predicate.dimension === dimension);
    const liked = (preferred.get(dimension) ?? []).find((value) => predicates.every((predicate) => holds(predicate, value)));
    if (liked !== undefined) {
      point.set(dimension, liked);
      continue;
    }
    const first = space.axisOf.get(dimension);
    if (first === undefined) continue;
    if (space.elements.has(dimension)) {
      point.set(dimension, claimValue(space, wording.region, dimension, first));
      continue;
    }
    const axis = space.axes[first] as Space['axes'][number];
    const atoms = members(wording.region.slice(axis.offset, axis.offset + axis.words));
    const best = atoms[0];
    if (best !== undefined) point.set(dimension, space.atoms.get(dimension)?.representatives[best] ?? null);
  }
  return point;
}
