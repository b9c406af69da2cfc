/** Of several requests that prove the same change the one with the least to explain is shown. */
import { describe, expect, test } from 'vitest';
import { isStranger, passingFirst, plainness } from '#impact/regions.ts';
import type { PairContext } from '#impact/pair-context.ts';
import type { Pair } from '#impact/raw-change.ts';
import type { WorkloadPort } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';
import { meshOf, namespace } from '../mesh/support.ts';

const pairWith = (base: readonly WorkloadPort[], head: readonly WorkloadPort[]): Pair => ({ base: { ports: base }, head: { ports: head } }) as unknown as Pair;
const pair = pairWith([{ port: 8080, protocol: 'http', captured: true }, { port: 53, protocol: 'udp', captured: false }], [{ port: 9090, protocol: 'tcp', captured: true }]);

const asked = (request: Partial<Query['request']> = {}, more: Partial<Pick<Query, 'to' | 'given'>> = {}): Query => ({ from: { principal: null }, to: { workload: 'shop/cart', port: 8080 }, request: { protocol: 'http', ...request }, ...more });

/** Each is plainer than the next one. */
function ranked(...queries: readonly Query[]): readonly boolean[] {
  return queries.slice(1).map((query, index) => plainness(queries[index] ?? query, pair) < plainness(query, pair));
}

describe('a request is plainer', () => {
  test('in the protocol that is spoken most', () => {
    expect(ranked(asked(), asked({ protocol: 'tcp' }), asked({ protocol: 'https' }), asked({ protocol: 'tls' }), asked({ protocol: 'udp' }), asked({ protocol: 'sctp' }))).toEqual([true, true, true, true, true]);
  });

  test('to a port that either side declares, for streams', () => {
    const at = (port: number): Query => asked({}, { to: { workload: 'shop/cart', port } });
    expect(ranked(at(8080), at(7000))).toEqual([true]);
    expect(ranked(at(9090), at(53))).toEqual([true]);
    expect(plainness(at(8080), pair)).toBe(plainness(at(9090), pair));
    expect(plainness(at(53), pair)).toBe(plainness(at(7000), pair));
  });

  test('without a token, and with a good one before a bad one', () => {
    expect(ranked(asked(), asked({ token: { valid: true } }), asked({ token: { valid: false } }))).toEqual([true, true]);
  });

  test('with fewer headers, assumptions and names', () => {
    expect(ranked(asked(), asked({ headers: { a: '1' } }), asked({ headers: { a: '1', b: '2' } }))).toEqual([true, true]);
    expect(ranked(asked(), asked({}, { given: { 'enrolment:shop': true } }), asked({}, { given: { 'enrolment:shop': true, 'enrolment:web': true } }))).toEqual([true, true]);
    expect(ranked(asked(), asked({ sni: 'a.example' }))).toEqual([true]);
  });

  test('by the protocol before all, then the port, then the token', () => {
    const laden = asked({ headers: { a: '1', b: '2', c: '3' }, sni: 'a.example', token: { valid: false } }, { to: { workload: 'shop/cart', port: 7000 }, given: { 'enrolment:shop': true } });
    expect(ranked(laden, asked({ protocol: 'tcp' }))).toEqual([true]);
    expect(ranked(asked({ token: { valid: false }, headers: { a: '1' }, sni: 'a.example' }), asked({}, { to: { workload: 'shop/cart', port: 7000 } }))).toEqual([true]);
    expect(ranked(asked({ headers: { a: '1', b: '2' }, sni: 'a.example' }), asked({ token: { valid: true } }))).toEqual([true]);
  });
});

test('the side that lets the request pass is looked at first', () => {
  const [base, head] = [meshOf({ world: 'closed' }, namespace('shop')), meshOf({ world: 'closed' }, namespace('web'))];
  expect(passingFirst({ base, head }, 'up')).toEqual([head, base]);
  expect(passingFirst({ base, head }, 'down')).toEqual([base, head]);
});

test('a stranger is who has an identity of a trust domain that neither side knows', () => {
  const mesh = (more: string): ReturnType<typeof meshOf> => meshOf({ world: 'closed' }, namespace('shop'), `{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "trustDomain: shop.example${more}"}}`);
  const context = (base: ReturnType<typeof meshOf>, head: ReturnType<typeof meshOf>): PairContext => ({ sides: { base, head } }) as unknown as PairContext;
  const from = (principal: string | null): Query => ({ ...asked(), from: { principal } });
  const both = context(mesh(''), mesh('\\ntrustDomainAliases: [old.example]'));
  expect(isStranger(both, from('shop.example/ns/web/sa/front'))).toBe(false);
  expect(isStranger(both, from('old.example/ns/web/sa/front'))).toBe(false);
  expect(isStranger(both, from('elsewhere.example/ns/web/sa/front'))).toBe(true);
  expect(isStranger(both, from('no-slash'))).toBe(true);
  expect(isStranger(both, from(null))).toBe(false);
  expect(isStranger(both, { ...asked(), from: { workload: 'web/front' } })).toBe(false);
});
