/** The value languages, row by row as the rules write them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { declaredMatch, holds, identityParts, matches } from '#sets/matches.ts';
import { matcherKey, valueKey } from '#sets/keys.ts';
import type { Matcher, Token, Value } from '#sets/matcher.ts';
import { signatures } from '#sets/signature.ts';
import { any, cidr, element, exact, glob, host, ip, none, nonEmpty, normalPaths, path, port, prefix, present, principal, protocol, suffix, template, vocabulary } from './worlds.ts';

function rows(name: string, table: readonly (readonly [Matcher, readonly Value[], readonly Value[]])[]): void {
  describe(name, () => {
    for (const [matcher, accepted, refused] of table) {
      test(matcherKey(matcher), () => {
        expect(accepted.filter((value) => !matches(matcher, value)).map(valueKey)).toEqual([]);
        expect(refused.filter((value) => matches(matcher, value)).map(valueKey)).toEqual([]);
      });
    }
  });
}

rows('texts (A3.1, A3.2)', [
  [exact('ab*cd'), ['ab*cd'], ['abcd', 'abxcd', null]],
  [exact('a'), ['a'], ['A', 'aa', '', null]],
  [prefix('a'), ['a', 'ab'], ['ba', 'A', '', null]],
  [suffix('a'), ['a', 'ba'], ['ab', '', null]],
  [suffix('x*'), ['x*', 'yx*'], ['x', 'xy', null]],
  [nonEmpty, ['a', '*'], ['', null]],
  [present, ['a', ''], [null]],
  [{ type: 'absent' }, [null], ['', 'a']],
]);

rows('hosts (A3.34)', [
  [host(exact('a.com')), ['a.com', 'A.COM'], ['a.com:8080', 'a.com.', 'x.a.com', null]],
  [host(suffix('.a.com')), ['x.a.com', 'X.A.com'], ['a.com', null]],
  [host(prefix('a.com:')), ['a.com:80', 'A.com:1'], ['a.com']],
  [host(present), ['a', ''], [null]],
]);

const td = 'cluster.local';
const frontend = `${td}/ns/web/sa/frontend`;

rows('principals (A3.8, A3.10)', [
  [principal(exact(frontend)), [frontend], [`${td}/ns/web/sa/frontend2`, `spiffe://${frontend}`, null]],
  [principal(exact(`spiffe://${frontend}`)), [], [frontend, `spiffe://${frontend}`, null]],
  [principal(prefix(`${td}/ns/web/`)), [frontend], [`${td}/ns/web2/sa/x`, null]],
  [principal(prefix('spiffe://')), [], [frontend, null]],
  [principal(suffix('/sa/frontend')), [frontend, 'other/ns/x/sa/frontend'], [`${td}/ns/web/sa/xfrontend`, null]],
  [principal(suffix('/ns/x/*')), [], [`${td}/ns/x/sa/y`, null]],
  [principal(nonEmpty), [frontend, 'client.example'], [null]],
  [principal(present), [frontend, 'client.example'], [null]],
  [{ type: 'identified' }, [frontend, 'client.example'], [null]],
]);

rows('namespaces at Envoy (A3.15)', [
  [glob('web'), [frontend, 'other/ns/web/sa/x'], [`${td}/ns/web2/sa/x`, `${td}/ns/sa/sa/web`, null]],
  [glob('*'), [frontend], ['client.example', null]],
  [glob('w*'), [frontend], [`${td}/ns/xw/sa/x`]],
  [glob('*b'), [frontend, `${td}/ns/b/sa/x`], [`${td}/ns/bc/sa/x`]],
  // The star crosses slashes, and `/sa/` ends in `a/`: these match every namespace.
  [glob('*a'), [frontend, `${td}/ns/zz/sa/x`], ['client.example', null]],
  [glob('*sa'), [frontend, `${td}/ns/zz/sa/x`], [null]],
  [glob('a*a'), [`${td}/ns/ab/sa/x`, `${td}/ns/a/sa/x`], [`${td}/ns/ba/sa/x`]],
  [glob('a*b'), [`${td}/ns/ab/sa/x`, `${td}/ns/axxb/sa/x`], [`${td}/ns/a/sa/x`, `${td}/ns/abc/sa/x`]],
  // `/ns/ns/sa/`: the namespace `ns` is found by `sa`.
  [glob('sa'), [`${td}/ns/ns/sa/x`, `${td}/ns/sa/sa/x`], [`${td}/ns/web/sa/x`]],
  // The rest is quoted: a dot is a dot.
  [glob('ns.prod'), [`${td}/ns/ns.prod/sa/x`], [`${td}/ns/nsXprod/sa/x`]],
  // A list is no identity.
  [glob('web'), [frontend], [[frontend]]],
]);

rows('namespaces at ztunnel (A3.16)', [
  [{ type: 'namespace', pattern: exact('web') }, [frontend], [`${td}/ns/web2/sa/x`, 'client.example', null]],
  [{ type: 'namespace', pattern: suffix('a') }, [`${td}/ns/ba/sa/x`], [`${td}/ns/zz/sa/x`, null]],
  [{ type: 'namespace', pattern: exact('a*b') }, [], [`${td}/ns/axb/sa/x`]],
  [{ type: 'namespace', pattern: nonEmpty }, [frontend], [null, 'client.example']],
]);

rows('service accounts (A3.19, A3.20)', [
  [{ type: 'service-account', namespace: 'web', account: 'frontend', plane: 'envoy' }, [frontend, 'other/ns/web/sa/frontend', 'td/ns/web/x/sa/frontend', 'td/ns/web/sa/frontend/x', 'td/ns/web/x/sa/frontend/y'], [`${td}/ns/web/sa/frontend2`, `${td}/ns/web2/sa/frontend`, 'td/ns/x/ns2/web/sa/frontend', null]],
  [{ type: 'service-account', namespace: 'web', account: 'frontend', plane: 'ztunnel' }, [frontend, 'other/ns/web/sa/frontend'], ['td/ns/web/x/sa/frontend', `${td}/ns/web/sa/x`, null]],
]);

// The slash of `/ns/` is not the last one of `spiffe://`: these have no trust domain.
rows('service accounts of identities without a trust domain (A3.19)', [
  [{ type: 'service-account', namespace: 'web', account: 'frontend', plane: 'envoy' }, ['/ns/web/sa/frontend'], ['ns/web/sa/frontend', 'ns/web/sa/frontend/x', 'ns/web/x/sa/frontend', 'ns/web/x/sa/frontend/y']],
]);

describe('an identity of another shape has no namespace and no account', () => {
  test.each(['', 'td', 'td/x/web/sa/a', 'td/ns', 'td/ns/web', 'td/ns/web/x/a', 'td/ns/web/sa', 'td/ns/web/sa/a/b', 'td/ns/a/b/sa/x', 'td/ns/~apps/shop', 'td/ns/~apps/shop/sa', 'td/ns/~apps/shop/sa/x/y', 'td/ns/~apps/x/a'])('%s', (identity) => {
    expect(identityParts(identity)).toBeUndefined();
  });
  test('and one of its shape has', () => {
    expect(identityParts('td/ns/web/sa/a')).toEqual({ trustDomain: 'td', namespace: 'web', account: 'a' });
    expect(identityParts('td/ns/~shop/sa/a')).toEqual({ trustDomain: 'td', namespace: '~shop', account: 'a' });
    // A placeholder of a namespace has slashes of its own (R22).
    expect(identityParts('td/ns/~apps/sa/shop/sa/a')).toEqual({ trustDomain: 'td', namespace: '~apps/sa/shop', account: 'a' });
  });
});

rows('trust domains (A3.22)', [
  [{ type: 'trust-domain', pattern: exact('td1') }, ['td1/ns/a/sa/x', 'td1/x'], ['td12/ns/a/sa/x', 'td1', null]],
  [{ type: 'trust-domain', pattern: prefix('td') }, ['td1/ns/a/sa/x'], ['xtd/ns/a/sa/x', null]],
  [{ type: 'trust-domain', pattern: suffix('1') }, ['td1/ns/a/sa/x'], ['td2/ns/a/sa/1', null]],
  [{ type: 'trust-domain', pattern: nonEmpty }, ['td1/ns/a/sa/x', 'client.example'], [null]],
  [{ type: 'trust-domain', pattern: present }, ['td1/ns/a/sa/x', 'client.example'], [null]],
  // Without a slash there is no trust domain, not even a shorter one.
  [{ type: 'trust-domain', pattern: exact('t') }, ['t/x'], ['t', 'td', null]],
]);

const labelled = (namespace: string, namespaceLabels: Readonly<Record<string, string>>): Value => ({ principal: null, namespace, namespaceLabels });
const teams = { matchLabels: { team: 'red' }, matchExpressions: [] };
const byLabel = { type: 'source-namespace', names: ['web'], declared: ['web', 'shop'], selection: teams } as const;

rows('namespaces that a NetworkPolicy selects', [
  [{ type: 'source-namespace', names: ['web'], declared: ['web', 'shop'], selection: undefined }, [frontend, labelled('web', {})], [`${td}/ns/shop/sa/x`, labelled('other', { team: 'red' }), 'client.example', null]],
  // What is declared is decided by its name, the rest by its labels.
  [byLabel, [frontend, labelled('web', {}), labelled('other', { team: 'red' })], [labelled('shop', { team: 'red' }), labelled('other', { team: 'blue' }), labelled('other', {}), 'client.example', null]],
  [{ ...byLabel, selection: { matchLabels: { 'kubernetes.io/metadata.name': 'other' }, matchExpressions: [] } }, [labelled('other', {}), `${td}/ns/other/sa/x`], [labelled('another', {})]],
]);

test('a declared namespace is decided, and so is any where no label is asked for', () => {
  expect(['web', 'shop', 'other'].map((namespace) => declaredMatch(byLabel, namespace))).toEqual([true, false, undefined]);
  expect(['web', 'shop', 'other'].map((namespace) => declaredMatch({ ...byLabel, selection: undefined }, namespace))).toEqual([true, false, false]);
});

rows('addresses (A3.24)', [
  [cidr('10.0.0.0/8'), [ip('10.0.0.0'), ip('10.255.255.255'), ip('::ffff:10.1.2.3')], [ip('11.0.0.0'), ip('2001:db8::a'), null]],
  [cidr('10.1.2.3'), [ip('10.1.2.3')], [ip('10.1.2.4')]],
  [cidr('0.0.0.0/0'), [ip('0.0.0.0'), ip('255.255.255.255')], [ip('::1'), null]],
  [cidr('::/0'), [ip('::1'), ip('ffff::')], [ip('1.2.3.4'), null]],
  [cidr('2001:db8::/32'), [ip('2001:db8::1')], [ip('2001:db9::1')]],
]);

rows('ports and protocols (A3.40)', [
  [port(80), [80], [8080, '80', null]],
  [{ type: 'port-range', first: 80, last: 90 }, [80, 85, 90], [79, 91, '85', null]],
  [protocol('http'), ['http'], ['https', null]],
]);

rows('paths', [
  [path(present), ['/', '/a'], [null]],
  [path(present, 'NONE'), ['/', ''], [null, ['/']]],
]);

rows('path templates (A3.37)', [
  [path(template('/adm/{**}')), ['/adm/', '/adm/x', '/adm/x/y'], ['/adm', '/adm?q=1']],
  [path(template('/f/{*}/b/{**}')), ['/f/z/b/q.txt', '/f/z/b/'], ['/f/b/q', '/f//b/q']],
  [path(template('/s/{**}/cart')), ['/s//cart', '/s/a/b/cart'], ['/s/cart']],
  [path(template('/a/{*}')), ['/a/x=1', '/a/*', '/a/a|b', '/a/{x}', '/a/%2F', '/a/%20', "/a/!$&'()+,;:@~", '/a/%5B', '/a/x?q=/y'], ['/a/', '/a/x/y', '/a/[', '/a/x]']],
]);

const bearer: Token = { location: 'authorization:Bearer ', signedBy: ['k1'], issuer: 'i', subject: 's' };

rows('tokens', [
  [{ type: 'token' }, [bearer, { ...bearer, signedBy: [] }], [null, 'a', 7]],
  [{ type: 'token', keys: 'k1', issuer: exact('i') }, [bearer, { ...bearer, signedBy: 'all' }, { ...bearer, subject: null }], [{ ...bearer, signedBy: ['k2'] }, { ...bearer, signedBy: [] }, { ...bearer, issuer: 'j' }, { ...bearer, issuer: null }, null]],
  [{ type: 'token', locations: ['cookie:session'] }, [{ ...bearer, location: 'cookie:session' }], [bearer, null]],
  // Where nothing is said of reading, a token stands exactly at a place; a rule that reads finds it behind other text too (A5.7).
  [{ type: 'token', locations: ['header:x-token:Token '] }, [{ ...bearer, location: 'header:x-token:Token ' }], [{ ...bearer, location: 'header:x-token:New Token ' }]],
  [{ type: 'token', locations: ['header:x-token:Token '], reading: 'token' }, [{ ...bearer, location: 'header:x-token:New Token ' }], [{ ...bearer, location: 'header:x-token:Token New ' }, bearer]],
  [{ type: 'token', locations: ['cookie:a', 'header:x-token:Token '], reading: 'token' }, [{ ...bearer, location: 'header:x-token:New Token ' }], [bearer]],
  [{ type: 'token', locations: ['header:x-token:Token '], reading: 'anything' }, [{ ...bearer, location: 'header:x-token:Token New ' }, { ...bearer, location: 'header:x-token:New Token ' }], [{ ...bearer, location: 'header:x-token:New ' }, bearer]],
  [{ type: 'token', subject: nonEmpty }, [bearer], [{ ...bearer, subject: '' }, { ...bearer, subject: null }]],
]);

rows('claims (A3.31)', [
  [element(exact('a')), ['a', ['a'], ['b', 'a']], ['b', [], ['ab'], null]],
  [element(nonEmpty), ['a', ['', 'b']], ['', [], [''], null]],
  [{ type: 'element', pattern: prefix('a'), except: [exact('ab')] }, [['ab', 'ac']], [['ab'], 'ab', null]],
  [{ type: 'element', pattern: prefix('a'), also: [suffix('b')] }, [['ab']], [['ac', 'cb']]],
]);

describe('predicates', () => {
  test('a positive list never accepts an absent value, a negative list never refuses it (A3.4, A3.8)', () => {
    expect(holds(any('peer', principal(nonEmpty)), null)).toBe(false);
    expect(holds(none('peer', principal(nonEmpty)), null)).toBe(true);
    expect(holds(none('peer', glob('evil')), null)).toBe(true);
  });
  test('values of one list are alternatives, its not-list excludes (A1.11)', () => {
    const predicate = { dimension: 'method' as const, any: [exact('GET'), prefix('P')], none: [exact('PUT')] };
    expect(['GET', 'POST', 'PUT', 'DELETE'].map((value) => holds(predicate, value))).toEqual([true, true, false, false]);
  });
});

describe('looking matchers up gives what asking each of them gives', () => {
  for (const mode of ['NONE', 'BASE', 'DECODE_AND_MERGE_SLASHES'] as const) {
    for (const [dimension, words] of vocabulary(mode, true)) {
      if (dimension.startsWith('claim:')) continue;
      test(`${dimension} ${mode}`, () => {
        fc.assert(
          fc.property(fc.subarray([...words.matchers]), fc.constantFrom(...words.values), (matchers, value) => {
            expect(signatures(dimension, matchers)(value)).toEqual(matchers.flatMap((matcher, index) => (matches(matcher, value) ? [index] : [])));
          }),
          { numRuns: 100, seed: 7 },
        );
      });
    }
  }
  test('paths of two normalizations', () => {
    const matchers = [path(exact('/a/b'), 'NONE'), path(exact('/a/b'), 'BASE'), path(exact('/a/b'), 'MERGE_SLASHES')];
    for (const raw of [...normalPaths, '/a//b', '/a/./b', '/%61/b']) {
      expect(signatures('path', matchers)(raw)).toEqual(matchers.flatMap((matcher, index) => (matches(matcher, raw) ? [index] : [])));
    }
  });
});
