/** Of requests that may differ between the sides, the one to show: for changes that are about who calls, whose question is another one on each side. */
import { compareBy } from '#lib/order.ts';
import type { Query } from '#posture/query.ts';
import { flips } from './causes.ts';
import { type PairContext, answers } from './pair-context.ts';
import type { RawChange, Way } from './raw-change.ts';
import { plainness } from './regions.ts';

/** One request, as the caller sends it on either side. */
export interface AskedOnSides {
  readonly base: Query;
  readonly head: Query;
}

export interface PlainestFlip {
  /** With the question of the head. */
  readonly best: RawChange['witness'];
  /** Some answer is not determined. */
  readonly open: boolean;
}

/** The plainest request that flips in this direction, of equals the first. */
export function plainestFlip(context: PairContext, way: Way, asked: Iterable<AskedOnSides>): PlainestFlip {
  let open = false;
  const found: NonNullable<RawChange['witness']>[] = [];
  for (const query of asked) {
    const { base } = answers(context, query.base);
    const { head, query: asked } = answers(context, query.head);
    // What was assumed of the destination belongs to the question.
    if (flips(base, head, way)) found.push({ query: asked.given === undefined ? query.head : { ...query.head, given: asked.given }, base, head });
    else if (base.verdict === 'unknown' || head.verdict === 'unknown') open = true;
  }
  return { best: found.sort(compareBy((entry) => plainness(entry.query, context.pair)))[0], open };
}
