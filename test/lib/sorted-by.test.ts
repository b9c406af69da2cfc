import { expect, test } from 'vitest';
import { compareBy, sortedBy } from '#lib/order.ts';

const values = [3, 1, 2, 1, 10, 2].map((size, index) => ({ size, name: `n${String(index % 2)}`, index }));

test('sorts as the comparator of the same keys does, and leaves equal ones as they were', () => {
  const keys = [(value: (typeof values)[number]) => value.size, (value: (typeof values)[number]) => value.name] as const;
  expect(sortedBy(values, ...keys)).toEqual([...values].sort(compareBy(...keys)));
  expect(sortedBy(values, (value) => value.name).map(({ index }) => index)).toEqual([0, 2, 4, 1, 3, 5]);
});

test('reads each key once for each value', () => {
  let read = 0;
  sortedBy(values, (value) => {
    read += 1;
    return value.size;
  });
  expect(read).toBe(values.length);
});
