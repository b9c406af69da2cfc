/** Cubes where a part of every request is the same: what they ask of that part is answered here, and the rest stays. */
import type { Cube, Dimension, Layer, Predicate } from './cube.ts';
import { holds } from './matches.ts';
import type { Value } from './matcher.ts';

/** @param told the value of a dimension; `undefined`: it stays open */
export function settled({ id, allow, deny }: Layer, told: (dimension: Dimension) => Value | undefined): Layer {
  return { id, allow: allow === 'all' ? 'all' : settledCubes(allow, told), deny: settledCubes(deny, told) };
}

export function settledCubes(cubes: readonly Cube[], told: (dimension: Dimension) => Value | undefined): readonly Cube[] {
  return cubes.flatMap((cube): Cube[] => {
    const open: Predicate[] = [];
    for (const predicate of cube.predicates) {
      const value = told(predicate.dimension);
      if (value === undefined) open.push(predicate);
      else if (!holds(predicate, value)) return [];
    }
    return open.length === cube.predicates.length ? [cube] : [{ predicates: open, origins: cube.origins }];
  });
}
