import { describe, expect, test } from 'vitest';
import { portProtocol } from '../../src/mesh/ports.ts';
import { deployment, meshOf, namespace, policy, service } from './support.ts';

const port = (name: string, number = 8000, appProtocol?: string) => portProtocol({ name, port: number, protocol: 'TCP', appProtocol });

test('the name up to its first dash tells the protocol, appProtocol wins (A4.4)', () => {
  expect(['http', 'http-web', 'HTTP2', 'grpc-web', 'grpc-web-x', 'grpc-x', 'http_proxy'].map((name) => port(name))).toEqual(Array(7).fill('http'));
  expect(['tcp', 'https', 'tls-x', 'mongo', 'redis-cache', 'mysql'].map((name) => port(name))).toEqual(Array(6).fill('tcp'));
  expect(['', 'web', 'httpweb', 'metrics'].map((name) => port(name))).toEqual(Array(4).fill('auto'));
  expect(port('http', 80, 'tcp')).toBe('tcp');
  expect(port('tcp', 80, 'kubernetes.io/h2c')).toBe('http');
  expect(port('http', 80, 'kubernetes.io/wss')).toBe('tcp');
});

test('ports of well-known protocols are TCP where nothing names one', () => {
  expect([25, 53, 3306, 27017, 5432].map((number) => port('x', number))).toEqual(['tcp', 'tcp', 'tcp', 'tcp', 'auto']);
  expect(port('http', 3306)).toBe('http');
});

describe('several Services on one port of a pod', () => {
  const shop = deployment('shop/shop');
  const protocols = (...services: readonly string[]) => meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), shop, ...services).workloads.get('shop/shop')?.ports.filter((each) => each.port < 15000);

  test('the oldest decides, whatever its name', () => {
    const found = protocols(service('shop/a', '{name: http, port: 80, targetPort: 8080}'), service('shop/z', '{name: tcp, port: 81, targetPort: 8080}', 'creationTimestamp: "2020-01-01T00:00:00Z"'));
    expect(found).toEqual([{ port: 8080, protocol: 'tcp', captured: true }]);
  });

  test('of the same second the first by name decides', () => {
    expect(protocols(service('shop/z', '{name: http, port: 80, targetPort: 8080}'), service('shop/a', '{name: tcp, port: 81, targetPort: 8080}'))).toEqual([{ port: 8080, protocol: 'tcp', captured: true }]);
  });

  const head = (seniors: readonly string[]) =>
    meshOf({ seniors: new Set(seniors) }, namespace('shop', 'istio-injection: enabled'), shop, service('shop/z', '{name: http, port: 80, targetPort: 8080}'), service('shop/a', '{name: tcp, port: 81, targetPort: 8080}'))
      .workloads.get('shop/shop')
      ?.ports.find((each) => each.port === 8080)?.protocol;

  test('what the base side has is older than what the head adds, whatever its name', () => {
    expect(head(['Service/shop/z'])).toBe('http');
  });

  test('near miss: of two that the base side has, or that the head adds, the first by name decides', () => {
    expect([head(['Service/shop/a', 'Service/shop/z']), head([])]).toEqual(['tcp', 'tcp']);
  });

  test('a named target port is the container’s; one that no container has is nothing', () => {
    expect(protocols(service('shop/a', '{name: grpc, port: 80, targetPort: web}, {name: tcp, port: 81, targetPort: nowhere}'))).toEqual([{ port: 8080, protocol: 'http', captured: true }]);
  });

  test('a UDP port is one too: TCP to its number is L4 only', () => {
    expect(protocols(service('shop/a', '{name: http-u, port: 53, protocol: UDP}'))?.map((each) => each.protocol)).toEqual(['udp']);
  });

  test('a Sidecar with ingress listeners replaces them (M12), one without does not', () => {
    const web = service('shop/a', '{name: http, port: 80, targetPort: 8080}');
    const sidecar = (spec: string) => `{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: s, namespace: shop}, spec: {${spec}}}`;
    expect(protocols(web, sidecar('ingress: [{port: {number: 9000, protocol: TCP, name: x}, defaultEndpoint: "127.0.0.1:9000"}]'))).toEqual([{ port: 9000, protocol: 'tcp', captured: true }]);
    expect(protocols(web, sidecar('egress: [{hosts: ["./*"]}]'))).toEqual([{ port: 8080, protocol: 'http', captured: true }]);
  });
});

test('a policy kind is no workload', () => {
  expect([...meshOf({}, policy('PeerAuthentication', 'shop/x', 'mtls: {mode: STRICT}')).workloads.keys()]).toEqual([]);
});
