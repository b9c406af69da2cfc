import { destinationPairs, type compareSides } from '#impact/compare.ts';
import { DifferenceMemo, type PairContext } from '#impact/pair-context.ts';
import { preferredIdentities, preferredValues } from '#impact/preferred.ts';
import type { RawComparison } from '#impact/raw-change.ts';
import { buildMesh } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { throughNetworkPaths } from '#posture/network-paths.ts';
import { pathsTo } from '#posture/paths.ts';
import { objects } from '../mesh/support.ts';

const limits = { workPerSeed: 200_000, regionsPerSeed: 50, atomsPerDimension: 4_096 };

/** One destination of two clusters with NetworkPolicies, as a comparison asks about it. */
export function contextOf(base: Mesh, head: Mesh, id: string): PairContext {
  const sides = { environment: 'test', base, head, renamed: new Map<string, string>() };
  const pair = destinationPairs(sides).find(({ destination }) => destination.id === id);
  if (pair === undefined) throw new Error(`${id} is not on both sides`);
  const posture = (side: 'base' | 'head'): PairContext['base'] => throughNetworkPaths(pathsTo(sides[side], pair[side]), sides[side], pair[side]);
  return { sides, pair, base: posture('base'), head: posture('head'), limits, memo: new DifferenceMemo(), preferred: preferredValues(preferredIdentities(sides), pair, true), internalErrors: [] };
}

/** Two whole clusters compared, or two repositories, which leave untold what they do not declare. */
export function compareOfTexts(base: readonly string[], head: readonly string[], compare: typeof compareSides, memo: DifferenceMemo, world: 'closed' | 'open' = 'closed'): RawComparison {
  const sides = [objects(...base), objects(...head)] as const;
  const knowledge = enrolmentKnowledge('istio-system', ...sides);
  const [before, after] = sides.map((resources) => buildMesh(resources, { world, knowledge }));
  if (before === undefined || after === undefined) throw new Error('two sides make two meshes');
  return compare({ environment: 'test', base: before, head: after, renamed: new Map() }, limits, memo);
}
