import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selectorIndex, selectorText, selects } from '../../src/mesh/selection.ts';

const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'version'), fc.constantFrom('a', 'b', 'c'), { maxKeys: 3 });

test('the index finds what trying every selector finds, in the order of the entries', () => {
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 12 }), labels, (selectors, pod) => {
      const entries = selectors.map((selector, item) => ({ selector, item }));
      const plain = entries.filter(({ selector }) => selects(selector, pod)).map(({ item }) => item);
      expect(selectorIndex(entries)(pod)).toEqual(plain);
    }),
  );
});

test('a label that every object inherits is no label of a pod', () => {
  expect(selects({ constructor: 'x' }, {})).toBe(false);
  expect(selects({}, {})).toBe(true);
});

test('a selector is written with its pairs in one order', () => {
  expect(selectorText({ tier: 'back', app: 'shop' })).toBe('app=shop,tier=back');
});
