/** Which matchers are looked up by a text that is read once, and which are tried on each value. That both say the same is asked in `candidates.test.ts` and `matches.test.ts`. */
import { describe, expect, test } from 'vitest';
import type { Dimension } from '#sets/cube.ts';
import { matcherKey } from '#sets/keys.ts';
import type { Matcher, Value } from '#sets/matcher.ts';
import { matches } from '#sets/matches.ts';
import { foundBy, signatures } from '#sets/signature.ts';
import { cidr, exact, glob, host, nonEmpty, path, port, prefix, present, principal, protocol, suffix, template } from './worlds.ts';

const authority: Matcher = { type: 'authority', pattern: exact('a') };

const places: readonly (readonly [Dimension, Matcher, ReturnType<typeof foundBy>])[] = [
  ['header:x', exact('a'), { by: 'exact', key: 'a' }],
  ['header:x', prefix('a'), { by: 'prefix', key: 'a' }],
  ['header:x', suffix('a'), { by: 'suffix', key: 'a' }],
  ['header:x', nonEmpty, { by: 'pattern', pattern: nonEmpty }],
  ['header:x', present, { by: 'pattern', pattern: present }],
  ['header:x', { type: 'absent' }, { by: 'tried' }],
  ['path', path(exact('/a')), { by: 'exact', key: '/a' }],
  ['path', path(template('/{*}')), { by: 'pattern', pattern: template('/{*}') }],
  // Of a raw path, and of a host as it is sent: another text than the others are compared with.
  ['path', exact('/a'), { by: 'tried' }],
  ['host', exact('a'), { by: 'tried' }],
  ['host', host(suffix('.a')), { by: 'suffix', key: '.a' }],
  ['host', authority, { by: 'tried' }],
  ['peer', principal(exact('td/ns/a/sa/x')), { by: 'exact', key: 'td/ns/a/sa/x' }],
  ['peer', principal(nonEmpty), { by: 'pattern', pattern: nonEmpty }],
  ['peer', principal(exact('spiffe://td/ns/a/sa/x')), { by: 'tried' }],
  ['peer', glob('a'), { by: 'segment', key: 'a' }],
  ['peer', glob('a*'), { by: 'tried' }],
  ['peer', glob('a/sa'), { by: 'tried' }],
  ['peer', { type: 'namespace', pattern: exact('a') }, { by: 'tried' }],
  ['port', port(80), { by: 'number', key: 80 }],
  ['port', { type: 'port-range', first: 1, last: 2 }, { by: 'tried' }],
  ['protocol', protocol('http'), { by: 'tried' }],
  ['source.ip', cidr('10.0.0.0/8'), { by: 'tried' }],
];

describe('how a matcher is found', () => {
  test.each(places)('of %s', (dimension, matcher, found) => {
    expect(foundBy(dimension, matcher, true), matcherKey(matcher)).toEqual(found);
  });
  test('where each is compared with a text of its own, by trying', () => {
    for (const matcher of [path(exact('/a')), host(exact('a')), exact('a'), principal(exact('a'))]) expect(foundBy('path', matcher, false)).toEqual({ by: 'tried' });
    expect(foundBy('port', port(80), false)).toEqual({ by: 'number', key: 80 });
  });
});

describe('what is looked up is what each matcher says', () => {
  const texts: readonly Value[] = [null, '', 'a', 'A', 'ab', 'ba', '/a', '/A', '/./a', '/ab', '/a/b', 'spiffe://td/ns/a/sa/x', 'td/ns/a/sa/x', 'td/ns/ns/a/sa/x', 'ns/a', 'td/ns/b', 80, 81];
  test.each([
    ['header:x', [exact('a'), exact('a'), prefix('a'), prefix('ab'), suffix('a'), nonEmpty, present, exact('')]],
    ['path', [path(exact('/a')), path(prefix('/a')), path(template('/{*}')), exact('/a'), prefix('/')]],
    ['path', [path(exact('/a')), path(exact('/a'), 'NONE'), path(template('/{*}'), 'NONE')]],
    ['host', [host(exact('a')), host(prefix('a')), host(suffix('b')), exact('A'), prefix('A'), authority]],
    ['peer', [principal(exact('td/ns/a/sa/x')), principal(prefix('td/')), principal(exact('spiffe://td/ns/a/sa/x')), glob('a'), glob('ns'), glob('a'), glob('*'), { type: 'identified' }]],
    ['port', [port(80), port(80), port(81), { type: 'port-range', first: 80, last: 81 }]],
  ] as const satisfies readonly (readonly [Dimension, readonly Matcher[]])[])('%s', (dimension, matchers) => {
    const accepting = signatures(dimension, matchers);
    for (const value of texts) expect(accepting(value)).toEqual(matchers.flatMap((matcher, index) => (matches(matcher, value) ? [index] : [])));
  });
});
