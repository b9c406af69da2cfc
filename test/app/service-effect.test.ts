/** A name that leads past what stood before the pods gates; one that leads to the same protection is silent. */
import { describe, expect, test } from 'vitest';
import { reviewed } from '../support/reviewed.ts';

const shop = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
`;

const deployment = (name: string, labels: string, port = 8080): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}}}
    spec: {containers: [{name: main, image: example/main, ports: [{containerPort: ${String(port)}}]}]}
`;

const service = (selector: string, targetPort = 8080, name = 'http'): string => `apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {${selector}}, ports: [{name: ${name}, port: 80, targetPort: ${String(targetPort)}}]}
`;

const denied = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: rule, namespace: shop}
spec: {action: DENY, rules: [{to: [{operation: {ports: ["8080"]}}]}]}
`;

const guarded = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: rule, namespace: shop}
spec: {selector: {matchLabels: {app: one}}, rules: [{from: [{source: {principals: [cluster.local/ns/web/sa/front]}}]}]}
`;

const network = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: rule, namespace: shop}
spec: {podSelector: {matchLabels: {app: one}}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}
`;

const one = deployment('one', 'app: one');
const two = deployment('two', 'app: two');

function told(before: readonly string[], after: readonly string[]): readonly string[] {
  const tree = (documents: readonly string[]) => ({ 'shop.yaml': [shop, ...documents].join('---\n') });
  return reviewed(tree(before), tree(after)).incompleteReasons.map(({ reason }) => reason);
}

const elsewhere = '`Service/shop/api` is modified here, and requests to its port 80 reach pods or ports with other protection than before, which is not computed by this version';

describe('a Service whose name leads elsewhere', () => {
  test.each([
    ['to a port that a DENY does not name', [denied, one, service('app: one')], [denied, one, service('app: one', 9090)]],
    ['to a workload that no policy guards', [guarded, one, two, service('app: one')], [guarded, one, two, service('app: two')]],
    ['past a NetworkPolicy', [network, one, two, service('app: one')], [network, one, two, service('app: two')]],
    ['to more workloads than those that are guarded', [guarded, deployment('one', 'app: one, tier: x'), deployment('two', 'app: two, tier: x'), service('app: one')], [guarded, deployment('one', 'app: one, tier: x'), deployment('two', 'app: two, tier: x'), service('tier: x')]],
    ['to a workload that stays while the other goes', [guarded, one, two, service('app: one')], [guarded, two, service('app: two')]],
  ])('%s gates, in both directions', (_, before, after) => {
    expect(told(before, after)).toEqual([elsewhere]);
    expect(told(after, before)).toEqual([elsewhere]);
  });

  test('to nobody gates, and not where it led to nobody before', () => {
    const lost = '`Service/shop/api` is modified here, and its name no longer leads to `shop/one` nor to any other workload that a manifest declares';
    expect(told([one, service('app: one')], [one, service('app: other')])).toEqual([lost]);
    expect(told([one, service('app: other')], [one, service('app: one')])).toEqual([]);
  });

  test.each([
    ['another port that nothing tells apart', [one, service('app: one')], [deployment('one', 'app: one', 9090), service('app: one', 9090)]],
    ['another port of the same protocol class under a policy for all ports', [guarded, one, service('app: one')], [guarded, deployment('one', 'app: one', 9090), service('app: one', 9090)]],
    ['another workload under the same policies', [guarded, deployment('blue', 'app: one, v: "1"'), deployment('green', 'app: one, v: "2"'), service('app: one, v: "1"')], [guarded, deployment('blue', 'app: one, v: "1"'), deployment('green', 'app: one, v: "2"'), service('app: one, v: "2"')]],
    ['a selector that names the same pods', [guarded, deployment('one', 'app: one, v: "1"'), service('app: one, v: "1"')], [guarded, deployment('one', 'app: one, v: "1"'), service('app: one')]],
    ['pods that are relabelled with it', [one, service('app: one')], [deployment('one', 'app: two'), service('app: two')]],
    ['a workload that comes with it', [guarded, one, service('app: one')], [guarded, two, service('app: two')]],
    ['a port that no longer asks for HTTP, which is told at the pods', [guarded, one, service('app: one')], [guarded, one, service('app: one', 8080, 'tcp')]],
    ['another name of the port', [denied, one, service('app: one')], [denied, one, service('app: one', 8080, 'http-web')]],
  ])('is not one with %s', (_, before, after) => {
    expect(told(before, after)).toEqual([]);
    expect(told(after, before)).toEqual([]);
  });
});
