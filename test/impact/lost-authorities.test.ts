/** Which authority is asked no more about what it was asked about, and ways that two sides let pass (A6.1, A6.11). */
import { describe, expect, test } from 'vitest';
import { lostAuthorities, onBoth, passing } from '#impact/authorities.ts';
import type { Cube, Layer, Path } from '#sets/cube.ts';

const cube = (path: string): Cube => ({ predicates: [{ dimension: 'method', any: [{ type: 'exact', text: path }], none: [] }], origins: [] });
type Asked = Parameters<typeof lostAuthorities>[0][number];
const asked = (provider: string, key: string | undefined, paths: readonly string[], failOpen = false): Asked => ({ provider, key, failOpen, cubes: paths.map(cube) });

describe('an authority', () => {
  const lost = (before: readonly Asked[], after: readonly Asked[]): readonly unknown[] => lostAuthorities(before, after).map(({ entry, still, redefined }) => [entry.provider, still.length, redefined]);

  test('is lost where it is not asked about all any more', () => {
    expect(lost([asked('a', 'k', ['x', 'y'])], [asked('a', 'k', ['y'])])).toEqual([['a', 1, false]]);
    expect(lost([asked('a', 'k', ['x', 'y'])], [asked('b', 'l', ['x', 'y'])])).toEqual([['a', 0, false]]);
    expect(lost([asked('a', 'k', ['x', 'y'])], [])).toEqual([['a', 0, false]]);
  });

  test('is not lost where it is asked about as much, or more, by one entry or several', () => {
    expect(lost([asked('a', 'k', ['x', 'y'])], [asked('a', 'k', ['y', 'x', 'z'])])).toEqual([]);
    expect(lost([asked('a', 'k', ['x', 'y'])], [asked('a', 'k', ['y']), asked('a', 'k', ['x'])])).toEqual([]);
    expect(lost([], [asked('a', 'k', ['y'])])).toEqual([]);
  });

  test('goes by what it is, and by its name where a side does not show that', () => {
    expect(lost([asked('a', 'k', ['x'])], [asked('b', 'k', ['x'])])).toEqual([]);
    expect(lost([asked('a', 'k', ['x'])], [asked('a', 'l', ['x'])])).toEqual([['a', 0, true]]);
    expect(lost([asked('a', undefined, ['x'])], [asked('a', 'l', ['x'])])).toEqual([]);
    expect(lost([asked('a', 'k', ['x'])], [asked('a', undefined, ['x'])])).toEqual([]);
    expect(lost([asked('a', 'k', ['x'])], [asked('b', undefined, ['x'])])).toEqual([['a', 0, false]]);
  });

  test('that lets pass while it cannot be reached stands for one that does so, too', () => {
    expect(lost([asked('a', 'k', ['x'])], [asked('a', 'k', ['x'], true)])).toEqual([['a', 0, true]]);
    expect(lost([asked('a', 'k', ['x'], true)], [asked('a', 'k', ['x'])])).toEqual([]);
    expect(lost([asked('a', 'k', ['x'], true)], [asked('a', 'k', ['x'], true)])).toEqual([]);
  });
});

describe('ways', () => {
  const layer = (id: Layer['id']): Layer => ({ id, allow: 'all', deny: [] });
  const path = (id: string): Path => ({ id, layers: [layer('mtls'), layer('authorization')] });

  test('of some cubes are none where there are none', () => {
    expect(passing([])).toEqual([]);
    expect(passing([cube('x')]).map(({ layers }) => layers)).toEqual([[{ id: 'external-authorization', allow: [cube('x')], deny: [] }]]);
  });

  test('on both sides are each with each, the layers of the other side apart', () => {
    const crossed = onBoth([path('a'), path('b')], [path('c')]);
    expect(crossed.map(({ id }) => id)).toEqual(['a and c', 'b and c']);
    expect(crossed[0]?.layers.map(({ id }) => id)).toEqual(['mtls', 'authorization', 'other-side:mtls', 'other-side:authorization']);
    expect(onBoth([path('a')], [])).toEqual([]);
  });

  test('of very many only the one side’s are looked at', () => {
    const many = (count: number): readonly Path[] => Array.from({ length: count }, (_, index) => path(String(index)));
    expect(onBoth(many(20), many(10))).toHaveLength(200);
    expect(onBoth(many(201), many(1)).every(({ layers }) => layers.length === 2)).toBe(true);
    expect(onBoth(many(20), many(11))).toHaveLength(20);
  });
});
