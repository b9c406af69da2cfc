/** A caller with other labels, in front of NetworkPolicies that stay as they are (M139). */
import { describe, expect, test } from 'vitest';
import { deployment, namespace, service } from '../support/manifests.ts';
import { changesIn, gate, newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const admits = (role: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: pay, namespace: shop}
spec:
  podSelector: {matchLabels: {app: pay}}
  ingress: [{from: [{podSelector: {matchLabels: {role: ${role}}}}]}]
`;

/** `pay` lets pods of one role in. */
function shop(role: string, admitted = 'client', more: Readonly<Record<string, string>> = {}): Files {
  return {
    'a.yaml': stream(namespace('shop'), deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), admits(admitted)),
    'front.yaml': stream(deployment({ name: 'front', namespace: 'shop' }, { app: 'front', role, ...more })),
  };
}

describe('pods with other labels', () => {
  test('lose the way that the network leaves to the former ones, and win the way of others', () => {
    const lost = reviewed(shop('client'), shop('batch'));
    expect(lost.changes.map((change) => [change.direction, change.destinations.map(({ id }) => id), change.callers.known, change.witness?.from.workload, change.causes.map((cause) => cause.resource)])).toEqual([['narrowed', ['shop/pay'], ['shop/front[Deployment]'], 'shop/front', ['Deployment/shop/front']]]);
    expect(newCodes(lost)).toEqual(['MP203 info']);
    const won = reviewed(shop('batch'), shop('client'));
    expect(changesIn(won)).toEqual(['widened access']);
    expect(won.changes[0]?.witness).toMatchObject({ from: { workload: 'shop/front' }, base: { verdict: 'deny', layer: 'network-policy' }, head: { verdict: 'allow' } });
    expect(gate(won, 'internal')).toBe(false);
  });

  test('that no policy looks at change nothing', () => {
    expect(changesIn(reviewed(shop('client'), shop('client', 'client', { tier: 'web' })))).toEqual([]);
    expect(changesIn(reviewed(shop('batch'), shop('nightly')))).toEqual([]);
  });

  test('together with the policy that asks for them keep their way: the policy alone is told', () => {
    const renamed = reviewed(shop('client'), shop('customer', 'customer'));
    expect(renamed.changes.filter((change) => change.callers.known.includes('shop/front[Deployment]') && change.witness?.from.workload === 'shop/front' && change.direction === 'narrowed')).toEqual([]);
  });
});
