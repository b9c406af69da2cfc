/** A question's request as proxies meet it: what is not said has a default, and headers are one for each name. */
import { describe, expect, test } from 'vitest';
import { askedRequest, knownMethods, remoteAddress, withAuthority } from '#posture/request.ts';
import type { Query } from '#posture/query.ts';
import { formatIp, parseIp } from '#sets/ip.ts';

const cart = { name: 'cart', namespace: 'shop' };
const asked = (request: Partial<Query['request']> = {}, more: Partial<Pick<Query, 'from' | 'to'>> = {}): Query => ({ from: { principal: null }, to: { workload: 'shop/cart', port: 8080 }, request: { protocol: 'http', ...request }, ...more });
const met = (request: Partial<Query['request']> = {}, principal: string | null = null): ReturnType<typeof askedRequest> => askedRequest(asked(request), principal, cart);

describe('what a question does not say', () => {
  test('is the plainest request', () => {
    const { raw, host, sni, protocol, port, principal } = met();
    expect({ raw, host, sni, protocol, port, principal }).toEqual({ raw: { method: 'GET', path: '/', headers: new Map(), token: undefined }, host: 'cart.shop.svc.cluster.local', sni: null, protocol: 'http', port: 8080, principal: null });
  });

  test('of addresses is one that no policy names', () => {
    const { sourceIp, destinationIp } = met();
    expect([formatIp(sourceIp), formatIp(destinationIp)]).toEqual(['127.9.9.9', '192.0.2.2']);
    const said = askedRequest(asked({}, { from: { principal: null, ip: '10.1.2.3' }, to: { ip: '10.4.5.6', port: 1 } }), null, cart);
    expect([formatIp(said.sourceIp), formatIp(said.destinationIp)]).toEqual(['10.1.2.3', '10.4.5.6']);
    expect(formatIp(askedRequest(asked({}, { from: { principal: null, ip: 'unreadable' } }), null, cart).sourceIp)).toBe('127.9.9.9');
  });
});

test('a name is asked for inside TLS alone, the mesh’s or the client’s own', () => {
  expect(met({ sni: 'a.example' }).sni).toBe(null);
  expect(met({ sni: 'a.example' }, 'cluster.local/ns/web/sa/front').sni).toBe('a.example');
  expect(met({ sni: 'a.example', protocol: 'tls' }).sni).toBe('a.example');
  expect(met({ sni: 'a.example', protocol: 'https' }).sni).toBe('a.example');
  expect(met({ protocol: 'https' }).sni).toBe(null);
});

test('datagrams are bytes to who looks at bytes', () => {
  expect([met({ protocol: 'udp' }).protocol, met({ protocol: 'sctp' }).protocol, met({ protocol: 'tls' }).protocol]).toEqual(['tcp', 'tcp', 'tls']);
});

test('headers of one name are one, joined by commas; cookies are not (A3.J)', () => {
  const { headers } = met({ headers: { 'X-Team': 'shop', 'x-team': 'web', Cookie: 'a=1', cookie: 'b=2' } }).raw;
  expect(headers.get('x-team')).toBe('shop,web');
  expect(headers.get('cookie')).not.toBe('a=1,b=2');
  expect(headers.get('cookie')?.startsWith('a=1')).toBe(true);
  expect(headers.get('cookie')?.endsWith('b=2')).toBe(true);
  expect(headers.size).toBe(2);
});

describe('a token is sent', () => {
  const at = (more: Omit<NonNullable<Query['request']['token']>, 'valid'>): unknown => met({ token: { valid: true, ...more } }).raw.token;

  test('as a bearer where nothing else is said', () => {
    expect(at({})).toEqual({ valid: true, claims: {}, location: { in: 'header', name: 'authorization', prefix: 'Bearer ' } });
    expect(at({ in: 'authorization', prefix: 'JWT ', claims: { sub: 'ann' } })).toEqual({ valid: true, claims: { sub: 'ann' }, location: { in: 'header', name: 'authorization', prefix: 'JWT ' } });
  });

  test('in a header, a parameter or a cookie', () => {
    expect(at({ in: 'header:X-Token' })).toEqual({ valid: true, claims: {}, location: { in: 'header', name: 'x-token', prefix: '' } });
    expect(at({ in: 'header:x-token', prefix: 'Token ' })).toEqual({ valid: true, claims: {}, location: { in: 'header', name: 'x-token', prefix: 'Token ' } });
    expect(at({ in: 'parameter:T' })).toEqual({ valid: true, claims: {}, location: { in: 'parameter', name: 'T' } });
    expect(at({ in: 'cookie:session' })).toEqual({ valid: true, claims: {}, location: { in: 'cookie', name: 'session' } });
  });
});

test('the methods of HTTP/1 are known, and nothing else (A3.35)', () => {
  const methods = 'DELETE GET HEAD POST PUT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK SOURCE';
  expect([...knownMethods].sort()).toEqual(methods.split(' ').sort());
});

describe('the address of the client (A3.25)', () => {
  const direct = parseIp('10.0.0.1') ?? 0n;
  const remote = (header: string | undefined, trusted?: number): string => formatIp(remoteAddress(new Map(header === undefined ? [] : [['x-forwarded-for', header]]), direct, trusted));

  test('at a sidecar is the last that is forwarded, else the peer’s own', () => {
    expect(remote('203.0.113.1, 203.0.113.2')).toBe('203.0.113.2');
    expect(remote('203.0.113.1')).toBe('203.0.113.1');
    expect(remote('203.0.113.1, unknown')).toBe('10.0.0.1');
    expect(remote(undefined)).toBe('10.0.0.1');
  });

  test('at a gateway is the one before so many proxies, and nobody is believed without them', () => {
    expect(remote('203.0.113.1, 203.0.113.2, 203.0.113.3', 2)).toBe('203.0.113.2');
    expect(remote('203.0.113.1', 2)).toBe('10.0.0.1');
    expect(remote('203.0.113.1, 203.0.113.2', 0)).toBe('10.0.0.1');
  });
});

test('who is told no host writes the one that it addresses, with its port where that is not 80', () => {
  const host = (to: Query['to'], own?: string): string | undefined => withAuthority(asked(own === undefined ? {} : { host: own }, { to })).request.host;
  expect(host({ host: 'cart.shop', port: 80 })).toBe('cart.shop');
  expect(host({ host: 'cart.shop', port: 8080 })).toBe('cart.shop:8080');
  expect(host({ host: 'cart.shop', port: 8080 }, 'own.example')).toBe('own.example');
  expect(host({ workload: 'shop/cart', port: 8080 })).toBe(undefined);
});
