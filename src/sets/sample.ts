/** One concrete point of a region, as a reader would like it (`docs/engine.md`). */
import type { Atoms } from './atoms.ts';
import { lowest } from './bits.ts';
import type { Cube, Dimension, Point, Predicate } from './cube.ts';
import { pointIn } from './evaluate.ts';
import { holds } from './matches.ts';
import type { Value } from './matcher.ts';
import { compareDimensions, type Space } from './space.ts';
import type { Wording } from './words.ts';

/** Elements of a claim that the region demands; absent where it demands none. */
function claimValue(space: Space, region: Uint32Array, representatives: readonly string[], first: number): Value {
  const held = representatives.filter((_, element) => region[(space.axes[first + element] as Space['axes'][number]).offset] === 2);
  return held.length === 0 ? null : held;
}

/** The most telling value of the region's atoms; `undefined` where the space does not speak of the dimension. */
function representative(space: Space, region: Uint32Array, dimension: Dimension): Value | undefined {
  const first = space.axisOf.get(dimension);
  if (first === undefined) return undefined;
  const elements = space.elements.get(dimension);
  if (elements !== undefined) return claimValue(space, region, elements.representatives, first);
  const axis = space.axes[first] as Space['axes'][number];
  return (space.atoms.get(dimension) as Atoms).representatives[lowest(region.subarray(axis.offset, axis.offset + axis.words))];
}

/**
 * Preferred values first, in the given order; else the most telling value of the region's atoms. Dimensions that are only preferred
 * take their best value, so that a sample is a whole request. No box of `impossible` meets the region's atoms, but a preferred value
 * may come from beside them: where such values together make a request that cannot exist, they give way one by one.
 */
export function sampleOf(space: Space, wording: Wording, preferred: ReadonlyMap<Dimension, readonly Value[]>, impossible: readonly Cube[]): Point {
  const point = new Map<Dimension, Value>();
  const liked = new Set<Dimension>();
  const dimensions = [...new Set([...space.axisOf.keys(), ...preferred.keys()])].sort(compareDimensions);
  for (const dimension of dimensions) {
    const predicates: readonly Predicate[] = wording.predicates.filter((predicate) => predicate.dimension === dimension);
    // `null`, carried by nobody, may be what is preferred.
    const best = (preferred.get(dimension) ?? []).find((value) => predicates.every((predicate) => holds(predicate, value)));
    const value = best === undefined ? representative(space, wording.region, dimension) : best;
    if (value === undefined) continue;
    if (best !== undefined && space.axisOf.has(dimension)) liked.add(dimension);
    point.set(dimension, value);
  }
  for (let broken = impossible.find((cube) => pointIn(cube, point)); broken !== undefined; broken = impossible.find((cube) => pointIn(cube, point))) {
    const named = broken.predicates.map((predicate) => predicate.dimension).filter((dimension) => liked.has(dimension));
    const last = named.sort(compareDimensions).at(-1);
    if (last === undefined) break;
    liked.delete(last);
    const value = representative(space, wording.region, last);
    if (value !== undefined) point.set(last, value);
  }
  return point;
}
