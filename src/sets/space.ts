/**
 * The space in which one seed is searched: the dimensions that the seed and the surviving cubes speak of, cut into atoms, and cubes as
 * sets of atoms. Built lazily per seed: only what can meet the seed is cut.
 */
import { compareText, distinct } from '#lib/order.ts';
import { atomsOf, elementAtomsOf, predicateBits, type Atoms, type ElementAtoms } from './atoms.ts';
import type { Cube, Dimension, Predicate } from './cube.ts';
import { matcherKey, predicateKey } from './keys.ts';
import type { Matcher } from './matcher.ts';

/** One coordinate: a dimension's atoms, or "the claim holds this element" with the atoms 0 = no, 1 = yes. */
export interface Axis {
  readonly dimension: Dimension;
  /** Index of the element where the axis is one of a claim. */
  readonly element?: number;
  readonly size: number;
  /** Where the axis has its words in a box. */
  readonly offset: number;
  readonly words: number;
}

/** A product of atom sets: all axes' words in one array. `narrow` lists the axes that are not whole. */
export interface Box {
  readonly words: Uint32Array;
  readonly narrow: readonly number[];
}

export interface Space {
  readonly axes: readonly Axis[];
  readonly words: number;
  readonly atoms: ReadonlyMap<Dimension, Atoms>;
  readonly elements: ReadonlyMap<Dimension, ElementAtoms>;
  /** Matchers of each claim, sorted by key: the words in which its elements can be named. */
  readonly claimMatchers: ReadonlyMap<Dimension, readonly Matcher[]>;
  readonly full: Uint32Array;
  /** First axis of each dimension. */
  readonly axisOf: ReadonlyMap<Dimension, number>;
}

export interface Overflow {
  readonly overflow: Dimension;
}

const order: readonly string[] = ['peer', 'address', 'path', 'path.query', 'method', 'port', 'transport', 'protocol', 'host', 'sni', 'source.ip', 'remote.ip', 'destination.ip', 'token'];

/** The order in which a result is widened, and so what a reader sees first: who, what, where. */
export function compareDimensions(left: Dimension, right: Dimension): number {
  return rankOf(left) - rankOf(right) || compareText(left, right);
}

const ranks: ReadonlyMap<string, number> = new Map(order.map((dimension, index) => [dimension, index]));

function rankOf(dimension: Dimension): number {
  const index = ranks.get(dimension);
  if (index !== undefined) return index;
  if (dimension.startsWith('pod-label:')) return 0.5;
  return dimension.startsWith('header:') ? order.length : dimension.startsWith('claim:') || dimension.startsWith('written:') ? order.length + 1 : order.length + 2;
}

const structural: readonly Matcher[] = [{ type: 'absent' }, { type: 'identified' }];

/** `restrict` = the seed; `cubes` = all that survive beside it. */
export function spaceOf(restrict: Cube, cubes: Iterable<Cube>, limit: number): Space | Overflow {
  const byDimension = new Map<Dimension, Map<string, Matcher>>();
  const note = (predicate: Predicate): void => {
    let known = byDimension.get(predicate.dimension);
    if (known === undefined) {
      known = new Map();
      byDimension.set(predicate.dimension, known);
    }
    for (const matcher of predicate.any) known.set(matcherKey(matcher), matcher);
    for (const matcher of predicate.none) known.set(matcherKey(matcher), matcher);
  };
  for (const predicate of restrict.predicates) note(predicate);
  for (const cube of cubes) for (const predicate of cube.predicates) note(predicate);

  const axes: Axis[] = [];
  const atoms = new Map<Dimension, Atoms>();
  const elements = new Map<Dimension, ElementAtoms>();
  const claimMatchers = new Map<Dimension, readonly Matcher[]>();
  const axisOf = new Map<Dimension, number>();
  let words = 0;
  const push = (dimension: Dimension, size: number, element?: number): void => {
    const length = (size + 31) >>> 5;
    axes.push({ dimension, size, offset: words, words: length, ...(element === undefined ? {} : { element }) });
    words += length;
  };
  // Whether a caller has an identity at all can always be said.
  const peers = byDimension.get('peer');
  if (peers !== undefined) for (const matcher of structural) peers.set(matcherKey(matcher), matcher);
  for (const dimension of [...byDimension.keys()].sort(compareDimensions)) {
    const known = byDimension.get(dimension) as Map<string, Matcher>;
    const matchers = distinct(known.keys()).map((key) => known.get(key) as Matcher);
    axisOf.set(dimension, axes.length);
    if (dimension.startsWith('claim:')) {
      const elementwise = elementMatchers(matchers);
      const found = elementwise === undefined ? undefined : elementAtomsOf(elementwise, limit);
      if (found === undefined) return { overflow: dimension };
      elements.set(dimension, found);
      claimMatchers.set(dimension, matchers);
      for (const index of found.representatives.keys()) push(dimension, 2, index);
      continue;
    }
    const found = atomsOf(dimension, matchers, restrict.predicates.filter((predicate) => predicate.dimension === dimension), limit);
    if (found === undefined) return { overflow: dimension };
    atoms.set(dimension, found);
    push(dimension, found.size);
  }
  const full = new Uint32Array(words);
  for (const axis of axes) fillAxis(full, axis);
  return { axes, words, atoms, elements, claimMatchers, full, axisOf };
}

function fillAxis(box: Uint32Array, axis: Axis): void {
  box.fill(0xffffffff, axis.offset, axis.offset + axis.words);
  if ((axis.size & 31) !== 0) box[axis.offset + axis.words - 1] = (1 << (axis.size & 31)) - 1;
}

type ElementMatcher = Extract<Matcher, { type: 'element' }>;

/** The matchers of a claim; `undefined` where one is of a kind that claims do not have. */
function elementMatchers(matchers: readonly Matcher[]): ElementMatcher[] | undefined {
  const found = matchers.filter((matcher) => matcher.type === 'element');
  return found.length === matchers.length ? found : undefined;
}

/** Alternatives above which a cube is not spread out. */
const mostAlternatives = 64;

interface Draft {
  readonly words: Uint32Array;
  readonly narrow: Set<number>;
}

/**
 * A cube as boxes: one, none where it is empty here, several where claims offer alternatives; `undefined` above 64 of them.
 * Each alternative says "this element is held"; a negative says "none of these is held".
 */
export function boxesOf(space: Space, cube: Cube): readonly Box[] | undefined {
  const first: Draft = { words: space.full.slice(), narrow: new Set() };
  const claims: Predicate[] = [];
  for (const predicate of cube.predicates) {
    if (predicate.dimension.startsWith('claim:')) {
      claims.push(predicate);
      continue;
    }
    const atoms = space.atoms.get(predicate.dimension);
    if (atoms === undefined) return [];
    const index = space.axisOf.get(predicate.dimension) as number;
    const axis = space.axes[index] as Axis;
    const bits = predicateBits(atoms, predicate);
    let some = 0;
    let same = true;
    for (let word = 0; word < axis.words; word += 1) {
      const at = axis.offset + word;
      first.words[at] = (first.words[at] as number) & (bits[word] as number);
      some |= first.words[at];
      if (first.words[at] !== space.full[at]) same = false;
    }
    if (some === 0) return [];
    if (!same) first.narrow.add(index);
  }
  let drafts: Draft[] = [first];
  claims.sort((left, right) => compareText(predicateKey(left), predicateKey(right)));
  for (const predicate of claims) {
    const atoms = space.elements.get(predicate.dimension);
    if (atoms === undefined) return [];
    const base = space.axisOf.get(predicate.dimension) as number;
    const held = [...new Set(predicate.any.flatMap((matcher) => atoms.accepted.get(matcherKey(matcher)) ?? []))].sort((left, right) => left - right);
    const absent = new Set(predicate.none.flatMap((matcher) => atoms.accepted.get(matcherKey(matcher)) ?? []));
    const next: Draft[] = [];
    for (const draft of drafts) {
      const without = fixed(space, draft, [...absent].map((element) => [base + element, 1]));
      if (without === undefined) continue;
      if (predicate.any.length === 0) {
        next.push(without);
        continue;
      }
      for (const element of held) {
        const spread = fixed(space, without, [[base + element, 2]]);
        if (spread !== undefined) next.push(spread);
      }
      if (next.length > mostAlternatives) return undefined;
    }
    drafts = next;
  }
  return drafts.map((draft) => ({ words: draft.words, narrow: inOrder(draft.narrow) }));
}

function inOrder(axes: ReadonlySet<number>): readonly number[] {
  return [...axes].sort((left, right) => left - right);
}

/** A draft with some boolean axes held to 1 (no) or 2 (yes); `undefined` where that leaves nothing. */
function fixed(space: Space, draft: Draft, wanted: readonly (readonly [number, number])[]): Draft | undefined {
  const words = draft.words.slice();
  const narrow = new Set(draft.narrow);
  for (const [index, bits] of wanted) {
    const axis = space.axes[index] as Axis;
    const value = (words[axis.offset] as number) & bits;
    if (value === 0) return undefined;
    words[axis.offset] = value;
    narrow.add(index);
  }
  return { words, narrow };
}
