/**
 * Which requests does `to` let pass that `from` does not? Seeded multi-valued DPLL over atoms (`docs/engine.md`):
 * an empty answer without undecided seeds is a proof, and every cube of an answer is exact.
 */
import { compareText } from '#lib/order.ts';
import type { Cube, CubeOrigin, Dimension, Layer, LayerId, Path, Point } from './cube.ts';
import { explore, type Explored, type Task } from './explore.ts';
import { cubeKey } from './keys.ts';
import type { Value } from './matcher.ts';
import { distinctCubes, seedsOf, sortedOrigins, type Seed } from './seeds.ts';
import { canonicalPredicates } from './words.ts';

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
  /** Requests that cannot exist, in either direction: what is said of them is neither right nor wrong, and no sample is one. */
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

/** One seed that runs out of work is tried once more with ten times as much. */
const escalation = 10;

interface Entry {
  readonly seed: Seed;
  readonly parts: Explored[];
  origins: readonly CubeOrigin[];
}

/** The path of `from` that a path of `to` is compared with: its namesake, else the first by name. */
function rivalOf(path: Path, from: readonly Path[]): Path | undefined {
  return from.find((other) => other.id === path.id) ?? from[0];
}

/** One comparison asks several questions about the same few layers. Layers and lists are never changed once made. */
const mostOrdered = 64;
const orderedLayers = new Map<Layer, Layer>();
const orderedCubes = new Map<readonly Cube[], readonly Cube[]>();

function orderedOnce<K, V>(known: Map<K, V>, key: K, make: (key: K) => V): V {
  const same = known.get(key);
  if (same !== undefined) return same;
  const fresh = make(key);
  if (known.size >= mostOrdered) known.clear();
  known.set(key, fresh);
  return fresh;
}

function orderedLayer(layer: Layer): Layer {
  const allow = layer.allow === 'all' ? 'all' : distinctCubes(layer.allow);
  const deny = distinctCubes(layer.deny);
  return allow === layer.allow && deny === layer.deny ? layer : { id: layer.id, allow, deny };
}

/** Paths, layers and cubes in one order and cubes once each: how they were listed leaves no trace in a result. */
function canonicalPaths(paths: readonly Path[]): Path[] {
  const sorted = [...paths].sort((left, right) => compareText(left.id, right.id));
  return sorted.map((path) => ({ id: path.id, layers: path.layers.map((layer) => orderedOnce(orderedLayers, layer, orderedLayer)).sort((left, right) => compareText(left.id, right.id)) }));
}

export function difference(problem: DifferenceProblem): Difference {
  const from = canonicalPaths(problem.from);
  const within = problem.within === undefined ? [] : [distinctCubes(problem.within)];
  const entries = new Map<string, Entry>();
  const impossible = orderedOnce(orderedCubes, problem.impossible, distinctCubes);
  let work = 0;
  for (const path of canonicalPaths(problem.to)) {
    const rival = rivalOf(path, from);
    const seeds = seedsOf(rival, path);
    if (seeds.length === 0) continue;
    const rivals = from.filter((other) => other !== rival);
    const refused = path.layers.flatMap((layer) => layer.deny);
    const walls = distinctCubes(refused);
    const wallsWith = new Map<readonly Cube[], readonly Cube[]>();
    for (const seed of seeds) {
      let blockers = seed.accepted.length === 0 ? walls : wallsWith.get(seed.accepted);
      if (blockers === undefined) {
        blockers = distinctCubes([...refused, ...seed.accepted]);
        wallsWith.set(seed.accepted, blockers);
      }
      const task: Task = {
        cube: { predicates: canonicalPredicates(seed.cube.predicates), origins: seed.origins },
        origins: seed.origins,
        layer: seed.layer,
        blockers,
        impossible,
        demands: [...seed.demands, ...within],
        rivals,
        preferred: problem.preferred,
        regions: problem.limits.regionsPerSeed,
        atoms: problem.limits.atomsPerDimension,
      };
      const budget = { left: problem.limits.workPerSeed };
      let explored = explore(task, budget);
      work += problem.limits.workPerSeed - budget.left;
      if (explored.exhausted) {
        const more = { left: problem.limits.workPerSeed * escalation };
        explored = explore(task, more);
        work += problem.limits.workPerSeed * escalation - more.left;
      }
      const key = `${seed.layer}\n${seed.key}`;
      const known = entries.get(key);
      if (known === undefined) entries.set(key, { seed, parts: [explored], origins: seed.origins });
      else {
        known.parts.push(explored);
        known.origins = sortedOrigins([...known.origins, ...seed.origins]);
      }
    }
  }
  const sorted = [...entries.keys()].sort(compareText).map((key) => entries.get(key) as Entry);
  return {
    regions: sorted.flatMap((entry) => regionOf(entry)),
    undecided: sorted.flatMap((entry) =>
      entry.parts.flatMap((part) => part.undecided ?? []).slice(0, 1).map((reason) => ({ seed: { predicates: canonicalPredicates(entry.seed.cube.predicates), origins: entry.origins }, key: entry.seed.key, layer: entry.seed.layer, reason })),
    ),
    work,
  };
}

function regionOf(entry: Entry): DifferenceRegion[] {
  const byKey = new Map<string, { readonly cube: Cube; readonly sample: Point }>();
  for (const part of entry.parts) {
    for (const [index, cube] of part.cubes.entries()) {
      const sample = part.samples[index];
      if (sample !== undefined && !byKey.has(cubeKey(cube))) byKey.set(cubeKey(cube), { cube: { predicates: cube.predicates, origins: entry.origins }, sample });
    }
  }
  if (byKey.size === 0) return [];
  // In the order in which they were found: what a plain request does comes first, and may not be cut from a report.
  const said = [...byKey.values()];
  return [
    {
      seed: entry.seed.key,
      seedOrigins: entry.origins,
      layer: entry.seed.layer,
      cubes: said.map((each) => each.cube),
      samples: said.map((each) => each.sample),
      complete: entry.parts.every((part) => part.complete),
    },
  ];
}
