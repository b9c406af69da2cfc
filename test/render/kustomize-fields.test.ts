/** Fields of a kustomization that take more than resources: what they do is in force, and a file behind them is an input of the unit. */
import { describe, expect, test } from 'vitest';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { renderOne, renderPair, type RenderTest } from '../support/render.ts';
import { changes } from '../support/load.ts';
import { bin, hasTools, skipped } from '../support/render-tools.ts';
import { mtls } from '../support/manifests.ts';
import { type Files } from '../support/tree.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const helm3: RenderTest = { options: { tools: { searchPath: bin, helm: 'helm3', untrusted: [] } } };
const chart: Files = {
  'k/charts/c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
  'k/charts/c/values.yaml': 'mode: STRICT\n',
  'k/charts/c/templates/m.yaml': 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: "{{ .Values.mode }}"}}\n',
};

const shown = (resource: AnyResource): string => `${resourceId(resource)}${resource.kind === 'PeerAuthentication' ? ` ${resource.spec.mode}` : ''}`;

async function rendered(files: Files, options: RenderTest = {}): Promise<readonly string[]> {
  const { loaded } = await renderOne(files, options);
  return [...loaded.incompleteReasons.map((each) => each.reason), ...loaded.environments.flatMap((each) => each.head.all.map(shown))];
}

describe.skipIf(!hasTools())(`a kustomization with${hasTools() ? '' : `, ${skipped}`}`, () => {
  const cases: readonly (readonly [string, Files, string, string, RenderTest])[] = [
    ['a component', { 'k/kustomization.yaml': 'resources: [m.yaml]\ncomponents: [../comp]\n', 'k/m.yaml': strict, 'comp/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]\n', 'comp/p.yaml': mtls({ name: 'default', namespace: 'shop' }, 'STRICT') }, 'comp/p.yaml', 'STRICT', {}],
    ['a replacement in a file', { 'k/kustomization.yaml': 'resources: [m.yaml, s.yaml]\nreplacements: [{path: r.yaml}]\n', 'k/m.yaml': strict, 'k/s.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s, namespace: shop}\ndata: {one: STRICT, two: DISABLE}\n', 'k/r.yaml': 'source: {kind: ConfigMap, name: s, fieldPath: data.one}\ntargets: [{select: {kind: PeerAuthentication}, fieldPaths: [spec.mtls.mode]}]\n' }, 'k/r.yaml', 'data.one', {}],
    ['a patch transformer in a file', { 'k/kustomization.yaml': 'resources: [m.yaml]\ntransformers: [t.yaml]\n', 'k/m.yaml': strict, 'k/t.yaml': 'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: p.yaml\ntarget: {kind: PeerAuthentication}\n', 'k/p.yaml': '- {op: replace, path: /spec/mtls/mode, value: STRICT}\n' }, 'k/p.yaml', 'STRICT', {}],
    ['a chart of `helmCharts`', { ...chart, 'k/kustomization.yaml': 'helmCharts: [{name: c, valuesFile: v.yaml}]\n', 'k/v.yaml': 'mode: STRICT\n' }, 'k/v.yaml', 'STRICT', helm3],
    ['a chart of a generator in a file', { ...chart, 'k/kustomization.yaml': 'generators: [g.yaml]\n', 'k/g.yaml': 'apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: c\nvaluesFile: v.yaml\n', 'k/v.yaml': 'mode: STRICT\n' }, 'k/v.yaml', 'STRICT', helm3],
    ['a chart of the older field', { ...chart, 'k/kustomization.yaml': 'helmChartInflationGenerator: [{chartName: c, values: v.yaml}]\n', 'k/v.yaml': 'mode: STRICT\n' }, 'k/v.yaml', 'STRICT', helm3],
  ];

  test.each(cases)('%s: its file is an input, a file beside it is dead', async (_, files, path, text, options) => {
    const [resource] = (await rendered(files, options)).filter((each) => each.startsWith('Peer'));
    expect(resource).toBe('PeerAuthentication/shop/default STRICT');
    const changed = { ...files, [path]: String(files[path]).replace(text, text === 'data.one' ? 'data.two' : 'DISABLE') };
    const { loaded } = await renderPair(files, changed, options);
    expect(loaded.incompleteReasons).toEqual([]);
    expect([changes(loaded), loaded.applicable]).toEqual([['modified PeerAuthentication/shop/default'], true]);
    const dead = await renderPair(files, { ...files, 'k/dead.yaml': strict.replace('STRICT', 'DISABLE') }, options);
    expect(changes(dead.loaded)).toEqual([]);
  });

  test('a configuration, a schema and CRDs are handed over', async () => {
    const files: Files = {
      'k/kustomization.yaml': 'namePrefix: eu-\nresources: [c.yaml, u.yaml]\nconfigurations: [names.yaml]\ncrds: [crd.json]\nopenapi: {path: schema.json}\n',
      'k/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {a: b}\n',
      'k/u.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: user, namespace: shop, annotations: {settings: settings}}\n',
      'k/names.yaml': 'nameReference: [{kind: ConfigMap, fieldSpecs: [{kind: ServiceAccount, path: metadata/annotations/settings}]}]\n',
      'k/crd.json': '{}\n',
      'k/schema.json': '{"definitions": {}}\n',
    };
    const { loaded } = await renderOne(files);
    expect(loaded.incompleteReasons).toEqual([]);
    expect(loaded.environments[0]?.head.all.find((each) => each.kind === 'ServiceAccount')?.annotations).toEqual({ settings: 'eu-settings' });
  });
});

describe.skipIf(!hasTools())(`what aims at a remote base (R15)${hasTools() ? '' : `, ${skipped}`}`, () => {
  const files = (body: string): Files => ({ 'k/kustomization.yaml': `resources: [m.yaml, near, "https://github.com/org/repo//base?ref=v1"]\n${body}`, 'k/m.yaml': strict, 'k/near/kustomization.yaml': 'namePrefix: eu-\nconfigMapGenerator: [{name: near, literals: [a=b]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n' });
  const base = ['ConfigMap/~k/eu-near', 'PeerAuthentication/shop/default STRICT'];

  test.each([
    ['a generator that merges', 'configMapGenerator: [{name: far, behavior: merge, literals: [a=b]}]\n'],
    ['a generator that replaces', 'secretGenerator: [{name: far, behavior: replace, literals: [a=b]}]\n'],
    ['a replacement from it', 'replacements: [{source: {kind: ConfigMap, name: far, fieldPath: data.a}, targets: [{select: {kind: PeerAuthentication}, fieldPaths: [spec.mtls.mode]}]}]\n'],
    ['replicas', 'replicas: [{name: far, count: 2}]\n'],
    ['a variable', 'vars: [{name: X, objref: {kind: Service, name: far, apiVersion: v1}}]\n'],
  ])('%s goes with it, and the rest is rendered', async (_, body) => {
    expect(await rendered(files(body))).toEqual(base);
  });

  test('what aims at something here stays', async () => {
    const { loaded } = await renderOne(files('configMapGenerator: [{name: eu-near, behavior: merge, literals: [c=d]}]\n'));
    expect(loaded.incompleteReasons).toEqual([]);
    expect(loaded.environments.flatMap((each) => each.head.all.flatMap((resource) => (resource.kind === 'ConfigMap' ? Object.keys(resource.spec.data) : [])))).toEqual(['a', 'c']);
  });

  test('without anything outside a generator that merges with nothing fails, as the tool does', async () => {
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [m.yaml]\nconfigMapGenerator: [{name: far, behavior: merge, literals: [a=b]}]\n', 'k/m.yaml': strict });
    expect(loaded.incompleteReasons.map((each) => each.kind)).toEqual(['not-renderable']);
  });
});

describe.skipIf(!hasTools())(`files outside the folder${hasTools() ? '' : `, ${skipped}`}`, () => {
  const flux = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./k, sourceRef: {kind: GitRepository, name: x}}\n';
  const files: Files = { 'k/kustomization.yaml': 'resources: [m.yaml, ../shared/n.yaml]\npatches: [{path: ../shared/p.yaml}]\nconfigMapGenerator: [{name: c, files: [../shared/text.txt]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n', 'k/m.yaml': strict, 'shared/n.yaml': mtls({ name: 'n', namespace: 'shop' }, 'STRICT'), 'shared/p.yaml': mtls({ name: 'default', namespace: 'shop' }, 'DISABLE'), 'shared/text.txt': 'x\n' };

  test('are refused where kustomize or Argo CD builds it', async () => {
    const words = 'it takes the file `../shared/n.yaml` from outside its folder, which kustomize refuses';
    expect(await rendered(files)).toEqual([words]);
    const argo = 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: apps, namespace: argocd}\nspec: {source: {path: k}, destination: {namespace: shop}}\n';
    expect(await rendered({ ...files, 'argo/a.yaml': argo })).toEqual([words]);
  });

  test('are taken where Flux builds it, under their own names and lines', async () => {
    const { loaded } = await renderOne({ ...files, 'clusters/prod/k.yaml': flux });
    expect(loaded.incompleteReasons).toEqual([]);
    const all = loaded.environments.flatMap((each) => each.head.all);
    expect(all.map(shown)).toEqual(['ConfigMap/~k/c', 'PeerAuthentication/shop/default DISABLE', 'PeerAuthentication/shop/n STRICT']);
    expect(all.flatMap((each) => (each.kind === 'ConfigMap' ? Object.keys(each.spec.data) : []))).toEqual(['text.txt']);
    expect(all.find((each) => each.name === 'n')?.origin).toMatchObject({ file: 'shared/n.yaml', rendered: { from: 'resource' } });
  });

  test('and a change in one is a change, cited there', async () => {
    const base = { ...files, 'clusters/prod/k.yaml': flux };
    const { loaded, prepared } = await renderPair(base, { ...base, 'shared/p.yaml': mtls({ name: 'default', namespace: 'shop' }, 'PERMISSIVE') });
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/default']);
    expect([...prepared.rendered.blames.values()].map((blame) => [blame.file, blame.line, blame.via.map((step) => step.file)])).toEqual([['shared/p.yaml', 8, ['k/kustomization.yaml']]]);
  });

  test('out of the repository they are refused for Flux, too', async () => {
    expect(await rendered({ 'clusters/prod/k.yaml': flux, 'k/kustomization.yaml': 'resources: [../../x.yaml]\n' })).toEqual(['`../../x.yaml` leads out of the repository']);
  });
});
