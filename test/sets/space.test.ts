/** A space cuts the dimensions that a seed and its cubes speak of into atoms; a cube is the boxes of those that it accepts. */
import { describe, expect, test } from 'vitest';
import { has } from '#sets/bits.ts';
import type { Cube, Dimension, Point } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { plainPart } from '#sets/plain.ts';
import { boxesOf, compareDimensions, spaceOf, type Box, type Space } from '#sets/space.ts';
import { wordings } from '#sets/words.ts';
import { any, cube, element, exact, none, nonEmpty, path, port, prefix, present, principal, suffix } from './worlds.ts';

const many = 1_000;

function spaceFor(seed: Cube, ...cubes: readonly Cube[]): Space {
  const space = spaceOf(seed, cubes, many);
  if ('overflow' in space) throw new Error(space.overflow);
  return space;
}

/** Every choice of one atom for each axis, with the request that it stands for. */
function choices(space: Space): readonly { readonly atoms: readonly number[]; readonly point: Point }[] {
  let found: readonly (readonly number[])[] = [[]];
  for (const axis of space.axes) found = found.flatMap((atoms) => Array.from({ length: axis.size }, (_, atom) => [...atoms, atom]));
  return found.map((atoms) => {
    const point = new Map<Dimension, Value>();
    for (const [index, { dimension, element: at }] of space.axes.entries()) {
      const atom = atoms[index] ?? 0;
      const texts = space.elements.get(dimension)?.representatives;
      if (at === undefined) point.set(dimension, space.atoms.get(dimension)?.representatives[atom] ?? null);
      else if (atom === 1) point.set(dimension, [...((point.get(dimension) ?? []) as readonly string[]), texts?.[at] ?? '']);
    }
    return { atoms, point };
  });
}

function holds(space: Space, box: Box, atoms: readonly number[]): boolean {
  return space.axes.every((axis, index) => has(box.words.subarray(axis.offset, axis.offset + axis.words), atoms[index] ?? 0));
}

const worlds: readonly (readonly [name: string, seed: Cube, ...cubes: Cube[]])[] = [
  ['texts and ports', cube(), cube(any('method', exact('GET')), none('port', port(80))), cube(any('method', prefix('G')), any('method', suffix('T'))), cube(none('method', exact('GET'), exact('PUT')))],
  ['a seed that says more', cube(any('method', exact('GET'), exact('PUT'))), cube(any('method', exact('GET'))), cube(any('port', port(80), port(81))), cube(any('method', exact('POST')))],
  ['whether a caller has an identity', cube(any('port', port(80))), cube(any('peer', principal(exact('td/ns/a/sa/x')))), cube(none('peer', { type: 'identified' }))],
  ['claims', cube(), cube(any('claim:a', element(exact('x')), element(prefix('y')))), cube(none('claim:a', element(exact('x'))), any('method', exact('GET'))), cube(any('claim:a', element(prefix('y'))), none('claim:a', element(exact('yz'))))],
  ['two claims', cube(any('claim:a', element(nonEmpty))), cube(any('claim:a', element(exact('x'))), any('claim:b', element(exact('x')), element(exact('y')))), cube(none('claim:a', element(exact('x'))), none('claim:b', element(exact('x'))))],
  ['a claim that must hold two texts', cube(), cube(any('claim:a', element(exact('x'))), any('claim:a', element(exact('y')))), cube(any('claim:a', element(exact('x'))), none('claim:a', element(exact('x'))))],
  ['more atoms than a word has bits', cube(), cube(...Array.from({ length: 40 }, (_, index) => any('port', port(1000 + index)))), cube(none('port', ...Array.from({ length: 40 }, (_, index) => port(1000 + index)))), cube(any('port', port(1035)), any('method', exact('GET')))],
  ['as many atoms as a word has bits', cube(), cube(none('port', ...Array.from({ length: 31 }, (_, index) => port(1000 + index))), any('method', exact('GET')))],
];

describe('the boxes of a cube hold what it accepts', () => {
  test.each(worlds.map((world) => [world[0], world] as const))('%s', (_, [, seed, ...cubes]) => {
    const space = spaceFor(seed, ...cubes);
    const all = choices(space).filter(({ point }) => pointIn(seed, point));
    expect(all.length).toBeGreaterThan(1);
    for (const one of [seed, ...cubes]) {
      const boxes = boxesOf(space, one) ?? [];
      for (const { atoms, point } of all) expect(boxes.some((box) => holds(space, box, atoms)), JSON.stringify([...point])).toBe(pointIn(one, point));
      for (const { words, narrow } of boxes) {
        const whole = (index: number): boolean => {
          const axis = space.axes[index];
          return axis !== undefined && words.subarray(axis.offset, axis.offset + axis.words).every((word, at) => word === space.full[axis.offset + at]);
        };
        expect(narrow).toEqual([...space.axes.keys()].filter((index) => !whole(index)));
      }
    }
  });

  test.each(worlds.map((world) => [world[0], world] as const))('and are said in words: %s', (_, [, seed, ...cubes]) => {
    const space = spaceFor(seed, ...cubes);
    const all = choices(space).filter(({ point }) => pointIn(seed, point));
    for (const box of [seed, ...cubes].flatMap((one) => boxesOf(space, one) ?? [])) {
      const said = wordings(space, box.words, seed.predicates);
      expect(said.flatMap(({ predicates }) => predicates).filter((predicate) => predicate.any.length + predicate.none.length === 0)).toEqual([]);
      for (const { atoms, point } of all) {
        expect(said.some(({ predicates }) => pointIn(cube(...predicates), point)), JSON.stringify([...point])).toBe(holds(space, box, atoms));
        for (const { predicates, region } of said) expect(holds(space, { words: region, narrow: [] }, atoms)).toBe(pointIn(cube(...predicates), point));
      }
    }
  });

  test('claims are said by what is held and by the widest words for what is not', () => {
    const groups = [element(exact('a')), element(prefix('b')), element(exact('bc'))];
    const space = spaceFor(cube(), cube(any('claim:g', ...groups)));
    const said = (one: Cube): readonly string[] => (boxesOf(space, one) ?? []).flatMap((box) => wordings(space, box.words, []).map(({ predicates }) => cubeKey(cube(...predicates))));
    expect(said(cube(none('claim:g', element(prefix('b')))))).toEqual(['claim:g: * except element prefix "b"']);
    expect(said(cube(none('claim:g', element(exact('bc')), element(exact('a')))))).toEqual(['claim:g: * except element exact "a" | element exact "bc"']);
    expect(said(cube(any('claim:g', element(exact('a'))), none('claim:g', element(exact('bc')))))).toEqual(['claim:g: element exact "a" except element exact "bc"']);
    expect(said(cube(any('claim:g', element(exact('a'))), any('claim:g', element(exact('bc')))))).toEqual(['claim:g: element exact "a" & claim:g: element exact "bc"']);
    expect(said(cube(any('claim:g', element(prefix('b')))))).toEqual(['claim:g: element exact "bc"', 'claim:g: element prefix "b" except [exact "bc"]']);
    expect(said(cube())).toEqual(['*']);
  });

  test('in one order, however a cube lists what it says', () => {
    const [x, y] = [element(exact('x')), element(exact('y'))];
    const space = spaceFor(cube(), cube(any('claim:a', x, y), any('claim:b', x, y), any('method', exact('GET'))));
    expect(boxesOf(space, cube(any('claim:b', y, x), any('method', exact('GET')), any('claim:a', y, x)))).toEqual(boxesOf(space, cube(any('claim:a', x, y), any('claim:b', x, y), any('method', exact('GET')))));
  });

  test('none where it says what the space does not speak of, or what it refuses', () => {
    const space = spaceFor(cube(), cube(any('method', exact('GET')), any('claim:a', element(exact('x')))));
    expect(boxesOf(space, cube(any('port', port(80))))).toEqual([]);
    expect(boxesOf(space, cube(any('claim:b', element(exact('x')))))).toEqual([]);
    expect(boxesOf(space, cube(any('method', exact('GET')), none('method', exact('GET'))))).toEqual([]);
    expect(boxesOf(space, cube(any('claim:a', element(exact('other')))))).toEqual([]);
    expect(boxesOf(space, cube(none('claim:a', element(exact('other')))))).toEqual(boxesOf(space, cube()));
  });

  test('one for each way to hold a claim, and no more than 64', () => {
    const values = (dimension: 'claim:a' | 'claim:b', count: number): ReturnType<typeof any> => any(dimension, ...Array.from({ length: count }, (_, index) => element(exact(String(index)))));
    const claims = (left: number, right: number): Cube => cube(values('claim:a', left), values('claim:b', right));
    const space = spaceFor(cube(), claims(9, 9));
    expect(boxesOf(space, claims(2, 3))?.length).toBe(6);
    expect(boxesOf(space, claims(8, 8))?.length).toBe(64);
    expect(boxesOf(space, claims(8, 9))).toBeUndefined();
    // Several words for one element are one way.
    expect(boxesOf(spaceFor(cube(), cube(any('claim:a', element(exact('x')), element(suffix('x')))), cube(any('claim:a', element(exact('x'))))), cube(any('claim:a', element(exact('x')), element(exact('x')))))?.length).toBe(1);
  });
});

test('a space says which dimension has too many classes', () => {
  expect(spaceOf(cube(), [cube(any('method', exact('GET')), any('port', port(80), port(81)))], 2)).toEqual({ overflow: 'port' });
  expect(spaceOf(cube(), [cube(any('claim:a', element(exact('x')), element(exact('y'))))], 1)).toEqual({ overflow: 'claim:a' });
  // A claim is read by element; nothing is known of another matcher.
  expect(spaceOf(cube(), [cube(any('claim:a', present, element(exact('x'))))], 9)).toEqual({ overflow: 'claim:a' });
  expect('overflow' in spaceOf(cube(), [cube(any('method', exact('GET')))], 2)).toBe(false);
});

test('axes stand in the order in which a reader asks: who, what, where', () => {
  const asked: readonly Dimension[] = ['opaque:e', 'claim:b', 'written:a', 'header:x', 'token', 'destination.ip', 'remote.ip', 'source.ip', 'sni', 'host', 'protocol', 'transport', 'port', 'method', 'path.query', 'path', 'address', 'pod-label:b', 'pod-label:a', 'peer', 'header:a', 'claim:a'];
  expect([...asked].sort(compareDimensions)).toEqual(['peer', 'pod-label:a', 'pod-label:b', 'address', 'path', 'path.query', 'method', 'port', 'transport', 'protocol', 'host', 'sni', 'source.ip', 'remote.ip', 'destination.ip', 'token', 'header:a', 'header:x', 'claim:a', 'claim:b', 'written:a', 'opaque:e']);
  expect(compareDimensions('peer', 'peer')).toBe(0);
  const space = spaceFor(cube(any('port', port(80))), cube(any('path', path(exact('/a'))), any('claim:a', element(exact('x')), element(exact('y'))), any('method', exact('GET'))));
  expect(space.axes.map(({ dimension, element: at, size, offset, words }) => [dimension, at, size, offset, words])).toEqual([
    ['path', undefined, 2, 0, 1],
    ['method', undefined, 2, 1, 1],
    ['port', undefined, 1, 2, 1],
    ['claim:a', 0, 2, 3, 1],
    ['claim:a', 1, 2, 4, 1],
  ]);
  expect(space.words).toBe(5);
  expect([...space.axisOf]).toEqual([['path', 0], ['method', 1], ['port', 2], ['claim:a', 3]]);
});

describe('the plain part of a box sends nothing that need not be sent', () => {
  const plain = (one: Cube, ...cubes: readonly Cube[]): readonly string[] | undefined => {
    const space = spaceFor(one, ...cubes);
    const [box] = boxesOf(space, one) ?? [];
    const part = box === undefined ? undefined : plainPart(space, box);
    if (part === undefined) return undefined;
    const left = choices(space).filter(({ atoms }) => holds(space, part, atoms));
    return [...new Set(left.map(({ point }) => [...point].map(([dimension, value]) => `${dimension}=${JSON.stringify(value)}`).join(' ')))];
  };
  test('no header, no server name, no token, no claim', () => {
    expect(plain(cube(), cube(any('header:x', exact('a'))))).toEqual(['header:x=null']);
    expect(plain(cube(), cube(any('sni', present)))).toEqual(['sni=null']);
    expect(plain(cube(), cube(any('token', { type: 'token' })))).toEqual(['token=null']);
    expect(plain(cube(), cube(any('written:a', exact('x'))))).toEqual(['written:a=null']);
    expect(plain(cube(), cube(any('claim:a', element(exact('x')), element(exact('y')))))).toEqual(['']);
  });
  test('what is demanded stays, and so does what every request has', () => {
    expect(plain(cube(any('header:x', exact('a'))), cube(any('header:y', exact('b'))))).toEqual(['header:x="a" header:y=null']);
    expect(plain(cube(any('header:x', exact('a'))))).toBeUndefined();
    expect(plain(cube(), cube(any('method', exact('GET'))))).toBeUndefined();
    expect(plain(cube(), cube(any('peer', principal(exact('td/ns/a/sa/x')))))).toBeUndefined();
    expect(plain(cube(any('claim:a', element(exact('x')))), cube(any('claim:a', element(exact('y')))))).toEqual(['claim:a=["x"]']);
  });
});
