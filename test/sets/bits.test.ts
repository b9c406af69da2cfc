import { describe, expect, test } from 'vitest';
import { add, and, emptyBits, equal, fullBits, has, isEmpty, lowest, meets, members, minus, or, overlap, within, wordCount, type Bits } from '#sets/bits.ts';

const size = 70;
const set = (...list: readonly number[]): Bits => {
  const bits = emptyBits(size);
  for (const index of list) add(bits, index);
  return bits;
};
// Both ends of each word.
const some = [0, 5, 31, 32, 63, 64, 69];

describe('sets of small numbers', () => {
  test.each([
    [0, 0],
    [1, 1],
    [32, 1],
    [33, 2],
    [64, 2],
    [65, 3],
  ])('%i numbers take %i words', (count, words) => {
    expect(wordCount(count)).toBe(words);
    expect(members(fullBits(count))).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  test('hold what was added, in order', () => {
    expect(members(set(...some))).toEqual(some);
    expect(members(set(69, 0, 69))).toEqual([0, 69]);
    expect(some.every((index) => has(set(...some), index))).toBe(true);
    expect([1, 30, 33, 62, 65, 68].some((index) => has(set(...some), index))).toBe(false);
    expect(has(set(31), 31)).toBe(true);
  });

  test('are joined, cut and taken from each other, and stay as they were', () => {
    const [left, right] = [set(1, 31, 40, 69), set(31, 41, 69)];
    expect([and(left, right), or(left, right), minus(left, right)].map(members)).toEqual([[31, 69], [1, 31, 40, 41, 69], [1, 40]]);
    expect([left, right].map(members)).toEqual([[1, 31, 40, 69], [31, 41, 69]]);
  });

  test.each([
    [[], [], false, true, 0],
    [[1], [1], true, true, 1],
    [[1], [1, 69], true, true, 1],
    [[1, 69], [1], true, false, 1],
    [[69], [68], false, false, 0],
    [[0, 31, 32, 69], [0, 31, 32, 69], true, true, 4],
    [[2, 69], [1, 69], true, false, 1],
  ] as const)('%j and %j: meet %s, within %s, %i in common', (left, right, meeting, inside, common) => {
    expect(meets(set(...left), set(...right))).toBe(meeting);
    expect(within(set(...left), set(...right))).toBe(inside);
    expect(overlap(set(...left), set(...right))).toBe(common);
    expect(equal(set(...left), set(...right))).toBe(JSON.stringify(left) === JSON.stringify(right));
  });

  test('know whether they are empty, and their lowest member', () => {
    expect([set(), set(0), set(69)].map(isEmpty)).toEqual([true, false, false]);
    expect([set(), set(69, 31), set(31), set(0, 69), set(69)].map(lowest)).toEqual([-1, 31, 31, 0, 69]);
  });
});
