/**
 * Who is asked about requests that both sides leave to an external authorizer. Another authority, or another definition of the same one,
 * may answer otherwise: that is never silent (A6.1, A6.11).
 */
import { cubeKey } from '#sets/keys.ts';
import type { Cube, Layer, LayerId, Path } from '#sets/cube.ts';
import type { DestinationPosture } from '#posture/paths.ts';

type Asked = DestinationPosture['asked'][number];

export interface LostAuthority {
  readonly entry: Asked;
  /** What the same authority is asked about on the other side. */
  readonly still: readonly Cube[];
  /** The definition of the provider of that name differs between the sides. */
  readonly redefined: boolean;
}

/** Authorities of `before` that `after` does not ask about all that `before` asks them. */
export function lostAuthorities(before: readonly Asked[], after: readonly Asked[]): readonly LostAuthority[] {
  return before.flatMap((entry): LostAuthority[] => {
    const same = after.filter((other) => standsFor(other, entry));
    const still = same.flatMap((other) => other.cubes);
    const known = new Set(still.map(cubeKey));
    if (entry.cubes.every((cube) => known.has(cubeKey(cube)))) return [];
    const namesake = after.find((other) => other.provider === entry.provider);
    return [{ entry, still, redefined: namesake !== undefined && !standsFor(namesake, entry) }];
  });
}

/** The same authority, under whatever name, that lets no more pass while it cannot be reached; where a side does not show it, its name counts. */
function standsFor(other: Asked, entry: Asked): boolean {
  if (other.key === undefined || entry.key === undefined) return other.provider === entry.provider;
  return other.key === entry.key && (entry.failOpen || !other.failOpen);
}

/** A way that lets pass what some of the cubes hold. */
export function passing(cubes: readonly Cube[]): readonly Path[] {
  return cubes.length === 0 ? [] : [{ id: 'the same authority', layers: [{ id: 'external-authorization', allow: cubes, deny: [] }] }];
}

/** More pairs of ways than that are not crossed: the answers on both sides are asked for anyway. */
const mostCrossed = 200;

/** Requests that pass on both sides. */
export function onBoth(one: readonly Path[], other: readonly Path[]): readonly Path[] {
  if (one.length * other.length > mostCrossed) return one;
  return one.flatMap((path) => other.map((also) => ({ id: `${path.id} and ${also.id}`, layers: [...path.layers, ...also.layers.map(asOtherSide)] })));
}

/** The path, and besides what another side lets pass: only single paths have that form; a union keeps the path as it is. */
export function alsoThrough(path: Path, others: readonly Path[]): Path {
  const other = others[0];
  if (other === undefined || others.length > 1) return path;
  return { id: path.id, layers: [...path.layers, ...other.layers.map(asOtherSide)] };
}

/** As a layer beside those of the side that is looked at. */
function asOtherSide(layer: Layer): Layer {
  // INVARIANT: layers of a posture are never `other-side:` themselves.
  return { ...layer, id: `other-side:${layer.id}` as LayerId };
}
