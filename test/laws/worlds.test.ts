/** Random worlds themselves; what must hold in them is in the files beside this one, and `npm run prove` asks many more. */
import { describe, expect, test } from 'vitest';
import { Random } from '../support/random-mesh/random.ts';
import { randomWorld, shrink } from '../support/random-mesh/world.ts';

describe('random meshes', () => {
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
