import { expect, test } from 'vitest';
import { breadthOf } from '#findings/severity.ts';

const nobody = { known: [], plaintext: false, internet: false };
const breadth = (...open: readonly string[]): string => breadthOf({ ...nobody, open });

test('pods of one account are named callers, whatever their labels', () => {
  expect(breadth('any other pod of account web/batch labelled app=front')).toBe('named');
});

test('near misses: pods of a namespace, of any namespace, and callers that no word tells', () => {
  expect([breadth('any other pod in namespace web labelled app=front'), breadth('any other pod in any namespace labelled app=front'), breadth()]).toEqual(['namespace', 'mesh', 'mesh']);
});
