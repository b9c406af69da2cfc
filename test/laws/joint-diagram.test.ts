/** The difference by two implementations: the engine's regions are, as a set, what a joint decision diagram of both sides says. */
import { describe, expect, test } from 'vitest';
import type { Dimension } from '#sets/cube.ts';
import { difference } from '#sets/difference.ts';
import { Diagrams, domainOf, empty } from '../support/joint-diagram.ts';
import { dimensionsIn, slicesOf } from '../support/mesh-slices.ts';
import { Random } from '../support/random-mesh/random.ts';
import { meshesOf, randomWorld } from '../support/random-mesh/world.ts';
import { randomSlice } from '../support/random-slices.ts';
import { secondOpinion, type Opinion } from '../support/second-opinion.ts';
import { any, cube, exact, layer, none, onePath, port, problem } from '../sets/worlds.ts';

class Counts {
  same = 0;
  empty = 0;
  skipped = 0;
  /** How many differences each kind of dimension takes part in. */
  readonly kinds = new Map<string, number>();

  note(opinion: Opinion, dimensions: readonly Dimension[], where: string): void {
    if (typeof opinion === 'object') throw new Error(`${where}: the two differ ${opinion.differs}`);
    if (opinion === 'skipped') this.skipped += 1;
    else if (opinion === 'same and empty') this.empty += 1;
    else {
      this.same += 1;
      for (const kind of new Set(dimensions.map((dimension) => dimension.replace(/:.*/, '')))) this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    }
  }

  get all(): number {
    return this.same + this.empty + this.skipped;
  }
}

const kinds = ['peer', 'source.ip', 'remote.ip', 'destination.ip', 'port', 'protocol', 'host', 'method', 'path', 'path.query', 'sni', 'token', 'transport', 'address', 'pod-label', 'header', 'claim', 'opaque'];

describe('the engine and the joint diagram say the same set', () => {
  test('of random slices of up to a hundred cubes, over every kind of dimension', () => {
    const counts = new Counts();
    for (let seed = 1; seed <= 900; seed += 1) {
      const slice = randomSlice(new Random(seed));
      counts.note(secondOpinion(slice.problem, slice.values), slice.dimensions, `slice ${String(seed)}`);
    }
    expect(counts.same).toBeGreaterThan(250);
    expect(counts.skipped).toBeLessThan(counts.all / 100);
    expect(kinds.filter((kind) => (counts.kinds.get(kind) ?? 0) < 20)).toEqual([]);
  }, 120_000);

  test('of the destinations of random meshes, with the layers that their policies make', () => {
    const counts = new Counts();
    for (let seed = 1; seed <= 250; seed += 1) {
      const { base, head } = meshesOf(randomWorld(seed));
      for (const slice of slicesOf(base, head)) if (slice.cubes <= 100) counts.note(secondOpinion(slice.problem, new Map()), dimensionsIn(slice.problem), `world ${String(seed)}`);
    }
    expect(counts.same).toBeGreaterThan(150);
    expect(counts.skipped).toBeLessThan(counts.all / 100);
  }, 120_000);
});

describe('the joint diagram tells sets apart', () => {
  const get = cube(any('method', exact('GET')));
  const onEighty = cube(any('port', port(80)));
  const world = problem(onePath(layer([get])), onePath(layer('all')));

  test('a region too small, and one too large', () => {
    const said = difference(world).regions.flatMap((region) => region.cubes);
    const domain = domainOf([world, { from: [], to: [], impossible: [...said, onEighty] }]);
    if (domain === undefined) throw new Error('four classes are not too many');
    const diagrams = new Diagrams(domain, 1_000);
    const wanted = diagrams.of(world) ?? empty;
    expect(diagrams.union(said, [])).toBe(wanted);
    const small = diagrams.union([cube(none('method', exact('GET')), any('port', port(80)))], []) ?? empty;
    expect(diagrams.apart(wanted, small)?.get('port')).not.toBe(80);
    const large = diagrams.union([...said, onEighty], []) ?? empty;
    expect(diagrams.apart(wanted, large)).toEqual(new Map<Dimension, unknown>([['port', 80], ['method', 'GET']]));
  });

  test('the same set in other cubes is the same node', () => {
    const split = [cube(none('method', exact('GET')), any('port', port(80))), cube(none('method', exact('GET')), none('port', port(80)))];
    const domain = domainOf([world, { from: [], to: [], impossible: split }]);
    if (domain === undefined) throw new Error('four classes are not too many');
    const diagrams = new Diagrams(domain, 1_000);
    expect(diagrams.union(split, [])).toBe(diagrams.of(world));
  });

  test('a token that holds two values at once is a class of its own', () => {
    const element = (text: string): { readonly type: 'element'; readonly pattern: ReturnType<typeof exact> } => ({ type: 'element', pattern: exact(text) });
    const asked = problem(onePath(layer([cube(any('claim:g', element('a')))])), onePath(layer([cube(any('claim:g', element('b')))])));
    expect(domainOf([asked])?.get('claim:g')).toHaveLength(4);
  });
});
