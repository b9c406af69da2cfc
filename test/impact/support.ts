import type { compareSides } from '#impact/compare.ts';
import type { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawComparison } from '#impact/raw-change.ts';
import { buildMesh } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import { objects } from '../mesh/support.ts';

/** Two whole clusters compared, or two repositories, which leave untold what they do not declare. */
export function compareOfTexts(base: readonly string[], head: readonly string[], compare: typeof compareSides, memo: DifferenceMemo, world: 'closed' | 'open' = 'closed'): RawComparison {
  const sides = [objects(...base), objects(...head)] as const;
  const knowledge = enrolmentKnowledge('istio-system', ...sides);
  const [before, after] = sides.map((resources) => buildMesh(resources, { world, knowledge }));
  if (before === undefined || after === undefined) throw new Error('two sides make two meshes');
  return compare({ environment: 'test', base: before, head: after, renamed: new Map() }, { workPerSeed: 200_000, regionsPerSeed: 50, atomsPerDimension: 4_096 }, memo);
}
