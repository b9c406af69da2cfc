/** Another spelling of both sides gives the difference in that spelling, as a set. */
import { expect, test } from 'vitest';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import { difference, type DifferenceProblem } from '#sets/difference.ts';
import type { Matcher } from '#sets/matcher.ts';
import { Diagrams, domainOf } from '../support/joint-diagram.ts';
import { Random } from '../support/random-mesh/random.ts';
import { randomSlice } from '../support/random-slices.ts';

type Rewrite = (matcher: Matcher) => readonly Matcher[];

function cubeBy(rewrite: Rewrite, cube: Cube): Cube {
  return { ...cube, predicates: cube.predicates.map(({ dimension, any, none }): Predicate => ({ dimension, any: any.flatMap(rewrite), none: none.flatMap(rewrite) })) };
}

function pathsBy(rewrite: Rewrite, paths: readonly Path[]): readonly Path[] {
  const cubes = (list: readonly Cube[]): readonly Cube[] => list.map((cube) => cubeBy(rewrite, cube));
  return paths.map((path) => ({ ...path, layers: path.layers.map((layer): Layer => ({ id: layer.id, allow: layer.allow === 'all' ? 'all' : cubes(layer.allow), deny: cubes(layer.deny) })) }));
}

function problemBy(rewrite: Rewrite, problem: DifferenceProblem): DifferenceProblem {
  const cubes = (list: readonly Cube[]): readonly Cube[] => list.map((cube) => cubeBy(rewrite, cube));
  return { ...problem, from: pathsBy(rewrite, problem.from), to: pathsBy(rewrite, problem.to), impossible: cubes(problem.impossible), ...(problem.within === undefined ? {} : { within: cubes(problem.within) }) };
}

/** Each letter of the first text becomes the one below it in the second. */
function letters(from: string, to: string): Rewrite {
  const told = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(told);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, key === 'text' && typeof entry === 'string' ? entry.replaceAll(new RegExp(`[${from}]`, 'g'), (letter) => to[from.indexOf(letter)] ?? letter) : told(entry)]));
  };
  // The same matcher with other letters in its texts.
  return (matcher) => [told(matcher) as Matcher];
}

test('letters permuted on both sides permute the letters of the difference', () => {
  const texts: readonly Dimension[] = ['header:x', 'header:y', 'claim:groups', 'claim:aud', 'sni', 'pod-label:app'];
  const there = letters('abvwcrt', 'wvabtcr');
  const back = letters('wvabtcr', 'abvwcrt');
  const counts = { asked: 0, other: 0, skipped: 0 };
  for (let seed = 1; seed <= 250; seed += 1) {
    const { problem } = randomSlice(new Random(seed), 30, texts);
    const found = difference(problemBy(there, problem));
    const cubes = found.regions.flatMap((region) => region.cubes).map((cube) => cubeBy(back, cube));
    const domain = domainOf([problem, { from: [], to: [], impossible: cubes }]);
    const diagrams = domain === undefined ? undefined : new Diagrams(domain, 60_000);
    const wanted = diagrams?.of(problem);
    if (found.undecided.length > 0 || diagrams === undefined || wanted === undefined) {
      counts.skipped += 1;
      continue;
    }
    counts.asked += 1;
    counts.other += Number(cubes.length > 0);
    expect(diagrams.apart(wanted, diagrams.union(cubes, problem.impossible) ?? -1)).toBeUndefined();
  }
  expect(counts.other).toBeGreaterThan(60);
  expect(counts.skipped).toBeLessThanOrEqual(counts.asked / 100);
});

test('a block of addresses and its two halves are the same, whatever stands beside them', () => {
  const halves: Rewrite = (matcher) => {
    const bits = matcher.type === 'cidr' ? (matcher.family === 4 ? 32 : 128) : 0;
    if (matcher.type !== 'cidr' || matcher.length === bits) return [matcher];
    const length = matcher.length + 1;
    return [{ ...matcher, length }, { ...matcher, length, network: matcher.network | (1n << BigInt(bits - length)) }];
  };
  const addresses: readonly Dimension[] = ['source.ip', 'remote.ip', 'destination.ip', 'port'];
  let split = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const { problem } = randomSlice(new Random(seed), 30, addresses);
    const other = pathsBy(halves, problem.to);
    if (JSON.stringify(other, shown) !== JSON.stringify(problem.to, shown)) split += 1;
    for (const asked of [{ ...problem, from: problem.to, to: other }, { ...problem, from: other, to: problem.to }]) expect(difference(asked)).toMatchObject({ regions: [], undecided: [] });
  }
  expect(split).toBeGreaterThan(150);
});

function shown(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
