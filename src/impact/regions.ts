/** What the engine found, confirmed request by request: regions become changes. */
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareBy, distinct } from '#lib/order.ts';
import type { Mesh } from '#mesh/model.ts';
import { isNetworked } from '#posture/network-paths.ts';
import { pointOf as pointAsked, queryOf } from '#posture/point.ts';
import type { Decision, Query } from '#posture/query.ts';
import { trustDomainsOf } from '#semantics/values.ts';
import type { Cube, Point } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Difference, DifferenceRegion } from '#sets/difference.ts';
import type { Facet } from './change.ts';
import { facetOf } from './facet.ts';
import { leadingOf } from './headline.ts';
import { knownCallers } from './known-callers.ts';
import { type PairContext, askedOn, asker, asking, confirm, sideFacts, undecided } from './pair-context.ts';
import type { Pair, RawChange, Way } from './raw-change.ts';
import { someTokenPasses } from './token.ts';
import { askedOf, firstOf, hangTogether, interpreted, leastAssuming, placed, plainlySigned, spelled, unreconciled } from './witness-request.ts';

export type Found = { readonly region: DifferenceRegion } | { readonly undecided: Difference['undecided'][number] };

interface Confirmed {
  readonly facet: Facet;
  readonly cube: Cube;
  readonly region: DifferenceRegion;
  readonly witness: NonNullable<RawChange['witness']>;
}

/** Why a region is no proved change although nothing explains it: our bug. */
const unconfirmed = 'the sample request was not confirmed on both sides';

export function changesIn(context: PairContext, way: Way, found: readonly Found[]): RawChange[] {
  const confirmed: Confirmed[] = [];
  const changes: RawChange[] = [];
  for (const entry of found) {
    if ('undecided' in entry) {
      changes.push(undecided(context, way, entry.undecided.key, [entry.undecided.seed], entry.undecided.reason));
      continue;
    }
    const open = new Map<string, Cube[]>();
    for (const [index, cube] of entry.region.cubes.entries()) {
      const sample = entry.region.samples[index];
      const witness = sample === undefined ? undefined : witnessFor(context, way, cube, sample, (query) => confirm(context, way, query));
      if (witness === undefined) {
        const tied = unreconciled(cube, sample) ?? context.gateway?.unsaid(cube);
        const reason = tied ?? unconfirmed;
        open.set(reason, [...(open.get(reason) ?? []), cube]);
        continue;
      }
      const [refusing, passing] = way === 'up' ? [witness.base, witness.head] : [witness.head, witness.base];
      const refusingPosture = way === 'up' ? context.base : context.head;
      confirmed.push({ cube, region: entry.region, witness, facet: facetAt(context, refusing, facetOf(refusing, passing, () => someTokenPasses(refusingPosture, sample ?? new Map(), context.limits))) });
    }
    if (open.has(unconfirmed)) context.internalErrors.push(`the witness for \`${context.pair.destination.id}\` did not reproduce (seed ${shortHash(entry.region.seed)})`);
    for (const [reason, cubes] of open) changes.push(undecided(context, way, entry.region.seed, cubes, reason));
  }
  const groups = [...groupBy(confirmed, (entry) => `${entry.facet} ${entry.region.layer} ${distinct(entry.region.seedOrigins.map((origin) => origin.policy)).join(' ')}`).values()];
  for (const each of withStrangers(context, withOtherBytes(way, groups))) {
    const group = context.gateway === undefined ? each : [...each].sort(compareBy(({ cube }) => (isTold(cube) ? 0 : 1)));
    const complete = group.every((entry) => entry.region.complete);
    const first = [...leadingOf(group, complete)].sort(compareBy((entry) => (isStranger(context, entry.witness.query) ? 1 : 0), (entry) => plainness(entry.witness.query, context.pair)))[0];
    if (first === undefined) continue;
    changes.push({
      environment: context.sides.environment,
      destination: context.pair.destination,
      direction: way === 'up' ? 'widened' : 'narrowed',
      facet: first.facet,
      cubes: group.map((entry) => entry.cube),
      complete,
      seed: distinct(group.map((entry) => entry.region.seed))[0] ?? '',
      seedOrigins: [...new Map(group.flatMap((entry) => entry.region.seedOrigins).map((origin) => [canonical(origin), origin])).values()],
      witness: first.witness,
      reason: undefined,
      ...sideFacts(context, way),
    });
  }
  return changes;
}

/** In words, without a condition that is asked of one request at a time. */
function isTold({ predicates }: Cube): boolean {
  return !predicates.some(({ dimension }) => dimension.startsWith('opaque:'));
}

/** At a gateway, what its servers ask of connections is the way in. */
export function facetAt({ gateway }: PairContext, refusing: Decision, facet: Facet): Facet {
  return gateway !== undefined && (facet === 'mtls' || (refusing.verdict !== 'unknown' && refusing.layer === 'protocol')) ? 'ingress' : facet;
}

/** The cubes of regions, each with its sample. */
export function sampled(regions: readonly DifferenceRegion[]): readonly { readonly cube: Cube; readonly sample: Point }[] {
  return regions.flatMap((region) => region.cubes.flatMap((cube, index) => {
    const sample = region.samples[index];
    return sample === undefined ? [] : [{ cube, sample }];
  }));
}

/**
 * Certificates of a foreign trust domain, which neither side takes: who has one may as well come without any. Where callers without an
 * identity gain or lose the same, that is the news.
 */
function withStrangers(context: PairContext, groups: readonly (readonly Confirmed[])[]): readonly (readonly Confirmed[])[] {
  const isStrange = (group: readonly Confirmed[]): boolean => group.every((entry) => isStranger(context, entry.witness.query));
  const strange = groups.filter(isStrange);
  const usual = groups.filter((group) => !isStrange(group));
  const host = usual.find((group) => group.some((entry) => entry.witness.query.from.principal === null));
  return strange.length === 0 || host === undefined ? groups : usual.map((group) => (group === host ? [...group, ...strange.flat()] : group));
}

/**
 * Bytes that a port declared as HTTP refuses: where another proxy or none stands there now, that is the news, and they are part of it.
 */
function withOtherBytes(way: Way, groups: readonly (readonly Confirmed[])[]): readonly (readonly Confirmed[])[] {
  const refusing = ({ witness }: Confirmed): Decision => (way === 'up' ? witness.base : witness.head);
  const passing = ({ witness }: Confirmed): Decision => (way === 'up' ? witness.head : witness.base);
  const move = (entry: Confirmed): string | undefined => {
    const [before, after] = [pointOf(refusing(entry)), pointOf(passing(entry))];
    return before === after ? undefined : `${before} ${after}`;
  };
  const isBytes = (entry: Confirmed): boolean => {
    const answer = refusing(entry);
    return answer.verdict !== 'unknown' && answer.layer === 'protocol';
  };
  let usual: readonly (readonly Confirmed[])[] = groups.filter((group) => !group.every(isBytes));
  const left: (readonly Confirmed[])[] = [];
  for (const group of groups.filter((each) => each.every(isBytes))) {
    const how = group[0] === undefined ? undefined : move(group[0]);
    const host = how === undefined ? undefined : usual.find((each) => each.some((entry) => move(entry) === how));
    if (host === undefined) left.push(group);
    else usual = usual.map((each) => (each === host ? [...each, ...group] : each));
  }
  return [...usual, ...left];
}

function pointOf(decision: Decision): string {
  return decision.verdict === 'unknown' ? '' : decision.enforcedAt;
}

export function isStranger({ sides }: PairContext, query: Query): boolean {
  const { principal } = query.from;
  if (typeof principal !== 'string') return false;
  const domain = principal.slice(0, Math.max(0, principal.indexOf('/')));
  return [sides.base, sides.head].every(({ config }) => ![...trustDomainsOf(config), ...config.extraTrustDomains].includes(domain));
}

const plainestProtocols: readonly Query['request']['protocol'][] = ['http', 'tcp', 'https', 'tls', 'udp', 'sctp'];

/** The less there is to explain about a request, the better it proves: HTTP to a declared port, no token, no headers. */
export function plainness({ to, request, given }: Query, pair: Pair): number {
  const protocol = plainestProtocols.indexOf(request.protocol);
  const declared = [...pair.base.ports, ...pair.head.ports].some((port) => port.port === to.port && port.protocol !== 'udp') ? 0 : 1;
  const token = request.token === undefined ? 0 : request.token.valid ? 1 : 2;
  return protocol * 1000 + declared * 100 + token * 20 + Object.keys(request.headers ?? {}).length + Object.keys(given ?? {}).length + (request.sni === undefined ? 0 : 1);
}

/** The side that lets the request pass, then the other: the same two in the same order when the sides are swapped. */
export function passingFirst({ base, head }: { readonly base: Mesh; readonly head: Mesh }, way: Way): readonly Mesh[] {
  return way === 'up' ? [head, base] : [base, head];
}

/** A declared workload as the caller where one lies in the cube, else the sample as it is. */
export function witnessFor(context: PairContext, way: Way, cube: Cube, sample: Point, confirmed: (query: Query) => RawChange['witness']): RawChange['witness'] {
  const { gateway } = context;
  if (gateway !== undefined) return firstOf(spelled(cube, sample), (point) => firstOf(gateway.questions(way, cube, point), confirmed));
  const signed = plainlySigned(cube, sample);
  const within = hangTogether(cube) ? (query: Query) => { const witness = confirmed(query); return witness !== undefined && liesIn(context, way, cube, query) ? witness : undefined; } : confirmed;
  return firstOf(signed === sample ? [sample] : [signed, sample], (point) => witnessAt(context, way, cube, point, within));
}

/** A request may flip for another reason than the cube's. */
function liesIn(context: PairContext, way: Way, cube: Cube, query: Query): boolean {
  const { sides, pair, base, head } = context;
  const onBase = askedOn(context, 'base', query);
  const points = [pointAsked(sides.base, pair.base, onBase, base), pointAsked(sides.head, pair.head, query, head)];
  const [refusing, passing] = way === 'up' ? points : points.reverse();
  // A port of the sidecar's own: the network alone looks at it.
  if (passing === undefined) return true;
  // Bytes that only one side reads as a token.
  const point = passing.get('token') === null && refusing?.get('token') != null ? new Map(passing).set('token', refusing.get('token') ?? null) : passing;
  return pointIn(askedOf(interpreted(cube), point), point);
}

function witnessAt(context: PairContext, way: Way, cube: Cube, sample: Point, confirmed: (query: Query) => RawChange['witness']): RawChange['witness'] {
  const pods = isNetworked(context.head);
  if (pods) {
    for (const point of knownCallers(passingFirst(context.sides, way), cube, sample, context.base.enforcedAt !== 'none' || context.head.enforcedAt !== 'none')) {
      const witness = firstOf(placed(queryOf(asker(context), point, asking(context))), confirmed);
      if (witness !== undefined) return witness;
    }
  }
  return firstOf(spelled(cube, sample), (point) => firstOf(leastAssuming(queryOf(asker(context), point, asking(context))).flatMap(placed), confirmed));
}
