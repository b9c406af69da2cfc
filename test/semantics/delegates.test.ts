/** A route that delegates, and the routes that it delegates to: conditions of both must hold (M118). */
import { describe, expect, test } from 'vitest';
import type { HttpMatch, HttpRoute, StringMatch } from '#manifests/virtual-service.ts';
import { mergeDelegate } from '#semantics/gateways/delegates.ts';

const exact = (value: string): StringMatch => ({ type: 'exact', value });
const prefix = (value: string): StringMatch => ({ type: 'prefix', value });
const regex = (value: string): StringMatch => ({ type: 'regex', value });
const present: StringMatch = { type: 'present' };

const match = (parts: Partial<HttpMatch>): HttpMatch => ({ name: '', uri: undefined, ignoreUriCase: false, scheme: undefined, method: undefined, authority: undefined, headers: new Map(), withoutHeaders: new Map(), queryParams: new Map(), port: undefined, sourceLabels: {}, sourceNamespace: undefined, gateways: [], ...parts });
const route = (parts: Partial<HttpRoute>): HttpRoute => ({ name: '', match: [], route: [], redirect: undefined, directResponse: undefined, delegate: undefined, rewrite: undefined, mirrors: [], requestHeaders: { set: {}, add: {}, remove: [] }, hasFault: false, abortPercentage: 0, corsOrigins: [], ...parts });

/** Matches of the delegate's route, as they hold behind the root; `undefined`: the route is left out. */
function merged(root: readonly Partial<HttpMatch>[], leaf: readonly Partial<HttpMatch>[]): readonly HttpMatch[] | undefined {
  return mergeDelegate(route({ match: root.map(match) }), [route({ match: leaf.map(match) })])[0]?.match;
}

describe('the delegate must lie within the root', () => {
  test.each([
    ['a longer prefix', { uri: prefix('/a') }, { uri: prefix('/a/b') }, true],
    ['the same prefix', { uri: prefix('/a') }, { uri: prefix('/a') }, true],
    ['a shorter prefix', { uri: prefix('/a/b') }, { uri: prefix('/a') }, false],
    ['another prefix', { uri: prefix('/a') }, { uri: prefix('/b') }, false],
    ['a path below the prefix', { uri: prefix('/a') }, { uri: exact('/a/b') }, true],
    ['a path beside the prefix', { uri: prefix('/a') }, { uri: exact('/b') }, false],
    ['the same path', { uri: exact('/a') }, { uri: exact('/a') }, true],
    ['another path', { uri: exact('/a') }, { uri: exact('/b') }, false],
    ['a prefix below a path', { uri: exact('/a') }, { uri: prefix('/a') }, false],
    ['a prefix without text', { uri: prefix('/a') }, { uri: prefix('') }, false],
    ['presence within a prefix', { uri: prefix('/a') }, { uri: present }, false],
    ['an expression within a prefix', { uri: prefix('/a') }, { uri: regex('/a/.*') }, false],
    ['a prefix within an expression', { uri: regex('/a.*') }, { uri: prefix('/a') }, false],
    ['presence within an expression', { uri: regex('/a.*') }, { uri: present }, false],
    ['an expression without text', { uri: prefix('/a') }, { uri: regex('') }, false],
    ['an empty text', { uri: exact('') }, { uri: exact('') }, false],
    ['an empty prefix', { uri: prefix('') }, { uri: exact('/a') }, false],
    ['presence on both sides', { uri: present }, { uri: present }, false],
    ['an expression within a text', { uri: exact('/a') }, { uri: regex('/a') }, false],
    ['only the root says a path', { uri: exact('/a') }, {}, true],
    ['only the delegate says one', {}, { uri: exact('/a') }, true],
    ['methods that differ', { method: exact('GET') }, { method: exact('PUT') }, false],
    ['schemes that differ', { scheme: exact('http') }, { scheme: exact('https') }, false],
    ['authorities that differ', { authority: exact('a') }, { authority: exact('b') }, false],
    ['authorities that agree', { authority: prefix('a') }, { authority: exact('ab') }, true],
    ['a header that differs', { headers: new Map([['x', exact('1')]]) }, { headers: new Map([['x', exact('2')]]) }, false],
    ['headers of two names', { headers: new Map([['x', exact('1')]]) }, { headers: new Map([['y', exact('2')]]) }, true],
    ['a header that must be missing', { withoutHeaders: new Map([['x', exact('1')]]) }, { withoutHeaders: new Map([['x', exact('2')]]) }, false],
    ['a query parameter that differs', { queryParams: new Map([['x', exact('1')]]) }, { queryParams: new Map([['x', exact('2')]]) }, false],
    ['letters of either case on one side', { ignoreUriCase: true }, {}, false],
    ['letters of either case on both', { ignoreUriCase: true }, { ignoreUriCase: true }, true],
    ['ports that differ', { port: 80 }, { port: 81 }, false],
    ['the same port', { port: 80 }, { port: 80 }, true],
    ['only the root says a port', { port: 80 }, {}, true],
    ['only the delegate says one port', {}, { port: 80 }, true],
    ['a namespace that only the root says', { sourceNamespace: 'a' }, {}, false],
    ['namespaces that agree', { sourceNamespace: 'a' }, { sourceNamespace: 'a' }, true],
    ['a namespace that only the delegate says', {}, { sourceNamespace: 'a' }, true],
    ['labels that differ', { sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'b' } }, false],
    ['labels that agree', { sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'a' } }, true],
    ['labels of two names', { sourceLabels: { app: 'a' } }, { sourceLabels: { tier: 'b' } }, true],
    ['gateways that the root has', { gateways: ['x/a', 'x/b'] }, { gateways: ['x/b'] }, true],
    ['a gateway that the root has not', { gateways: ['x/a'] }, { gateways: ['x/b'] }, false],
    ['more gateways than the root has', { gateways: ['x/a'] }, { gateways: ['x/a', 'x/a'] }, false],
    ['one gateway of two that the root has not', { gateways: ['x/a', 'x/b'] }, { gateways: ['x/b', 'x/c'] }, false],
    ['gateways on one side', { gateways: ['x/a'] }, {}, true],
  ] satisfies readonly (readonly [string, Partial<HttpMatch>, Partial<HttpMatch>, boolean])[])('%s', (_, root, leaf, kept) => {
    expect(merged([root], [leaf]) !== undefined).toBe(kept);
  });

  test('one match of the delegate outside every match of the root takes the whole route away', () => {
    expect(merged([{ uri: prefix('/a') }], [{ uri: prefix('/a/b') }, { uri: prefix('/b') }])).toBeUndefined();
    expect(merged([{ uri: prefix('/a') }, { uri: prefix('/b') }], [{ uri: prefix('/a/b') }, { uri: prefix('/b/c') }])?.map(({ uri }) => uri)).toEqual([prefix('/a/b'), prefix('/b/c')]);
  });

  test('without matches on one side the other’s are taken as they are', () => {
    expect(merged([], [{ uri: exact('/a') }])).toEqual([match({ uri: exact('/a') })]);
    expect(merged([{ uri: exact('/a') }], [])).toEqual([match({ uri: exact('/a') })]);
    expect(merged([], [])).toEqual([]);
  });
});

test('what both say is ANDed: the delegate’s word where both speak, the root’s where it is silent', () => {
  const root = { name: 'root', uri: prefix('/a'), scheme: exact('https'), method: exact('GET'), authority: prefix('a'), headers: new Map([['x', exact('1')]]), withoutHeaders: new Map([['u', exact('1')]]), queryParams: new Map([['p', exact('1')]]), port: 80, sourceLabels: { app: 'a' }, sourceNamespace: 'edge', gateways: ['x/a', 'x/b'] };
  const leaf = { name: 'leaf', uri: prefix('/a/b'), headers: new Map([['y', exact('2')]]), withoutHeaders: new Map([['v', exact('2')]]), queryParams: new Map([['q', exact('2')]]), sourceLabels: { tier: 'b' }, sourceNamespace: 'edge' };
  expect(merged([root], [leaf])).toEqual([
    match({
      ...root,
      name: 'root-leaf',
      uri: prefix('/a/b'),
      headers: new Map([...root.headers, ...leaf.headers]),
      withoutHeaders: new Map([...root.withoutHeaders, ...leaf.withoutHeaders]),
      queryParams: new Map([...root.queryParams, ...leaf.queryParams]),
      sourceLabels: { app: 'a', tier: 'b' },
    }),
  ]);
  expect(merged([{}], [{ ...leaf, scheme: exact('http'), method: exact('PUT'), authority: exact('b'), port: 81, gateways: ['x/c'] }])).toEqual([match({ ...leaf, scheme: exact('http'), method: exact('PUT'), authority: exact('b'), port: 81, gateways: ['x/c'] })]);
  expect([merged([{ name: 'root' }], [{}])?.[0]?.name, merged([{}], [{ name: 'leaf' }])?.[0]?.name]).toEqual(['root', 'leaf']);
});

test('actions are the delegate’s, and the root’s where it has none', () => {
  const rewrite = { uri: '/x', authority: '', regex: undefined };
  const to = { host: 'mirror', subset: '', port: undefined, weight: 0 };
  const headers = { set: { a: '1' }, add: {}, remove: [] };
  const root = route({ name: 'root', rewrite, directResponse: { status: 418 }, requestHeaders: headers, mirrors: [to], corsOrigins: [exact('https://a.example')], hasFault: true, abortPercentage: 7 });
  const [inherited] = mergeDelegate(root, [route({ route: [to] })]);
  expect(inherited).toEqual({ ...root, route: [to] });
  const own = route({ name: 'leaf', rewrite: { ...rewrite, uri: '/y' }, directResponse: { status: 200 }, requestHeaders: { set: {}, add: {}, remove: ['b'] }, mirrors: [{ ...to, host: 'other' }], corsOrigins: [prefix('https://')], hasFault: true, abortPercentage: 3 });
  expect(mergeDelegate(root, [own])).toEqual([{ ...own, name: 'root-leaf' }]);
  expect(mergeDelegate(route({ name: 'root' }), [route({})])[0]?.name).toBe('root');
  expect(mergeDelegate(route({}), [route({ name: 'leaf' })])[0]?.name).toBe('leaf');
  for (const own of [{ set: { b: '1' }, add: {}, remove: [] }, { set: {}, add: { b: '1' }, remove: [] }]) expect(mergeDelegate(root, [route({ requestHeaders: own })])[0]?.requestHeaders).toEqual(own);
});
