/**
 * A box of atoms back in the policies' own words (`docs/engine.md`): the fewest matchers that mean exactly these
 * atoms. A set that no single predicate can name is split into several that can.
 */
import { compareText } from '#lib/order.ts';
import type { Atoms, ElementAtoms } from './atoms.ts';
import { add, and, emptyBits, equal, has, isEmpty, lowest, meets, members, minus, or, overlap, within, type Bits } from './bits.ts';
import type { Dimension, Predicate } from './cube.ts';
import { matcherInside, matchersDisjoint } from './disjoint.ts';
import { matcherKey, predicateKey } from './keys.ts';
import type { Matcher } from './matcher.ts';
import { compareDimensions, type Space } from './space.ts';

/** Predicates that all hold exactly for the values of `atoms` (an atom set of one dimension). */
export interface Phrase {
  readonly predicates: readonly Predicate[];
  readonly bits: Bits;
}

interface Word {
  readonly index: number;
  readonly matcher: Matcher;
  readonly bits: Bits;
}

function wordsOf(atoms: Atoms): Word[] {
  return atoms.matchers.map((matcher, index) => ({ index, matcher, bits: atoms.accepted.get(matcherKey(matcher)) as Bits })).filter((word) => !isEmpty(word.bits));
}

/** Greedy cover of `target` by words, largest gain first, ties by key; `undefined` where the words do not reach. */
function cover(words: readonly Word[], target: Bits): Word[] | undefined {
  const gain = (word: Word, remaining: Bits): number => overlap(word.bits, remaining);
  let left = target;
  const queue = words.map((word) => ({ word, gain: gain(word, left) })).filter((entry) => entry.gain > 0);
  queue.sort((a, b) => b.gain - a.gain || a.word.index - b.word.index);
  const chosen: Word[] = [];
  while (!isEmpty(left)) {
    // Gains only shrink: the head is the best as soon as its fresh gain keeps up with the next one's old gain.
    let head = queue.shift();
    for (; head !== undefined; head = queue.shift()) {
      const fresh = gain(head.word, left);
      const next = queue[0];
      if (fresh > 0 && (next === undefined || fresh > next.gain || (fresh === next.gain && head.word.index < next.word.index))) break;
      if (fresh > 0) {
        let at = queue.findIndex((entry) => entry.gain < fresh || (entry.gain === fresh && entry.word.index > (head as { word: Word }).word.index));
        if (at === -1) at = queue.length;
        queue.splice(at, 0, { word: head.word, gain: fresh });
      }
    }
    if (head === undefined) return undefined;
    chosen.push(head.word);
    left = minus(left, head.word.bits);
  }
  return withoutRedundant(chosen, target).sort((a, b) => a.index - b.index);
}

function withoutRedundant(chosen: readonly Word[], target: Bits): Word[] {
  const times = new Map<number, number>();
  const relevant = chosen.map((word) => members(and(word.bits, target)));
  for (const atoms of relevant) for (const atom of atoms) times.set(atom, (times.get(atom) ?? 0) + 1);
  return chosen.filter((_, index) => {
    const atoms = relevant[index] as number[];
    if (!atoms.every((atom) => (times.get(atom) ?? 0) > 1)) return true;
    for (const atom of atoms) times.set(atom, (times.get(atom) ?? 0) - 1);
    return false;
  });
}

interface Choice {
  readonly any: readonly Word[];
  readonly none: readonly Word[];
  readonly cost: number;
}

/** `any`, `none`, or "any except none", whichever takes the fewest words. */
function oneSentence(words: readonly Word[], full: Bits, target: Bits): Choice | undefined {
  const rest = minus(full, target);
  const choices: Choice[] = [];
  const positive = cover(words.filter((word) => within(word.bits, target)), target);
  if (positive !== undefined) choices.push({ any: positive, none: [], cost: positive.length });
  const outside = words.filter((word) => !meets(word.bits, target));
  const negative = cover(outside, rest);
  // "any identity except" reads better than "all but those without one and".
  const unnamed = negative?.some((word) => word.matcher.type === 'absent') === true ? 0.5 : 0;
  if (negative !== undefined) choices.push({ any: [], none: negative, cost: negative.length + 0.25 + unnamed });
  if (choices.every((choice) => choice.cost > 2)) {
    let reach = emptyBits(full.length * 32);
    for (const word of outside) reach = or(reach, word.bits);
    const broad = cover(words.filter((word) => within(minus(word.bits, reach), target)), target);
    if (broad !== undefined) {
      let named = emptyBits(full.length * 32);
      for (const word of broad) named = or(named, word.bits);
      const taken = cover(outside, minus(named, target));
      if (taken !== undefined) choices.push({ any: broad, none: taken, cost: broad.length + taken.length + 0.5 });
    }
  }
  return choices.sort((left, right) => left.cost - right.cost)[0];
}

/** The largest set inside `target` around its lowest atom that is "matched by all of these, by none of those". */
function product(words: readonly Word[], atoms: Atoms, target: Bits, seed: number): { readonly all: readonly Word[]; readonly none: readonly Word[]; readonly bits: Bits } {
  let all = words.filter((word) => has(word.bits, seed));
  let none = words.filter((word) => !has(word.bits, seed));
  const meaning = (inside: readonly Word[], outside: readonly Word[]): Bits => outside.reduce((bits, word) => minus(bits, word.bits), inside.reduce((bits, word) => and(bits, word.bits), atoms.full));
  for (const word of [...none]) {
    const fewer = none.filter((entry) => entry !== word);
    if (within(meaning(all, fewer), target)) none = fewer;
  }
  for (const word of [...all]) {
    const fewer = all.filter((entry) => entry !== word);
    if (within(meaning(fewer, none), target)) all = fewer;
  }
  return { all, none, bits: meaning(all, none) };
}

/** Whether naming `any` alone already keeps to what the seed says on this dimension: proved on the patterns. */
function insideSeed(any: readonly Matcher[], seed: readonly Predicate[]): boolean {
  return seed.every((predicate) =>
    any.every((matcher) => (predicate.any.length === 0 || predicate.any.some((outer) => matcherInside(matcher, outer))) && predicate.none.every((other) => matchersDisjoint(matcher, other))),
  );
}

function distinctMatchers(matchers: readonly Matcher[]): readonly Matcher[] {
  if (matchers.length < 2) return matchers;
  const byKey = new Map(matchers.map((matcher) => [matcherKey(matcher), matcher]));
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as Matcher);
}

/** Sorted and without duplicates: the words of a result do not depend on the order in which a policy lists them. */
export function canonicalPredicates(predicates: readonly Predicate[]): Predicate[] {
  const sorted = predicates.map((predicate): Predicate => (predicate.any.length < 2 && predicate.none.length < 2 ? predicate : { dimension: predicate.dimension, any: distinctMatchers(predicate.any), none: distinctMatchers(predicate.none) }));
  const byKey = new Map(sorted.map((predicate) => [predicateKey(predicate), predicate]));
  return [...byKey.values()].sort((left, right) => compareDimensions(left.dimension, right.dimension) || compareText(predicateKey(left), predicateKey(right)));
}

/** The seed's predicates on a dimension together with a further one. */
function joined(dimension: Dimension, seed: readonly Predicate[], any: readonly Matcher[], none: readonly Matcher[]): Predicate[] {
  const extra: Predicate = { dimension, any, none };
  const [first, ...others] = seed;
  if (first === undefined) return [extra];
  if (any.length > 0) return insideSeed(any, seed) ? [extra] : [...seed, extra];
  return [{ dimension, any: first.any, none: distinctMatchers([...first.none, ...none]) }, ...others];
}

/** `target` as predicates, in one phrase where the vocabulary has one. */
export function phrases(dimension: Dimension, atoms: Atoms, target: Bits, seed: readonly Predicate[]): Phrase[] {
  if (equal(target, atoms.full)) return [{ predicates: seed, bits: target }];
  const words = wordsOf(atoms);
  const sentence = oneSentence(words, atoms.full, target);
  if (sentence !== undefined) {
    const any = sentence.any.map((word) => word.matcher);
    const none = sentence.none.map((word) => word.matcher);
    return [{ predicates: joined(dimension, seed, any, none), bits: target }];
  }
  const found: Phrase[] = [];
  let left = target;
  while (!isEmpty(left)) {
    const part = product(words, atoms, target, lowest(left));
    const [first, ...more] = part.all.map((word) => word.matcher);
    const none = part.none.map((word) => word.matcher);
    const start = joined(dimension, seed, first === undefined ? [] : [first], none);
    found.push({ predicates: [...start, ...more.map((matcher): Predicate => ({ dimension, any: [matcher], none: [] }))], bits: part.bits });
    left = minus(left, part.bits);
  }
  return found;
}

/** A claim's boolean axes as predicates: elements that are held, and elements that are not. */
function claimPredicates(dimension: Dimension, elements: ElementAtoms, matchers: readonly Matcher[], held: readonly number[], lacking: readonly number[]): Predicate[] {
  const size = elements.representatives.length;
  const target = emptyBits(size);
  for (const element of lacking) add(target, element);
  const words: Word[] = matchers.map((matcher, index) => {
    const bits = emptyBits(size);
    for (const element of elements.accepted.get(matcherKey(matcher)) ?? []) add(bits, element);
    return { index, matcher, bits };
  });
  const exact: Word[] = elements.exactly.map((matcher, element) => {
    const bits = emptyBits(size);
    add(bits, element);
    return { index: words.length + element, matcher, bits };
  });
  const none = (cover([...words, ...exact].filter((word) => within(word.bits, target)), target) ?? []).map((word) => word.matcher);
  const [first, ...more] = held.map((element) => elements.exactly[element] as Matcher);
  if (first === undefined && none.length === 0) return [];
  return [{ dimension, any: first === undefined ? [] : [first], none }, ...more.map((matcher): Predicate => ({ dimension, any: [matcher], none: [] }))];
}

/** One cube's worth of words and the atoms it stands for. */
export interface Wording {
  readonly predicates: readonly Predicate[];
  readonly region: Uint32Array;
}

/** A region as cubes in words: one, or several where a dimension cannot be said in one phrase. */
export function wordings(space: Space, region: Uint32Array, seed: readonly Predicate[]): Wording[] {
  let drafts: Wording[] = [{ predicates: [], region: region.slice() }];
  for (const [dimension, first] of space.axisOf) {
    const elements = space.elements.get(dimension);
    if (elements !== undefined) {
      const state = elements.representatives.map((_, element) => region[(space.axes[first + element] as Space['axes'][number]).offset] as number);
      const held = state.flatMap((bits, element) => (bits === 2 ? [element] : []));
      const lacking = state.flatMap((bits, element) => (bits === 1 ? [element] : []));
      const predicates = claimPredicates(dimension, elements, space.claimMatchers.get(dimension) ?? [], held, lacking);
      drafts = drafts.map((draft) => ({ ...draft, predicates: [...draft.predicates, ...predicates] }));
      continue;
    }
    const atoms = space.atoms.get(dimension) as Atoms;
    const axis = space.axes[first] as Space['axes'][number];
    const found = phrases(dimension, atoms, region.slice(axis.offset, axis.offset + axis.words), seed.filter((predicate) => predicate.dimension === dimension));
    drafts = drafts.flatMap((draft) =>
      found.map((phrase) => {
        const next = draft.region.slice();
        next.set(phrase.bits, axis.offset);
        return { predicates: [...draft.predicates, ...phrase.predicates], region: next };
      }),
    );
  }
  return drafts.map((draft) => ({ ...draft, predicates: canonicalPredicates(draft.predicates) }));
}
