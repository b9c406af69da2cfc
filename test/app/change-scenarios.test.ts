/** A question about a change may name callers and destinations as people do: by a workload, by the host of a Service. */
import { describe, expect, test } from 'vitest';
import { judgeEntry } from '../../src/app/scenarios.ts';
import { deployment, namespace, policy } from '../mesh/support.ts';

const ambient = '"istio.io/dataplane-mode": ambient';
const web = [deployment('web/storefront'), deployment('web/batch')];
const api = [deployment('shop/orders'), '{apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: {selector: {app: orders}, ports: [{name: http, port: 80, targetPort: 8080}]}}'];

/** Whether each question's flip is right and lies in a reported change. */
function agrees(base: readonly string[], head: readonly string[], ...asked: readonly { readonly from: string; readonly to: unknown; readonly path?: string; readonly verdicts: readonly [string, string] }[]): readonly boolean[] {
  const queries = asked.map(({ from, to, path, verdicts: [before, after] }) => ({
    from: { workload: from },
    to,
    request: { protocol: 'http', ...(path === undefined ? {} : { path }) },
    expect: { base: { verdict: before }, head: { verdict: after } },
  }));
  const outcome = judgeEntry({ id: 'change', about: '', noise: false, base: base.join('\n---\n'), head: head.join('\n---\n'), queries });
  return outcome.type === 'judged' ? outcome.results.filter(({ query }) => query !== 'changes').map((result) => result.agrees) : [];
}

describe('a calling workload where NetworkPolicies stand', () => {
  const injected = 'istio-injection: enabled';
  const network = (from: string) => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: orders, namespace: shop}, spec: {podSelector: {matchLabels: {app: orders}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: ${from}}}}]}]}}`;
  const objects = [namespace('shop', injected), namespace('web', injected), ...web, ...api];
  const to = { workload: 'shop/orders', port: 8080 };

  test('its labels count in the region, too', () => {
    expect(agrees([...objects, network('storefront')], [...objects, network('batch')], { from: 'web/storefront', to, verdicts: ['allow', 'deny'] }, { from: 'web/batch', to, verdicts: ['deny', 'allow'] })).toEqual([true, true]);
  });

  test('near miss: a caller that is wrongly expected to gain is still a disagreement', () => {
    expect(agrees([...objects, network('storefront')], [...objects, network('batch')], { from: 'web/storefront', to, verdicts: ['deny', 'allow'] })).toEqual([false]);
  });
});

describe('a destination by its host', () => {
  const waypoint = '{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: way, namespace: shop}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}';
  const objects = (label: string) => [namespace('shop', `${ambient}${label}`), namespace('web', ambient), ...web, ...api, waypoint, policy('AuthorizationPolicy', 'shop/admin', 'targetRefs: [{group: "", kind: Service, name: orders}], action: DENY, rules: [{to: [{operation: {paths: ["/admin*"]}}]}]')];
  const to = { host: 'orders.shop.svc.cluster.local', port: 80 };

  test('is looked for in the changes of the workloads behind it', () => {
    expect(agrees(objects(''), objects(', "istio.io/use-waypoint": way'), { from: 'web/storefront', to, path: '/admin/x', verdicts: ['allow', 'deny'] }, { from: 'web/storefront', to, path: '/', verdicts: ['allow', 'allow'] })).toEqual([true, true]);
  });
});
