import { expect, test } from 'vitest';
import { Recent } from '#lib/recent.ts';

test('what is asked for again is made once, what nobody asks for is let go', () => {
  const recent = new Recent<number, number[]>(3);
  const made: number[] = [];
  const make = (key: number): number[] => {
    made.push(key);
    return [key];
  };
  for (let key = 1; key <= 20; key += 1) {
    recent.get(0, make);
    recent.get(key, make);
  }
  expect(made.filter((key) => key === 0)).toEqual([0]);
  recent.get(20, make);
  expect(made.filter((key) => key === 20)).toEqual([20]);
  recent.get(1, make);
  expect(made.filter((key) => key === 1)).toEqual([1, 1]);
});
