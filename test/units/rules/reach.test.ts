/** R10 to R12 (`docs/repositories.md`): what is reached, ignored and paired. */
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { edited, judged, running, told, unitsOn } from '../../support/judged.ts';
import { deployment, mtls, namespace, policy, service } from '../../support/manifests.ts';
import { hasTools, skipped } from '../../support/render-tools.ts';
import { stream, type Files } from '../../support/tree.ts';
import { flux, lax, strict, workload } from './shop.ts';

const open = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: all, namespace: shop}\nspec: {rules: [{}]}\n';
const front = policy({ name: 'front', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front');

describe('R10', () => {
  const files: Files = { 'clusters/apps.yaml': flux('apps'), 'apps/m.yaml': strict, 'apps/w.yaml': workload, 'loose/m.yaml': stream(mtls({ name: 'default', namespace: 'bank' }, 'STRICT'), namespace('bank', { 'istio-injection': 'enabled' }), deployment({ name: 'ledger', namespace: 'bank' }, { app: 'ledger' })) };
  const opened: Files = { ...files, 'loose/m.yaml': files['loose/m.yaml']?.replace('STRICT', 'PERMISSIVE') ?? '' };

  test('R10: what no root reaches is judged, shown apart and not gated', async () => {
    const found = await judged(files, opened);
    expect([running(found), told(found), found.report.verdict]).toEqual([{ default: ['apps', 'clusters'], unreferenced: ['loose'] }, ['widened mtls bank/ledger'], 'warn']);
    const gated = await judged(files, opened, { config: { gates: { ...defaultConfig.gates, unreferenced: 'fail' } } });
    expect(gated.report.verdict).toBe('fail');
  });

  test('R10, near miss: what a root of either side reaches is gated; the first root frees nothing', async () => {
    const { 'clusters/apps.yaml': root = '', ...without } = files;
    const rest = (all: Files): Files => Object.fromEntries(Object.entries(all).filter(([path]) => path !== 'clusters/apps.yaml'));
    for (const [base, head] of [[without, opened], [files, rest(opened)], [without, rest(opened)]] as const) expect([(await judged(base, head)).report.verdict, root.length > 0]).toEqual(['fail', true]);
    expect((await judged(files, { ...opened, 'clusters/loose.yaml': flux('loose', 'loose') })).report.verdict).toBe('fail');
    // Only the base's root reaches it: with the root its STRICT mode goes.
    const mode: Files = { 'clusters/apps.yaml': flux('apps'), 'apps/w.yaml': workload, 'mode/m.yaml': strict };
    expect((await judged({ ...mode, 'clusters/mode.yaml': flux('mode', 'mode') }, mode)).report.verdict).toBe('fail');
  });
});

describe('R5, a root that names what lay there before', () => {
  const files: Files = { 'clusters/apps.yaml': flux('apps'), 'apps/m.yaml': strict, 'apps/w.yaml': workload, 'apps/p.yaml': front, 'extra/p.yaml': open };
  const rooted: Files = { ...files, 'clusters/extra.yaml': flux('extra', 'extra') };

  test('R5: deploys it, and no longer naming it takes it away', async () => {
    const found = await judged(files, rooted);
    expect([told(found), edited(found), found.report.verdict]).toEqual([['widened access shop/web'], ['added AuthorizationPolicy/shop/all'], 'fail']);
    expect(told(await judged(rooted, files))).toEqual(['narrowed access shop/web']);
  });

  test('R5, near miss: where no root reached anything, it may have been deployed all along', async () => {
    const { 'clusters/apps.yaml': gone = '', ...rootless } = files;
    expect([gone.length > 0, told(await judged(rootless, rooted))]).toEqual([true, []]);
  });

  test('R5, near miss: what changes with its root is compared with what it held', async () => {
    const changed = await judged({ ...files, 'extra/p.yaml': mtls({ name: 'web', namespace: 'shop' }, 'STRICT') }, { ...rooted, 'extra/p.yaml': mtls({ name: 'web', namespace: 'shop' }, 'PERMISSIVE') });
    expect(edited(changed)).toEqual(['modified PeerAuthentication/shop/web']);
  });
});

describe('R11', () => {
  const disabled = mtls({ name: 'c', namespace: 'shop' }, 'DISABLE');
  const files: Files = { 'app/w.yaml': workload, 'app/m.yaml': strict, 'test/testdata/m.yaml': mtls({ name: 'a', namespace: 'shop' }, 'STRICT'), 'web/node_modules/x/m.yaml': mtls({ name: 'b', namespace: 'shop' }, 'STRICT'), 'vendor/m.yaml': mtls({ name: 'c', namespace: 'shop' }, 'STRICT') };

  test('R11: ignored paths are no units, and are counted', async () => {
    const found = await judged(files, { ...files, 'vendor/m.yaml': disabled, 'test/testdata/m.yaml': lax });
    expect([unitsOn(found, 'head'), edited(found), found.report.coverage.ignored >= 3]).toEqual([['app'], [], true]);
  });

  test('R11, near miss: what the configuration or a root names is never ignored; `vendor` deeper in is no vendor', async () => {
    const configured = await judged(files, { ...files, 'vendor/m.yaml': disabled }, { config: { units: [{ path: 'vendor' }] } });
    expect(edited(configured)).toEqual(['modified PeerAuthentication/shop/c']);
    const rooted = await judged({ ...files, 'app/f.yaml': flux('vendor') }, { ...files, 'app/f.yaml': flux('vendor'), 'vendor/m.yaml': disabled });
    expect(edited(rooted)).toEqual(['modified PeerAuthentication/shop/c']);
    expect(unitsOn(await judged(files, { ...files, 'apps/vendor/m.yaml': mtls({ name: 'd', namespace: 'shop' }, 'STRICT') }), 'head')).toEqual(['app', 'apps/vendor']);
  });

  test.skipIf(!hasTools())(`R11, near miss: a file that a unit reads is never ignored${hasTools() ? '' : `, ${skipped}`}`, async () => {
    const taking: Files = { 'app/w.yaml': workload, 'k/kustomization.yaml': 'resources: [testdata]\n', 'k/testdata/kustomization.yaml': 'resources: [m.yaml]\n', 'k/testdata/m.yaml': strict };
    expect(edited(await judged(taking, { ...taking, 'k/testdata/m.yaml': lax }))).toEqual(['modified PeerAuthentication/shop/default']);
  });
});

describe('R12', () => {
  const unplaced: Files = { 'teams/web/all.yaml': stream(mtls({ name: 'default' }, 'STRICT'), policy({ name: 'front' }, 'cluster.local/ns/x/sa/front'), deployment({ name: 'web' }, { app: 'web' })) };

  test('R12: a renamed folder or Deployment is no change', async () => {
    const found = await judged(unplaced, { 'teams/shop/all.yaml': unplaced['teams/web/all.yaml'] ?? '' });
    expect([edited(found), told(found), unitsOn(found, 'head'), found.report.population]).toEqual([[], [], ['teams/web'], { added: [], removed: [] }]);
    const shop = (name: string, labels: Readonly<Record<string, string>>): Files => ({ 'a.yaml': stream(workload.split('---\n')[0] ?? '', service({ name: 'web', namespace: 'shop' }, { app: 'web' }), front, deployment({ name, namespace: 'shop' }, labels)) });
    for (const labels of [{ app: 'web' }, { app: 'web', version: 'two' }]) {
      const renamed = await judged(shop('web', { app: 'web' }), shop('web-v2', labels));
      expect([told(renamed), renamed.report.population]).toEqual([[], { added: [], removed: [] }]);
    }
  });

  test('R12: a pair keeps the configuration of its base', async () => {
    const base: Files = { 'old/m.yaml': mtls({ name: 'default' }, 'STRICT'), 'app/w.yaml': workload };
    const found = await judged(base, { 'new/m.yaml': mtls({ name: 'default' }, 'STRICT'), 'app/w.yaml': workload }, { config: { units: [{ path: 'old', namespace: 'shop' }] } });
    expect([edited(found), told(found)]).toEqual([[], []]);
  });

  test('R12, near miss: a Deployment with other labels and no Service is another one; a folder with other objects is no rename', async () => {
    const shop = (name: string, app: string): Files => ({ 'a.yaml': stream(workload.split('---\n')[0] ?? '', deployment({ name, namespace: 'shop' }, { app })) });
    expect((await judged(shop('web', 'web'), shop('cart', 'cart'))).report.population).toEqual({ added: ['shop/cart'], removed: ['shop/web'] });
    const moved = await judged(unplaced, { 'teams/shop/all.yaml': stream(mtls({ name: 'other' }, 'STRICT'), deployment({ name: 'cart' }, { app: 'cart' })) });
    expect([unitsOn(moved, 'base'), unitsOn(moved, 'head')]).toEqual([['teams/web'], ['teams/shop']]);
  });

  test('R12, near miss: a rename together with an opening tells the opening', async () => {
    const base: Files = { 'old/m.yaml': strict, 'old/w.yaml': workload, 'old/p.yaml': front };
    expect(told(await judged(base, { 'new/m.yaml': strict, 'new/w.yaml': workload, 'new/p.yaml': stream(front, open) }))).toEqual(['widened access shop/web']);
  });
});
