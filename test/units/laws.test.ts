import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deployment, mtls, namespace, policy, service } from '../support/manifests.ts';
import { changes, load } from '../support/load.ts';
import { stream, type Files } from '../support/tree.ts';

const shop = [
  namespace('shop', { 'istio-injection': 'enabled' }),
  mtls({ name: 'default', namespace: 'shop' }, 'STRICT'),
  mtls({ name: 'default', namespace: 'bank' }, 'PERMISSIVE'),
  policy({ name: 'front', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front'),
  policy({ name: 'pay', namespace: 'bank' }, 'cluster.local/ns/shop/sa/checkout'),
  deployment({ name: 'web', namespace: 'shop' }, { app: 'web' }),
  deployment({ name: 'ledger', namespace: 'bank' }, { app: 'ledger' }),
  service({ name: 'web', namespace: 'shop' }, { app: 'web' }),
];

const paths = ['all.yaml', 'a/one.yaml', 'a/two.yml', 'b/one.yaml', 'dev/b.yaml', 'prod/c.yaml', 'x/y/z.yaml'];

/** Every object in some file, the documents of each file in some order. */
const layout = fc
  .record({ order: fc.shuffledSubarray(shop.map((_, index) => index), { minLength: shop.length }), places: fc.array(fc.constantFrom(...paths), { minLength: shop.length, maxLength: shop.length }) })
  .map(({ order, places }): Files => {
    const files = new Map<string, string[]>();
    for (const index of order) {
      const path = places[index] ?? 'all.yaml';
      files.set(path, [...(files.get(path) ?? []), shop[index] ?? '']);
    }
    return Object.fromEntries([...files].map(([path, documents]) => [path, stream(...documents)]));
  });

const options = { numRuns: 60 };

describe('laws of the two trees', () => {
  test('where objects that name their namespace lie does not matter', () => {
    fc.assert(
      fc.property(layout, layout, (base, head) => {
        const loaded = load(base, head);
        expect(changes(loaded)).toEqual([]);
        expect(loaded.incompleteReasons).toEqual([]);
        expect(loaded.environments.map((each) => each.id)).toEqual(['default']);
      }),
      options,
    );
  });

  test('an object that one side cannot read is no change, wherever it lies, and is named', () => {
    fc.assert(
      fc.property(layout, layout, fc.nat(), fc.boolean(), (base, head, pick, mirrored) => {
        const [path, text] = Object.entries(head)[pick % Object.keys(head).length] ?? ['', ''];
        const documents = text.split('---\n');
        const at = pick % documents.length;
        const broken = { ...head, [path]: documents.map((document, index) => (index === at ? `${document}   broken: [\n` : document)).join('---\n') };
        const loaded = mirrored ? load(broken, base) : load(base, broken);
        expect(changes(loaded)).toEqual([]);
        expect(loaded.incompleteReasons.map((reason) => [reason.file, reason.status])).toEqual([[path, mirrored ? 'existing' : 'new']]);
      }),
      options,
    );
  });

  test('swapping the sides turns added into removed and leaves the rest', () => {
    fc.assert(
      fc.property(layout, layout, fc.subarray(shop.map((_, index) => index)), (base, head, dropped) => {
        const without = Object.fromEntries(Object.entries(head).map(([path, text]) => [path, text.split('---\n').filter((document) => !dropped.some((index) => (shop[index] ?? '').trim() === document.trim())).join('---\n')]));
        const forth = changes(load(base, without)).map((change) => change.replace('removed', 'added'));
        expect(changes(load(without, base))).toEqual(forth);
        expect(forth).toHaveLength(dropped.length);
      }),
      options,
    );
  });

  test('equal trees give identical environments, and a second run the same result', () => {
    fc.assert(
      fc.property(layout, layout, (base, head) => {
        expect(load(base, base).environments.every((each) => each.identical)).toBe(true);
        expect(JSON.stringify(load(base, head).changedResources)).toBe(JSON.stringify(load(base, head).changedResources));
      }),
      options,
    );
  });
});
