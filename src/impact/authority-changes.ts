/** Requests that both sides leave to an external authorizer, and not to the same one. */
import { canonical } from '#lib/canonical.ts';
import { compareBy, distinct } from '#lib/order.ts';
import type { DestinationPosture } from '#posture/paths.ts';
import type { DifferenceRegion } from '#sets/difference.ts';
import { cubeKey } from '#sets/keys.ts';
import { lostAuthorities, onBoth, passing } from './authorities.ts';
import { leadingOf } from './headline.ts';
import { type PairContext, answers, solve, undecided } from './pair-context.ts';
import type { RawChange, Way } from './raw-change.ts';
import { plainness, sampled, witnessFor } from './regions.ts';

/**
 * Requests that both sides leave to an external authorizer, and not to the same one. What it answers is not computed: where an authority
 * is lost more may pass, where another one is asked less may; both are told, so that the sides can be swapped.
 */
export function authoritiesMoved(context: PairContext): RawChange[] {
  const { base, head } = context;
  if (base.asked.length === 0 || head.asked.length === 0) return [];
  return [...authoritiesLost(context, 'up', base, head), ...authoritiesLost(context, 'down', head, base)];
}

function authoritiesLost(context: PairContext, way: Way, before: DestinationPosture, after: DestinationPosture): RawChange[] {
  return lostAuthorities(before.asked, after.asked).flatMap(({ entry, still, redefined }): RawChange[] => {
    const from = [...before.sure, ...after.sure, ...passing(still)];
    const result = solve(context, `authority ${way} ${entry.provider}`, from, onBoth(after.possible, before.possible), entry.cubes);
    const regions = result.regions;
    if (regions.length === 0 && result.undecided.length === 0) return [];
    const cubes = regions.length > 0 ? regions.flatMap((region) => region.cubes) : entry.cubes;
    const stated = redefined ? [context.sides.base.config.statedBy, context.sides.head.config.statedBy].flatMap((id) => (id === undefined ? [] : [{ policy: id }])) : [];
    const policies = [...entry.cubes, ...after.asked.flatMap((other) => other.cubes)].flatMap((cube) => cube.origins);
    const because = redefined ? `the definition of \`${entry.provider}\` in the mesh configuration changed` : `\`${entry.provider}\` is ${way === 'up' ? 'no longer' : 'newly'} asked`;
    return [
      {
        ...undecided(context, way, `authority ${entry.provider} ${distinct(entry.cubes.map(cubeKey)).join(' ')}`, cubes, because),
        facet: 'external-authorization',
        complete: result.undecided.length === 0 && regions.every((region) => region.complete),
        seedOrigins: [...new Map([...policies, ...stated].map((origin) => [canonical(origin), origin])).values()],
        witness: askedWitness(context, way, regions),
      },
    ];
  });
}

/** A request that both sides leave to an authorizer: of those that the sentence begins with, where one is. */
function askedWitness(context: PairContext, way: Way, regions: readonly DifferenceRegion[]): RawChange['witness'] {
  const all = sampled(regions);
  const leading = leadingOf(all, regions.every((region) => region.complete));
  return plainestAsked(context, way, leading) ?? plainestAsked(context, way, all);
}

function plainestAsked(context: PairContext, way: Way, entries: ReturnType<typeof sampled>): RawChange['witness'] {
  const found = entries.flatMap(({ cube, sample }) => {
    const witness = witnessFor(context, way, cube, sample, (query) => {
      const answered = answers(context, query);
      return answered.base.verdict === 'asks' && answered.head.verdict === 'asks' ? answered : undefined;
    });
    return witness === undefined ? [] : [witness];
  });
  return found.sort(compareBy((entry) => plainness(entry.query, context.pair)))[0];
}
