/** What a sidecar does with a connection: protocol of the port × mode × client (M16 to M20, A4.4 to A4.8), and modes where an order is open. */
import { describe, expect, test } from 'vitest';
import { policiesFor } from '#mesh/attachment.ts';
import type { MeshSettings } from '#mesh/build.ts';
import { meshConfigOf } from '#mesh/config.ts';
import { clientKinds, effectiveMtls, foreignTrustDomain, handleConnection, handleTunnel, mayBeOldest } from '#semantics/peer-authentication.ts';
import type { ClientKind, Handling, Mode } from '#semantics/peer-authentication.ts';
import { isKind } from '#manifests/resource.ts';
import { predicateKey } from '#sets/keys.ts';
import { deployment, meshOf, namespace, objects, policy } from '../mesh/support.ts';

const told = (handling: Handling): string => (handling.outcome === 'refused' ? `refused by ${handling.layer}${handling.seesPeer ? ', peer seen' : ''} (${handling.rule}): ${handling.because}` : `${handling.chain}${handling.seesPeer ? ', peer seen' : ''}${handling.passthrough ? ', passed on' : ''} (${handling.rule}): ${handling.because}`);
const plain = (protocol: ClientKind['protocol']): ClientKind => ({ protocol, identity: false });
const mutual = (protocol: ClientKind['protocol']): ClientKind => ({ protocol, identity: true });

test('kinds of clients', () => {
  expect(clientKinds.map(({ protocol, identity }) => `${protocol}${identity ? ' of the mesh' : ''}`)).toEqual(['http', 'tcp', 'tls', 'https', 'http of the mesh', 'tcp of the mesh']);
});

test.each([
  ['http', 'STRICT', plain('http'), 'refused by mtls (M18): STRICT refuses plaintext'],
  ['tcp', 'STRICT', plain('tcp'), 'refused by mtls (M18): STRICT refuses plaintext'],
  ['http', 'STRICT', plain('tls'), 'refused by mtls (M18): STRICT refuses TLS without a client certificate of the mesh'],
  ['tcp', 'STRICT', plain('https'), 'refused by mtls (M18): STRICT refuses TLS without a client certificate of the mesh'],
  ['http', 'STRICT', mutual('http'), 'http, peer seen (A4.4): the port is declared as HTTP'],
  ['http', 'STRICT', mutual('tcp'), 'refused by protocol, peer seen (A4.4): the port is declared as HTTP and the bytes are none'],
  ['http', 'PERMISSIVE', plain('http'), 'http (A4.4): the port is declared as HTTP'],
  ['http', 'PERMISSIVE', plain('tcp'), 'refused by protocol (A4.4): the port is declared as HTTP and the bytes are none'],
  ['http', 'PERMISSIVE', plain('tls'), 'refused by mtls (M17): a port declared as HTTP has no place for TLS from outside the mesh'],
  ['http', 'DISABLE', plain('https'), 'refused by mtls (M16): a port declared as HTTP has no place for TLS from outside the mesh'],
  ['tcp', 'PERMISSIVE', plain('tls'), 'tcp, passed on (A4.6): TLS from outside the mesh goes to the application untouched, without identity'],
  ['auto', 'PERMISSIVE', plain('https'), 'tcp, passed on (A4.6): TLS from outside the mesh goes to the application untouched, without identity'],
  ['http', 'DISABLE', mutual('http'), 'refused by mtls (M16): DISABLE offers no TLS on a port declared as HTTP'],
  ['tcp', 'DISABLE', mutual('http'), 'tcp, passed on (M16): under DISABLE the mesh TLS goes to the application as opaque bytes, without identity'],
  ['http', 'DISABLE', plain('http'), 'http (A4.4): the port is declared as HTTP'],
  ['tcp', 'PERMISSIVE', mutual('http'), 'tcp, peer seen (A4.4): the port is declared as TCP'],
  ['udp', 'PERMISSIVE', plain('http'), 'tcp (A4.4): TCP to the number of a UDP port gets L4 rules only'],
  ['auto', 'PERMISSIVE', plain('http'), 'http (A4.4): no Service declares the protocol, the proxy looks at what the client speaks'],
  ['auto', 'PERMISSIVE', mutual('tcp'), 'tcp, peer seen (A4.4): no Service declares the protocol, the proxy looks at what the client speaks'],
] as const)('a port of %s under %s, and %o', (port, mode, client, expected) => {
  expect(told(handleConnection(port, mode satisfies Mode, client))).toBe(expected);
});

test('inside a tunnel the peer is known, and TLS is bytes like any other (M20, A4.8)', () => {
  expect((['http', 'tcp', 'tls', 'https'] as const).map((protocol) => told(handleTunnel('tcp', protocol)))).toEqual(Array.from({ length: 4 }, () => 'tcp, peer seen (A4.4): the port is declared as TCP'));
  expect(told(handleTunnel('http', 'https'))).toBe('refused by protocol, peer seen (A4.4): the port is declared as HTTP and the bytes are none');
  expect(told(handleTunnel('http', 'http'))).toBe('http, peer seen (A4.4): the port is declared as HTTP');
});

test('peers of foreign trust domains (A3.14)', () => {
  const config = meshConfigOf([], {}, 'closed');
  expect(predicateKey(foreignTrustDomain({ ...config, trustDomain: 'corp', trustDomainAliases: ['old'], extraTrustDomains: ['more', 'old'] }))).toBe('peer: identified except trust-domain exact "corp" | trust-domain exact "more" | trust-domain exact "old"');
  expect(predicateKey(foreignTrustDomain({ ...config, anyTrustDomain: true }))).toBe('peer: identified except identified');
});

const mtls = (place: string, mode: string, more = '', metadata = ''): string => policy('PeerAuthentication', place, `mtls: {mode: ${mode}}${more}`, metadata);
const selected = ', selector: {matchLabels: {app: shop}}';
const born = (year: number): string => `creationTimestamp: "${String(year)}-01-01T00:00:00Z"`;

describe('which of a scope’s policies may be the oldest (M13, M15)', () => {
  const oldest = (settings: MeshSettings, ...documents: readonly string[]): readonly string[] => {
    const mesh = meshOf(settings, ...documents);
    return mayBeOldest(objects(...documents).filter(isKind('PeerAuthentication')), mesh).map(({ name, namespace: space }) => `${space ?? ''}/${name}`);
  };
  const [a, b] = [mtls('shop/a', 'STRICT'), mtls('shop/b', 'STRICT')];
  test('one, where creation order is known or all is of one second', () => {
    expect([oldest({}), oldest({}, b), oldest({ world: 'closed' }, b, a), oldest({ world: 'closed' }, mtls('z/a', 'STRICT'), mtls('b/a', 'STRICT'))]).toEqual([[], ['shop/b'], ['shop/a'], ['b/a']]);
    expect(oldest({}, mtls('shop/a', 'STRICT', '', born(2022)), mtls('shop/b', 'STRICT', '', born(2021)))).toEqual(['shop/b']);
  });
  test('all without a time, and the oldest of those that have one', () => {
    expect(oldest({}, b, a)).toEqual(['shop/a', 'shop/b']);
    expect(oldest({}, a, mtls('shop/late', 'STRICT', '', born(2022)), mtls('shop/early', 'STRICT', '', born(2021)))).toEqual(['shop/early', 'shop/a']);
  });
  test('of those that the base has', () => {
    expect(oldest({ seniors: new Set(['PeerAuthentication/shop/b']) }, a, b)).toEqual(['shop/b']);
    expect(oldest({ seniors: new Set(['PeerAuthentication/shop/c']) }, b, a)).toEqual(['shop/a']);
  });
});

describe('modes where an order is open', () => {
  const effective = (settings: MeshSettings, ...policies: readonly string[]): unknown => {
    const mesh = meshOf(settings, namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'), ...policies);
    const workload = mesh.workloads.get('shop/shop');
    if (workload === undefined) throw new Error('no workload');
    const found = effectiveMtls(mesh, policiesFor(mesh, workload));
    return [found.workload.mode, [...found.ports].map(([port, { mode }]) => `${String(port)} ${mode}`).join(', '), found.judgedByWeakest.map((id) => id.slice('PeerAuthentication/'.length)).join(' '), found.ties.join(' ')];
  };
  const ports = (text: string): string => `${selected}, portLevelMtls: {${text}}`;
  test('are the weakest of each port', () => {
    expect(effective({}, mtls('shop/b', 'STRICT', ports('9000: {mode: DISABLE}, 8080: {mode: STRICT}')), mtls('shop/a', 'STRICT', ports('8080: {mode: PERMISSIVE}')))).toEqual(['STRICT', '8080 PERMISSIVE, 9000 DISABLE', 'shop/a shop/b', 'shop/a']);
    expect(effective({}, mtls('shop/b', 'PERMISSIVE', selected), mtls('shop/a', 'DISABLE', selected))).toEqual(['DISABLE', '', 'shop/a shop/b', 'shop/a']);
    expect(effective({}, mtls('shop/a', 'PERMISSIVE', selected), mtls('shop/b', 'DISABLE', selected))).toEqual(['DISABLE', '', 'shop/a shop/b', 'shop/a']);
  });
  test('in the mesh and in a namespace', () => {
    expect(effective({}, mtls('istio-system/two', 'STRICT'), mtls('istio-system/one', 'PERMISSIVE'), mtls('shop/x', 'UNSET'), mtls('shop/w', 'UNSET'))).toEqual(['PERMISSIVE', '', 'istio-system/one istio-system/two shop/w shop/x', 'mesh shop']);
  });
  test('are no question where they agree', () => {
    expect(effective({}, mtls('shop/b', 'STRICT', ports('8080: {mode: STRICT}')), mtls('shop/a', 'STRICT', selected))).toEqual(['STRICT', '', '', '']);
    expect(effective({}, mtls('shop/a', 'STRICT', ports('9: {mode: DISABLE}, 8080: {mode: DISABLE}')))).toEqual(['STRICT', '9 DISABLE, 8080 DISABLE', '', '']);
  });
});
