import { describe, expect, test } from 'vitest';
import { readingAt, sentAt } from '#sets/token-place.ts';

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

  test('are not enumerated where a header has too many places', () => {
    expect(sentAt(Array.from({ length: 9 }, (_, index) => `header:x-token:${String(index)} `))).toBeUndefined();
  });
});
