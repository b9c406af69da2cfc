import { describe, expect, test } from 'vitest';
import { settled } from '#sets/settle.ts';
import { any, cube, exact, layer, none } from './worlds.ts';

const sentByAnn = (dimension: string): string | undefined => (dimension === 'header:x' ? 'ann' : undefined);

describe('where a part of every request is the same', () => {
  test('a condition on it that holds is left out, and what it does not meet is no cube any more', () => {
    const rest = any('method', exact('GET'));
    expect(settled(layer([cube(any('header:x', exact('ann')), rest), cube(any('header:x', exact('bob')), rest)], [cube(none('header:x', exact('bob'))), cube(none('header:x', exact('ann')))]), sentByAnn)).toEqual(layer([cube(rest)], [cube()]));
  });

  test('a cube without such a condition is the same object, and a layer that asks for nothing asks for nothing', () => {
    const open = cube(any('method', exact('GET')));
    const { allow, deny } = settled(layer('all', [open]), sentByAnn);
    expect(allow).toBe('all');
    expect(deny[0]).toBe(open);
  });
});
