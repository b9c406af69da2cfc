/** What a gateway opens or closes and the pods behind it refuse before and after: a latent change. */
import { groupBy } from '#lib/group.ts';
import { distinct } from '#lib/order.ts';
import { decideFront } from '#posture/answer.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Path } from '#sets/cube.ts';
import { flips } from './causes.ts';
import type { Facet } from './change.ts';
import { facetOf } from './facet.ts';
import { latentChange } from './latent.ts';
import { answers, solve, type PairContext } from './pair-context.ts';
import type { RawChange, Way } from './raw-change.ts';
import { facetAt } from './regions.ts';

/** @param told what also comes through is told by that change alone */
export function stoppedBehindGateway(context: PairContext, told: readonly RawChange[]): RawChange[] {
  const { gateway, base, head } = context;
  if (gateway === undefined || gateway.front.base.key === gateway.front.head.key) return [];
  return (['up', 'down'] as const).flatMap((way) => {
    const [low, high] = way === 'up' ? [gateway.front.base, gateway.front.head] : [gateway.front.head, gateway.front.base];
    const whole = way === 'up' ? head : base;
    if (whole.possible === high.possible && whole.sure === high.sure) return [];
    const loud = new Set(told.filter((change) => change.direction.endsWith(way === 'up' ? 'widened' : 'narrowed')).flatMap((change) => change.seedOrigins.map((origin) => origin.policy)));
    const stopped = [
      ...solve(context, `latent gateway ${way}`, beside(low.possible, whole.possible), high.possible).regions,
      // Nobody is asked about them any more.
      ...(low.sure === low.possible ? [] : solve(context, `latent gateway sure ${way}`, beside(low.sure, whole.possible), high.sure).regions),
    ];
    const found = stopped.filter((region) => !region.seedOrigins.some((origin) => loud.has(origin.policy)));
    const groups = [...groupBy(found, (region) => distinct(region.seedOrigins.map((origin) => origin.policy)).join(' ')).values()];
    return groups.flatMap((regions) => latentChange(context, way, regions, (query) => confirmStopped(context, way, query)).map((change) => inWords(context, way, change)));
  });
}

/** Behind the gateway nothing begins: what opens is told by what differs at the gateway, where nobody came before by all of it. */
function beside(low: readonly Path[], whole: readonly Path[]): readonly Path[] {
  return [{ id: '', layers: [{ id: 'routing', allow: [], deny: [] }] }, ...low, ...whole.map(({ id, layers }) => ({ id: `${id} and behind`, layers }))];
}

/** The gateway alone answers it higher, and behind it the request is refused. */
function confirmStopped(context: PairContext, way: Way, query: Query): RawChange['witness'] {
  const answered = answers(context, query);
  const alone = fronts(context, answered.query);
  return answered.base.verdict === 'deny' && answered.head.verdict === 'deny' && flips(alone.base, alone.head, way) ? answered : undefined;
}

function fronts({ sides }: PairContext, query: Query): Readonly<Record<'base' | 'head', Decision>> {
  return { base: decideFront(sides.base, query), head: decideFront(sides.head, query) };
}

function inWords(context: PairContext, way: Way, change: RawChange): RawChange {
  const { witness } = change;
  if (witness === undefined) return change;
  const alone = fronts(context, witness.query);
  const [refusing, passing] = way === 'up' ? [alone.base, alone.head] : [alone.head, alone.base];
  const stopping = way === 'up' ? witness.head : witness.base;
  const at = stopping.verdict === 'unknown' ? undefined : stopping.hops?.at(-1)?.at;
  const facet: Facet = facetAt(context, refusing, facetOf(refusing, passing, () => false));
  return { ...change, facet, reason: at === undefined ? 'the pods behind the gateway refuse it' : `\`${at}\` behind the gateway refuses it` };
}
