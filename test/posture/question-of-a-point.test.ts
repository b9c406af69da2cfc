/** The question that a point asks: what the point leaves open takes the plainest value, and nothing is said that is not asked. */
import { describe, expect, test } from 'vitest';
import type { Workload } from '#mesh/model.ts';
import { queryOf, queryOutside } from '#posture/point.ts';
import { requestAt } from '#posture/point-request.ts';
import type { Query } from '#posture/query.ts';
import { claimDimension, writtenDimension } from '#semantics/values.ts';
import type { Dimension, Point } from '#sets/cube.ts';
import { parseIp } from '#sets/ip.ts';
import type { Token, Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace, service } from '../mesh/support.ts';

const point = (...said: readonly (readonly [Dimension, Value])[]): Point => new Map(said);
const ip = (text: string): bigint => parseIp(text) ?? 0n;
const token = (location: string, more: Partial<Token> = {}): Token => ({ location, signedBy: 'all', issuer: 'https://id.example', subject: 'ann', ...more });
const request = (...said: readonly (readonly [Dimension, Value])[]): Query['request'] => requestAt(point(...said), 'http', true).request;

describe('a request', () => {
  test('of which nothing is said is its protocol', () => {
    expect(requestAt(point(), 'http', true)).toEqual({ request: { protocol: 'http' }, given: {} });
  });

  test('has the method, path, host and server name that are said', () => {
    expect(request(['method', 'POST'], ['path', '/a'], ['host', 'shop.example'], ['sni', 'a.example'])).toEqual({ protocol: 'http', method: 'POST', path: '/a', host: 'shop.example', sni: 'a.example' });
    expect(request(['method', null])).toEqual({ protocol: 'http', method: 'GET' });
    expect(request(['path', null], ['host', null], ['sni', null])).toEqual({ protocol: 'http' });
  });

  test('of bytes has none of that but the server name', () => {
    expect(requestAt(point(['method', 'POST'], ['path', '/a'], ['host', 'shop.example'], ['sni', 'a.example'], ['token', token('cookie:s')]), 'tls', false).request).toEqual({ protocol: 'tls', sni: 'a.example' });
  });

  test('over TLS of its own has what it asks for, without headers that nobody sees', () => {
    expect(requestAt(point(['method', 'GET'], ['path', '/a'], ['header:x-team', 'shop']), 'https', false).request).toEqual({ protocol: 'https', method: 'GET', path: '/a' });
  });

  test('is written as sent, or with its query where that is all that differs', () => {
    expect(request(['path', '/a%2fb'], ['path.query', '/a/b?q=1']).path).toBe('/a%2fb');
    expect(request(['path', '/a'], ['path.query', '/a?q=1']).path).toBe('/a?q=1');
    expect(request(['path', '/a?x=2'], ['path.query', '/a?q=1']).path).toBe('/a?q=1');
    expect(request(['path.query', '/a?q=1']).path).toBe('/a?q=1');
    // The query is made anew with the token in it.
    expect(request(['path', '/a'], ['path.query', '/a?q=1'], ['token', token('parameter:t')]).path).toBe('/a');
  });

  test('has the headers that it carries', () => {
    expect(request(['header:x-team', 'shop'], ['header:x-other', null]).headers).toEqual({ 'x-team': 'shop' });
    expect(request(['header:x-other', null]).headers).toBeUndefined();
  });

  test('comes from its remote address by a header, where that is not the connection’s own', () => {
    expect(request(['remote.ip', ip('203.0.113.4')], ['source.ip', ip('10.0.0.1')]).headers).toEqual({ 'x-forwarded-for': '203.0.113.4' });
    expect(request(['remote.ip', ip('203.0.113.4')]).headers).toEqual({ 'x-forwarded-for': '203.0.113.4' });
    expect(request(['remote.ip', ip('10.0.0.1')], ['source.ip', ip('10.0.0.1')]).headers).toBeUndefined();
    expect(request(['remote.ip', ip('203.0.113.4')], ['header:x-forwarded-for', null]).headers).toBeUndefined();
    expect(requestAt(point(['remote.ip', ip('203.0.113.4')]), 'tcp', false).request).toEqual({ protocol: 'tcp' });
  });

  test('rests on what the manifests do not tell', () => {
    expect(requestAt(point(['opaque:a', true], ['opaque:b', false]), 'http', true).given).toEqual({ 'opaque:a': true, 'opaque:b': false });
  });
});

describe('a token', () => {
  test('is sent where it stands', () => {
    expect(request(['token', token('authorization:Bearer ')]).token).toEqual({ valid: true, claims: { iss: 'https://id.example', sub: 'ann' }, in: 'authorization' });
    expect(request(['token', token('authorization:JWT ')]).token).toMatchObject({ in: 'authorization', prefix: 'JWT ' });
    expect(request(['token', token('header:x-token:Token ')]).token).toMatchObject({ in: 'header:x-token', prefix: 'Token ' });
    expect(request(['token', token('header:x-token:')]).token).toEqual({ valid: true, claims: { iss: 'https://id.example', sub: 'ann' }, in: 'header:x-token' });
    expect(request(['token', token('cookie:session')]).token).toMatchObject({ in: 'cookie:session' });
    expect(request(['token', token('parameter:t', { issuer: null, subject: null })]).token).toEqual({ valid: true, claims: {}, in: 'parameter:t' });
    expect(request(['token', null]).token).toBeUndefined();
  });

  test('is what its header holds, and leaves the others', () => {
    const headers = (location: string): Query['request']['headers'] => request(['header:authorization', 'a'], ['header:cookie', 'b'], ['header:x-token', 'c'], ['token', token(location)]).headers;
    expect(headers('authorization:Bearer ')).toEqual({ cookie: 'b', 'x-token': 'c' });
    expect(headers('cookie:session')).toEqual({ authorization: 'a', 'x-token': 'c' });
    expect(headers('header:x-token:')).toEqual({ authorization: 'a', cookie: 'b' });
    expect(headers('parameter:t')).toEqual({ authorization: 'a', cookie: 'b', 'x-token': 'c' });
  });

  test('that some keys verify is good under these alone', () => {
    const { request: asked, given } = requestAt(point(['token', token('cookie:s', { signedBy: ['k1', 'k2'] })]), 'http', true);
    expect([asked.token?.valid, given]).toEqual([false, { 'keys:k1': true, 'keys:k2': true }]);
    expect(requestAt(point(['token', token('cookie:s', { signedBy: [] })]), 'http', true).given).toEqual({});
    expect(requestAt(point(['token', token('cookie:s')]), 'http', true).given).toEqual({});
  });

  const claims = (...said: readonly (readonly [Dimension, Value])[]): unknown => request(['token', token('cookie:s', { issuer: null, subject: null })], ...said).token?.claims;

  test('has its claims: one text without spaces is a text, everything else a list (A3.31)', () => {
    expect(claims([claimDimension(['group']), ['staff']])).toEqual({ group: 'staff' });
    expect(claims([claimDimension(['group']), 'staff'])).toEqual({ group: 'staff' });
    expect(claims([claimDimension(['group']), ['staff', 'guests']])).toEqual({ group: ['staff', 'guests'] });
    expect(claims([claimDimension(['scope']), ['read write']])).toEqual({ scope: ['read write'] });
    expect(claims([claimDimension(['group']), []])).toEqual({});
    expect(claims([claimDimension(['group']), null])).toEqual({});
    expect(claims([claimDimension(['realm', 'roles']), ['admin']], [claimDimension(['realm', 'name']), ['shop']], [claimDimension(['other']), ['x']])).toEqual({ realm: { roles: 'admin', name: 'shop' }, other: 'x' });
    expect(claims([claimDimension(['a']), ['x']], [claimDimension(['a', 'b']), ['y']])).toEqual({ a: { b: 'y' } });
  });

  test('has claims that are written into headers: a text, a number or a boolean, and nothing for a list (A5.12)', () => {
    const both = (written: string | null, texts: Value): unknown => claims([claimDimension(['group']), texts], [writtenDimension(['group']), written]);
    expect(both('staff', ['staff'])).toEqual({ group: 'staff' });
    expect(both('true', [])).toEqual({ group: true });
    expect(both('false', [])).toEqual({ group: false });
    expect(both('7', [])).toEqual({ group: 7 });
    expect(both('07', [])).toEqual({ group: '07' });
    expect(both('true', ['true'])).toEqual({ group: 'true' });
    expect(both('7', ['7'])).toEqual({ group: '7' });
    expect(both(null, ['staff'])).toEqual({ group: ['staff'] });
    expect(claims([writtenDimension(['group']), 'staff'])).toEqual({ group: 'staff' });
    expect(claims([writtenDimension(['group']), null])).toEqual({});
  });
});

const shop = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), deployment('shop/shop', '', 'traffic.sidecar.istio.io/excludeInboundPorts: "9000"'), service('shop/shop', '{name: http-open, port: 90, targetPort: 9000}, {name: tcp, port: 81, targetPort: 8081}, {name: http, port: 80, targetPort: 8080}, {name: dns, port: 53, targetPort: 53, protocol: UDP}'));
const workload = (): Workload => {
  const found = shop.workloads.get('shop/shop');
  if (found === undefined) throw new Error('no workload');
  return found;
};

describe('the port that is asked for', () => {
  const port = (ports: Workload['ports'], ...said: readonly (readonly [Dimension, Value])[]): number => queryOf({ ...workload(), ports }, point(...said)).to.port;
  const http = { port: 8080, protocol: 'http', captured: true } as const;
  const tcp = { port: 8081, protocol: 'tcp', captured: true } as const;
  const udp = { port: 53, protocol: 'udp', captured: true } as const;
  const open = { port: 9000, protocol: 'http', captured: false } as const;
  const sniffed = { port: 7000, protocol: 'auto', captured: true } as const;

  test('is the one that is said', () => {
    expect(port([http], ['port', 9999])).toBe(9999);
  });

  test('speaks the protocol and goes through the proxy, where it is left open', () => {
    expect(port([open, udp, tcp, http])).toBe(8080);
    expect(port([open, udp, http, tcp], ['protocol', 'tcp'])).toBe(8081);
    expect(port([open, udp, http, tcp], ['protocol', 'tls'])).toBe(8081);
    expect(port([udp, open, sniffed])).toBe(7000);
    expect(port([udp, tcp])).toBe(8081);
    expect(port([udp, http], ['protocol', 'tcp'])).toBe(8080);
    expect(port([udp, open])).toBe(80);
    expect(port([])).toBe(80);
  });
});

describe('what leaves the cluster', () => {
  const outside = (...said: readonly (readonly [Dimension, Value])[]): Query => queryOutside(point(...said), ip('203.0.113.10'));

  test('goes somewhere over TCP where nothing is said', () => {
    expect(outside()).toEqual({ from: { principal: null }, to: { ip: '203.0.113.10', port: 443 }, request: { protocol: 'tcp' } });
  });

  test('goes where and how it is said, from the pod that is said', () => {
    expect(outside(['destination.ip', ip('198.51.100.7')], ['port', 53], ['transport', 'UDP'], ['peer', { principal: null, namespace: 'shop', namespaceLabels: {} }], ['pod-label:app', 'cart'], ['pod-label:tier', null])).toEqual({
      from: { principal: null, pod: { namespace: 'shop', labels: { app: 'cart' } } },
      to: { ip: '198.51.100.7', port: 53 },
      request: { protocol: 'udp' },
    });
    expect(outside(['transport', 'SCTP']).request.protocol).toBe('sctp');
    expect(outside(['transport', 'TCP']).request.protocol).toBe('tcp');
    expect(outside(['peer', { principal: null, namespace: 'web', namespaceLabels: { team: 'web' } }]).from.pod).toEqual({ namespace: 'web', labels: {}, namespaceLabels: { team: 'web' } });
  });
});

describe('who asks', () => {
  const front = 'cluster.local/ns/web/sa/front';
  const from = (asks: Parameters<typeof queryOf>[2], ...said: readonly (readonly [Dimension, Value])[]): Query['from'] => queryOf(workload(), point(...said), asks).from;

  test('is nobody, or the identity that is said', () => {
    expect(from(undefined)).toEqual({ principal: null });
    expect(from(undefined, ['peer', front])).toEqual({ principal: front });
    expect(from(undefined, ['source.ip', ip('10.0.0.1')])).toEqual({ principal: null, ip: '10.0.0.1' });
  });

  test('comes by a sidecar or in ambient, where an identity alone does not tell', () => {
    expect(from({ pods: false, mixed: true }, ['peer', front])).toEqual({ principal: front, client: 'sidecar' });
    expect(from({ pods: false, mixed: true })).toEqual({ principal: null });
    expect(from({ pods: false }, ['peer', front], ['address', 'pod'])).toEqual({ principal: front, client: 'ambient' });
    expect(from({ pods: false }, ['peer', front], ['address', 'past'])).toEqual({ principal: front, direct: true, client: 'ambient' });
    expect(from({ pods: false, mixed: true, sidecar: false }, ['peer', front])).toEqual({ principal: front, direct: true });
    expect(from({ pods: false, sidecar: false }, ['peer', front])).toEqual({ principal: front });
  });

  test('is a pod of the cluster or has an address outside of it, where NetworkPolicies look', () => {
    expect(from({ pods: true })).toEqual({ principal: null, ip: '192.0.2.1' });
    expect(from({ pods: true }, ['peer', front])).toEqual({ principal: front, pod: { namespace: 'web', labels: {} }, client: 'sidecar' });
    expect(from({ pods: true }, ['peer', { principal: front, namespace: 'web', namespaceLabels: {} }], ['pod-label:app', 'front'])).toEqual({ principal: front, pod: { namespace: 'web', labels: { app: 'front' } }, client: 'sidecar' });
  });

  test('asks for the name that an address in ambient is', () => {
    expect(queryOf(workload(), point(['peer', front], ['address', 'cart.shop.svc.cluster.local:81'])).to).toEqual({ host: 'cart.shop.svc.cluster.local', port: 81 });
    expect(queryOf(workload(), point(['address', 'pod'], ['destination.ip', ip('10.1.1.1')])).to).toEqual({ workload: 'shop/shop', ip: '10.1.1.1', port: 8080 });
    expect(queryOf({ ...workload(), resource: undefined }, point()).to).toEqual({ selector: { namespace: 'shop', labels: { app: 'shop' } }, port: 8080 });
  });

  test('has the remote address as its own where no header says another (A3.25)', () => {
    expect(from(undefined, ['remote.ip', ip('203.0.113.4')], ['header:x-forwarded-for', null])).toEqual({ principal: null, ip: '203.0.113.4' });
    expect(from(undefined, ['remote.ip', ip('203.0.113.4')], ['header:x-forwarded-for', null], ['protocol', 'tcp'])).toEqual({ principal: null });
  });
});
