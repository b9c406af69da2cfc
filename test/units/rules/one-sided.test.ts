/** R28 and R29 (`docs/repositories.md`): destinations that only one side declares, and those that nobody declares. */
import { describe, expect, test } from 'vitest';
import { brought, judged, told } from '../../support/judged.ts';
import { deployment, mtls, namespace, policy } from '../../support/manifests.ts';
import { stream, type Files } from '../../support/tree.ts';
import { lax, strict, workload } from './shop.ts';

const cart = deployment({ name: 'cart', namespace: 'shop' }, { app: 'cart' });
const open = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: open, namespace: shop}\nspec: {rules: [{}]}\n';

describe('R28', () => {
  const files: Files = { 'a/w.yaml': workload, 'a/m.yaml': lax };

  test('R28: a workload that only one side has is population, and is judged by its state', async () => {
    const added = await judged(files, { ...files, 'a/c.yaml': stream(cart, open) });
    expect([told(added), added.report.population]).toEqual([[], { added: ['shop/cart'], removed: [] }]);
    expect(brought(added)).toEqual(expect.arrayContaining([expect.stringMatching(/^MP206 /u)]));
    const removed = await judged({ ...files, 'a/c.yaml': cart }, files);
    expect([told(removed), removed.report.population]).toEqual([[], { added: [], removed: ['shop/cart'] }]);
  });

  test('R28, near miss: what a pull request opens at a workload that both sides have is a widening', async () => {
    const found = await judged({ ...files, 'a/m.yaml': strict }, { ...files, 'a/c.yaml': cart });
    expect([told(found), found.report.population.added]).toEqual([['widened mtls shop/web'], ['shop/cart']]);
  });
});

describe('R29', () => {
  const selecting = (label: string, name = 'front', principal = 'cluster.local/ns/shop/sa/front'): string => policy({ name, namespace: 'shop' }, principal).replace('spec:\n', `spec:\n  selector: {matchLabels: {app: ${label}}}\n`);
  const mode = (label: string, of: string): string => mtls({ name: 'mode', namespace: 'shop' }, of).replace('spec:\n', `spec:\n  selector: {matchLabels: {app: ${label}}}\n`);

  test('R29: pods that a selector names and no manifest declares are compared on both sides', async () => {
    const found = await judged({ 'a/n.yaml': workload, 'a/m.yaml': mode('ledger', 'STRICT') }, { 'a/n.yaml': workload, 'a/m.yaml': mode('ledger', 'PERMISSIVE') });
    expect(found.report.changes.map((change) => [change.direction, change.facet, change.destinations.map(({ id, known, status }) => [id, known, status])])).toEqual([['widened', 'mtls', [['shop/app=ledger', false, 'both']]]]);
    // From the selectors of both sides: the base's policy alone names it.
    expect(told(await judged({ 'a/n.yaml': workload, 'a/m.yaml': mode('ledger', 'STRICT') }, { 'a/n.yaml': workload }))).toEqual(['widened mtls shop/app=ledger']);
  });

  test('R29: one exists where nothing matches on the base side; the declared workload is judged beside it', async () => {
    const ledger = deployment({ name: 'ledger', namespace: 'shop' }, { app: 'ledger' });
    const found = await judged({ 'a/n.yaml': workload, 'a/m.yaml': mode('ledger', 'STRICT') }, { 'a/n.yaml': stream(workload, ledger), 'a/m.yaml': mode('ledger', 'PERMISSIVE') });
    expect([told(found), found.report.population.added]).toEqual([['widened mtls shop/app=ledger'], ['shop/ledger']]);
  });

  test('R29, near miss: no phantom where the base declares what the selector names', async () => {
    const files = (of: string): Files => ({ 'a/n.yaml': workload, 'a/m.yaml': mode('web', of) });
    expect(told(await judged(files('STRICT'), files('PERMISSIVE')))).toEqual(['widened mtls shop/web']);
  });

  test('R29, near miss: a selector that slips from its workload makes none, by name and by equal rules', async () => {
    const files = (label: string, name?: string): Files => ({ 'a/n.yaml': workload, 'a/p.yaml': selecting(label, name) });
    for (const name of ['front', 'other']) {
      const found = await judged(files('web'), files('wep', name));
      expect(told(found)).toEqual(['widened access shop/web']);
    }
    expect(told(await judged(files('wep'), files('web')))).toEqual(['narrowed access shop/web']);
  });
});

describe('R29: a namespace whose label takes it into the mesh or out of it', () => {
  const meshWide = mtls({ name: 'default', namespace: 'istio-system' }, 'STRICT');
  const bank = (labels: Record<string, string>, ...more: readonly string[]): Files => ({ 'a/n.yaml': stream(meshWide, namespace('bank', labels), ...more) });
  const enrolled = { 'istio-injection': 'enabled' };

  test('R29: has a phantom for the pods that nothing declares, which policies of the whole mesh guard or no longer do', async () => {
    const left = await judged(bank(enrolled), bank({}));
    expect(new Set(told(left))).toEqual(new Set(['widened mtls bank/*']));
    expect(brought(left)).toEqual(expect.arrayContaining([expect.stringMatching(/^MP401 /u)]));
    expect(new Set(told(await judged(bank({}), bank({ 'istio.io/dataplane-mode': 'ambient' }))))).toEqual(new Set(['narrowed mtls bank/*']));
  });

  test('R29, near miss: another label, a workload that is declared there, an object on one side only', async () => {
    expect(told(await judged(bank(enrolled), bank({ ...enrolled, team: 'ledger' })))).toEqual([]);
    const ledger = deployment({ name: 'ledger', namespace: 'bank' }, { app: 'ledger' });
    expect(new Set(told(await judged(bank(enrolled, ledger), bank({}, ledger))))).toEqual(new Set(['widened mtls bank/ledger']));
    expect(told(await judged({ 'a/n.yaml': stream(meshWide) }, bank(enrolled)))).toEqual([]);
  });
});

test('R29: a namespace that declares nothing has one phantom for all of it', async () => {
  const files = (of: string): Files => ({ 'a/n.yaml': stream(namespace('bank', { 'istio-injection': 'enabled' }), mtls({ name: 'default', namespace: 'bank' }, of)) });
  expect(told(await judged(files('STRICT'), files('PERMISSIVE')))).toEqual(['widened mtls bank/*']);
});
