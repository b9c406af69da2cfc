/**
 * Which edits a change comes from: a set of edits that alone, applied to the base, gives the witness its new answer, while no proper
 * subset does. Proved set by set; where other sets do the same, they are alternatives. An edit may undo another, so that more edits
 * can do less: nothing here takes for granted that they add up.
 */
import type { Mesh } from '#mesh/model.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Edit } from './edits.ts';

/** The base with only these edits made, as far as it can matter to the question: its namespaces, and those named besides. */
export interface Counterfactual {
  readonly near: (edits: readonly Edit[], query: Query, besides?: readonly string[]) => Mesh;
  /** The same, with every Namespace of the environment: for all callers, not only for the one who asks. */
  readonly around: (edits: readonly Edit[], query: Query, besides?: readonly string[]) => Mesh;
}

const rank = { deny: 0, asks: 1, allow: 2, unknown: -1 } as const;

/** How an answer must move: up for a widening, down for a narrowing, anything but equal otherwise. */
export function flips(before: Decision, after: Decision, way: 'up' | 'down'): boolean {
  if (before.verdict === 'unknown' || after.verdict === 'unknown') return false;
  return way === 'up' ? rank[after.verdict] > rank[before.verdict] : rank[after.verdict] < rank[before.verdict];
}

/** At least (up) or at most (down) as much passes as at the head. */
export function reaches(answer: Decision, head: Decision, way: 'up' | 'down'): boolean {
  if (answer.verdict === 'unknown' || head.verdict === 'unknown') return false;
  return way === 'up' ? rank[answer.verdict] >= rank[head.verdict] : rank[answer.verdict] <= rank[head.verdict];
}

export interface CauseSearch {
  /** Likely ones first: policies that made the seed or either answer. */
  readonly candidates: readonly Edit[];
  /** Whether the base with only these edits gives the new answer. */
  readonly moves: (edits: readonly Edit[]) => boolean;
  /** How many sets may be tried. */
  readonly trials?: number;
}

export interface Causes {
  /** Each alone moves the answer and no proper subset of it does: the smallest first, at most three. Empty: no set was found. */
  readonly sets: readonly (readonly Edit[])[];
  /** Why the first set is not proved to be minimal, or why there is none. */
  readonly unproved?: string;
}

/** Sets that are named: one and two alternatives. */
const MOST_SETS = 3;

const MOST_TRIALS = 250;

/** Among this many of the likeliest, pairs are tried one by one where all together do not move the answer. */
const PAIRED = 8;

/** Thrown inside a search and caught where it began. */
class OutOfTrials extends Error {}

/** Trials by content: a set is tried once, whatever led to it. */
class Trials {
  readonly #search: CauseSearch;
  readonly #known = new Map<string, boolean>();
  readonly #place: ReadonlyMap<Edit, number>;
  #left: number;

  constructor(search: CauseSearch, limit: number) {
    this.#search = search;
    this.#left = limit;
    this.#place = new Map(search.candidates.map((edit, index) => [edit, index]));
  }

  moves(edits: readonly Edit[]): boolean {
    const key = edits.map((edit) => this.#place.get(edit)).join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#left === 0) throw new OutOfTrials();
    this.#left -= 1;
    const fresh = this.#search.moves(edits);
    this.#known.set(key, fresh);
    return fresh;
  }
}

export function minimalCauses(search: CauseSearch): Causes {
  const limit = search.trials ?? MOST_TRIALS;
  const trials = new Trials(search, limit);
  const sets: (readonly Edit[])[] = [];
  const sufficient: (readonly Edit[])[] = [];
  try {
    singles(search.candidates, trials, sets);
    if (sets.length < MOST_SETS) larger(search.candidates, trials, sets, sufficient);
    return sets.length > 0 ? { sets } : { sets, unproved: 'no set of the changed objects gives the request its new answer' };
  } catch (error) {
    if (!(error instanceof OutOfTrials)) throw error;
    if (sets.length > 0) return { sets };
    const because = `the limit of ${String(limit)} trials was reached`;
    const smallest = sufficient.at(-1);
    return smallest === undefined ? { sets, unproved: because } : { sets: [smallest], unproved: `these changes together do it; ${because} before every smaller set was tried` };
  }
}

/** Of very many candidates only the likeliest are tried one by one; halving finds the others. */
const MOST_SINGLES = 60;

function singles(candidates: readonly Edit[], trials: Trials, sets: (readonly Edit[])[]): void {
  for (const edit of candidates.slice(0, MOST_SINGLES)) {
    if (sets.length === MOST_SETS) return;
    if (trials.moves([edit])) sets.push([edit]);
  }
}

/** Sets of edits that do not do it alone; each further set lacks an edit of one that is known. */
function larger(candidates: readonly Edit[], trials: Trials, sets: (readonly Edit[])[], sufficient: (readonly Edit[])[]): void {
  const alone = new Set(sets.flat());
  const found: (readonly Edit[])[] = [];
  const pools: (readonly Edit[])[] = [candidates.filter((edit) => !alone.has(edit))];
  const seen = new Set<string>();
  for (let pool = pools.shift(); pool !== undefined && sets.length + found.length < MOST_SETS; pool = pools.shift()) {
    const key = pool.map((edit) => edit.id).join('\n');
    if (seen.has(key) || pool.length === 0) continue;
    seen.add(key);
    const set = smallestIn(pool, trials, sufficient);
    if (set === undefined) continue;
    if (!found.some((known) => known.length === set.length && known.every((edit) => set.includes(edit)))) found.push(set);
    for (const edit of set) pools.push(pool.filter((other) => other !== edit));
  }
  sets.push(...found.sort((one, other) => one.length - other.length));
}

function smallestIn(pool: readonly Edit[], trials: Trials, sufficient: (readonly Edit[])[]): readonly Edit[] | undefined {
  // All together may do less than some: one of them undoes what others do.
  if (!trials.moves(pool)) return firstOf(subsets(pool.slice(0, PAIRED), 2), trials);
  sufficient.push(pool);
  const reduced = withoutSpare(pool, trials, sufficient);
  return firstOf(properSubsets(reduced), trials) ?? reduced;
}

/** Throws away halves, then quarters, then single edits that are not needed; the least likely first. */
function withoutSpare(edits: readonly Edit[], trials: Trials, sufficient: (readonly Edit[])[]): readonly Edit[] {
  let kept = edits;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let end = kept.length; end > 0; end -= size) {
      const rest = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      if (rest.length === 0 || !trials.moves(rest)) continue;
      kept = rest;
      sufficient.push(kept);
    }
  }
  return kept;
}

function firstOf(sets: Iterable<readonly Edit[]>, trials: Trials): readonly Edit[] | undefined {
  for (const set of sets) if (trials.moves(set)) return set;
  return undefined;
}

/** The smallest first. */
function* properSubsets(edits: readonly Edit[]): Generator<readonly Edit[]> {
  for (let size = 1; size < edits.length; size += 1) yield* subsets(edits, size);
}

function* subsets(edits: readonly Edit[], size: number, from = 0): Generator<readonly Edit[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let index = from; index <= edits.length - size; index += 1) {
    const edit = edits[index];
    if (edit === undefined) return;
    for (const rest of subsets(edits, size - 1, index + 1)) yield [edit, ...rest];
  }
}
