/** Canonical texts: equal meaning as written has equal text, and nothing else has. */
import { expect, test } from 'vitest';
import { cubeKey, matcherKey, predicateKey, valueKey } from '#sets/keys.ts';
import type { Matcher } from '#sets/matcher.ts';
import { distinctCubes, everything, seedsOf, sortedOrigins } from '#sets/seeds.ts';
import { any, cidr, cube, element, exact, glob, host, ip, layer, nonEmpty, none, path, port, prefix, present, principal, protocol, suffix, template } from './worlds.ts';

const token = (parts: Omit<Extract<Matcher, { type: 'token' }>, 'type'>): Matcher => ({ type: 'token', ...parts });

test.each([
  [exact('a"b'), 'exact "a\\"b"'],
  [prefix('a'), 'prefix "a"'],
  [suffix('a'), 'suffix "a"'],
  [nonEmpty, 'non-empty'],
  [present, 'present'],
  [host(exact('a')), 'host exact "a"'],
  [{ type: 'authority', pattern: prefix('a') }, 'authority prefix "a"'],
  [principal(suffix('a')), 'principal suffix "a"'],
  [{ type: 'namespace', pattern: nonEmpty }, 'namespace non-empty'],
  [{ type: 'trust-domain', pattern: exact('a') }, 'trust-domain exact "a"'],
  [path(template('/{*}'), 'NONE'), 'path template "/{*}" NONE'],
  [cidr('10.0.0.0/8'), 'cidr 10.0.0.0/8'],
  [port(80), 'number 80'],
  [{ type: 'port-range', first: 1, last: 2 }, 'port-range 1-2'],
  [{ type: 'source-namespace', names: ['b', 'a', 'a'], declared: ['c', 'b'], selection: undefined }, 'source-namespace [["a","b"],null]'],
  [{ type: 'source-namespace', names: ['a'], declared: ['c', 'b'], selection: { matchLabels: { k: 'v' }, matchExpressions: [] } }, 'source-namespace [["a"],["k=v",["b","c"]]]'],
  [protocol('http'), 'one-of "http"'],
  [glob('a*'), 'namespace-glob "a*"'],
  [{ type: 'service-account', namespace: 'a', account: 'b', plane: 'ztunnel' }, 'service-account "a/b" ztunnel'],
  [token({}), 'token'],
  [token({ locations: ['b', 'a', 'a'] }), 'token locations ["a", "b"]'],
  [token({ locations: ['a'], reading: 'anything', keys: 'k', issuer: exact('i'), subject: nonEmpty }), 'token locations ["a"] reading anything keys "k" issuer exact "i" subject non-empty'],
  [token({ reading: 'token', subject: exact('s') }), 'token reading token subject exact "s"'],
  [element(exact('a')), 'element exact "a"'],
  [{ type: 'element', pattern: prefix('a'), also: [], except: [] }, 'element prefix "a"'],
  [{ type: 'element', pattern: prefix('a'), also: [suffix('c'), suffix('b')], except: [exact('d'), exact('d')] }, 'element prefix "a" also [suffix "b", suffix "c"] except [exact "d"]'],
  [{ type: 'identified' }, 'identified'],
  [{ type: 'absent' }, 'absent'],
  [{ type: 'holds' }, 'holds'],
] satisfies readonly (readonly [Matcher, string])[])('%o is called %s', (matcher, key) => {
  expect(matcherKey(matcher)).toBe(key);
  expect(matcherKey(matcher)).toBe(key);
});

test('lists have no order and no duplicates', () => {
  expect(predicateKey(any('method', exact('b'), exact('a'), exact('b')))).toBe('method: exact "a" | exact "b"');
  expect(predicateKey({ dimension: 'method', any: [exact('a')], none: [exact('d'), exact('c')] })).toBe('method: exact "a" except exact "c" | exact "d"');
  expect(predicateKey(none('method', exact('a')))).toBe('method: * except exact "a"');
  expect(cubeKey(cube(any('port', port(1)), any('method', exact('a')), any('port', port(1))))).toBe('method: exact "a" & port: number 1');
  expect(cubeKey({ predicates: [], origins: [{ policy: 'a' }] })).toBe('*');
});

test('values', () => {
  expect([null, 'a', 1, true, ['a', 'b'], ip('10.0.0.1')].map(valueKey)).toEqual(['null', '"a"', '1', 'true', '["a","b"]', `ip ${String(ip('10.0.0.1'))}`]);
  expect(valueKey({ location: 'l', signedBy: 'all', issuer: null, subject: 's' })).toBe('token ["l","all",null,"s"]');
  expect(valueKey({ location: 'l', signedBy: ['b', 'a'], issuer: 'i', subject: 's' })).toBe('token ["l","a,b","i","s"]');
  expect(valueKey({ principal: null, namespace: 'n', namespaceLabels: { b: '1', a: '2' } })).toBe('caller [null,"n",[["a","2"],["b","1"]]]');
});

test('origins have no order and no duplicates, and rules follow their numbers', () => {
  expect(sortedOrigins([{ policy: 'b', rule: 10 }, { policy: 'b', rule: 9 }, { policy: 'a', rule: 11 }, { policy: 'b' }, { policy: 'b', rule: 9 }])).toEqual([{ policy: 'a', rule: 11 }, { policy: 'b' }, { policy: 'b', rule: 9 }, { policy: 'b', rule: 10 }]);
});

test('equal cubes are one, with all who wrote them', () => {
  const by = (policy: string, ...predicates: Parameters<typeof cube>) => ({ ...cube(...predicates), origins: [{ policy }] });
  const [a, b, again] = [by('x', any('port', port(1))), by('y', any('port', port(2))), by('z', any('port', port(1)))];
  expect(distinctCubes([b, a, again, by('w', any('port', port(1)))])).toEqual([{ predicates: a.predicates, origins: [{ policy: 'w' }, { policy: 'x' }, { policy: 'z' }] }, b]);
  // Sorted and distinct already: the list itself.
  const sorted = [a, b];
  expect(distinctCubes(sorted)).toBe(sorted);
  expect(distinctCubes([a, again])).toEqual([{ predicates: a.predicates, origins: [{ policy: 'x' }, { policy: 'z' }] }]);
  expect(distinctCubes([b, a])).toEqual([a, b]);
});

test('a difference begins in a permission that begins, or in a refusal that ends', () => {
  const [one, two, three] = [1, 2, 3].map((number) => ({ ...cube(any('port', port(number))), origins: [{ policy: `p${String(number)}` }] }));
  if (one === undefined || two === undefined || three === undefined) throw new Error('three cubes');
  const seeds = (from: Parameters<typeof seedsOf>[0], to: Parameters<typeof seedsOf>[1]): readonly unknown[] => seedsOf(from, to).map(({ key, layer: at, accepted, demands, origins }) => [key, at, accepted.map(cubeKey), demands.map((list) => list.map(cubeKey)), origins.map(({ policy }) => policy)]);
  const way = (...layers: ReturnType<typeof layer>[]) => ({ id: 'direct', layers });
  const [first, second, third] = ['port: number 1', 'port: number 2', 'port: number 3'] as const;
  expect(seeds(way(layer([one])), way(layer([one, two])))).toEqual([[`allow ${second}`, 'authorization', [first], [], ['p2']]]);
  expect(seeds(way(layer([one])), way(layer('all')))).toEqual([['allow *', 'authorization', [first], [], ['p1']]]);
  expect(seeds(way(layer([everything])), way(layer('all')))).toEqual([]);
  expect(seeds(way(layer('all', [one, two])), way(layer('all', [two])))).toEqual([[`deny ${first}`, 'authorization', [], [], ['p1']]]);
  // Other allow lists of the second side must hold the request as well; a refusal that ends is behind all of them.
  expect(seeds(way(layer([one]), layer('all', [three], 'mtls')), way(layer([one, two]), layer([three], [], 'mtls')))).toEqual([[`allow ${second}`, 'authorization', [first], [[third]], ['p2']], [`deny ${third}`, 'mtls', [], [[first, second], [third]], ['p3']]]);
  expect(seeds(way(layer('all')), way(layer([one])))).toEqual([]);
  const same = layer([one]);
  expect(seeds(way(same), way(same))).toEqual([]);
  // A path of two hops has two layers of one kind; one that the other side lacks lets all pass there.
  expect(seeds(way(layer([one]), layer([two])), way(layer([one]), layer([two, three])))).toEqual([[`allow ${third}`, 'authorization', [second], [[first]], ['p3']]]);
  expect(seeds(way(layer([one]), layer([two])), way(layer([one])))).toEqual([['allow *', 'authorization', [second], [[first]], ['p2']]]);
  expect(seeds(way(), way(layer('all', [one])))).toEqual([]);
  // Without a way before, all that passes now is new.
  expect(seeds(undefined, way(layer([one, two], [], 'mtls'), layer([three])))).toEqual([[`allow ${first}`, 'mtls', [], [[third]], ['p1']], [`allow ${second}`, 'mtls', [], [[third]], ['p2']]]);
  expect(seeds(undefined, way(layer('all', [], 'mtls')))).toEqual([['allow *', 'mtls', [], [], []]]);
  expect(seeds(undefined, way())).toEqual([['allow *', 'routing', [], [], []]]);
});
