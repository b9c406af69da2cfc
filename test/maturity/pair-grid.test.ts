import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PairGrid, type OpenTo } from '#maturity/pair-grid.ts';

const names = ['a', 'a-b', 'b', 'c', 'd'];
const grids = fc
  .uniqueArray(fc.constantFrom(...names), { maxLength: 5 })
  .chain((targets) => fc.tuple(...targets.map((target) => fc.tuple(fc.constant(target), fc.oneof(fc.constant('all' as const), fc.uniqueArray(fc.constantFrom(...names, 'unseen')).map((list) => new Set(list)))))))
  .map((entries) => new Map<string, OpenTo>(entries));

/** Every pair with whether it is open: what the grid does not write down. */
function pairsOf(openTo: ReadonlyMap<string, OpenTo>): Map<string, boolean> {
  const pairs = new Map<string, boolean>();
  for (const [target, open] of openTo) for (const source of [...openTo.keys(), '(any other)']) if (source !== target) pairs.set(`${source} -> ${target}`, open === 'all' || open.has(source));
  return pairs;
}

const share = (pairs: readonly boolean[]): number => (pairs.length === 0 ? 1 : pairs.filter((open) => !open).length / pairs.length);

test('law: a grid counts as the list of its pairs would', () => {
  fc.assert(
    fc.property(grids, (openTo) => {
      const grid = new PairGrid(openTo, 'is open');
      const pairs = pairsOf(openTo);
      expect(grid.size).toBe(pairs.size);
      expect(grid.closed).toBe([...pairs.values()].filter((open) => !open).length);
      expect(grid.mean()).toBe(share([...pairs.values()]));
      const open = [...pairs].filter(([, isOpen]) => isOpen).map(([pair]) => pair).sort();
      expect([...grid.firstOpen(100).keys()]).toEqual(open);
      expect([...grid.firstOpen(3).keys()]).toEqual(open.slice(0, 3));
    }),
  );
});

test('law: against another grid only the pairs of both count', () => {
  fc.assert(
    fc.property(grids, grids, (left, right) => {
      const others = pairsOf(right);
      expect(new PairGrid(left, '').mean(new PairGrid(right, ''))).toBe(share([...pairsOf(left)].filter(([pair]) => others.has(pair)).map(([, open]) => open)));
    }),
  );
});
