import { describe, expect, test } from 'vitest';
import { hostName } from '#sets/authority.ts';
import { candidatesOf } from '#sets/candidates/candidates.ts';
import type { Matcher } from '#sets/matcher.ts';
import { matches } from '#sets/matches.ts';

describe('the name in an authority (M116)', () => {
  test.each([
    ['shop.example.com', 'shop.example.com'],
    ['shop.example.com:8443', 'shop.example.com'],
    ['[2001:db8::1]:80', '[2001:db8::1]'],
    ['[2001:db8::1]', '[2001:db8::1]'],
  ])('%s is %s', (authority, name) => {
    expect(hostName(authority)).toBe(name);
  });

  test('is compared in lower case and without the port', () => {
    const matcher: Matcher = { type: 'authority', pattern: { type: 'suffix', text: '.example.com' } };
    expect(['A.Example.com', 'a.example.com:81', 'example.com', 'a.example.com.evil'].map((value) => matches(matcher, value))).toEqual([true, true, false, false]);
  });
});

const name = (type: 'exact' | 'suffix', text: string): Matcher => ({ type: 'authority', pattern: { type, text } });
const host = (type: 'exact' | 'prefix' | 'suffix', text: string): Matcher => ({ type: 'host', pattern: { type, text } });

describe('representatives of authorities', () => {
  const sets: readonly (readonly Matcher[])[] = [
    [name('exact', 'a.b')],
    [name('exact', 'a.b'), host('exact', 'a.b')],
    [name('exact', 'a.b'), host('exact', 'a.b'), host('prefix', 'a.b:')],
    [name('suffix', '.b'), name('exact', 'a.b'), host('suffix', '.b:80'), host('prefix', 'a')],
    [name('suffix', '.b'), host('suffix', '80'), { type: 'exact', text: 'A.b:80' }],
    [name('suffix', 'b'), host('exact', 'a.b:8080'), host('prefix', 'a.b:80')],
  ];
  const textsOf = (matchers: readonly Matcher[]): readonly string[] => (candidatesOf('host', matchers, 1000) ?? []).filter((value) => typeof value === 'string');
  const bits = (matchers: readonly Matcher[], value: string): string => matchers.map((matcher) => (matches(matcher, value) ? '1' : '0')).join('');
  const texts = ['a.b', 'A.b', 'a.B', 'c.b', 'b', 'a', 'ab', 'x.y', 'a.b.c'].flatMap((text) => ['', ':80', ':8080', ':180', ':47', ':81'].map((port) => `${text}${port}`));

  test('have one of every class that these authorities fall into', () => {
    for (const matchers of sets) {
      const known = new Set(textsOf(matchers).map((value) => bits(matchers, value)));
      expect(texts.filter((text) => !known.has(bits(matchers, text)))).toEqual([]);
    }
  });

  test('have ports that are numbers', () => {
    expect(sets.flatMap(textsOf).filter((value) => !/^[^:]*(:\d+)?$/.test(value))).toEqual([]);
  });
});
