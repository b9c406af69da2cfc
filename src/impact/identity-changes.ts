/** What workloads gain and lose by acting under another account, or by coming to present an identity or losing it. */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import { hostOf } from '#mesh/hosts.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { isHeadless, servicesOf, workloadsBehind } from '#mesh/services.ts';
import { impossible } from '#posture/paths.ts';
import { queryOf } from '#posture/point.ts';
import { portPredicates } from '#posture/port-set.ts';
import type { Query } from '#posture/query.ts';
import { podAddress } from '#posture/waypoint-paths.ts';
import type { Cube, Path, Point, Predicate } from '#sets/cube.ts';
import { type Difference, type DifferenceRegion, difference } from '#sets/difference.ts';
import { cubeKey } from '#sets/keys.ts';
import { alsoThrough, onBoth } from './authorities.ts';
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

/** What calls from ambient addresses something; of the other side's caller nothing is said by it. */
const addressesNothing: Cube = { predicates: [{ dimension: 'address', any: [], none: [{ type: 'present' }] }], origins: [] };

function identityMoved(context: PairContext, account: MovedAccount, way: Way): RawChange[] {
  const { sides, base, head } = context;
  const ports = account.ports === undefined ? [] : portPredicates(account.ports);
  const differences = [moving(context, account, way, ports, 'possible'), ...(base.sure === base.possible && head.sure === head.possible ? [] : [moving(context, account, way, ports, 'sure')])];
  const regions = differences.flatMap((found) => found.regions);
  const principal = way === 'up' ? presentedOn(sides.head, account.current) : presentedOn(sides.base, account.former);
  const peer: Predicate = { dimension: 'peer', ...(principal === null ? { any: [], none: [{ type: 'identified' }] } : { any: [{ type: 'principal', pattern: { type: 'exact', text: principal } }], none: [] }) };
  const callers = account.callers.map((caller) => (way === 'up' ? caller.head : caller.base)).map(({ namespace, name, kind }) => `${namespace}/${name}[${kind}]`);
  const assumptions = distinct([...base.assumptions, ...head.assumptions, ...account.assumptions]);
  const whole = (key: string, cubes: readonly Cube[], reason: string): RawChange => {
    const seed = `identity ${String(account.former)} ${String(account.current)} ${ports.length === 0 ? '' : `${canonical(ports)} `}${key}`;
    const moved = cubes.map((cube): Cube => ({ predicates: [peer, ...ports, ...cube.predicates], origins: cube.origins }));
    return { ...undecided(context, way, seed, ports.length === 0 ? moved : [...new Map(moved.map((cube) => [cubeKey(cube), cube])).values()], reason), facet: 'identity', callers, assumptions };
  };
  // What the search came to no end with stands beside what it found.
  const open = differences.flatMap((found) => found.undecided);
  const [unclear] = open;
  const left = unclear === undefined ? [] : [whole(unclear.key, open.map(({ seed }) => seed), unclear.reason)];
  const [first] = regions;
  const told = first === undefined ? 'refused elsewhere' : identityWitness(context, account, way, regions);
  if (first === undefined || told === 'refused elsewhere') return left;
  const found = whole(first.seed, regions.flatMap((region) => region.cubes), `what \`${account.callers[0]?.head.id ?? ''}\` sends there is not determined by the manifests`);
  if (told === undefined) return [found, ...left];
  return [{ ...found, direction: way === 'up' ? 'widened' : 'narrowed', complete: regions.every((region) => region.complete), seedOrigins: regions.flatMap((region) => region.seedOrigins), witness: told, reason: undefined }, ...left];
}

/** @param level `sure`: what passes without an external authorizer's consent; there a request that is asked about on one side alone differs */
function moving(context: PairContext, account: MovedAccount, way: Way, ports: readonly Predicate[], level: 'possible' | 'sure'): Difference {
  const { sides, base, head } = context;
  const can = (side: 'base' | 'head', name: Account, ambient: boolean, paths: 'possible' | 'sure'): readonly Path[] => atCaller((side === 'base' ? base : head)[paths], presentedOn(sides[side], name), ambient);
  const former = (side: 'base' | 'head', paths = level): readonly Path[] => can(side, account.former, account.ambient.base, paths);
  const current = (side: 'base' | 'head', paths = level): readonly Path[] => can(side, account.current, account.ambient.head, paths);
  const [from, passed] =
    way === 'up'
      ? [former('base'), onBoth(current('head'), current('base'))]
      : [current('head'), onBoth(former('base'), former('head'))];
  const to = level === 'possible' ? passed : passed.map((path) => alsoThrough(path, way === 'up' ? former('base', 'possible') : current('head', 'possible')));
  // The same request on both sides: what either caller cannot send is left out.
  const ties = ([['base', account.former], ['head', account.current]] as const).flatMap(([side, name]) => cubesAtCaller([...impossible, ...base.ties, ...head.ties], presentedOn(sides[side], name), account.ambient[side]));
  if (account.ambient.base || account.ambient.head) ties.push(addressesNothing);
  const preferred = new Map([...context.preferred, ['address', [podAddress]] as const]);
  const key = ['identity', way, level, String(account.former), String(account.current), String(account.ambient.base), String(account.ambient.head), base.key, head.key, authors(from), authors(to), (preferred.get('port') ?? []).map(String).join(','), ports.map(canonical).join(' ')].join('\n');
  return context.memo.get(key, () => difference({ from, to, impossible: ties, ...(ports.length === 0 ? {} : { within: [{ predicates: ports, origins: [] }] }), preferred, limits: context.limits }));
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

/** Asked by the first few of its workloads, and by the names of Services where a sidecar makes tunnels to them alone (M51). */
function questions(context: PairContext, account: MovedAccount, sample: Point): readonly AskedOnSides[] {
  const { from, ...asked } = queryOf(asker(context), sample);
  const given = { ...asked.given, ...Object.fromEntries(account.assumptions.map((id) => [id, true])) };
  // One question for both sides: only a client in ambient asks whether it goes by a waypoint.
  const direct = from.direct === true && (account.ambient.base || account.ambient.head);
  const query = (workload: string, to: Query['to']): Query => ({ from: { workload, ...(from.ip === undefined ? {} : { ip: from.ip }), ...(direct ? { direct } : {}) }, ...asked, to, ...(Object.keys(given).length > 0 ? { given } : {}) });
  const callers = account.callers.slice(0, 3);
  const ways: readonly Query['to'][] = [asked.to, ...namesFor(context, account, asked.to)];
  return ways.flatMap((to) => callers.map((caller) => ({ base: query(caller.base.id, to), head: query(caller.head.id, to) })));
}

/** Of Services that lead to no other workload. */
function namesFor({ sides, pair }: PairContext, { ambient }: MovedAccount, { workload, port }: Query['to']): readonly Query['to'][] {
  if (workload === undefined || (ambient.base && ambient.head) || ![pair.base, pair.head].some(isAmbient)) return [];
  return servicesOf(sides.head, pair.head).flatMap((service): Query['to'][] => {
    if (service.kind !== 'Service' || isHeadless(service) || workloadsBehind(sides.head, service).length > 1) return [];
    return service.spec.ports.filter((entry) => targetPortOf(podSpecOf(pair.head), entry) === port).map((entry) => ({ host: hostOf(service), port: entry.port }));
  });
}
