/** One destination on both sides: its questions to the engine, and its requests answered by the concrete evaluator. */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { isSidecar } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { addressed } from '#posture/addressed.ts';
import { forwardedTies } from '#posture/forwarded-ties.ts';
import { decide } from '#posture/answer.ts';
import { hasAmbient } from '#posture/arrival.ts';
import { impossibleInNetwork, isNetworked } from '#posture/network-paths.ts';
import { toOwnPorts } from '#posture/own-ports.ts';
import { type DestinationPosture, impossible } from '#posture/paths.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Cube, Dimension, Path, Point } from '#sets/cube.ts';
import { type Difference, type Limits, difference } from '#sets/difference.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { noteAnswered } from './answered.ts';
import { flips } from './causes.ts';
import type { Pair, RawChange, Sides, Way } from './raw-change.ts';

/** Memory of whole differences, shared by all environments: its keys hold content only, never a name. */
export class DifferenceMemo {
  readonly #known = new Map<string, Difference>();
  #work = 0;

  /** Work units spent so far: the measure of cost that is equal on every machine. */
  get work(): number {
    return this.#work;
  }

  get(key: string, compute: () => Difference): Difference {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fresh = compute();
    this.#work += fresh.work;
    this.#known.set(key, fresh);
    return fresh;
  }
}

export interface PairContext {
  readonly sides: Sides;
  readonly pair: Pair;
  readonly base: DestinationPosture;
  readonly head: DestinationPosture;
  readonly limits: Limits;
  readonly memo: DifferenceMemo;
  readonly preferred: ReadonlyMap<Dimension, readonly Value[]>;
  readonly internalErrors: string[];
  /** Where the destination is what stands behind a port of a gateway. */
  readonly gateway?: GatewayAsking;
}

/** How a gateway is asked. */
export interface GatewayAsking {
  /** Clients outside the cluster come to it. */
  readonly outside: boolean;
  /** Requests that cannot exist there. */
  readonly ties: readonly Cube[];
  /** At the gateway alone, whatever the pods behind it take. */
  readonly front: Readonly<Record<'base' | 'head', DestinationPosture>>;
  /** Both sides call the pods behind alike: what those answer otherwise is told of them, and not here. */
  readonly alike: boolean;
  /** Questions that may prove a cube by its sample, the plainest first. */
  readonly questions: (way: Way, cube: Cube, sample: Point) => readonly Query[];
  /** Why no question may prove it. */
  readonly unsaid: (cube: Cube) => string | undefined;
}

/**
 * @param level which of the two questions this is. Postures' keys hold the content of every cube; who wrote a cube is in the answer,
 * so it is in the key, too.
 * @param speaksOfOwnPorts of the sidecars' own ports, too, which no policy of the mesh sees
 */
export function solve(context: PairContext, level: string, from: readonly Path[], to: readonly Path[], within?: readonly Cube[], speaksOfOwnPorts = false): Difference {
  const ports = context.preferred.get('port') ?? [];
  const both = [context.pair.base, context.pair.head];
  const own = speaksOfOwnPorts ? [] : toOwnPorts(both, mixed(context));
  const key = [level, context.base.key, context.head.key, authors(from), authors(to), ports.map(String).join(','), context.pair.base.namespace, own.map(cubeKey).join(' or '), ...(context.gateway === undefined ? [] : ['gateway', ...tiesOf(context).map(cubeKey)])].join('\n');
  const none = isNetworked(context.head) ? impossibleInNetwork(both) : impossible;
  const ties = tiesOf(context);
  return context.memo.get(key, () => difference({ from, to, impossible: ties.length === 0 ? withOwnPorts(none, own) : [...none, ...own, ...ties], ...(within === undefined ? {} : { within }), preferred: context.preferred, limits: context.limits }));
}

/** By the own ports' list: most comparisons share it, and the search remembers the order of a list that it knows. */
const togetherWith = new WeakMap<readonly Cube[], { readonly none: readonly Cube[]; readonly all: readonly Cube[] }>();

function withOwnPorts(none: readonly Cube[], own: readonly Cube[]): readonly Cube[] {
  if (own.length === 0) return none;
  const known = togetherWith.get(own);
  if (known?.none === none) return known.all;
  const all = [...none, ...own];
  togetherWith.set(own, { none, all });
  return all;
}

/** Who wrote each cube, in the order of the layers: two postures of equal content may name different policies. */
export function authors(paths: readonly Path[]): string {
  const names: string[] = [];
  const add = (cubes: readonly Cube[]): void => {
    for (const cube of cubes) for (const origin of cube.origins) names.push(`${origin.policy}#${origin.rule === undefined ? '' : String(origin.rule)}`);
    names.push('|');
  };
  for (const path of paths) {
    for (const layer of path.layers) {
      if (layer.allow !== 'all') add(layer.allow);
      add(layer.deny);
    }
  }
  return names.join(' ');
}

/** What the side with the lower answers lets pass: of requests that pass the gateway on both sides nothing is said where their answer moves at the pods alone. */
export function lower(context: PairContext, way: Way): DestinationPosture {
  const side = way === 'up' ? 'base' : 'head';
  const { gateway } = context;
  return gateway?.alike === true ? gateway.front[side] : context[side];
}

export function sideFacts(context: PairContext, way: Way): Pick<RawChange, 'assumptions' | 'enforcedAt' | 'passingSide' | 'gateway'> {
  return {
    assumptions: distinct([...context.base.assumptions, ...context.head.assumptions]),
    enforcedAt: distinct([context.base.enforcedAt, context.head.enforcedAt]),
    passingSide: way === 'up' ? 'head' : 'base',
    ...(context.gateway === undefined ? {} : { gateway: { outside: context.gateway.outside } }),
  };
}

export function undecided(context: PairContext, way: Way, seed: string, cubes: readonly Cube[], reason: string): RawChange {
  return {
    environment: context.sides.environment,
    destination: context.pair.destination,
    direction: way === 'up' ? 'undecided-widened' : 'undecided-narrowed',
    facet: 'access',
    cubes,
    complete: false,
    seed,
    seedOrigins: cubes.flatMap((cube) => cube.origins),
    witness: undefined,
    reason,
    ...sideFacts(context, way),
  };
}

/** The destination of a question, past any waypoint that either side may have. */
export function asker({ pair: { base, head } }: PairContext): Workload {
  return base.enrolment.mode === 'ambient' ? { ...head, enrolment: base.enrolment } : head;
}

/** Both answers, with the additional assumptions given (R25); undefined where they do not flip as the engine says. */
export function confirm(context: PairContext, way: Way, query: Query): RawChange['witness'] {
  const answered = answers(context, query);
  return flips(answered.base, answered.head, way) ? answered : undefined;
}

export function answers(context: PairContext, query: Query): NonNullable<RawChange['witness']> {
  const assumed = distinct([...context.base.assumptions, ...context.head.assumptions]).filter((id) => id.startsWith('enrolment:'));
  const given = { ...query.given, ...Object.fromEntries(assumed.map((id) => [id, true])) };
  const asked: Query = Object.keys(given).length > 0 ? { ...query, given } : query;
  const onBase = askedOn(context, 'base', asked);
  const answered = { query: onBase, base: bare(answerOn(context.sides.base, context.pair.base.id, onBase, context.sides.head)), head: bare(answerOn(context.sides.head, context.pair.head.id, asked, context.sides.base)) };
  // Under one name of the workload: the question as it is printed is the very one that was asked.
  if (asked.to.workload !== undefined && context.pair.base.id === context.pair.head.id) noteAnswered(answered, context.sides);
  return answered;
}

/** The question in the words of one side: a renamed workload has another id there. */
export function askedOn({ pair }: PairContext, side: 'base' | 'head', query: Query): Query {
  return query.to.workload === undefined ? query : { ...query, to: { ...query.to, workload: pair[side].id } };
}

/** Without the steps: `explain` asks again, and many changes are kept at once. */
function bare(decision: Decision): Decision {
  return { ...decision, because: [] };
}

/** Where a side has no such name, the same request has only the pod's address to go to. */
export function answerOn(mesh: Mesh, workload: string, query: Query, other: Mesh): Decision {
  const answer = decide(mesh, query);
  if (answer.verdict !== 'unknown' || answer.rule !== 'M102' || query.to.host === undefined) return answer;
  const there = addressed(other, query);
  const port = 'pods' in there ? (there.pods[0]?.port ?? query.to.port) : query.to.port;
  return decide(mesh, { ...query, from: { ...query.from, direct: true }, to: { ...(query.to.ip === undefined ? {} : { ip: query.to.ip }), port, workload } });
}

/** How a point is asked about: see `queryOf`. */
export function asking(context: PairContext): { readonly pods: boolean; readonly mixed: boolean; readonly sidecar: boolean } {
  return { pods: isNetworked(context.head), mixed: mixed(context), sidecar: isSidecar(context.pair.base) || isSidecar(context.pair.head) };
}

/** A side has ambient pods, where a bare identity means an ambient client. */
export function mixed({ sides }: PairContext): boolean {
  return hasAmbient(sides.base) || hasAmbient(sides.head);
}

/** Ties of both sides, but for an address that leads to another port on each. */
function tiesOf({ base, head, gateway }: PairContext): readonly Cube[] {
  const all = [...base.ties, ...head.ties, ...forwardedTies([base, head]), ...(gateway?.ties ?? [])];
  if (all.length === 0) return all;
  const addressOf = ({ predicates }: Cube): string => canonical(predicates.filter(({ dimension }) => dimension === 'address'));
  const portOf = ({ predicates }: Cube): string => canonical(predicates.filter(({ dimension }) => dimension === 'port'));
  return all.filter((tie) => addressOf(tie) === '[]' || all.every((other) => addressOf(other) !== addressOf(tie) || portOf(other) === portOf(tie)));
}
