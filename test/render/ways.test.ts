/** One path that is deployed in several ways: each is a unit of its own, and none hides another's change (R3b, R5, R7). */
import { describe, expect, test } from 'vitest';
import { edited, judged, running, told, unitsOn, unread, type Judged } from '../support/judged.ts';
import { mtls } from '../support/manifests.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import type { Files } from '../support/tree.ts';
import { argo, chart, flux, template, workload } from '../units/rules/shop.ts';

const charted: Files = { 'c/Chart.yaml': chart, 'c/values.yaml': 'mode: STRICT\n', 'c/templates/m.yaml': template.replace('name: default', 'name: {{ .Release.Name }}'), 'c/values-dev.yaml': 'mode: STRICT\n', 'c/values-prod.yaml': 'mode: STRICT\n' };

function modes({ loaded }: Judged): readonly string[] {
  return loaded.environments.flatMap((each) => each.head.resources.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [`${each.id} ${resource.name} ${resource.spec.mode}`] : []))).sort();
}

describe.skipIf(!hasTools())(`one path, several ways${hasTools() ? '' : `, ${skipped}`}`, () => {
  const overlays = (more = ''): Files => ({
    ...charted,
    'apps/base/kustomization.yaml': 'resources: [shop.yaml]\n',
    'apps/base/shop.yaml': argo('path: c', 'shop'),
    ...Object.fromEntries(['dev', 'prod'].map((name) => [`apps/${name}/kustomization.yaml`, `resources: [../base]\npatches:\n- target: {kind: Application}\n  patch: |\n    - {op: add, path: /spec/source/helm, value: {valueFiles: [values-${name}.yaml]${more}}}\n`])),
  });

  test('an Application whose values each overlay states', async () => {
    const found = await judged(overlays(), { ...overlays(), 'c/values-prod.yaml': 'mode: DISABLE\n' });
    expect([unread(found), unitsOn(found, 'head').filter((id) => id.startsWith('c'))]).toEqual([[], ['c@apps/dev', 'c@apps/prod']]);
    expect([edited(found), modes(found)]).toEqual([['modified PeerAuthentication/shop/shop'], ['dev shop STRICT', 'prod shop DISABLE']]);
  });

  test('near miss: overlays that state the same are one', async () => {
    const same = Object.fromEntries(Object.entries(overlays()).map(([path, text]) => [path, text.replace('values-dev.yaml]', 'values-prod.yaml]')]));
    expect(unitsOn(await judged(same, { ...same, 'c/values-prod.yaml': 'mode: DISABLE\n' }), 'head').filter((id) => id.startsWith('c'))).toEqual(['c']);
  });

  test('an overlay that the pull request makes different keeps the other as it was', async () => {
    const same = Object.fromEntries(Object.entries(overlays()).map(([path, text]) => [path, text.replace('values-dev.yaml]', 'values-prod.yaml]')]));
    const found = await judged(same, { ...same, 'apps/dev/kustomization.yaml': overlays(', parameters: [{name: mode, value: DISABLE}]')['apps/dev/kustomization.yaml'] ?? '' });
    expect([unitsOn(found, 'base').filter((id) => id.startsWith('c')), edited(found), modes(found)]).toEqual([['c@apps/dev', 'c@apps/prod'], ['modified PeerAuthentication/shop/shop'], ['default shop DISABLE']]);
    // Nothing touches the other one (R16).
    expect(found.loaded.untouched.map((unit) => unit.id)).toEqual(['apps/prod', 'c@apps/prod']);
  });

  test('values sets of one chart, of which one turns a policy off', async () => {
    const sets = (red: boolean, blue: boolean): Files => ({
      'c/Chart.yaml': chart, 'c/values.yaml': 'strict: true\n', 'c/values-red.yaml': `strict: ${String(red)}\n`, 'c/values-blue.yaml': `strict: ${String(blue)}\n`,
      'c/templates/m.yaml': `{{- if .Values.strict }}\n${mtls({ name: 'default', namespace: 'shop' }, 'STRICT')}{{- end }}\n`, 'c/templates/w.yaml': workload,
    });
    const found = await judged(sets(true, true), sets(true, false));
    expect([Object.keys(running(found)), told(found), found.report.changes.map((change) => change.environments)]).toEqual([['blue', 'red'], ['widened mtls shop/web'], [['blue']]]);
    expect(Object.keys(running(await judged(sets(true, true), sets(false, false))))).toEqual(['default']);
  });

  test('overlays of one base, of which one leaves a policy out', async () => {
    const overlay = (more = ''): string => `resources: [../../shop]\n${more}`;
    const files: Files = {
      'shop/kustomization.yaml': 'resources: [m.yaml, w.yaml]\n', 'shop/m.yaml': mtls({ name: 'default', namespace: 'shop' }, 'STRICT'), 'shop/w.yaml': workload,
      'over/acme/kustomization.yaml': overlay(), 'over/globex/kustomization.yaml': overlay(),
    };
    const found = await judged(files, { ...files, 'over/globex/kustomization.yaml': overlay('patches:\n- patch: |\n    $patch: delete\n    apiVersion: security.istio.io/v1\n    kind: PeerAuthentication\n    metadata: {name: default, namespace: shop}\n') });
    expect([Object.keys(running(found)), told(found), found.report.changes.map((change) => change.environments)]).toEqual([['acme', 'globex'], ['widened mtls shop/web'], [['globex']]]);
  });

  test('Flux Kustomizations of one name in two clusters', async () => {
    const files = (dev: string, prod: string): Files => ({
      'clusters/dev/apps.yaml': flux('apps', 'apps', `  postBuild: {substitute: {mode: ${dev}}}\n`), 'clusters/prod/apps.yaml': flux('apps', 'apps', `  postBuild: {substitute: {mode: ${prod}}}\n`),
      'apps/m.yaml': mtls({ name: 'default', namespace: 'shop' }, '${mode}'), 'apps/w.yaml': workload,
    });
    const found = await judged(files('STRICT', 'STRICT'), files('STRICT', 'PERMISSIVE'));
    expect([running(found), told(found), found.report.changes.map((change) => change.environments)]).toEqual([{ default: ['apps@clusters/prod', 'clusters/dev', 'clusters/prod'] }, ['widened mtls shop/web'], [['default']]]);
    expect(found.loaded.untouched.map((unit) => unit.id)).toEqual(['apps@clusters/dev']);
    const both = await judged(files('STRICT', 'STRICT'), files('DISABLE', 'PERMISSIVE'));
    expect(Object.keys(running(both))).toEqual(['dev', 'prod']);
  });

  test('near miss: alike in both clusters it runs everywhere', async () => {
    const files = (mode: string): Files => ({ 'clusters/dev/apps.yaml': flux('apps'), 'clusters/prod/apps.yaml': flux('apps'), 'apps/m.yaml': mtls({ name: 'default', namespace: 'shop' }, mode), 'apps/w.yaml': workload });
    const found = await judged(files('STRICT'), files('PERMISSIVE'));
    expect([unitsOn(found, 'head'), told(found), found.loaded.discovered.units.find((unit) => unit.id === 'apps')?.head?.cluster]).toEqual([['apps', 'clusters/dev', 'clusters/prod'], ['widened mtls shop/web'], undefined]);
  });
});

describe.skipIf(!hasTools())(`an ApplicationSet for clusters that nobody names${hasTools() ? '' : `, ${skipped}`}`, () => {
  const set = (name: string, helm: string, path = 'c'): string => `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: ${name}, namespace: argocd}\nspec:\n  generators: [{clusters: {}}]\n  template: {metadata: {name: "${name}-{{name}}"}, spec: {source: {repoURL: "https://git.example/bank/infra", path: "${path}", helm: ${helm}}, destination: {name: "{{name}}", namespace: shop}}}\n`;

  test('takes every values file that fits', async () => {
    const files: Files = { ...charted, 'argo/s.yaml': set('all', '{releaseName: shop, valueFiles: [values.yaml, "values-{{name}}.yaml"]}') };
    const found = await judged(files, { ...files, 'c/values-prod.yaml': 'mode: DISABLE\n' });
    expect([unitsOn(found, 'head').filter((id) => id.startsWith('c')), edited(found), modes(found)]).toEqual([['c@dev', 'c@prod'], ['modified PeerAuthentication/shop/shop'], ['dev shop STRICT', 'prod shop DISABLE']]);
  });

  test('what a hole holds in the path it holds in the values', async () => {
    const files: Files = { 'eu/c/Chart.yaml': chart, 'us/c/Chart.yaml': chart, 'eu/c/templates/m.yaml': template, 'us/c/templates/m.yaml': template, 'values/eu.yaml': 'mode: STRICT\n', 'values/us.yaml': 'mode: PERMISSIVE\n', 'argo/s.yaml': set('all', '{valueFiles: ["/values/{{name}}.yaml"]}', '{{name}}/c') };
    expect(modes(await judged({}, files))).toEqual(['eu default STRICT', 'us default PERMISSIVE']);
  });

  test('two of them release one chart twice', async () => {
    const files = (mode: string): Files => ({ ...charted, 'argo/s.yaml': set('one', '{releaseName: one, valuesObject: {mode: STRICT}}'), 'argo/t.yaml': set('two', `{releaseName: two, valuesObject: {mode: ${mode}}}`) });
    const found = await judged(files('STRICT'), files('DISABLE'));
    expect([edited(found), modes(found)]).toEqual([['modified PeerAuthentication/shop/two'], ['default one STRICT', 'default two DISABLE']]);
  });

  test('near miss: a values file that does not fit changes nothing', async () => {
    const files: Files = { ...charted, 'argo/s.yaml': set('all', '{releaseName: shop, valueFiles: ["values-{{name}}.yaml"]}'), 'c/other.yaml': 'mode: STRICT\n' };
    expect(edited(await judged(files, { ...files, 'c/other.yaml': 'mode: DISABLE\n' }))).toEqual([]);
  });
});

describe.skipIf(!hasTools())(`values files that a root names${hasTools() ? '' : `, ${skipped}`}`, () => {
  const app = (more: string): Files => ({ ...charted, 'argo/a.yaml': argo(`path: c, helm: {releaseName: shop, valueFiles: [values-prod.yaml]${more}}`, 'shop') });
  const without = (files: Files): Files => Object.fromEntries(Object.entries(files).filter(([path]) => path !== 'c/values-prod.yaml'));

  test('one that the head takes away stops the Application: what it deployed stays, and is named', async () => {
    const base = { ...app(''), 'c/values-prod.yaml': 'mode: DISABLE\n' };
    const found = await judged(base, without(base));
    expect([edited(found), unread(found), modes(found)]).toEqual([[], ['not-renderable c/Chart.yaml'], ['default shop DISABLE']]);
  });

  test('near miss: with `ignoreMissingValueFiles` it is left out', async () => {
    const base = { ...app(', ignoreMissingValueFiles: true'), 'c/values-prod.yaml': 'mode: DISABLE\n' };
    const found = await judged(base, without(base));
    expect([edited(found), unread(found), modes(found)]).toEqual([['modified PeerAuthentication/shop/shop'], [], ['default shop STRICT']]);
  });

  test('near miss: one that neither side has is rendered without', async () => {
    expect(unread(await judged({}, without(app(''))))).toEqual([]);
  });

  const release = (files: string): Files => ({
    'clusters/r.yaml': `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: shop}\nspec:\n  chart: {spec: {chart: ./c, sourceRef: {kind: GitRepository, name: flux-system}${files}}}\n`,
    'c/Chart.yaml': chart, 'c/values.yaml': 'mode: DISABLE\nname: own\n', 'c/values-prod.yaml': 'name: prod\n', 'c/templates/m.yaml': 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: "{{ .Values.name }}", namespace: shop}\nspec: {mtls: {mode: {{ .Values.mode | default "STRICT" }}}}\n',
  });

  test('`valuesFiles` of Flux are in place of `values.yaml`', async () => {
    expect(modes(await judged({}, release(', valuesFiles: [c/values-prod.yaml]')))).toEqual(['default prod STRICT']);
    const files = release(', valuesFiles: [c/values-prod.yaml]');
    expect(edited(await judged(files, { ...files, 'c/values.yaml': 'mode: PERMISSIVE\nname: own\n' }))).toEqual([]);
  });

  test('near miss: `values.yaml` counts where they name it, and where there are none', async () => {
    expect(modes(await judged({}, release(', valuesFiles: [c/values.yaml, c/values-prod.yaml]')))).toEqual(['default prod DISABLE']);
    expect(modes(await judged({}, release('')))).toEqual(['default own DISABLE']);
  });
});
