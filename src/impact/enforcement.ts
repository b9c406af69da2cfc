/** Changes without a verdict that moved: a proxy that came or went, an opaque part that differs. */
import { distinct } from '#lib/order.ts';
import type { DestinationPosture } from '#posture/paths.ts';
import { queryOf } from '#posture/point.ts';
import { type PairContext, answers, asker, asking, sideFacts, solve, undecided } from './pair-context.ts';
import type { RawChange, Way } from './raw-change.ts';

/** The proxy came or went although no verdict moved: the channel is weaker or stronger (`docs/report.md`). */
export function enforcementMoved(context: PairContext): RawChange[] {
  const { base, head } = context;
  if (base.enforcedAt === head.enforcedAt || (base.enforcedAt !== 'none' && head.enforcedAt !== 'none')) return [];
  const way: Way = head.enforcedAt === 'none' ? 'up' : 'down';
  const sample = solve(context, 'some', [], head.enforcedAt === 'none' ? base.possible : head.possible).regions[0]?.samples[0];
  if (sample === undefined) return [];
  return [
    {
      environment: context.sides.environment,
      destination: context.pair.destination,
      direction: way === 'up' ? 'weakened' : 'strengthened',
      facet: 'enrolment',
      cubes: [{ predicates: [], origins: [] }],
      complete: true,
      seed: 'enforcement',
      seedOrigins: [],
      witness: answers(context, queryOf(asker(context), sample, asking(context))),
      reason: undefined,
      ...sideFacts(context, way),
    },
  ];
}

/**
 * An opaque part (EnvoyFilter, WasmPlugin) that differs: what it touches is undecided in both directions. What stays as it is stands for
 * itself; of the rest, parts of equal content are one, whatever their names.
 */
export function opaqueMoved(context: PairContext): RawChange[] {
  const [base, head] = [without(context.base.opaque, context.head.opaque), without(context.head.opaque, context.base.opaque)];
  const moved = distinct([...unmatched(base, head), ...unmatched(head, base)].map((entry) => entry.resource));
  return moved.flatMap((resource) =>
    (['up', 'down'] as const).map((way) => undecided(context, way, `opaque ${resource}`, [{ predicates: [], origins: [{ policy: resource }] }], `\`${resource}\` changed, and what it does to requests is not computed`)),
  );
}

type Opaque = DestinationPosture['opaque'];

function without(entries: Opaque, others: Opaque): Opaque {
  return entries.filter((entry) => !others.some((other) => other.resource === entry.resource && other.key === entry.key));
}

/** Entries of one side that no entry of the other side equals in content; each of those stands for one. */
function unmatched(entries: Opaque, others: Opaque): Opaque {
  const left = new Map<string, number>();
  for (const { key } of others) left.set(key, (left.get(key) ?? 0) + 1);
  return entries.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}
