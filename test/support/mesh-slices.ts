/** The slices of random meshes: what the engine is asked about each destination, in both directions. */
import type { Mesh } from '#mesh/model.ts';
import { hasAmbient } from '#posture/arrival.ts';
import { destinationPairs } from '#impact/compare.ts';
import { hasNetwork, hasNetworkPolicies, impossibleInNetwork, throughNetworkPaths } from '#posture/network-paths.ts';
import { impossible, pathsTo } from '#posture/paths.ts';
import type { Dimension, Path } from '#sets/cube.ts';
import type { DifferenceProblem } from '#sets/difference.ts';
import { plentiful } from '../sets/worlds.ts';

/** Cubes of a union of paths. */
function sizeOf(paths: readonly Path[]): number {
  return paths.reduce((sum, path) => sum + path.layers.reduce((cubes, layer) => cubes + (layer.allow === 'all' ? 0 : layer.allow.length) + layer.deny.length, 0), 0);
}

export interface MeshSlice {
  readonly problem: DifferenceProblem;
  readonly cubes: number;
}

export function slicesOf(base: Mesh, head: Mesh): readonly MeshSlice[] {
  const mixed = hasAmbient(base) || hasAmbient(head);
  const policed = hasNetworkPolicies(base) || hasNetworkPolicies(head);
  return destinationPairs({ environment: 'slices', base, head, renamed: new Map() }).flatMap((pair) => {
    const networked = policed && hasNetwork(pair.base);
    const [before, after] = ([[base, pair.base], [head, pair.head]] as const).map(([mesh, workload]) => {
      const posture = pathsTo(mesh, workload, mixed);
      return networked ? throughNetworkPaths(posture, mesh, workload) : posture;
    });
    if (before === undefined || after === undefined || before.key === after.key) return [];
    const none = networked ? impossibleInNetwork([pair.base, pair.head]) : impossible;
    const asked = (from: readonly Path[], to: readonly Path[]): MeshSlice => ({
      problem: { from, to, impossible: none, preferred: new Map(), limits: { ...plentiful, workPerSeed: 20_000 } },
      cubes: sizeOf(from) + sizeOf(to),
    });
    return [asked(before.possible, after.possible), asked(after.possible, before.possible)];
  });
}

/** Dimensions that some cube of the question speaks of. */
export function dimensionsIn({ from, to, impossible: none }: DifferenceProblem): readonly Dimension[] {
  const cubes = [...from, ...to].flatMap((path) => path.layers).flatMap((layer) => [...(layer.allow === 'all' ? [] : layer.allow), ...layer.deny]);
  return [...new Set([...cubes, ...none].flatMap((cube) => cube.predicates.map(({ dimension }) => dimension)))];
}
