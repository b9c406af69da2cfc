/** What the judgement of one world says: whether some law is broken, and how much the world told. */
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';
import { aspectsOf, declaredIdentities } from './aspects.ts';
import type { Counterexample } from './comparison-laws.ts';
import type { World } from './world.ts';

export const questionsPerWorld = 24;

export interface Options {
  /** Ask these instead of random questions. */
  readonly queries?: readonly Query[];
}

export interface Judged {
  readonly counterexample?: Counterexample;
  readonly widened: boolean;
  readonly narrowed: boolean;
  readonly undecided: boolean;
  readonly skipped: boolean;
  readonly asked: number;
  readonly moved: number;
  /** Moved questions that only an undecided change holds. */
  readonly undecidedMoves: number;
  /** Questions that lie in the region of some change. */
  readonly inRegions: number;
  /** What changes are about, by their number (`aspects.ts`). */
  readonly dimensions: ReadonlyMap<string, number>;
  readonly changes: number;
}

/** What the changes of a world are and are about. */
export function shares(changes: readonly RawChange[], world: World, base: Mesh, head: Mesh): Pick<Judged, 'widened' | 'narrowed' | 'undecided' | 'skipped' | 'dimensions' | 'changes'> {
  const dimensions = new Map<string, number>();
  const scene = { identities: declaredIdentities(base, head), base, head, documents: [...world.base, ...world.head] };
  for (const change of changes) for (const name of aspectsOf(change, scene)) dimensions.set(name, (dimensions.get(name) ?? 0) + 1);
  return {
    widened: changes.some((change) => change.direction === 'widened'),
    narrowed: changes.some((change) => change.direction === 'narrowed'),
    undecided: changes.some((change) => change.direction.startsWith('undecided')),
    skipped: changes.some((change) => !change.direction.startsWith('undecided') && !change.complete),
    dimensions,
    changes: changes.length,
  };
}
