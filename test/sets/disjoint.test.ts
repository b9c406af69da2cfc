/** Proofs on patterns alone: what is proved, and what nearly is. */
import { describe, expect, test } from 'vitest';
import type { Dimension, Predicate } from '#sets/cube.ts';
import { matcherInside, matchersDisjoint, onlyValue, predicatesDisjoint } from '#sets/disjoint.ts';
import { matcherKey } from '#sets/keys.ts';
import type { Matcher } from '#sets/matcher.ts';
import { matches } from '#sets/matches.ts';
import { any, cidr, element, exact, glob, host, none, nonEmpty, path, port, prefix, present, principal, protocol, suffix, template, vocabulary } from './worlds.ts';

const absent: Matcher = { type: 'absent' };
const identified: Matcher = { type: 'identified' };
const range = (first: number, last: number): Matcher => ({ type: 'port-range', first, last });
const ztunnel = (pattern: Parameters<typeof host>[0]): Matcher => ({ type: 'namespace', pattern });
const token = (parts: Omit<Extract<Matcher, { type: 'token' }>, 'type'>): Matcher => ({ type: 'token', ...parts });
const namespaces = (...names: readonly string[]): Matcher => ({ type: 'source-namespace', names, declared: ['web', 'shop'], selection: undefined });
const labelled: Matcher = { type: 'source-namespace', names: ['web'], declared: ['web', 'shop'], selection: { matchLabels: { team: 'red' }, matchExpressions: [] } };
const web = 'td/ns/web/sa/a';
const at = (place: string, reading?: 'token' | 'anything'): Matcher => token({ locations: [place], ...(reading === undefined ? {} : { reading }) });

type Pairs = readonly (readonly [Matcher, Matcher])[];

const named = ([left, right]: readonly [Matcher, Matcher]): string => `${matcherKey(left)} and ${matcherKey(right)}`;

const authority = (pattern: Parameters<typeof host>[0]): Matcher => ({ type: 'authority', pattern });

const apart: Pairs = [
  [authority(exact('a')), authority(exact('b'))],
  [authority(prefix('a')), authority(exact('b'))],
  [namespaces('web'), principal(exact('td/workload'))],
  [path(template('/a/b')), path(template('/b/{*}'))],
  [{ type: 'namespace', pattern: prefix('a') }, absent],
  [absent, { type: 'trust-domain', pattern: prefix('a') }],
  [exact('a'), exact('b')],
  [exact('a'), prefix('b')],
  [exact(''), nonEmpty],
  [prefix('a'), prefix('b')],
  [suffix('a'), suffix('b')],
  [prefix('a'), absent],
  [present, absent],
  [host(exact('a')), host(prefix('b'))],
  [host(suffix('.a')), host(suffix('.b'))],
  [path(prefix('/a')), path(prefix('/b'))],
  [path(exact('/a')), path(template('/b/{*}'))],
  [path(template('/a/{*}')), path(prefix('/b'))],
  [path(template('/a/{*}')), path(template('/b/{**}'))],
  [principal(prefix('a/')), principal(prefix('b/'))],
  [ztunnel(prefix('a')), ztunnel(prefix('b'))],
  [glob('web'), glob('shop')],
  [port(80), port(81)],
  [port(80), range(81, 90)],
  [range(1, 2), range(3, 4)],
  [protocol('http'), protocol('tcp')],
  [cidr('10.0.0.0/9'), cidr('10.128.0.0/9')],
  [cidr('10.0.0.0/8'), cidr('::/0')],
  [at('authorization:A '), at('authorization:B ')],
  [at('header:x:'), at('header:y:', 'anything')],
  [at('cookie:a', 'token'), at('cookie:b', 'token')],
  [token({ issuer: exact('a') }), token({ issuer: exact('b') })],
  [token({ issuer: exact('a'), subject: prefix('x') }), token({ issuer: exact('a'), subject: prefix('y') })],
  [namespaces('web'), namespaces('shop')],
  [namespaces('web'), principal(exact('td/ns/shop/sa/a'))],
  [namespaces('web'), principal(exact('client.example'))],
  [labelled, principal(exact('td/ns/shop/sa/a'))],
];

const meeting: Pairs = [
  [authority(prefix('a')), authority(prefix('ab'))],
  // The one sees a port, the other does not.
  [authority(prefix('a')), host(prefix('b'))],
  [authority(exact('a')), host(prefix('a'))],
  [principal(prefix('a')), ztunnel(prefix('b'))],
  [principal(prefix('a')), { type: 'trust-domain', pattern: prefix('b') }],
  [namespaces('web'), absent],
  [exact('a'), exact('a')],
  [exact('ab'), prefix('a')],
  [prefix('a'), prefix('ab')],
  [suffix('a'), suffix('ba')],
  [prefix('a'), suffix('b')],
  [nonEmpty, prefix('')],
  [present, nonEmpty],
  [host(prefix('a')), host(suffix('b'))],
  [path(prefix('/a'), 'NONE'), path(prefix('/b'), 'BASE')],
  [path(template('/a/{*}')), path(prefix('/a/b'))],
  [path(template('/a/{*}')), path(prefix('/'))],
  [path(template('/a/{*}')), path(template('/a/b{**}'))],
  [path(template('/a/{*}')), path(suffix('/b'))],
  [principal(prefix('a')), principal(prefix('ab'))],
  [principal(prefix('a')), glob('web')],
  [ztunnel(prefix('a')), ztunnel(prefix('ab'))],
  // `/ns/ns/sa/` holds both.
  [glob('sa'), glob('web')],
  [glob('w*'), glob('shop')],
  [glob('web'), glob('web')],
  [range(1, 3), range(3, 4)],
  [range(1, 9), range(3, 4)],
  [cidr('10.0.0.0/8'), cidr('10.1.0.0/16')],
  [cidr('10.0.0.0/32'), cidr('10.0.0.0/31')],
  [cidr('10.0.0.1/32'), cidr('10.0.0.0/31')],
  [at('authorization:A '), at('authorization:A ')],
  // One header may be read as a token by both.
  [at('header:x:A '), at('header:x:B ', 'anything')],
  [at('header:x:A ', 'token'), at('header:x:B ')],
  [token({ issuer: exact('a') }), token({ subject: exact('b') })],
  [token({ issuer: prefix('a') }), token({ issuer: prefix('ab') })],
  [token({}), at('cookie:a')],
  [namespaces('web', 'shop'), namespaces('shop')],
  [labelled, namespaces('shop')],
  [namespaces('web'), principal(exact(web))],
  [namespaces('web'), principal(prefix('td/ns/shop/'))],
  [namespaces('web'), identified],
  [labelled, principal(exact('td/ns/other/sa/a'))],
  [identified, principal(prefix('a'))],
];

describe('no value is accepted by both', () => {
  test.each(apart.map((pair) => [named(pair), ...pair] as const))('%s', (_, left, right) => {
    expect([matchersDisjoint(left, right), matchersDisjoint(right, left)]).toEqual([true, true]);
  });
  test.each(meeting.map((pair) => [named(pair), ...pair] as const))('is not proved of %s', (_, left, right) => {
    expect([matchersDisjoint(left, right), matchersDisjoint(right, left)]).toEqual([false, false]);
  });
});

const inside: Pairs = [
  [authority(prefix('ab')), authority(prefix('a'))],
  [authority(exact('ab')), authority(prefix('a'))],
  [nonEmpty, nonEmpty],
  [exact('a'), exact('a')],
  [exact('ab'), prefix('a')],
  [exact('a'), nonEmpty],
  [prefix('ab'), prefix('a')],
  [suffix('ba'), suffix('a')],
  [prefix('a'), nonEmpty],
  [suffix('a'), nonEmpty],
  [nonEmpty, present],
  [prefix(''), present],
  [host(prefix('ab')), host(prefix('a'))],
  [path(prefix('/ab')), path(prefix('/a'))],
  [path(exact('/a/b')), path(template('/a/{*}'))],
  [principal(prefix('ab')), principal(prefix('a'))],
  [ztunnel(suffix('ba')), ztunnel(suffix('a'))],
  [principal(prefix('a')), identified],
  [glob('web'), identified],
  [ztunnel(nonEmpty), identified],
  [{ type: 'service-account', namespace: 'a', account: 'b', plane: 'envoy' }, identified],
  [{ type: 'trust-domain', pattern: exact('a') }, identified],
  [port(80), range(80, 80)],
  [range(2, 3), range(1, 3)],
  [range(1, 2), range(1, 3)],
  [cidr('10.1.0.0/16'), cidr('10.0.0.0/8')],
  [cidr('10.0.0.0/9'), cidr('10.0.0.0/8')],
  [cidr('10.128.0.0/9'), cidr('10.0.0.0/8')],
  [namespaces('web'), namespaces('web', 'shop')],
  [namespaces('web'), labelled],
  [principal(exact(web)), namespaces('web')],
  [absent, absent],
];

const outside: Pairs = [
  [exact('a'), exact('b')],
  [exact('a'), prefix('b')],
  [exact(''), nonEmpty],
  [prefix('a'), prefix('ab')],
  [suffix('a'), suffix('ba')],
  [prefix('a'), suffix('a')],
  [suffix('a'), prefix('a')],
  [prefix(''), nonEmpty],
  [present, nonEmpty],
  [prefix(''), nonEmpty],
  [suffix(''), nonEmpty],
  [authority(prefix('a')), authority(prefix('ab'))],
  [authority(prefix('ab')), host(prefix('a'))],
  [host(prefix('ab')), authority(prefix('a'))],
  [principal(prefix('ab')), ztunnel(prefix('a'))],
  [ztunnel(prefix('ab')), principal(prefix('a'))],
  [path(template('/a/{*}')), path(nonEmpty)],
  [prefix('a'), suffix('a')],
  [suffix('a'), prefix('a')],
  [principal(exact('td/workload')), namespaces('web')],
  [principal(prefix('td/workload')), labelled],
  [present, prefix('')],
  [absent, present],
  [absent, identified],
  [host(prefix('a')), host(prefix('ab'))],
  [path(prefix('/ab'), 'NONE'), path(prefix('/a'), 'BASE')],
  [path(template('/a/{*}')), path(prefix('/a'))],
  [principal(prefix('a')), principal(prefix('ab'))],
  [ztunnel(prefix('a')), ztunnel(prefix('ab'))],
  [nonEmpty, identified],
  [range(1, 4), range(1, 3)],
  [range(0, 3), range(1, 3)],
  [cidr('10.0.0.0/8'), cidr('10.1.0.0/16')],
  [cidr('10.0.0.0/8'), cidr('10.0.0.0/9')],
  [cidr('10.0.0.0/8'), cidr('10.128.0.0/9')],
  [cidr('10.0.0.0/8'), cidr('::/0')],
  [labelled, namespaces('web', 'shop')],
  [namespaces('web', 'shop'), labelled],
  [namespaces('web', 'shop'), namespaces('web')],
  [principal(exact('td/ns/shop/sa/a')), namespaces('web')],
  // Whether it is labelled so is not told.
  [principal(exact('td/ns/other/sa/a')), labelled],
  [principal(prefix('td/ns/web/')), namespaces('web')],
];

describe('every value of the one is a value of the other', () => {
  test.each(inside.map((pair) => [named(pair), ...pair] as const))('%s', (_, inner, outer) => {
    expect(matcherInside(inner, outer)).toBe(true);
  });
  test.each(outside.map((pair) => [named(pair), ...pair] as const))('is not proved of %s', (_, inner, outer) => {
    expect(matcherInside(inner, outer)).toBe(false);
  });
});

test('what is proved holds for every value of the vocabulary', () => {
  for (const mode of ['NONE', 'BASE'] as const) {
    for (const [dimension, { matchers, values }] of vocabulary(mode, true)) {
      if (dimension.startsWith('claim:')) continue;
      for (const left of matchers) {
        for (const right of matchers) {
          const both = values.filter((value) => matches(left, value) && matches(right, value));
          if (matchersDisjoint(left, right)) expect([named([left, right]), both]).toEqual([named([left, right]), []]);
          const beyond = values.filter((value) => matches(left, value) && !matches(right, value));
          if (matcherInside(left, right)) expect([named([left, right]), beyond]).toEqual([named([left, right]), []]);
        }
      }
    }
  }
});

test('the only value of a matcher', () => {
  expect([exact('a'), protocol('http'), port(80), principal(exact('a')), absent].map(onlyValue)).toEqual(['a', 'http', 80, 'a', null]);
  expect([prefix('a'), principal(prefix('a')), host(exact('a')), range(1, 1)].map(onlyValue)).toEqual([undefined, undefined, undefined, undefined]);
});

describe('predicates', () => {
  const but = (dimension: Dimension, matcher: Matcher, ...excluded: readonly Matcher[]): Predicate => ({ dimension, any: [matcher], none: excluded });
  test.each<readonly [string, Predicate, Predicate, boolean]>([
    ['two methods', any('method', exact('GET')), any('method', exact('PUT')), true],
    ['a shared method', any('method', exact('GET'), exact('PUT')), any('method', exact('PUT')), false],
    ['a method and its exclusion', any('method', exact('GET')), none('method', exact('GET')), true],
    ['two methods of which one is excluded', any('method', exact('GET'), exact('PUT')), none('method', exact('GET')), false],
    ['a prefix inside an excluded one', any('method', prefix('GET')), none('method', prefix('G')), true],
    ['a prefix around an excluded one', any('method', prefix('G')), none('method', prefix('GET')), false],
    ['two exclusions', none('method', exact('GET')), none('method', exact('PUT')), false],
    ['all and one', any('method'), any('method', exact('GET')), false],
    // A list holds two values at once.
    ['two values of a claim', any('claim:x', element(exact('a'))), any('claim:x', element(exact('b'))), false],
    ['a value that its own predicate excludes', but('method', exact('GET'), exact('PUT')), any('method', exact('PUT')), true],
    ['a caller and the exclusion of its namespace', any('peer', principal(exact(web))), none('peer', namespaces('web')), false],
    ['a caller of another namespace', any('peer', principal(exact(web))), any('peer', namespaces('shop')), true],
  ])('%s', (_, left, right, proved) => {
    expect([predicatesDisjoint(left, right), predicatesDisjoint(right, left)]).toEqual([proved, proved]);
  });
});
