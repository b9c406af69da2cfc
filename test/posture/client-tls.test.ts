/** What a client's manifests say of its TLS (M33 to M48), and whether the pod takes it. */
import { describe, expect, test } from 'vitest';
import type { Mesh } from '#mesh/model.ts';
import { autoMutualTls, writtenClientTls } from '#posture/client-tls.ts';
import { deployment, meshOf, namespace, policy, service } from '../mesh/support.ts';

const shop = [namespace('shop', 'istio-injection: enabled'), namespace('web', 'istio-injection: enabled'), deployment('shop/shop'), deployment('web/front')];
const ports = '{name: http, port: 80, targetPort: 8080}, {name: http-other, port: 81, targetPort: 8081}';
const rule = (spec: string): string => `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: rule, namespace: shop}, spec: {host: shop, ${spec}}}`;
const tls = (mode: string): string => `trafficPolicy: {tls: {mode: ${mode}}}`;

function written(port: number, ...documents: readonly string[]): unknown {
  const mesh = meshOf({ world: 'closed' }, ...shop, ...documents);
  const [client, pod] = ['web/front', 'shop/shop'].map((id) => mesh.workloads.get(id));
  if (client === undefined || pod === undefined) throw new Error('no workloads');
  return writtenClientTls(mesh, client, pod, port);
}

describe('what a rule writes', () => {
  const plain = service('shop/shop', ports);

  test('is automatic where no rule, no Service or no port speaks', () => {
    expect(written(8080, plain)).toEqual({ sends: 'auto' });
    expect(written(8080, rule(tls('DISABLE')))).toEqual({ sends: 'auto' });
    expect(written(9999, plain, rule(tls('DISABLE')))).toEqual({ sends: 'auto' });
    expect(written(8080, plain, rule('trafficPolicy: {connectionPool: {tcp: {maxConnections: 1}}}'))).toMatchObject({ sends: 'auto' });
  });

  test('is what its block says for the port', () => {
    expect(written(8080, plain, rule(tls('DISABLE')))).toMatchObject({ sends: 'plaintext' });
    expect(written(8080, plain, rule(tls('ISTIO_MUTUAL')))).toMatchObject({ sends: 'mutual' });
    const one = rule('trafficPolicy: {portLevelSettings: [{port: {number: 81}, tls: {mode: DISABLE}}]}');
    expect(written(8081, plain, one)).toMatchObject({ sends: 'plaintext' });
    expect(written(8080, plain, one)).toMatchObject({ sends: 'auto' });
  });

  test('is undecided where it is the client’s own TLS, or a subset says otherwise', () => {
    const by = { undecided: 'DestinationRule/shop/rule' };
    expect(written(8080, plain, rule(tls('SIMPLE')))).toEqual(by);
    expect(written(8080, plain, rule(`${tls('ISTIO_MUTUAL')}, subsets: [{name: v2, labels: {version: v2}, ${tls('DISABLE')}}]`))).toEqual(by);
    expect(written(8080, plain, rule(`subsets: [{name: v2, labels: {version: v2}, ${tls('SIMPLE')}}]`))).toEqual(by);
    expect(written(8080, plain, rule(`${tls('ISTIO_MUTUAL')}, subsets: [{name: v2, labels: {version: v2}, ${tls('ISTIO_MUTUAL')}}]`))).toMatchObject({ sends: 'mutual' });
  });

  test('is undecided where two Services lead to the port and say different things', () => {
    const other = service('shop/other', '{name: http, port: 80, targetPort: 8080}');
    expect(written(8080, plain, other, rule(tls('DISABLE')))).toEqual({ undecided: 'DestinationRule/shop/rule' });
    expect(written(8081, plain, other, rule(tls('DISABLE')))).toMatchObject({ sends: 'plaintext' });
  });
});

describe('automatic mutual TLS', () => {
  const auto = (port: number, documents: readonly string[], more = ''): boolean => {
    const mesh: Mesh = meshOf({ world: 'closed' }, ...shop.slice(0, 2), deployment('shop/shop', more), ...documents);
    const pod = mesh.workloads.get('shop/shop');
    if (pod === undefined) throw new Error('no workload');
    return autoMutualTls(mesh, pod, port);
  };
  const mode = (spec: string, place = 'shop/mode'): string => policy('PeerAuthentication', place, spec);

  test('is used towards a sidecar that takes it', () => {
    expect(auto(8080, [])).toBe(true);
    expect(auto(8080, [mode('mtls: {mode: STRICT}')])).toBe(true);
    expect(auto(8080, [mode('mtls: {mode: DISABLE}')])).toBe(false);
    expect(auto(8080, [], 'security.istio.io/tlsMode: disabled')).toBe(false);
    expect(auto(8080, [], 'security.istio.io/tlsMode: istio')).toBe(true);
  });

  test('is off where the namespace or the mesh says so, whatever the pod’s own policy says (M47)', () => {
    const own = (name: string): string => mode(`selector: {matchLabels: {app: shop}}, mtls: {mode: ${name}}`, 'shop/own');
    expect(auto(8080, [mode('mtls: {mode: DISABLE}'), own('STRICT')])).toBe(false);
    expect(auto(8080, [mode('mtls: {mode: DISABLE}', 'istio-system/mode'), own('STRICT')])).toBe(false);
    expect(auto(8080, [mode('mtls: {mode: STRICT}'), own('PERMISSIVE')])).toBe(true);
  });

  test('port by port', () => {
    const ported = mode('selector: {matchLabels: {app: shop}}, mtls: {mode: STRICT}, portLevelMtls: {"8080": {mode: DISABLE}}');
    expect([auto(8080, [ported]), auto(8081, [ported])]).toEqual([false, true]);
  });
});
