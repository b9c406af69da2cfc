/**
 * Seeds: the cubes in which a difference must lie. A request that `to` passes and `from` refuses is refused by some layer of `from`
 * which lets it pass in `to`; so it lies in an allow cube that is new there, or in a deny cube that is gone (3.12).
 */
import type { Cube, CubeOrigin, Path, Layer, LayerId } from './cube.ts';
import { cubeKey } from './keys.ts';
import { compareText } from '#lib/order.ts';

export interface Seed {
  /** Canonical: `allow …` for a permission that begins, `deny …` for a refusal that ends. */
  readonly key: string;
  readonly cube: Cube;
  readonly origins: readonly CubeOrigin[];
  readonly layer: LayerId;
  /** What the layer of `from` accepts: not in the difference through this seed. Empty for a refusal that ends. */
  readonly accepted: readonly Cube[];
  /** Allow lists of `to` that must hold the request as well. */
  readonly demands: readonly (readonly Cube[])[];
}

export const everything: Cube = { predicates: [], origins: [] };

export function sortedOrigins(origins: Iterable<CubeOrigin>): CubeOrigin[] {
  const byKey = new Map<string, CubeOrigin>();
  for (const origin of origins) byKey.set(`${origin.policy}\n${origin.rule === undefined ? '' : String(origin.rule).padStart(6, '0')}`, origin);
  return [...byKey.keys()].sort(compareText).map((key) => byKey.get(key) as CubeOrigin);
}

/** Cubes of equal content once each, with the origins of all, sorted by key. */
export function distinctCubes(cubes: readonly Cube[]): readonly Cube[] {
  if (ascending(cubes)) return cubes;
  const byKey = new Map<string, Cube>();
  const shared = new Map<string, CubeOrigin[]>();
  for (const cube of cubes) {
    const key = cubeKey(cube);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, cube);
    else {
      const origins = shared.get(key) ?? [...known.origins];
      origins.push(...cube.origins);
      shared.set(key, origins);
    }
  }
  return [...byKey.keys()].sort(compareText).map((key) => {
    const cube = byKey.get(key) as Cube;
    const origins = shared.get(key);
    return origins === undefined ? cube : { predicates: cube.predicates, origins: sortedOrigins(origins) };
  });
}

/** Distinct and sorted already, as lowered policies are. */
function ascending(cubes: readonly Cube[]): boolean {
  for (let index = 1; index < cubes.length; index += 1) if (cubeKey(cubes[index - 1] as Cube) >= cubeKey(cubes[index] as Cube)) return false;
  return true;
}

/** Layers of both paths by identifier and occurrence: a path of two hops has two authorization layers. */
function pairs(from: Path, to: Path): { readonly id: LayerId; readonly from: Layer; readonly to: Layer }[] {
  const keyed = (path: Path): Map<string, Layer> => {
    const times = new Map<LayerId, number>();
    return new Map(
      path.layers.map((layer) => {
        const time = times.get(layer.id) ?? 0;
        times.set(layer.id, time + 1);
        return [`${layer.id}#${String(time)}`, layer] as const;
      }),
    );
  };
  const before = keyed(from);
  const after = keyed(to);
  return [...new Set([...before.keys(), ...after.keys()])].sort(compareText).map((key) => {
    const first = before.get(key);
    const second = after.get(key);
    const id = first?.id ?? second?.id ?? 'routing';
    const open: Layer = { id, allow: 'all', deny: [] };
    return { id, from: first ?? open, to: second ?? open };
  });
}

function keysOf(cubes: readonly Cube[]): Set<string> {
  return new Set(cubes.map(cubeKey));
}

/** Both paths canonical (cubes distinct and sorted). Seeds of one path of `to` against the path of `from` that it is compared with (none: everything is refused there). */
export function seedsOf(from: Path | undefined, to: Path): Seed[] {
  const lists = to.layers.flatMap((layer) => (layer.allow === 'all' ? [] : [layer]));
  const demandsBut = (layer: Layer | undefined): (readonly Cube[])[] => lists.filter((other) => other !== layer).map((other) => other.allow as readonly Cube[]);
  if (from === undefined) {
    const source = lists[0];
    const cubes = source === undefined ? [everything] : (source.allow as readonly Cube[]);
    const layer = source?.id ?? to.layers[0]?.id ?? 'routing';
    return cubes.map((cube) => ({ key: `allow ${cubeKey(cube)}`, cube, origins: cube.origins, layer, accepted: [], demands: demandsBut(source) }));
  }
  const seeds: Seed[] = [];
  for (const pair of pairs(from, to)) {
    if (pair.from === pair.to) continue;
    if (pair.from.allow !== 'all') {
      const accepted = pair.from.allow;
      const known = keysOf(accepted);
      const origins = pair.to.allow === 'all' ? sortedOrigins(accepted.flatMap((cube) => cube.origins)) : [];
      const opened = pair.to.allow === 'all' ? (known.has('*') ? [] : [everything]) : pair.to.allow.filter((cube) => !known.has(cubeKey(cube)));
      for (const cube of opened) {
        seeds.push({ key: `allow ${cubeKey(cube)}`, cube, origins: cube === everything ? origins : cube.origins, layer: pair.id, accepted, demands: demandsBut(pair.to) });
      }
    }
    const standing = keysOf(pair.to.deny);
    for (const cube of pair.from.deny.filter((entry) => !standing.has(cubeKey(entry)))) {
      seeds.push({ key: `deny ${cubeKey(cube)}`, cube, origins: cube.origins, layer: pair.id, accepted: [], demands: demandsBut(undefined) });
    }
  }
  return seeds;
}
