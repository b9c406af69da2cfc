/** Examples of the expressions of routes, and the texts, beginnings and endings that expressions are, form by form. */
import { expect, test } from 'vitest';
import { regexExamples } from '#semantics/gateways/regex-examples.ts';
import { regexBeginning, simpleRegex } from '#semantics/gateways/simple-regex.ts';
import { wholeMatch } from '#semantics/gateways/text-match.ts';
import { matcherKey } from '#sets/keys.ts';

test.each([
  ['/a', ['/a']],
  ['^/a$', ['/a']],
  ['/.', ['/x']],
  ['/a*', ['/a', '/']],
  ['/a+', ['/a']],
  ['/a?', ['/a', '/']],
  ['/a*?b', ['/ab', '/b']],
  ['/a+?b', ['/ab']],
  ['/a??b', ['/ab', '/b']],
  ['a|b', ['a', 'b']],
  ['/(a|b)c', ['/ac', '/bc']],
  ['/(?:a|b)', ['/a', '/b']],
  ['/(?i:a)', ['/a']],
  ['/(?P<name>a)', ['/a']],
  ['(?is)/a', ['/a']],
  ['/(a|a)', ['/a']],
  ['/a{3}', ['/aaa']],
  ['/a{12}', ['/aaaaaaaaaaaa']],
  ['/a{2,}b', ['/aab']],
  ['/a{2,13}?b', ['/aab']],
  ['\\d\\w\\D\\S\\W\\s', ['1aaa- ']],
  ['\\A\\.\\ba\\z', ['.a']],
  ['[bc]', ['b']],
  ['[^xa]', ['1']],
  ['[^/]', ['x']],
  ['[[:digit:]]', ['1']],
  ['[[:alpha:]]', ['a']],
  ['[\\d]', ['1']],
  ['[\\.]', ['.']],
  ['[]a]', [']']],
  ['(a|b)(c|d)(e|f)(g|h)', ['aceg', 'aceh', 'acfg', 'acfh', 'adeg', 'adeh', 'adfg', 'adfh']],
  // Forms that are not read have none.
  ['/(a', []],
  ['/a)', []],
  ['[a', []],
  ['*a', []],
  ['a**', []],
  ['\\pN', []],
  ['', ['']],
])('examples of %s', (expression, examples) => {
  expect(regexExamples(expression)).toEqual(examples);
  for (const example of examples) expect([example, wholeMatch(expression, example)]).toEqual([example, true]);
});

test.each([
  ['.*', ['present']],
  ['*', ['present']],
  ['.+', ['non-empty']],
  ['/a', ['exact "/a"']],
  ['^/a$', ['exact "/a"']],
  ['/a\\$', ['exact "/a$"']],
  ['/a\\.b', ['exact "/a.b"']],
  ['/a(/.*)?', ['exact "/a"', 'prefix "/a/"']],
  ['/a(?:/.*)?', ['exact "/a"', 'prefix "/a/"']],
  ['/a.*', ['prefix "/a"']],
  ['.*b', ['suffix "b"']],
  ['/a(/.*)?b', undefined],
  ['/a[b](/.*)?', undefined],
  ['/a.b', undefined],
  ['/a\\d', undefined],
] as const)('%s as texts', (expression, texts) => {
  expect(simpleRegex(expression)?.map(matcherKey)).toEqual(texts);
});

test.each([
  ['/a', '/a'],
  ['/a*b', '/'],
  ['/ab{2}', '/a'],
  ['/ab?c', '/a'],
  ['/a+b', '/a'],
  ['/\\.\\*a', '/.*a'],
  ['/a\\.*b', '/a'],
  ['/a\\.+b', '/a.'],
  ['/a\\db', '/a'],
  ['/a\\', '/a'],
  ['/a(b|c)', '/a'],
  ['/a\\|b', '/a|b'],
  ['/a|b', ''],
  ['(a)|b', ''],
  ['', ''],
])('every text of %s begins with %s', (expression, beginning) => {
  expect(regexBeginning(expression)).toBe(beginning);
});
