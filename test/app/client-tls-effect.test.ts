import { describe, expect, test } from 'vitest';
import { movesClientTls } from '#app/client-tls-effect.ts';
import { closedMesh, readManifests } from '#app/scenarios.ts';

const world = (mode: string, injected = 'enabled'): string => `
apiVersion: v1
kind: Namespace
metadata: {name: pantry, labels: {istio-injection: ${injected}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock, namespace: pantry}
spec:
  selector: {matchLabels: {app: stock}}
  template:
    metadata: {labels: {app: stock}}
    spec: {containers: [{name: app, image: stock, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: stock, namespace: pantry}
spec: {selector: {app: stock}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: pantry}
spec: {mtls: {mode: ${mode}}}
`;

const rule = (policy: string): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: pantry}
spec:
  host: stock
  trafficPolicy: ${policy}
`;

function moves(base: string, head: string, mesh = world('STRICT')): boolean {
  const sides = { base: readManifests(`${mesh}---${base}`), head: readManifests(`${mesh}---${head}`) };
  const of = (resources: typeof sides.base): (typeof sides.base)[number] | undefined => resources.find((resource) => resource.kind === 'DestinationRule');
  return movesClientTls(
    { resource: 'DestinationRule/pantry/stock', environments: ['default'], change: 'modified', base: of(sides.base), head: of(sides.head) },
    [{ id: 'default', base: closedMesh(sides.base), head: closedMesh(sides.head) }],
  );
}

describe('a changed DestinationRule', () => {
  test('pools and outlier detection move nothing', () => {
    expect(moves(rule('{connectionPool: {tcp: {maxConnections: 5}}}'), rule('{outlierDetection: {consecutive5xxErrors: 3}}'))).toBe(false);
  });

  test('a port entry without `tls` under mutual TLS leaves automatic mutual TLS (M40)', () => {
    expect(moves(rule('{tls: {mode: ISTIO_MUTUAL}}'), rule('{tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}, connectionPool: {tcp: {maxConnections: 5}}}]}'))).toBe(false);
  });

  test('the same entry under SIMPLE sends plaintext (M42)', () => {
    expect(moves(rule('{tls: {mode: SIMPLE}}'), rule('{tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 80}, connectionPool: {tcp: {maxConnections: 5}}}]}'))).toBe(true);
  });

  test('a `tls` block without a mode means DISABLE', () => {
    expect(moves(rule('{}'), rule('{tls: {sni: stock}}'))).toBe(true);
  });

  test('written mutual TLS is more than automatic where a pod has no proxy', () => {
    expect(moves(rule('{}'), rule('{tls: {mode: ISTIO_MUTUAL}}'), world('STRICT', 'disabled'))).toBe(true);
    expect(moves(rule('{}'), rule('{tls: {mode: ISTIO_MUTUAL}}'))).toBe(false);
  });

  test('written mutual TLS is more than automatic where the server takes none', () => {
    expect(moves(rule('{}'), rule('{tls: {mode: ISTIO_MUTUAL}}'), world('DISABLE'))).toBe(true);
  });
});
