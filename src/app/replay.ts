/**
 * Every request that a report prints as a proof gives its printed answers on both sides: what answers otherwise is our bug. It is asked
 * once more, as it is printed, wherever that is not the very question that was answered when the change was found.
 */
import { isAnswered } from '#impact/answered.ts';
import { weakest } from '#impact/compare.ts';
import { answerOn } from '#impact/pair-context.ts';
import type { Change, WitnessAnswer } from '#impact/change.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';

interface Sides {
  readonly id: string;
  readonly base: Mesh;
  readonly head: Mesh;
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * @param taken environments in which a change is surely as in another one of its environments
 * @returns one sentence for each witness that does not give its printed answers in some environment of its change
 */
export function unreplayed(changes: readonly Change[], environments: readonly Sides[], taken: (change: Change) => readonly string[] = () => []): readonly string[] {
  const byId = new Map(environments.map((sides) => [sides.id, sides]));
  return changes.flatMap((change): readonly string[] => {
    const { witness } = change;
    if (witness === undefined) return [];
    const { base, head, ...query } = witness;
    const settled = taken(change);
    const failing = change.environments.find((id) => {
      if (settled.includes(id)) return false;
      const sides = byId.get(id);
      return sides === undefined || (!(sides.renamed.size === 0 && isAnswered(witness, sides)) && !judgements(change, sides).some((each) => gives(each, 'base', query, base) && gives(each, 'head', query, head)));
    });
    return failing === undefined ? [] : [`the witness of change ${change.id} does not give its printed answers in \`${failing}\``];
  });
}

/** M15a: a tie that the head settles is judged by the strictest and, under the assumption of the tie, by the weakest, too. */
function judgements(change: Change, sides: Sides): readonly Sides[] {
  return change.assumptions.some((id) => id.startsWith('tie:')) ? [sides, { ...sides, base: weakest(sides.base) }] : [sides];
}

function gives(sides: Sides, side: 'base' | 'head', query: Query, printed: WitnessAnswer): boolean {
  const [mesh, other] = side === 'base' ? [sides.base, sides.head] : [sides.head, sides.base];
  const { from, to } = query;
  const asked: Query = {
    ...query,
    from: from.workload === undefined ? from : { ...from, workload: nameOn(sides, side, from.workload) },
    to: to.workload === undefined ? to : { ...to, workload: nameOn(sides, side, to.workload) },
  };
  return answerOn(mesh, asked.to.workload ?? '', asked, other).verdict === printed.verdict;
}

/** R12: a renamed workload has one name on each side. */
function nameOn({ base, head, renamed }: Sides, side: 'base' | 'head', id: string): string {
  if ((side === 'base' ? base : head).workloads.has(id)) return id;
  const former = renamed.get(id);
  if (side === 'base') return former ?? id;
  return [...renamed].find(([, old]) => old === id)?.[0] ?? id;
}
