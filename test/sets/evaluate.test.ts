import { describe, expect, test } from 'vitest';
import type { Point } from '#sets/cube.ts';
import { layerPasses, passes, plainestValue, pointIn, valueAt } from '#sets/evaluate.ts';
import { any, cube, exact, ip, layer, none } from './worlds.ts';

describe('what a point leaves open', () => {
  test('is the plainest request', () => {
    expect((['port', 'protocol', 'transport', 'host', 'method', 'path', 'path.query'] as const).map(plainestValue)).toEqual([80, 'http', 'TCP', 'host.example', 'GET', '/', '/']);
    expect((['source.ip', 'remote.ip', 'destination.ip'] as const).map(plainestValue)).toEqual([ip('127.9.9.9'), ip('127.9.9.9'), ip('192.0.2.1')]);
    expect((['peer', 'token', 'header:x', 'claim:iss'] as const).map(plainestValue)).toEqual([null, null, null, null]);
    expect(plainestValue('opaque:x')).toBe(false);
  });

  test('the path with its query is the path where nothing is said of a query', () => {
    const point: Point = new Map([['path', '/a']]);
    expect(valueAt(point, 'path.query')).toBe('/a');
    expect(valueAt(new Map([...point, ['path.query', '/a?b']]), 'path.query')).toBe('/a?b');
    expect(valueAt(new Map(), 'path.query')).toBe('/');
    expect(valueAt(point, 'method')).toBe('GET');
  });
});

describe('a point', () => {
  const get: Point = new Map([['method', 'GET']]);
  const post: Point = new Map([['method', 'POST']]);
  const gets = cube(any('method', exact('GET')));

  test('lies in a cube where every predicate holds', () => {
    const both = cube(any('method', exact('GET')), none('header:x', exact('a')));
    expect(pointIn(both, get)).toBe(true);
    expect(pointIn(both, new Map([...get, ['header:x', 'a']]))).toBe(false);
    expect(pointIn(both, post)).toBe(false);
  });

  test('passes a layer that allows it, or asks for nothing, and does not refuse it', () => {
    expect([layer([gets]), layer([]), layer('all'), layer('all', [gets]), layer([gets], [gets])].map((entry) => layerPasses(entry, get))).toEqual([true, false, true, false, false]);
    expect(layerPasses(layer([gets]), post)).toBe(false);
  });

  test('passes some path through all layers of it', () => {
    const path = (...layers: readonly ReturnType<typeof layer>[]): Parameters<typeof passes>[0][number] => ({ id: 'path', layers });
    expect(passes([], get)).toBe(false);
    expect(passes([path()], get)).toBe(true);
    expect(passes([path(layer([gets]), layer([]))], get)).toBe(false);
    expect(passes([path(layer([])), path(layer([gets]))], get)).toBe(true);
  });
});
