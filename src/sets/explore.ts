/** One seed, explored: filter, atoms, search, widening, words. */
import { add, lowest } from './bits.ts';
import type { Cube, CubeOrigin, Dimension, LayerId, Path, Point, Predicate } from './cube.ts';
import { predicatesDisjoint } from './disjoint.ts';
import { cubeKey } from './keys.ts';
import type { Value } from './matcher.ts';
import { plainPart } from './plain.ts';
import { sampleOf } from './sample.ts';
import { expand, search, type Budget, type Question, type Rival, type RivalLayer } from './search.ts';
import { boxesOf, spaceOf, type Box, type Space } from './space.ts';
import { wordings } from './words.ts';

export interface Task {
  readonly cube: Cube;
  readonly origins: readonly CubeOrigin[];
  readonly layer: LayerId;
  /** Distinct, sorted by key. */
  readonly blockers: readonly Cube[];
  /** Requests that cannot exist: no sample lies there, but a region may reach into it, since nothing is there to be wrong about. */
  readonly impossible: readonly Cube[];
  readonly demands: readonly (readonly Cube[])[];
  readonly rivals: readonly Path[];
  readonly preferred: ReadonlyMap<Dimension, readonly Value[]>;
  readonly regions: number;
  readonly atoms: number;
}

export interface Explored {
  readonly cubes: readonly Cube[];
  readonly samples: readonly Point[];
  readonly complete: boolean;
  /** Why the seed could not be explored to its end. */
  readonly undecided?: string;
  /** Whether more work may decide it. */
  readonly exhausted: boolean;
}

/** Of so few cubes hardly two share a predicate: remembering the answers costs more than asking again. */
const manyCubes = 64;

/** Cubes that may meet the seed: a cheap test on patterns, of many cubes the same predicate tested once. */
function meetingCubes(seed: Cube, cubes: readonly Cube[], known: Map<Predicate, boolean> | undefined): Cube[] {
  const meeting: Cube[] = [];
  nextCube: for (const cube of cubes) {
    for (const predicate of cube.predicates) if (!meets(seed, predicate, known)) continue nextCube;
    meeting.push(cube);
  }
  return meeting;
}

function meets(seed: Cube, predicate: Predicate, known: Map<Predicate, boolean> | undefined): boolean {
  const answer = known?.get(predicate);
  if (answer !== undefined) return answer;
  const fresh = seed.predicates.every((other) => other.dimension !== predicate.dimension || !predicatesDisjoint(other, predicate));
  known?.set(predicate, fresh);
  return fresh;
}

function allBoxes(space: Space, cubes: readonly Cube[]): Box[] | undefined {
  const boxes: Box[] = [];
  for (const cube of cubes) {
    const found = boxesOf(space, cube);
    if (found === undefined) return undefined;
    boxes.push(...found);
  }
  return boxes;
}

function boxAround(space: Space, region: Uint32Array): Box {
  const isWhole = ({ offset, words }: Space['axes'][number]): boolean => region.subarray(offset, offset + words).every((word, at) => word === space.full[offset + at]);
  return { words: region, narrow: [...space.axes.keys()].filter((index) => !isWhole(space.axes[index] as Space['axes'][number])) };
}

/** A later find may swallow an earlier one that was bounded more narrowly; it never lies in one, for it escaped them all. */
function largest(boxes: readonly Box[]): Box[] {
  const inside = (inner: Box, outer: Box): boolean => inner.words.every((word, at) => (word & ~(outer.words[at] as number)) === 0);
  return boxes.filter((box, index) => !boxes.slice(index + 1).some((other) => inside(box, other)));
}

const nothing: Explored = { cubes: [], samples: [], complete: true, exhausted: false };

function failed(reason: string, exhausted = false): Explored {
  return { cubes: [], samples: [], complete: false, undecided: reason, exhausted };
}

/** `budget` is used up by the work done. */
export function explore(task: Task, budget: Budget): Explored {
  const known = task.blockers.length < manyCubes ? undefined : new Map<Predicate, boolean>();
  const blockers = meetingCubes(task.cube, task.blockers, known);
  // A blocker without predicates, or one that says what the seed says, covers it.
  if (blockers.some((cube) => cube.predicates.length === 0 || cubeKey(cube) === cubeKey(task.cube))) return nothing;
  const impossible = meetingCubes(task.cube, task.impossible, known);
  if (impossible.some((cube) => cube.predicates.length === 0)) return nothing;
  const demands = task.demands.map((demand) => meetingCubes(task.cube, demand, known));
  if (demands.some((demand) => demand.length === 0)) return nothing;
  const rivals = task.rivals.map((path) =>
    path.layers.map((layer) => ({ allow: layer.allow === 'all' ? undefined : meetingCubes(task.cube, layer.allow, known), deny: meetingCubes(task.cube, layer.deny, known) })),
  );
  const cubes = [...blockers, ...impossible, ...demands.flat(), ...rivals.flat().flatMap((layer) => [...(layer.allow ?? []), ...layer.deny])];
  const space = spaceOf(task.cube, cubes, task.atoms);
  if ('overflow' in space) return failed(`more than ${String(task.atoms)} classes of \`${space.overflow}\``);
  return inSpace(task, space, { blockers, impossible, demands, rivals }, budget);
}

interface Surviving {
  readonly blockers: readonly Cube[];
  readonly impossible: readonly Cube[];
  readonly demands: readonly (readonly Cube[])[];
  readonly rivals: readonly (readonly { readonly allow: readonly Cube[] | undefined; readonly deny: readonly Cube[] }[])[];
}

function inSpace(
  task: Task,
  space: Space,
  { blockers, impossible, demands, rivals }: Surviving,
  budget: Budget,
): Explored {
  const tooMany = 'more than 64 alternatives of claims in one rule';
  const starts = boxesOf(space, task.cube);
  const walls = allBoxes(space, blockers);
  const nowhere = allBoxes(space, impossible);
  const wanted: Box[][] = [];
  for (const demand of demands) {
    const boxes = allBoxes(space, demand);
    if (boxes === undefined) return failed(tooMany);
    wanted.push(boxes);
  }
  const refusing: Rival[] = [];
  for (const rival of rivals) {
    const layers: RivalLayer[] = [];
    for (const layer of rival) {
      const allow = layer.allow === undefined ? undefined : allBoxes(space, layer.allow);
      const deny = allBoxes(space, layer.deny);
      if (deny === undefined || (layer.allow !== undefined && allow === undefined)) return failed(tooMany);
      layers.push({ allow, deny });
    }
    refusing.push(layers);
  }
  if (starts === undefined || walls === undefined || nowhere === undefined) return failed(tooMany);

  // What was found is told even where the search for more ran out.
  const spotting: Budget = { left: budget.left };
  const spare = spotting.left;
  const found: Box[] = [];
  let complete = true;
  let exhausted = false;
  // What a plain request does is the first thing that a reader asks, and what is found first is widened furthest.
  search: for (const [start, widest] of starts.flatMap((box) => [[plainPart(space, box) ?? box, box] as const, [box, box] as const])) {
    for (;;) {
      const question: Question = { space, blockers: [...walls, ...nowhere, ...found], demands: wanted, rivals: refusing };
      const outcome = search(question, start, budget, widest);
      if (outcome === 'none') break;
      if (outcome === 'limit') {
        exhausted = true;
        break search;
      }
      if (found.length >= task.regions) {
        complete = false;
        break search;
      }
      found.push(boxAround(space, expand(space, outcome, [...walls, ...outcome.escaped])));
    }
  }
  const said: { readonly cube: Cube; readonly sample: Point }[] = [];
  for (const box of largest(found)) {
    for (const wording of wordings(space, box.words, task.cube.predicates)) {
      const spot = possibleSpot(space, wording.region, nowhere, spotting);
      // A part of which it is not known whether any of it can exist is not said: the seed is undecided.
      if (spot === 'limit') exhausted = true;
      else if (spot !== undefined) said.push({ cube: { predicates: wording.predicates, origins: task.origins }, sample: sampleOf(space, { predicates: wording.predicates, region: spot }, task.preferred, task.impossible) });
    }
  }
  budget.left -= spare - spotting.left;
  return {
    cubes: said.map((entry) => entry.cube),
    samples: said.map((entry) => entry.sample),
    complete: complete && !exhausted,
    exhausted,
    ...(exhausted ? { undecided: 'the work limit was reached' } : {}),
  };
}

/**
 * The part of a region that can exist, as one box, with the most telling token where one of those that can be sent is it; `undefined`
 * where none of it can.
 */
function possibleSpot(space: Space, region: Uint32Array, nowhere: readonly Box[], budget: Budget): Uint32Array | 'limit' | undefined {
  if (nowhere.length === 0) return region;
  const axis = space.axes[space.axisOf.get('token') ?? -1];
  const told = axis === undefined ? undefined : existing(space, only(region, axis.offset, axis.offset + axis.words), nowhere, budget);
  return told ?? existing(space, region, nowhere, budget);
}

function existing(space: Space, region: Uint32Array, nowhere: readonly Box[], budget: Budget): Uint32Array | 'limit' | undefined {
  const outcome = search({ space, blockers: nowhere, demands: [], rivals: [] }, boxAround(space, region), budget);
  if (outcome === 'none') return undefined;
  return outcome === 'limit' ? outcome : expand(space, outcome, nowhere);
}

/** The region with the first of its atoms alone in the given words. */
function only(region: Uint32Array, start: number, end: number): Uint32Array {
  const result = region.slice();
  result.fill(0, start, end);
  add(result.subarray(start, end), lowest(region.subarray(start, end)));
  return result;
}
