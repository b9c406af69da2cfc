/** What pods may newly send out of the cluster, or no longer: one destination, told once for each policy, with the callers of the side that lets more pass. */
import { describe, expect, test } from 'vitest';
import { outboundMoved } from '#impact/outbound.ts';
import type { RawChange, Sides } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { deployment, meshOf, namespace } from '../mesh/support.ts';

const limits = { workPerSeed: 200_000, regionsPerSeed: 50, atomsPerDimension: 4_096 };
const cluster = [namespace('shop', 'team: shop'), deployment('shop/cart', '', '', 'serviceAccountName: cart'), deployment('shop/mail', '', '', 'serviceAccountName: mail')];
const mesh = (...policies: readonly string[]): Mesh => meshOf({ world: 'closed' }, ...cluster, ...policies);
const out = (name: string, app: string, ...rules: readonly string[]): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop}, spec: {podSelector: {matchLabels: {app: ${app}}}, policyTypes: [Egress], egress: [${rules.join(', ')}]}}`;
const to = (cidr: string, port?: number): string => `{to: [{ipBlock: {cidr: ${cidr}}}]${port === undefined ? '' : `, ports: [{port: ${String(port)}}]`}}`;
const nodes = (action: string): string => `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: nodes}, spec: {priority: 10, subject: {namespaces: {matchLabels: {team: shop}}}, egress: [{name: r, action: ${action}, to: [{nodes: {matchLabels: {zone: a}}}]}]}}`;

const sidesOf = (base: readonly string[], head: readonly string[]): Sides => ({ environment: 'test', base: mesh(...base), head: mesh(...head), renamed: new Map() });

function moved(base: readonly string[], head: readonly string[], within = limits): { readonly changes: readonly RawChange[]; readonly errors: readonly string[] } {
  const errors: string[] = [];
  return { changes: outboundMoved(sidesOf(base, head), within, errors), errors };
}

const told = ({ direction, seedOrigins, witness, passingSide }: RawChange): string => `${direction} by ${[...new Set(seedOrigins.map((origin) => origin.policy))].join(', ')}: ${String(witness?.query.from.pod?.labels['app'])} to ${String(witness?.query.to.ip)}:${String(witness?.query.to.port)}, callers of ${passingSide}`;
const everything = to('0.0.0.0/0');

describe('one destination stands for all addresses', () => {
  test('a block of addresses opens, and closes again', () => {
    const { changes } = moved([out('cart', 'cart')], [out('cart', 'cart', to('198.51.100.0/24', 5432))]);
    expect(changes.map(told)).toEqual(['widened by NetworkPolicy/shop/cart: cart to 198.51.100.1:5432, callers of head']);
    expect(changes).toMatchObject([{ environment: 'test', destination: { id: '*', host: '*', known: false, status: 'both' }, facet: 'egress', complete: true, assumptions: [], enforcedAt: ['none'], reason: undefined }]);
    expect(moved([out('cart', 'cart', to('198.51.100.0/24', 5432))], [out('cart', 'cart')]).changes.map(told)).toEqual(['narrowed by NetworkPolicy/shop/cart: cart to 198.51.100.1:5432, callers of base']);
  });

  test('where any address and port is meant, the witness goes to an address for documentation and to HTTPS', () => {
    expect(moved([out('cart', 'cart')], [out('cart', 'cart', everything)]).changes.map(told)).toEqual(['widened by NetworkPolicy/shop/cart: cart to 203.0.113.10:443, callers of head']);
  });

  test('each policy is told by itself', () => {
    expect(moved([out('cart', 'cart'), out('mail', 'mail')], [out('cart', 'cart', everything), out('mail', 'mail', everything)]).changes.map(told)).toEqual([
      'widened by NetworkPolicy/shop/cart: cart to 203.0.113.10:443, callers of head',
      'widened by NetworkPolicy/shop/mail: mail to 203.0.113.10:443, callers of head',
    ]);
  });

  test('the same said otherwise is no change, nor is a policy of those who come in', () => {
    expect(moved([out('cart', 'cart', to('198.51.100.0/24'))], [out('cart', 'cart', to('198.51.100.0/25'), to('198.51.100.128/25'))]).changes).toEqual([]);
    expect(moved([], ['{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress]}}']).changes).toEqual([]);
  });
});

describe('undecided, both ways', () => {
  test('is a policy of which a part is not computed, where it changed', () => {
    const { changes, errors } = moved([nodes('Allow')], [nodes('Deny')]);
    expect(errors).toEqual([]);
    const reason = '`AdminNetworkPolicy/nodes` changed, and a part of it is not computed';
    const origins = [{ policy: 'AdminNetworkPolicy/nodes' }];
    expect(changes).toMatchObject([
      { direction: 'undecided-widened', passingSide: 'head', reason, seed: 'opaque AdminNetworkPolicy/nodes', seedOrigins: origins, cubes: [{ predicates: [], origins }], complete: false },
      { direction: 'undecided-narrowed', passingSide: 'base', reason, seed: 'opaque AdminNetworkPolicy/nodes', seedOrigins: origins },
    ]);
    expect(changes.map(({ witness }) => witness)).toEqual([undefined, undefined]);
    expect(moved([nodes('Allow')], [nodes('Allow')]).changes).toEqual([]);
  });

  test('is a search that comes to no end', () => {
    const { changes } = moved([out('cart', 'cart', to('198.51.100.0/24'))], [out('cart', 'cart', to('198.51.100.0/23'))], { ...limits, workPerSeed: 1 });
    expect(changes.map(({ direction, passingSide, cubes, seedOrigins }) => [direction, passingSide, cubes.length, seedOrigins.map((origin) => origin.policy)])).toEqual([['undecided-widened', 'head', 1, ['NetworkPolicy/shop/cart']]]);
  });
});
