/** The sentence of a change, part by part: who, what, where, and what each side answers (`docs/report.md`, `headline`). */
import { describe, expect, test } from 'vitest';
import type { Callers, Destination, Direction, Facet, RegionCube, ValueSet, WitnessAnswer } from '#impact/change.ts';
import { answerWords, callerWords, destinationWords, headline, leadingFirst, leadingOf, outlineWords, regionWords } from '#impact/headline.ts';
import type { Cube, Predicate } from '#sets/cube.ts';

const nobody: Callers = { known: [], open: [], plaintext: false, internet: false };
const only = (...words: string[]): ValueSet => ({ only: words });
const except = (...words: string[]): ValueSet => ({ except: words });
const words = (...cubes: readonly RegionCube[]): string => regionWords({ cubes, complete: true });
const destination = (id: string): Destination => ({ id, known: true, status: 'both' });
const sentence = (direction: Direction, facet: Facet = 'access', cubes: readonly RegionCube[] = [{}], complete = true): string => headline(direction, facet, { ...nobody, known: ['shop/web[Deployment]'] }, { cubes, complete }, [destination('shop/pay')]);

describe('who', () => {
  test('anybody, with or without an identity', () => {
    expect(callerWords({ ...nobody, known: ['shop/web[Deployment]'], open: ['any other mesh identity'], plaintext: true })).toBe('any client, with or without a mesh identity');
    expect(callerWords({ ...nobody, known: ['shop/web[Deployment]'], open: ['any other mesh identity'] })).toBe('any mesh identity');
    expect(callerWords({ ...nobody, plaintext: true })).toBe('any client without a mesh identity');
    expect(callerWords(nobody)).toBe('some client');
  });

  test('three known callers by name, the others counted', () => {
    const known = ['a', 'b', 'c', 'd', 'e'].map((name) => `shop/${name}[Deployment]`);
    expect(callerWords({ ...nobody, known: known.slice(0, 3) })).toBe('`shop/a`, `shop/b`, `shop/c`');
    expect(callerWords({ ...nobody, known })).toBe('`shop/a`, `shop/b`, `shop/c` and 2 more');
    expect(callerWords({ ...nobody, known: known.slice(0, 1), open: ['x', 'y', 'z'] })).toBe('`shop/a` and x, y and 1 more');
  });

  test('who has a foreign certificate may come without one', () => {
    const open = ['any identity of another trust domain'];
    expect(callerWords({ ...nobody, open })).toBe('any identity of another trust domain');
    expect(callerWords({ ...nobody, open, plaintext: true })).toBe('any client without a mesh identity');
  });

  test('pods of any namespace stand for every other pod', () => {
    expect(callerWords({ ...nobody, known: ['shop/web[Deployment]'], open: ['any other pod in any namespace labelled a=1', 'any other pod in any namespace labelled b=1', 'any other pod in any namespace labelled c=1'] })).toBe('any other pod in any namespace labelled a=1, any other pod in any namespace labelled b=1 and 1 more');
  });
});

describe('what', () => {
  test('every attribute under its own name, one value or several', () => {
    expect(words({ methods: only('GET') })).toBe('method `GET`');
    expect(words({ methods: only('GET', 'PUT') })).toBe('methods `GET`, `PUT`');
    expect(words({ paths: only('/a', '/b', '/c', '/d') })).toBe('paths `/a`, `/b`, `/c` and 1 more');
    expect(words({ hosts: only('a.example', 'b.example') })).toBe('hosts `a.example`, `b.example`');
    expect(words({ hosts: except('a.example') })).toBe('any host except `a.example`');
    expect(words({ sourceIps: only('10.0.0.0/8') })).toBe('source address `10.0.0.0/8`');
    expect(words({ sourceIps: only('10.0.0.0/8', '11.0.0.0/8') })).toBe('source addresses `10.0.0.0/8`, `11.0.0.0/8`');
    expect(words({ remoteIps: only('10.0.0.0/8') })).toBe('client address `10.0.0.0/8`');
    expect(words({ remoteIps: only('10.0.0.0/8', '11.0.0.0/8') })).toBe('client addresses `10.0.0.0/8`, `11.0.0.0/8`');
    expect(words({ destinationIps: only('10.0.0.0/8') })).toBe('destination address `10.0.0.0/8`');
    expect(words({ destinationIps: { only: ['10.0.0.0/8', '11.0.0.0/8'], except: ['10.1.0.0/16'] } })).toBe('destination addresses `10.0.0.0/8`, `11.0.0.0/8` except `10.1.0.0/16`');
    expect(words({ sni: only('*.shop.example') })).toBe('server name `*.shop.example`');
    expect(words({ sni: only('a.example', 'b.example') })).toBe('server names `a.example`, `b.example`');
    expect(words({ destinationIps: only('169.254.169.254/32') })).toBe('destination address `169.254.169.254/32`');
    expect(words({ destinationIps: only('10.0.0.0/8') }, { destinationIps: only('10.0.0.0/8'), methods: only('GET') })).toBe('destination address `10.0.0.0/8`');
    expect(words({ destinationIps: only('10.0.0.0/8') }, { methods: only('GET') })).not.toBe('method `GET`');
    expect(words({ ports: only('80', '81') })).toBe('ports `80`, `81`');
    expect(words({ transport: only('UDP') })).toBe('transport `UDP`');
    expect(words({ transport: only('UDP', 'SCTP') })).toBe('transports `UDP`, `SCTP`');
    expect(words({ headers: { 'x-a': only('1', '2') } })).toBe('header `x-a` `1`, `2`');
    expect(words({ claims: { groups: only('admin') } })).toBe('claim `groups` `admin`');
    expect(words({ claims: { groups: only('admin', 'staff') } })).toBe('claim `groups` `admin`, `staff`');
  });

  test('the attributes of one request together', () => {
    expect(words({ methods: only('GET'), paths: except('/admin*'), ports: only('80'), protocol: only('tcp') })).toBe('method `GET`, any path except `/admin*`, port `80`, over TCP');
  });

  test('ports of the proxy and TCP go without saying', () => {
    expect(words({ ports: except('15000', '15090') })).toBe('any request');
    expect(words({ ports: except('15000', '8080', '115000') })).toBe('any port except `8080`, `115000`');
    expect(words({ ports: { only: ['80'], except: ['15001'] } })).toBe('port `80`');
    expect(words({ transport: only('TCP') })).toBe('any request');
    expect(words({ transport: only('TCP', 'UDP') })).toBe('transports `TCP`, `UDP`');
    expect(words({ transport: except('TCP') })).toBe('any transport except `TCP`');
  });

  test('what is spoken, where plain HTTP is no part of it', () => {
    expect(words({ protocol: only('https') })).toBe('any connection with TLS of its own');
    expect(words({ protocol: only('tls') })).toBe('any connection with TLS of its own');
    expect(words({ protocol: only('tcp', 'tls') })).toBe('any connection over TCP or with TLS of its own');
    expect(words({ protocol: { only: ['http', 'tcp'], except: ['http'] } })).toBe('any connection over TCP');
    expect(words({ protocol: except('http', 'tcp', 'https', 'tls') })).toBe('any request');
    expect(words({ protocol: only('udp') })).toBe('any request');
  });

  test('tokens by what is asked of them', () => {
    expect(words({ token: only('any token') })).toBe('any token');
    expect(words({ token: only('token of issuer a', 'token of issuer b') })).toBe('a token of issuer a, a token of issuer b');
    expect(words({ token: { only: ['token of issuer a'], except: ['token with subject b'] } })).toBe('a token of issuer a that is not a token with subject b');
    expect(words({ token: { only: ['any token'], except: [] } })).toBe('any token');
    expect(words({ token: only('(none)') })).toBe('token `(none)`');
    expect(words({ token: only('(none)', 'token of issuer a') })).toBe('tokens `(none)`, `token of issuer a`');
    expect(words({ token: except('token of issuer a') })).toBe('any token except `token of issuer a`');
    expect(words({ token: only('no token') })).toBe('token `no token`');
  });

  test('exceptions that lie beside all values are left out', () => {
    expect(words({ hosts: { only: ['*.a.example'], except: ['b.example'] } })).toBe('host `*.a.example` except `b.example`');
    expect(words({ paths: { only: ['/a', '/b'], except: ['/b'] } })).toBe('paths `/a`, `/b` except `/b`');
    expect(words({ paths: { only: ['/a*'], except: ['/a/b'] } })).toBe('path `/a*` except `/a/b`');
    expect(words({ paths: { only: ['/a*'], except: ['/b'] } })).toBe('path `/a*`');
    expect(words({ paths: { only: ['/a/b'], except: ['/a*'] } })).toBe('path `/a/b` except `/a*`');
    expect(words({ paths: { only: ['/a*'], except: ['/a/b*'] } })).toBe('path `/a*` except `/a/b*`');
    expect(words({ paths: { only: ['/a/b*'], except: ['/a*'] } })).toBe('path `/a/b*` except `/a*`');
    expect(words({ paths: { only: ['/{*}'], except: ['/b'] } })).toBe('path `/{*}` except `/b`');
    expect(words({ paths: { only: ['/b'], except: ['/{*}'] } })).toBe('path `/b` except `/{*}`');
    expect(words({ paths: { only: ['/b'], except: ['/a (as sent)'] } })).toBe('path `/b` except `/a (as sent)`');
    expect(words({ paths: { only: ['/b'], except: ['*.css'] } })).toBe('path `/b` except `*.css`');
  });
});

describe('an exception within a range', () => {
  test('of addresses or ports is said, one beside it is not', () => {
    expect(words({ sourceIps: { only: ['10.0.0.0/8'], except: ['10.1.0.0/16'] } })).toBe('source address `10.0.0.0/8` except `10.1.0.0/16`');
    expect(words({ sourceIps: { only: ['10.0.0.0/8'], except: ['9.255.255.255/32', '11.0.0.0/8'] } })).toBe('source address `10.0.0.0/8`');
    expect(words({ sourceIps: { only: ['fd00::/8'], except: ['fd00::1/128'] } })).toBe('source address `fd00::/8` except `fd00::1/128`');
    expect(words({ ports: { only: ['1-90'], except: ['80'] } })).toBe('port `1-90` except `80`');
    expect(words({ ports: { only: ['1-90'], except: ['90-99'] } })).toBe('port `1-90` except `90-99`');
    expect(words({ ports: { only: ['10-90'], except: ['9', '91'] } })).toBe('port `10-90`');
    expect(words({ ports: { only: ['80'], except: ['1-80'] } })).toBe('port `80` except `1-80`');
  });

  test('keeps a part from covering what it leaves out', () => {
    expect(words({ sourceIps: except('10.1.0.0/16') }, { sourceIps: only('10.0.0.0/8') })).toBe('any source address except `10.1.0.0/16`, or source address `10.0.0.0/8`');
    expect(words({ sourceIps: except('10.1.0.0/16') }, { sourceIps: only('10.2.0.0/16') })).toBe('any source address except `10.1.0.0/16`');
  });
});

describe('several parts of a region', () => {
  test('an attribute covers only where the other one speaks of it, too', () => {
    expect(words({ headers: { 'x-a': only('1') } }, { claims: { 'x-a': only('1') } })).toBe('header `x-a` `1`, or claim `x-a` `1`');
    expect(words({ claims: { a: only('1', '2') } }, { claims: { a: only('1') } })).toBe('claim `a` `1`, `2`');
    expect(words({ hosts: only('*') }, { hosts: only('a'), methods: only('GET') })).toBe('host `*`');
    expect(words({ token: only('any token') }, { token: only('any token'), methods: only('GET') })).toBe('any token');
    expect(words({ sni: only('a.example') }, {})).toBe('any request');
    expect(words({ destinationIps: only('10.0.0.0/8') }, { ports: only('443') })).toBe('destination address `10.0.0.0/8`, or port `443`');
    expect(words({ sni: only('a.example') }, { sni: only('a.example'), ports: only('443') })).toBe('server name `a.example`');
    expect(words({ sourceIps: only('10.0.0.0/8') }, { sourceIps: only('10.0.0.0/8'), methods: only('GET') })).toBe('source address `10.0.0.0/8`');
    expect(words({ remoteIps: only('10.0.0.0/8') }, { remoteIps: only('10.0.0.0/8'), methods: only('GET') })).toBe('client address `10.0.0.0/8`');
    expect(words({ ports: only('80') }, { ports: only('80'), methods: only('GET') })).toBe('port `80`');
    expect(words({ transport: only('UDP') }, { transport: only('UDP'), ports: only('53') })).toBe('transport `UDP`');
    expect(words({ protocol: only('tcp') }, { protocol: only('tcp'), ports: only('53') })).toBe('any connection over TCP');
  });

  test('an exception is kept where the other one has values that it takes out', () => {
    expect(words({ paths: except('/a') }, { paths: only('/a', '/b') })).toBe('any path except `/a`, or paths `/a`, `/b`');
    expect(words({ paths: except('/a') }, { paths: only('/b') })).toBe('any path except `/a`');
    expect(words({ paths: except('/a') }, { paths: except('/a*') })).toBe('any path except `/a`');
    expect(words({ paths: except('/a*') }, { paths: except('/a') })).toBe('any path except `/a`');
    expect(words({ paths: only('/a') }, { paths: except('/b') })).toBe('any path except `/b`');
    expect(words({ paths: only('/b') }, { paths: except('/b') })).toBe('path `/b`, or any path except `/b`');
  });

  test('of equal ones the first is told', () => {
    const twice = leadingFirst({ cubes: [{ hosts: only('a'), podLabels: { app: only('x') } }, { hosts: only('a'), podLabels: { app: only('y') } }], complete: true });
    expect(twice.cubes[0]?.podLabels).toEqual({ app: only('x') });
    expect(words({ hosts: only('a') }, { hosts: only('a') }, { hosts: only('b') })).toBe('host `a`, or host `b`');
  });

  test('callers that are many lead, in any of the ways to be many', () => {
    const one = { peers: only('cluster.local/ns/a/sa/b'), paths: only('/one') };
    for (const many of [undefined, except('x'), only('cluster.local/ns/*'), only('trust domain x'), only('any mesh identity'), only('(none)')]) {
      expect(words(one, { ...(many === undefined ? {} : { peers: many }), paths: only('/many') })).toBe('path `/many`, and 1 more set of requests');
    }
    expect(words(one, { peers: only('cluster.local/ns/c/sa/d'), paths: only('/two') })).toBe('path `/one`, or path `/two`');
    expect(words(one, { peers: only('service account a/b'), paths: only('/two') })).toBe('path `/one`, or path `/two`');
  });

  test('what the sentence begins with is what tables begin with', () => {
    const cubes: readonly RegionCube[] = [{ peers: only('cluster.local/ns/a/sa/b'), paths: only('/one') }, { paths: only('/many') }];
    expect(leadingFirst({ cubes, complete: false })).toEqual({ cubes: [cubes[1], cubes[0]], complete: false });
    const peer: Predicate = { dimension: 'peer', any: [{ type: 'principal', pattern: { type: 'exact', text: 'cluster.local/ns/a/sa/b' } }], none: [] };
    const path = (text: string): Predicate => ({ dimension: 'path', any: [{ type: 'path', pattern: { type: 'exact', text }, normalization: 'NONE' }], none: [] });
    const entries = [[peer, path('/one')], [path('/many')]].map((predicates): { readonly cube: Cube } => ({ cube: { predicates, origins: [] } }));
    expect(leadingOf(entries, true)).toEqual([entries[1]]);
    expect(leadingOf(entries.slice(0, 1), true)).toEqual([entries[0]]);
    expect(leadingOf([], true)).toEqual([]);
  });
});

describe('where', () => {
  test('two destinations by name, the others counted', () => {
    expect(destinationWords([destination('a/b')])).toBe('`a/b`');
    expect(destinationWords(['a/b', 'a/c', 'a/d'].map(destination))).toBe('`a/b`, `a/c` and 1 more');
  });
});

describe('the sentence', () => {
  test.each([
    ['widened', '`shop/web` may now reach `shop/pay` with any request'],
    ['narrowed', '`shop/web` may no longer reach `shop/pay` with any request'],
    ['weakened', '`shop/web` reaches with weaker protection `shop/pay` with any request'],
    ['strengthened', '`shop/web` reaches with stronger protection `shop/pay` with any request'],
    ['undecided-widened', '`shop/web` may now reach (could not be proved, treated as widened) `shop/pay` with any request'],
    ['undecided-narrowed', '`shop/web` may no longer reach (could not be proved) `shop/pay` with any request'],
    ['latent-widened', '`shop/web` would reach, were it not for another layer, `shop/pay` with any request'],
    ['latent-narrowed', '`shop/web` would no longer reach `shop/pay` with any request'],
  ] as const)('%s', (direction, text) => {
    expect(sentence(direction)).toBe(text);
  });

  test('what is undecided lies within its cubes: no more of it is spoken of', () => {
    const cubes = [{ methods: only('GET') }];
    for (const direction of ['undecided-widened', 'undecided-narrowed'] as const) expect(sentence(direction, 'access', cubes, false)).toMatch(/`shop\/pay` with method `GET`$/u);
    expect(sentence('widened', 'access', cubes, false)).toContain('`shop/pay` with method `GET`, and other requests');
    expect(outlineWords({ callers: { ...nobody, plaintext: true }, region: { cubes, complete: false } })).toBe('any client without a mesh identity with method `GET`');
  });

  test('from outside, where it is about the way in', () => {
    expect(sentence('widened', 'ingress')).toBe('`shop/web` may now reach `shop/pay` with any request from outside');
  });

  test('without a token, where some request of the region carries none', () => {
    const tail = ' without the token it needs on the other side';
    expect(sentence('widened', 'token')).toContain(tail);
    expect(sentence('widened', 'token', [{ token: only('any token', '(none)') }])).toContain(tail);
    expect(sentence('widened', 'token', [{ token: only('token of issuer a') }, { token: except('any token') }])).toContain(tail);
    expect(sentence('widened', 'token', [{ token: only('any token') }])).not.toContain(tail);
    expect(sentence('widened', 'access')).not.toContain(tail);
  });
});

describe('trust domains that a region tells apart', () => {
  const any: Callers = { ...nobody, open: ['any other mesh identity'] };
  const who = (callers: Callers, ...peers: readonly ValueSet[]): string => outlineWords({ callers, region: { cubes: peers.map((set) => ({ peers: set })), complete: true } }).replace(/ with .*$/u, '');

  test('are named where all of the region says the same', () => {
    expect(who(any, { only: ['trust domain old'], except: ['trust domain cluster.local'] })).toBe('any identity of trust domain `old`');
    expect(who(any, { only: ['any mesh identity'], except: ['trust domain cluster.local', 'trust domain old'] })).toBe('any identity of another trust domain than `cluster.local`, `old`');
    expect(who({ ...nobody, open: ['any identity of another trust domain'] }, { only: ['any mesh identity'], except: ['trust domain a'] })).toBe('any identity of another trust domain than `a`');
  });

  test('are not where it says several things, or nothing, or callers without an identity come, too', () => {
    const old = { only: ['trust domain old'], except: ['trust domain cluster.local'] };
    expect(who(any, old, { only: ['trust domain new'], except: ['trust domain cluster.local'] })).toBe('any mesh identity');
    expect(who(any, { only: ['trust domain old'] })).toBe('any mesh identity');
    expect(who(any, { only: ['trust domain old', 'trust domain new'], except: ['trust domain cluster.local'] })).toBe('any mesh identity');
    expect(who(any, { except: ['trust domain cluster.local'] })).toBe('any mesh identity');
    expect(who(any, { only: ['any mesh identity'], except: ['cluster.local/ns/a/sa/b'] })).toBe('any mesh identity');
    expect(who({ ...any, plaintext: true }, old)).toBe('any client,');
    expect(who({ ...nobody, known: ['a/b[Pod]'] }, old)).toBe('`a/b`');
  });
});

describe('what a side answers', () => {
  const denied = (layer: WitnessAnswer['layer'], by: readonly string[] = []): string => answerWords({ verdict: 'deny', ...(layer === undefined ? {} : { layer }), by, enforcedAt: 'sidecar' });

  test('a refusal by its layer', () => {
    expect((['mtls', 'authentication', 'authorization', 'external-authorization', 'protocol', 'routing', 'network-policy', 'none'] as const).map((layer) => denied(layer))).toEqual([
      'denied by transport authentication', 'denied by token authentication', 'denied by authorization', 'denied by the external authorizer', 'denied by the port’s protocol', 'denied by routing', 'denied by network policy', 'denied by nothing',
    ]);
    expect(denied(undefined)).toBe('denied by nothing');
  });

  test('with the policies that decide, three of them by name', () => {
    expect(denied('authorization', ['A/a/a', 'A/a/b', 'A/a/c', 'A/a/d'])).toBe('denied by authorization (`A/a/a`, `A/a/b`, `A/a/c` and 1 more)');
    expect(answerWords({ verdict: 'allow', by: ['A/a/a'], enforcedAt: 'sidecar' })).toBe('allowed (`A/a/a`)');
    expect(answerWords({ verdict: 'allow', enforcedAt: 'sidecar' })).toBe('allowed');
  });

  test('who is asked, what stands before nothing, and what is not known', () => {
    expect(answerWords({ verdict: 'asks', provider: 'check', by: ['A/a/a'], enforcedAt: 'sidecar' })).toBe('left to the external authorizer `check` (`A/a/a`)');
    expect(answerWords({ verdict: 'allow', by: [], enforcedAt: 'none' })).toBe('allowed: no proxy stands before it');
    expect(answerWords({ verdict: 'unknown' })).toBe('not determined by the manifests');
  });
});
