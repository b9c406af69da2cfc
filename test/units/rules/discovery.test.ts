/** R3 to R9 (`docs/repositories.md`): which units there are, and what is theirs. */
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { brought, edited, judged, running, told, unitsOn, unread } from '../../support/judged.ts';
import { load, units } from '../../support/load.ts';
import { mtls, policy } from '../../support/manifests.ts';
import { hasTools, skipped } from '../../support/render-tools.ts';
import type { Files } from '../../support/tree.ts';
import { argo, chart, flux, lax, strict, template, workload } from './shop.ts';

const needed = hasTools() ? '' : `, ${skipped}`;
const listed = (files: Files, config: Parameters<typeof load>[2] = {}): readonly string[] => units(load(files, files, config)).map((each) => each.split(' ').slice(0, 2).join(' '));
const one = mtls({ name: 'one', namespace: 'shop' }, 'STRICT');

describe('R3', () => {
  const everything: Files = {
    'named/m.yaml': strict, 'named/deep/m.yaml': one,
    'clusters/apps.yaml': flux('apps'), 'apps/m.yaml': mtls({ name: 'two', namespace: 'shop' }, 'STRICT'),
    'k/kustomization.yaml': 'resources: [m.yaml]\n', 'k/m.yaml': mtls({ name: 'three', namespace: 'shop' }, 'STRICT'),
    'c/Chart.yaml': chart, 'c/values.yaml': 'a: 1\n', 'c/values-prod.yaml': 'a: 2\n', 'c/dev-values.yml': 'a: 3\n', 'c/charts/inner/Chart.yaml': chart.replace('shop', 'inner'),
    'plain/m.yaml': mtls({ name: 'four', namespace: 'shop' }, 'STRICT'), 'plain/deep/m.yaml': mtls({ name: 'five', namespace: 'shop' }, 'STRICT'),
  };

  test('R3: configured, roots, kustomizations, charts once per values set, plain folders', () => {
    expect(listed(everything, { units: [{ path: 'named' }] })).toEqual(['apps plain', 'c@dev-values.yml helm', 'c@values-prod.yaml helm', 'clusters plain', 'k kustomize', 'named plain', 'plain plain', 'plain/deep plain']);
  });

  test('R3, near miss: what an earlier one claims, a later one does not discover again', () => {
    expect(listed(everything, { units: [{ path: 'named' }, { path: 'k' }, { path: 'c', helm: { values: ['values-prod.yaml'], set: {}, apiVersions: [] } }, { path: 'apps' }] })).toEqual(['apps plain', 'c@values-prod.yaml helm', 'clusters plain', 'k kustomize', 'named plain', 'plain plain', 'plain/deep plain']);
    const over: Files = { ...everything, 'clusters/k.yaml': flux('k', 'k'), 'overlay/kustomization.yaml': 'resources: [../k]\n' };
    expect(load(over, over).discovered.units.filter((unit) => unit.head?.path === 'k').map((unit) => unit.head?.discovery)).toEqual(['flux']);
  });

  test('R3: `values.yaml` alone where no other values file exists', () => {
    expect(listed({ 'c/Chart.yaml': chart, 'c/values.yaml': 'a: 1\n', 'c/templates/values-map.yaml': one })).toEqual(['c helm']);
  });
});

describe('R4', () => {
  const files: Files = { 'k/kustomization.yaml': 'resources: [m.yaml, ../shared/p.yaml]\n', 'k/m.yaml': strict, 'k/dead.yaml': one, 'shared/p.yaml': policy({ name: 'p', namespace: 'shop' }, 'x'), 'shared/dead.yaml': one, 'c/Chart.yaml': chart, 'c/deep/below/dead.yaml': one, 'clusters/w.yaml': workload, 'clusters/k.yaml': flux('k') };

  test.skipIf(!hasTools())(`R4: a claimed file that nothing renders is dead, and a change in it is no change${needed}`, async () => {
    for (const dead of ['k/dead.yaml', 'shared/dead.yaml', 'c/deep/below/dead.yaml']) {
      const found = await judged(files, { ...files, [dead]: one.replace('STRICT', 'DISABLE') });
      expect([edited(found), told(found), unread(found), unitsOn(found, 'head'), dead]).toEqual([[], [], [], ['c', 'clusters', 'k'], dead]);
    }
  });

  test.skipIf(!hasTools())(`R4, near miss: what it takes is changed, and what no kustomization takes from is plain${needed}`, async () => {
    const found = await judged(files, { ...files, 'k/m.yaml': lax, 'k/free/m.yaml': one });
    expect(edited(found)).toEqual(['modified PeerAuthentication/shop/default', 'added PeerAuthentication/shop/one']);
    expect(unitsOn(found, 'head')).toEqual(['c', 'clusters', 'k', 'k/free']);
  });

  test('R4: text inside other YAML is no manifest', async () => {
    const workflow = (mode: string): string => `on: push\njobs:\n  a:\n    steps:\n    - run: |\n        kubectl apply -f - <<E\n${strict.replace('STRICT', mode).replace(/^/gmu, '        ')}\n        E\n`;
    const found = await judged({ 'ci/w.yaml': workflow('STRICT'), 'a/w.yaml': workload }, { 'ci/w.yaml': workflow('DISABLE'), 'a/w.yaml': workload });
    expect([edited(found), found.report.verdict]).toEqual([[], 'not-applicable']);
  });
});

describe('R5', () => {
  const base: Files = { 'clusters/apps.yaml': flux('apps'), 'clusters/w.yaml': workload, 'apps/deep/m.yaml': strict };

  test('R5: a deleted root takes away what it deployed, though its files stay', async () => {
    const { 'clusters/apps.yaml': gone, ...head } = base;
    expect(gone).toContain('Kustomization');
    const found = await judged(base, head);
    expect([edited(found), unread(found)]).toEqual([['removed PeerAuthentication/shop/default'], []]);
    expect(told(found)).toEqual(['widened mtls shop/web']);
    const application: Files = { 'argo/a.yaml': argo('path: apps/deep'), 'argo/w.yaml': workload, 'apps/deep/m.yaml': strict };
    expect(edited(await judged(application, { ...application, 'argo/a.yaml': 'gone: true\n' }))).toEqual(['removed PeerAuthentication/shop/default']);
  });

  test('R5, near miss: a root that is written elsewhere still names it; an absent unit is no unit that cannot be rendered', async () => {
    const found = await judged(base, { 'clusters/prod/apps.yaml': flux('apps'), 'clusters/w.yaml': workload, 'apps/deep/m.yaml': strict });
    expect([edited(found), unread(found)]).toEqual([[], []]);
    const chartOnly = await judged({ 'c/Chart.yaml': chart, 'c/values.yaml': 'mode: STRICT\n', 'c/templates/m.yaml': template, 'a/w.yaml': workload }, { 'a/w.yaml': workload });
    expect(unread(chartOnly).filter((each) => !hasTools() || each !== '')).toEqual(hasTools() ? [] : ['not-renderable c']);
  });
});

describe.skipIf(!hasTools())(`R6${needed}`, () => {
  const base: Files = { 'c/Chart.yaml': chart, 'c/values.yaml': 'mode: STRICT\n', 'c/templates/m.yaml': template, 'app/w.yaml': workload };

  test('R6: a side without the values file is rendered with `values.yaml` under the same id', async () => {
    const found = await judged({ ...base, 'c/values-prod.yaml': 'other: 1\n' }, { ...base, 'c/values-prod.yaml': 'other: 1\n', 'c/values-dev.yaml': 'mode: DISABLE\n' });
    expect([unitsOn(found, 'base'), unread(found)]).toEqual([['app', 'c@values-dev.yaml', 'c@values-prod.yaml'], []]);
    expect(edited(found)).toEqual(['modified PeerAuthentication/shop/default']);
  });

  test('R6, near miss: a values file that says what `values.yaml` says changes nothing', async () => {
    const found = await judged({ ...base, 'c/values-prod.yaml': 'other: 1\n' }, { ...base, 'c/values-prod.yaml': 'other: 1\n', 'c/values-dev.yaml': 'mode: STRICT\n' });
    expect([edited(found), told(found)]).toEqual([[], []]);
  });
});

describe('R7', () => {
  const here = { addresses: ['git@github.com:bank/infra.git'], branch: 'main' };
  const deployed = async (files: Files, repository = here): Promise<readonly string[]> => (await judged(files, files, { repository })).loaded.discovered.units.filter((unit) => unit.head?.discovery === 'argo' || unit.head?.discovery === 'flux').map((unit) => unit.id);
  const application = (address: string, path = 'apps'): Files => ({ 'argo/a.yaml': argo(`path: ${path}`).replace('https://git.example/bank/infra', address), 'apps/m.yaml': strict, 'apps/deep/m.yaml': one });

  test('R7: owner and name decide, whatever scheme and host', async () => {
    for (const address of ['https://github.com/bank/infra', 'ssh://git@git.bank.example:2222/Bank/Infra.git', 'git@github.com:bank/infra']) expect(await deployed(application(address))).toEqual(['apps']);
    // Where no remote is known, an existing path is accepted.
    expect(await deployed(application('https://github.com/other/place'), { addresses: [], branch: 'main' })).toEqual(['apps']);
  });

  test('R7, near miss: another repository deploys nothing of this one', async () => {
    expect(await deployed(application('https://github.com/bank/infra-live'))).toEqual([]);
    expect(await deployed(application('https://github.com/bank/infra', 'nowhere'), { addresses: [], branch: 'main' })).toEqual([]);
  });

  test('R7: Flux takes all YAML below a folder, Argo CD the folder only, unless it recurses', async () => {
    const objects = async (root: Files): Promise<number | undefined> => (await judged({}, { ...root, 'apps/m.yaml': strict, 'apps/deep/m.yaml': one })).loaded.environments.find((each) => each.id === 'default')?.head.resources.length;
    expect(await objects({ 'clusters/a.yaml': flux('apps') })).toBe(2);
    expect(await objects({ 'argo/a.yaml': argo('path: apps') })).toBe(1);
    expect(await objects({ 'argo/a.yaml': argo('path: apps, directory: {recurse: true}') })).toBe(2);
  });

  test('R7: a generator for clusters matches every path that its template fits', async () => {
    const set = (path: string): string => `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n  generators: [{clusters: {}}]\n  template: {metadata: {name: "x-{{name}}"}, spec: {source: {repoURL: "https://github.com/bank/infra", path: "${path}"}, destination: {name: "{{name}}", namespace: shop}}}\n`;
    const files = (path: string): Files => ({ 'argo/s.yaml': set(path), 'clusters/eu/m.yaml': strict, 'clusters/us/m.yaml': lax, 'other/m.yaml': one });
    expect(await deployed(files('clusters/{{name}}'))).toEqual(['clusters/eu', 'clusters/us']);
    expect(await deployed(files('cluster/{{name}}'))).toEqual([]);
    // The destination is not known: what tells them apart is their path.
    expect(Object.keys(running(await judged({}, files('clusters/{{name}}')))).filter((each) => each !== 'unreferenced')).toEqual(['eu', 'us']);
  });
});

describe('R8', () => {
  const files = (revision: string, mode = 'STRICT'): Files => ({ 'argo/a.yaml': argo(`path: apps, targetRevision: ${revision}`), 'argo/w.yaml': workload, 'apps/m.yaml': strict.replace('STRICT', mode) });
  const repository = { addresses: ['https://git.example/bank/infra'], branch: 'main' };

  test.each(['v1.2.0', 'refs/tags/stable', '0123456789abcdef0123456789abcdef01234567', 'release'])('R8: what `%s` pins is listed and not affected', async (revision) => {
    const found = await judged(files(revision), files(revision, 'DISABLE'), { repository });
    expect([told(found), found.report.environments.find((each) => each.id === 'pinned')?.units.map((unit) => unit.id)]).toEqual([[], ['apps']]);
  });

  test.each(['main', 'HEAD', '""'])('R8, near miss: `%s` follows this tree', async (revision) => {
    expect(told(await judged(files(revision), files(revision, 'DISABLE'), { repository }))).toEqual(['widened mtls shop/web']);
  });

  test('R8, near miss: where the base branch is not known, no branch is pinned', async () => {
    expect(told(await judged(files('release'), files('release', 'DISABLE')))).toEqual(['widened mtls shop/web']);
  });

  test('R8: a changed revision of a pinned source is MP810, an equal one is silent', async () => {
    expect(brought(await judged(files('v1.0.0'), files('v1.1.0'), { repository }))).toEqual(['MP810 revision of apps']);
    expect(brought(await judged(files('v1.0.0'), { ...files('v1.0.0'), 'x.md': 'x' }, { repository }))).toEqual([]);
    expect(defaultConfig.gates.external).toBe('warn');
  });
});

describe.skipIf(!hasTools())(`R9${needed}`, () => {
  const component = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]\n';
  const files: Files = { 'k/kustomization.yaml': 'resources: [m.yaml]\ncomponents: [../part]\n', 'k/m.yaml': strict, 'part/kustomization.yaml': component, 'part/p.yaml': lax, 'alone/kustomization.yaml': component, 'alone/p.yaml': lax, 'lib/Chart.yaml': `${chart}type: library\n`, 'lib/templates/_m.tpl': 'x', 'app/w.yaml': workload };

  test('R9: components and library charts are units through their users only', async () => {
    const found = await judged(files, { ...files, 'part/p.yaml': lax.replace('PERMISSIVE', 'DISABLE') });
    expect([unitsOn(found, 'head'), edited(found)]).toEqual([['app', 'k'], ['modified PeerAuthentication/shop/default']]);
    expect(edited(await judged(files, { ...files, 'alone/p.yaml': strict, 'lib/templates/_m.tpl': 'y' }))).toEqual([]);
  });

  test('R9, near miss: a kustomization and a chart that nothing uses are units', async () => {
    const found = await judged(files, { ...files, 'alone/kustomization.yaml': 'resources: [p.yaml]\n', 'lib/Chart.yaml': chart });
    expect(unitsOn(found, 'head')).toEqual(['alone', 'app', 'k', 'lib']);
  });
});
