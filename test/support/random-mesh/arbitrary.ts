/** Random worlds for fast-check: made from a seed, shrunk part by part. */
import fc from 'fast-check';
import { sidecarsOnly, type Document, type Features } from './manifests.ts';
import { randomWorld, smallerWorlds, type World } from './world.ts';

class WorldArbitrary extends fc.Arbitrary<World> {
  readonly #features: Features | undefined;

  constructor(features: Features | undefined) {
    super();
    this.#features = features;
  }

  override generate(random: fc.Random): fc.Value<World> {
    return new fc.Value(randomWorld(random.nextInt(1, 0x7fff_ffff), this.#features), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is World {
    return typeof value === 'object' && value !== null && 'base' in value && 'head' in value;
  }

  override shrink(value: World): fc.Stream<fc.Value<World>> {
    return new fc.Stream((function* smaller(): IterableIterator<fc.Value<World>> {
      for (const world of smallerWorlds(value)) yield new fc.Value(world, undefined);
    })());
  }
}

/** A pair of meshes with edits between them, with everything that meshes have unless told otherwise. */
export function worlds(features?: Features): fc.Arbitrary<World> {
  return new WorldArbitrary(features);
}

/** One mesh. */
export function meshes(features: Features = sidecarsOnly): fc.Arbitrary<readonly Document[]> {
  return worlds(features).map(
    (world) => world.base,
    (base) => ({ base: base as readonly Document[], head: base as readonly Document[], edits: [], seed: 1, features }),
  );
}
