/** Environments compared together and each by itself, and what was taken over. */
import { canonical } from '#lib/canonical.ts';
import { Citations } from '#app/cite.ts';
import { compareEnvironments, type ComparedEnvironments } from '#app/compare-environments.ts';
import { defaultConfig } from '#app/config.ts';
import { limitsOf } from '#app/review.ts';
import { destinationPairs } from '#impact/compare.ts';
import { cubeKey } from '#sets/keys.ts';
import { Kinship, takenFrom, type Kin } from '#impact/likeness.ts';
import type { Sides } from '#impact/raw-change.ts';
import type { LoadedWorlds } from './random-mesh/environments.ts';

/** Notes, environment by environment, at which destinations changes are taken over; `undefined`: no other one is like it. */
class Noting extends Kinship {
  readonly taken = new Map<string, readonly string[] | undefined>();

  override of(sides: Sides): Kin | undefined {
    const kin = super.of(sides);
    const taken = kin === undefined ? undefined : destinationPairs(sides).flatMap((pair) => (takenFrom(kin, pair, sides.base.config.rootNamespace) === undefined ? [] : [pair.destination.id]));
    this.taken.set(sides.environment, taken);
    return kin;
  }
}

export interface Compared {
  /** What is told of every change, in order. */
  readonly together: readonly string[];
  readonly apart: readonly string[];
  /** Ids of the destinations that an environment took over, by environment. */
  readonly taken: ReadonlyMap<string, readonly string[] | undefined>;
}

export function comparedBothWays({ pair, environments }: LoadedWorlds): Compared {
  const compared = (kinship: Kinship): ComparedEnvironments => compareEnvironments(environments, undefined, limitsOf(defaultConfig), new Citations(pair), kinship);
  const told = ({ changes, internalErrors }: ComparedEnvironments): readonly string[] => [...changes.map(({ change, edits, cubes }) => canonical([change, edits.map(({ id }) => id), cubes.map(cubeKey)])), ...internalErrors];
  const noting = new Noting();
  return { together: told(compared(noting)), apart: told(compared(new Kinship(0))), taken: noting.taken };
}
