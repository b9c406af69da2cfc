/** What workloads gain and lose by acting under another account, or by coming to present an identity or losing it. */
import { distinct } from '#lib/order.ts';
import { impossible } from '#posture/paths.ts';
import { queryOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import type { Cube, Path, Point, Predicate } from '#sets/cube.ts';
import { type DifferenceRegion, difference } from '#sets/difference.ts';
import { onBoth } from './authorities.ts';
import { leadingOf } from './headline.ts';
import { type Account, type MovedAccount, atCaller, cubesAtCaller, presentedOn } from './moved-accounts.ts';
import { type PairContext, asker, authors, undecided } from './pair-context.ts';
import { type AskedOnSides, type PlainestFlip, plainestFlip } from './plainest-flip.ts';
import type { RawChange, Way } from './raw-change.ts';
import { sampled } from './regions.ts';

/**
 * Workloads that act under another account, or under none: what they gain (lose) although the destination answers that account, or plaintext, as
 * before. What it answers otherwise is a change of its own.
 */
export function identitiesMoved(context: PairContext, accounts: readonly MovedAccount[]): RawChange[] {
  return accounts.flatMap((account) => (['up', 'down'] as const).flatMap((way) => identityMoved(context, account, way)));
}

function identityMoved(context: PairContext, account: MovedAccount, way: Way): RawChange[] {
  const { sides, base, head } = context;
  const can = (side: 'base' | 'head', name: Account, ambient: boolean): readonly Path[] => atCaller((side === 'base' ? base : head).possible, presentedOn(sides[side], name), ambient);
  const former = (side: 'base' | 'head'): readonly Path[] => can(side, account.former, account.ambient.base);
  const current = (side: 'base' | 'head'): readonly Path[] => can(side, account.current, account.ambient.head);
  const [from, to] =
    way === 'up'
      ? [former('base'), onBoth(current('head'), current('base'))]
      : [current('head'), onBoth(former('base'), former('head'))];
  // The same request on both sides: what either caller cannot send is left out.
  const ties = ([['base', account.former], ['head', account.current]] as const).flatMap(([side, name]) => cubesAtCaller([...impossible, ...base.ties, ...head.ties], presentedOn(sides[side], name), account.ambient[side]));
  const key = ['identity', way, String(account.former), String(account.current), String(account.ambient.base), String(account.ambient.head), base.key, head.key, authors(from), authors(to), (context.preferred.get('port') ?? []).map(String).join(',')].join('\n');
  const { regions, undecided: open } = context.memo.get(key, () => difference({ from, to, impossible: ties, preferred: context.preferred, limits: context.limits }));
  const principal = way === 'up' ? presentedOn(sides.head, account.current) : presentedOn(sides.base, account.former);
  const peer: Predicate = { dimension: 'peer', ...(principal === null ? { any: [], none: [{ type: 'identified' }] } : { any: [{ type: 'principal', pattern: { type: 'exact', text: principal } }], none: [] }) };
  const callers = account.callers.map((caller) => (way === 'up' ? caller.head : caller.base)).map(({ namespace, name, kind }) => `${namespace}/${name}[${kind}]`);
  const assumptions = distinct([...base.assumptions, ...head.assumptions, ...account.assumptions]);
  const whole = (seed: string, cubes: readonly Cube[], reason: string): RawChange => ({ ...undecided(context, way, `identity ${String(account.former)} ${String(account.current)} ${seed}`, cubes.map((cube) => ({ predicates: [peer, ...cube.predicates], origins: cube.origins })), reason), facet: 'identity', callers, assumptions });
  // What the search came to no end with stands beside what it found.
  const [unclear] = open;
  const left = unclear === undefined ? [] : [whole(unclear.key, open.map(({ seed }) => seed), unclear.reason)];
  const [first] = regions;
  const told = first === undefined ? 'refused elsewhere' : identityWitness(context, account, way, regions);
  if (first === undefined || told === 'refused elsewhere') return left;
  const found = whole(first.seed, regions.flatMap((region) => region.cubes), `what \`${account.callers[0]?.head.id ?? ''}\` sends there is not determined by the manifests`);
  if (told === undefined) return [found, ...left];
  return [{ ...found, direction: way === 'up' ? 'widened' : 'narrowed', complete: regions.every((region) => region.complete), seedOrigins: regions.flatMap((region) => region.seedOrigins), witness: told, reason: undefined }, ...left];
}

/** One such request of one such workload. `refused elsewhere`: another layer, or how the client connects, answers every sample alike on both sides. */
function identityWitness(context: PairContext, account: MovedAccount, way: Way, regions: readonly DifferenceRegion[]): RawChange['witness'] | 'refused elsewhere' {
  const all = sampled(regions);
  const leading = leadingOf(all, regions.every((region) => region.complete));
  const asked = (entries: typeof all): PlainestFlip => plainestFlip(context, way, entries.flatMap(({ sample }) => questions(context, account, sample)));
  const first = asked(leading);
  if (first.best !== undefined) return first.best;
  const { best, open } = asked(all.filter((entry) => !leading.includes(entry)));
  return best ?? (first.open || open ? undefined : 'refused elsewhere');
}

/** Asked by the first few of its workloads. */
function questions(context: PairContext, account: MovedAccount, sample: Point): readonly AskedOnSides[] {
  const { from, ...asked } = queryOf(asker(context), sample);
  const given = { ...asked.given, ...Object.fromEntries(account.assumptions.map((id) => [id, true])) };
  // One question for both sides: only a client in ambient asks whether it goes by a waypoint.
  const direct = from.direct === true && (account.ambient.base || account.ambient.head);
  const query = (workload: string): Query => ({ from: { workload, ...(from.ip === undefined ? {} : { ip: from.ip }), ...(direct ? { direct } : {}) }, ...asked, ...(Object.keys(given).length > 0 ? { given } : {}) });
  return account.callers.slice(0, 3).map((caller) => ({ base: query(caller.base.id), head: query(caller.head.id) }));
}
