import { describe, expect, test } from 'vitest';
import { decide } from '#posture/answer.ts';
import type { Query } from '#posture/query.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';

const closed = { world: 'closed' } as const;
const networkPolicy = (place: string, spec: string): string => {
  const [space, name] = place.split('/');
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name ?? ''}, namespace: ${space ?? ''}}, spec: {${spec}}}`;
};
const ask = (from: Query['from'], to: Partial<Query['to']> = {}, protocol: Query['request']['protocol'] = 'tcp'): Query => ({ from, to: { workload: 'shop/db', port: 8080, ...to }, request: { protocol } });
const outside = { ip: '203.0.113.10' };
const web = { workload: 'web/front' };

describe('who is isolated (M136, M137)', () => {
  const parts = [namespace('shop'), namespace('web'), deployment('shop/db'), deployment('web/front')];

  test('nobody, without a policy, and no policy is named', () => {
    expect(decide(meshOf(closed, ...parts), ask(web))).toMatchObject({ verdict: 'allow', by: [] });
  });

  test('the pods that a policy selects, in its directions only', () => {
    const mesh = meshOf(closed, ...parts, networkPolicy('shop/egress', 'podSelector: {}, policyTypes: [Egress]'));
    expect(decide(mesh, ask(web))).toMatchObject({ verdict: 'allow' });
    expect(decide(mesh, ask({ workload: 'shop/db' }, { workload: 'web/front' }))).toMatchObject({ verdict: 'deny', layer: 'network-policy', by: ['NetworkPolicy/shop/egress'], enforcedAt: 'none' });
  });

  test('both ends must let the packet pass, and both are named', () => {
    const out = networkPolicy('web/out', 'podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}]');
    const into = networkPolicy('shop/in', 'podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]');
    expect(decide(meshOf(closed, ...parts, out, into), ask(web))).toMatchObject({ verdict: 'allow', by: ['NetworkPolicy/shop/in', 'NetworkPolicy/web/out'] });
    expect(decide(meshOf(closed, ...parts, out, networkPolicy('shop/in', 'podSelector: {}')), ask(web))).toMatchObject({ verdict: 'deny', by: ['NetworkPolicy/shop/in'] });
  });
});

describe('with a proxy behind the network (M141 to M143)', () => {
  const strict = policy('PeerAuthentication', 'shop/default', 'mtls: {mode: STRICT}');
  const identity = 'cluster.local/ns/web/sa/default';
  const pod = { namespace: 'web', labels: { app: 'front' } };

  test('the network answers first, the proxy judges what it lets pass', () => {
    const onlyWeb = networkPolicy('shop/in', 'podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}]}]');
    const mesh = meshOf(closed, namespace('shop', 'istio-injection: enabled'), namespace('web'), deployment('shop/db'), strict, onlyWeb);
    expect(decide(mesh, ask({ principal: null, pod }))).toMatchObject({ verdict: 'deny', layer: 'mtls', enforcedAt: 'sidecar' });
    expect(decide(mesh, ask({ principal: identity, pod, client: 'sidecar' }))).toMatchObject({ verdict: 'allow', enforcedAt: 'sidecar' });
    expect(decide(mesh, ask({ principal: null, pod: { namespace: 'other', labels: {} } }))).toMatchObject({ verdict: 'deny', layer: 'network-policy' });
  });

  test('datagrams pass by the proxy', () => {
    const mesh = meshOf(closed, namespace('shop', 'istio-injection: enabled'), deployment('shop/db'), strict);
    expect(decide(mesh, ask({ principal: null, pod }, {}, 'udp'))).toMatchObject({ verdict: 'allow', layer: 'none', enforcedAt: 'none' });
    expect(decide(mesh, ask({ principal: null, pod }))).toMatchObject({ verdict: 'deny', layer: 'mtls' });
  });

  test('ambient traffic arrives on 15008, so a policy for the application’s port alone stops it', () => {
    const parts = [namespace('shop', 'istio.io/dataplane-mode: ambient'), namespace('web'), deployment('shop/db')];
    const from = { principal: identity, pod, direct: true };
    const allowing = (port: number): string => networkPolicy('shop/in', `podSelector: {}, ingress: [{ports: [{port: ${String(port)}}]}]`);
    expect(decide(meshOf(closed, ...parts, allowing(8080)), ask(from))).toMatchObject({ verdict: 'deny', layer: 'network-policy' });
    expect(decide(meshOf(closed, ...parts, allowing(8080)), ask({ principal: null, pod, direct: true }))).toMatchObject({ verdict: 'allow' });
    expect(decide(meshOf(closed, ...parts, allowing(15008)), ask(from))).toMatchObject({ verdict: 'allow', enforcedAt: 'ztunnel' });
  });
});

describe('what nobody tells', () => {
  const parts = [namespace('shop'), deployment('shop/db')];
  const byLabel = networkPolicy('shop/in', 'podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: edge}}}]}]');

  test('the labels of a namespace without an object are unknown in a repository, none in a whole cluster', () => {
    const from = { principal: null, pod: { namespace: 'web', labels: {} } };
    expect(decide(meshOf({}, ...parts, byLabel), ask(from))).toMatchObject({ verdict: 'unknown', rule: 'M139' });
    expect(decide(meshOf(closed, ...parts, byLabel), ask(from))).toMatchObject({ verdict: 'deny' });
    expect(decide(meshOf({}, ...parts, byLabel), ask({ ...from, pod: { ...from.pod, namespaceLabels: { team: 'edge' } } }))).toMatchObject({ verdict: 'allow' });
    expect(decide(meshOf({}, ...parts, byLabel), ask({ ...from, pod: { ...from.pod, namespaceLabels: {} } }))).toMatchObject({ verdict: 'deny' });
  });

  test('the labels of the namespace that is called are what the question gives, each value by itself', () => {
    const out = (labels: string): string => networkPolicy('shop/out', `podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchExpressions: [{key: team, ${labels}}]}}]}]`);
    const asked = (labels: string, given?: Query['given']): string => decide(meshOf({}, ...parts, out(labels)), { from: { workload: 'shop/db' }, to: { selector: { namespace: 'web', labels: { app: 'front' } }, port: 80 }, request: { protocol: 'tcp' }, ...(given === undefined ? {} : { given: { 'enrolment:web': true, ...given } }) }).verdict;
    const edge = 'opaque:namespace-label web team=edge';
    const core = 'opaque:namespace-label web team=core';
    const any = 'opaque:namespace-label web team';
    expect(asked('operator: In, values: [edge, core]')).toBe('unknown');
    expect([asked('operator: In, values: [edge, core]', { [edge]: false, [core]: true }), asked('operator: In, values: [edge, core]', { [edge]: false, [core]: false }), asked('operator: In, values: [edge, core]', { [edge]: false })]).toEqual(['allow', 'deny', 'unknown']);
    expect([asked('operator: NotIn, values: [edge]', { [edge]: false }), asked('operator: NotIn, values: [edge]', { [edge]: true }), asked('operator: NotIn, values: [edge]', {})]).toEqual(['allow', 'deny', 'unknown']);
    expect([asked('operator: Exists', { [any]: true }), asked('operator: DoesNotExist', { [any]: true })]).toEqual(['allow', 'deny']);
    // The API server refuses the policy.
    expect(asked('operator: Inn, values: [edge]', {})).toBe('allow');
  });

  test('a caller of whom nothing is told is unknown only where it matters', () => {
    expect(decide(meshOf(closed, ...parts, byLabel), ask({ principal: null }))).toMatchObject({ verdict: 'unknown' });
    expect(decide(meshOf(closed, ...parts, networkPolicy('shop/in', 'podSelector: {}, ingress: [{}]')), ask({ principal: null }))).toMatchObject({ verdict: 'allow' });
    expect(decide(meshOf(closed, ...parts, networkPolicy('shop/in', 'podSelector: {}')), ask({ principal: null }))).toMatchObject({ verdict: 'deny' });
  });

  test('an identity stands for the declared pods that present it', () => {
    const labelled = networkPolicy('shop/in', 'podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: front}}}]}]');
    const mesh = meshOf(closed, ...parts, namespace('web', 'istio-injection: enabled'), deployment('web/front'), labelled);
    expect(decide(mesh, ask({ principal: 'cluster.local/ns/web/sa/default' }))).toMatchObject({ verdict: 'allow' });
    expect(decide(mesh, ask({ principal: 'cluster.local/ns/web/sa/other' }))).toMatchObject({ verdict: 'unknown' });
  });

  test('a port name of a pod that no manifest declares', () => {
    const mesh = meshOf(closed, ...parts, networkPolicy('shop/in', 'podSelector: {}, ingress: [{ports: [{port: pg}]}]'));
    const to = { selector: { namespace: 'shop', labels: { app: 'else' } }, port: 5432 };
    const asked: Query = { from: outside, to, request: { protocol: 'tcp' } };
    expect(decide(mesh, asked)).toMatchObject({ verdict: 'unknown' });
    expect(decide(mesh, { ...asked, given: { 'opaque:port-name pg': true } })).toMatchObject({ verdict: 'allow' });
    expect(decide(mesh, { ...asked, given: { 'opaque:port-name pg': false } })).toMatchObject({ verdict: 'deny' });
  });
});

describe('to an address outside the cluster', () => {
  test('only the caller’s own egress decides, and no selector finds the address', () => {
    const rules = 'podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}, {ipBlock: {cidr: 203.0.113.0/24}}]}]';
    const mesh = meshOf(closed, namespace('shop'), deployment('shop/db'), networkPolicy('shop/out', rules));
    const to = (ip: string): Query => ({ from: { workload: 'shop/db' }, to: { ip, port: 443 }, request: { protocol: 'tcp' } });
    expect(decide(mesh, to('203.0.113.10'))).toMatchObject({ verdict: 'allow', by: ['NetworkPolicy/shop/out'] });
    expect(decide(mesh, to('198.51.100.1'))).toMatchObject({ verdict: 'deny', layer: 'network-policy' });
  });
});
