/** How the exact difference is written in the policies' own vocabulary (`docs/report.md`, `region`). */
import { describe, expect, test } from 'vitest';
import type { ValueSet } from '#impact/change.ts';
import { isWithin, matcherWord, region, regionCube, textWord } from '#impact/region.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import { parseCidr } from '#sets/ip.ts';
import type { Matcher, PathNormalization, TextMatcher } from '#sets/matcher.ts';

const exact = (text: string): TextMatcher => ({ type: 'exact', text });
const prefix = (text: string): TextMatcher => ({ type: 'prefix', text });
const cube = (...predicates: readonly Predicate[]): Cube => ({ predicates, origins: [] });
const path = (pattern: TextMatcher, normalization: PathNormalization = 'NONE'): Matcher => ({ type: 'path', pattern, normalization });
const token = (more: Omit<Extract<Matcher, { type: 'token' }>, 'type'> = {}): Matcher => ({ type: 'token', ...more });
const principal = (text: string): Matcher => ({ type: 'principal', pattern: exact(text) });
const block = (text: string): Matcher => parseCidr(text) ?? { type: 'absent' };
const pods = (names: readonly string[], selection?: Extract<Matcher, { type: 'source-namespace' }>['selection']): Matcher => ({ type: 'source-namespace', names, declared: names, selection });

describe('a matcher as an author would write it', () => {
  test('texts', () => {
    expect([exact('a'), prefix('a'), { type: 'suffix', text: 'a' } as const, { type: 'non-empty' } as const, { type: 'present' } as const].map(textWord)).toEqual(['a', 'a*', '*a', '*', '*']);
    expect(matcherWord(exact('a'))).toBe('a');
    expect(matcherWord({ type: 'absent' })).toBe('(none)');
    expect(matcherWord({ type: 'host', pattern: { type: 'suffix', text: '.example' } })).toBe('*.example');
    expect(matcherWord(principal('td/ns/a/sa/b'))).toBe('td/ns/a/sa/b');
    expect(matcherWord({ type: 'element', pattern: prefix('adm') })).toBe('adm*');
    expect(matcherWord(path(prefix('/a')))).toBe('/a*');
    expect(matcherWord({ type: 'path', pattern: { type: 'template', text: '/a/{*}' }, normalization: 'BASE' })).toBe('/a/{*}');
  });

  test('addresses, numbers, ranges, closed lists and booleans', () => {
    expect(matcherWord(block('10.1.2.3/8'))).toBe('10.0.0.0/8');
    expect(matcherWord({ type: 'number', value: 80 })).toBe('80');
    expect(matcherWord({ type: 'port-range', first: 80, last: 90 })).toBe('80-90');
    expect(matcherWord({ type: 'one-of', text: 'tcp' })).toBe('tcp');
    expect(matcherWord({ type: 'holds' })).toBe('true');
  });

  test('callers', () => {
    expect(matcherWord({ type: 'namespace-glob', glob: 'a*' })).toBe('namespace a*');
    expect(matcherWord({ type: 'namespace', pattern: prefix('a') })).toBe('namespace a*');
    expect(matcherWord({ type: 'service-account', namespace: 'a', account: 'b', plane: 'envoy' })).toBe('service account a/b');
    expect(matcherWord({ type: 'trust-domain', pattern: exact('td') })).toBe('trust domain td');
    expect(matcherWord({ type: 'identified' })).toBe('any mesh identity');
  });

  test('pods by their namespace', () => {
    const labelled = (matchLabels: Readonly<Record<string, string>>): Matcher => pods(['a'], { matchLabels, matchExpressions: [] });
    expect(matcherWord(pods(['a', 'b']))).toBe('pods in namespace a, b');
    expect(matcherWord(labelled({}))).toBe('pods in any namespace');
    expect(matcherWord(labelled({ 'kubernetes.io/metadata.name': 'a' }))).toBe('pods in namespace a');
    expect(matcherWord(labelled({ team: 'x' }))).toBe('pods in namespaces with team=x');
    expect(matcherWord(labelled({ 'kubernetes.io/metadata.name': 'a', team: 'x' }))).toBe('pods in namespaces with kubernetes.io/metadata.name=a,team=x');
    expect(matcherWord(labelled({ app: 'x', 'kubernetes.io/metadata.name': 'a' }))).toBe('pods in namespaces with app=x,kubernetes.io/metadata.name=a');
  });

  test('tokens by what is asked of them; the usual places go without saying (A5.7)', () => {
    expect(matcherWord(token())).toBe('any token');
    expect(matcherWord(token({ issuer: { type: 'non-empty' }, subject: { type: 'non-empty' } }))).toBe('token with an issuer with a subject');
    expect(matcherWord(token({ issuer: exact('i'), subject: prefix('s'), keys: 'k' }))).toBe('token of issuer i with subject s* signed by k');
    expect(matcherWord(token({ locations: ['authorization:Bearer ', 'parameter:access_token'] }))).toBe('any token');
    expect(matcherWord(token({ locations: ['authorization:Bearer '] }))).toBe('token in authorization:Bearer');
    expect(matcherWord(token({ locations: ['parameter:access_token', 'header:x:'] }))).toBe('token in parameter:access_token or header:x:');
    expect(matcherWord(token({ locations: ['authorization:Bearer ', 'cookie:c'] }))).toBe('token in authorization:Bearer or cookie:c');
    expect(matcherWord(token({ locations: ['authorization:Bearer ', 'parameter:access_token', 'cookie:c'] }))).toBe('token in authorization:Bearer or parameter:access_token or cookie:c');
  });
});

describe('one word within another', () => {
  test.each([
    ['a', 'a', true],
    ['(none)', '(none)', true],
    ['(none)', '*', false],
    ['a', '*', true],
    ['a', 'any mesh identity', true],
    ['/a/b', '/a*', true],
    ['/a/b*', '/a*', true],
    ['/b', '/a*', false],
    ['*a', 'a*', false],
    ['*/a', '*', true],
    ['/a', '/a/b*', false],
    ['ab', 'ac', false],
    ['ab', 'abc', false],
    ['ab', 'a', false],
  ])('%s in %s: %s', (word, wide, within) => {
    expect(isWithin(word, wide)).toBe(within);
  });
});

describe('a set of values', () => {
  const paths = (...predicates: readonly Pick<Predicate, 'any' | 'none'>[]): ValueSet | undefined => regionCube(cube(...predicates.map(({ any, none }): Predicate => ({ dimension: 'path', any, none })))).paths;
  const some = (...texts: readonly string[]): Matcher[] => texts.map((text) => path(text.endsWith('*') ? prefix(text.slice(0, -1)) : exact(text)));

  test('of one condition is its own list, each value once', () => {
    expect(paths({ any: some('/b', '/a', '/b'), none: [] })).toEqual({ only: ['/a', '/b'] });
    expect(paths({ any: [], none: some('/b', '/b') })).toEqual({ except: ['/b'] });
    expect(paths({ any: some('/a'), none: some('/b') })).toEqual({ only: ['/a'], except: ['/b'] });
  });

  test('what is excepted need not be named first', () => {
    expect(paths({ any: some('/a', '/b'), none: some('/b') })).toEqual({ only: ['/a'], except: ['/b'] });
    expect(paths({ any: some('/b'), none: some('/b') })).toEqual({ only: ['/b'], except: ['/b'] });
    expect(paths({ any: some('/a', '/b'), none: [] }, { any: some('/b', '/a'), none: [] })).toEqual({ only: ['/a', '/b'] });
  });

  test('of several conditions is what lies in all of them', () => {
    expect(paths({ any: some('/a*'), none: [] }, { any: some('/a/b', '/a/c'), none: [] })).toEqual({ only: ['/a/b', '/a/c'] });
    expect(paths({ any: some('/a/b', '/a/c'), none: [] }, { any: some('/a*'), none: [] })).toEqual({ only: ['/a/b', '/a/c'] });
    expect(paths({ any: some('/a*', '/b/c'), none: [] }, { any: some('/a/d', '/b*'), none: [] })).toEqual({ only: ['/a/d', '/b/c'] });
    expect(paths({ any: [path({ type: 'suffix', text: '.css' })], none: [] }, { any: some('/a*', '/b*'), none: [] })).toEqual({ only: ['*.css and /a*', '*.css and /b*'] });
    // A list that lies in the other stays as it is written, and what of the other lies in it goes without saying.
    expect(paths({ any: some('/a/b*'), none: [] }, { any: some('/a*', '/a/b/c'), none: [] })).toEqual({ only: ['/a/b*'] });
    expect(paths({ any: some('/a*', '/a/b/c'), none: [] }, { any: some('/a/b*'), none: [] })).toEqual({ only: ['/a/b*'] });
    // Beside words that lie in one another, others may overlap.
    const css = path({ type: 'suffix', text: '.css' });
    expect(paths({ any: [...some('/a*'), css], none: [] }, { any: some('/a/b', '/x*'), none: [] })).toEqual({ only: ['*.css and /x*', '/a/b'] });
    expect(paths({ any: some('/a/b', '/x*'), none: [] }, { any: [...some('/a*'), css], none: [] })).toEqual({ only: ['/a/b', '/x* and *.css'] });
    expect(paths({ any: [...some('/a*'), css], none: [] }, { any: some('/a/b', '/c/*', '/c/d'), none: [] })).toEqual({ only: ['*.css and /c/*', '*.css and /c/d', '/a/b'] });
    expect(paths({ any: some('/a*', '/x'), none: [] }, { any: some('/a/b', '/y'), none: [] })).toEqual({ only: ['/a/b'] });
    // Blocks of addresses and ranges of ports that do not lie in one another as words may overlap all the same.
    const ports = (...words: readonly (readonly [number, number])[]): Predicate => ({ dimension: 'port', any: words.map(([first, last]) => (first === last ? { type: 'number', value: first } : { type: 'port-range', first, last })), none: [] });
    expect(regionCube(cube(ports([80, 80], [8000, 8100]), ports([80, 80], [8080, 8080], [9000, 9000]))).ports).toEqual({ only: ['80', '8000-8100 and 8080'] });
    const addresses = (...texts: readonly string[]): Predicate => ({ dimension: 'source.ip', any: texts.map(block), none: [] });
    expect(regionCube(cube(addresses('10.0.0.0/8', '192.0.2.1'), addresses('10.1.0.0/16', '192.0.2.1', '198.51.100.0/24'))).sourceIps).toEqual({ only: ['10.0.0.0/8 and 10.1.0.0/16', '192.0.2.1/32'] });
    expect(paths({ any: some('/x'), none: [] }, { any: some('/y', '/z'), none: [] })).toEqual({ only: ['/x and /y', '/x and /z'] });
    expect(paths({ any: [], none: some('/x') }, { any: [], none: some('/y') })).toEqual({ except: ['/x', '/y'] });
    expect(paths({ any: [], none: some('/a/x') }, { any: some('/a*'), none: [] })).toEqual({ only: ['/a*'], except: ['/a/x'] });
  });

  test('paths that two sides read differently say how they are read', () => {
    const of = (normalization: PathNormalization): Matcher => path(exact('/a'), normalization);
    expect(paths({ any: [of('NONE'), of('BASE'), of('MERGE_SLASHES'), of('DECODE_AND_MERGE_SLASHES')], none: [] })).toEqual({ only: ['/a (as sent)', '/a (decoded, slashes merged)', '/a (normalized)', '/a (slashes merged)'] });
    expect(paths({ any: [of('BASE')], none: [of('BASE')] })).toEqual({ only: ['/a'], except: ['/a'] });
    expect(paths({ any: [of('BASE')], none: [] }, { any: [], none: [of('NONE')] })).toEqual({ only: ['/a (normalized)'], except: ['/a (as sent)'] });
    const absent: Matcher = { type: 'absent' };
    expect(paths({ any: [absent, of('NONE'), absent], none: [] })).toEqual({ only: ['(none)', '/a'] });
    expect(paths({ any: [absent, of('NONE'), of('BASE')], none: [] })).toEqual({ only: ['(none)', '/a (as sent)', '/a (normalized)'] });
  });
});

describe('callers in a cube', () => {
  const peers = (...predicates: readonly Pick<Predicate, 'any' | 'none'>[]): object => regionCube(cube(...predicates.map(({ any, none }): Predicate => ({ dimension: 'peer', any, none }))));

  test('nobody with an identity: those without one', () => {
    expect(peers({ any: [], none: [{ type: 'identified' }] })).toEqual({ peers: { only: ['(none)'] } });
    expect(peers({ any: [], none: [principal('td/ns/a/sa/b')] }, { any: [], none: [{ type: 'identified' }] })).toEqual({ peers: { only: ['(none)'] } });
  });

  test('the pod that calls stands apart from its identity', () => {
    expect(peers({ any: [pods(['a'])], none: [] }, { any: [principal('td/ns/a/sa/b')], none: [] })).toEqual({ peers: { only: ['td/ns/a/sa/b'] }, pods: { only: ['pods in namespace a'] } });
    expect(peers({ any: [pods(['a']), principal('td/ns/a/sa/b')], none: [] })).toEqual({ peers: { only: ['pods in namespace a', 'td/ns/a/sa/b'] } });
    expect(peers({ any: [], none: [pods(['a'])] })).toEqual({ pods: { except: ['pods in namespace a'] } });
  });
});

describe('tokens in a cube', () => {
  const tokens = (...predicates: readonly Pick<Predicate, 'any' | 'none'>[]): ValueSet | undefined => regionCube(cube(...predicates.map(({ any, none }): Predicate => ({ dimension: 'token', any, none })))).token;
  const any = (...matchers: readonly Matcher[]): Pick<Predicate, 'any' | 'none'> => ({ any: matchers, none: [] });
  const none = (...matchers: readonly Matcher[]): Pick<Predicate, 'any' | 'none'> => ({ any: [], none: matchers });

  test('several conditions on one token are one description', () => {
    expect(tokens(any(token({ issuer: exact('i') })), any(token({ keys: 'k' })))).toEqual({ only: ['token of issuer i signed by k'] });
    expect(tokens(any(token({ subject: exact('s') })), any(token({ locations: ['cookie:c'] })))).toEqual({ only: ['token with subject s in cookie:c'] });
    expect(tokens(any(token({ locations: ['cookie:c'] })), any(token({ subject: exact('s') })))).toEqual({ only: ['token with subject s in cookie:c'] });
    expect(tokens(any(token({ issuer: exact('ib') })), any(token({ issuer: prefix('i') })))).toEqual({ only: ['token of issuer ib'] });
    expect(tokens(any(token({ locations: ['cookie:c', 'cookie:d'] })), any(token({ locations: ['cookie:d', 'cookie:e'] })))).toEqual({ only: ['token in cookie:d'] });
    expect(tokens(any(token({ issuer: { type: 'non-empty' } })), any(token({ issuer: exact('i') })), any(token({ issuer: prefix('i') })))).toEqual({ only: ['token of issuer i'] });
    expect(tokens(any(token({ issuer: exact('i') }), token({ issuer: exact('j') })), any(token({ issuer: exact('j') })))).toEqual({ only: ['token of issuer j'] });
    expect(tokens(any(token({ keys: 'k' })), any(token({ keys: 'k' })))).toEqual({ only: ['token signed by k'] });
  });

  test('where no token is both, the conditions are written as they are', () => {
    expect(tokens(any(token({ issuer: exact('i') })), any(token({ issuer: exact('j') })))).toEqual({ only: ['token of issuer i and token of issuer j'] });
    expect(tokens(any(token({ subject: exact('i') })), any(token({ subject: exact('j') })))).toEqual({ only: ['token with subject i and token with subject j'] });
    expect(tokens(any(token({ keys: 'k' })), any(token({ keys: 'l' })))).toEqual({ only: ['token signed by k and token signed by l'] });
    expect(tokens(any(token({ locations: ['cookie:c'] })), any(token({ locations: ['cookie:d'] })))).toEqual({ only: ['token in cookie:c and token in cookie:d'] });
  });

  test('an exception stands where it takes something out', () => {
    expect(tokens(any(token({ issuer: exact('i') })), any(token({ keys: 'k' })), none(token({ issuer: exact('j') })))).toEqual({ only: ['token of issuer i signed by k'] });
    expect(tokens(any(token({ issuer: exact('i') })), any(token({ keys: 'k' })), none(token({ subject: exact('s') })))).toEqual({ only: ['token of issuer i signed by k'], except: ['token with subject s'] });
    expect(tokens(any(token({ issuer: exact('i') })), none(token({ issuer: exact('j') })))).toEqual({ only: ['token of issuer i'], except: ['token of issuer j'] });
  });

  test('of an exception that meets one of several tokens both are told', () => {
    expect(tokens(any(token({ issuer: exact('i') }), token({ issuer: exact('j') })), any(token({ keys: 'k' })), none(token({ issuer: exact('j'), subject: exact('s') })))).toEqual({ only: ['token of issuer i signed by k', 'token of issuer j signed by k'], except: ['token of issuer j with subject s'] });
  });

  test('where a request without a token is meant as well, the conditions are written as they are', () => {
    expect(tokens(any({ type: 'absent' }, token({ issuer: exact('i') })), any({ type: 'absent' }, token({ keys: 'k' })))).toEqual({ only: ['(none)', 'token of issuer i and token signed by k'] });
    expect(tokens(any(token({ issuer: exact('i') })), any(token({ keys: 'k' })), none({ type: 'absent' }))).toEqual({ only: ['token of issuer i and token signed by k'], except: ['(none)'] });
  });

  test('no token at all', () => {
    expect(tokens(any({ type: 'absent' }))).toEqual({ only: ['(none)'] });
  });
});

describe('the dimensions of a cube', () => {
  const any = (dimension: Predicate['dimension'], matcher: Matcher = exact('v')): Predicate => ({ dimension, any: [matcher], none: [] });
  const v = { only: ['v'] };

  test('each under the name that the report gives it, in the order of its schema', () => {
    const plain: readonly (readonly [Predicate['dimension'], string])[] = [
      ['address', 'addressed'], ['destination.ip', 'destinationIps'], ['host', 'hosts'], ['method', 'methods'], ['path', 'paths'], ['peer', 'peers'], ['port', 'ports'], ['protocol', 'protocol'], ['remote.ip', 'remoteIps'], ['sni', 'sni'], ['source.ip', 'sourceIps'], ['token', 'token'], ['transport', 'transport'],
    ];
    for (const [dimension, name] of plain) expect(regionCube(cube(any(dimension)))).toEqual({ [name]: v });
    const whole = regionCube(cube(...plain.map(([dimension]) => any(dimension)), any('peer', pods(['a'])), any('pod-label:app'), any('header:x-a'), any('claim:groups'), any('opaque:k')));
    expect(Object.keys(whole)).toEqual(['peers', 'ports', 'protocol', 'transport', 'addressed', 'pods', 'podLabels', 'methods', 'paths', 'hosts', 'sni', 'sourceIps', 'remoteIps', 'destinationIps', 'token', 'headers', 'claims', 'opaque']);
  });

  test('headers, labels, claims and what is not interpreted by name', () => {
    expect(regionCube(cube(any('header:x-b'), any('header:x-a'), any('path.query')))).toEqual({ headers: { 'x-a': v, 'x-b': v, ':path': v } });
    expect(Object.keys(regionCube(cube(any('header:x-b'), any('header:x-a'), any('path.query'))).headers ?? {})).toEqual(['x-a', 'x-b', ':path']);
    expect(regionCube(cube(any('pod-label:app')))).toEqual({ podLabels: { app: v } });
    expect(regionCube(cube(any('opaque:yes', { type: 'holds' }), { dimension: 'opaque:no', any: [], none: [{ type: 'holds' }] }))).toEqual({ opaque: { yes: true, no: false } });
  });

  test('a claim that is written into a header is the claim, beside the claim itself its text', () => {
    const claim = any('claim:["groups"]');
    const text = any('written:["groups"]');
    expect(Object.keys(regionCube(cube(text)).claims ?? {})).toEqual(['["groups"]']);
    expect(Object.keys(regionCube(cube(text, claim)).claims ?? {})).toContain('["groups"] as a text');
  });

  test('without conditions everything is meant', () => {
    expect(Object.keys(regionCube(cube()))).toEqual([]);
  });
});

describe('a region', () => {
  const many = (count: number): readonly Cube[] => Array.from({ length: count }, (_, port) => cube({ dimension: 'port', any: [{ type: 'number', value: port }], none: [] }));

  test('of twenty cubes is told whole, of more in part', () => {
    expect(region(many(20), true)).toMatchObject({ complete: true });
    expect(region(many(20), true).cubes).toHaveLength(20);
    expect(region(many(21), true)).toMatchObject({ complete: false });
    expect(region(many(21), true).cubes).toHaveLength(20);
    expect(region(many(1), false)).toEqual({ cubes: [{ ports: { only: ['0'] } }], complete: false });
  });
});
