/** From the sample of a region to requests that may prove it: attributes that follow from each other, and assumptions that are not needed. */
import { describe, expect, test } from 'vitest';
import { askedOf, firstOf, hangTogether, interpreted, leastAssuming, placed, plainlySigned, spelled, unreconciled } from '#impact/witness-request.ts';
import type { Query } from '#posture/query.ts';
import type { Cube, Dimension, Point, Predicate } from '#sets/cube.ts';
import { parseCidr, parseIp } from '#sets/ip.ts';
import type { Matcher, Token, Value } from '#sets/matcher.ts';

const exact = (text: string): Matcher => ({ type: 'exact', text });
const block = (text: string): Matcher => parseCidr(text) ?? { type: 'absent' };
const address = (text: string): bigint => parseIp(text) ?? 0n;
const about = (dimension: Dimension, ...any: readonly Matcher[]): Predicate => ({ dimension, any, none: [] });
const cube = (...predicates: readonly Predicate[]): Cube => ({ predicates, origins: [] });
const point = (values: Readonly<Record<string, Value | null>>): Point => new Map(Object.entries(values)) as Point;
const plain = (given: Point): Readonly<Record<string, unknown>> => Object.fromEntries(given);
const token = (location: string, more: Partial<Token> = {}): Token => ({ location, signedBy: 'all', issuer: null, subject: null, ...more });
const query = (more: Partial<Query> = {}): Query => ({ from: {}, to: { port: 80 }, request: { protocol: 'http' }, ...more });

describe('conditions that no sample may reconcile', () => {
  test('a token and the header that it stands in', () => {
    expect(unreconciled(cube(about('header:authorization', exact('x'))), point({ token: token('authorization:Bearer ') }))).toBe('how a token and the rest of the header `authorization` go together is not computed');
    expect(unreconciled(cube(about('header:x-token', exact('x'))), point({ token: token('header:x-token:Token ') }))).toBe('how a token and the rest of the header `x-token` go together is not computed');
    expect(unreconciled(cube(about('header:cookie', exact('x'))), point({ token: token('cookie:session') }))).toBe('how a token and the rest of the header `cookie` go together is not computed');
    expect(unreconciled(cube(about('header:x-other', exact('x'))), point({ token: token('header:x-token:') }))).toBeUndefined();
    expect(unreconciled(cube(about('header:authorization', exact('x'))), point({ token: null }))).toBeUndefined();
    expect(unreconciled(cube(about('header:authorization', exact('x'))), undefined)).toBeUndefined();
  });

  test('a token in the query and the whole of it', () => {
    expect(unreconciled(cube(about('path.query', exact('x'))), point({ token: token('parameter:t') }))).toBe('how a token in the query and `:path` go together is not computed');
    expect(unreconciled(cube(about('path.query', exact('x'))), point({ token: token('cookie:c') }))).toBeUndefined();
    expect(unreconciled(cube(), point({ token: token('parameter:t') }))).toBeUndefined();
  });

  test('a claim and the header that is written from it', () => {
    expect(unreconciled(cube(about('written:groups', exact('x')), about('claim:groups', exact('x'))), undefined)).toBe('how the claim `groups` and the header that is written from it go together is not computed');
    expect(unreconciled(cube(about('written:realm/role', exact('x')), about('claim:realm/role', exact('x'))), undefined)).toBe('how the claim `realm.role` and the header that is written from it go together is not computed');
    expect(unreconciled(cube(about('written:groups', exact('x')), about('claim:other', exact('x'))), undefined)).toBeUndefined();
  });

  test('the remote address and `x-forwarded-for`, the path and `:path`', () => {
    expect(unreconciled(cube(about('header:x-forwarded-for', exact('x')), about('remote.ip', block('10.0.0.0/8'))), undefined)).toBe('how `x-forwarded-for` and the remote address go together is not computed');
    expect(unreconciled(cube(about('path', exact('x')), about('path.query', exact('x'))), undefined)).toBe('how the path and `:path` go together is not computed');
    expect(unreconciled(cube(about('path', exact('x')), about('remote.ip', block('10.0.0.0/8'))), undefined)).toBeUndefined();
  });
});

describe('attributes that are parts of one text', () => {
  test.each([['remote.ip', true], ['path.query', true], ['token', true], ['header:x-a', true], ['path', false], ['method', false], ['peer', false]] as const)('%s: %s', (dimension, together) => {
    expect(hangTogether(cube(about(dimension, exact('x'))))).toBe(together);
    expect(hangTogether(cube(about('method', exact('GET')), about(dimension, exact('x'))))).toBe(together);
  });

  test('of bytes that are no HTTP nothing is asked that only a request has', () => {
    const whole = cube(...(['method', 'path', 'path.query', 'host', 'remote.ip', 'token', 'header:x-a', 'claim:a', 'peer', 'port', 'sni'] as const).map((dimension) => about(dimension, exact('x'))));
    const asked = (protocol: string): readonly string[] => askedOf(whole, point({ protocol })).predicates.map(({ dimension }) => dimension);
    expect(asked('tcp')).toEqual(['peer', 'port', 'sni']);
    expect(asked('http')).toHaveLength(11);
    expect(askedOf(whole, point({})).predicates).toHaveLength(11);
  });

  test('conditions that are not interpreted are left out', () => {
    expect(interpreted(cube(about('opaque:x', { type: 'holds' }), about('method', exact('GET')))).predicates.map(({ dimension }) => dimension)).toEqual(['method']);
  });
});

describe('the remote address at the end of `x-forwarded-for` (A3.25)', () => {
  const remote = about('remote.ip', block('10.0.0.0/8'));
  const sample = { 'remote.ip': address('10.0.0.1'), 'source.ip': address('192.0.2.1') };

  test('is written there, alone or behind what stands there', () => {
    const texts = spelled(cube(remote), point({ ...sample, 'header:x-forwarded-for': 'a' })).map((each) => each.get('header:x-forwarded-for'));
    expect(texts).toEqual(['10.0.0.1', 'a, 10.0.0.1', 'a']);
    expect(spelled(cube(remote, about('header:x-forwarded-for', { type: 'prefix', text: 'a' })), point({ ...sample, 'header:x-forwarded-for': 'a' })).map((each) => each.get('header:x-forwarded-for'))).toEqual(['a, 10.0.0.1', 'a']);
  });

  test('without the header it is the address that the connection comes from', () => {
    expect(spelled(cube(remote), point(sample)).map(plain)).toEqual([
      { ...sample, 'header:x-forwarded-for': '10.0.0.1' },
      { ...sample, 'header:x-forwarded-for': null, 'source.ip': address('10.0.0.1') },
      sample,
    ]);
    expect(spelled(cube(remote, about('source.ip', block('192.0.2.0/24'))), point(sample)).map(plain)).toEqual([{ ...sample, 'header:x-forwarded-for': '10.0.0.1' }, sample]);
    expect(spelled(cube(remote), point({ 'remote.ip': address('10.0.0.1'), 'source.ip': address('10.0.0.1') }))).toHaveLength(1);
    expect(spelled(cube(), point({ 'source.ip': address('10.0.0.1') }))).toHaveLength(1);
  });
});

describe('the path and `:path` are one text', () => {
  test('one of them is left out where nothing asks for it, else the query is taken over', () => {
    const sample = point({ path: '/a', 'path.query': '/b?x=1' });
    expect(spelled(cube(about('path', exact('/a'))), sample).map(plain)).toEqual([{ path: '/a', 'path.query': '/b?x=1' }]);
    expect(spelled(cube(about('path.query', exact('/b?x=1'))), sample).map(plain)).toEqual([{ 'path.query': '/b?x=1' }]);
    expect(spelled(cube(about('path', exact('/a')), about('path.query', exact('/b?x=1'))), sample).map(plain)).toEqual([{ path: '/a', 'path.query': '/b?x=1' }, { 'path.query': '/b?x=1' }, { path: '/a', 'path.query': '/a?x=1' }]);
    expect(spelled(cube(about('path', exact('/a')), about('path.query', exact('/b'))), point({ path: '/a', 'path.query': null })).map(plain)).toEqual([{ path: '/a', 'path.query': null }]);
  });
});

describe('tokens', () => {
  test('bytes that are read as a token and are none are sent as the header', () => {
    const sample = point({ token: token('header:x-token:Token '), 'header:x-token': 'Token x', 'claim:a': 'b', method: 'GET' });
    expect(spelled(cube(about('header:x-token', exact('Token x'))), sample).map(plain)).toEqual([plain(sample), { 'header:x-token': 'Token x', method: 'GET' }]);
    expect(spelled(cube(about('method', exact('GET'))), sample)).toHaveLength(1);
    expect(spelled(cube(about('header:x-token', { type: 'absent' })), point({ token: token('header:x-token:'), 'header:x-token': null }))).toHaveLength(1);
    expect(spelled(cube(about('header:x-token', exact('a'))), point({ token: null, 'header:x-token': 'a' }))).toHaveLength(1);
  });

  test('signed rightly under some keys: rightly whoever looks, where the cube holds that', () => {
    const signed = (by: Token['signedBy'], ...predicates: readonly Predicate[]): unknown => plainlySigned(cube(...predicates), point({ token: token('cookie:c', { signedBy: by }) })).get('token');
    const ofKey = (keys: string): Matcher => ({ type: 'token', keys });
    expect(signed(['k'], about('token', ofKey('k')))).toMatchObject({ signedBy: 'all' });
    expect(signed(['k'], { dimension: 'token', any: [ofKey('k')], none: [ofKey('l')] })).toMatchObject({ signedBy: ['k'] });
    expect(signed([])).toMatchObject({ signedBy: [] });
    expect(signed('all')).toMatchObject({ signedBy: 'all' });
    expect(plainlySigned(cube(), point({ token: null })).get('token')).toBe(null);
  });
});

describe('assumptions', () => {
  test('about opaque conditions are tried without first; others stay', () => {
    expect(leastAssuming(query())).toEqual([query()]);
    expect(leastAssuming(query({ given: { 'enrolment:a': true } }))).toEqual([query({ given: { 'enrolment:a': true } })]);
    expect(leastAssuming(query({ given: { 'opaque:x': true } }))).toEqual([query(), query({ given: { 'opaque:x': true } })]);
    expect(leastAssuming(query({ given: { 'opaque:x': true, 'enrolment:a': false } }))).toEqual([query({ given: { 'enrolment:a': false } }), query({ given: { 'opaque:x': true, 'enrolment:a': false } })]);
  });

  test('the namespace of a pod that nobody declares has no labels, where that is needed', () => {
    const pod = { namespace: 'a', labels: {} };
    expect(placed(query())).toEqual([query()]);
    expect(placed(query({ from: { pod } }))).toEqual([query({ from: { pod } }), query({ from: { pod: { ...pod, namespaceLabels: {} } } })]);
    expect(placed(query({ from: { pod: { ...pod, namespaceLabels: { b: 'c' } } } }))).toHaveLength(1);
  });

  test('the first that serves is taken', () => {
    expect(firstOf([1, 2, 3], (each) => (each > 1 ? String(each) : undefined))).toBe('2');
    expect(firstOf<number, string>([1], () => undefined)).toBeUndefined();
  });
});
