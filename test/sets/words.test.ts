/**
 * A set of atoms in words: exactly those atoms, in one phrase where the words have one, with few of them. The words here are names of sets of
 * numbers; every set of numbers is said, and `fixtures/sets/words.txt` shows how (`vitest -u` writes it anew, and the difference is to be read).
 */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atomsOf, predicateBits, type Atoms } from '#sets/atoms.ts';
import { add, and, emptyBits, equal, fullBits, members, or, type Bits } from '#sets/bits.ts';
import type { Dimension, Predicate } from '#sets/cube.ts';
import { matcherKey, predicateKey, valueKey } from '#sets/keys.ts';
import type { Matcher } from '#sets/matcher.ts';
import { holds } from '#sets/matches.ts';
import { canonicalPredicates, phrases } from '#sets/words.ts';
import { any, exact, none, nonEmpty, path, port, prefix, present, suffix } from './worlds.ts';

function bitsOf(size: number, atoms: readonly number[]): Bits {
  const bits = emptyBits(size);
  for (const atom of atoms) add(bits, atom);
  return bits;
}

/** Words by name, sorted; `absent` is the one that phrases avoid. */
function atomsWith(size: number, words: Readonly<Record<string, readonly number[]>>): Atoms {
  const matchers = Object.keys(words).map((name): Matcher => (name === 'absent' ? { type: 'absent' } : exact(name)));
  return { size, representatives: Array.from({ length: size }, (_, atom) => atom), accepted: new Map(matchers.map((matcher, index) => [matcherKey(matcher), bitsOf(size, Object.values(words)[index] ?? [])])), matchers, full: fullBits(size) };
}

function wordText(matchers: readonly Matcher[]): string {
  return matchers.map((matcher) => ('text' in matcher ? matcher.text : matcher.type)).join(' | ');
}

function predicateText({ any: some, none: not }: Predicate): string {
  return `${some.length === 0 ? '*' : wordText(some)}${not.length === 0 ? '' : ` except ${wordText(not)}`}`;
}

/** What each phrase says is what it stands for, and all together say the target. */
function said(atoms: Atoms, target: Bits): string {
  const found = phrases('header:x', atoms, target, []);
  let whole = emptyBits(atoms.size);
  for (const { predicates, bits } of found) {
    const meant = predicates.reduce((left, predicate) => and(left, predicateBits(atoms, predicate)), atoms.full);
    expect(members(meant)).toEqual(members(bits));
    whole = or(whole, bits);
  }
  expect(equal(whole, target)).toBe(true);
  return found.map(({ predicates }) => (predicates.length === 0 ? 'anything' : predicates.map(predicateText).join(' and '))).join('; ');
}

const puzzles: readonly (readonly [name: string, size: number, words: Readonly<Record<string, readonly number[]>>])[] = [
  ['single values, and what is none of them', 4, { a: [0], b: [1], c: [2] }],
  ['sets that overlap', 4, { a: [0, 1], b: [1, 2], c: [2, 3] }],
  ['one within another', 3, { all: [0, 1, 2], one: [0], two: [0, 1] }],
  ['callers with an identity and without', 3, { absent: [2], evil: [1], identified: [0, 1] }],
  ['the same with another word', 3, { evil: [1], identified: [0, 1], nobody: [2] }],
  ['a word that two others make needless', 6, { left: [0, 1, 2], most: [1, 2, 3, 4], odd: [1, 3], right: [3, 4, 5] }],
  ['words of which some shrink', 5, { a: [0, 1, 2], b: [1, 2, 3], c: [3, 4], d: [0, 4], e: [2] }],
  ['words that say nothing here', 3, { a: [0], nothing: [], rest: [1] }],
  ['exceptions that two words need', 5, { a: [0, 1], b: [2, 3], x: [1], y: [3], z: [4] }],
];

test('every set of atoms in its words', () => {
  const lines = puzzles.map(([name, size, words]) => {
    const atoms = atomsWith(size, words);
    const sets = Array.from({ length: 2 ** size - 1 }, (_, index) => Array.from({ length: size }, (_unused, atom) => atom).filter((atom) => ((index + 1) >> atom) % 2 === 1));
    return `${name}: ${Object.entries(words).map(([word, meant]) => `${word} = ${meant.join(' ')}`).join(', ')} of ${String(size)}\n${sets.map((set) => `  ${set.join(' ')}: ${said(atoms, bitsOf(size, set))}\n`).join('')}`;
  });
  return expect(lines.join('\n')).toMatchFileSnapshot(fileURLToPath(new URL('../../fixtures/sets/words.txt', import.meta.url)));
});

/** The largest gain first, of several the first; what all others make needless goes again, in the order in which it was chosen. */
function plainCover(words: readonly (readonly number[])[]): readonly number[] {
  const left = new Set(words.flat());
  const chosen: number[] = [];
  while (left.size > 0) {
    const gains = words.map((word) => word.filter((atom) => left.has(atom)).length);
    const best = gains.indexOf(Math.max(...gains));
    chosen.push(best);
    for (const atom of words[best] ?? []) left.delete(atom);
  }
  return chosen.reduce((kept, word) => ((words[word] ?? []).every((atom) => kept.some((other) => other !== word && words[other]?.includes(atom) === true)) ? kept.filter((other) => other !== word) : kept), chosen).toSorted((left, right) => left - right);
}

test('of many words those that a plain choice takes', () => {
  const word = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 3, maxLength: 9 }), (words) => {
      const names = words.map((_, index) => `w${String(index)}`);
      // The last atom has no name, so that nothing is said by exceptions.
      const atoms = atomsWith(11, Object.fromEntries(words.map((meant, index) => [names[index] ?? '', meant])));
      expect(said(atoms, bitsOf(11, words.flat()))).toBe(plainCover(words).map((index) => names[index]).join(' | '));
    }),
    { numRuns: 300, seed: 5 },
  );
});

test('more atoms than a word of bits has', () => {
  const names = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`w${String(index).padStart(2, '0')}`, [index]]));
  const atoms = atomsWith(42, names);
  expect(said(atoms, bitsOf(42, [35, 36, 37]))).toBe('w35 | w36 | w37');
  expect(said(atoms, bitsOf(42, Array.from({ length: 42 }, (_, index) => index).filter((index) => index !== 3 && index !== 38)))).toBe('* except w03 | w38');
});

describe('within what a seed says', () => {
  const matchers: readonly Matcher[] = [exact('ab'), exact('ac'), prefix('a'), suffix('b'), exact('b')];
  const told = (seed: readonly Predicate[], target: (value: string | null) => boolean): readonly string[] => {
    const atoms = atomsOf('header:x', matchers, seed, 99);
    if (atoms === undefined) throw new Error('atoms');
    const bits = bitsOf(atoms.size, atoms.representatives.flatMap((value, atom) => (target(value as string | null) ? [atom] : [])));
    const found = phrases('header:x', atoms, bits, seed);
    for (const { predicates, bits: meant } of found) {
      for (const [atom, value] of atoms.representatives.entries()) expect(predicates.every((predicate) => holds(predicate, value)), valueKey(value)).toBe(members(meant).includes(atom));
    }
    return found.map(({ predicates }) => predicates.map(predicateKey).join(' and '));
  };
  test.each([
    ['all of it is the seed', [any('header:x', prefix('a'))], () => true, ['header:x: prefix "a"']],
    ['a word inside the seed stands for itself', [any('header:x', prefix('a'))], (value) => value === 'ab', ['header:x: exact "ab"']],
    ['a word that reaches beyond stands beside the seed', [any('header:x', prefix('a'))], (value) => value?.endsWith('b') === true, ['header:x: prefix "a" and header:x: suffix "b"']],
    ['an exception joins the seed', [any('header:x', prefix('a'))], (value) => value !== 'ab', ['header:x: prefix "a" except exact "ab"']],
    ['an exception joins those of the seed', [any('header:x', prefix('a')), none('header:x', exact('ac'))], (value) => value !== 'ab', ['header:x: prefix "a" except exact "ab" and header:x: * except exact "ac"']],
    ['a word that the seed excepts in part stands beside it', [none('header:x', exact('ab'))], (value) => value?.endsWith('b') === true, ['header:x: * except exact "ab" and header:x: suffix "b"']],
    ['a word apart from what the seed excepts stands for itself', [none('header:x', exact('b'))], (value) => value?.startsWith('a') === true, ['header:x: prefix "a"']],
    ['a word inside one alternative of the seed', [any('header:x', exact('b'), prefix('a'))], (value) => value === 'ac' || value === 'b', ['header:x: exact "ac" | exact "b"']],
    ['a word inside one part of the seed and not the other', [any('header:x', prefix('a')), any('header:x', suffix('b'))], (value) => value === 'ab', ['header:x: exact "ab"']],
    ['two words of which one lies inside', [any('header:x', prefix('a'))], (value) => value === 'ac' || value?.endsWith('b') === true, ['header:x: prefix "a" and header:x: exact "ac" | suffix "b"']],
    ['of two words only one lies inside', [any('header:x', prefix('a'), exact('b'))], (value) => value === 'b' || value?.endsWith('b') === true, ['header:x: exact "b" | prefix "a" and header:x: suffix "b"']],
  ] satisfies readonly (readonly [string, readonly Predicate[], (value: string | null) => boolean, readonly string[]])[])('%s', (_, seed, target, expected) => {
    expect(told(seed, target)).toEqual(expected);
  });
});

test('a word that lies in one part of a seed and reaches beyond the other stands beside both', () => {
  const seed = [any('header:x', prefix('a')), any('header:x', suffix('b'))];
  const atoms = atomsOf('header:x', [prefix('a'), prefix('ac'), suffix('b')], seed, 99);
  if (atoms === undefined) throw new Error('atoms');
  const bits = bitsOf(atoms.size, atoms.representatives.flatMap((value, atom) => (typeof value === 'string' && value.startsWith('ac') ? [atom] : [])));
  expect(phrases('header:x', atoms, bits, seed).map(({ predicates }) => predicates.map(predicateKey))).toEqual([['header:x: prefix "a"', 'header:x: suffix "b"', 'header:x: prefix "ac"']]);
});

test('predicates are sorted by who, what, where, their words by key, and each is there once', () => {
  const of = (...predicates: readonly Predicate[]): readonly string[] => canonicalPredicates(predicates).map((predicate) => `${predicate.dimension}: ${[...predicate.any, ...predicate.none].map(matcherKey).join(' ')}`);
  expect(of(any('port', port(80)), any('peer', { type: 'identified' }), any('path', path(prefix('/b')), path(exact('/a')), path(exact('/a'))))).toEqual(['peer: identified', 'path: path exact "/a" BASE path prefix "/b" BASE', 'port: number 80']);
  expect(of(any('header:x', present), any('header:x', nonEmpty), any('header:x', present), none('header:x', exact('b'), exact('a')))).toEqual(['header:x: exact "a" exact "b"', 'header:x: non-empty', 'header:x: present']);
  const shared: Predicate = any('port' satisfies Dimension, port(80));
  expect(canonicalPredicates([shared])[0]).toBe(shared);
});
