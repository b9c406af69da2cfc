/** Values that no matcher tells apart are one atom; elements of claims each have a matcher of their own. */
import { describe, expect, test } from 'vitest';
import { atomsOf, elementAtomsOf, predicateBits } from '#sets/atoms.ts';
import { members } from '#sets/bits.ts';
import type { Dimension, Predicate } from '#sets/cube.ts';
import { matcherKey } from '#sets/keys.ts';
import type { Matcher } from '#sets/matcher.ts';
import { any, element, exact, host, none, nonEmpty, path, prefix, present, principal, suffix, template } from './worlds.ts';

type ElementMatcher = Extract<Matcher, { type: 'element' }>;

function elements(...matchers: readonly Matcher[]): readonly (readonly [string, string])[] | undefined {
  const found = elementAtomsOf(matchers as readonly ElementMatcher[], 100);
  return found?.representatives.map((text, index) => [text, matcherKey(found.exactly[index] as Matcher)] as const);
}

describe('elements of a claim, each with the fewest patterns that name it alone', () => {
  test.each([
    ['one text', [element(exact('a'))], [['a', 'element exact "a"']]],
    ['two texts', [element(exact('a')), element(exact('b'))], [['a', 'element exact "a"'], ['b', 'element exact "b"']]],
    ['a text and a beginning of it', [element(exact('ab')), element(prefix('a'))], [['ab', 'element exact "ab"'], ['ax', 'element prefix "a" except [exact "ab"]']]],
    ['a beginning and a longer one', [element(prefix('a')), element(prefix('ab'))], [['ax', 'element prefix "a" except [prefix "ab"]'], ['abx', 'element prefix "ab"']]],
    ['a beginning and an end', [element(prefix('a')), element(suffix('b'))], [['xb', 'element suffix "b" except [prefix "a"]'], ['ax', 'element prefix "a" except [suffix "b"]'], ['axb', 'element prefix "a" also [suffix "b"]']]],
    ['any text', [element(nonEmpty), element(exact('a'))], [['a', 'element exact "a"'], ['x', 'element non-empty except [exact "a"]']]],
    ['any element', [element(present), element(exact('a'))], [['a', 'element exact "a"'], ['x', 'element present except [exact "a"]']]],
    ['any element and any text', [element(present), element(nonEmpty)], [['x', 'element non-empty'], ['', 'element present except [non-empty]']]],
    ['the empty text', [element(exact(''))], [['', 'element exact ""']]],
    ['exceptions', [{ type: 'element', pattern: prefix('a'), except: [exact('ab')] }], [['ax', 'element prefix "a" except [exact "ab"]']]],
    ['what must hold besides', [{ type: 'element', pattern: prefix('a'), also: [suffix('b')] }], [['axb', 'element prefix "a" also [suffix "b"]']]],
    ['a text that is far from a beginning', [element(prefix('a')), element(prefix('ab')), element(exact('zz'))], [['zz', 'element exact "zz"'], ['ax', 'element prefix "a" except [prefix "ab"]'], ['abx', 'element prefix "ab"']]],
    ['a beginning, an end and a text of both', [element(suffix('b')), element(exact('ab')), element(prefix('a')), element(nonEmpty)], [['ab', 'element exact "ab"'], ['x', 'element non-empty except [prefix "a", suffix "b"]'], ['xb', 'element suffix "b" except [prefix "a"]'], ['ax', 'element prefix "a" except [suffix "b"]'], ['axb', 'element prefix "a" also [suffix "b"] except [exact "ab"]']]],
    ['the order in which they are given does not matter', [element(prefix('ac')), element(prefix('ab')), element(prefix('a'))], [['ax', 'element prefix "a" except [prefix "ab", prefix "ac"]'], ['abx', 'element prefix "ab"'], ['acx', 'element prefix "ac"']]],
    ['three beginnings', [element(prefix('a')), element(prefix('ab')), element(prefix('ac'))], [['ax', 'element prefix "a" except [prefix "ab", prefix "ac"]'], ['abx', 'element prefix "ab"'], ['acx', 'element prefix "ac"']]],
  ] satisfies readonly (readonly [string, readonly Matcher[], readonly (readonly [string, string])[]])[])('%s', (_, matchers, expected) => {
    expect(elements(...matchers)).toEqual(expected);
  });

  test('nothing is said besides, where one pattern says it all', () => {
    expect(elementAtomsOf([element(prefix('a'))] as readonly ElementMatcher[], 3)?.exactly).toEqual([{ type: 'element', pattern: prefix('a') }]);
  });

  test('more than ten patterns are told apart by all of them', () => {
    const letters = Array.from('abcdefghijklm');
    // The eleventh and the first two are not one pattern.
    const found = elementAtomsOf([...letters.map((letter) => element(prefix(letter))), element(prefix('ab'))] as readonly ElementMatcher[], 100);
    expect(found?.representatives.length).toBe(letters.length + 1);
    expect(elementAtomsOf(Array.from({ length: 13 }, (_, index) => element(index === 2 ? suffix('b') : prefix(letters[index] ?? ''))) as readonly ElementMatcher[], 100)?.representatives.length).toBe(12 + 1 + 12);
  });

  test('each matcher accepts those of its elements', () => {
    const found = elementAtomsOf([element(prefix('a')), element(suffix('b'))] as readonly ElementMatcher[], 3);
    expect([...(found?.accepted ?? [])]).toEqual([['element prefix "a"', [1, 2]], ['element suffix "b"', [0, 2]]]);
    expect(elementAtomsOf([element(prefix('a')), element(suffix('b'))] as readonly ElementMatcher[], 2)).toBeUndefined();
    expect(elements()).toEqual([]);
  });
});

describe('values within what a seed names', () => {
  const values = (dimension: Dimension, matchers: readonly Matcher[], ...restrict: readonly Predicate[]): readonly unknown[] | undefined => atomsOf(dimension, matchers, restrict, 100)?.representatives;
  test('are those, where it names single values', () => {
    expect(values('path', [path(exact('/a')), path(prefix('/'))], any('path', path(exact('/a'))))).toEqual(['/a']);
    expect(values('host', [host(exact('a')), host(prefix('a'))], any('host', host(exact('a'))))).toEqual(['a']);
    expect(values('method', [exact('GET'), prefix('G')], any('method', exact('GET')))).toEqual(['GET']);
    expect(values('peer', [principal(exact('td/ns/a/sa/x')), { type: 'identified' }], any('peer', principal(exact('td/ns/a/sa/x'))))).toEqual(['td/ns/a/sa/x']);
  });
  test('in the order in which it names them', () => {
    expect(values('path', [path(exact('/a')), path(exact('/b')), path(prefix('/'))], any('path', path(exact('/b')), path(exact('/a'))))).toEqual(['/b', '/a']);
    expect(values('host', [host(exact('a')), host(exact('b')), host(prefix('a'))], any('host', host(exact('b')), host(exact('a'))))).toEqual(['b', 'a']);
    expect(values('method', [exact('A'), exact('B')], any('method', exact('B'), exact('A')))).toEqual(['B', 'A']);
  });
  test('however many classes the patterns make elsewhere', () => {
    const templates = ['/{*}/a', '/{*}/b', '/{*}/c'].map((text) => path(template(text)));
    const hosts = ['b', 'c', 'd'].map((text) => host(prefix(text)));
    expect(atomsOf('path', templates, [], 2)).toBeUndefined();
    expect(atomsOf('path', templates, [any('path', path(exact('/x/a')))], 2)?.representatives).toEqual(['/x/a']);
    expect(atomsOf('host', hosts, [any('host', host(exact('bb')))], 2)?.representatives).toEqual(['bb']);
  });
  test('are spellings of them, where another matcher reads them otherwise', () => {
    expect(values('path', [path(exact('/a'), 'NONE'), path(exact('/a'), 'BASE')], any('path', path(exact('/a'), 'BASE')))?.length).toBeGreaterThan(1);
    expect(values('host', [host(exact('a')), exact('A')], any('host', host(exact('a'))))).toEqual(['A', 'a']);
    expect(values('path', [path(exact('/a')), exact('/a')], any('path', path(exact('/a'))))?.length).toBeGreaterThan(1);
    // A path that normalization changes is never seen so.
    expect(values('path', [path(exact('/a/../b'))], any('path', path(exact('/a/../b'))))).toEqual([]);
    expect(values('path', [path(template('/{*}'))], any('path', path(template('/{*}'))))).toEqual(['/x']);
  });
  test('a path begins with a slash, whatever a policy says', () => {
    expect(values('path', [path(exact('a')), path(exact('/b'))], any('path', path(exact('a')), path(exact('/b'))))).toEqual(['/b']);
    expect(values('path.query', [exact('a'), exact('/b')], any('path.query', exact('a'), exact('/b')))).toEqual(['/b']);
    expect(values('method', [exact('a')], any('method', exact('a')))).toEqual(['a']);
  });
  test('of a caller are more than its identity, where labels of undeclared namespaces count', () => {
    const asked: Matcher = { type: 'source-namespace', names: [], declared: [], selection: { matchLabels: { a: 'b' }, matchExpressions: [] } };
    const identity = principal(exact('td/ns/n/sa/x'));
    expect(values('peer', [asked, identity], any('peer', identity))).toEqual(['td/ns/n/sa/x', { principal: 'td/ns/n/sa/x', namespace: 'n', namespaceLabels: { a: 'b' } }]);
    expect(values('peer', [identity], any('peer', identity))).toEqual(['td/ns/n/sa/x']);
  });
  test('are without its exceptions', () => {
    expect(values('method', [exact('GET'), exact('PUT')], any('method', exact('GET'), exact('PUT')), none('method', exact('PUT')))).toEqual(['GET']);
  });
  test('up to a limit', () => {
    const matchers = [exact('a'), exact('b'), exact('c')];
    expect(atomsOf('header:x', matchers, [], 4)?.size).toBe(4);
    expect(atomsOf('header:x', matchers, [], 3)).toBeUndefined();
    expect(atomsOf('path', [path(template('/{*}/a')), path(template('/{*}/b'))], [], 1)).toBeUndefined();
  });
});

test('more than ten matchers are told apart by all of them', () => {
  const letters = Array.from('abcdefghijklm');
  const matchers = letters.map((letter, index) => (index === 2 ? suffix('b') : prefix(letter)));
  // Twelve beginnings and none, each with that end and without.
  expect(atomsOf('header:x', matchers, [], 100)?.size).toBe(26);
});

test('what a predicate leaves of the atoms', () => {
  const atoms = atomsOf('header:x', [exact('a'), prefix('b')], [], 100);
  if (atoms === undefined) throw new Error('atoms');
  // That it is missing and that it says something else is told apart by no matcher.
  const left = (predicate: Predicate): readonly unknown[] => members(predicateBits(atoms, predicate)).map((atom) => atoms.representatives[atom]);
  expect(left(any('header:x'))).toEqual([null, 'a', 'bx']);
  expect(left(any('header:x', exact('a'), prefix('b')))).toEqual(['a', 'bx']);
  expect(left(none('header:x', exact('a')))).toEqual([null, 'bx']);
  expect(left({ dimension: 'header:x', any: [prefix('b'), exact('a')], none: [exact('a')] })).toEqual(['bx']);
  // One that was not in play when the atoms were made accepts nothing.
  expect(left(any('header:x', exact('z')))).toEqual([]);
  expect(left(none('header:x', exact('z')))).toEqual([null, 'a', 'bx']);
});
