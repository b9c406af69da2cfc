/** Rules of the Gateway API as routes of a gateway (M122, M124), in the order that it demands, and what they are as predicates. */
import { describe, expect, test } from 'vitest';
import { isKind } from '#manifests/resource.ts';
import type { HttpMatch, StringMatch } from '#manifests/virtual-service.ts';
import type { Mesh } from '#mesh/model.ts';
import { httpRoutesOf, inOrder } from '#semantics/gateways/kubernetes-rules.ts';
import { granted } from '#semantics/gateways/reference-grants.ts';
import { ruleBackends } from '#semantics/gateways/route-backends.ts';
import { lowerMatch } from '#semantics/gateways/route-lowering.ts';
import type { RouteContext, RoutePart } from '#semantics/gateways/route-lowering.ts';
import type { RoutedRequest } from '#semantics/gateways/http-routes.ts';
import type { GatewayHttpRoute, RouteSet } from '#semantics/gateways/types.ts';
import { cubeKey } from '#sets/keys.ts';
import { meshOf, objects } from '../mesh/support.ts';

const grant = (place: string, from: string, to: string): string => {
  const [space = '', name = ''] = place.split('/');
  return `{apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: {name: ${name}, namespace: ${space}}, spec: {from: [${from}], to: [${to}]}}`;
};
const fromShop = '{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}';

describe('a reference into another namespace (M124)', () => {
  const may = (documents: readonly string[], to: Partial<Parameters<typeof granted>[2]> = {}, from: Partial<Parameters<typeof granted>[1]> = {}): boolean => granted(meshOf({}, ...documents), { kind: 'HTTPRoute', namespace: 'shop', ...from }, { group: '', kind: 'Service', namespace: 'pay', name: 'orders', ...to });
  test.each([
    ['needs permission', [], false],
    ['is permitted', [grant('pay/a', fromShop, '{group: "", kind: Service}')], true],
    ['by its name', [grant('pay/a', fromShop, '{group: "", kind: Service, name: orders}')], true],
    ['by an empty name', [grant('pay/a', fromShop, '{group: "", kind: Service, name: ""}')], true],
    ['not by another name', [grant('pay/a', fromShop, '{group: "", kind: Service, name: other}')], false],
    ['not by a permission of another namespace', [grant('shop/a', fromShop, '{group: "", kind: Service}')], false],
    ['not for another kind', [grant('pay/a', fromShop, '{group: "", kind: Secret}')], false],
    ['not for another group', [grant('pay/a', fromShop, '{group: x, kind: Service}')], false],
    ['not from another kind', [grant('pay/a', '{group: gateway.networking.k8s.io, kind: GRPCRoute, namespace: shop}', '{group: "", kind: Service}')], false],
    ['not from another group', [grant('pay/a', '{group: "", kind: HTTPRoute, namespace: shop}', '{group: "", kind: Service}')], false],
    ['not from another namespace', [grant('pay/a', '{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}', '{group: "", kind: Service}')], false],
    ['by one of several entries', [grant('pay/a', `{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}, ${fromShop}`, '{group: "", kind: Secret}, {group: "", kind: Service}')], true],
  ] as const)('%s', (_, documents, expected) => {
    expect(may(documents)).toBe(expected);
  });
  test('of the own namespace needs none', () => {
    expect(may([], {}, { namespace: 'pay' })).toBe(true);
  });
});

const none = meshOf({});

function rulesOf(kind: 'HTTPRoute' | 'GRPCRoute', rules: string) {
  const [route] = objects(`{apiVersion: gateway.networking.k8s.io/v1, kind: ${kind}, metadata: {name: r, namespace: shop}, spec: {rules: [${rules}]}}`);
  if (route === undefined) throw new Error('no route');
  if (isKind('HTTPRoute')(route) || isKind('GRPCRoute')(route)) return route.spec.rules;
  throw new Error('another kind');
}

function routes(rules: string, kind: 'HTTPRoute' | 'GRPCRoute' = 'HTTPRoute', mesh: Mesh = none): readonly GatewayHttpRoute[] | undefined {
  return httpRoutesOf(mesh, { kind, namespace: 'shop', by: `${kind}/shop/r`, rules: rulesOf(kind, rules) });
}

describe('what a rule sends to', () => {
  const backends = (refs: string, mesh: Mesh = none): string => {
    const [rule] = rulesOf('HTTPRoute', `{backendRefs: [${refs}]}`);
    const found = ruleBackends(mesh, 'HTTPRoute', 'shop', rule?.backends ?? []);
    return found.type === 'destinations' ? found.destinations.map(({ host, port, weight }) => `${host}:${String(port)}*${String(weight)}`).join(' ') : found.type;
  };
  const permitted = meshOf({}, grant('pay/a', fromShop, '{group: "", kind: Service}'));
  test.each([
    ['a Service', '{name: orders, port: 80}', 'orders.shop.svc.cluster.local:80*0'],
    ['two, by weight', '{name: a, port: 80, weight: 3}, {name: b, port: 81}', 'a.shop.svc.cluster.local:80*3 b.shop.svc.cluster.local:81*1'],
    ['one that takes nothing', '{name: a, port: 80, weight: 0}, {name: b, port: 81}', 'b.shop.svc.cluster.local:81*0'],
    ['none that takes anything', '{name: a, port: 80, weight: 0}', 'none'],
    ['nothing', '', 'none'],
    ['a Service without a port', '{name: a}', 'refused'],
    ['a name with dots', '{name: a.b, port: 80}', 'refused'],
    ['a name of a host', '{group: networking.istio.io, kind: Hostname, name: a.example, port: 443}', 'a.example:443*0'],
    ['a name of a host with a namespace', '{group: networking.istio.io, kind: Hostname, name: a.example, namespace: shop, port: 443}', 'refused'],
    ['a Service of several clusters', '{group: multicluster.x-k8s.io, kind: ServiceImport, name: a, port: 80}', 'a.shop.svc.cluster.local:80*0'],
    ['of another kind', '{group: x, kind: Bucket, name: a}', ':undefined*0'],
    ['a group that has no Services', '{group: x, kind: Service, name: a}', ':undefined*0'],
    ['a Service of another namespace', '{name: a, namespace: pay, port: 80}', ':undefined*0'],
    // Recorded: the valid one takes its share.
    ['one of another namespace beside one of its own', '{name: a, namespace: pay, port: 80}, {name: b, port: 80}', 'b.shop.svc.cluster.local:80*0'],
    ['two of another namespace', '{name: a, namespace: pay, port: 80}, {name: b, namespace: pay, port: 80}', ':undefined*0'],
    ['one that is invalid beside one that is valid', '{name: a}, {name: b, port: 80}', 'refused'],
  ])('%s', (_, refs, expected) => {
    expect(backends(refs)).toBe(expected);
  });
  test('of another namespace that permits it', () => {
    expect(backends('{name: a, namespace: pay, port: 80}', permitted)).toBe('a.pay.svc.cluster.local:80*0');
  });
});

describe('a rule as routes', () => {
  const backend = 'backendRefs: [{name: a, port: 80}]';
  const first = (rules: string, kind?: 'GRPCRoute'): GatewayHttpRoute | undefined => routes(rules, kind)?.[0];
  const uri = (match: string, kind?: 'GRPCRoute'): StringMatch | undefined => first(`{matches: [${match}], ${backend}}`, kind)?.match[0]?.uri;

  test('is one for each match, in their order, and one for everything where there is none', () => {
    expect(routes(`{name: first, matches: [{path: {value: /a}}, {path: {value: /b}}], ${backend}}, {${backend}}`)?.map(({ name, by, match, route }) => [name, by, match.map((each) => each.uri), route.length])).toEqual([
      ['first', 'HTTPRoute/shop/r', [{ type: 'prefix', value: '/a' }], 1],
      ['first', 'HTTPRoute/shop/r', [{ type: 'prefix', value: '/b' }], 1],
      ['', 'HTTPRoute/shop/r', [{ type: 'prefix', value: '/' }], 1],
    ]);
  });
  test('paths', () => {
    expect(['{path: {type: Exact, value: /a/}}', '{path: {type: PathPrefix, value: /a/}}', '{path: {type: PathPrefix, value: /}}', '{path: {type: RegularExpression, value: /a/}}', '{}'].map((match) => uri(match))).toEqual([{ type: 'exact', value: '/a/' }, { type: 'prefix', value: '/a' }, { type: 'prefix', value: '/' }, { type: 'regex', value: '/a/' }, { type: 'prefix', value: '/' }]);
  });
  test('methods of gRPC', () => {
    const grpc = (method: string): StringMatch | undefined => uri(`{method: {${method}}}`, 'GRPCRoute');
    expect(['service: s, method: m', 'service: s', 'method: m', '', 'type: RegularExpression, service: s.*, method: m', 'type: RegularExpression, service: s.*', 'type: RegularExpression, method: m'].map(grpc)).toEqual([{ type: 'exact', value: '/s/m' }, { type: 'prefix', value: '/s/' }, { type: 'regex', value: '/[^/]+/m' }, undefined, { type: 'regex', value: '/s.*/m' }, { type: 'regex', value: '/s.*/.+' }, { type: 'regex', value: '/[^/]+/m' }]);
  });
  test('conditions', () => {
    const match = first(`{matches: [{method: PUT, headers: [{name: X, value: "1"}, {type: RegularExpression, name: y1, value: a.*}], queryParams: [{name: q, value: "2"}]}], ${backend}}`)?.match[0];
    expect([match?.method, [...(match?.headers ?? [])], [...(match?.queryParams ?? [])], match?.ignoreUriCase, match?.gateways, match?.name]).toEqual([{ type: 'exact', value: 'PUT' }, [['X', { type: 'exact', value: '1' }], ['y1', { type: 'regex', value: 'a.*' }]], [['q', { type: 'exact', value: '2' }]], false, [], '']);
  });
  test('nothing to send to is answered with 500, save by a redirect', () => {
    expect([first('{}')?.directResponse, first('{}')?.route, first(`{${backend}}`)?.directResponse, first('{filters: [{type: RequestRedirect, requestRedirect: {hostname: b}}]}')?.directResponse]).toEqual([{ status: 500 }, [], undefined, undefined]);
  });
  test('a redirect', () => {
    const to = (redirect: string): unknown => {
      const found = first(`{filters: [{type: RequestRedirect, requestRedirect: {${redirect}}}]}`);
      return [found?.redirect, found?.redirectPrefix];
    };
    const plain = { uri: '', authority: '', scheme: '', port: undefined, derivePort: 'FROM_REQUEST_PORT', code: 302 };
    expect([to('hostname: b'), to('scheme: https, statusCode: 301'), to('port: 8443, scheme: https'), to('path: {type: ReplaceFullPath, replaceFullPath: /x}'), to('path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}')]).toEqual([
      [{ ...plain, authority: 'b' }, undefined],
      [{ ...plain, scheme: 'https', derivePort: 'FROM_PROTOCOL_DEFAULT', code: 301 }, undefined],
      [{ ...plain, scheme: 'https', port: 8443, derivePort: undefined }, undefined],
      [{ ...plain, uri: '/x' }, undefined],
      [plain, '/x'],
    ]);
  });
  test('a rewrite', () => {
    const as = (rewrite: string): unknown => first(`{filters: [{type: URLRewrite, urlRewrite: {${rewrite}}}], ${backend}}`)?.rewrite;
    expect([as('hostname: b'), as('path: {type: ReplaceFullPath, replaceFullPath: /x}'), as('path: {type: ReplacePrefixMatch, replacePrefixMatch: /x/}'), as('path: {type: ReplacePrefixMatch, replacePrefixMatch: /}')]).toEqual([
      { uri: '', authority: 'b', regex: undefined },
      { uri: '', authority: '', regex: { match: '/.*', rewrite: '/x' } },
      { uri: '/x', authority: '', regex: undefined },
      { uri: '/', authority: '', regex: undefined },
    ]);
  });
  test('headers, of which the first of a name counts', () => {
    expect(first(`{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X, value: "1"}, {name: x, value: "2"}], add: [{name: Z, value: "3"}], remove: [W]}}], ${backend}}`)?.requestHeaders).toEqual({ set: { x: '1' }, add: { z: '3' }, remove: ['W'] });
  });
  test('a filter that Istio does not serve takes the whole route away', () => {
    expect(routes(`{${backend}}, {filters: [{type: ExtensionRef}], ${backend}}`)).toBeUndefined();
    for (const filter of ['ResponseHeaderModifier', 'CORS']) expect(routes(`{filters: [{type: ${filter}}], ${backend}}`)).toHaveLength(1);
    expect(routes('{backendRefs: [{name: a}]}')).toBeUndefined();
  });
});

describe('the order of the Gateway API', () => {
  const order = (matches: string): readonly string[] => inOrder(routes(`{matches: [${matches}], backendRefs: [{name: a, port: 80}]}`) ?? []).map(({ match: [match] }) => `${match?.uri?.type ?? '-'} ${match?.uri === undefined || match.uri.type === 'present' ? '' : match.uri.value}${match?.method === undefined ? '' : ' m'} ${String(match?.headers.size)} ${String(match?.queryParams.size)}`);
  test('exact before prefix before expression, the longer first', () => {
    expect(order('{path: {type: RegularExpression, value: /aaaa}}, {path: {value: /}}, {path: {value: /ab}}, {path: {type: Exact, value: /a}}, {path: {type: Exact, value: /bb}}')).toEqual(['exact /bb 0 0', 'exact /a 0 0', 'prefix /ab 0 0', 'prefix / 0 0', 'regex /aaaa 0 0']);
  });
  test('then methods, more headers, more parameters', () => {
    expect(order('{}, {queryParams: [{name: a, value: a}]}, {headers: [{name: a, value: a}]}, {headers: [{name: a, value: a}, {name: b, value: b}]}, {method: GET}, {method: GET, headers: [{name: a, value: a}]}, {queryParams: [{name: a, value: a}, {name: b, value: b}]}')).toEqual(['prefix / m 1 0', 'prefix / m 0 0', 'prefix / 2 0', 'prefix / 1 0', 'prefix / 0 2', 'prefix / 0 1', 'prefix / 0 0']);
  });
  test('a route without conditions is the last, equal ones stay as they are', () => {
    const [some] = routes('{matches: [{path: {value: /a}}], backendRefs: [{name: a, port: 80}]}') ?? [];
    if (some === undefined) throw new Error('no route');
    const named = (name: string, match: readonly HttpMatch[]): GatewayHttpRoute => ({ ...some, name, match });
    const [condition] = some.match;
    if (condition === undefined) throw new Error('no match');
    const anywhere: HttpMatch = { ...condition, uri: undefined };
    expect(inOrder([named('all', []), named('one', some.match), named('two', some.match), named('any', [anywhere]), named('there', [{ ...condition, uri: { type: 'present' } }]), named('other', [])]).map(({ name }) => name)).toEqual(['one', 'two', 'any', 'there', 'all', 'other']);
  });
});

describe('a match as predicates', () => {
  const empty: HttpMatch = { name: '', uri: undefined, ignoreUriCase: false, scheme: undefined, method: undefined, authority: undefined, headers: new Map(), withoutHeaders: new Map(), queryParams: new Map(), port: undefined, sourceLabels: {}, sourceNamespace: undefined, gateways: [] };
  const exact = (value: string): StringMatch => ({ type: 'exact', value });
  const prefix = (value: string): StringMatch => ({ type: 'prefix', value });
  const regex = (value: string): StringMatch => ({ type: 'regex', value });
  const present: StringMatch = { type: 'present' };
  const sent: RoutedRequest = { path: '/a/b', query: '?p=1', method: 'GET', authority: 'shop.example', scheme: 'https', headers: new Map([['x', 'axb']]) };

  interface Lowered {
    readonly text: string;
    /** For each boolean, what it looks at and whether it holds of the request above. */
    readonly parts: readonly string[];
  }
  function lowered(match: Partial<HttpMatch> | undefined, api: RouteSet['api'] = 'istio', more: Partial<RouteContext> = {}): Lowered {
    const parts: RoutePart[] = [];
    const context: RouteContext = { normalization: 'BASE', scheme: undefined, headers: { readable: [], rewrittenHeaders: new Map() }, part: (_, part) => parts.push(part), ...more };
    const found = lowerMatch(match === undefined ? undefined : { ...empty, ...match }, api, context);
    return { text: found.length === 0 ? 'never' : found.map((predicates) => cubeKey({ predicates, origins: [] })).join(' or '), parts: parts.map(({ on, name, holds }) => `${on}${name === '' ? '' : ` ${name}`}: ${String(holds(sent))}`) };
  }
  const all: Lowered = { text: '*', parts: [] };
  const only = (text: string): Lowered => ({ text, parts: [] });
  const opaque = (label: string, ...parts: readonly string[]): Lowered => ({ text: `opaque:${label}: holds`, parts });

  test.each([
    ['no match', undefined, all],
    ['a match without conditions', {}, all],
    ['an exact path', { uri: exact('/a') }, only('path: path exact "/a" BASE')],
    ['a prefix', { uri: prefix('/a') }, only('path: path prefix "/a" BASE')],
    ['the root', { uri: prefix('/') }, all],
    ['an empty prefix', { uri: prefix('') }, all],
    ['presence', { uri: present }, all],
    ['an expression that is a prefix', { uri: regex('/a/.*') }, only('path: path prefix "/a/" BASE')],
    ['an expression for everything', { uri: regex('.*') }, all],
    ['an expression for a text', { uri: regex('.+') }, all],
    ['an expression for every path', { uri: regex('/.*') }, all],
    ['another expression', { uri: regex('/a/.') }, opaque('path matches /a/.', 'path: true')],
    ['letters of either case', { uri: exact('/A/b'), ignoreUriCase: true }, opaque('path is /A/b in any case', 'path: true')],
    ['a prefix of either case', { uri: prefix('/B'), ignoreUriCase: true }, opaque('path begins with /B in any case', 'path: false')],
    ['an expression, whose case counts', { uri: regex('/A.*'), ignoreUriCase: true }, only('path: path prefix "/A" BASE')],
    ['a method', { method: exact('GET') }, only('method: exact "GET"')],
    ['any method', { method: regex('.*') }, all],
    ['a method by an expression', { method: regex('G.T|P') }, opaque('method matches G.T|P', 'method: true')],
    ['an authority', { authority: prefix('shop.') }, only('host: prefix "shop."')],
    ['an authority by an expression', { authority: regex('s.+e') }, opaque('host matches s.+e', 'host: true')],
    ['a scheme', { scheme: exact('https') }, opaque('scheme is https', 'scheme: true')],
    ['another scheme', { scheme: prefix('httpx') }, opaque('scheme begins with httpx', 'scheme: false')],
    ['a header', { headers: new Map([['X', exact('a')]]) }, only('header:x: exact "a"')],
    ['a header that is there', { headers: new Map([['X', present]]) }, only('header:x: present')],
    ['a header by an empty prefix', { headers: new Map([['X', prefix('')]]) }, only('header:x: present')],
    ['a header by an expression', { headers: new Map([['X', regex('a.b')]]) }, opaque('header x matches a.b', 'header X: true')],
    ['a header that is missing by an expression', { headers: new Map([['Z', regex('a.b')]]) }, opaque('header z matches a.b', 'header Z: false')],
    ['the authority as a header', { headers: new Map([[':authority', exact('a')]]) }, only('host: exact "a"')],
    ['the host as a header', { headers: new Map([['Host', present]]) }, all],
    ['the method as a header', { headers: new Map([[':method', exact('GET')]]) }, only('method: exact "GET"')],
    ['the scheme as a header', { headers: new Map([[':scheme', present]]) }, opaque('scheme is there', 'scheme: true')],
    ['the path as a header', { headers: new Map([[':path', prefix('/a?')]]) }, only('path.query: prefix "/a?"')],
    ['any path as a header', { headers: new Map([[':path', present]]) }, all],
    ['the path as a header by an expression', { headers: new Map([[':path', regex('/a/b.p=1')]]) }, opaque('path with query matches /a/b.p=1', 'path.query: true')],
    ['no header', { withoutHeaders: new Map([['X', present]]) }, only('header:x: * except present')],
    ['no header, as an expression', { withoutHeaders: new Map([['X', regex('*')]]) }, only('header:x: * except present')],
    ['no such text', { withoutHeaders: new Map([['X', exact('a')]]) }, only('header:x: * except exact "a"')],
    // A missing header counts as an empty one.
    ['no empty text', { withoutHeaders: new Map([['X', exact('')]]) }, only('header:x: * except absent | exact ""')],
    ['no text at all', { withoutHeaders: new Map([['X', regex('.*')]]) }, only('header:x: * except absent | present')],
    ['no text by an expression', { withoutHeaders: new Map([['X', regex('a.b')]]) }, { text: 'opaque:header x, or none, matches a.b: * except holds', parts: ['header X: true'] }],
    ['no missing header by an expression', { withoutHeaders: new Map([['Z', regex('a?')]]) }, { text: 'opaque:header z, or none, matches a?: * except holds', parts: ['header Z: true'] }],
    ['no host', { withoutHeaders: new Map([['host', present]]) }, only('never')],
    ['no method', { withoutHeaders: new Map([[':method', present]]) }, only('never')],
    ['no such host', { withoutHeaders: new Map([['host', exact('a')]]) }, { text: 'opaque:header host, or none, is a: * except holds', parts: ['header host: false'] }],
    ['no such method', { withoutHeaders: new Map([[':method', exact('GET')]]) }, { text: 'opaque:header :method, or none, is GET: * except holds', parts: ['header :method: true'] }],
    ['a parameter', { queryParams: new Map([['p', exact('1')]]) }, opaque('query parameter p is 1', 'query p: true')],
    ['another parameter', { queryParams: new Map([['q', present]]) }, opaque('query parameter q is there', 'query q: false')],
    ['all of them', { uri: exact('/a'), method: exact('GET'), authority: exact('a'), headers: new Map([['x', exact('1')]]) }, only('header:x: exact "1" & host: exact "a" & method: exact "GET" & path: path exact "/a" BASE')],
  ] satisfies readonly (readonly [string, Partial<HttpMatch> | undefined, Lowered])[])('%s', (_, match, expected) => {
    expect(lowered(match)).toEqual(expected);
  });

  test('prefixes of the Gateway API end at a slash or at the end of the path', () => {
    expect(lowered({ uri: prefix('/a') }, 'kubernetes').text).toBe('path: path exact "/a" BASE | path prefix "/a/" BASE');
    expect(lowered({ uri: prefix('/a/') }, 'kubernetes').text).toBe('path: path exact "/a" BASE | path prefix "/a/" BASE');
    expect(lowered({ uri: prefix('/') }, 'kubernetes').text).toBe('*');
    expect(lowered({ uri: exact('/a') }, 'kubernetes').text).toBe('path: path exact "/a" BASE');
  });

  test('the normalization of the mesh is part of what a boolean is called', () => {
    expect(lowered({ uri: exact('/a') }, 'istio', { normalization: 'NONE' }).text).toBe('path: path exact "/a" NONE');
    expect(lowered({ uri: regex('/a.') }, 'istio', { normalization: 'NONE' }).text).toBe('opaque:path matches /a. (NONE): holds');
  });

  test('a scheme that the listener tells is answered', () => {
    expect([lowered({ scheme: exact('https') }, 'istio', { scheme: 'https' }).text, lowered({ scheme: exact('https') }, 'istio', { scheme: 'http' }).text]).toEqual(['*', 'never']);
  });

  test('a header that the token check takes away is one boolean where a token is read, one that policies see otherwise is the client’s own', () => {
    const headers: RouteContext['headers'] = { readable: [], rewrittenHeaders: new Map([['x', { by: 'taken', how: 'h', tokens: [{ locations: ['header:x:'], keys: 'k', issuer: undefined }] }], ['x-forwarded-client-cert', { by: 'certificate', how: 'sidecar' }]]) };
    const found = lowered({ headers: new Map([['x', exact('axb')]]) }, 'istio', { headers });
    expect(found.text.replaceAll(/opaque:\w+/g, 'opaque')).toBe('header:x: exact "axb" & token: * except token locations ["header:x:"] reading token keys "k" or opaque: holds & token: token locations ["header:x:"] reading token keys "k"');
    expect(found.parts).toEqual(['header x: true']);
    expect(lowered({ headers: new Map([['x-forwarded-client-cert', exact('a')]]) }, 'istio', { headers })).toEqual(only('header:x-forwarded-client-cert: exact "a"'));
  });
});
