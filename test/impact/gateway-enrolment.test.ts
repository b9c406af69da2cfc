/** Pods that become a gateway, or no longer are one: what their proxy routes is one condition that both sides share. */
import { expect, test } from 'vitest';
import { namespace } from '../support/manifests.ts';
import { gate, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const pods = (labels: Readonly<Record<string, string>>): Files => ({
  'a.yaml': stream(
    'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: mesh, namespace: istio-system}\nspec: {profile: minimal}\n',
    namespace('gw', labels),
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress, namespace: gw}
spec:
  selector: {matchLabels: {app: ingress}}
  template:
    metadata: {labels: {app: ingress}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
`,
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: gw}\nspec: {selector: {matchLabels: {app: ingress}}, rules: [{to: [{operation: {ports: ["8080"]}}]}]}\n',
  ),
});

const [outside, inside] = [pods({ 'istio.io/rev': 'elsewhere' }), pods({ 'istio-injection': 'enabled' })];

test.each([[outside, inside, 'narrowed', ['allow', 'deny']], [inside, outside, 'widened', ['deny', 'allow']]] as const)('a proxy that comes or goes moves what it does not route', (base, head, direction, verdicts) => {
  const report = reviewed(base, head);
  expect(report.changes.map((change) => [change.direction, change.destinations[0]?.id, change.witness?.base.verdict, change.witness?.head.verdict, Object.values(change.witness?.given ?? {})])).toEqual([[direction, 'gw/ingress', ...verdicts, [false]]]);
  expect(gate(report, 'internal')).toBe(false);
});

test('a gateway that stays one, by whatever label, is no change', () => {
  expect(reviewed(inside, pods({ 'istio.io/rev': 'default' })).changes).toEqual([]);
});
