import { describe, expect, test } from 'vitest';
import { compileTemplate, templateAccepts, templateMatches, templateStart, templateStep } from '#sets/path-template.ts';

type Case = readonly [string, ...(readonly [string, boolean])[]];

describe('a path template (A3.37)', () => {
  const table: readonly Case[] = [
    ['/a', ['/a', true], ['/', false], ['/ab', false], ['', false]],
    ['/{*}', ['/a', true], ['/abc', true], ['/', false], ['/a/', false], ['//', false]],
    ['/{**}', ['/', true], ['/a', true], ['/a/b/', true], ['a', false]],
    ['/{*}/x', ['/a/x', true], ['/aa/x', true], ['//x', false], ['/a/b/x', false]],
    ['/{**}/x', ['//x', true], ['/a/x', true], ['/a/b/x', true], ['/x', false], ['/x/x', true], ['/a/xx', false]],
    ['/{*}-{*}', ['/a-b', true], ['/a--b', true], ['/-', false], ['/a-', false]],
    ['/{*}.{**}', ['/a.', true], ['/a.b/c', true], ['/.b', false]],
    // Characters that stand in a path only escaped match nothing that is open.
    ['/{**}', ['/[', false], ['/{', false], ['/a|b', false], ['/a"', false], ["/~!$&'()+,;:@=*%", true]],
    ['/{x}', ['/{x}', true], ['/x', false]],
    ['/\u{1f600}{*}', ['/\u{1f600}a', true], ['/\u{1f600}', false]],
  ];
  for (const [template, ...cases] of table) {
    test(template, () => {
      expect(cases.map(([path]) => [path, templateMatches(template, path)])).toEqual(cases);
    });
  }

  test('is read character by character: the positions that may be reached, in order', () => {
    const template = compileTemplate('/{*}{**}x');
    const start = templateStart(template);
    expect(start).toEqual([0]);
    const states = ['/', 'x', 'x', '/'].reduce<(readonly number[])[]>((before, character) => [...before, templateStep(template, before.at(-1) ?? [], character)], [start]);
    // The slash, one character, more of its segment, anything, and the end behind `x`.
    expect(states).toEqual([[0], [1], [2, 3, 4], [2, 3, 4, 5], [3, 4]]);
    expect(states.map((state) => templateAccepts(template, state))).toEqual([false, false, false, true, false]);
  });
});
