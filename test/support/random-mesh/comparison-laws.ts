/** What holds of every comparison, whatever stands in the meshes: swapped sides mirror it, and where nothing moves it is silent. */
import { canonical } from '#lib/canonical.ts';
import { compareText } from '#lib/order.ts';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawChange, RawComparison } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';
import type { Limits } from '#sets/difference.ts';
import { cubeKey } from '#sets/keys.ts';
import { rewritten } from './edits.ts';
import type { Random } from './random.ts';
import { meshOf, type World } from './world.ts';

/** Every region is listed: a cut list could hide the one that holds a question. */
export const limits: Limits = { workPerSeed: 200_000, regionsPerSeed: 500, atomsPerDimension: 4_096 };

export interface Counterexample {
  readonly law: string;
  readonly says: string;
  readonly query?: Query;
}

/** Told of every law that does not hold. */
export type Broken = (law: string, says: string, query?: Query) => void;

export function compared(base: Mesh, head: Mesh): RawComparison {
  return compareSides({ environment: 'random', base, head, renamed: new Map() }, limits, new DifferenceMemo());
}

/** What swapping the sides must mirror. */
function mirrored(changes: readonly RawChange[], swap: boolean): readonly string[] {
  const other: Readonly<Record<string, string>> = {
    widened: 'narrowed', narrowed: 'widened', weakened: 'strengthened', strengthened: 'weakened',
    'undecided-widened': 'undecided-narrowed', 'undecided-narrowed': 'undecided-widened', 'latent-widened': 'latent-narrowed', 'latent-narrowed': 'latent-widened',
  };
  const direction = (change: RawChange): string => (swap ? (other[change.direction] ?? '') : change.direction);
  const answer = (witness: NonNullable<RawChange['witness']>): readonly unknown[] => {
    const [first, second] = swap ? [witness.head, witness.base] : [witness.base, witness.head];
    return [witness.query, first.verdict, second.verdict];
  };
  return changes
    .map((change) => canonical([change.destination.id, change.facet, direction(change), change.cubes.map(cubeKey), change.witness === undefined ? null : answer(change.witness)]))
    .sort(compareText);
}

/** Workloads that one side has are population (R28), and a selector is a destination of its own where the base declares none (R29): there the sides are not two of a kind. */
export function judgeMirror(base: Mesh, head: Mesh, changes: readonly RawChange[], broken: Broken): void {
  if (base.workloads.size !== head.workloads.size || [...base.workloads.keys()].some((id) => !head.workloads.has(id))) return;
  const forth = mirrored(changes, false);
  const back = mirrored(compared(head, base).changes, true);
  const lone = forth.find((text) => !back.includes(text)) ?? back.find((text) => !forth.includes(text));
  if (lone !== undefined) broken('swapping base and head mirrors every change', `${forth.includes(lone) ? 'only forth' : 'only back'}: ${lone}`);
}

export function judgeSilence(world: World, base: Mesh, random: Random, broken: Broken): void {
  const same = compared(base, meshOf(world.base)).changes[0];
  if (same !== undefined) broken('a mesh compared with itself has no change', `${same.direction} at ${same.destination.id}`);
  const again = compared(base, meshOf(rewritten(random, world.base))).changes[0];
  if (again !== undefined) broken('the same mesh in other words has no change', `${again.direction} at ${again.destination.id}: ${again.cubes.map(cubeKey).join(' or ')}`);
}
