/** One question answered twice: by the engine and by the joint diagram. */
import type { Cube, Dimension } from '#sets/cube.ts';
import { difference, type DifferenceProblem } from '#sets/difference.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { Diagrams, domainOf, empty, shownPoint, type Domain } from './joint-diagram.ts';

/** What the engine says, and classes for all that it and the question speak of; `undefined` where it was not allowed to come to an end. */
export function engineSays(problem: DifferenceProblem, values: ReadonlyMap<Dimension, readonly Value[]>): { readonly cubes: readonly Cube[]; readonly domain: Domain } | undefined {
  const found = difference(problem);
  if (found.undecided.length > 0 || found.regions.some((region) => !region.complete)) return undefined;
  const cubes = found.regions.flatMap((region) => region.cubes);
  const domain = domainOf([problem, { from: [], to: [], impossible: cubes }], values);
  return domain === undefined ? undefined : { cubes, domain };
}

export type Opinion = 'same' | 'same and empty' | 'skipped' | { readonly differs: string };

/** `skipped`: too much work for one of the two. */
export function secondOpinion(problem: DifferenceProblem, values: ReadonlyMap<Dimension, readonly Value[]>): Opinion {
  const said = engineSays(problem, values);
  if (said === undefined) return 'skipped';
  const diagrams = new Diagrams(said.domain, 60_000);
  const wanted = diagrams.of(problem);
  const found = wanted === undefined ? undefined : diagrams.union(said.cubes, problem.impossible);
  if (wanted === undefined || found === undefined) return 'skipped';
  const point = diagrams.apart(wanted, found);
  if (point !== undefined) return { differs: `at ${shownPoint(point)}; the engine says ${said.cubes.map(cubeKey).join(' or ') || 'nothing'}` };
  return wanted === empty ? 'same and empty' : 'same';
}
