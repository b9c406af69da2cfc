import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical, sameContent } from '#lib/canonical.ts';

const leaf = fc.oneof(fc.constantFrom(undefined, null, 0, -0, Number.NaN, Infinity, '', '0', 'null', true), fc.integer({ min: 0, max: 2 }));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('tree'), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b'), tie('tree'), { maxKeys: 2 })),
}));

test('law: two values have the same content exactly where their canonical texts are equal', () => {
  fc.assert(fc.property(tree, tree, (left, right) => {
    expect(sameContent(left, right)).toBe(canonical(left) === canonical(right));
  }), { numRuns: 2_000 });
});

test('keys in another order, and keys that hold nothing, make no difference', () => {
  expect(sameContent({ a: 1, b: [{ c: undefined }] }, { b: [{}], a: 1 })).toBe(true);
  expect(sameContent({ a: 1 }, { a: 1, b: null })).toBe(false);
});
