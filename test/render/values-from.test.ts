/** Values of a Flux HelmRelease that other objects hold (R3b, R7). */
import { describe, expect, test } from 'vitest';
import { resourceId } from '#manifests/resource.ts';
import { renderOne, renderPair } from '../support/render.ts';
import { environment } from '../support/load.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import { releaseValues } from '#units/release-values.ts';
import type { Files } from '../support/tree.ts';

const chart: Files = {
  'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'charts/shop/values.yaml': 'mtls: {mode: STRICT}\nnames: {first: a}\n',
  'charts/shop/templates/m.yaml': 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: "{{ .Values.names.first }}-{{ .Values.names.second }}", namespace: shop}\nspec: {mtls: {mode: "{{ .Values.mtls.mode }}"}}\n',
};

function release(from: string, values = ''): string {
  return `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: apps}\nspec:\n  chart: {spec: {chart: ./charts/shop, sourceRef: {kind: GitRepository, name: flux-system}}}\n  valuesFrom:\n${from}${values === '' ? '' : `  values: ${values}\n`}`;
}

function configMap(name: string, data: Readonly<Record<string, string>>, namespace = 'apps', kind = 'ConfigMap'): string {
  return `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\ndata: ${JSON.stringify(data)}\n`;
}

const settings = '  - {kind: ConfigMap, name: settings}\n';

async function rendered(files: Files): Promise<{ readonly objects: readonly string[]; readonly outside: readonly string[]; readonly reasons: readonly string[] }> {
  const { loaded } = await renderOne({ ...chart, ...files });
  return {
    objects: environment(loaded, 'default').head.all.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [`${resourceId(resource)} ${resource.spec.mode}`] : [])),
    outside: loaded.discovered.outside.head.map((each) => each.name),
    reasons: loaded.incompleteReasons.map((each) => each.reason),
  };
}

describe.skipIf(!hasTools())(`values from other objects${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('a ConfigMap that the repository holds, the own values over it', async () => {
    const files = { 'clusters/s.yaml': configMap('settings', { 'values.yaml': 'mtls: {mode: DISABLE}\nnames: {second: x}\n' }) };
    expect(await rendered({ ...files, 'clusters/r.yaml': release(settings) })).toEqual({ objects: ['PeerAuthentication/shop/a-x DISABLE'], outside: [], reasons: [] });
    expect((await rendered({ ...files, 'clusters/r.yaml': release(settings, '{mtls: {mode: PERMISSIVE}}') })).objects).toEqual(['PeerAuthentication/shop/a-x PERMISSIVE']);
  });

  test('later entries over earlier ones, a key, a path, a text in quotation marks', async () => {
    const from = '  - {kind: ConfigMap, name: one, valuesKey: all}\n  - {kind: Secret, name: two}\n  - {kind: ConfigMap, name: one, valuesKey: flat, targetPath: names.second}\n';
    const found = await rendered({
      'clusters/r.yaml': release(from),
      'clusters/one.yaml': configMap('one', { all: 'mtls: {mode: DISABLE}\nnames: {first: b}\n', flat: '"007"' }),
      'clusters/two.yaml': configMap('two', { 'values.yaml': Buffer.from('mtls: {mode: PERMISSIVE}\n').toString('base64') }, 'apps', 'Secret'),
    });
    expect(found).toEqual({ objects: ['PeerAuthentication/shop/b-007 PERMISSIVE'], outside: [], reasons: [] });
  });

  test('a generated ConfigMap, of a file and of literals', async () => {
    const found = await rendered({
      'clusters/r.yaml': release('  - {kind: ConfigMap, name: settings}\n  - {kind: ConfigMap, name: settings, valuesKey: second, targetPath: names.second}\n'),
      'clusters/kustomization.yaml': 'resources: [r.yaml]\nconfigMapGenerator:\n- {name: settings, files: [values.yaml=shop.yaml], literals: ["second=z"], options: {disableNameSuffixHash: true}}\n',
      'clusters/shop.yaml': 'mtls: {mode: DISABLE}\n',
    });
    expect(found).toEqual({ objects: ['PeerAuthentication/shop/a-z DISABLE'], outside: [], reasons: [] });
  });

  test('lines of an environment file', async () => {
    const files = (text: string): Files => ({
      'clusters/r.yaml': release('  - {kind: ConfigMap, name: settings, valuesKey: MODE, targetPath: mtls.mode}\n  - {kind: ConfigMap, name: settings, valuesKey: SECOND, targetPath: names.second}\n'),
      'clusters/kustomization.yaml': 'resources: [r.yaml]\nconfigMapGenerator: [{name: settings, envs: [shop.env]}]\n',
      'clusters/shop.env': text,
    });
    expect(await rendered(files('# the mode\nMODE=DISABLE\n  SECOND=a=b\n'))).toEqual({ objects: ['PeerAuthentication/shop/a- DISABLE'], outside: ['values of ConfigMap settings for HelmRelease apps/shop'], reasons: [] });
    expect((await rendered(files('MODE=DISABLE\nSECOND=z\n'))).objects).toEqual(['PeerAuthentication/shop/a-z DISABLE']);
    // What the environment of the tool would say is nobody's here.
    expect((await rendered(files('MODE\nSECOND=z\n'))).objects).toEqual(['PeerAuthentication/shop/a-z STRICT']);
  });

  test('overlays that add to a generated ConfigMap, each with its own values', async () => {
    const files = (prod: string): Files => ({
      ...chart,
      'base/kustomization.yaml': 'resources: [r.yaml]\nconfigMapGenerator: [{name: settings, literals: ["values.yaml=names: {second: x}"]}]\n',
      'base/r.yaml': release('  - {kind: ConfigMap, name: settings}\n  - {kind: ConfigMap, name: settings, valuesKey: mode, targetPath: mtls.mode}\n'),
      'dev/kustomization.yaml': 'resources: [../base]\nconfigMapGenerator: [{name: settings, behavior: merge, literals: [mode=PERMISSIVE]}]\n',
      'prod/kustomization.yaml': `resources: [../base]\nconfigMapGenerator: [{name: settings, behavior: merge, literals: [mode=${prod}]}]\n`,
    });
    const { loaded } = await renderPair(files('STRICT'), files('DISABLE'));
    expect([loaded.incompleteReasons, loaded.outsideChanges]).toEqual([[], []]);
    expect(loaded.changedResources.map((each) => `${each.change} ${each.resource}`)).toContain('modified PeerAuthentication/shop/a-x');
    const whole = await renderOne(files('DISABLE'));
    expect(whole.loaded.environments.map((each) => `${each.id} ${each.head.all.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [resource.spec.mode] : [])).join(' ')}`)).toEqual(['dev PERMISSIVE', 'prod DISABLE']);
  });

  test('a ConfigMap that the head takes away leaves its values in force, and is named (R18)', async () => {
    const files: Files = { ...chart, 'clusters/r.yaml': release(settings), 'clusters/s.yaml': configMap('settings', { 'values.yaml': 'mtls: {mode: DISABLE}\nnames: {second: x}\n' }) };
    const { 'clusters/s.yaml': gone = '', ...without } = files;
    const told = async (base: Files, head: Files): Promise<readonly string[]> => {
      const { loaded } = await renderPair(base, head);
      return [...loaded.changedResources.flatMap((each) => (each.resource.startsWith('Peer') ? [`${each.change} ${each.resource}`] : [])), ...loaded.outsideChanges.map((each) => `${each.change} ${each.content.name}`)];
    };
    const named = 'values of ConfigMap settings for HelmRelease apps/shop';
    expect([await told(files, without), await told(without, files)]).toEqual([[`added ${named}`], [`removed ${named}`]]);
    // What may be absent is gone, and the chart's own values count.
    const optional: Files = { ...files, 'clusters/r.yaml': release('  - {kind: ConfigMap, name: settings, optional: true}\n') };
    const { 'clusters/s.yaml': also, ...rest } = optional;
    expect([also, await told(optional, rest)]).toEqual([gone, ['added PeerAuthentication/shop/a-', 'removed PeerAuthentication/shop/a-x', `added ${named}`]]);
  });

  test.each([
    ['that no file holds', {}],
    ['of another namespace', { 'clusters/s.yaml': configMap('settings', { 'values.yaml': 'mtls: {mode: DISABLE}' }, 'other') }],
    ['without the key', { 'clusters/s.yaml': configMap('settings', { other: 'mtls: {mode: DISABLE}' }) }],
    ['that two files hold differently', { 'clusters/a/s.yaml': configMap('settings', { 'values.yaml': 'mtls: {mode: DISABLE}' }), 'clusters/b/s.yaml': configMap('settings', { 'values.yaml': 'mtls: {mode: PERMISSIVE}' }) }],
    ['that is no YAML', { 'clusters/s.yaml': configMap('settings', { 'values.yaml': 'a: [' }) }],
  ])('what an object %s says is not told, and named', async (_, files: Files) => {
    expect(await rendered({ ...files, 'clusters/r.yaml': release(settings) })).toEqual({ objects: ['PeerAuthentication/shop/a- STRICT'], outside: ['values of ConfigMap settings for HelmRelease apps/shop'], reasons: [] });
  });

  test('variables stay as they are written, and are not told in what is rendered', async () => {
    const { loaded } = await renderOne({ ...chart, 'clusters/r.yaml': release(settings), 'clusters/s.yaml': configMap('settings', { 'values.yaml': 'mtls: {mode: "${MODE}"}' }) });
    expect(environment(loaded, 'default').head.all.flatMap((resource) => resource.unresolved?.map((each) => each.text) ?? [])).toEqual(['${MODE}']);
  });

  test('an encrypted Secret is not told; a new text of it is a change of what lies outside', async () => {
    const files = (cipher: string): Files => ({ ...chart, 'clusters/r.yaml': release('  - {kind: Secret, name: two}\n'), 'clusters/two.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: two, namespace: apps}\nstringData: {values.yaml: "ENC[AES256_GCM,data:${cipher}]"}\n` });
    const outside = async (base: string, head: string) => (await renderPair(files(base), files(head))).loaded.outsideChanges.map((each) => `${each.change} ${each.content.name}`);
    expect(await outside('a', 'b')).toEqual(['modified values of Secret two for HelmRelease apps/shop']);
    expect(await outside('a', 'a')).toEqual([]);
  });

  test('a changed ConfigMap is compared in its environment alone, and cited where it says so', async () => {
    const files = (mode: string): Files => ({ ...chart, 'clusters/prod/r.yaml': release(settings), 'clusters/prod/s.yaml': configMap('settings', {}).replace('data: {}', `data:\n  values.yaml: |\n    names: {first: b}\n    mtls: {mode: ${mode}}`) });
    const { loaded, prepared } = await renderPair(files('STRICT'), files('DISABLE'));
    expect(loaded.changedResources.map((each) => `${each.change} ${each.resource}`)).toContain('modified PeerAuthentication/shop/b-');
    expect([...prepared.rendered.blames.values()].map(({ file, line, via }) => [file, line, via.map((step) => step.file)])).toEqual([['clusters/prod/s.yaml', 7, ['charts/shop/templates/m.yaml']]]);
  });

  test('changed values of the object itself are cited in it', async () => {
    const files = (mode: string): Files => ({ ...chart, 'clusters/prod/r.yaml': release('  - {kind: ConfigMap, name: settings, optional: true}\n', `{mtls: {mode: ${mode}}}`) });
    const { prepared } = await renderPair(files('STRICT'), files('DISABLE'));
    expect([...prepared.rendered.blames.values()].map(({ file, line }) => [file, line])).toEqual([['clusters/prod/r.yaml', 8]]);
  });

  test('a release of a touched cluster is rendered, though its chart lies elsewhere', async () => {
    const files = (mode: string): Files => ({ ...chart, 'clusters/prod/r.yaml': release('', `{mtls: {mode: ${mode}}}`), 'clusters/test/apps.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: y}\n' });
    const { loaded } = await renderPair(files('STRICT'), { ...files('DISABLE'), 'clusters/test/apps.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: z, namespace: y}\n' });
    expect(loaded.untouched).toEqual([]);
    expect(loaded.changedResources.map((each) => each.resource)).toContain('PeerAuthentication/shop/a-');
  });
});

describe('values at a path', () => {
  const at = (path: string, content: string): unknown => releaseValues({ valuesFrom: [{ targetPath: path }] }, () => ({ text: content }));
  test.each([['5', 5], ['0', 0], ['007', '007'], ['+5', 5], ['TRUE', true], ['null', null], ['"5"', '5'], ["'true'", 'true'], ['', ''], ['1.5', '1.5']])('`%s` is %j', (content, value) => {
    expect(at('a.b', content)).toEqual({ values: { a: { b: value } }, unknown: [] });
  });
  test.each([['a[0]', '1'], ['a', 'x,b=y'], ['a', '{1,2}'], ['a..b', '1'], ['a', '12345678901234567890']])('%s: `%s` is left open', (path, content) => {
    expect(at(path, content)).toEqual({ values: {}, unknown: [{ targetPath: path }] });
  });
  test('`null` of later values takes the chart’s own away, a map is merged, a list is replaced', () => {
    expect(releaseValues({ valuesFrom: [{}], values: { a: null, b: { d: 2 }, c: [2] } }, () => ({ text: 'a: 1\nb: {c: 1}\nc: [1, 3]\n' }))).toEqual({ values: { a: null, b: { c: 1, d: 2 }, c: [2] }, unknown: [] });
  });
  test('names of prototypes are names', () => {
    expect(releaseValues({ valuesFrom: [{}] }, () => ({ text: '__proto__: {x: 1}\nconstructor: {prototype: {y: 1}}\n' })).unknown).toEqual([]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
