/**
 * A recorded change, judged: both answers are right, every verdict that moves lies in a reported change of that direction at that
 * destination, and an edit of the text alone yields no change at all.
 */
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawChange } from '#impact/raw-change.ts';
import { hasNetworkPolicies } from '#posture/network-paths.ts';
import type { Query } from '#posture/query.ts';
import type { Mesh } from '#mesh/model.ts';
import { namespaceOfId } from '#mesh/workload-id.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Limits } from '#sets/difference.ts';
import { askedWorkloads, pointsAt } from './change-of.ts';

/** Every region is listed: a cut list could hide the one that explains a query. */
const limits: Limits = { workPerSeed: 200_000, regionsPerSeed: 500, atomsPerDimension: 4_096 };

const rank: Readonly<Record<string, number>> = { deny: 0, asks: 1, allow: 2 };

export interface JudgedChange {
  readonly changes: readonly RawChange[];
  readonly internalErrors: readonly string[];
  /** Why a question's flip is not explained; undefined: it is, or nothing moved. */
  readonly unexplained: (query: Query, before: string, after: string) => string | undefined;
}

export function compareRecorded(base: Mesh, head: Mesh): JudgedChange {
  const { changes, internalErrors } = compareSides({ environment: 'recorded', base, head, renamed: new Map() }, limits, new DifferenceMemo());
  return {
    changes,
    internalErrors,
    unexplained: (query, before, after) => {
      const from = rank[before];
      const to = rank[after];
      if (from === undefined || to === undefined || from === to) return undefined;
      const direction = to > from ? 'widened' : 'narrowed';
      const asked = new Set([base, head].flatMap((mesh) => askedWorkloads(mesh, query)).map(({ id }) => id));
      // What could not be proved is reported too, and holds all that its seed holds.
      const holding = changes.filter((change) => (change.direction === direction || change.direction === `undecided-${direction}`) && concerns(change, asked) && holds(change, base, head, query));
      return holding.length > 0 ? undefined : `no reported change with direction ${direction} holds this request`;
    },
  };
}

function concerns({ destination }: RawChange, asked: ReadonlySet<string>): boolean {
  return destination.id === '*/*' || [...asked].some((id) => destination.id === id || destination.id === `${namespaceOfId(id)}/*`);
}

function holds(change: RawChange, base: Mesh, head: Mesh, query: Query): boolean {
  const [passing, refusing] = change.passingSide === 'head' ? [head, base] : [base, head];
  const policed = hasNetworkPolicies(base) || hasNetworkPolicies(head);
  const others = pointsAt(refusing, query, policed);
  return pointsAt(passing, query, policed).some((point, at) => {
    // Each side has opaque conditions of its own; all else is the same request.
    const other = others[at];
    const both = new Map([...[...(other ?? [])].filter(([dimension]) => dimension.startsWith('opaque:')), ...point]);
    // Bytes that only one side reads as a token are one on both.
    if (both.get('token') === null) both.set('token', other?.get('token') ?? null);
    return change.cubes.some((cube) => pointIn(cube, both));
  });
}

/** What an edit that changes only the text must not bring; a phantom may move where only an unrelated policy came. */
export function noiseBroken(judged: JudgedChange, edit: string): string | undefined {
  const loud = judged.changes.find((change) => !edit.split('+').includes('unrelated-policy') || change.destination.known);
  return loud === undefined ? judged.internalErrors[0] : `an edit of the text alone yields \`${loud.direction}\` at \`${loud.destination.id}\``;
}

