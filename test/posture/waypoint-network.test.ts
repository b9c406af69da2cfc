/** Between a waypoint and the pod behind it there is a network of its own, port by port (M142): the layers say what `decide` says. */
import { describe, expect, test } from 'vitest';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide, passesBehindWaypoint } from '#posture/answer.ts';
import { throughNetworkPaths } from '#posture/network-paths.ts';
import { pathsTo } from '#posture/paths.ts';
import { pointOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import { waypointNetworks } from '#posture/waypoint-network.ts';
import { passes } from '#sets/evaluate.ts';

const shop = (policy: string, labels = ''): Mesh =>
  closedMesh(readManifests(`apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {${labels}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock, namespace: shop}
spec: {selector: {matchLabels: {app: stock}}, template: {metadata: {labels: {app: stock}}, spec: {containers: [{name: main, image: example/stock, ports: [{name: web, containerPort: 8080}, {name: admin, containerPort: 9000}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: stock, namespace: shop, labels: {istio.io/use-waypoint: door}}
spec: {selector: {app: stock}, ports: [{name: http-web, port: 80, targetPort: 8080}, {name: http-admin, port: 90, targetPort: 9000}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {gatewayClassName: istio-waypoint}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: door-out, namespace: shop}
spec: {${policy}}
`));
const to = (port: number): Query => ({ from: { principal: 'cluster.local/ns/web/sa/till', pod: { namespace: 'web', labels: {} }, client: 'ambient' }, to: { host: 'stock.shop.svc.cluster.local', port }, request: { protocol: 'http' } });

function verdicts(mesh: Mesh, query: Query): readonly string[] {
  const workload = mesh.workloads.get('shop/stock');
  if (workload === undefined) throw new Error('no such workload');
  const posture = throughNetworkPaths(pathsTo(mesh, workload), mesh, workload);
  const point = pointOf(mesh, workload, query, posture);
  return [decide(mesh, query).verdict, point !== undefined && passes(posture.sure, point) ? 'allow' : 'deny'];
}

const out = (port: string): string => `podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: door}}, policyTypes: [Egress], egress: [{ports: [{port: ${port}}]}]`;

describe('what a waypoint is let out to', () => {
  test.each([
    ['a number', '8080', ['allow', 'allow'], ['deny', 'deny']],
    ['a name', 'admin', ['deny', 'deny'], ['allow', 'allow']],
    ['the port of tunnels, which nothing is here', '15008', ['deny', 'deny'], ['deny', 'deny']],
  ])('port by port: %s', (_, port, web, admin) => {
    const mesh = shop(out(port));
    expect([verdicts(mesh, to(80)), verdicts(mesh, to(90))]).toEqual([web, admin]);
  });

  test('in a tunnel there is one port', () => {
    const ambient = 'istio.io/dataplane-mode: ambient';
    expect([verdicts(shop(out('8080'), ambient), to(80)), verdicts(shop(out('15008'), ambient), to(80)), verdicts(shop(out('15008'), ambient), to(90))]).toEqual([['deny', 'deny'], ['allow', 'allow'], ['allow', 'allow']]);
  });

  test('the name of the asked port is none of the waypoint’s own', () => {
    const into = shop('podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: door}}, policyTypes: [Ingress], ingress: [{ports: [{port: web}]}]');
    expect(verdicts(into, { ...to(80), given: { 'opaque:port-name web': true } })).toEqual(['deny', 'deny']);
  });
});

describe('the network behind a waypoint alone', () => {
  test('answers whatever the waypoint says, and lets pass where there is no waypoint', () => {
    const mesh = shop(out('8080'));
    expect([to(80), to(90), { ...to(90), from: { principal: null } }].map((query) => passesBehindWaypoint(mesh, query))).toEqual([true, false, true]);
  });

  test('moves with the ports that are open, and is empty where no waypoint stands', () => {
    const key = (mesh: Mesh): string => {
      const workload = mesh.workloads.get('shop/stock');
      if (workload === undefined) throw new Error('no such workload');
      return waypointNetworks(mesh, workload, pathsTo(mesh, workload)).key;
    };
    const [eighty, ninety] = [shop(out('8080')), shop(out('9000'))].map(key);
    expect(eighty).not.toBe(ninety);
    const bare = shop(out('8080'));
    expect(key({ ...bare, resources: new Map([...bare.resources].filter(([kind]) => kind !== 'KubernetesGateway')) })).toBe('');
  });
});
