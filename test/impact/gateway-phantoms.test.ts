/** Gateways whose pods no manifest declares: the selector of a Gateway stands for them, and what changes there is told under a named assumption (R29, M110). */
import { describe, expect, test } from 'vitest';
import type { Report } from '#report/report.ts';
import { gateway, routes, shop, to } from '../support/edge.ts';
import { changesIn, gate, newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const files = (...objects: readonly string[]): Files => ({ 'shop.yaml': stream(shop, ...objects) });
const api = to('orders', 'uri: {prefix: /api}');
const admin = to('admin', 'uri: {prefix: /admin}');
const atPods = (namespace: string, rules: string, selector = 'istio: ingressgateway'): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: edge, namespace: ${namespace}}\nspec: {selector: {matchLabels: {${selector}}}, action: DENY, rules: [${rules}]}\n`;
const places = (report: Report): readonly string[] => report.changes.flatMap(({ direction, destinations }) => destinations.map(({ id }) => `${direction} ${id}`));

describe('a route to a gateway that Istio\'s installation brings', () => {
  const report = reviewed(files(gateway(), routes(api)), files(gateway(), routes(`${api}, ${admin}`)));

  test('is told with the assumption, a request that proves it and its cause, and gates as a finding', () => {
    expect(changesIn(report)).toEqual(['widened ingress']);
    const [change] = report.changes;
    expect(change?.headline).toBe('anyone outside may now reach `shop/admin:80 through istio-system/istio=ingressgateway:443` with path `/admin*`, host `shop.example.com`, with TLS of its own');
    expect(change?.assumptions).toEqual(['gateway:istio-system/istio=ingressgateway']);
    expect(report.coverage.assumptions.find(({ id }) => id === 'gateway:istio-system/istio=ingressgateway')?.text).toContain('gateway pods labelled `istio=ingressgateway`, which no manifest declares, run in the namespace `istio-system`');
    expect(change?.witness).toMatchObject({ to: { gateway: 'istio-system/istio=ingressgateway', port: 443, backend: 'shop/admin:80' }, base: { verdict: 'deny', layer: 'routing' }, head: { verdict: 'allow' } });
    expect(change?.causes.map(({ resource }) => resource)).toEqual(['VirtualService/shop/web']);
    expect(report.incompleteReasons).toEqual([]);
    expect(newCodes(report)).toEqual(['MP501 critical']);
    expect(gate(report, 'findings')).toBe(true);
  });

  test('and taken away again it closes', () => {
    expect(places(reviewed(files(gateway(), routes(`${api}, ${admin}`)), files(gateway(), routes(api))))).toEqual(['narrowed shop/admin:80 through istio-system/istio=ingressgateway:443']);
  });

  test('in other words moves nothing', () => {
    const same = reviewed(files(gateway(), routes(`${api}, ${admin}`)), files(gateway(), routes(`${admin}, ${api}`)));
    expect(changesIn(same)).toEqual([]);
    expect(same.incompleteReasons).toEqual([]);
  });
});

describe('where the pods are', () => {
  const between = (...objects: readonly string[]): readonly string[] => places(reviewed(files(gateway(), routes(api), ...objects), files(gateway(), routes(`${api}, ${admin}`), ...objects)));
  const exposed = 'apiVersion: v1\nkind: Service\nmetadata: {name: edge, namespace: edge}\nspec: {type: LoadBalancer, selector: {app: istio-ingressgateway}, ports: [{name: https, port: 443, targetPort: 8443}]}\n';

  test('a Service tells, by either label of the installation', () => {
    expect(between(exposed)).toEqual(['widened shop/admin:80 through edge/istio=ingressgateway:443']);
  });

  test('policies for such pods tell, in a namespace that has nothing else', () => {
    expect(between(atPods('edge', '{to: [{operation: {paths: ["/x"]}}]}'))).toEqual(['widened shop/admin:80 through edge/istio=ingressgateway:443']);
  });
});

describe('a policy for the pods', () => {
  const [loose, tight] = [files(gateway(), routes(api)), files(gateway(), routes(api), atPods('istio-system', '{to: [{operation: {paths: ["/api/internal*"]}}]}'))];

  test('is told of what comes through, not of the pods', () => {
    const report = reviewed(tight, loose);
    expect(places(report)).toEqual(['widened shop/orders:80 through istio-system/istio=ingressgateway:443']);
    expect(report.changes[0]?.region.cubes[0]?.paths).toEqual({ only: ['/api/internal*'] });
  });

  test('by the other label of the installation acts there, too', () => {
    expect(places(reviewed(files(gateway(), routes(api), atPods('istio-system', '{to: [{operation: {paths: ["/api/internal*"]}}]}', 'app: istio-ingressgateway')), loose))).toEqual(['widened shop/orders:80 through istio-system/istio=ingressgateway:443']);
  });

  test('of other labels does not', () => {
    expect(places(reviewed(files(gateway(), routes(api), atPods('istio-system', '{}', 'app: other')), loose)).some((place) => place.includes('through'))).toBe(false);
  });

  test('without any route is told of the pods', () => {
    expect(places(reviewed(files(gateway(), atPods('istio-system', '{to: [{operation: {paths: ["/api*"]}}]}')), files(gateway())))).toEqual(['widened */istio=ingressgateway']);
  });
});

describe('a selector that finds pods', () => {
  const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ingress, namespace: edge}\nspec: {selector: {matchLabels: {istio: ingressgateway}}, template: {metadata: {labels: {istio: ingressgateway}}, spec: {serviceAccountName: ingress, containers: [{name: istio-proxy, image: auto}]}}}\n';
  test('stands for nobody else', () => {
    expect(places(reviewed(files(deployment, gateway(), routes(api)), files(deployment, gateway(), routes(`${api}, ${admin}`))))).toEqual(['widened shop/admin:80 through edge/ingress:443']);
  });
});

describe('what stands behind a gateway of which nobody declares the pods', () => {
  const meshed = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: bank, labels: {istio-injection: enabled}}\n';
  const pods = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ledger, namespace: bank}\nspec: {selector: {matchLabels: {app: ledger}}, template: {metadata: {labels: {app: ledger}}, spec: {serviceAccountName: ledger, containers: [{name: main, image: registry.example/ledger:1, ports: [{containerPort: 8080}]}]}}}\n';
  const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: ledger, namespace: bank}\nspec: {selector: {app: ledger}, ports: [{name: http, port: 80, targetPort: 8080}]}\n';
  const policy = (rules: string, action = 'ALLOW'): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ledger, namespace: bank}\nspec: {action: ${action}, rules: [${rules}]}\n`;
  const route = to('ledger.bank.svc.cluster.local', 'uri: {prefix: /bank}');
  const between = (...more: readonly string[]): unknown => {
    const same = [gateway(), meshed, pods, service, ...more];
    const report = reviewed(files(...same, routes(api)), files(...same, routes(`${route}, ${api}`)));
    return report.changes.map(({ direction, region }) => [direction, region.cubes[0]?.paths]);
  };
  const from = (principal: string, path: string): string => `{from: [{source: {principals: ["${principal}"]}}], to: [{operation: {paths: ["${path}"]}}]}`;

  test('is asked with an account that policies name there', () => {
    expect(between(policy(from('cluster.local/ns/istio-system/sa/istio-ingress', '/bank/public*')))).toEqual([['widened', { only: ['/bank/public*'] }]]);
    expect(between(policy(from('cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account', '/bank/public*')))).toEqual([['widened', { only: ['/bank/public*'] }]]);
  });

  test('stops what no account of its namespace comes past', () => {
    expect(between(policy(from('cluster.local/ns/bank/sa/teller', '/bank*')))).toEqual([['latent-widened', { only: ['/bank*'] }]]);
    expect(between(policy('{to: [{operation: {paths: ["/other*"]}}]}'))).toEqual([['latent-widened', { only: ['/bank*'] }]]);
  });

  test('takes no account for the gateway\'s that is named like another, where one is named like a gateway', () => {
    expect(between(policy(`${from('cluster.local/ns/istio-system/sa/prometheus', '/bank/metrics')}, ${from('cluster.local/ns/istio-system/sa/edge-gateway', '/bank/public*')}`))).toEqual([['widened', { only: ['/bank/public*'] }]]);
  });

  test('is refused by a DENY only where whoever it is would be', () => {
    expect(between(policy('{from: [{source: {principals: ["cluster.local/ns/istio-system/sa/istio-ingress"]}}]}', 'DENY'))).toEqual([['widened', { only: ['/bank*'] }]]);
    expect(between(policy('{from: [{source: {namespaces: [istio-system]}}]}', 'DENY'))).toEqual([['latent-widened', { only: ['/bank*'] }]]);
  });
});
