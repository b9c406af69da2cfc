/** Latent changes: one layer opens or closes, another stops the request before and after. */
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { distinct } from '#lib/order.ts';
import { passesBehindWaypoint } from '#posture/answer.ts';
import { withoutNetwork } from '#posture/network-layer.ts';
import { isNetworked } from '#posture/network-paths.ts';
import type { Query } from '#posture/query.ts';
import type { Cube } from '#sets/cube.ts';
import type { DifferenceRegion } from '#sets/difference.ts';
import { flips } from './causes.ts';
import { leadingOf } from './headline.ts';
import { type PairContext, answers, askedOn, sideFacts, solve, undecided } from './pair-context.ts';
import type { RawChange, Way } from './raw-change.ts';
import { isStranger, sampled, witnessFor } from './regions.ts';
import { unreconciled } from './witness-request.ts';

/**
 * One of the two layers, network and proxies, opens (closes) and the other stops the request before and after. What also moves an answer
 * is told by that change alone.
 */
export function latentMoved(context: PairContext, told: readonly RawChange[], moved: Readonly<Record<'network' | 'behind', boolean>>): RawChange[] {
  const { base, head } = context;
  if (!isNetworked(base) || !isNetworked(head)) return [];
  return (['up', 'down'] as const).flatMap((way) => {
    const [low, high] = way === 'up' ? [base, head] : [head, base];
    const loud = new Set(told.filter((change) => change.direction === (way === 'up' ? 'widened' : 'narrowed')).flatMap((change) => change.seedOrigins.map((origin) => origin.policy)));
    return (['network', 'behind'] as const).filter((layer) => moved[layer]).flatMap((layer) => {
      const stopped = solve(context, `latent ${layer} ${way}`, [...low[layer], ...high.possible], high[layer]);
      const found = stopped.regions.filter((region) => !region.seedOrigins.some((origin) => loud.has(origin.policy)));
      return [
        ...[...groupBy(found, (region) => distinct(region.seedOrigins.map((origin) => origin.policy)).join(' ')).values()].flatMap((regions) => latentChange(context, way, regions, (query) => confirmLatent(context, way, layer, query))),
        ...stopped.undecided.filter(({ seed }) => !seed.origins.some((origin) => loud.has(origin.policy))).map(({ seed, key, reason }) => undecided(context, way, key, [seed], reason)),
      ];
    });
  });
}

/** @param confirmed both answers where the request is one of those: refused on both sides, and on the side that opens by another layer alone */
export function latentChange(context: PairContext, way: Way, regions: readonly DifferenceRegion[], confirmed: (query: Query) => RawChange['witness']): RawChange[] {
  const [first] = regions;
  const complete = regions.every((region) => region.complete);
  const all = sampled(regions);
  const leading = [...leadingOf(all, complete)];
  if (first === undefined || leading.length === 0) return [];
  let witness: RawChange['witness'];
  const open: { readonly cube: Cube; readonly why: string }[] = [];
  for (const { cube, sample } of [...leading, ...all.filter((each) => !leading.includes(each))]) {
    const found = witnessFor(context, way, cube, sample, confirmed);
    const why = found === undefined ? (unreconciled(cube, sample) ?? context.gateway?.unsaid(cube)) : undefined;
    if (why !== undefined) {
      open.push({ cube, why });
      continue;
    }
    if (found === undefined) {
      context.internalErrors.push(`the latent witness for \`${context.pair.destination.id}\` did not reproduce (seed ${shortHash(first.seed)})`);
      return [];
    }
    // A certificate that no proxy here takes opens nothing, whatever the network does.
    if (isStranger(context, found.query)) continue;
    witness = found;
    break;
  }
  if (witness === undefined) return open.slice(0, 1).map(({ cube, why }) => undecided(context, way, first.seed, [cube], why));
  return [
    {
      environment: context.sides.environment,
      destination: context.pair.destination,
      direction: way === 'up' ? 'latent-widened' : 'latent-narrowed',
      facet: 'access',
      cubes: regions.flatMap((region) => region.cubes),
      complete,
      seed: distinct(regions.map((region) => region.seed))[0] ?? '',
      seedOrigins: [...new Map(regions.flatMap((region) => region.seedOrigins).map((origin) => [canonical(origin), origin])).values()],
      witness,
      reason: undefined,
      ...sideFacts(context, way),
    },
  ];
}

/** Refused on both sides, and by the other layer alone on the side that opens. */
function confirmLatent(context: PairContext, way: Way, layer: 'network' | 'behind', query: Query): RawChange['witness'] {
  const answered = answers(context, query);
  const [before, after] = way === 'up' ? [answered.base, answered.head] : [answered.head, answered.base];
  if (before.verdict !== 'deny' || after.verdict !== 'deny') return undefined;
  const { sides } = context;
  if (layer === 'network') {
    // M142: what the waypoint itself refuses never meets the network behind it.
    const closedBehind = (side: 'base' | 'head'): boolean => passesBehindWaypoint(sides[side], askedOn(context, side, query)) === false;
    const [refusing, passing] = way === 'up' ? (['base', 'head'] as const) : (['head', 'base'] as const);
    const closed = before.layer === 'network-policy' || closedBehind(refusing);
    return closed && after.layer !== 'network-policy' && !closedBehind(passing) ? answered : undefined;
  }
  const alone = answers({ ...context, sides: { ...sides, base: withoutNetwork(sides.base), head: withoutNetwork(sides.head) } }, query);
  return after.layer === 'network-policy' && flips(alone.base, alone.head, way) ? answered : undefined;
}
