import { describe, expect, test } from 'vitest';
import type { MeshConfig } from '../../src/mesh/model.ts';
import { meshConfigOf } from '../../src/mesh/config.ts';
import { claimDimension, claimPath, claimPathOf, expandTrustDomain, serviceAccountMatcher, subjectMatches, subjectPattern, textPattern, trustDomainMatchers } from '../../src/semantics/values.ts';

const config = (trustDomain: string, ...trustDomainAliases: readonly string[]): MeshConfig => ({ ...meshConfigOf([], {}, 'closed'), trustDomain, trustDomainAliases });

describe('trust domains are expanded before matching (A3.11, A3.12)', () => {
  test.each([
    [config('td1'), 'cluster.local/ns/a/sa/x', ['td1/ns/a/sa/x']],
    [config('td1', 'td2'), 'td2/ns/a/sa/x', ['td1/ns/a/sa/x', 'td2/ns/a/sa/x']],
    [config('td1', 'td2'), 'other/ns/a/sa/x', ['other/ns/a/sa/x']],
    [config('td1'), 'cluster.local/ns/a/sa/*', ['td1/ns/a/sa/*']],
    [config('td1'), 'cluster.local/ns/a/*', ['cluster.local/ns/a/*']],
    [config('td1'), '*/ns/a/sa/x', ['*/ns/a/sa/x']],
    [config('td2', 'foo-td1'), '*-td1/ns/a/sa/x', ['td2/ns/a/sa/x', '*-td1/ns/a/sa/x']],
    [config('td1', 'other'), 'td*/ns/a/sa/x', ['td1/ns/a/sa/x', 'other/ns/a/sa/x']],
  ])('%#: %s', (mesh, written, becomes) => {
    expect(expandTrustDomain(written, mesh)).toEqual(becomes);
  });
});

describe('requestPrincipals are split at their last slash (A3.29)', () => {
  test.each([
    ['*', 'i', 's', true],
    ['*', 'i', null, false],
    ['i/s', 'i', 's', true],
    ['i/s', 'i', 't', false],
    ['i/*', 'i', 's', true],
    ['i/*', 'i', '', false],
    ['i/a*', 'i', 'alice', true],
    ['i*', 'issuer', 's', true],
    ['*/s', 'any', 's', true],
    ['*x/s', 'max', 's', true],
    ['*x/s', 'may', 's', false],
    ['*@example.com', 'i', 'a@example.com', true],
    ['*@example.com', 'i@example.com', 'a', false],
    ['i', 'i', 's', false],
    ['*/*', 'i', 's', false],
    ['*/*', 'i', '*', true],
    ['https://acc*', 'https://accounts', 's', false],
    ['https://a/b/s', 'https://a/b', 's', true],
  ] as const)('%s against %s and %s: %s', (value, issuer, subject, fits) => {
    expect(subjectMatches(subjectPattern(value), issuer, subject)).toBe(fits);
  });
});

test('a leading star wins over a trailing one (A3.1)', () => {
  expect(textPattern('*x*')).toEqual({ type: 'suffix', text: 'x*' });
  expect(textPattern('a*b')).toEqual({ type: 'exact', text: 'a*b' });
});

test('a bare account is one of the policy’s own namespace (A3.18)', () => {
  expect(serviceAccountMatcher('cart', 'istio-system', 'envoy')).toMatchObject({ namespace: 'istio-system', account: 'cart' });
  expect(serviceAccountMatcher('shop/cart', 'istio-system', 'envoy')).toMatchObject({ namespace: 'shop', account: 'cart' });
});

test('a trust domain of the mesh stands for all of them, the literal cluster.local does not (A3.22)', () => {
  expect(trustDomainMatchers(['td1'], config('td1', 'td2'))).toHaveLength(2);
  expect(trustDomainMatchers(['cluster.local'], config('td1', 'td2'))).toEqual([{ type: 'trust-domain', pattern: { type: 'exact', text: 'cluster.local' } }]);
});

test('claim names keep their slashes and lead back to themselves (A3.31)', () => {
  expect(claimPath('[realm_access][roles]')).toEqual(['realm_access', 'roles']);
  expect(claimPath('[a[b]')).toEqual(['a[b']);
  for (const path of [['a'], ['a', 'b'], ['https://shop.example/role'], ['a~b', 'c/d']]) expect(claimPathOf(claimDimension(path))).toEqual(path);
  expect(claimDimension(['a/b'])).not.toBe(claimDimension(['a', 'b']));
});
