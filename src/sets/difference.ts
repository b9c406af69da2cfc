import type { Cube, CubeOrigin, Dimension, LayerId, Path, Point } from './cube.ts';
import type { Value } from './matcher.ts';

/** Counted in work units (one blocker test), never in time, so that a slow machine gives the same answer. */
export interface Limits {
  readonly workPerSeed: number;
  /** Regions listed per seed; more are found but only counted. */
  readonly regionsPerSeed: number;
  readonly atomsPerDimension: number;
}

export interface DifferenceProblem {
  /** A request that some path of `from` lets pass is not in the difference. An empty list lets nothing pass. */
  readonly from: readonly Path[];
  readonly to: readonly Path[];
  /** Requests that cannot exist, in either direction. */
  readonly impossible: readonly Cube[];
  /** Only inside this union; absent = everywhere. */
  readonly within?: readonly Cube[];
  /** Preferred concrete values for samples, best first (known identities, declared ports …). */
  readonly preferred: ReadonlyMap<Dimension, readonly Value[]>;
  readonly limits: Limits;
}

/** A seed's part of the difference: `to` lets it pass, `from` does not. */
export interface DifferenceRegion {
  /** Canonical text of the seed: does not depend on the order of policies, rules or files. */
  readonly seed: string;
  readonly seedOrigins: readonly CubeOrigin[];
  /** Layer whose answer made the seed: of `from` where a refusal ends, of `to` where a permission begins. */
  readonly layer: LayerId;
  /** Maximal cubes of the difference inside the seed, in the policies' own vocabulary (predicates, not atoms). */
  readonly cubes: readonly Cube[];
  /** One point of each cube, chosen by `preferred`; `samples[i]` lies in `cubes[i]`. */
  readonly samples: readonly Point[];
  /** False where `regionsPerSeed` cut the list: there is more of this seed than `cubes` shows. */
  readonly complete: boolean;
}

export interface Difference {
  readonly regions: readonly DifferenceRegion[];
  /** Seeds whose work limit ran out: could not be proved empty, to be treated as part of the difference. */
  readonly undecided: readonly { readonly seed: Cube; readonly key: string; readonly layer: LayerId; readonly reason: string }[];
  readonly work: number;
}
