/**
 * What NetworkPolicies newly let pods send to addresses outside the cluster, or no longer. What the callers' own proxies make of it is no
 * part of this: a pod can go around its own proxy (M74).
 */
import { shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { distinct } from '#lib/order.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import { queryOutside } from '#posture/point.ts';
import { impossibleOutbound } from '#posture/network-paths.ts';
import type { Query } from '#posture/query.ts';
import { outboundPosture } from '#semantics/network-lowering.ts';
import { placed } from './witness-request.ts';
import type { Cube } from '#sets/cube.ts';
import { difference, type Difference, type Limits } from '#sets/difference.ts';
import { parseIp } from '#sets/ip.ts';
import { flips } from './causes.ts';
import type { Destination } from './change.ts';
import type { RawChange, Sides } from './raw-change.ts';
import { leadingOf } from './headline.ts';
import { knownCallers } from './known-callers.ts';
import { passingFirst, sampled } from './regions.ts';

const outsideDestination: Destination = { id: '*', host: '*', known: false, status: 'both' };

/** An address of the block for documentation: somewhere on the internet. */
const somewhere = parseIp('203.0.113.10') ?? 0n;

interface OutboundComparison {
  readonly up: Difference;
  readonly down: Difference;
  readonly opaque: { readonly base: readonly { readonly resource: string; readonly key: string }[]; readonly head: readonly { readonly resource: string; readonly key: string }[] };
}

/** `undefined`: nothing that decides differs. */
function compareOutbound(base: Mesh, head: Mesh, limits: Limits): OutboundComparison | undefined {
  const sides = { base: outboundPosture(base), head: outboundPosture(head) };
  if (sides.base.key === sides.head.key) return undefined;
  const preferred = new Map([['destination.ip', [somewhere]] as const, ['port', [443]] as const]);
  const solve = (from: typeof sides.base, to: typeof sides.base): Difference => difference({ from: from.alternatives, to: to.alternatives, impossible: impossibleOutbound, preferred: new Map<'destination.ip' | 'port', readonly (bigint | number)[]>(preferred), limits });
  return { up: solve(sides.base, sides.head), down: solve(sides.head, sides.base), opaque: { base: sides.base.opaque, head: sides.head.opaque } };
}

/** Pods may newly send to addresses outside the cluster, or no longer: one destination, `*`. */
export function outboundMoved(sides: Sides, limits: Limits, internalErrors: string[]): RawChange[] {
  const compared = compareOutbound(sides.base, sides.head, limits);
  if (compared === undefined) return [];
  const common = { environment: sides.environment, destination: outsideDestination, facet: 'egress' as const, assumptions: [], enforcedAt: ['none'] };
  const uncertain = (way: 'up' | 'down', seed: string, cubes: readonly Cube[], reason: string): RawChange => ({
    ...common,
    direction: way === 'up' ? 'undecided-widened' : 'undecided-narrowed',
    cubes,
    complete: false,
    seed,
    seedOrigins: cubes.flatMap((cube) => cube.origins),
    witness: undefined,
    reason,
    passingSide: way === 'up' ? 'head' : 'base',
  });
  const before = new Map(compared.opaque.base.map((entry) => [entry.resource, entry.key]));
  const after = new Map(compared.opaque.head.map((entry) => [entry.resource, entry.key]));
  const moved = distinct([...before.keys(), ...after.keys()].filter((resource) => before.get(resource) !== after.get(resource)));
  const opaque = moved.flatMap((resource) => (['up', 'down'] as const).map((way) => uncertain(way, `opaque ${resource}`, [{ predicates: [], origins: [{ policy: resource }] }], `\`${resource}\` changed, and a part of it is not computed`)));
  const decided = (['up', 'down'] as const).flatMap((way) => {
    const groups = groupBy(compared[way].regions, (region) => distinct(region.seedOrigins.map((origin) => origin.policy)).join(' '));
    return [
      ...compared[way].undecided.map((entry) => uncertain(way, entry.key, [entry.seed], entry.reason)),
      ...[...groups.values()].flatMap((regions): RawChange[] => {
        const [first] = regions;
        const complete = regions.every((region) => region.complete);
        const [proof] = leadingOf(sampled(regions), complete);
        if (first === undefined || proof === undefined) return [];
        const points = [...knownCallers(passingFirst(sides, way), proof.cube, proof.sample, false), proof.sample];
        const witness = points.flatMap((point) => placed(queryOutside(point, somewhere))).map((query) => outsideWitness(sides, query)).find((each) => flips(each.base, each.head, way));
        const cubes = regions.flatMap((region) => region.cubes);
        if (witness === undefined) {
          internalErrors.push(`the outbound witness did not reproduce (seed ${shortHash(first.seed)})`);
          return [uncertain(way, first.seed, cubes, 'the sample request was not confirmed on both sides')];
        }
        return [
          {
            ...common,
            direction: way === 'up' ? 'widened' : 'narrowed',
            cubes,
            complete,
            seed: distinct(regions.map((region) => region.seed))[0] ?? '',
            seedOrigins: regions.flatMap((region) => region.seedOrigins),
            witness,
            reason: undefined,
            passingSide: way === 'up' ? 'head' : 'base',
          },
        ];
      }),
    ];
  });
  return [...decided, ...opaque];
}

function outsideWitness(sides: Sides, query: Query): NonNullable<RawChange['witness']> {
  return { query, base: decide(sides.base, query), head: decide(sides.head, query) };
}
