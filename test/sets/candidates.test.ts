/**
 * Representatives of the classes into which matchers cut a dimension: which are chosen, in which order, and which matchers accept each
 * (`fixtures/sets/candidates`: `vitest -u` writes it anew, and the difference is to be read); and that no class goes without one.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { automatonCandidates } from '#sets/candidates/automaton.ts';
import { authorityCandidates } from '#sets/candidates/authority.ts';
import { candidatesOf } from '#sets/candidates/candidates.ts';
import { possibleIdentity } from '#sets/candidates/peer.ts';
import { textCandidates, textPatterns } from '#sets/candidates/text.ts';
import type { Dimension } from '#sets/cube.ts';
import { formatIp } from '#sets/ip.ts';
import { matcherKey, valueKey } from '#sets/keys.ts';
import type { Caller, Matcher, PathNormalization, Value } from '#sets/matcher.ts';
import { matches } from '#sets/matches.ts';
import { rejectedPath } from '#sets/normalize-path.ts';
import { signatures } from '#sets/signature.ts';
import { cidr, exact, glob, host, ip, nonEmpty, path, port, prefix, present, principal, protocol, rawPaths, suffix, template } from './worlds.ts';

const many = 4_096;
const range = (first: number, last: number): Matcher => ({ type: 'port-range', first, last });
const authority = (pattern: ReturnType<typeof exact>): Matcher => ({ type: 'authority', pattern });
const namespace = (pattern: ReturnType<typeof exact>): Matcher => ({ type: 'namespace', pattern });
const trustDomain = (pattern: ReturnType<typeof exact>): Matcher => ({ type: 'trust-domain', pattern });
const account = (text: string, plane: 'envoy' | 'ztunnel' = 'envoy'): Matcher => ({ type: 'service-account', namespace: text.split('/')[0] ?? '', account: text.split('/')[1] ?? '', plane });
const token = (parts: Omit<Extract<Matcher, { type: 'token' }>, 'type'>): Matcher => ({ type: 'token', ...parts });
const declared = ['shop', 'web'];
const from = (...names: readonly string[]): Matcher => ({ type: 'source-namespace', names, declared, selection: undefined });
const labelled = (names: readonly string[], matchLabels: Readonly<Record<string, string>>, expressions: readonly { readonly key: string; readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; readonly values: readonly string[] }[] = []): Matcher => ({ type: 'source-namespace', names, declared, selection: { matchLabels, matchExpressions: expressions } });

type Case = readonly [Dimension, ...(readonly Matcher[])];

/** Every text of up to `most` of these characters. */
function texts(characters: string, most: number): string[] {
  let longest = [''];
  const found = [''];
  for (let length = 1; length <= most; length += 1) {
    longest = longest.flatMap((text) => Array.from(characters, (character) => text + character));
    found.push(...longest);
  }
  return found;
}

const domains = ['td', 'other', 'ted', 'cluster.local', 't'];
const namespaces = ['a', 'b', 'ab', 'aab', 'ns', 'sa', 'ba', 'zz', 'axb'];
const accounts = ['x', 'y', 'xy', 'yx', 'sa', 'ns'];
const identities: readonly string[] = [...domains.flatMap((domain) => namespaces.flatMap((name) => accounts.map((own) => `${domain}/ns/${name}/sa/${own}`))), 'client.example', 'x', 'td', 'td/workload', 'td/x/y', 'other/workload', 'q/x'];
const peers: readonly Value[] = [null, ...identities];
const paths = texts('/abc', 5).filter((text) => text.startsWith('/'));
const mixedPaths = [...rawPaths, ...texts('/ab', 4).filter((text) => text.startsWith('/')), '/a/..%2fb', '/ab/..%2fa', '/a/%2e%2e/b', '/x%2f..%2fab', '/a/b%2f..'];

const cases: readonly (readonly [name: string, one: Case, some: readonly Value[]])[] = [
  // Texts.
  ['nothing is asked of a header', ['header:x'], ['', 'x', null]],
  ['exact, prefix and suffix', ['header:x', exact('ab'), prefix('a'), suffix('b')], [null, ...texts('abc', 4)]],
  ['prefixes and suffixes within one another', ['header:x', prefix('a'), prefix('ab'), prefix('abc'), suffix('c'), suffix('bc'), suffix('abc')], texts('abc', 5)],
  ['a text that a filler would make', ['header:x', exact('x'), exact('ax'), prefix('a'), prefix('ay'), suffix('zb'), suffix('b')], texts('abxyz', 4)],
  ['the empty text', ['header:x', exact(''), present, nonEmpty], [null, '', 'a']],
  ['methods', ['method', exact('GET'), exact('BREW'), prefix('PU'), suffix('ET')], ['GET', 'BREW', 'PUT', 'PUET', 'SET', 'OTHER', 'PUBREW']],
  ['a query', ['path.query', exact('/a?x=1'), prefix('/a'), suffix('=1')], ['/', '/a', '/a?x=1', '/a?x=1=1', '/b=1']],
  ['a server name', ['sni', exact('shop.example'), suffix('.example')], [null, 'shop.example', 'web.example', 'other']],
  ['a server name that is the usual one', ['sni', exact('host.example'), suffix('.example')], [null, 'host.example', 'web.example', 'other']],
  ['a header of a claim', ['written:sub', exact('a'), prefix('b')], [null, '', 'a', 'b', 'c']],
  ['what nobody interprets', ['opaque:e', { type: 'holds' }], [true, false]],
  // Protocols, ports and addresses.
  ['protocols', ['protocol', protocol('http'), protocol('tls')], ['http', 'tcp', 'tls', 'https']],
  ['transports', ['transport', protocol('TCP')], ['TCP', 'UDP', 'SCTP']],
  ['what a client addresses', ['address', protocol('10.0.0.1:80'), protocol('pod'), protocol('pod')], [null, 'past', 'pod', '10.0.0.1:80']],
  ['ports', ['port', port(9000), port(80), port(8080), port(70_000), port(-1), port(1.5), port(0), port(65_535)], [0, 80, 8080, 9000, 1, 65_535]],
  ['ranges of which every port is named', ['port', range(80, 81), range(82, 90), port(80), port(81)], [79, 80, 81, 82, 90, 91]],
  ['only low ports are in no range', ['port', range(1, 100), range(102, 65_535)], [0, 1, 101, 102]],
  ['ranges of ports', ['port', range(80, 90), range(85, 100), port(85), port(86)], [1, 79, 80, 85, 86, 87, 90, 91, 100, 101, 65_535]],
  ['every port is in some range', ['port', range(0, 1023), range(1024, 65_535), port(443)], [0, 1023, 1024, 65_535, 443]],
  ['all but the high ports are in a range', ['port', range(1, 20_000), range(1, 65_534)], [0, 1, 20_000, 20_001, 65_534, 65_535]],
  ['the usual ports are named', ['port', ...[8080, 80, 443, 8443, 9090, 3000, 5000, 15_000, 20_000].map(port)], [8080, 15_000, 20_000, 20_001]],
  ['addresses', ['source.ip', cidr('10.0.0.0/8'), cidr('2001:db8::/32')], ['10.0.0.1', '11.0.0.1', '2001:db8::1', '::1'].map(ip)],
  ['addresses of destinations', ['destination.ip', cidr('10.0.0.0/8')], ['10.0.0.1', '11.0.0.1'].map(ip)],
  ['addresses that proxies report', ['remote.ip', cidr('10.0.0.0/8')], ['10.0.0.1', '11.0.0.1'].map(ip)],
  // Hosts.
  ['hosts are compared in lower case', ['host', host(exact('a.com')), host(suffix('.com')), host(prefix('a.')), host(present)], ['a.com', 'A.COM', 'b.com', 'a.org', 'c']],
  ['hosts and the header of that name, whose case counts', ['host', host(exact('a.com')), host(prefix('b')), host(suffix('.org')), exact('A.com'), prefix('B'), suffix('.ORG')], ['a.com', 'A.com', 'A.COM', 'b', 'B', 'bx', 'BX.ORG', 'bx.org', 'x.ORG', 'x.org', 'A.COM', 'aB', 'c']],
  ['hosts behind a prefix and a suffix whose case counts', ['host', host(exact('ab.com')), prefix('A'), suffix('M')], ['ab.com', 'AB.com', 'Ab.coM', 'ab.COM', 'AB.COM', 'Ac', 'cM', 'c']],
  ['a host whose beginning, end and whole are spelled', ['host', host(exact('ab.com')), prefix('aB'), suffix('cOm'), exact('aB.com'), prefix('Ab.C')], ['ab.com', 'aB.cOm', 'AB.cOm', 'aB.COM', 'aB.com', 'Ab.COM', 'Ab.cOm', 'aBx', 'x.cOm', 'aB.xcOm', 'x']],
  ['beginnings and ends of hosts that are spelled', ['host', host(prefix('ab')), host(suffix('.com')), prefix('aB'), suffix('m'), suffix('.CoM'), present, nonEmpty], ['ab', 'aB', 'AB', 'abm', 'aBm', 'ab.com', 'ab.CoM', 'aB.CoM', 'ab.COM', 'x.COM', 'x.com', 'x.CoM', 'x']],
  ['the host of a route and the whole authority', ['host', authority(exact('a.com')), authority(suffix('.com')), host(exact('a.com:8080')), host(exact('a.com'))], ['a.com', 'a.com:8080', 'a.com:1', 'b.com', 'b.com:8080', 'b.org', 'b.org:8080', 'A.COM:8080']],
  ['authorities with ports at their ends', ['host', authority(exact('a')), host(suffix(':80')), host(suffix('0')), host(prefix('a:8')), host(prefix('b'))], ['a', 'a:80', 'a:8', 'a:8080', 'a:81', 'a:10', 'b', 'b:80', 'b:1', 'c', 'c:80', 'a:1', 'c:10', 'c:1']],
  ['the usual ports are spoken of', ['host', authority(exact('a')), ...['8080', '8443', '4430', '9999'].map((text) => host(exact(`a:${text}`)))], ['a', 'a:8080', 'a:8443', 'a:4430', 'a:9999', 'a:31380', 'b', 'b:8080']],
  ['all usual ports are spoken of but one', ['host', authority(exact('a')), ...['8080', '8443', '4430', '9999', '31380'].map((text) => host(exact(`a:${text}`)))], ['a', 'a:8080', 'a:31380', 'a:47', 'b', 'b:8080']],
  ['beginnings of ports', ['host', authority(exact('a')), host(prefix('a:80')), host(suffix(':8012')), host(suffix('x')), host(exact('80')), host(nonEmpty)], ['a', 'a:80', 'a:8080', 'a:8012', 'b', 'b:80', 'b:8012', 'x', 'x:80', '80']],
  ['authorities whose case counts', ['host', authority(exact('a')), exact('A:80'), suffix(':80'), present], ['a', 'A', 'a:80', 'A:80', 'b:80', 'B', 'a:81']],
  // Paths.
  ['no path is asked for', ['path'], ['/']],
  ['texts of paths', ['path', path(exact('/a')), path(prefix('/a/')), path(suffix('b')), path(exact(''))], paths],
  ['a path as it was sent', ['path', exact('/a'), prefix('/b')], ['/a', '/b', '/c', '/bb']],
  ['one template', ['path', path(template('/a/{*}'))], paths],
  ['templates with a text between', ['path', path(template('/a{*}b')), path(template('/{**}/b')), path(suffix('b'))], paths.filter((text) => !text.includes('//'))],
  ['a template of which a part is a path of its own', ['path', path(template('/{*}')), path(exact('/a')), path(exact('/a/b')), path(prefix('/a/')), path(exact('/b/c'))], paths],
  ['templates where slashes are merged', ['path', path(template('/{*}'), 'MERGE_SLASHES'), path(exact('/a'), 'MERGE_SLASHES')], paths],
  ['templates where no dots are resolved', ['path', path(template('/{*}/b'), 'NONE'), path(suffix('b'), 'NONE')], ['/', '/a', '/a/b', '/../b', '/./b', '/b', '//b']],
  ['templates and dots', ['path', path(template('/{*}/b')), path(exact('/..a')), path(suffix('.a')), path(prefix('/.'))], ['/', '/..a', '/x/b', '/.a', '/.x', '/x.a', '/..a/b']],
  ['templates and escapes', ['path', path(template('/{*}')), path(exact('/%20a')), path(prefix('/%')), path(suffix('%20'))], ['/', '/%20a', '/%20', '/x', '/x%20', '/%2']],
  ['templates, dots and merged slashes', ['path', path(template('/{**}/b'), 'DECODE_AND_MERGE_SLASHES'), path(exact('/.a'), 'DECODE_AND_MERGE_SLASHES'), path(suffix('/'), 'DECODE_AND_MERGE_SLASHES')], ['/', '/.a', '/x/b', '/x/', '/x', '/b']],
  ['a template before texts that end in dots and a segment', ['path', path(template('/{*}/b')), path(suffix('./b')), path(suffix('../b'))], ['/', '/b', '/x/b', '/x./b', '/x../b', '/.../b', '/x/x./b', '/x/x../b']],
  ['two slashes begin no path where slashes are merged', ['path', path(template('/{*}/b'), 'MERGE_SLASHES'), path(exact('/b'), 'MERGE_SLASHES'), path(suffix('/b'), 'MERGE_SLASHES')], ['/', '/b', '/x/b', '/x/x/b', '//b']],
  ['two slashes begin no path where slashes are decoded and merged', ['path', path(template('/{*}/b'), 'DECODE_AND_MERGE_SLASHES'), path(exact('/b'), 'DECODE_AND_MERGE_SLASHES'), path(suffix('/b'), 'DECODE_AND_MERGE_SLASHES')], ['/', '/b', '/x/b', '/x/x/b', '//b']],
  ['templates and ends within one another', ['path', path(template('/{*}')), path(suffix('b')), path(suffix('ab')), path(suffix('.b'))], paths],
  ['templates that overlap', ['path', path(template('/{*}/a')), path(template('/a/{*}')), path(template('/{**}a'))], paths.filter((text) => !text.includes('//'))],
  ['two normalizations', ['path', path(prefix('/ab'), 'NONE'), path(exact('/a'), 'BASE')], mixedPaths],
  ['escaped slashes that one of two reads', ['path', path(prefix('/ab'), 'BASE'), path(exact('/a'), 'DECODE_AND_MERGE_SLASHES')], mixedPaths],
  ['a path as it was sent and as it is read', ['path', exact('/a'), suffix('c'), path(prefix('/ab'))], [...mixedPaths, '/abc', '/./abc', '/./ab']],
  ['a path that ends in dots where they are kept', ['path', path(suffix('/..'), 'NONE'), path(exact('/a/'))], [...mixedPaths, '/a/x/..', '/x/..']],
  ['a way out to the root', ['path', path(prefix('/a'), 'NONE'), path(suffix('..'), 'NONE'), path(exact('/'))], [...mixedPaths, '/a/..', '/x/..', '/..']],
  ['escaped slashes within a segment of a template', ['path', path(template('/api/{*}')), path(exact('/a/b'), 'DECODE_AND_MERGE_SLASHES'), path(prefix('/a/'), 'DECODE_AND_MERGE_SLASHES')], ['/api/x', '/api/x%2f..%2f..%2fa%2fb', '/a/b', '/a/x', '/api/x%2f..%2f..%2fa%2fx', '/x']],
  ['paths that every proxy refuses', ['path', path(exact('/a#b')), path(prefix('/a'))], ['/', '/a']],
  ['paths that every proxy refuses, read in two ways', ['path', path(exact('/a#b')), path(prefix('/a'), 'NONE')], ['/', '/a']],
  ['merged slashes on one side', ['path', path(prefix('/a/'), 'BASE'), path(suffix('/b'), 'MERGE_SLASHES')], mixedPaths],
  ['a template on the side that decodes', ['path', path(template('/a/{*}'), 'BASE'), path(exact('/b'), 'DECODE_AND_MERGE_SLASHES')], mixedPaths],
  ['the root in two normalizations', ['path', path(exact('/'), 'NONE'), path(exact('/'), 'DECODE_AND_MERGE_SLASHES')], mixedPaths],
  // Peers.
  ['nobody is asked for', ['peer'], peers],
  ['one identity', ['peer', principal(exact('td/ns/a/sa/x'))], peers],
  ['identities of another shape', ['peer', principal(exact('client.example')), principal(exact('td/workload')), principal(prefix('td/x'))], peers],
  ['an identity that nobody has', ['peer', principal(exact('td/ns/a')), principal(exact('td/ns//sa/x')), principal(exact('/ns/a/sa/x'))], peers],
  ['a scheme in the text', ['peer', principal(exact('spiffe://td/ns/a/sa/x')), principal(prefix('spiffe://td/'))], peers],
  ['prefixes that end in each part', ['peer', ...['t', 'td/n', 'td/ns/a', 'td/ns/a/s', 'td/ns/b/sa/x', 'td/xs/b', 'td/ns/a/x', 'td/ns/a/sa/x/y'].map((text) => principal(prefix(text)))], peers],
  ['suffixes that begin in each part', ['peer', ...['y', 'a/x', 'b/sa/x', 's/b/sa/y', 'd/ns/a/sa/x', 'x/a/sa/x', 'z/x', 'q/d/ns/a/sa/x', '/workload'].map((text) => principal(suffix(text)))], peers],
  ['a prefix that cuts the first part of an identity of another shape', ['peer', principal(prefix('td/x'))], peers],
  ['an identity of another shape in a trust domain', ['peer', principal(exact('td/workload')), trustDomain(prefix('t'))], peers],
  ['a suffix of an identity of another shape', ['peer', principal(suffix('x/y')), trustDomain(exact('td'))], peers],
  ['namespaces at Envoy', ['peer', glob('a'), glob('b')], peers],
  ['a glob with a slash', ['peer', glob('a/sa')], peers],
  ['a glob and a placeholder of a namespace', ['peer', glob('a*b'), principal(exact('td/ns/~apps/shop/sa/x')), namespace(exact('~apps/shop'))], [...peers, 'td/ns/~apps/shop/sa/x', 'td/ns/~apps/shop/sa/y']],
  ['a glob without anything', ['peer', glob('*')], peers],
  ['globs at one end', ['peer', glob('a*'), glob('*b')], peers],
  ['globs with a star inside', ['peer', glob('a*b'), glob('*a*')], peers],
  ['globs across slashes', ['peer', glob('a*/sa'), glob('ns/sa')], peers],
  ['namespaces at ztunnel', ['peer', namespace(exact('a')), namespace(prefix('b')), namespace(suffix('b'))], peers],
  ['accounts', ['peer', account('a/x'), account('a/y', 'ztunnel'), account('b/x')], peers],
  ['trust domains', ['peer', trustDomain(exact('td')), trustDomain(prefix('t')), trustDomain(suffix('er')), trustDomain(nonEmpty)], peers],
  ['an account in one namespace and one in any', ['peer', principal(exact('td/ns/a/sa/x')), principal(suffix('/sa/y')), namespace(exact('b'))], peers],
  ['placeholders of namespaces', ['peer', principal(exact('td/ns/~apps/shop/sa/x')), namespace(exact('~apps/shop'))], [...peers, 'td/ns/~apps/shop/sa/x', 'td/ns/~apps/shop/sa/y']],
  ['anybody with an identity, and nobody', ['peer', { type: 'identified' }, { type: 'absent' }], peers],
  // Callers.
  ['pods of namespaces', ['peer', from('web')], [null, 'td/ns/web/sa/x', 'td/ns/shop/sa/x', { principal: null, namespace: 'web', namespaceLabels: {} }, { principal: null, namespace: 'shop', namespaceLabels: {} }, { principal: null, namespace: 'zz', namespaceLabels: {} }]],
  ['pods of namespaces, and who they are', ['peer', from('web'), principal(exact('td/ns/web/sa/x')), principal(exact('client.example'))], [null, 'td/ns/web/sa/x', 'td/ns/web/sa/y', 'td/ns/shop/sa/x', 'client.example']],
  ['pods of namespaces by labels', ['peer', labelled(['web'], { team: 'red' })], [{ principal: null, namespace: 'zz', namespaceLabels: {} }, { principal: null, namespace: 'zz', namespaceLabels: { team: 'red' } }, { principal: null, namespace: 'zz', namespaceLabels: { team: 'blue' } }, { principal: null, namespace: 'web', namespaceLabels: {} }]],
  ['namespaces by labels and by name', ['peer', labelled([], { 'kubernetes.io/metadata.name': 'ops' }, [{ key: 'team', operator: 'In', values: ['red', 'other'] }, { key: 'zone', operator: 'Exists', values: [] }])], [{ principal: null, namespace: 'ops', namespaceLabels: { team: 'red', zone: 'a' } }, { principal: null, namespace: 'ops', namespaceLabels: { team: 'blue', zone: 'a' } }, { principal: null, namespace: 'ops', namespaceLabels: { team: 'red' } }, { principal: null, namespace: 'elsewhere', namespaceLabels: { team: 'red', zone: 'a' } }]],
  ['a namespace of a well-known name', ['peer', from('elsewhere')], [null, 'td/ns/elsewhere/sa/x', 'td/ns/zz/sa/x', { principal: null, namespace: 'elsewhere', namespaceLabels: {} }, { principal: null, namespace: 'zz', namespaceLabels: {} }]],
  ['a declared namespace that is asked for by name', ['peer', labelled(['web'], { 'kubernetes.io/metadata.name': 'web' })], [{ principal: null, namespace: 'web', namespaceLabels: {} }, { principal: null, namespace: 'zz', namespaceLabels: {} }, 'td/ns/web/sa/x']],
  ['namespaces that only one side declares', ['peer', labelled(['web'], { team: 'red' }), { type: 'source-namespace', names: ['web'], declared: ['web'], selection: { matchLabels: { team: 'red' }, matchExpressions: [] } }], [{ principal: null, namespace: 'shop', namespaceLabels: {} }, { principal: null, namespace: 'shop', namespaceLabels: { team: 'red' } }, { principal: null, namespace: 'web', namespaceLabels: {} }]],
  ['namespaces that only the side without labels does not declare', ['peer', labelled(['web'], { team: 'red' }), { type: 'source-namespace', names: ['web'], declared: ['web'], selection: undefined }], [{ principal: null, namespace: 'shop', namespaceLabels: {} }, { principal: null, namespace: 'web', namespaceLabels: {} }, { principal: null, namespace: 'zz', namespaceLabels: { team: 'red' } }]],
  ['labels of undeclared namespaces, in their order', ['peer', labelled([], { zone: 'b', team: 'red' }, [{ key: 'team', operator: 'In', values: ['red', 'other', 'blue'] }])], [{ principal: null, namespace: 'zz', namespaceLabels: { zone: 'b', team: 'blue' } }, { principal: null, namespace: 'zz', namespaceLabels: { team: 'green' } }]],
  ['more declared namespaces than are told apart', ['peer', { type: 'source-namespace', names: ['n1'], declared: Array.from({ length: 60 }, (_, index) => `n${String(index)}`), selection: undefined }, principal(exact('td/ns/n2/sa/x')), account('n3/y'), principal(prefix('td/')), principal(suffix('/sa/z'))], [null, 'td/ns/n1/sa/x', 'td/ns/n2/sa/x', 'td/ns/n2/sa/y', 'td/ns/n3/sa/y', 'td/ns/n4/sa/y', 'td/ns/n4/sa/z', 'other/ns/n4/sa/z', { principal: null, namespace: 'n1', namespaceLabels: {} }, { principal: null, namespace: 'n9', namespaceLabels: {} }]],
  // Tokens.
  ['some token', ['token', token({})], [null, { location: 'authorization:Bearer ', signedBy: [], issuer: null, subject: null }]],
  ['tokens by who signed them, issuer and subject', ['token', token({ keys: 'k1', issuer: exact('i'), subject: prefix('s') }), token({ keys: 'k2', issuer: nonEmpty }), token({ subject: exact('') })], [null, ...[['k1'], ['k2'], []].flatMap((signedBy) => ['i', 'j', '', null].flatMap((issuer) => ['s', 'st', 't', '', null].map((subject): Value => ({ location: 'authorization:Bearer ', signedBy, issuer, subject }))))]],
  ['tokens by their place', ['token', token({ locations: ['header:x-token:'], keys: 'k1' }), token({ locations: ['authorization:Bearer '], issuer: exact('i') })], [null, ...['header:x-token:', 'authorization:Bearer ', 'cookie:a'].flatMap((location) => [['k1'], []].flatMap((signedBy) => ['i', null].map((issuer): Value => ({ location, signedBy, issuer, subject: null }))))]],
];

function shown(value: Value): string {
  return typeof value === 'bigint' ? formatIp(value) : JSON.stringify(value);
}

function found(dimension: Dimension, matchers: readonly Matcher[], limit = many): readonly Value[] {
  return candidatesOf(dimension, matchers, limit) ?? [];
}

function told([name, [dimension, ...matchers], some]: (typeof cases)[number]): string {
  const accepting = signatures(dimension, matchers);
  const wanted = new Set(some.map((value) => accepting(value).join(' ')));
  // Spellings of raw paths and combinations of what a token or a calling pod says are many: those that stand for the classes are told.
  const many = dimension === 'path' || dimension === 'token' || matchers.some((matcher) => matcher.type === 'source-namespace');
  const seen = new Set<string>();
  const lines = found(dimension, matchers).flatMap((value) => {
    const signature = accepting(value).join(' ');
    const first = !seen.has(signature);
    seen.add(signature);
    return !many || first ? [`  ${shown(value)} ${signature === '' ? '' : `← ${signature}`}`.trimEnd()] : [];
  });
  expect([...wanted].filter((signature) => !seen.has(signature)), name).toEqual([]);
  return `${name}\n${matchers.map((matcher, index) => `${String(index)} = ${matcherKey(matcher)}\n`).join('')}${lines.join('\n')}\n\n`;
}

describe('each class has a representative', () => {
  test.each(cases.map((one) => [one[0], one] as const))('%s', (_, [name, [dimension, ...matchers], some]) => {
    const accepting = signatures(dimension, matchers);
    const values = found(dimension, matchers);
    const classes = new Set(values.map((value) => accepting(value).join(' ')));
    expect(new Set(values.map(valueKey)).size, 'each value once').toBe(values.length);
    expect(some.filter((value) => !classes.has(accepting(value).join(' '))).map(shown), name).toEqual([]);
    // What is looked up is what each matcher says.
    for (const value of [...values, ...some]) expect(accepting(value), shown(value)).toEqual(matchers.flatMap((matcher, index) => (matches(matcher, value) ? [index] : [])));
  });
});

const kinds: Readonly<Record<string, readonly Dimension[]>> = { texts: ['header:x', 'method', 'path.query', 'sni', 'written:sub', 'opaque:e'], connections: ['protocol', 'transport', 'address', 'port', 'source.ip', 'destination.ip', 'remote.ip'], hosts: ['host'], paths: ['path'], peers: ['peer'], tokens: ['token'] };

test.each(Object.entries(kinds))('representatives of %s, in their order', (name, dimensions) =>
  expect(cases.filter(([, [dimension]]) => dimensions.includes(dimension)).map(told).join('')).toMatchFileSnapshot(fileURLToPath(new URL(`../../fixtures/sets/candidates/${name}.txt`, import.meta.url))));

// What one normalization folds and another keeps: every place of a path, every way of writing it.
test('spellings of a path that is read in two ways', () => {
  const both = (left: readonly [string, PathNormalization], right: readonly [string, PathNormalization]): string => {
    const matchers = [path(exact(left[0]), left[1]), path(prefix(right[0]), right[1])];
    return `${matchers.map(matcherKey).join('\n')}\n${found('path', matchers).map((value) => `  ${shown(value)}\n`).join('')}\n`;
  };
  const told = [both(['/a', 'NONE'], ['/b/', 'BASE']), both(['/', 'BASE'], ['/c', 'DECODE_AND_MERGE_SLASHES']), both(['/d.e', 'MERGE_SLASHES'], ['/', 'DECODE_AND_MERGE_SLASHES'])].join('');
  return expect(told).toMatchFileSnapshot(fileURLToPath(new URL('../../fixtures/sets/spellings.txt', import.meta.url)));
});

describe('texts of every class of globs', () => {
  const none = { exact: [], prefixes: [], suffixes: [], templates: [], globs: [] };
  test.each([
    ['one star inside', { ...none, globs: ['a*b'] }, ['x', 'ab']],
    ['two globs that meet', { ...none, globs: ['a*', '*b'] }, ['x', 'a', 'b', 'ab']],
    ['a glob and the texts around it', { ...none, exact: ['aa'], prefixes: ['a'], suffixes: ['b'], globs: ['a*b*'] }, ['x', 'a', 'b', 'aa', 'ab', 'abx']],
    ['a glob across slashes, which no name has', { ...none, globs: ['a*/b'] }, ['x']],
    ['a glob with what ends a path', { ...none, globs: ['a?*'] }, ['x', 'a?']],
    ['a text that no glob begins with', { ...none, exact: ['ab', 'b'], globs: ['a*'] }, ['x', 'a', 'b', 'ab']],
    ['no glob', none, ['x']],
  ] as const)('%s', (_, patterns, expected) => {
    expect([...(automatonCandidates(patterns, undefined, 16) ?? [])].sort()).toEqual([...expected].sort());
    expect(automatonCandidates(patterns, undefined, expected.length)?.length).toBe(expected.length);
    expect(automatonCandidates(patterns, undefined, expected.length - 1)).toBeUndefined();
  });
});

test('where patterns use up every character, another stands for the rest', () => {
  const characters = 'xyzqwvkjhgtnmupslroiXYZQWVKJHGTNMUPSLROI0123456789-_~éüñ中';
  const patterns = { exact: [characters], prefixes: [], suffixes: [], templates: [], globs: [] };
  expect(automatonCandidates(patterns, undefined, 256)).toEqual(['文', characters]);
});

test('no representative is an identity that nobody has, or a path that every proxy refuses', () => {
  for (const [, [dimension, ...matchers]] of cases) {
    for (const value of found(dimension, matchers)) {
      if (dimension === 'peer' && typeof value === 'string') expect(possibleIdentity(value), value).toBe(true);
      if (dimension === 'path' && typeof value === 'string') expect(rejectedPath(value) || !value.startsWith('/'), value).toBe(false);
    }
  }
});

test.each([
  ['', false],
  ['spiffe://td/ns/a/sa/x', false],
  ['td/ns/a/sa/x', true],
  ['/ns/a/sa/x', false],
  ['td/ns//sa/x', false],
  ['td/ns/a/sa/', false],
  ['td/ns/a', false],
  ['td/ns', false],
  ['ns', false],
  ['td/ns/a/sa/x/y', false],
  ['td/nsx/a', true],
  ['client.example', true],
] as const)('whether somebody may be called `%s`', (identity, possible) => {
  expect(possibleIdentity(identity)).toBe(possible);
});

describe('more classes than the limit', () => {
  const words = Array.from({ length: 8 }, (_, index) => `w${String(index)}`);
  test('of peers', () => {
    const asked = words.flatMap((word) => [principal(exact(`td/ns/${word}/sa/x`)), trustDomain(exact(word))]);
    expect(candidatesOf('peer', asked, 3)).toBeUndefined();
    expect(found('peer', asked, 64).length).toBeGreaterThan(64);
    expect(candidatesOf('peer', [glob('a*b'), glob('c*d'), glob('e*f')], 3)).toBeUndefined();
    expect(candidatesOf('peer', [from('web'), ...asked], 4)).toBeUndefined();
    expect(candidatesOf('peer', [labelled([], { a: '1', b: '1', c: '1' })], 26)).toBeUndefined();
    // Each identity times each set of labels.
    const callers = Array.from({ length: 20 }, (_, index) => principal(exact(`td/ns/n${String(index)}/sa/x`)));
    expect(candidatesOf('peer', callers, 9)?.length).toBeGreaterThan(9);
    expect(candidatesOf('peer', [labelled([], { a: '1', b: '1' }), ...callers], 9)).toBeUndefined();
    expect(candidatesOf('peer', [labelled([], { a: '1', b: '1', c: '1' })], 27)?.length).toBeGreaterThan(27);
  });
  test('of paths', () => {
    const templates = words.map((word) => path(template(`/{*}/${word}/{*}`)));
    expect(candidatesOf('path', templates, 4)).toBeUndefined();
    expect(found('path', templates, 64).length).toBe(9);
    const both = words.flatMap((word) => [path(prefix(`/${word}`), 'NONE'), path(exact(`/${word}`), 'BASE')]);
    expect(candidatesOf('path', both, 8)).toBeUndefined();
    expect(found('path', both).length).toBeGreaterThan(8);
    expect(candidatesOf('path', [...templates, path(exact('/a'), 'NONE')], 4)).toBeUndefined();
    expect(candidatesOf('path', both, 64)?.length).toBeGreaterThan(64);
    // Each normalization alone stays within the limit.
    expect(candidatesOf('path', [...templates.slice(0, 4), ...words.slice(4).map((word) => path(template(`/{*}/${word}/{*}`), 'MERGE_SLASHES'))], 6)).toBeUndefined();
  });
  test('of tokens', () => {
    const issuers = words.flatMap((word) => [token({ issuer: exact(word) }), token({ subject: exact(word) })]);
    expect(candidatesOf('token', issuers, 4)).toBeUndefined();
    expect(found('token', issuers, 64).length).toBe(1 + 2 * 12 * 12);
  });
});

describe('pods without an identity', () => {
  const pods = (...matchers: readonly Matcher[]): readonly Caller[] => found('peer', matchers).filter((value): value is Caller => typeof value === 'object' && value !== null && 'namespaceLabels' in value && value.principal === null);
  const among = (count: number): Matcher => ({ type: 'source-namespace', names: ['n1'], declared: Array.from({ length: count }, (_, index) => `n${String(index)}`), selection: undefined });
  const told: readonly Matcher[] = [principal(exact('td/ns/n2/sa/x')), account('n3/y'), principal(suffix('/ns/n4/sa/z')), principal(prefix('td/ns/n5/')), principal(nonEmpty)];
  test('of few declared namespaces are of each, of many of each that some matcher tells apart and one of the others', () => {
    expect(pods(among(48), ...told).length).toBe(49);
    expect(pods(among(49), ...told).map(({ namespace: name }) => name)).toEqual(['n0', 'n1', 'n2', 'n4', 'n5', 'elsewhere']);
    expect(pods(among(49), principal(exact('td/ns/n2/sa/x'))).map(({ namespace: name }) => name)).toEqual(['n0', 'n1', 'n2', 'elsewhere']);
    expect(pods(among(49)).map(({ namespace: name }) => name)).toEqual(['n0', 'n1', 'elsewhere']);
  });
  test('have every combination of the labels that are asked for, where nobody declares them, and never the label of the name', () => {
    const asked = labelled([], { team: 'other', 'kubernetes.io/metadata.name': 'ops' }, [{ key: 'zone', operator: 'Exists', values: [] }]);
    expect(pods(asked).filter(({ namespace: name }) => name === 'ops').map(({ namespaceLabels }) => namespaceLabels)).toEqual([{}, { zone: 'other' }, { team: 'other' }, { team: 'other', zone: 'other' }, { team: 'other-x' }, { team: 'other-x', zone: 'other' }]);
    expect(pods(asked).filter(({ namespace: name }) => name === 'shop').map(({ namespaceLabels }) => namespaceLabels)).toEqual([{}]);
    // A side without a selection asks for no labels, whatever it declares.
    const fewer: Matcher = { type: 'source-namespace', names: ['web'], declared: ['web'], selection: undefined };
    expect(pods(labelled(['web'], { team: 'red' }), fewer).filter(({ namespace: name }) => name === 'shop').map(({ namespaceLabels }) => namespaceLabels)).toEqual([{}]);
  });
});

test('texts with nothing in front, and with a root', () => {
  const patterns = textPatterns([exact('/a'), exact('b'), prefix('/a/'), prefix('c'), suffix('d'), nonEmpty, present]);
  expect(textCandidates(patterns, '/')).toEqual(['/a', '/x', '/xd', '/a/x', '/a/xd']);
  expect(textCandidates(patterns, '')).toEqual(['/a', 'b', 'x', 'xd', '/a/x', '/a/xd', 'cx', 'cxd']);
  expect(textCandidates(patterns, '', 'friendly')).toEqual(['/a', 'b', 'friendly', 'x', 'xd', '/a/x', '/a/xd', 'cx', 'cxd']);
  // What a pattern speaks of stands for none that no pattern speaks of.
  for (const friendly of ['b', 'cat', 'bread']) expect(textCandidates(patterns, '', friendly)).toEqual(textCandidates(patterns, ''));
});

test('a filler that some pattern goes on with is passed by', () => {
  expect(textCandidates(textPatterns([prefix('a'), prefix('ax'), suffix('yb'), suffix('b')]), '')).toEqual(['x', 'xb', 'xyb', 'ay', 'azb', 'ayyb', 'axx', 'axxb', 'axxyb']);
});

test('names for authorities come from whoever is asked for them, and get each port that counts', () => {
  const namesOf = (matchers: readonly Matcher[]): string[] => matchers.map((matcher) => ('pattern' in matcher && 'text' in matcher.pattern ? matcher.pattern.text : 'text' in matcher ? matcher.text : '*'));
  expect(authorityCandidates([authority(exact('a'))], namesOf)).toEqual(['a', 'a:8080']);
  expect(authorityCandidates([host(exact('a:8080')), host(exact('b'))], namesOf)).toEqual(['b', 'a:8080']);
});
