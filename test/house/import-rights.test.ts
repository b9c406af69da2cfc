import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { breaches } from '../../scripts/import-rights.ts';

test('no file imports what its folder may not', () => {
  expect(breaches(resolve(import.meta.dirname, '../..'))).toEqual([]);
});
