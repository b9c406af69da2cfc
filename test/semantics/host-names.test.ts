/** Names of hosts as gateways compare them (M115, M116, M122), and the Secrets that servers name (M114). */
import { describe, expect, test } from 'vitest';
import type { ServerTls } from '#manifests/server-tls.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import { istioCredential, secretExists, secretKey } from '#semantics/gateways/credentials.ts';
import { fullHost } from '#mesh/hosts.ts';
import { commonNames, isWithin, namesFor, namesOverlap, withoutNamespace } from '#semantics/gateways/host-names.ts';

describe('a name lies within another (a leading star is any beginning)', () => {
  test.each([
    ['a.example', 'a.example', true],
    ['a.example', 'b.example', false],
    ['a.example', '*', true],
    ['a.example', '*.example', true],
    // The star is no label: it stands for any beginning.
    ['ba.example', '*a.example', true],
    ['.example', '*.example', true],
    ['a.other', '*.example', false],
    ['*.a.example', '*.example', true],
    ['*.example', '*.a.example', false],
    ['*.example', '*.example', true],
    ['*', '*.example', false],
    ['*.example', '*', true],
    ['*.other', '*.example', false],
    ['*.example', 'a.example', false],
    ['*', '*', true],
  ] as const)('%s in %s: %s', (inner, outer, within) => {
    expect(isWithin(inner, outer)).toBe(within);
    expect(namesOverlap(inner, outer)).toBe(within || isWithin(outer, inner));
  });

  test('of two that only overlap in some names there is no narrower one', () => {
    expect(namesOverlap('*.a.example', '*.b.example')).toBe(false);
    expect(namesOverlap('a.example', 'b.example')).toBe(false);
  });
});

test('names that two lists have in common are the narrower ones, each once and in the order of the first list', () => {
  expect(commonNames(['*.example', 'shop.other'], ['b.example', 'a.example', '*'])).toEqual(['b.example', 'a.example', '*.example', 'shop.other']);
  expect(commonNames(['a.example', '*'], ['a.example'])).toEqual(['a.example']);
  expect(commonNames(['a.example'], ['b.example'])).toEqual([]);
  expect(commonNames([], ['a.example'])).toEqual([]);
});

test('hosts of a server that VirtualServices of a namespace may bind', () => {
  expect(namesFor(['a.example', 'shop/b.example', 'pay/c.example', '*/d.example'], 'shop')).toEqual(['a.example', 'b.example', 'd.example']);
  expect(namesFor(['~/a.example'], 'shop')).toEqual([]);
  expect(['a.example', 'shop/a.example', '*/a.example'].map(withoutNamespace)).toEqual(['a.example', 'a.example', 'a.example']);
});

test('a name without dots belongs to the namespace of its object, every other is taken as written', () => {
  expect(['orders', 'orders.pay', 'orders.pay.svc.cluster.local', '*', '', '::1', '*.example'].map((host) => fullHost(host, 'shop'))).toEqual(['orders.shop.svc.cluster.local', 'orders.pay', 'orders.pay.svc.cluster.local', '*', '', '::1', '*.example']);
});

describe('which certificates a server can have', () => {
  // Only the pods' namespace plays a part.
  const pods = { namespace: 'edge' } as GatewayPods;
  const tls = (parts: Partial<ServerTls>): ServerTls => ({
    mode: 'SIMPLE',
    httpsRedirect: false,
    credentialNames: [],
    caCertCredentialName: '',
    caCertificates: '',
    serverCertificate: '',
    minProtocolVersion: 'TLS_AUTO',
    maxProtocolVersion: 'TLS_AUTO',
    cipherSuites: [],
    subjectAltNames: [],
    verifyCertificateHash: [],
    verifyCertificateSpki: [],
    insecureSkipVerify: false,
    ...parts,
  });
  const missing = { [secretKey('edge', 'gone')]: false, [secretKey('shop', 'there')]: false };

  test('a Secret exists unless the question says otherwise', () => {
    expect(secretKey('edge', 'shop')).toBe('secret:edge/shop');
    expect([secretExists({}, 'edge', 'shop'), secretExists(missing, 'edge', 'gone'), secretExists({ [secretKey('edge', 'gone')]: true }, 'edge', 'gone'), secretExists(missing, 'edge', 'there')]).toEqual([true, false, true, true]);
  });

  test.each([
    ['a file', {}, true, []],
    ['a Secret of the pods’ namespace', { credentialNames: ['there'] }, true, ['there']],
    ['one that is written with its namespace', { credentialNames: ['edge/there'] }, true, ['there']],
    ['one with a scheme', { credentialNames: ['kubernetes://there'] }, true, ['there']],
    ['one with a scheme and a namespace', { credentialNames: ['kubernetes-gateway://edge/there'] }, true, ['there']],
    ['one of another namespace', { credentialNames: ['shop/there'] }, false, ['there']],
    ['one that does not exist', { credentialNames: ['gone'] }, false, ['gone']],
    ['one of two that does not exist', { credentialNames: ['there', 'gone'] }, false, ['there', 'gone']],
    ['a Secret for clients of its own', { credentialNames: ['there'], caCertCredentialName: 'kubernetes://clients' }, true, ['clients']],
    ['a file for clients', { caCertificates: '/etc/clients.pem' }, true, ['/etc/clients.pem']],
    ['a Secret beside a file for clients', { credentialNames: ['there'], caCertificates: '/etc/clients.pem' }, true, ['there']],
    ['mutual TLS with a Secret', { mode: 'MUTUAL', credentialNames: ['there'] }, true, ['there']],
    // Certificates are not looked at where the TLS is not ended with them.
    ['a connection that is passed on', { mode: 'PASSTHROUGH', credentialNames: ['gone'] }, true, []],
    ['a connection that is passed on to any Service', { mode: 'AUTO_PASSTHROUGH', credentialNames: ['gone'] }, true, []],
    ['the certificates of the mesh', { mode: 'ISTIO_MUTUAL', credentialNames: ['gone'] }, true, []],
  ] satisfies readonly (readonly [string, Partial<ServerTls>, boolean, readonly string[]])[])('%s', (_, parts, usable, trusts) => {
    expect(istioCredential(tls(parts), pods, missing)).toEqual({ usable, trusts });
  });
});
