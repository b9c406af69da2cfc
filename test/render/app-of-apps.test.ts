/** Applications and HelmReleases that a chart or a kustomization makes are roots like those that are written (R3b, R10). */
import { describe, expect, test } from 'vitest';
import { brought, edited, judged, running, told, unitsOn, unread, type Judged } from '../support/judged.ts';
import { mtls } from '../support/manifests.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import type { Files } from '../support/tree.ts';
import { argo, chart, workload } from '../units/rules/shop.ts';

const applications = '{{- range .Values.apps }}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {{ .name }}\n  namespace: argocd\nspec:\n  source:\n    repoURL: https://git.example/bank/infra\n    path: charts/app\n    helm:\n      values: |\n        mode: {{ .mode }}\n        app: {{ .name }}\n  destination: {namespace: shop}\n{{- end }}\n';
const app: Files = { 'charts/app/Chart.yaml': chart.replace('shop', 'app'), 'charts/app/values.yaml': 'mode: STRICT\napp: none\n', 'charts/app/templates/m.yaml': 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: {{ .Values.app }}}\nspec: {mtls: {mode: {{ .Values.mode }}}}\n' };
const config = (values: Readonly<Record<string, string>>): Files => ({ ...app, 'charts/config/Chart.yaml': chart.replace('shop', 'config'), 'charts/config/templates/apps.yaml': applications, ...Object.fromEntries(Object.entries(values).map(([name, text]) => [`charts/config/${name}`, text])) });

function modes({ loaded }: Judged): readonly string[] {
  return loaded.environments.flatMap((each) => each.head.resources.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [`${each.id} ${resource.namespace ?? ''}/${resource.name} ${resource.spec.mode}`] : []))).sort();
}

describe.skipIf(!hasTools())(`an app of apps${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('each Application that a chart makes releases its chart with its own values', async () => {
    const files = (cart: string): Files => config({ 'values.yaml': `apps:\n- {name: web, mode: STRICT}\n- {name: cart, mode: ${cart}}\n` });
    const found = await judged(files('STRICT'), files('DISABLE'));
    expect([unread(found), edited(found), modes(found)]).toEqual([[], ['modified PeerAuthentication/shop/cart'], ['default shop/cart DISABLE', 'default shop/web STRICT']]);
    expect(unitsOn(found, 'head')).toEqual(['charts/app@argocd/cart', 'charts/app@argocd/web', 'charts/config']);
  });

  test('a changed template of the chart that all of them share is told for each', async () => {
    const files = config({ 'values.yaml': 'apps:\n- {name: web, mode: STRICT}\n- {name: cart, mode: STRICT}\n' });
    const found = await judged(files, { ...files, 'charts/app/templates/m.yaml': files['charts/app/templates/m.yaml']?.replace('{{ .Values.mode }}', 'DISABLE') ?? '' });
    expect(edited(found)).toEqual(['modified PeerAuthentication/shop/cart', 'modified PeerAuthentication/shop/web']);
  });

  test('environments are those of the values that make it', async () => {
    const files = (prod: string): Files => config({ 'values.yaml': 'apps: []\n', 'values-staging.yaml': 'apps:\n- {name: web, mode: PERMISSIVE}\n', 'values-production.yaml': `apps:\n- {name: web, mode: ${prod}}\n` });
    const found = await judged({ ...files('STRICT'), 'shop/w.yaml': workload }, { ...files('PERMISSIVE'), 'shop/w.yaml': workload });
    expect(edited(found)).toEqual(['modified PeerAuthentication/shop/web']);
    const both = await judged(files('STRICT'), config({ 'values.yaml': 'apps: []\n', 'values-staging.yaml': 'apps:\n- {name: web, mode: DISABLE}\n', 'values-production.yaml': 'apps:\n- {name: web, mode: PERMISSIVE}\n' }));
    expect(modes(both)).toEqual(['production shop/web PERMISSIVE', 'staging shop/web DISABLE']);
  });

  test('an Application that the head no longer makes takes its objects away (R5)', async () => {
    const found = await judged(config({ 'values.yaml': 'apps:\n- {name: web, mode: STRICT}\n- {name: cart, mode: STRICT}\n' }), config({ 'values.yaml': 'apps:\n- {name: web, mode: STRICT}\n' }));
    expect([edited(found), unread(found)]).toEqual([['removed PeerAuthentication/shop/cart'], []]);
  });

  test('an app of apps of apps', async () => {
    const top = argo('path: charts/top', 'top').replace('namespace: shop}', 'namespace: argocd}');
    const files = (mode: string): Files => ({ ...config({ 'values.yaml': 'apps: []\n' }), 'argo/top.yaml': top, 'charts/top/Chart.yaml': chart.replace('shop', 'top'), 'charts/top/values.yaml': `mode: ${mode}\n`, 'charts/top/templates/a.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: config, namespace: argocd}\nspec:\n  source:\n    repoURL: https://git.example/bank/infra\n    path: charts/config\n    helm: {values: "apps: [{name: deep, mode: {{ .Values.mode }}}]"}\n  destination: {namespace: argocd}\n' });
    const found = await judged(files('STRICT'), files('DISABLE'));
    expect([unread(found), edited(found), modes(found)]).toEqual([[], ['modified PeerAuthentication/shop/deep'], ['default shop/deep DISABLE']]);
  });

  test('a HelmRelease that a chart makes of a registry is content of another place', async () => {
    const files = (version: string): Files => ({ 'c/Chart.yaml': chart, 'c/values.yaml': `version: ${version}\n`, 'c/templates/r.yaml': 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: shop}\nspec:\n  chart: {spec: {chart: db, version: "{{ .Values.version }}", sourceRef: {kind: HelmRepository, name: charts}}}\n' });
    expect(brought(await judged(files('1.0.0'), files('1.1.0')))).toEqual(['MP810 charts/db of HelmRelease shop/db']);
    expect(brought(await judged(files('1.0.0'), { ...files('1.0.0'), 'c/values.yaml': '# the version\nversion: 1.0.0\n' }))).toEqual([]);
  });

  test('an Application whose name has dots and whose namespace nothing tells is rendered in one of its own; a namespace that is told stays (R22)', async () => {
    const one = (name: string, destination: string): Files => ({ ...app, 'apps/a.yaml': `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ${name}, namespace: argocd}\nspec: {source: {repoURL: "https://git.example/bank/infra", path: charts/app}, destination: ${destination}}\n` });
    const seen = async (files: Files): Promise<readonly unknown[]> => {
      const found = await judged(files, { ...files, 'charts/app/values.yaml': 'mode: PERMISSIVE\napp: none\n' });
      return [found.loaded.incompleteReasons.map(({ reason }) => reason), modes(found)];
    };
    expect(await seen(one('shop.bank.eu', '{}'))).toEqual([[], ['default shop-bank-eu/none PERMISSIVE']]);
    expect(await seen(one('shop.bank.eu', '{namespace: shop}'))).toEqual([[], ['default shop/none PERMISSIVE']]);
    expect(await seen(one('shop.bank.eu', '{namespace: shop.bank}'))).toEqual([['`shop.bank` is no name for a namespace'], []]);
  });

  test('near miss: a chart that makes none leaves charts as they were found', async () => {
    const files: Files = { ...config({ 'values.yaml': 'apps: []\n' }), 'charts/app/values-dev.yaml': 'mode: STRICT\n' };
    const found = await judged(files, { ...files, 'charts/app/values-dev.yaml': 'mode: DISABLE\n' });
    expect([unitsOn(found, 'head'), running(found)]).toEqual([['charts/app@values-dev.yaml', 'charts/config'], { default: ['charts/app@values-dev.yaml', 'charts/config'] }]);
  });

  test('near miss: what no Application names is reached by nothing (R10)', async () => {
    const files: Files = { ...config({ 'values.yaml': 'apps:\n- {name: web, mode: STRICT}\n' }), 'drafts/m.yaml': mtls({ name: 'draft', namespace: 'shop' }, 'STRICT') };
    const found = await judged(files, { ...files, 'drafts/m.yaml': mtls({ name: 'draft', namespace: 'shop' }, 'DISABLE') });
    expect([running(found)['unreferenced'], told(found).length, found.report.verdict]).toEqual([['drafts'], 1, 'warn']);
  });
});
