import { describe, expect, test } from 'vitest';
import { globMatches, globParts } from '#sets/glob.ts';

type Case = readonly [string, ...(readonly [string, boolean])[]];

describe('a text with stars', () => {
  const table: readonly Case[] = [
    ['', ['', true], ['a', false]],
    ['a', ['a', true], ['ab', false], ['ba', false]],
    ['a*', ['a', true], ['ab', true], ['ba', false]],
    ['*a', ['a', true], ['ba', true], ['ab', false]],
    ['*', ['', true], ['a', true]],
    // The ends do not share a character.
    ['ab*ba', ['abba', true], ['aba', false], ['abxba', true]],
    ['a*b*c', ['abc', true], ['axbxc', true], ['ac', false], ['acb', false], ['acbc', true]],
    // What stands between may not reach into the end.
    ['a*bc*c', ['abcc', true], ['abc', false], ['axbcxc', true]],
    ['a*b*b*c', ['abbc', true], ['abc', false], ['abxbc', true]],
    ['*ab*ab*', ['abab', true], ['aab', false], ['xabxabx', true], ['abxa', false]],
  ];
  for (const [glob, ...cases] of table) {
    test(JSON.stringify(glob), () => {
      expect(cases.map(([text]) => [text, globMatches(glob.split('*'), text)])).toEqual(cases);
    });
  }

  test('between other texts its stars are the only ones that count', () => {
    expect(globParts(['', '/ns/'], 'a*b', ['/', ''])).toEqual(['', '/ns/a', 'b/', '']);
    expect(globParts(['x'], 'a', ['y'])).toEqual(['xay']);
    expect(globParts(['x', 'y'], '*', ['z'])).toEqual(['x', 'y', 'z']);
  });
});
