/** The oracle: in random meshes, the reported regions are exactly the requests whose verdict moves. `npm run prove` asks many more. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { worlds } from '../support/random-mesh/arbitrary.ts';
import { judge } from '../support/random-mesh/oracle.ts';
import { Random } from '../support/random-mesh/random.ts';
import { randomWorld, shrink } from '../support/random-mesh/world.ts';

describe('in random meshes', () => {
  test('what is reported is what moves, in both directions, with witnesses that flip, mirrored when the sides are swapped, and silent where nothing moves', () => {
    let differing = 0;
    fc.assert(
      fc.property(worlds(), (world) => {
        const judged = judge(world);
        if (judged.widened || judged.narrowed) differing += 1;
        expect(judged.counterexample).toBeUndefined();
      }),
      { numRuns: 500, seed: 7 },
    );
    // Worlds without a difference prove nothing of regions.
    expect(differing).toBeGreaterThan(200);
  }, 240_000);

  test('equal seeds give equal worlds', () => {
    expect(randomWorld(42)).toEqual(randomWorld(42));
    expect(randomWorld(42)).not.toEqual(randomWorld(43));
  });

  test('a choice is spread over the whole list', () => {
    const random = new Random(3);
    const seen = new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c', 'd'])));
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a failure is shrunk to what it needs', () => {
    const world = Array.from({ length: 50 }, (_, index) => randomWorld(index)).find(({ base }) => base.some((document) => document.kind === 'PeerAuthentication'));
    if (world === undefined) throw new Error('no world has a PeerAuthentication');
    const small = shrink(world, ({ base }) => base.some((document) => document.kind === 'PeerAuthentication'));
    expect(small.base.map((document) => document.kind)).toEqual(['PeerAuthentication']);
  });
});
