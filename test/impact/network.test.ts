import { describe, expect, test } from 'vitest';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawChange } from '#impact/raw-change.ts';
import { compareOfTexts } from './support.ts';
import { deployment, namespace, policy } from '../mesh/support.ts';

const networkPolicy = (place: string, spec: string): string => {
  const [space, name] = place.split('/');
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name ?? ''}, namespace: ${space ?? ''}}, spec: {${spec}}}`;
};
const cluster = [namespace('shop'), namespace('web', 'team: edge'), namespace('till', 'istio-injection: enabled'), deployment('shop/db'), deployment('web/front'), deployment('web/batch'), deployment('till/ledger')];
const compare = (base: readonly string[], head: readonly string[]): readonly RawChange[] => {
  const { changes, internalErrors } = compareOfTexts([...cluster, ...base], [...cluster, ...head], compareSides, new DifferenceMemo());
  expect(internalErrors).toEqual([]);
  return changes;
};
const told = (changes: readonly RawChange[]): string[] => changes.map((change) => `${change.direction} ${change.facet} ${change.destination.id}`);
const from = (selector: string, rest = ''): string => `podSelector: {matchLabels: {app: db}}, ingress: [{from: [{${selector}}]${rest}}]`;
const front = 'namespaceSelector: {matchLabels: {team: edge}}, podSelector: {matchLabels: {app: front}}';

describe('a NetworkPolicy', () => {
  test('that lets more pods in widens, with a declared pod as the witness', () => {
    const changes = compare([networkPolicy('shop/db', from(front))], [networkPolicy('shop/db', from('namespaceSelector: {matchLabels: {team: edge}}'))]);
    expect(told(changes)).toEqual(['widened access shop/db']);
    expect(changes[0]?.witness).toMatchObject({ query: { from: { principal: null, pod: { namespace: 'web', labels: { app: 'batch' } } } }, base: { verdict: 'deny', layer: 'network-policy' }, head: { verdict: 'allow' } });
  });

  test('that is the first one narrows, and its removal widens', () => {
    const one = [networkPolicy('shop/db', from(front))];
    expect(told(compare([], one))).toEqual(['narrowed access shop/db']);
    expect(told(compare(one, []))).toEqual(['widened access shop/db']);
  });

  test('written with an expression for a pair changes nothing', () => {
    const expression = 'namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [edge]}]}, podSelector: {matchExpressions: [{key: app, operator: In, values: [front]}]}';
    expect(told(compare([networkPolicy('shop/db', from(front))], [networkPolicy('shop/db', from(expression))]))).toEqual([]);
  });

  test('whose port is named as the pod names it changes nothing', () => {
    expect(told(compare([networkPolicy('shop/db', from(front, ', ports: [{port: 8080}]'))], [networkPolicy('shop/db', from(front, ', ports: [{port: web}]'))]))).toEqual([]);
  });

  test('that opens UDP alone is told as that', () => {
    const changes = compare([networkPolicy('shop/db', from(front, ', ports: [{port: 53}]'))], [networkPolicy('shop/db', from(front, ', ports: [{port: 53}, {port: 53, protocol: UDP}]'))]);
    expect(told(changes)).toEqual(['widened access shop/db']);
    expect(changes[0]?.witness?.query.request.protocol).toBe('udp');
  });

  test('moves with the labels of a namespace, though no policy is touched', () => {
    const rest = [namespace('shop'), deployment('shop/db'), deployment('web/front'), networkPolicy('shop/db', from('namespaceSelector: {matchLabels: {team: edge}}'))];
    const { changes } = compareOfTexts([...rest, namespace('web')], [...rest, namespace('web', 'team: edge')], compareSides, new DifferenceMemo());
    expect(told(changes)).toEqual(['widened access shop/db']);
  });

  describe('for egress by labels of a namespace that nothing declares', () => {
    const api = networkPolicy('bank/api', 'podSelector: {matchLabels: {app: api}}, ingress: [{}]');
    const peer = (labels: string, pods = ''): string => `{to: [{namespaceSelector: {${labels}}${pods}}]}`;
    const tenants = peer('matchLabels: {kind: tenant}');
    const out = (...rules: readonly string[]): string => networkPolicy('web/front', `podSelector: {matchLabels: {app: front}}, policyTypes: [Egress], egress: [${rules.join(', ')}]`);
    const toApi = (base: readonly string[], head: readonly string[]): readonly RawChange[] => {
      const { changes, internalErrors } = compareOfTexts([...cluster, api, out(...base)], [...cluster, api, out(...head)], compareSides, new DifferenceMemo(), 'open');
      expect(internalErrors).toEqual([]);
      return changes.filter(({ destination }) => destination.id.startsWith('bank/'));
    };

    test('tells the destination that another rule adds, where the labels do not let it in already', () => {
      const changes = toApi([tenants], [tenants, peer('matchLabels: {kubernetes.io/metadata.name: bank}', ', podSelector: {matchLabels: {app: api}}')]);
      expect(told(changes)).toEqual(['widened access bank/app=api']);
      expect(changes[0]?.witness).toMatchObject({ query: { from: { pod: { namespace: 'web', labels: { app: 'front' } } }, given: { 'opaque:namespace-label bank kind=tenant': false } }, base: { verdict: 'deny', layer: 'network-policy' }, head: { verdict: 'allow' } });
    });

    test('says nothing of it where a rule for another namespace is added', () => {
      expect(told(toApi([tenants], [tenants, peer('matchLabels: {kubernetes.io/metadata.name: argo}')]))).toEqual([]);
    });

    test('has a list of values hold what each of them holds', () => {
      const listed = peer('matchExpressions: [{key: kind, operator: In, values: [tenant, guest]}]');
      expect(told(toApi([listed], [tenants, peer('matchLabels: {kind: guest}')]))).toEqual([]);
      expect(told(toApi([tenants], [listed]))).toEqual(['widened access bank/app=api']);
    });

    test('knows that a label is there or not, that a value is excluded, and that a policy with an operator which does not exist is refused', () => {
      const having = (operator: string, values = ''): string => peer(`matchExpressions: [{key: kind, operator: ${operator}${values}}]`);
      expect(told(toApi([having('Exists')], [having('DoesNotExist')]))).toEqual(['widened access bank/app=api', 'narrowed access bank/app=api']);
      expect(told(toApi([having('NotIn', ', values: [guest]')], [having('NotIn', ', values: [guest, tenant]')]))).toEqual(['narrowed access bank/app=api']);
      expect(told(toApi([having('Inn', ', values: [guest]')], [tenants]))).toEqual(['narrowed access bank/app=api']);
    });
  });

  test('that isolates the caller is a change at everything it called', () => {
    const changes = compare([], [networkPolicy('web/front', 'podSelector: {matchLabels: {app: front}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]')]);
    expect(told(changes).filter((change) => change.includes('till/ledger') || change.includes('shop/db'))).toEqual(['narrowed access till/ledger']);
    expect(told(changes)).toContain('narrowed egress *');
  });

  test('that selects pods which no manifest declares is told for them', () => {
    expect(told(compare([networkPolicy('shop/cache', 'podSelector: {matchLabels: {app: cache}}')], []))).toEqual(['widened access shop/app=cache']);
  });

  test('that opens what the proxy still refuses is latent, and no widening', () => {
    const closed = [policy('AuthorizationPolicy', 'till/nobody', ''), policy('PeerAuthentication', 'till/default', 'mtls: {mode: STRICT}')];
    const rule = (names: string): string => networkPolicy('till/in', `podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${names}}}}], ports: [{port: 8080}]}]`);
    const both = networkPolicy('till/in', 'podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}, {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}], ports: [{port: 8080}]}]');
    const changes = compare([...closed, rule('shop')], [...closed, both]);
    expect(told(changes)).toEqual(['latent-widened access till/ledger']);
    expect(changes[0]?.witness).toMatchObject({ base: { layer: 'network-policy' }, head: { verdict: 'deny' } });
  });

  test('that still stops what the proxy newly lets pass makes the proxy’s change latent', () => {
    const isolated = networkPolicy('till/in', 'podSelector: {}');
    const deny = policy('AuthorizationPolicy', 'till/nobody', '');
    const changes = compare([isolated, deny], [isolated]);
    expect(told(changes).filter((change) => change.startsWith('widened'))).toEqual([]);
    expect(told(changes)).toContain('latent-widened access till/ledger');
  });
});

describe('a cluster-wide policy', () => {
  test('that accepts before any NetworkPolicy widens', () => {
    const accept = '{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: monitoring}, spec: {priority: 5, subject: {namespaces: {}}, ingress: [{name: a, action: Allow, from: [{namespaces: {matchLabels: {team: edge}}}]}]}}';
    const isolated = networkPolicy('shop/db', 'podSelector: {}');
    expect(told(compare([isolated], [isolated, accept]))).toEqual(['widened access shop/db']);
  });
});
