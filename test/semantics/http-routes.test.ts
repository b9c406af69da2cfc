/** Which route of a gateway takes a request (M116, M122), and what it makes of it. */
import { describe, expect, test } from 'vitest';
import type { HttpMatch, HttpRedirect, StringMatch } from '#manifests/virtual-service.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import { forwardingOf } from '#semantics/gateways/forwarding.ts';
import { headerOf, hostFor, matchedPrefix, parameter, pathFits, routeFor, virtualHosts } from '#semantics/gateways/http-routes.ts';
import type { Guarded, RoutedRequest, VirtualHost } from '#semantics/gateways/http-routes.ts';
import type { OwnedServer } from '#semantics/gateways/merged-servers.ts';
import { authorityIn, forwardedAs, redirectLocation } from '#semantics/gateways/route-action.ts';
import type { GatewayHttpRoute, RouteSet, ServedGateway } from '#semantics/gateways/types.ts';

const exact = (value: string): StringMatch => ({ type: 'exact', value });
const prefix = (value: string): StringMatch => ({ type: 'prefix', value });
const regex = (value: string): StringMatch => ({ type: 'regex', value });
const present: StringMatch = { type: 'present' };

const match = (parts: Partial<HttpMatch>): HttpMatch => ({ name: '', uri: undefined, ignoreUriCase: false, scheme: undefined, method: undefined, authority: undefined, headers: new Map(), withoutHeaders: new Map(), queryParams: new Map(), port: undefined, sourceLabels: {}, sourceNamespace: undefined, gateways: [], ...parts });
const route = (parts: Partial<GatewayHttpRoute> = {}): GatewayHttpRoute => ({ by: '', name: '', match: [], route: [], redirect: undefined, directResponse: undefined, delegate: undefined, rewrite: undefined, mirrors: [], requestHeaders: { set: {}, add: {}, remove: [] }, hasFault: false, abortPercentage: 0, corsOrigins: [], ...parts });
const guarded = (condition: Partial<HttpMatch> | undefined, parts: Partial<GatewayHttpRoute> = {}, api: RouteSet['api'] = 'istio', number = 80): Guarded => ({ route: route(parts), match: condition === undefined ? undefined : match(condition), api, number });
const request = (parts: Partial<RoutedRequest> = {}): RoutedRequest => ({ path: '/a/b', query: '', method: 'GET', authority: 'shop.example', scheme: 'http', headers: new Map(), ...parts });

describe('a path fits', () => {
  test.each([
    [undefined, false, 'istio', '/a', true],
    [present, false, 'istio', '/a', true],
    [exact('/a'), false, 'istio', '/a', true],
    [exact('/a'), false, 'istio', '/A', false],
    [exact('/a'), true, 'istio', '/A', true],
    [exact('/A'), true, 'istio', '/a', true],
    [exact('/a'), false, 'kubernetes', '/a/', false],
    [prefix('/a'), false, 'istio', '/ab', true],
    [prefix('/a'), false, 'istio', '/b', false],
    [prefix('/A'), true, 'istio', '/ab', true],
    // The Gateway API: whole segments.
    [prefix('/a'), false, 'kubernetes', '/ab', false],
    [prefix('/a'), false, 'kubernetes', '/a', true],
    [prefix('/a'), false, 'kubernetes', '/a/', true],
    [prefix('/a'), false, 'kubernetes', '/a/b', true],
    [prefix('/a/'), false, 'kubernetes', '/a', true],
    [prefix('/a/'), false, 'kubernetes', '/ab', false],
    [prefix('/'), false, 'kubernetes', '/ab', true],
    [regex('/a.'), false, 'istio', '/ab', true],
    [regex('/a.'), false, 'istio', '/abc', false],
    // Letters of either case are for texts alone.
    [regex('/A.'), true, 'istio', '/ab', false],
  ] as const)('%o (any case: %s, %s) and %s: %s', (uri, ignoreUriCase, api, path, fits) => {
    expect(pathFits({ uri, ignoreUriCase }, api, path)).toBe(fits);
  });
});

test('parameters are read as they are written, the first of a name', () => {
  expect(['a', 'b', 'c', 'd', ''].map((name) => parameter('?a=1&a=2&b&c=x=y&&=z', name))).toEqual(['1', '', 'x=y', undefined, 'z']);
  expect([parameter('', 'a'), parameter('', ''), parameter('a=%31', 'a')]).toEqual([undefined, undefined, '%31']);
});

test('names for parts of the request line are headers too', () => {
  const sent = request({ query: '?x=1', headers: new Map([['x-a', '1']]) });
  expect([':authority', 'Host', ':method', ':scheme', ':path', 'X-A', 'x-b'].map((name) => headerOf(name, sent))).toEqual(['shop.example', 'shop.example', 'GET', 'http', '/a/b?x=1', '1', undefined]);
});

describe('conditions of one match are ANDed', () => {
  const sent = request({ query: '?p=1', headers: new Map([['x', '1'], ['empty', '']]) });
  test.each([
    ['nothing is asked', {}, true],
    ['the path', { uri: prefix('/a') }, true],
    ['another path', { uri: prefix('/b') }, false],
    ['the method', { method: exact('GET') }, true],
    ['another method', { method: exact('PUT') }, false],
    ['the authority', { authority: prefix('shop.') }, true],
    ['another authority', { authority: exact('shop') }, false],
    ['the scheme', { scheme: exact('http') }, true],
    ['another scheme', { scheme: exact('https') }, false],
    ['a header', { headers: new Map([['X', exact('1')]]) }, true],
    ['a header that is there', { headers: new Map([['empty', present]]) }, true],
    ['another text of a header', { headers: new Map([['x', exact('2')]]) }, false],
    ['a header that is missing', { headers: new Map([['y', present]]) }, false],
    ['one header of two', { headers: new Map([['x', exact('1')], ['y', present]]) }, false],
    ['no such header', { withoutHeaders: new Map([['y', present]]) }, true],
    ['no such header, as an expression', { withoutHeaders: new Map([['y', regex('*')]]) }, true],
    ['a header that must be missing', { withoutHeaders: new Map([['x', present]]) }, false],
    ['a text that a header must not have', { withoutHeaders: new Map([['x', exact('1')]]) }, false],
    ['another text than that', { withoutHeaders: new Map([['x', exact('2')]]) }, true],
    // A missing header counts as an empty one.
    ['an empty text that a missing header must not have', { withoutHeaders: new Map([['y', exact('')]]) }, false],
    ['a text that a missing header has not', { withoutHeaders: new Map([['y', exact('1')]]) }, true],
    ['one of two that must be missing', { withoutHeaders: new Map([['y', present], ['x', present]]) }, false],
    ['a parameter', { queryParams: new Map([['p', exact('1')]]) }, true],
    ['another parameter', { queryParams: new Map([['q', present]]) }, false],
    ['one condition of two', { uri: prefix('/a'), method: exact('PUT') }, false],
  ] satisfies readonly (readonly [string, Partial<HttpMatch>, boolean])[])('%s', (_, condition, fits) => {
    const only = guarded(condition);
    expect(routeFor({ routes: [only] }, sent)).toBe(fits ? only : undefined);
  });

  test('the first that fits takes the request', () => {
    const [other, first, second] = [guarded({ uri: exact('/x') }), guarded({ uri: prefix('/a') }), guarded(undefined)];
    expect(routeFor({ routes: [other, first, second] }, sent)).toBe(first);
    expect(routeFor({ routes: [other, second, first] }, sent)).toBe(second);
  });
});

describe('the host of an authority', () => {
  const hosts = ['*', '*.example', '*.shop.example', 'shop.example', '*p.example'].map((host): VirtualHost => ({ host, routes: [], redirectsToTls: false }));
  test.each([
    ['shop.example', 'shop.example'],
    ['Shop.Example:8080', 'shop.example'],
    ['a.shop.example', '*.shop.example'],
    ['a.example', '*.example'],
    ['xp.example', '*p.example'],
    ['other', '*'],
    // A star stands for something.
    ['p.example', '*.example'],
    ['.example', '*'],
    ['[::1]:80', '*'],
  ])('%s is served by %s', (authority, host) => {
    expect(hostFor(hosts, authority)?.host).toBe(host);
  });
  test('is nobody where no host fits', () => {
    expect(hostFor(hosts.slice(1), 'other')).toBeUndefined();
    expect(hostFor(hosts.slice(0, 0), 'other')).toBeUndefined();
  });
});

describe('hosts and their routes', () => {
  const pods = { namespace: 'edge', labels: { istio: 'ingress' } } as unknown as GatewayPods;
  const server = (hosts: readonly string[], number = 80, httpsRedirect = false): OwnedServer => ({ server: { number, portName: '', protocol: 'HTTP', hosts, bind: '', tls: httpsRedirect ? { mode: 'PASSTHROUGH', httpsRedirect, subjectAltNames: [], insecureSkipVerify: false, usable: true, trusts: [] } : undefined }, gateway: { key: 'edge/public', namespace: 'edge', name: 'public' } as unknown as ServedGateway });
  const set = (name: string, hosts: readonly string[], http: readonly GatewayHttpRoute[], more: Partial<RouteSet> = {}): RouteSet => ({ by: name, namespace: 'shop', name, created: 0, hosts, gateways: ['edge/public'], exportTo: ['*'], api: 'istio', http, tls: [], tcp: [], fromTlsRoute: false, ...more });
  const at = (name: string, ...conditions: readonly Partial<HttpMatch>[]): GatewayHttpRoute => route({ name, match: conditions.map(match) });
  const told = (servers: readonly OwnedServer[], routes: readonly RouteSet[]): readonly (readonly [string, string])[] =>
    virtualHosts({ pods, gateways: [], routes }, servers).map(({ host, routes: found, redirectsToTls }) => [`${host}${redirectsToTls ? ' redirects' : ''}`, found.map(({ route: each, number }) => `${each.name}:${String(number)}`).join(' ')] as const);

  test('are those that the server and the route set have in common', () => {
    expect(told([server(['*.example', 'shop/b.other', 'pay/c.other'])], [set('web', ['A.example', 'b.other', 'c.other', 'd.other'], [at('one')])])).toEqual([['a.example', 'one:80'], ['b.other', 'one:80']]);
    expect(told([server(['a.example'])], [set('web', ['b.example'], [at('one')])])).toEqual([]);
    expect(told([server(['a.example'])], [set('web', ['a.example'], [at('one')], { gateways: ['edge/other'] })])).toEqual([]);
    expect(told([server(['a.example'])], [set('web', ['a.example'], [])])).toEqual([]);
  });

  test('of several sets stand one after the other, those that take everything at the end', () => {
    const everything = [at('none'), at('slash', { uri: prefix('/') }), at('expression', { uri: regex('.*') }), at('empty', {})];
    for (const all of everything) expect(told([server(['*'])], [set('a', ['x'], [all]), set('b', ['x'], [at('one', { uri: prefix('/a') })])])).toEqual([['x', `one:80 ${all.name}:80`]]);
    const some = [{ uri: prefix('/a') }, { uri: exact('/') }, { uri: regex('/.*') }, { method: exact('GET') }, { authority: exact('x') }, { scheme: exact('http') }, { headers: new Map([['x', present]]) }, { withoutHeaders: new Map([['x', present]]) }, { queryParams: new Map([['x', present]]) }];
    for (const condition of some) expect(told([server(['*'])], [set('a', ['x'], [at('first', condition)]), set('b', ['x'], [at('one', { uri: prefix('/a') })])])).toEqual([['x', 'first:80 one:80']]);
  });

  test('behind a route that takes everything the set ends', () => {
    expect(told([server(['*'])], [set('a', ['x'], [at('one', { uri: exact('/a') }, {}), at('two')])])).toEqual([['x', 'one:80 one:80']]);
    expect(told([server(['*'])], [set('a', ['x'], [at('one'), at('two', { uri: exact('/a') })])])).toEqual([['x', 'one:80']]);
  });

  test('are computed once for a Gateway, with the number of its first server', () => {
    expect(told([server(['x'], 80), server(['y'], 8080)], [set('a', ['x', 'y'], [at('one')])])).toEqual([['x', 'one:80'], ['y', 'one:80']]);
    const byPort = [at('late', { port: 8080 }), at('one', { port: 80 })];
    expect(told([server(['x'], 80), server(['y'], 8080)], [set('a', ['x', 'y'], byPort)])).toEqual([['x', 'one:80'], ['y', 'one:80']]);
    expect(told([server(['x'], 81), server(['y'], 8080)], [set('a', ['x', 'y'], byPort)])).toEqual([['y', 'late:8080']]);
  });

  test('are for the proxy that the match names, by Gateway or by its own labels and namespace', () => {
    const fitting = [{ gateways: ['edge/public'] }, { sourceLabels: { istio: 'ingress' } }, { sourceNamespace: 'edge' }, { gateways: ['edge/public'], sourceNamespace: 'other' }, { port: 80 }];
    for (const condition of fitting) expect(told([server(['*'])], [set('a', ['x'], [at('one', condition)])])).toEqual([['x', 'one:80']]);
    const others = [{ gateways: ['edge/other'] }, { sourceLabels: { istio: 'egress' } }, { sourceNamespace: 'other' }, { port: 81 }];
    for (const condition of others) expect(told([server(['*'])], [set('a', ['x'], [at('one', condition)])])).toEqual([]);
  });

  test('of a server that redirects to TLS do so, with routes and without', () => {
    expect(told([server(['X', 'y'], 80, true)], [set('a', ['X'], [at('one')])])).toEqual([['x redirects', 'one:80'], ['y redirects', '']]);
    expect(told([server(['x'], 80), server(['x'], 81, true)], [set('a', ['x'], [at('one')])])).toEqual([['x redirects', 'one:80 one:80']]);
    expect(told([server(['x'], 80, true), server(['x'], 81)], [set('a', ['x'], [at('one')])])).toEqual([['x redirects', 'one:80 one:80']]);
  });
});

test('the part of a path that a match took', () => {
  expect([undefined, {}, { uri: present }, { uri: prefix('/a') }, { uri: prefix('/a/') }, { uri: prefix('/') }, { uri: exact('/a') }, { uri: regex('/a') }].map((condition) => [matchedPrefix(guarded(condition)), matchedPrefix(guarded(condition, {}, 'kubernetes'))])).toEqual([
    ['/', '/'],
    ['/', '/'],
    ['/', '/'],
    ['/a', '/a'],
    ['/a/', '/a'],
    ['/', '/'],
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

describe('where a redirect leads', () => {
  const to = (parts: Partial<HttpRedirect>): HttpRedirect => ({ uri: '', authority: '', scheme: '', port: undefined, derivePort: undefined, code: 301, ...parts });
  const location = (redirect: Partial<HttpRedirect>, sent: Partial<RoutedRequest> = {}, how: { readonly number?: number; readonly tls?: boolean; readonly prefix?: string; readonly uri?: StringMatch; readonly api?: RouteSet['api'] } = {}): string =>
    redirectLocation(guarded(how.uri === undefined ? undefined : { uri: how.uri }, how.prefix === undefined ? {} : { redirectPrefix: how.prefix }, how.api, how.number), to(redirect), request(sent), how.tls ?? false);

  test.each([
    ['nothing changes', location({}), 'http://shop.example/a/b'],
    ['the query stays', location({}, { query: '?x=1' }), 'http://shop.example/a/b?x=1'],
    ['another path', location({ uri: '/new' }, { query: '?x=1' }), 'http://shop.example/new?x=1'],
    ['a path with a query of its own', location({ uri: '/new?y=2' }, { query: '?x=1' }), 'http://shop.example/new?y=2'],
    ['another host', location({ authority: 'other' }, { authority: 'shop.example:8080' }), 'http://other/a/b'],
    ['the port that was sent stays', location({}, { authority: 'shop.example:8080' }), 'http://shop.example:8080/a/b'],
    ['another scheme', location({ scheme: 'https' }), 'https://shop.example/a/b'],
    ['another scheme takes the port away that belongs to the old one', location({ scheme: 'https' }, { authority: 'shop.example:80' }), 'https://shop.example/a/b'],
    ['and back', location({ scheme: 'http' }, { authority: 'shop.example:443', scheme: 'https' }, { tls: true }), 'http://shop.example/a/b'],
    ['another port stays', location({ scheme: 'https' }, { authority: 'shop.example:8080' }), 'https://shop.example:8080/a/b'],
    ['the usual port of the other scheme stays', location({ scheme: 'https' }, { authority: 'shop.example:443' }), 'https://shop.example:443/a/b'],
    ['and so it does the other way round', location({ scheme: 'http' }, { authority: 'shop.example:80', scheme: 'https' }, { tls: true }), 'http://shop.example:80/a/b'],
    ['the usual port of the same scheme stays', location({ scheme: 'http' }, { authority: 'shop.example:80' }), 'http://shop.example:80/a/b'],
    ['a port', location({ port: 8443 }, { authority: 'shop.example:80' }), 'http://shop.example:8443/a/b'],
    ['the usual port is not written', location({ port: 80 }, { authority: 'shop.example:8080' }), 'http://shop.example:8080/a/b'],
    ['nor that of TLS', location({ port: 443, scheme: 'https' }), 'https://shop.example/a/b'],
    ['443 without TLS is', location({ port: 443, scheme: 'http' }), 'http://shop.example:443/a/b'],
    ['80 with TLS is', location({ port: 80, scheme: 'https' }), 'https://shop.example:80/a/b'],
    ['whether the connection is TLS decides where no scheme is said', location({ port: 443 }, {}, { tls: true }), 'http://shop.example/a/b'],
    ['the port of the listener', location({ derivePort: 'FROM_REQUEST_PORT' }, {}, { number: 8080 }), 'http://shop.example:8080/a/b'],
    ['the usual port of the listener', location({ derivePort: 'FROM_REQUEST_PORT' }, {}, { number: 80 }), 'http://shop.example/a/b'],
    ['the default of the protocol', location({ derivePort: 'FROM_PROTOCOL_DEFAULT' }, {}, { number: 8080 }), 'http://shop.example/a/b'],
    ['another prefix', location({ uri: '/not' }, { query: '?x=1' }, { prefix: '/new', uri: prefix('/a'), api: 'kubernetes' }), 'http://shop.example/new/b?x=1'],
    ['no other prefix', location({ uri: '/new' }, {}, { prefix: '', uri: prefix('/a'), api: 'kubernetes' }), 'http://shop.example/new'],
    ['a prefix in the place of a whole path', location({}, {}, { prefix: '/new', uri: exact('/a/b'), api: 'kubernetes' }), 'http://shop.example/new'],
  ])('%s', (_, found, expected) => {
    expect(found).toBe(expected);
  });
});

describe('what goes on to the backend', () => {
  const rewrite = (uri: string, authority = '', regexRewrite?: { readonly match: string; readonly rewrite: string }): Partial<GatewayHttpRoute> => ({ rewrite: { uri, authority, regex: regexRewrite } });
  test.each([
    ['as it was sent', guarded(undefined), '/a/b?x', 'shop.example', ''],
    ['a prefix of Istio', guarded({ uri: prefix('/a') }, rewrite('/new')), '/new/b?x', 'shop.example', '/a as /new'],
    ['no match: the slash is replaced', guarded(undefined, rewrite('/new/')), '/new/a/b?x', 'shop.example', 'behind /new'],
    ['a whole path', guarded({ uri: exact('/a/b') }, rewrite('/new')), '/new?x', 'shop.example', '/a/b as /new'],
    ['an expression: all of it', guarded({ uri: regex('/a.*') }, rewrite('/new')), '/new?x', 'shop.example', 'any as /new'],
    ['letters of either case', guarded({ uri: prefix('/A'), ignoreUriCase: true }, rewrite('/new')), '/new/b?x', 'shop.example', '/A in any case as /new'],
    ['a slash of Istio', guarded({ uri: prefix('/a') }, rewrite('/')), '//b?x', 'shop.example', '/a as /'],
    ['a slash of the Gateway API takes the prefix away', guarded({ uri: prefix('/a') }, rewrite('/'), 'kubernetes'), '/b?x', 'shop.example', 'without /a'],
    ['all of it', guarded({ uri: prefix('/a/b') }, rewrite('/'), 'kubernetes'), '/?x', 'shop.example', 'without /a/b'],
    ['and of the root nothing', guarded({ uri: prefix('/') }, rewrite('/'), 'kubernetes'), '/a/b?x', 'shop.example', ''],
    ['and of a whole path all', guarded({ uri: exact('/a/b') }, rewrite('/'), 'kubernetes'), '/?x', 'shop.example', '/a/b as /'],
    ['another prefix of the Gateway API', guarded({ uri: prefix('/a') }, rewrite('/new'), 'kubernetes'), '/new/b?x', 'shop.example', '/a as /new'],
    ['the same prefix', guarded({ uri: prefix('/a') }, rewrite('/a')), '/a/b?x', 'shop.example', ''],
    ['less of the prefix', guarded({ uri: prefix('/x/a') }, rewrite('/a')), '/a?x', 'shop.example', 'without /x'],
    ['an expression with groups', guarded(undefined, rewrite('', '', { match: '/(a)/(b)', rewrite: '/\\2/\\1' })), '/b/a?x', 'shop.example', '/(a)/(b) replaced by /\\2/\\1'],
    ['only the authority', guarded({ uri: prefix('/a') }, rewrite('', 'inner')), '/a/b?x', 'inner', 'host inner'],
    ['both', guarded({ uri: prefix('/a') }, rewrite('/new', 'inner')), '/new/b?x', 'inner', '/a as /new, host inner'],
    ['an authority that is set as a header', guarded(undefined, { requestHeaders: { set: { Host: 'inner' }, add: { ':authority': 'other' }, remove: [] } }), '/a/b?x', 'inner', 'host inner'],
    ['one that is added', guarded(undefined, { requestHeaders: { set: { x: '1' }, add: { ':authority': 'other' }, remove: [] } }), '/a/b?x', 'other', 'host other'],
    ['a rewrite before a header', guarded(undefined, { ...rewrite('', 'first'), requestHeaders: { set: { host: 'inner' }, add: {}, remove: [] } }), '/a/b?x', 'first', 'host first'],
  ])('%s', (name, guard, path, host, words) => {
    const sent = request({ query: '?x' });
    // Of the prefix that ends elsewhere the rest of the path is shorter.
    if (name === 'less of the prefix') expect(forwardedAs(guard, { ...sent, path: '/x/a' })).toEqual({ path, host });
    else expect(forwardedAs(guard, sent)).toEqual({ path, host });
    expect(forwardingOf(guard).name).toBe(words);
  });

  test('names of the authority among headers', () => {
    expect([authorityIn({ x: '1' }), authorityIn({ HOST: 'a' }), authorityIn({ ':authority': 'b' }), authorityIn({})]).toEqual([undefined, 'a', 'b', undefined]);
  });
});
