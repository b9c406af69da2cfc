/** R22 to R27 (`docs/repositories.md`): what the repository does not tell. */
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { resourceId } from '#manifests/resource.ts';
import { folderOf, runCli } from '../../entry/run-cli.ts';
import { brought, edited, judged, told, type Judged } from '../../support/judged.ts';
import { deployment, mtls, namespace, policy } from '../../support/manifests.ts';
import { hasTools, skipped } from '../../support/render-tools.ts';
import { stream, type Files } from '../../support/tree.ts';
import { argo, chart, flux, lax, strict } from './shop.ts';

const needed = hasTools() ? '' : `, ${skipped}`;
const web = deployment({ name: 'web', namespace: 'shop' }, { app: 'web' });
const injected = namespace('shop', { 'istio-injection': 'enabled' });

function assumed({ report }: Judged): readonly string[] {
  return report.coverage.assumptions.map((each) => each.id).filter((id) => id !== 'mesh-config' && !id.startsWith('default:'));
}

describe('R22', () => {
  const bare = mtls({ name: 'default' }, 'STRICT');
  const namespaces = async (files: Files, config = {}): Promise<readonly string[]> => (await judged({}, files, { config })).loaded.environments.flatMap((each) => each.head.resources.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [resourceId(resource)] : [])));

  test.skipIf(!hasTools())(`R22: the unit says the namespace: configuration, Flux, Argo CD, kustomize, Helm${needed}`, async () => {
    expect(await namespaces({ 'a/m.yaml': bare }, { units: [{ path: 'a', namespace: 'one' }] })).toEqual(['PeerAuthentication/one/default']);
    expect(await namespaces({ 'clusters/a.yaml': flux('a', 'a', '  targetNamespace: two\n'), 'a/m.yaml': bare })).toEqual(['PeerAuthentication/two/default']);
    expect(await namespaces({ 'argo/a.yaml': argo('path: a', 'a', 'namespace: three'), 'a/m.yaml': bare })).toEqual(['PeerAuthentication/three/default']);
    expect(await namespaces({ 'k/kustomization.yaml': 'namespace: four\nresources: [m.yaml]\n', 'k/m.yaml': bare })).toEqual(['PeerAuthentication/four/default']);
    const found = await judged({}, { 'c/Chart.yaml': chart, 'c/templates/m.yaml': bare });
    expect(found.loaded.environments[0]?.head.resources.map(resourceId)).toEqual(['PeerAuthentication/shop/default']);
    expect(assumed(found)).toEqual(['release:c']);
  });

  test('R22: else a placeholder that matches only itself, as one assumption', async () => {
    const files: Files = { 'a/m.yaml': stream(bare, policy({ name: 'p' }, 'x')), 'b/w.yaml': stream(deployment({ name: 'web' }, { app: 'web' }), injected, web) };
    const found = await judged(files, { ...files, 'a/m.yaml': stream(mtls({ name: 'default' }, 'DISABLE'), policy({ name: 'p' }, 'x')) });
    expect(assumed(found).filter((id) => id.startsWith('namespace:'))).toEqual(['namespace:~a', 'namespace:~b']);
    expect(told(found).some((each) => each.endsWith(' shop/web') || each.includes('~b'))).toBe(false);
  });

  test('R22: `kubernetes.io/metadata.name` is on every namespace', async () => {
    const network = (name: string): string => `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: near, namespace: shop}\nspec:\n  podSelector: {}\n  policyTypes: [Ingress]\n  ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${name}}}}]}]\n`;
    const files = (name: string): Files => ({ 'a/n.yaml': network(name), 'a/w.yaml': stream(injected, web), 'b/w.yaml': stream(namespace('bank'), deployment({ name: 'ledger', namespace: 'bank' }, { app: 'ledger' })) });
    const found = await judged(files('nobody'), files('bank'));
    expect(found.report.changes.filter((change) => change.direction === 'widened').map((change) => change.callers.open.join())).toEqual([expect.stringContaining('bank')]);
  });

  test('R22, near miss: an object that names its namespace keeps it, and nothing is assumed', async () => {
    const found = await judged({}, { 'a/m.yaml': strict, 'a/w.yaml': stream(injected, web) }, { config: { units: [{ path: 'a', namespace: 'other' }] } });
    expect([found.loaded.environments[0]?.head.resources.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [resourceId(resource)] : [])), assumed(found)]).toEqual([['PeerAuthentication/shop/default'], []]);
  });
});

describe('R23', () => {
  test('R23: neither side tells: one assumption, and changes hold in the world in which it is true', async () => {
    const found = await judged({ 'a/w.yaml': web, 'a/m.yaml': strict }, { 'a/w.yaml': web, 'a/m.yaml': lax });
    expect([told(found), found.report.changes.map((change) => change.assumptions), assumed(found)]).toEqual([['widened mtls shop/web'], [['enrolment:shop']], ['enrolment:shop']]);
  });

  test('R23: where one side is labelled, the other side is known: a label that is taken away is MP401', async () => {
    const found = await judged({ 'a/w.yaml': stream(injected, web), 'a/m.yaml': strict }, { 'a/w.yaml': stream(namespace('shop'), web), 'a/m.yaml': strict });
    expect(brought(found).filter((each) => each.startsWith('MP401'))).toHaveLength(1);
    expect(assumed(found)).toEqual([]);
  });

  test('R23, near miss: a Namespace object that only one side has says it for both, and is no cause', async () => {
    for (const labels of [{ 'istio-injection': 'enabled' }, {}]) {
      const found = await judged({ 'a/w.yaml': web, 'a/m.yaml': strict }, { 'a/w.yaml': stream(web, namespace('shop', labels)), 'a/m.yaml': strict });
      expect([told(found), brought(found), labels]).toEqual([[], [], labels]);
      const back = await judged({ 'a/w.yaml': stream(web, namespace('shop', labels)), 'a/m.yaml': strict }, { 'a/w.yaml': web, 'a/m.yaml': strict });
      expect([told(back), labels]).toEqual([[], labels]);
    }
  });

  test('R23, near miss: a declared namespace without label and without policies is known to be outside', async () => {
    const found = await judged({ 'a/w.yaml': stream(namespace('shop'), web) }, { 'a/w.yaml': stream(namespace('shop'), web.replace('shop:1', 'shop:2')) });
    expect([found.report.coverage.workloads.none, found.report.coverage.workloads.unknown, assumed(found)]).toEqual([1, 0, []]);
  });
});

describe('R24', () => {
  const opened: readonly [Files, Files] = [{ 'a/w.yaml': web, 'a/m.yaml': strict }, { 'a/w.yaml': web, 'a/m.yaml': lax }];

  test('R24: unknown enrolment is one boolean of the namespace; its findings are conditional and gate', async () => {
    const two = deployment({ name: 'cart', namespace: 'shop' }, { app: 'cart' });
    const found = await judged({ ...opened[0], 'a/x.yaml': two }, { ...opened[1], 'a/x.yaml': two });
    expect([assumed(found), found.report.verdict]).toEqual([['enrolment:shop'], 'fail']);
    expect(found.report.findings.filter((finding) => finding.code === 'MP101').map((finding) => finding.certainty)).toEqual(['conditional']);
    // The missing knowledge itself is no finding.
    expect(brought(found).filter((each) => each.startsWith('MP4'))).toEqual([]);
  });

  test('R24: with dataplane labels in sight the world is ambient', async () => {
    const ambient = stream(namespace('bank', { 'istio.io/dataplane-mode': 'ambient' }), deployment({ name: 'ledger', namespace: 'bank' }, { app: 'ledger' }));
    const found = await judged({ ...opened[0], 'b/w.yaml': ambient }, { ...opened[1], 'b/w.yaml': ambient });
    expect(found.report.changes.flatMap((change) => change.enforcementPoints)).toEqual(['ztunnel']);
  });

  test('R24: for the whole mesh: some namespace has such pods', async () => {
    const meshWide = (mode: string): Files => ({ 'a/m.yaml': mtls({ name: 'default', namespace: 'istio-system' }, mode) });
    expect((await judged(meshWide('STRICT'), meshWide('PERMISSIVE'))).report.changes.map((change) => [change.destinations.map((each) => each.id), change.assumptions])).toEqual([[['*/*'], ['enrolment:*']]]);
  });

  test('R24, near miss: where a label tells it the change is proved', async () => {
    const found = await judged({ 'a/w.yaml': stream(injected, web), 'a/m.yaml': strict }, { 'a/w.yaml': stream(injected, web), 'a/m.yaml': lax });
    expect([found.report.changes.map((change) => change.assumptions), found.report.findings.filter((finding) => finding.code === 'MP101').map((finding) => finding.certainty)]).toEqual([[[]], ['proved']]);
  });

  test('R24, near miss: a pod that opts out is outside in both worlds', async () => {
    const out = web.replace('labels: {app: web}\n    spec', 'labels: {app: web, sidecar.istio.io/inject: "false"}\n    spec');
    expect(told(await judged({ 'a/w.yaml': out, 'a/m.yaml': strict }, { 'a/w.yaml': out, 'a/m.yaml': lax })).filter((each) => each.endsWith('shop/web'))).toEqual([]);
  });
});

describe('R25', () => {
  const asks = (paths: string): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ask, namespace: shop}\nspec:\n  action: CUSTOM\n  provider: {name: gate}\n  rules: [{to: [{operation: {paths: ["${paths}"]}}]}]\n`;

  test('R25: a witness carries what was given, and both sides have answered it', async () => {
    const found = await judged({ 'a/w.yaml': web, 'a/m.yaml': strict, 'a/p.yaml': asks('/a*') }, { 'a/w.yaml': web, 'a/m.yaml': lax, 'a/p.yaml': asks('/b*') });
    const witnesses = found.report.changes.map((change) => change.witness);
    expect(witnesses.length).toBeGreaterThan(1);
    for (const witness of witnesses) {
      expect(witness?.given).toMatchObject({ 'enrolment:shop': true });
      expect([witness?.base.verdict, witness?.head.verdict]).not.toContain('unknown');
    }
    expect(found.report.changes.map((change) => change.assumptions)).toContainEqual(['enrolment:shop', 'provider:gate']);
    expect(found.report.gates.find((gate) => gate.id === 'internal')?.failed ?? false).toBe(false);
  });

  test('R25, near miss: without assumptions nothing is given', async () => {
    const found = await judged({ 'a/w.yaml': stream(injected, web), 'a/m.yaml': strict }, { 'a/w.yaml': stream(injected, web), 'a/m.yaml': lax });
    expect(found.report.changes.map((change) => change.witness?.given ?? {})).toEqual([{}]);
  });
});

describe('R26', () => {
  const asking = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ask, namespace: shop}\nspec: {action: CUSTOM, provider: {name: gate}, rules: [{}]}\n';
  const files: Files = { 'a/w.yaml': stream(injected, web), 'a/m.yaml': strict };
  const configured = (provider: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    extensionProviders:\n    - name: ${provider}\n      envoyExtAuthzHttp: {service: gate.shop.svc.cluster.local, port: 80}\n`;
  const broken = async (more: Files): Promise<readonly string[]> => brought(await judged({ ...files, ...more }, { ...files, ...more, 'a/p.yaml': asking })).filter((each) => each.startsWith('MP307'));

  test('R26: without a mesh configuration a named provider is assumed to exist', async () => {
    expect(await broken({})).toEqual([]);
    const found = await judged(files, { ...files, 'a/p.yaml': asking });
    expect(found.report.changes.map((change) => change.assumptions)).toEqual([['provider:gate']]);
    expect(found.report.coverage.assumptions.find((each) => each.id === 'mesh-config')?.text).toContain('external authorization providers that policies name exist');
  });

  test('R26: values of a remote release of Istio are the mesh configuration', async () => {
    const release = (provider: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: istiod, namespace: istio-system}\nspec:\n  chart: {spec: {chart: istiod, version: 1.31.0, sourceRef: {kind: HelmRepository, name: istio}}}\n  values: {meshConfig: {extensionProviders: [{name: ${provider}, envoyExtAuthzHttp: {service: gate.shop.svc.cluster.local, port: 80}}]}}\n`;
    expect([await broken({ 'mesh/r.yaml': release('other') }), await broken({ 'mesh/r.yaml': release('gate') })]).toEqual([[expect.stringContaining('MP307')], []]);
  });

  test('R26, near miss: a mesh configuration that is here, and lacks the provider, is MP307', async () => {
    expect([await broken({ 'mesh/c.yaml': configured('other') }), await broken({ 'mesh/c.yaml': configured('gate') })]).toEqual([[expect.stringContaining('MP307')], []]);
  });
});

describe('R27', () => {
  const asked = (manifests: string, verdict: string): string => JSON.stringify({ id: 'x', manifests, queries: [{ from: { principal: null }, to: { workload: 'shop/web', port: 8080 }, request: { protocol: 'http' }, expect: { verdict } }] });
  const folder = folderOf({
    'outside.json': asked(stream(web, strict), 'allow'),
    'inside.json': asked(stream(injected, web, strict), 'deny'),
    'unknown.json': asked(stream(web, strict), 'unknown'),
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('R27: `test` reads its manifests as the whole cluster: a missing label is "not in the mesh"', async () => {
    expect((await runCli(['test', 'outside.json'], folder)).code).toBe(0);
    expect((await runCli(['test', 'unknown.json'], folder)).code).not.toBe(0);
  });

  test('R27, near miss: a label that is there counts, and a review of the same files assumes', async () => {
    expect((await runCli(['test', 'inside.json'], folder)).code).toBe(0);
    expect(assumed(await judged({}, { 'a/w.yaml': stream(web, strict) }))).toEqual(['enrolment:shop']);
  });
});

test('R22, near miss: a renamed folder keeps its placeholder', async () => {
  const bare = stream(mtls({ name: 'default' }, 'STRICT'), deployment({ name: 'web' }, { app: 'web' }));
  const found = await judged({ 'old/m.yaml': bare }, { 'new/m.yaml': bare });
  expect([edited(found), assumed(found).filter((id) => id.startsWith('namespace:'))]).toEqual([[], ['namespace:~old']]);
});
