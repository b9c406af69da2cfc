import { describe, expect, test } from 'vitest';
import { deployment, mtls, policy } from '../support/manifests.ts';
import { changes, ids, load, only, units, environment } from '../support/load.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const kustomization = 'resources:\n  - mtls.yaml\n';

describe('plain folders (R3e)', () => {
  test('each directory that directly holds manifests is a unit', () => {
    const files = { 'a/one.yaml': strict, 'a/b/two.yaml': policy({ name: 'p', namespace: 'shop' }, 'x'), 'a/b/notes.yaml': 'title: notes\n', 'c/values.yaml': 'x: 1\n' };
    expect(units(load(files, files))).toEqual(['a plain plain', 'a/b plain plain']);
  });

  test('the root is a unit of its own', () => {
    expect(units(load({ 'one.yaml': strict }, { 'one.yaml': strict }))).toEqual(['. plain plain']);
  });

  test('text inside other YAML is no manifest (R4)', () => {
    const workflow = `on: push\njobs:\n  check:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          kubectl apply -f - <<E\n          ${strict.replaceAll('\n', '\n          ')}\n          E\n`;
    const loaded = load({ '.github/workflows/check.yaml': workflow }, { '.github/workflows/check.yaml': `${workflow}# new\n` });
    expect(units(loaded)).toEqual([]);
    expect(loaded.applicable).toBe(false);
  });

  test('a List counts like its items', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n${strict.replace(/^/gmu, '    ').replace('    apiVersion', '  - apiVersion').trimEnd()}\n`;
    const loaded = load({ 'a/list.yaml': list }, { 'a/one.yaml': strict });
    expect(ids(only(loaded).base.resources)).toEqual(['PeerAuthentication/shop/default']);
    expect(changes(loaded)).toEqual([]);
  });
});

describe('presence is per side (R5)', () => {
  test('a deleted folder takes its objects away on the head only', () => {
    const loaded = load({ 'a/one.yaml': strict }, { 'README.md': 'gone' });
    expect(units(loaded)).toEqual(['a plain -']);
    expect(changes(loaded)).toEqual(['removed PeerAuthentication/shop/default']);
    expect(loaded.incompleteReasons).toEqual([]);
  });

  test('a deleted Flux Kustomization removes what it named, and the folder is not found again as plain YAML', () => {
    const flux = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./apps, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}\n';
    const base = { 'clusters/prod/apps.yaml': flux, 'clusters/prod/other.yaml': mtls({ name: 'other', namespace: 'x' }, 'STRICT'), 'apps/deep/mtls.yaml': strict };
    const head = { 'clusters/prod/other.yaml': base['clusters/prod/other.yaml'], 'apps/deep/mtls.yaml': strict };
    const loaded = load(base, head);
    expect(units(loaded)).toEqual(['apps plain -', 'clusters/prod plain plain']);
    expect(changes(loaded)).toEqual(['removed PeerAuthentication/shop/default']);
  });

  test('a new Flux Kustomization hides no change in the folder that it names', () => {
    const flux = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./apps}\n';
    const loaded = load({ 'apps/mtls.yaml': strict }, { 'apps/mtls.yaml': strict.replace('STRICT', 'PERMISSIVE'), 'clusters/prod/apps.yaml': flux });
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/default']);
  });

  test('a patch of a Flux Kustomization deploys nothing; one with a source and no path deploys the repository', () => {
    const flux = (spec: string): Record<string, string> => ({ 'apps/mtls.yaml': strict, 'clusters/apps.yaml': `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {${spec}}\n` });
    const patch = flux('postBuild: {substitute: {IDENTITY: a}}');
    expect(units(load(patch, patch))).toEqual(['apps plain plain', 'clusters plain plain']);
    const whole = flux('sourceRef: {kind: GitRepository, name: flux-system}');
    expect(units(load(whole, whole)).some((unit) => unit.startsWith('. '))).toBe(true);
  });

  test('what a kustomization lays over others is no object of Flux or Argo CD', () => {
    const flux = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {sourceRef: {kind: GitRepository, name: flux-system}}\n';
    const files = (more: string): Record<string, string> => ({ 'apps/mtls.yaml': strict, 'clusters/defaults.yaml': flux, 'clusters/kustomization.yaml': `resources: [own.yaml]\n${more}`, 'clusters/own.yaml': mtls({ name: 'own', namespace: 'x' }, 'STRICT') });
    const whole = (each: Record<string, string>): boolean => units(load(each, each)).some((unit) => unit.startsWith('. '));
    for (const field of ['patches: [{path: defaults.yaml, target: {kind: Kustomization}}]', 'patchesStrategicMerge: [defaults.yaml]']) expect(whole(files(field))).toBe(false);
    expect(whole(files(''))).toBe(true);
    expect(whole({ ...files('patches: [{path: defaults.yaml}]'), 'other/kustomization.yaml': 'resources: [../clusters/defaults.yaml]\n' })).toBe(true);
  });

  test('a root that changes its objects is left to the real tool, its plain files with it', () => {
    const flux = (spec: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./apps${spec}}\n`;
    const files = (spec: string): Record<string, string> => ({ 'apps/mtls.yaml': mtls({ name: 'default' }, 'STRICT'), 'clusters/apps.yaml': flux(spec) });
    expect(units(load(files(', targetNamespace: shop'), files(', targetNamespace: bank')))).toContain('apps kustomize kustomize');
    expect(units(load(files(''), files('')))).toContain('apps plain plain');
  });

  test('a Flux object whose source is no git repository names nothing here', () => {
    const oci = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./apps, sourceRef: {kind: OCIRepository, name: apps}}\n';
    const files = { 'clusters/prod/apps.yaml': oci, 'apps/deep/mtls.yaml': strict };
    expect(units(load(files, files))).toEqual(['apps/deep plain plain', 'clusters/prod plain plain']);
  });

  test('an Argo CD Application takes its folder only, unless it recurses', () => {
    const application = (recurse: boolean): string =>
      `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: apps, namespace: argocd}\nspec: {source: {repoURL: "https://x/y", path: apps, directory: {recurse: ${String(recurse)}}}, destination: {namespace: shop}}\n`;
    const files = (recurse: boolean): Record<string, string> => ({ 'argo/app.yaml': application(recurse), 'apps/one.yaml': mtls({ name: 'a' }, 'STRICT'), 'apps/deep/two.yaml': mtls({ name: 'b', namespace: 'deep' }, 'STRICT') });
    const flat = load(files(false), files(false));
    expect(flat.discovered.units.find((unit) => unit.id === 'apps')?.head?.files).toEqual(['apps/one.yaml']);
    expect(units(flat)).toContain('apps/deep plain plain');
    expect(ids(environment(flat, 'default').head.resources)).toContain('PeerAuthentication/shop/a');
    // What the root does not take is reached by nothing (R10).
    expect(ids(environment(flat, 'unreferenced').head.resources)).toEqual(['PeerAuthentication/deep/b']);
    const deep = load(files(true), files(true));
    expect(deep.discovered.units.find((unit) => unit.id === 'apps')?.head?.files).toEqual(['apps/deep/two.yaml', 'apps/one.yaml']);
    expect(units(deep)).not.toContain('apps/deep plain plain');
  });
});

describe('kustomizations and charts claim (R4)', () => {
  test('a kustomization claims its folder and every folder it takes a file from, on both sides', () => {
    const base = { 'k/kustomization.yaml': 'resources:\n  - mtls.yaml\n  - ../shared/policy.yaml\n', 'k/mtls.yaml': strict, 'shared/policy.yaml': policy({ name: 'p', namespace: 'shop' }, 'x'), 'free/one.yaml': mtls({ name: 'f', namespace: 'free' }, 'STRICT') };
    const head = { ...base, 'k/kustomization.yaml': kustomization };
    const loaded = load(base, head);
    // What the head no longer takes is dead there, not plain.
    expect(units(loaded)).toEqual(['free plain plain', 'k kustomize kustomize']);
    expect(ids(only(loaded).head.resources)).toEqual(['PeerAuthentication/free/f']);
  });

  test('a folder that no kustomization takes from stays plain', () => {
    const files = { 'k/kustomization.yaml': kustomization, 'k/mtls.yaml': strict, 'k/extra/policy.yaml': policy({ name: 'p', namespace: 'shop' }, 'x') };
    expect(units(load(files, files))).toEqual(['k kustomize kustomize', 'k/extra plain plain']);
  });

  test('a kustomization that another one refers to is no unit of its own (R3c), a component never is (R9)', () => {
    const files = {
      'base/kustomization.yaml': kustomization, 'base/mtls.yaml': strict,
      'component/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n',
      'overlays/prod/kustomization.yaml': 'resources: [../../base]\n',
    };
    expect(units(load(files, files))).toEqual(['overlays/prod kustomize kustomize']);
  });

  test('a Flux object in a file called kustomization.yaml is a manifest', () => {
    const files = { 'flux/kustomization.yaml': 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec: {path: ./nowhere}\n' };
    expect(units(load(files, files))).toEqual(['flux plain plain']);
  });

  test('a chart claims everything below it and is a unit per values set of both sides (R3d, R6)', () => {
    const base = { 'c/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n', 'c/values.yaml': 'x: 1\n', 'c/templates/policy.yaml': strict, 'c/values-prod.yaml': 'x: 2\n' };
    const head = { ...base, 'c/values-dev.yaml': 'x: 3\n' };
    expect(units(load(base, head))).toEqual(['c@values-dev.yaml helm helm', 'c@values-prod.yaml helm helm']);
    expect(units(load({ 'c/Chart.yaml': base['c/Chart.yaml'], 'c/values.yaml': 'x: 1\n' }, { 'c/Chart.yaml': base['c/Chart.yaml'] }))).toEqual(['c helm helm']);
  });

  test('a dependency or library chart is no unit of its own', () => {
    const files = {
      'c/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - {name: common, version: 1.0.0, repository: "file://../common"}\n',
      'c/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
      'common/Chart.yaml': 'apiVersion: v2\nname: common\nversion: 1.0.0\n',
      'library/Chart.yaml': 'apiVersion: v2\nname: library\ntype: library\nversion: 1.0.0\n',
    };
    expect(units(load(files, files))).toEqual(['c helm helm']);
  });

  test('what is not rendered is incomplete, new only where the pull request touches what it reads', () => {
    const base = { 'k/kustomization.yaml': 'resources: [../shared/policy.yaml]\n', 'shared/policy.yaml': strict, 'c/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n', 'README.md': 'a' };
    const head = { ...base, 'shared/policy.yaml': mtls({ name: 'default', namespace: 'shop' }, 'PERMISSIVE'), 'README.md': 'b' };
    const reasons = load(base, head).incompleteReasons;
    expect(reasons.map((reason) => [reason.kind, reason.unit, reason.status])).toEqual([['not-renderable', 'c', 'existing'], ['not-renderable', 'k', 'new']]);
    expect(reasons.map((reason) => reason.reason)).toEqual(['needs helm, which was not run', 'needs kustomize, which was not run']);
    expect(load(base, base).incompleteReasons.map((reason) => reason.status)).toEqual(['existing', 'existing']);
  });

  test('a renamed overlay or chart is one unit (R12), a deleted one has no file to show', () => {
    const overlay = { 'old/kustomization.yaml': kustomization, 'old/mtls.yaml': strict };
    const renamed = load(overlay, { 'new/kustomization.yaml': kustomization, 'new/mtls.yaml': strict });
    expect(renamed.discovered.units.map((unit) => [unit.id, unit.base?.path, unit.head?.path])).toEqual([['old', 'old', 'new']]);
    const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
    const values = { 'values-dev.yaml': 'x: 1\n', 'values-prod.yaml': 'x: 2\n' };
    const at = (folder: string): Record<string, string> => ({ [`${folder}/Chart.yaml`]: chart, ...Object.fromEntries(Object.entries(values).map(([name, text]) => [`${folder}/${name}`, text])) });
    expect(load(at('charts/shop'), at('helm/shop')).discovered.units.map((unit) => [unit.id, unit.head?.valuesFile])).toEqual([['charts/shop@values-dev.yaml', 'helm/shop/values-dev.yaml'], ['charts/shop@values-prod.yaml', 'helm/shop/values-prod.yaml']]);
    const deleted = load(overlay, { 'README.md': 'gone' });
    expect(deleted.incompleteReasons.map((reason) => [reason.unit, reason.status, reason.file])).toEqual([['old', 'new', undefined]]);
  });

  test('a plain folder that becomes a kustomization keeps its objects: none is called removed (R18)', () => {
    const base = { 'k/mtls.yaml': strict };
    const loaded = load(base, { ...base, 'k/kustomization.yaml': kustomization });
    expect(units(loaded)).toEqual(['k plain kustomize']);
    expect(changes(loaded)).toEqual([]);
    expect(ids(only(loaded).head.resources)).toEqual(['PeerAuthentication/shop/default']);
    expect(loaded.incompleteReasons.map((reason) => reason.status)).toEqual(['new']);
  });

  test('a kustomization that does not parse still claims its folder', () => {
    const files = { 'k/kustomization.yaml': 'resources: [\n', 'k/mtls.yaml': strict };
    expect(units(load(files, files))).toEqual(['k kustomize kustomize']);
  });
});

describe('ignoring (R11)', () => {
  test('takes files out of discovery and counts them', () => {
    const files = { 'a/one.yaml': strict, 'a/testdata/two.yaml': strict, 'vendor/k/kustomization.yaml': kustomization };
    const loaded = load(files, files);
    expect(units(loaded)).toEqual(['a plain plain']);
    expect(loaded.discovered.ignored).toEqual(['a/testdata/two.yaml', 'vendor/k/kustomization.yaml']);
    expect(loaded.coverage.ignored).toBe(2);
  });

  test('never what the configuration names', () => {
    const files = { 'vendor/istio/one.yaml': strict };
    expect(units(load(files, files, { units: [{ path: 'vendor/istio' }] }))).toEqual(['vendor/istio plain plain']);
  });
});

describe('configured units (R3a)', () => {
  test('a named path is not discovered again, and takes everything below', () => {
    const files = { 'm/one.yaml': mtls({ name: 'a' }, 'STRICT'), 'm/deep/two.yaml': mtls({ name: 'b' }, 'STRICT') };
    const loaded = load(files, files, { units: [{ path: 'm', namespace: 'shop' }] });
    expect(units(loaded)).toEqual(['m plain plain']);
    expect(ids(only(loaded).head.resources)).toEqual(['PeerAuthentication/shop/a', 'PeerAuthentication/shop/b']);
  });

  test('a path that exists nowhere is an assumption with its name', () => {
    const loaded = load({ 'a.yaml': strict }, { 'a.yaml': strict }, { units: [{ path: 'gone' }] });
    expect(loaded.assumptions.map((each) => each.id)).toEqual(['missing:gone']);
  });
});

describe('context', () => {
  test('is part of every environment, read from each side, and no unit of its own', () => {
    const base = { 'platform/ns.yaml': mtls({ name: 'context', namespace: 'istio-system' }, 'STRICT'), 'dev/one.yaml': mtls({ name: 'default', namespace: 'shop' }, 'PERMISSIVE'), 'prod/one.yaml': strict };
    const head = { ...base, 'platform/ns.yaml': mtls({ name: 'context', namespace: 'istio-system' }, 'PERMISSIVE') };
    const loaded = load(base, head, { context: ['platform/ns.yaml'] });
    expect(units(loaded)).toEqual(['dev plain plain', 'prod plain plain']);
    expect(loaded.environments.map((each) => ids(each.head.resources).length)).toEqual([2, 2]);
    expect(loaded.changedResources.map((each) => [each.resource, each.environments])).toEqual([['PeerAuthentication/istio-system/context', ['dev', 'prod']]]);
  });

  test('a unit that defines the same object wins over it', () => {
    const files = { 'ctx/all.yaml': mtls({ name: 'default', namespace: 'shop' }, 'DISABLE'), 'a/one.yaml': strict };
    const loaded = load(files, files, { context: ['ctx'] });
    expect(only(loaded).head.resources.map((each) => each.origin.file)).toEqual(['a/one.yaml']);
  });
});

describe('namespaces that nothing tells (R22)', () => {
  test('a placeholder that matches only itself, as one assumption', () => {
    const files = { 'a/one.yaml': mtls({ name: 'x' }, 'STRICT'), 'b/one.yaml': deployment({ name: 'web' }, { app: 'web' }) };
    const loaded = load(files, files);
    expect(ids(only(loaded).head.resources)).toEqual(['Deployment/~b/web', 'PeerAuthentication/~a/x']);
    expect(loaded.assumptions.map((each) => each.id)).toEqual(['namespace:~a', 'namespace:~b']);
  });

  test('no assumption where every object names its namespace', () => {
    expect(load({ 'a/one.yaml': strict }, { 'a/one.yaml': strict }).assumptions).toEqual([]);
  });
});
