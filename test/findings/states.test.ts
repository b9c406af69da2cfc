import { describe, expect, test } from 'vitest';
import { runDetectors } from '#findings/run.ts';
import type { Finding } from '#findings/finding.ts';
import { decodeDocument } from '#manifests/decode.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { buildMesh } from '#mesh/build.ts';
import { parseStream } from '#source/documents.ts';

function read(text: string): readonly AnyResource[] {
  return parseStream(text).flatMap((document, index) => {
    const decoded = decodeDocument(document.value, { origin: { file: 'a.yaml', blob: text, document: index }, unit: 'a', defaultNamespace: 'shop' });
    return decoded.type === 'resources' ? decoded.resources : [];
  });
}

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n';
const deployment = (name: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "9000"}}\n    spec: {serviceAccountName: ${name}, containers: [{name: main, image: "a:1", ports: [{containerPort: 8080}]}]}\n`;
const mtls = (name: string, mode: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}, namespace: shop}\nspec: {mtls: {mode: ${mode}}}\n`;

function run(base: readonly string[] | undefined, head: readonly string[], renamed: Readonly<Record<string, string>> = {}): readonly Finding[] {
  const side = (documents: readonly string[]): { mesh: ReturnType<typeof buildMesh>; all: readonly AnyResource[] } => {
    const all = read(documents.join('---\n'));
    return { mesh: buildMesh(all), all };
  };
  return runDetectors({ environments: [{ id: 'default', base: base === undefined ? undefined : side(base), head: side(head), renamed: new Map(Object.entries(renamed)) }], changes: [], incompleteReasons: [], locate: () => undefined });
}

const told = (findings: readonly Finding[]): readonly string[] => findings.filter((finding) => finding.status !== 'existing').map((finding) => `${finding.status} ${finding.code} ${finding.resource}`);

describe('a state', () => {
  test('is existing in a snapshot', () => {
    const findings = run(undefined, [namespace, deployment('web'), mtls('default', 'PERMISSIVE')]);
    expect(findings.map((finding) => finding.code)).toEqual(expect.arrayContaining(['MP103', 'MP205', 'MP404']));
    expect(told(findings)).toEqual([]);
  });

  test('is new where it was not, and fixed where it no longer is', () => {
    const open = [namespace, deployment('web'), mtls('default', 'PERMISSIVE')];
    const closed = [namespace, deployment('web'), mtls('default', 'STRICT')];
    expect(told(run(closed, open))).toEqual(['new MP103 PeerAuthentication/shop/default']);
    expect(told(run(open, closed))).toEqual(['fixed MP103 PeerAuthentication/shop/default']);
  });

  test('is worsened where it affects one more workload', () => {
    expect(told(run([namespace, deployment('web')], [namespace, deployment('web'), deployment('cart')]))).toEqual(['new MP404 shop/cart', 'worsened MP103 Namespace/shop', 'worsened MP205 Namespace/shop', 'worsened MP702 Namespace/shop']);
  });

  test('of a workload that only now has a proxy is as before: without one it was no safer', () => {
    const outside = (name: string): string => deployment(name).replace(`labels: {app: ${name}}, annotations`, `labels: {app: ${name}, sidecar.istio.io/inject: "false"}, annotations`);
    const rules = /MP103|MP205|MP702/u;
    expect(told(run([namespace, outside('web')], [namespace, deployment('web')])).filter((each) => rules.test(each))).toEqual([]);
    expect(told(run([namespace, deployment('web')], [namespace, outside('web')])).filter((each) => rules.test(each))).toEqual([]);
    expect(told(run([namespace, deployment('cart'), outside('web')], [namespace, deployment('cart'), deployment('web')])).filter((each) => rules.test(each))).toEqual([]);
    expect(told(run([namespace, outside('web')], [namespace, outside('web'), deployment('cart')])).filter((each) => rules.test(each))).toHaveLength(3);
  });

  test('of one port is no news where all ports were open', () => {
    const exception = (spec: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: web, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}, mtls: {${spec}}${spec === 'mode: STRICT' ? ', portLevelMtls: {8080: {mode: PERMISSIVE}}' : ''}}\n`;
    const closed = mtls('default', 'STRICT');
    const open = exception('mode: PERMISSIVE');
    expect(told(run([namespace, deployment('web'), closed, open], [namespace, deployment('web'), closed, exception('mode: STRICT')])).filter((each) => /MP10[34]/u.test(each) && !each.startsWith('fixed'))).toEqual([]);
    expect(told(run([namespace, deployment('web'), closed], [namespace, deployment('web'), closed, exception('mode: STRICT')])).filter((each) => each.includes('MP104'))).toEqual(['new MP104 PeerAuthentication/shop/web']);
  });

  test('that is worsened says what is affected only now', () => {
    const found = run([namespace, deployment('web')], [namespace, deployment('web'), deployment('cart')]).find((finding) => finding.code === 'MP103');
    expect(found?.message).toMatch(/; only since this change: `shop\/cart`$/u);
  });

  test('is as before where a Service only names a port that was open, and worse where a policy opens that port', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}\n';
    expect(told(run([namespace, deployment('web')], [namespace, deployment('web'), service]))).toEqual([]);
    expect(told(run([namespace, deployment('web'), service], [namespace, deployment('web')]))).toEqual([]);
    const exception = (mode: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: web, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: ${mode}}}}\n`;
    expect(told(run([namespace, deployment('web'), service, exception('STRICT')], [namespace, deployment('web'), service, exception('DISABLE')])).filter((each) => each.includes('MP103'))).toEqual(['new MP103 PeerAuthentication/shop/web']);
  });

  test('of a policy is as before where the only workload that it selects is gone, and new where it selects others', () => {
    const everything = (app: string): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: open, namespace: shop}\nspec: {selector: {matchLabels: {app: ${app}}}, rules: [{}]}\n`;
    const ofRule = (base: readonly string[], head: readonly string[]): readonly string[] => told(run(base, head)).filter((each) => each.includes('MP206'));
    expect(ofRule([namespace, deployment('web'), deployment('cart'), everything('cart')], [namespace, deployment('web'), everything('cart')])).toEqual([]);
    expect(ofRule([namespace, deployment('web'), deployment('cart'), everything('cart')], [namespace, deployment('web'), everything('bank')])).toEqual(['worsened MP206 AuthorizationPolicy/shop/open']);
  });

  test('is neither new nor fixed where only a policy is renamed', () => {
    expect(told(run([namespace, deployment('web'), mtls('default', 'PERMISSIVE')], [namespace, deployment('web'), mtls('renamed', 'PERMISSIVE')]))).toEqual([]);
  });

  test('is neither new nor fixed where only a workload is renamed', () => {
    const base = [namespace, deployment('web')];
    const head = [namespace, deployment('web').replace('name: web, namespace', 'name: front, namespace')];
    expect(told(run(base, head, { 'shop/front': 'shop/web' }))).toEqual([]);
    expect(told(run(base, head)).length).toBeGreaterThan(0);
  });
});

test('a route to a workload that other requests reached from outside already says so', () => {
  const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}\n';
  const route = (path: string): string => `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\nspec: {rules: [{host: shop.example.com, http: {paths: [{path: ${path}, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n`;
  const messages = (base: readonly string[], head: readonly string[]): readonly string[] => run(base, head).filter((finding) => finding.code === 'MP501').map((finding) => finding.message.split('; ').at(-1) ?? '');
  const shop = [namespace, deployment('web'), service];
  expect(messages(shop, [...shop, route('/models')])).toEqual(['before this change nothing led there from outside']);
  expect(messages([...shop, route('/old')], [...shop, route('/models')])).toEqual(['before this change only other requests were led there from outside']);
});

describe('findings', () => {
  test('come in one order, worst first', () => {
    const findings = run(undefined, [namespace, deployment('web'), deployment('cart'), mtls('default', 'PERMISSIVE')]);
    const reordered = run(undefined, [mtls('default', 'PERMISSIVE'), deployment('cart'), deployment('web'), namespace]);
    expect(reordered).toEqual(findings);
    expect(findings[0]?.severity).toBe('high');
  });
});
