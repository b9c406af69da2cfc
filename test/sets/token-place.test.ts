import { describe, expect, test } from 'vitest';
import { headerPlace, readingAt, sentAt } from '#sets/token-place.ts';

describe('a rule that looks for a token in a header', () => {
  test.each([
    ['authorization:Bearer ', 'authorization:Bearer ', 'token'],
    ['header:x-token:Token ', 'header:x-token:Token ', 'token'],
    // All that stands behind the prefix is read: the prefix of another rule is part of it.
    ['header:x-token:', 'header:x-token:Token ', 'bytes'],
    ['authorization:', 'authorization:Bearer ', 'bytes'],
    ['authorization:B', 'authorization:Bearer ', 'bytes'],
    ['header:x-token:Token ', 'header:x-token:New Token ', 'token'],
    ['header:x-token:Token ', 'header:x-token:Token Token ', 'bytes'],
    ['header:x-token:Token ', 'header:x-token:', 'nothing'],
    ['header:x-token:Token ', 'header:x-other:Token ', 'nothing'],
    ['authorization:Bearer ', 'header:x-token:Bearer ', 'nothing'],
    ['parameter:token', 'parameter:token', 'token'],
    ['parameter:token', 'cookie:token', 'nothing'],
  ])('at %s finds of one sent at %s: %s', (place, sent, found) => {
    expect(readingAt(place, sent)).toBe(found);
  });
});

test('a place in a header has a name and a prefix, others have none', () => {
  expect(headerPlace('authorization:Bearer ')).toEqual({ start: 'authorization:', header: 'authorization', prefix: 'Bearer ' });
  expect(headerPlace('header:x-token:Token: ')).toEqual({ start: 'header:x-token:', header: 'x-token', prefix: 'Token: ' });
  expect(headerPlace('header:x-token:')).toEqual({ start: 'header:x-token:', header: 'x-token', prefix: '' });
  expect(['parameter:token', 'cookie:token'].map(headerPlace)).toEqual([undefined, undefined]);
});

describe('ways to send a token', () => {
  const readings = (places: readonly string[]): Set<string> => new Set((sentAt(places) ?? []).map((sent) => places.map((place) => readingAt(place, sent)).join(' ')));

  test('meet every combination of readings that two prefixes of one header allow', () => {
    // Of random values in front of the token, none is read in a way that has no representative.
    const places = ['header:x-token:', 'header:x-token:A ', 'header:x-token:New A ', 'header:x-token:B ', 'cookie:x'];
    const known = readings(places);
    const pieces = ['A ', 'B ', 'New ', 'New A ', 'x', ' '];
    for (let code = 0; code < pieces.length ** 4; code += 1) {
      const value = [1, pieces.length, pieces.length ** 2, pieces.length ** 3].map((power) => pieces[Math.floor(code / power) % pieces.length] ?? '').join('');
      for (const text of [value, value.slice(1), value.slice(0, -1)]) expect(known).toContain(places.map((place) => readingAt(place, `header:x-token:${text}`)).join(' '));
    }
    expect(known.size).toBeGreaterThan(9);
  });

  test('are the places themselves first', () => {
    expect(sentAt(['authorization:Bearer ', 'parameter:access_token'])?.slice(0, 2)).toEqual(['authorization:Bearer ', 'parameter:access_token']);
  });

  test.each([
    // Behind text that is no prefix, and before such text; what no rule finds is left out.
    [['A ', ''], ['x', 'xA ', 'A x']],
    // The text between is none that a prefix holds.
    [['x'], ['-x', 'x-']],
    [['x', '-'], ['y-', 'yx', '-y', '-yx', 'xy', 'xy-', '-yxy']],
    [['x-yz0'], ['\u00fcx-yz0', 'x-yz0\u00fc']],
  ])('with the prefixes %j are, besides the places, %j', (prefixes, more) => {
    const at = (prefix: string): string => `header:h:${prefix}`;
    expect(sentAt(prefixes.map(at))).toEqual([...prefixes, ...more].map(at));
  });

  test('of two headers are told apart', () => {
    expect(sentAt(['header:a:P', 'header:b:P', 'cookie:c'])).toEqual(['header:a:P', 'header:b:P', 'cookie:c', 'header:a:xP', 'header:a:Px', 'header:b:xP', 'header:b:Px']);
  });

  test('are enumerated for five prefixes of one header, and no prefix at all', () => {
    expect(sentAt(['', 'A', 'B', 'C', 'D', 'E'].map((prefix) => `header:h:${prefix}`))).toBeDefined();
  });

  test('are not enumerated where a header has too many places', () => {
    expect(sentAt(Array.from({ length: 9 }, (_, index) => `header:x-token:${String(index)} `))).toBeUndefined();
  });
});
