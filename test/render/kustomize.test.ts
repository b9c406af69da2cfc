import { describe, expect, test } from 'vitest';
import { resourceId } from '#manifests/resource.ts';
import { renderPair, renderOne } from '../support/render.ts';
import { changes, only } from '../support/load.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import { mtls } from '../support/manifests.ts';
import { stream, type Files } from '../support/tree.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');

describe.skipIf(!hasTools())(`kustomizations are rendered by the real tool${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('what the kustomization takes is there, what it does not take is dead', async () => {
    const files: Files = { 'k/kustomization.yaml': 'resources: [mtls.yaml]\n', 'k/mtls.yaml': strict, 'k/dead.yaml': mtls({ name: 'dead', namespace: 'shop' }, 'STRICT') };
    const { loaded } = await renderPair(files, { ...files, 'k/dead.yaml': mtls({ name: 'dead', namespace: 'shop' }, 'DISABLE') });
    expect(only(loaded).head.all.map(resourceId)).toEqual(['PeerAuthentication/shop/default']);
    expect(changes(loaded)).toEqual([]);
    expect(only(loaded).units).toEqual([{ id: 'k', kind: 'kustomize', path: 'k', status: 'identical', tool: 'kustomize 5.7.1 (kubectl)' }]);
  });

  test('a commented line takes the object away', async () => {
    const { loaded } = await renderPair({ 'k/kustomization.yaml': 'resources: [mtls.yaml]\n', 'k/mtls.yaml': strict }, { 'k/kustomization.yaml': 'resources: []\n# - mtls.yaml\n', 'k/mtls.yaml': strict });
    expect(changes(loaded)).toEqual(['removed PeerAuthentication/shop/default']);
  });

  test('prefix, namespace and patch are in force', async () => {
    const { loaded } = await renderOne({
      'over/kustomization.yaml': 'namePrefix: eu-\nnamespace: bank\nresources: [../base]\npatches: [{path: p.yaml}]\n',
      'over/p.yaml': 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: DISABLE}}\n',
      'base/kustomization.yaml': 'resources: [mtls.yaml]\n',
      'base/mtls.yaml': strict,
    });
    const [resource] = only(loaded).head.all;
    expect(resource === undefined ? '' : resourceId(resource)).toBe('PeerAuthentication/bank/eu-default');
    expect(resource?.kind === 'PeerAuthentication' ? resource.spec.mode : '').toBe('DISABLE');
    // Its file and place in it, before the prefix.
    expect(resource?.origin).toMatchObject({ file: 'base/mtls.yaml', rendered: { from: 'resource' } });
    expect(resource?.annotations).toEqual({});
  });

  test('annotations of the author stay, those of the tool go', async () => {
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [a.yaml]\ncommonAnnotations: {team: shop}\n', 'k/a.yaml': strict });
    expect(only(loaded).head.all[0]?.annotations).toEqual({ team: 'shop' });
  });

  test('a side that does not build is taken from the other and named (R18)', async () => {
    const base: Files = { 'k/kustomization.yaml': 'resources: [mtls.yaml]\n', 'k/mtls.yaml': strict, 'p/mtls.yaml': mtls({ name: 'p', namespace: 'p' }, 'STRICT') };
    const head: Files = { ...base, 'k/kustomization.yaml': 'resources: [mtls.yaml, gone.yaml]\n' };
    const { loaded } = await renderPair(base, head);
    expect(changes(loaded)).toEqual([]);
    expect(loaded.incompleteReasons.map(({ kind, status, unit, file, line, reason }) => ({ kind, status, unit, file, line, reason }))).toEqual([
      { kind: 'not-renderable', status: 'new', unit: 'k', file: 'k/kustomization.yaml', line: 1, reason: 'it takes `gone.yaml`, which is not there' },
    ]);
    const mended = await renderPair(head, base);
    expect(changes(mended.loaded)).toEqual([]);
    expect(mended.loaded.incompleteReasons.map((each) => each.status)).toEqual(['existing']);
    const untouched = await renderPair(head, { ...head, 'p/mtls.yaml': mtls({ name: 'p', namespace: 'p' }, 'DISABLE') });
    expect(untouched.loaded.incompleteReasons.map((each) => each.status)).toEqual(['existing']);
  });

  test('a remote base goes with the patches that aim only at it (R15)', async () => {
    const patch = (name: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}, namespace: shop}\nspec: {mtls: {mode: DISABLE}}\n`;
    const files = (reference: string): Files => ({
      'k/kustomization.yaml': `resources: [mtls.yaml, "https://github.com/org/repo//base?ref=${reference}"]\npatchesStrategicMerge: [far.yaml, near.yaml]\n`,
      'k/mtls.yaml': strict,
      'k/far.yaml': patch('remote'),
      'k/near.yaml': patch('default'),
    });
    const { loaded } = await renderPair(files('v1'), files('v2'));
    expect(loaded.incompleteReasons).toEqual([]);
    const [resource] = only(loaded).head.all;
    expect(resource?.kind === 'PeerAuthentication' ? resource.spec.mode : '').toBe('DISABLE');
    expect(loaded.outsideChanges.map(({ change, content }) => [change, content.name, content.file, content.line])).toEqual([['modified', 'https://github.com/org/repo//base', 'k/kustomization.yaml', 1]]);
    expect((await renderPair(files('v1'), { ...files('v1'), 'k/mtls.yaml': `${strict}# x\n` })).loaded.outsideChanges).toEqual([]);
  });

  test('a patch that meets nothing is an error where nothing is outside', async () => {
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [mtls.yaml]\npatchesStrategicMerge: [p.yaml]\n', 'k/mtls.yaml': strict, 'k/p.yaml': mtls({ name: 'nobody', namespace: 'shop' }, 'STRICT') });
    expect(loaded.incompleteReasons.map((each) => each.kind)).toEqual(['not-renderable']);
  });

  test('a chart of the repository is inflated by Helm 3', async () => {
    const files: Files = {
      'k/kustomization.yaml': 'helmCharts: [{name: c, releaseName: r, namespace: shop, valuesFile: v.yaml}]\n',
      'k/v.yaml': 'mode: DISABLE\n',
      'k/charts/c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
      'k/charts/c/templates/m.yaml': '{{ if .Capabilities.APIVersions.Has "security.istio.io/v1" }}\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: {{ .Release.Namespace }}}\nspec: {mtls: {mode: {{ .Values.mode }}}}\n{{ end }}\n',
    };
    const three = await renderOne(files, { options: { tools: { searchPath: (await import('../support/render-tools.ts')).bin, helm: 'helm3', untrusted: [] } } });
    expect(three.loaded.incompleteReasons).toEqual([]);
    expect(only(three.loaded).head.all.map(resourceId)).toEqual(['PeerAuthentication/shop/default']);
    // kustomize before 5.8.1 does not speak to Helm 4: said, not failed.
    const four = await renderOne(files);
    expect(four.loaded.incompleteReasons.map((each) => each.reason)).toEqual(['kustomize 5.7.1 (kubectl) cannot inflate charts with helm 4.1.4']);
    expect(four.loaded.incompleteReasons[0]?.remedy).toContain('tools.helm');
  });

  test('a chart of a registry is outside', async () => {
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [mtls.yaml]\nhelmCharts: [{name: c, repo: "https://charts.example", version: 1.0.0}]\n', 'k/mtls.yaml': strict });
    expect(loaded.incompleteReasons).toEqual([]);
    expect(loaded.assumptions.map((each) => each.id)).toContain('outside:https://charts.example/c');
  });

  test('several documents of one file lead to their own lines', async () => {
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [all.yaml]\nnameSuffix: -eu\n', 'k/all.yaml': stream(mtls({ name: 'a', namespace: 'shop' }, 'STRICT'), mtls({ name: 'ab', namespace: 'shop' }, 'STRICT')) });
    expect(only(loaded).head.all.map((each) => [each.name, each.origin.file])).toEqual([['a-eu', 'k/all.yaml'], ['ab-eu', 'k/all.yaml']]);
  });

  test('without the program the unit says what to install', async () => {
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [mtls.yaml]\n', 'k/mtls.yaml': strict }, { options: { tools: { searchPath: '/nowhere', untrusted: [] } } });
    expect(loaded.incompleteReasons.map(({ kind, reason, remedy }) => ({ kind, reason, remedy }))).toEqual([
      { kind: 'not-renderable', reason: 'neither `kustomize` nor `kubectl` is on PATH', remedy: 'install `kustomize` or `kubectl`, or name one with `tools.kustomize`' },
    ]);
  });

  test('a program inside what is reviewed is never run', async () => {
    const { bin } = await import('../support/render-tools.ts');
    const { loaded } = await renderOne({ 'k/kustomization.yaml': 'resources: [mtls.yaml]\n', 'k/mtls.yaml': strict }, { options: { tools: { searchPath: bin, untrusted: [bin] } } });
    expect(loaded.incompleteReasons.map((each) => each.reason)).toEqual(['`kubectl` lies in the repository, where a pull request could replace it']);
  });
});
