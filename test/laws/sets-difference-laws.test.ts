/** Laws of the difference that a reader can argue with; each is asked of random worlds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cube, Layer, Path, Point, Predicate } from '#sets/cube.ts';
import { difference, type Difference, type DifferenceProblem } from '#sets/difference.ts';
import { passes, pointIn } from '#sets/evaluate.ts';
import type { Matcher } from '#sets/matcher.ts';
import { any, cidr, cube, exact, layer, onePath, plentiful, problem, worlds, type World } from '../sets/worlds.ts';

const runs = { numRuns: 300, seed: 11 };

/** Everything of a result, addresses included, in one text. */
function text(found: Difference): string {
  return JSON.stringify(found, (_, value: unknown) => (typeof value === 'bigint' ? `${String(value)}n` : value instanceof Map ? [...value] : value));
}

function swapped(world: DifferenceProblem): DifferenceProblem {
  return { ...world, from: world.to, to: world.from };
}

function withLayer(paths: readonly Path[], change: (layer: Layer) => Layer): readonly Path[] {
  return paths.map((path) => ({ ...path, layers: path.layers.map(change) }));
}

function holdsFor(name: string, arbitrary: fc.Arbitrary<World>, law: (world: World) => void): void {
  test(name, () => {
    fc.assert(fc.property(arbitrary, law), runs);
  }, 30_000);
}

const nothing = { regions: [], undecided: [] };

describe('laws', () => {
  holdsFor('equal inputs, no change', worlds(), ({ problem: world }) => {
    expect(difference({ ...world, to: world.from })).toMatchObject(nothing);
  });

  holdsFor('adding a DENY never widens', worlds({ onePath: true }), ({ problem: world }) => {
    const deny = world.to.flatMap((path) => path.layers.flatMap((entry) => entry.deny)).slice(0, 1);
    expect(difference({ ...world, to: withLayer(world.from, (entry) => ({ ...entry, deny: [...entry.deny, ...deny] })) })).toMatchObject(nothing);
  });

  holdsFor('adding an ALLOW never narrows where an allow list stands', worlds({ onePath: true }), ({ problem: world }) => {
    const more = world.to.flatMap((path) => path.layers.flatMap((entry) => (entry.allow === 'all' ? [] : entry.allow)));
    const to = withLayer(world.from, (entry) => (entry.allow === 'all' ? entry : { ...entry, allow: [...entry.allow, ...more] }));
    expect(difference(swapped({ ...world, to }))).toMatchObject(nothing);
  });

  holdsFor('the first ALLOW never widens', worlds({ onePath: true }), ({ problem: world }) => {
    const allow = world.to.flatMap((path) => path.layers.flatMap((entry) => (entry.allow === 'all' ? [] : entry.allow)));
    expect(difference({ ...world, to: withLayer(world.from, (entry) => (entry.allow === 'all' ? { ...entry, allow } : entry)) })).toMatchObject(nothing);
  });

  holdsFor('removing every layer never narrows', worlds({ onePath: true }), ({ problem: world }) => {
    expect(difference(swapped({ ...world, to: world.from.map((path) => ({ ...path, layers: [] })) }))).toMatchObject(nothing);
  });

  holdsFor('duplicates do not matter', worlds(), ({ problem: world }) => {
    const twice = (paths: readonly Path[]): readonly Path[] => withLayer(paths, (entry) => ({ ...entry, allow: entry.allow === 'all' ? 'all' : [...entry.allow, ...entry.allow], deny: [...entry.deny, ...entry.deny] }));
    expect(text(difference({ ...world, from: twice(world.from), to: twice(world.to) }))).toBe(text(difference(world)));
  });

  holdsFor('order does not matter: paths, layers, rules, predicates and values in another order give the same bytes', worlds(), ({ problem: world }) => {
    const matchers = (list: readonly Matcher[]): readonly Matcher[] => [...list].reverse();
    const predicates = (list: readonly Predicate[]): readonly Predicate[] => list.map((entry) => ({ dimension: entry.dimension, any: matchers(entry.any), none: matchers(entry.none) })).reverse();
    const cubes = (list: readonly Cube[]): readonly Cube[] => list.map((entry) => ({ predicates: predicates(entry.predicates), origins: entry.origins })).reverse();
    const paths = (list: readonly Path[]): readonly Path[] =>
      list.map((path) => ({ id: path.id, layers: path.layers.map((entry) => ({ id: entry.id, allow: entry.allow === 'all' ? ('all' as const) : cubes(entry.allow), deny: cubes(entry.deny) })).reverse() })).reverse();
    const other: DifferenceProblem = { ...world, from: paths(world.from), to: paths(world.to), impossible: cubes(world.impossible), ...(world.within === undefined ? {} : { within: cubes(world.within) }) };
    expect(text(difference(other))).toBe(text(difference(world)));
  });

  holdsFor('what opens from a to c opens from a to b or from b to c', worlds({ onePath: true }), ({ problem: world }) => {
    const middle = withLayer(world.from, (entry) => ({ ...entry, deny: world.to.flatMap((path) => path.layers.flatMap((other) => other.deny)) }));
    const through = [difference({ ...world, to: middle }), difference({ ...world, from: middle })];
    for (const sample of difference(world).regions.flatMap((region) => region.samples)) {
      expect(through.some((found) => found.regions.some((region) => region.cubes.some((entry) => pointIn(entry, sample))))).toBe(true);
    }
  });

  holdsFor('several values of one predicate are as many rules', worlds({ onePath: true }), ({ problem: world }) => {
    const split = (entry: Cube): readonly Cube[] => {
      const index = entry.predicates.findIndex((predicate) => predicate.any.length > 1);
      const predicate = entry.predicates[index];
      if (predicate === undefined) return [entry];
      return predicate.any.map((matcher) => ({ ...entry, predicates: entry.predicates.map((other, at) => (at === index ? { ...predicate, any: [matcher] } : other)) }));
    };
    const to = withLayer(world.from, (entry) => ({ ...entry, allow: entry.allow === 'all' ? 'all' : entry.allow.flatMap(split), deny: entry.deny.flatMap(split) }));
    expect(difference({ ...world, to })).toMatchObject(nothing);
    expect(difference(swapped({ ...world, to }))).toMatchObject(nothing);
  });
});

describe('metamorphic', () => {
  test('a block and its two halves are the same', () => {
    const whole = onePath(layer([cube(any('source.ip', cidr('10.0.0.0/8')))]));
    const halves = onePath(layer([cube(any('source.ip', cidr('10.0.0.0/9'))), cube(any('source.ip', cidr('10.128.0.0/9')))]));
    expect(difference(problem(whole, halves))).toMatchObject(nothing);
    expect(difference(problem(halves, whole))).toMatchObject(nothing);
    const three = onePath(layer([cube(any('source.ip', cidr('10.0.0.0/9'))), cube(any('source.ip', cidr('10.128.0.0/10')))]));
    expect(difference(problem(three, whole)).regions).toHaveLength(1);
  });

  test('renaming a value everywhere renames the result', () => {
    const world = (name: string): DifferenceProblem => problem(onePath(layer([cube(any('header:x', exact(name)), any('method', exact('GET')))])), onePath(layer([cube(any('header:x', exact(name)))])));
    expect(text(difference(world('green'))).replaceAll('green', 'amber')).toBe(text(difference(world('amber'))));
  });
});

describe('the work limit', () => {
  test('with hardly any work, what is reported or undecided still covers all that opens', () => {
    let undecided = 0;
    fc.assert(
      fc.property(worlds({ limits: { ...plentiful, workPerSeed: 1 } }), ({ problem: world, points }) => {
        const found = difference(world);
        undecided += found.undecided.length;
        const covers = (point: Point): boolean => found.regions.some((region) => region.cubes.some((entry) => pointIn(entry, point))) || found.undecided.some((entry) => pointIn(entry.seed, point));
        for (const point of points) {
          const opens = passes(world.to, point) && !passes(world.from, point) && !world.impossible.some((entry) => pointIn(entry, point)) && (world.within === undefined || world.within.some((entry) => pointIn(entry, point)));
          if (opens) expect(covers(point)).toBe(true);
        }
        for (const region of found.regions) for (const sample of region.samples) expect(passes(world.to, sample) && !passes(world.from, sample)).toBe(true);
      }),
      { numRuns: 1000, seed: 5 },
    );
    expect(undecided).toBeGreaterThan(20);
  }, 30_000);

  test('a list cut by the region limit says so', () => {
    fc.assert(
      fc.property(worlds({ limits: { ...plentiful, regionsPerSeed: 1 } }), ({ problem: world, points }) => {
        const found = difference(world);
        const cut = found.regions.some((region) => !region.complete) || found.undecided.length > 0;
        for (const point of points) {
          const opens = passes(world.to, point) && !passes(world.from, point) && !world.impossible.some((entry) => pointIn(entry, point)) && (world.within === undefined || world.within.some((entry) => pointIn(entry, point)));
          if (opens && !found.regions.some((region) => region.cubes.some((entry) => pointIn(entry, point)))) expect(cut).toBe(true);
        }
      }),
      { numRuns: 500, seed: 6 },
    );
  }, 30_000);
});
