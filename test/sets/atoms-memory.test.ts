import { expect, test } from 'vitest';
import { atomsOf } from '#sets/atoms.ts';
import type { Predicate } from '#sets/cube.ts';
import type { Matcher } from '#sets/matcher.ts';

const exact = (text: string): Matcher => ({ type: 'exact', text });
const get = exact('GET');
const post = exact('POST');
const within = (...any: readonly Matcher[]): readonly Predicate[] => [{ dimension: 'method', any, none: [] }];
const values = (restrict: readonly Predicate[], matchers: readonly Matcher[] = [get, post], limit = 100): readonly unknown[] | undefined => atomsOf('method', matchers, restrict, limit)?.representatives;

// Atoms are remembered by content: nothing that they depend on may be missing from what they are remembered by.
test('the order of a seed’s values is the order of its atoms, whichever was asked first', () => {
  expect(values(within(get, post))).toEqual(['GET', 'POST']);
  expect(values(within(post, get))).toEqual(['POST', 'GET']);
  expect(values(within(get, post))).toEqual(['GET', 'POST']);
});

test('two conditions of a seed are not one', () => {
  const put = exact('PUT');
  const of = (...parts: readonly (readonly [any: readonly Matcher[], none: readonly Matcher[]])[]): readonly Predicate[] => parts.map(([any, none]) => ({ dimension: 'method', any, none }));
  expect(values(of([[get], []], [[post], [put]]), [get, post, put])).toEqual([]);
  expect(values(of([[get], [post]], [[], [put]]), [get, post, put])).toEqual(['GET']);
});

test('a seed’s exceptions, the matchers in play, the dimension and the limit all count', () => {
  expect(values([{ dimension: 'method', any: [get, post], none: [get] }])).toEqual(['POST']);
  expect(values(within(get))).toEqual(['GET']);
  expect(values([], [get])?.length).toBe(2);
  expect(values([], [get, post])?.length).toBe(3);
  expect(values([], [get, post], 2)).toBeUndefined();
  expect(atomsOf('header:x', [get, post], [], 100)?.representatives).toContain(null);
});
