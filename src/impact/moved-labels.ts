/**
 * Declared pods with other labels than before: NetworkPolicies tell callers by them, so that one gains or loses its way to a destination whose policies stay
 * (M139, engine section 3.10). What each could reach on the base is compared with what it can reach at the head.
 */
import { canonical } from '#lib/canonical.ts';
import { compareBy, distinct } from '#lib/order.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { networkKinds } from '#posture/network-layer.ts';
import { impossibleInNetwork, isNetworked } from '#posture/network-paths.ts';
import { queryOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import type { Cube, Dimension, Path, Point, Predicate } from '#sets/cube.ts';
import { difference } from '#sets/difference.ts';
import { cubeKey } from '#sets/keys.ts';
import { holds } from '#sets/matches.ts';
import type { Caller, Value } from '#sets/matcher.ts';
import { settled, settledCubes } from '#sets/settle.ts';
import { onBoth } from './authorities.ts';
import { principalOf } from './callers.ts';
import { type PairContext, asker, authors, undecided } from './pair-context.ts';
import { type AskedOnSides, plainestFlip } from './plainest-flip.ts';
import type { RawChange, Sides, Way } from './raw-change.ts';
import { sampled } from './regions.ts';

/** A workload on both sides, of one namespace and account. */
export interface MovedPods {
  readonly base: Workload;
  readonly head: Workload;
}

const labelPrefix = 'pod-label:';

/** Those with another value of a label that some network policy speaks of, in order of their ids. */
export function movedPods({ base, head, renamed }: Pick<Sides, 'base' | 'head' | 'renamed'>): readonly MovedPods[] {
  const isSpokenOf = spokenOf([base, head]);
  const moved: MovedPods[] = [];
  for (const after of head.workloads.values()) {
    const before = base.workloads.get(renamed.get(after.id) ?? after.id);
    if (before === undefined || before === after || before.namespace !== after.namespace || before.serviceAccount !== after.serviceAccount || before.enrolment.mode !== after.enrolment.mode) continue;
    const keys = [...Object.keys(before.labels), ...Object.keys(after.labels)];
    if (keys.some((key) => before.labels[key] !== after.labels[key] && isSpokenOf(key))) moved.push({ base: before, head: after });
  }
  return moved.sort(compareBy(({ head: { id } }) => id));
}

/** Charts give every pod a new label with each version, of which no policy speaks: destinations are not asked about these. */
function spokenOf(meshes: readonly Mesh[]): (key: string) => boolean {
  let said: string | undefined;
  const known = new Map<string, boolean>();
  return (key) => {
    let spoken = known.get(key);
    if (spoken === undefined) {
      said ??= meshes.flatMap(({ resources }) => [...resources].flatMap(([kind, list]) => (networkKinds.has(kind) ? list.map(({ spec }) => canonical(spec)) : []))).join('\n');
      spoken = said.includes(JSON.stringify(key));
      known.set(key, spoken);
    }
    return spoken;
  };
}

/** What a destination's network asks of labels. */
function asksOf({ base, head }: Pick<PairContext, 'base' | 'head'>): ReadonlySet<Predicate> {
  const asked = new Set<Predicate>();
  for (const { possible } of [base, head]) {
    for (const { layers } of possible) {
      for (const { allow, deny } of layers) {
        for (const { predicates } of [...(allow === 'all' ? [] : allow), ...deny]) for (const predicate of predicates) if (predicate.dimension.startsWith(labelPrefix)) asked.add(predicate);
      }
    }
  }
  return asked;
}

/** Which of them a destination's network tells apart. */
export function toldApart(moved: readonly MovedPods[], context: Pick<PairContext, 'base' | 'head'>): readonly MovedPods[] {
  const asked = [...asksOf(context)];
  const label = (workload: Workload, { dimension }: Predicate): string | null => workload.labels[dimension.slice(labelPrefix.length)] ?? null;
  return moved.filter((pods) => asked.some((predicate) => holds(predicate, label(pods.base, predicate)) !== holds(predicate, label(pods.head, predicate))));
}

/** What pods gain (lose) by their labels although the destination answers such labels as before. What it answers otherwise is a change of its own. */
export function labelsMoved(context: PairContext, moved: readonly MovedPods[]): RawChange[] {
  if (!isNetworked(context.base) || !isNetworked(context.head)) return [];
  return toldApart(moved, context).flatMap((pods) => (['up', 'down'] as const).flatMap((way) => labelMoved(context, pods, way)));
}

function labelMoved(context: PairContext, pods: MovedPods, way: Way): RawChange[] {
  const { sides, base, head } = context;
  const can = (side: 'base' | 'head', as: Workload): readonly Path[] => (side === 'base' ? base : head).possible.map(({ id, layers }) => ({ id, layers: layers.map((layer) => settled(layer, saidOf(sides[side], as))) }));
  const [from, to] = way === 'up' ? [can('base', pods.base), onBoth(can('head', pods.head), can('base', pods.head))] : [can('head', pods.head), onBoth(can('base', pods.base), can('head', pods.base))];
  const acting = way === 'up' ? pods.head : pods.base;
  const passing = way === 'up' ? sides.head : sides.base;
  const ties = settledCubes([...impossibleInNetwork([context.pair.base, context.pair.head]), ...base.ties, ...head.ties], saidOf(passing, acting));
  const key = ['labels', way, pods.base.id, pods.head.id, base.key, head.key, authors(from), authors(to), (context.preferred.get('port') ?? []).map(String).join(',')].join('\n');
  const { regions, undecided: open } = context.memo.get(key, () => difference({ from, to, impossible: ties, preferred: context.preferred, limits: context.limits }));
  const asked = new Set([...asksOf(context)].map(({ dimension }) => dimension));
  const named: readonly Predicate[] = [{ dimension: 'peer', any: [{ type: 'source-namespace', names: [acting.namespace], declared: [acting.namespace], selection: undefined }], none: [] }, ...Object.entries(acting.labels).filter(([label]) => asked.has(`${labelPrefix}${label}`) && pods.base.labels[label] !== pods.head.labels[label]).map(([label, text]): Predicate => ({ dimension: `${labelPrefix}${label}`, any: [{ type: 'exact', text }], none: [] }))];
  const assumptions = distinct([...base.assumptions, ...head.assumptions, ...assumedFor(pods)]);
  const whole = (seed: string, moved: readonly Cube[], reason: string): RawChange => {
    const cubes = moved.map((cube): Cube => ({ predicates: [...named, ...cube.predicates], origins: cube.origins }));
    // Rules that let in the same requests by different labels are one for pods of these labels.
    return { ...undecided(context, way, `labels ${pods.head.id} ${seed}`, [...new Map(cubes.map((cube) => [cubeKey(cube), cube])).values()], reason), callers: [`${acting.namespace}/${acting.name}[${acting.kind}]`], assumptions };
  };
  // What the search came to no end with stands beside what it found.
  const [unclear] = open;
  const left = unclear === undefined ? [] : [whole(unclear.key, open.map(({ seed }) => seed), unclear.reason)];
  const [first] = regions;
  if (first === undefined) return left;
  const flip = plainestFlip(context, way, sampled(regions).map(({ sample }) => question(context, pods, sample)));
  const found = whole(first.seed, regions.flatMap((region) => region.cubes), `what \`${acting.id}\` sends there is not determined by the manifests`);
  // Where no sample flips, another layer answers every one alike.
  if (flip.best === undefined) return flip.open ? [found, ...left] : left;
  return [{ ...found, direction: way === 'up' ? 'widened' : 'narrowed', complete: regions.every((region) => region.complete), seedOrigins: regions.flatMap((region) => region.seedOrigins), witness: flip.best, reason: undefined }, ...left];
}

function question(context: PairContext, pods: MovedPods, sample: Point): AskedOnSides {
  const { from, ...asked } = queryOf(asker(context), new Map<Dimension, Value>([...sample, ['peer', callerOf(context.sides.head, pods.head)]]));
  const given = { ...asked.given, ...Object.fromEntries(assumedFor(pods).map((id) => [id, true])) };
  const query = (workload: string): Query => ({ from: { workload, ...(from.direct === true ? { direct: true } : {}) }, ...asked, ...(Object.keys(given).length > 0 ? { given } : {}) });
  return { base: query(pods.base.id), head: query(pods.head.id) };
}

function assumedFor(pods: MovedPods): readonly string[] {
  return distinct([pods.base, pods.head].flatMap(({ enrolment }) => (enrolment.mode === 'unknown' ? [enrolment.assumption] : [])));
}

function callerOf(mesh: Mesh, workload: Workload): Caller {
  return { principal: workload.enrolment.mode === 'none' ? null : principalOf(mesh, workload), namespace: workload.namespace, namespaceLabels: {} };
}

/** What is known of such pods; only a client in ambient goes by a waypoint. */
function saidOf(mesh: Mesh, pods: Workload): (dimension: Dimension) => Value | undefined {
  const caller = callerOf(mesh, pods);
  return (dimension) => {
    if (dimension === 'peer') return caller;
    if (dimension.startsWith(labelPrefix)) return pods.labels[dimension.slice(labelPrefix.length)] ?? null;
    return dimension === 'address' && !isAmbient(pods) ? null : undefined;
  };
}
