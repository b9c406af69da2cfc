/** Flux and Argo CD objects as roots, rendered as their controllers do (R3b, R7, R8, R10, R15). */
import { describe, expect, test } from 'vitest';
import { resourceId } from '#manifests/resource.ts';
import { renderOne, renderPair } from '../support/render.ts';
import { changes, environment, load, units } from '../support/load.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import { mtls } from '../support/manifests.ts';
import { substituted } from '#units/substitution.ts';
import { stream, type Files } from '../support/tree.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');

function flux(spec: string, name = 'apps'): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: flux-system}\nspec:\n  sourceRef: {kind: GitRepository, name: flux-system}\n${spec}`;
}

function shown(loaded: Awaited<ReturnType<typeof renderOne>>['loaded'], id = 'default'): readonly string[] {
  return environment(loaded, id).head.all.map((resource) => `${resourceId(resource)}${resource.kind === 'PeerAuthentication' ? ` ${resource.spec.mode}` : ''}`);
}

describe.skipIf(!hasTools())(`roots that an overlay changes${hasTools() ? '' : `, ${skipped}`}`, () => {
  const app = (path: string): string => `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\nspec: {project: default, source: {repoURL: "https://git.example/a/b", path: ${path}}, destination: {namespace: shop}}\n`;
  const files: Files = {
    'apps/base/kustomization.yaml': 'resources: [shop.yaml]\n',
    'apps/base/shop.yaml': app('shop/staging'),
    'apps/prod/kustomization.yaml': 'resources: [../base]\npatches:\n- target: {kind: Application}\n  patch: |\n    - {op: replace, path: /spec/source/path, value: shop/production}\n',
    'apps/stage/kustomization.yaml': 'resources: [../base]\n',
    'shop/staging/m.yaml': strict,
    'shop/production/m.yaml': mtls({ name: 'default', namespace: 'shop' }, 'PERMISSIVE'),
    'shop/drafts/m.yaml': mtls({ name: 'draft', namespace: 'shop' }, 'DISABLE'),
  };
  const loose = (loaded: Awaited<ReturnType<typeof renderOne>>['loaded']): readonly string[] => [...loaded.discovered.unreferenced];

  test('what the changed root names is reached, what no form of it names is not (R3b, R10)', async () => {
    expect(loose((await renderOne(files)).loaded)).toEqual(['shop/drafts']);
    expect(loose((await renderOne({ ...files, 'apps/prod/kustomization.yaml': 'resources: [../base]\n' })).loaded)).toEqual(['shop/drafts', 'shop/production']);
  });

  test('an ApplicationSet for clusters that nobody names is one root in all its forms', async () => {
    const set = 'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: shop, namespace: argocd}\nspec:\n  generators: [{clusters: {}}]\n  template:\n    metadata: {name: "shop-{{name}}"}\n    spec: {source: {repoURL: "https://git.example/a/b", path: shop/staging}, destination: {namespace: shop, server: "{{server}}"}}\n';
    const { loaded } = await renderOne({ ...files, 'apps/base/shop.yaml': set, 'apps/prod/kustomization.yaml': 'namespace: argocd-prod\nresources: [../base]\npatches:\n- target: {kind: ApplicationSet}\n  patch: |\n    - {op: add, path: /metadata/labels, value: {stage: prod}}\n' });
    expect(loaded.discovered.units.map((unit) => unit.id).filter((id) => id.startsWith('shop/'))).toEqual(['shop/drafts', 'shop/production', 'shop/staging']);
  });

  test('an overlay that cannot be rendered leaves the root as it is written', async () => {
    const { loaded } = await renderOne({ ...files, 'apps/prod/kustomization.yaml': 'resources: [../base]\npatches:\n- target: {kind: Application}\n  patch: |\n    - {op: replace, path: /spec/none/path, value: shop/production}\n' });
    expect(loose(loaded)).toEqual(['shop/drafts', 'shop/production']);
    expect(loaded.incompleteReasons.map((each) => each.unit)).toEqual(['apps/prod']);
  });

  test('a version that only an overlay states is content of another place (R15)', async () => {
    const release = 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: shop}\nspec:\n  chart: {spec: {chart: db, version: "1.0", sourceRef: {kind: HelmRepository, name: charts}}}\n';
    const versions = (stage: string, prod: string): Files => {
      const overlay = (version: string): string => `resources: [../base]\npatches:\n- target: {kind: HelmRelease}\n  patch: |\n    - {op: replace, path: /spec/chart/spec/version, value: "${version}"}\n`;
      return { 'apps/base/kustomization.yaml': 'resources: [db.yaml]\n', 'apps/base/db.yaml': release, 'apps/stage/kustomization.yaml': overlay(stage), 'apps/prod/kustomization.yaml': overlay(prod) };
    };
    const outside = async (base: Files, head: Files): Promise<readonly string[]> => (await renderPair(base, head)).loaded.outsideChanges.map((each) => `${each.change} ${each.content.name} ${each.content.file}:${String(each.content.line)}`);
    expect(await outside(versions('2.0', '1.9'), versions('2.1', '1.9'))).toEqual(['modified charts/db of HelmRelease shop/db apps/base/db.yaml:1']);
    expect(await outside(versions('2.0', '1.9'), { ...versions('2.0', '1.9'), 'apps/base/db.yaml': release.replace('1.0', '1.1') })).toEqual([]);
  });
});

describe.skipIf(!hasTools())(`Flux${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('targetNamespace and patches reach plain files and kustomizations alike', async () => {
    const spec = '  path: ./apps\n  targetNamespace: bank\n  patches:\n  - patch: |\n      apiVersion: security.istio.io/v1\n      kind: PeerAuthentication\n      metadata: {name: default, namespace: shop}\n      spec: {mtls: {mode: DISABLE}}\n';
    const plain = await renderOne({ 'clusters/prod/apps.yaml': flux(spec), 'apps/deep/mtls.yaml': strict, 'apps/values.yaml': 'a: 1\n' });
    expect(plain.loaded.incompleteReasons).toEqual([]);
    expect(shown(plain.loaded)).toEqual(['PeerAuthentication/bank/default DISABLE']);
    const kustomized = await renderOne({ 'clusters/prod/apps.yaml': flux(spec), 'apps/kustomization.yaml': 'resources: [deep/mtls.yaml]\n', 'apps/deep/mtls.yaml': strict });
    expect(shown(kustomized.loaded)).toEqual(['PeerAuthentication/bank/default DISABLE']);
  });

  test('kustomizations below a folder without one are built as they are, what the root adds with them', async () => {
    const files: Files = { 'clusters/prod/apps.yaml': flux('  path: ./apps\n'), 'apps/m.yaml': strict, 'apps/k/kustomization.yaml': 'namePrefix: eu-\nresources: [o.yaml]\n', 'apps/k/o.yaml': mtls({ name: 'o', namespace: 'shop' }, 'DISABLE'), 'apps/k/dead.yaml': mtls({ name: 'dead', namespace: 'shop' }, 'DISABLE') };
    const { loaded } = await renderOne(files);
    expect(loaded.incompleteReasons).toEqual([]);
    expect(shown(loaded)).toEqual(['PeerAuthentication/shop/default STRICT', 'PeerAuthentication/shop/eu-o DISABLE']);
    const moved = await renderPair(files, { ...files, 'clusters/prod/apps.yaml': flux('  path: ./apps\n  targetNamespace: bank\n') });
    expect(changes(moved.loaded)).toEqual(['added PeerAuthentication/bank/default', 'added PeerAuthentication/bank/eu-o', 'removed PeerAuthentication/shop/default', 'removed PeerAuthentication/shop/eu-o']);
  });

  test('a kustomization takes files from beside it, as Flux builds it; without Flux, and for Argo CD, kustomize refuses', async () => {
    const beside: Files = { 'overlays/eu/kustomization.yaml': 'resources: [../../base/mtls.yaml]\npatches: [{path: ../mode.yaml}]\n', 'base/mtls.yaml': strict, 'overlays/mode.yaml': mtls({ name: 'default', namespace: 'shop' }, 'DISABLE') };
    const deployed = await renderOne({ ...beside, 'clusters/apps.yaml': flux('  path: ./overlays/eu\n') });
    expect(deployed.loaded.incompleteReasons).toEqual([]);
    expect(shown(deployed.loaded)).toEqual(['PeerAuthentication/shop/default DISABLE']);
    expect(environment(deployed.loaded, 'default').head.all[0]?.origin.file).toBe('base/mtls.yaml');
    const argo = 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\nspec: {source: {repoURL: "https://git.example/a/b", path: overlays/eu}, destination: {namespace: shop}}\n';
    for (const files of [beside, { ...beside, 'clusters/argo.yaml': argo, 'clusters/apps.yaml': flux('  path: ./other\n') }]) {
      expect((await renderOne(files)).loaded.incompleteReasons.map((each) => each.reason)).toEqual(['it takes the file `../../base/mtls.yaml` from outside its folder, which kustomize refuses']);
    }
  });

  test('a changed file beside a kustomization is compared and cited where it lies', async () => {
    const files = (mode: string): Files => ({ 'overlays/eu/kustomization.yaml': 'resources: [../../base/mtls.yaml]\n', 'base/mtls.yaml': mtls({ name: 'default', namespace: 'shop' }, mode), 'clusters/apps.yaml': flux('  path: ./overlays/eu\n') });
    const { loaded } = await renderPair(files('STRICT'), files('DISABLE'));
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/default']);
    expect(loaded.incompleteReasons).toEqual([]);
  });

  test('a folder in the way of files from beside the kustomization is refused', async () => {
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [../base/mtls.yaml]\n', 'k/mesh-posture-beside/x/mtls.yaml': strict, 'base/mtls.yaml': strict, 'clusters/apps.yaml': flux('  path: ./k\n') });
    expect(loaded.incompleteReasons.map((each) => each.kind)).toEqual(['refused']);
  });

  test('a changed targetNamespace moves the objects', async () => {
    const files = (namespace: string): Files => ({ 'apps/mtls.yaml': mtls({ name: 'default' }, 'STRICT'), 'clusters/apps.yaml': flux(`  path: ./apps\n  targetNamespace: ${namespace}\n`) });
    expect(changes((await renderPair(files('shop'), files('bank'))).loaded)).toEqual(['added PeerAuthentication/bank/default', 'removed PeerAuthentication/shop/default']);
  });

  test('variables: of the object, of a ConfigMap here, and symbolic where nothing tells', async () => {
    const spec = '  path: ./apps\n  postBuild:\n    substitute: {mode: DISABLE}\n    substituteFrom:\n    - {kind: ConfigMap, name: settings}\n    - {kind: Secret, name: hidden}\n';
    const named = (name: string, mode: string): string => mtls({ name, namespace: 'shop' }, mode);
    const { loaded } = await renderOne({
      'clusters/apps.yaml': flux(spec),
      'clusters/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata: {who: eu, mode: PERMISSIVE}\n',
      'apps/kustomization.yaml': 'resources: [all.yaml]\n',
      'apps/all.yaml': stream(named('${who}-a', '${mode}'), named('b', '${other:=STRICT}').replace('name: b', 'name: b-${unknown}')),
    });
    expect(loaded.incompleteReasons).toEqual([]);
    // What is not told stays as it is written, and is equal on both sides where the text is.
    expect(environment(loaded, 'default').head.all.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [`${resource.name} ${resource.spec.mode}`] : []))).toEqual(['b-${unknown} UNSET', 'eu-a DISABLE']);
  });

  test('a HelmRelease of a chart in the repository, with its values', async () => {
    const release = 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: apps}\nspec:\n  targetNamespace: bank\n  chart: {spec: {chart: ./charts/shop, sourceRef: {kind: GitRepository, name: flux-system}}}\n  values: {mode: DISABLE}\n';
    const { loaded } = await renderOne({ 'clusters/r.yaml': release, 'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n', 'charts/shop/values.yaml': 'mode: STRICT\n', 'charts/shop/templates/m.yaml': 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: "{{ .Release.Name }}", namespace: "{{ .Release.Namespace }}"}\nspec: {mtls: {mode: "{{ .Values.mode }}"}}\n' });
    expect(loaded.incompleteReasons).toEqual([]);
    expect(shown(loaded)).toEqual(['PeerAuthentication/bank/bank-shop DISABLE']);
  });

  test('a HelmRelease that a kustomization no longer takes is no longer deployed (R10)', async () => {
    const release = 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: shop}\nspec:\n  chart: {spec: {chart: db, version: "1.0", sourceRef: {kind: HelmRepository, name: charts}}}\n';
    const files = (taken: string): Files => ({ 'clusters/prod/apps.yaml': flux('  path: ./apps\n'), 'apps/kustomization.yaml': `resources: [${taken}]\n`, 'apps/db/kustomization.yaml': 'resources: [r.yaml]\n', 'apps/db/r.yaml': release, 'apps/m.yaml': strict });
    const outside = async (base: Files, head: Files): Promise<readonly string[]> => (await renderPair(base, head)).loaded.outsideChanges.map((each) => `${each.change} ${each.content.name} ${each.content.file}`);
    expect(await outside(files('m.yaml, db'), files('m.yaml'))).toEqual(['removed charts/db of HelmRelease shop/db apps/db/r.yaml']);
    expect(await outside(files('m.yaml'), files('m.yaml, db'))).toEqual(['added charts/db of HelmRelease shop/db apps/db/r.yaml']);
    expect(await outside(files('m.yaml, db'), files('db, m.yaml'))).toEqual([]);
    expect(await outside(files('m.yaml'), { ...files('m.yaml'), 'apps/db/r.yaml': release.replace('1.0', '2.0') })).toEqual(['modified charts/db of HelmRelease shop/db apps/db/r.yaml']);
  });

  test('a HelmRelease of a registry is outside: changed values are named, a changed comment is not', async () => {
    const release = (version: string, more = ''): string => `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: istiod, namespace: istio-system}\nspec:\n  chart: {spec: {chart: istiod, version: "${version}", sourceRef: {kind: HelmRepository, name: istio}}}\n${more}`;
    const outside = async (base: string, head: string): Promise<readonly string[]> => (await renderPair({ 'a/r.yaml': base }, { 'a/r.yaml': head })).loaded.outsideChanges.map((each) => `${each.change} ${each.content.name} ${each.content.file}:${String(each.content.line)}`);
    expect(await outside(release('1.2'), release('1.3'))).toEqual(['modified istio/istiod of HelmRelease istio-system/istiod a/r.yaml:1']);
    expect(await outside(release('1.2'), release('1.2', '  values: {a: 1}\n'))).toHaveLength(1);
    expect(await outside(release('1.2'), release('1.2', '# x\n'))).toEqual([]);
  });
});

describe('Argo CD', () => {
  const application = (spec: string, name = 'apps'): string => `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ${name}, namespace: argocd}\nspec:\n${spec}`;
  const at = (path: string, more = ''): string => `  source: {repoURL: "https://x/y", path: ${path}${more}}\n  destination: {namespace: shop, name: prod}\n`;

  test.each([
    ['v1.2.3', true], ['refs/tags/x', true], ['0123456789abcdef0123456789abcdef01234567', true], ['HEAD', false], ['main', false], ['release-1', false],
  ])('revision `%s` is pinned: %s (R8)', (revision, pinned) => {
    const files: Files = { 'argo/a.yaml': application(at('apps', `, targetRevision: ${revision}`)), 'apps/m.yaml': strict };
    const loaded = load(files, { ...files, 'apps/m.yaml': strict.replace('STRICT', 'DISABLE') });
    expect(loaded.untouched.map((unit) => [unit.id, unit.status])).toEqual(pinned ? [['apps', 'pinned']] : []);
    expect(changes(loaded)).toEqual(pinned ? [] : ['modified PeerAuthentication/shop/default']);
  });

  test('a changed revision of a pinned source is named, an equal one is not', () => {
    const files = (revision: string): Files => ({ 'argo/a.yaml': application(at('apps', `, targetRevision: ${revision}`)), 'apps/m.yaml': strict });
    expect(load(files('v1.0.0'), files('v1.1.0')).outsideChanges.map((each) => [each.change, each.content.name])).toEqual([['modified', 'revision of apps']]);
    expect(load(files('v1.0.0'), { ...files('v1.0.0'), 'apps/m.yaml': `${strict}# x\n` }).outsideChanges).toEqual([]);
  });

  const set = (generators: string, path: string, more = ''): string => `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n${more}  generators:\n${generators}  template:\n    metadata: {name: "x"}\n    spec:\n      source: {repoURL: "https://x/y", path: "${path}"}\n      destination: {namespace: shop}\n`;
  const folders: Files = { 'apps/a/m.yaml': strict, 'apps/b/m.yaml': mtls({ name: 'b', namespace: 'shop' }, 'STRICT'), 'other/m.yaml': mtls({ name: 'o', namespace: 'shop' }, 'STRICT') };
  const reached = (text: string, more: Files = {}): readonly string[] => {
    const files = { ...folders, ...more, 'argo/set.yaml': text };
    return load(files, files).discovered.units.filter((unit) => unit.head?.discovery === 'argo').map((unit) => unit.head?.path ?? '');
  };

  test.each([
    ['a list', '  - list: {elements: [{app: a}]}\n', 'apps/{{app}}', ['apps/a']],
    ['a list in Go templates', '  - list: {elements: [{app: b}]}\n', 'apps/{{ .app }}', ['apps/b']],
    ['folders', '  - git: {repoURL: x, directories: [{path: apps/*}]}\n', '{{path}}', ['apps/a', 'apps/b']],
    ['folders, one left out', '  - git: {repoURL: x, directories: [{path: apps/*}, {path: apps/b, exclude: true}]}\n', '{{.path.path}}', ['apps/a']],
    ['folders by name', '  - git: {repoURL: x, directories: [{path: apps/*}]}\n', 'apps/{{path.basename}}', ['apps/a', 'apps/b']],
    ['a product', '  - matrix: {generators: [{list: {elements: [{root: apps}]}}, {list: {elements: [{app: a}]}}]}\n', '{{root}}/{{app}}', ['apps/a']],
    ['clusters: every folder that fits (R7)', '  - clusters: {}\n', 'apps/{{name}}', ['apps/a', 'apps/b']],
    ['clusters, with values of its own', '  - clusters: {values: {root: apps, app: b}}\n', '{{values.root}}/{{values.app}}', ['apps/b']],
    ['clusters, changed by a list', '  - merge: {mergeKeys: [name], generators: [{clusters: {values: {app: b}}}, {list: {elements: [{name: one, values.app: a}]}}]}\n', 'apps/{{values.app}}', ['apps/a', 'apps/b']],
    ['clusters: none that does not fit', '  - clusters: {}\n', 'nothing/{{name}}', []],
  ])('an ApplicationSet of %s', (_, generators, path, expected) => {
    expect(reached(set(generators, path))).toEqual(expected);
  });

  test.each([
    ['In', '{key: tier, operator: In, values: [x, z]}', ['apps/b']],
    ['NotIn', '{key: tier, operator: NotIn, values: [x]}', ['apps/a']],
    ['Exists', '{key: tier, operator: Exists}', ['apps/a', 'apps/b']],
    ['DoesNotExist', '{key: tier, operator: DoesNotExist}', []],
    ['what is not known may have any value', '{key: region, operator: In, values: [eu]}', ['apps/a', 'apps/b']],
  ])('a selector of expressions: %s', (_, expression, expected) => {
    expect(reached(set(`  - list: {elements: [{app: a, tier: y}, {app: b, tier: x}]}\n    selector: {matchExpressions: [${expression}]}\n`, 'apps/{{app}}'))).toEqual(expected);
  });

  test.each([
    ['is merged into the template', 'spec:\n  source: {path: "apps/{{app}}"}\n', ['apps/b']],
    ['with actions of its own is left open', '{{- if .deep }}\nspec: {source: {path: apps/b}}\n{{- end }}\n', ['other']],
  ])('a patch of the template %s', (_, patch, expected) => {
    const more = `  templatePatch: |\n${patch.replace(/^/gmu, '    ')}\n`;
    expect(reached(set('  - list: {elements: [{app: b}]}\n', 'other', more))).toEqual(expected);
  });

  test('a patch of the template that is left open is content that a change of it changes', () => {
    const files = (path: string): Files => ({ ...folders, 'argo/set.yaml': set('  - list: {elements: [{app: b}]}\n', 'other', `  templatePatch: |\n    {{- if .deep }}\n    spec: {source: {path: ${path}}}\n    {{- end }}\n`) });
    expect(load(files('apps/a'), files('apps/b')).outsideChanges.map((each) => `${each.change} ${each.content.kind} ${each.content.name}`)).toEqual(['modified values values in the template patch of Application argocd/all/x']);
    expect(load(files('apps/a'), { ...files('apps/a'), 'x.md': 'x' }).outsideChanges).toEqual([]);
  });

  test('several generators that fit a folder make one unit; an object that names it comes first', () => {
    const files: Files = { ...folders, 'argo/one.yaml': set('  - clusters: {}\n', 'apps/{{name}}'), 'argo/two.yaml': set('  - clusters: {}\n', 'apps/{{server}}').replace('name: all', 'name: two') };
    const idsOf = (all: Files): readonly string[] => load(all, all).discovered.units.filter((unit) => unit.head?.discovery === 'argo').map((unit) => unit.id);
    expect(idsOf(files)).toEqual(['apps/a', 'apps/b']);
    const named = { ...files, 'argo/a.yaml': application(at('apps/a')) };
    expect(load(named, named).discovered.units.find((unit) => unit.id === 'apps/a')?.head?.cluster).toBe('prod');
  });

  test('an ApplicationSet of files', () => {
    const text = set('  - git: {repoURL: x, files: [{path: "config/*.yaml"}]}\n', 'apps/{{app.name}}');
    expect(reached(text, { 'config/one.yaml': 'app: {name: b}\n' })).toEqual(['apps/b']);
    expect(reached(text, { 'elsewhere/one.yaml': 'app: {name: b}\n' })).toEqual([]);
  });

  test.skipIf(!hasTools())('values and parameters of an Application reach its chart', async () => {
    const chart: Files = { 'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n', 'c/values.yaml': 'mode: STRICT\nname: nn\n', 'c/values-prod.yaml': 'mode: PERMISSIVE\n', 'c/templates/m.yaml': 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: "{{ .Values.name }}"}\nspec: {mtls: {mode: "{{ .Values.mode }}"}}\n' };
    const at = (helm: string): string => application(`  source: {repoURL: "https://x/y", path: c, helm: ${helm}}\n  destination: {namespace: bank}\n`);
    expect(shown((await renderOne({ ...chart, 'argo/a.yaml': at('{valueFiles: [values-prod.yaml], parameters: [{name: name, value: p}]}') })).loaded)).toEqual(['PeerAuthentication/bank/p PERMISSIVE']);
    expect(shown((await renderOne({ ...chart, 'argo/a.yaml': at('{valuesObject: {mode: DISABLE}}') })).loaded)).toEqual(['PeerAuthentication/bank/nn DISABLE']);
    expect(shown((await renderOne({ ...chart, 'argo/a.yaml': at('{values: "mode: DISABLE"}') })).loaded)).toEqual(['PeerAuthentication/bank/nn DISABLE']);
  });

  test.skipIf(!hasTools())('parameters of an Application are typed as `--set` types them, but for texts that are to stay texts', async () => {
    const chart: Files = { 'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n', 'c/values.yaml': 'strict: true\nnames: [one]\n', 'c/templates/m.yaml': '{{- range .Values.names }}\n---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: "{{ . }}"}\nspec: {mtls: {mode: {{ if $.Values.strict }}STRICT{{ else }}PERMISSIVE{{ end }}}}\n{{- end }}\n' };
    const made = async (parameter: string): Promise<readonly string[]> =>
      shown((await renderOne({ ...chart, 'argo/a.yaml': application(`  source: {repoURL: "https://x/y", path: c, helm: {parameters: [${parameter}]}}\n  destination: {namespace: bank}\n`) })).loaded);
    expect(await made('{name: strict, value: "false"}')).toEqual(['PeerAuthentication/bank/one PERMISSIVE']);
    expect(await made('{name: strict, value: "false", forceString: true}')).toEqual(['PeerAuthentication/bank/one STRICT']);
    expect(await made('{name: strict, value: "null"}')).toEqual(['PeerAuthentication/bank/one PERMISSIVE']);
    expect(await made('{name: strict, value: "0"}')).toEqual(['PeerAuthentication/bank/one PERMISSIVE']);
    expect(await made('{name: names, value: "{two,three}"}')).toEqual(['PeerAuthentication/bank/three STRICT', 'PeerAuthentication/bank/two STRICT']);
  });
});

describe('what no root reaches (R10)', () => {
  const root = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./apps}\n';
  const files: Files = { 'clusters/apps.yaml': root, 'apps/m.yaml': strict, 'loose/m.yaml': mtls({ name: 'loose', namespace: 'shop' }, 'STRICT') };

  test('is an environment of its own; the folder of the roots is reached', () => {
    const loaded = load(files, files);
    expect(loaded.environments.map((each) => [each.id, each.units.map((unit) => unit.id)])).toEqual([['default', ['apps', 'clusters']], ['unreferenced', ['loose']]]);
    expect([...loaded.unreferenced]).toEqual(['unreferenced']);
  });

  test('nothing is, where no root reaches a path', () => {
    const without = { ...files, 'clusters/apps.yaml': root.replace('./apps', './gone') };
    expect([...load(without, without).unreferenced]).toEqual([]);
  });

  test('the first root frees nothing, a deleted root neither', () => {
    const before = Object.fromEntries(Object.entries(files).filter(([path]) => path !== 'clusters/apps.yaml'));
    expect([...load(before, files).unreferenced]).toEqual([]);
    expect([...load(files, before).unreferenced]).toEqual([]);
    expect(units(load(before, files))).toContain('loose plain plain');
  });
});

describe('variables of Flux', () => {
  const known = { values: { A: 'one', EMPTY: '' }, complete: false };

  test.each([
    ['${A}', 'one'], ['${B}', '${B}'], ['${B:=two}', '${B:=two}'], ['${A:-two}', 'one'], ['${EMPTY:-two}', 'two'], ['${EMPTY-two}', ''], ['$${A}', '${A}'], ['${A:+set}', 'set'], ['$A', '$A'], ['${1}', '${1}'],
  ])('%s is %s where a source is unknown', (text, expected) => {
    expect(substituted(text, known)).toBe(expected);
  });

  test.each([['${B}', ''], ['${B:=two}', 'two'], ['${B:+x}', '']])('%s is `%s` where every source is here', (text, expected) => {
    expect(substituted(text, { ...known, complete: true })).toBe(expected);
  });

  test('an object can leave itself out', () => {
    const text = 'metadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\nspec: ${A}\n';
    expect(substituted(text, known)).toBe(text);
  });
});
