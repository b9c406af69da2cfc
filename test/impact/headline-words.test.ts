import { describe, expect, test } from 'vitest';
import type { Change, RegionCube } from '#impact/change.ts';
import type { DescribedChange } from '#impact/describe.ts';
import { callerWords, headline, regionWords } from '#impact/headline.ts';
import { regionCube } from '#impact/region.ts';
import { toldApart, withoutRepeats } from '#impact/told-apart.ts';
import type { PathNormalization } from '#sets/matcher.ts';

const words = (...cubes: readonly RegionCube[]): string => regionWords({ cubes, complete: true });

describe('the words for a region', () => {
  test('name the protocol where it is not plain HTTP', () => {
    expect(words({ protocol: { only: ['http'] } })).toBe('any request');
    expect(words({ protocol: { except: ['tcp'] } })).toBe('any request');
    expect(words({ protocol: { only: ['tcp'] } })).toBe('any connection over TCP');
    expect(words({ protocol: { except: ['http', 'tcp'] }, ports: { only: ['9999'] } })).toBe('port `9999`, with TLS of its own');
  });

  test('leave out what another part covers', () => {
    expect(words({ methods: { except: ['GET'] }, paths: { except: ['/admin*'] } }, { paths: { except: ['/api/*', '/admin*'] } }, { paths: { except: ['/admin*'] } })).toBe('any path except `/admin*`');
    expect(words({ methods: { only: ['GET'] } }, { methods: { only: ['GET'] }, paths: { only: ['/a'] } })).toBe('method `GET`');
    expect(words({ paths: { only: ['/api/*'] } }, { paths: { only: ['/api/v1/*'] } })).toBe('path `/api/*`');
  });

  test('tell two parts one by one and more than two by the first', () => {
    expect(words({ methods: { only: ['GET'] } }, { paths: { only: ['/a'] } })).toBe('method `GET`, or path `/a`');
    expect(words({ methods: { only: ['GET'] } }, { paths: { only: ['/a'] } }, { hosts: { only: ['h'] } })).toBe('method `GET`, and 2 more sets of requests');
    expect(regionWords({ cubes: [{ methods: { only: ['GET'] } }], complete: false })).toBe('method `GET`, and other requests');
    expect(regionWords({ cubes: [{ methods: { only: ['GET'] } }, { paths: { only: ['/a'] } }], complete: false })).toBe('method `GET`, and at least 1 more set of requests');
  });

  test('begin with what the broadest callers may ask', () => {
    const one = { only: ['cluster.local/ns/web/sa/front'] };
    const many = { only: ['trust domain cluster.local'] };
    expect(words({ peers: one }, { peers: many, paths: { only: ['/a'] } })).toBe('path `/a`, and 1 more set of requests');
    expect(words({ peers: many }, { peers: one, paths: { only: ['/a'] } })).toBe('any request');
  });

  test('a part that asks for more covers nothing that asks for less', () => {
    expect(words({ paths: { only: ['/a'] }, methods: { only: ['GET'] } }, { paths: { only: ['/a'] } })).toBe('path `/a`');
    expect(words({ headers: { 'x-a': { only: ['1'] } } }, { headers: { 'x-b': { only: ['1'] } } })).toBe('header `x-a` `1`, or header `x-b` `1`');
  });

  test('name the server name of the handshake and the address that is called', () => {
    expect(words({ protocol: { only: ['http'] }, sni: { only: ['*.example'], except: ['a.example'] } })).toBe('server name `*.example` except `a.example`');
    expect(words({ destinationIps: { only: ['10.0.0.0/8'] }, ports: { only: ['443'] } })).toBe('destination address `10.0.0.0/8`, port `443`');
    expect(words({ sni: { only: ['a.example'] } }, { ports: { only: ['80'] } })).toBe('server name `a.example`, or port `80`');
  });

  test('take nothing out of values that does not lie in them', () => {
    expect(words({ paths: { only: ['/shop'], except: ['/admin*'] } })).toBe('path `/shop`');
    expect(words({ paths: { only: ['/api/*'], except: ['/api/admin*'] } })).toBe('path `/api/*` except `/api/admin*`');
  });
});

describe('the words for callers', () => {
  const pods = (...open: readonly string[]): string => callerWords({ known: ['shop/web[Deployment]', 'shop/cart[Deployment]'], open, plaintext: true, internet: false });

  test('name no single pods where those of any namespace may come', () => {
    expect(pods('any other pod in any namespace', 'any other pod in any namespace without app=web', 'any other pod in namespace shop')).toBe('any client without a mesh identity and any other pod in any namespace');
    expect(pods('any other pod in any namespace without app=web', 'any other pod in namespace shop')).toBe('any client without a mesh identity and any other pod in any namespace without app=web');
    expect(pods('any other pod in namespace shop')).toBe('any client without a mesh identity and `shop/web`, `shop/cart` and any other pod in namespace shop');
  });
});

describe('the words for a cube', () => {
  const path = (text: string, normalization: PathNormalization) => ({ type: 'path', pattern: { type: 'prefix', text }, normalization }) as const;

  test('several conditions on one value are met together', () => {
    const { paths } = regionCube({ origins: [], predicates: [{ dimension: 'path', any: [path('/api/', 'BASE')], none: [] }, { dimension: 'path', any: [path('/api/admin', 'BASE'), path('/other', 'BASE')], none: [] }] });
    expect(paths).toEqual({ only: ['/api/admin*'] });
  });

  test('paths that are normalized differently are not written alike', () => {
    const { paths } = regionCube({ origins: [], predicates: [{ dimension: 'path', any: [path('/api/', 'MERGE_SLASHES')], none: [path('/api/', 'BASE')] }] });
    expect(paths).toEqual({ only: ['/api/* (slashes merged)'], except: ['/api/* (normalized)'] });
  });

  test('a trust domain says more than any identity', () => {
    const domain = (text: string) => ({ type: 'trust-domain', pattern: { type: 'exact', text } }) as const;
    const cube = regionCube({ origins: [], predicates: [{ dimension: 'peer', any: [{ type: 'identified' }], none: [domain('cluster.local')] }, { dimension: 'peer', any: [domain('old')], none: [] }] });
    expect(cube.peers).toEqual({ only: ['trust domain old'], except: ['trust domain cluster.local'] });
    const text = headline('widened', 'mtls', { known: [], open: ['any other mesh identity'], plaintext: false, internet: false }, { cubes: [cube], complete: true }, []);
    expect(text).toContain('any identity of trust domain `old` may now reach');
  });
});

describe('the sentence of a change', () => {
  const front = { peers: { only: ['cluster.local/ns/web/sa/front'] }, methods: { only: ['GET'] } };
  const cart = { peers: { only: ['cluster.local/ns/web/sa/cart'] }, methods: { only: ['POST'] } };
  const known = (cubes: readonly RegionCube[]) => ({ known: [...new Set(cubes.flatMap(({ peers }) => (peers?.only ?? []).map((peer) => `web/${peer.slice(peer.lastIndexOf('/') + 1)}[Deployment]`)))], open: [], plaintext: false, internet: false });
  const said = (...cubes: readonly RegionCube[]): string => headline('widened', 'access', known(cubes), { cubes, complete: true }, [{ id: 'shop/pay', known: true, status: 'both' }], known);

  test('gives named callers the requests that are theirs, and counts the others', () => {
    expect(said(front, cart)).toBe('`web/front` may now reach `shop/pay` with method `GET`, and 1 more set of requests');
    expect(said({ ...front, peers: { only: [...front.peers.only, ...cart.peers.only] } }, cart)).toBe('`web/front`, `web/cart` may now reach `shop/pay` with method `GET`, and 1 more set of requests');
    expect(said({ peers: front.peers }, cart)).toBe('`web/front` may now reach `shop/pay` with any request, and 1 more set of requests');
  });

  test('names all callers where each may ask the same', () => {
    expect(said(front, { ...front, peers: cart.peers })).toBe('`web/front`, `web/cart` may now reach `shop/pay` with method `GET`');
    expect(said({ ...front, peers: { only: [...front.peers.only, ...cart.peers.only] } }, { ...cart, peers: { only: [...front.peers.only, ...cart.peers.only] } })).toBe('`web/front`, `web/cart` may now reach `shop/pay` with method `GET`, or method `POST`');
  });
});

describe('two changes of one destination', () => {
  const described = (over: Partial<Change>): DescribedChange => ({
    edits: [],
    cubes: [],
    taken: [],
    change: {
      id: 'a', environments: ['default'], direction: 'widened', facet: 'mtls', destinations: [{ id: 'shop/web', known: true, status: 'both' }], region: { cubes: [{}], complete: true },
      callers: { known: [], open: [], plaintext: true, internet: false }, headline: 'any client may now reach `shop/web` with any request', before: 'denied by authorization', after: 'allowed', causes: [], enforcementPoints: ['sidecar'], assumptions: [], ...over,
    },
  });

  test('that say the same are one', () => {
    expect(withoutRepeats([described({}), described({ id: 'b' })])).toHaveLength(1);
    expect(withoutRepeats([described({}), described({ id: 'b', before: 'denied by mtls' })])).toHaveLength(2);
  });

  test('never have the same headline', () => {
    const headlines = toldApart([described({}), described({ id: 'b', before: 'denied by transport authentication' })]).map(({ change }) => change.headline);
    expect(headlines).toEqual(['any client may now reach `shop/web` with any request, before denied by authorization', 'any client may now reach `shop/web` with any request, before denied by transport authentication']);
    expect(toldApart([described({})])[0]?.change.headline).toBe('any client may now reach `shop/web` with any request');
  });
});
