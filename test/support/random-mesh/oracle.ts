/**
 * What must hold between the concrete evaluator and the symbolic comparison, asked of one world: the regions of the reported changes
 * are the requests whose verdict moves, no more and no less.
 */
import { compareText } from '#lib/order.ts';
import { leadingOf } from '#impact/headline.ts';
import type { RawChange } from '#impact/raw-change.ts';
import { askedOf, interpreted } from '#impact/witness-request.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { addressed } from '#posture/addressed.ts';
import { decide, isProxyPort } from '#posture/answer.ts';
import { hasAmbient } from '#posture/arrival.ts';
import { hasNetworkPolicies, impossibleInNetwork, throughNetworkPaths } from '#posture/network-paths.ts';
import { nobodysRequests } from '#posture/nobody.ts';
import { impossible, pathsTo, type DestinationPosture } from '#posture/paths.ts';
import { pointOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import type { Cube, Point } from '#sets/cube.ts';
import { passes, pointIn } from '#sets/evaluate.ts';
import { cubeKey } from '#sets/keys.ts';
import { compared, judgeMirror, judgeSilence, type Broken, type Counterexample } from './comparison-laws.ts';
import { judgeGatewayWorld } from './gateway-oracle.ts';
import { judgeMovedCallers } from './moving-oracle.ts';
import { questionsPerWorld, shares, type Judged, type Options } from './judged-world.ts';
import { randomQuery } from './queries.ts';
import { Random } from './random.ts';
import { keySets, signedByOne } from './signing.ts';
import { meshesOf, type World } from './world.ts';

const rank: Readonly<Record<string, number>> = { deny: 0, asks: 1, allow: 2 };

/** Destinations that both sides declare. */
function sharedDestinations(base: Mesh, head: Mesh): readonly string[] {
  return [...base.workloads.keys()].filter((id) => head.workloads.has(id)).sort(compareText);
}

interface Asked {
  readonly verdict: string;
  /** `undefined`: it is answered before any policy. */
  readonly point: Point | undefined;
  readonly posture: DestinationPosture | undefined;
  readonly destination: Workload | undefined;
}

/** What both sides of a comparison are seen with: the same as `compareSides` sees them with. */
interface View {
  readonly mixed: boolean;
  readonly networked: boolean;
}

function viewOf(base: Mesh, head: Mesh): View {
  return { mixed: hasAmbient(base) || hasAmbient(head), networked: hasNetworkPolicies(base) || hasNetworkPolicies(head) };
}

const postures = new WeakMap<Mesh, Map<string, DestinationPosture>>();

function postureOf(mesh: Mesh, workload: Workload, { mixed, networked }: View): DestinationPosture {
  const known = postures.get(mesh) ?? new Map<string, DestinationPosture>();
  postures.set(mesh, known);
  const posture = known.get(workload.id) ?? (networked ? throughNetworkPaths(pathsTo(mesh, workload, mixed), mesh, workload) : pathsTo(mesh, workload, mixed));
  known.set(workload.id, posture);
  return posture;
}

/** The one pod that a question leads to. */
function reached(mesh: Mesh, query: Query): Workload | undefined {
  const found = addressed(mesh, query);
  return 'missing' in found || found.pods.length > 1 ? undefined : found.pods[0]?.workload;
}

function ask(mesh: Mesh, query: Query, view: View): Asked {
  const { verdict } = decide(mesh, query);
  const workload = reached(mesh, query);
  if (workload === undefined) return { verdict, point: undefined, posture: undefined, destination: undefined };
  const posture = postureOf(mesh, workload, view);
  return { verdict, point: pointOf(mesh, workload, query, posture), posture, destination: workload };
}

/** The question as both sides' conditions see it: each side has booleans of its own. */
function joint(passing: Point | undefined, refusing: Point | undefined): Point | undefined {
  if (passing === undefined) return undefined;
  const both = new Map([...[...(refusing ?? [])].filter(([dimension]) => dimension.startsWith('opaque:')), ...passing]);
  // Bytes that only one side reads as a token.
  return both.get('token') === null ? both.set('token', refusing?.get('token') ?? null) : both;
}

function holding(changes: readonly RawChange[], direction: string, destination: string, point: Point): readonly RawChange[] {
  return changes.filter((change) => change.direction === direction && change.destination.id === destination && change.cubes.some((cube) => pointIn(cube, point)));
}

export function judge(world: World, options: Options = {}): Judged {
  return world.features.gateway ? judgeGatewayWorld(world, options) : judgeWorkloads(world, options);
}

function judgeWorkloads(world: World, options: Options): Judged {
  const { base, head } = meshesOf(world);
  const random = new Random(world.seed ^ 0x5bd1e995);
  const { changes, internalErrors } = compared(base, head);
  const destinations = sharedDestinations(base, head);
  const view = viewOf(base, head);
  const keys = keySets(base, head);
  const queries = options.queries ?? (destinations.length === 0 ? [] : Array.from({ length: questionsPerWorld }, () => signedByOne(randomQuery(random, destinations, [world.base, world.head], { ...world.features, ambient: view.mixed, network: view.networked }), keys, random)));
  const nobodys = [...nobodysRequests(base), ...nobodysRequests(head)];
  const nowhere = (workload: Workload): readonly Cube[] => [...(view.networked ? impossibleInNetwork([workload]) : impossible), ...nobodys];
  const counts = { asked: 0, moved: 0, undecidedMoves: 0, inRegions: 0 };
  let counterexample: Counterexample | undefined;
  const broken = (law: string, says: string, query?: Query): void => {
    counterexample ??= { law, says, ...(query === undefined ? {} : { query }) };
  };
  if (internalErrors[0] !== undefined) broken('every witness flips', internalErrors[0]);
  // What a workload gains or loses by calling as somebody else, or otherwise, is no other answer to any one request: the first has a law of its own.
  const answered = changes.filter(({ facet, callers, call }) => call === undefined && (facet !== 'identity' || callers === undefined));
  for (const query of queries) judgeQuery(query, { base, head, view, nowhere, changes: answered, counts, broken });
  judgeMovedCallers(queries, view.networked, new Random(world.seed ^ 0x2c1b3c6d), {
    base,
    head,
    changes: changes.filter(({ call }) => call === undefined),
    ask: (side, query) => ask(side === 'base' ? base : head, query, view),
    joint,
    cannot: (id, point) => [base.workloads.get(id), head.workloads.get(id)].some((workload) => workload !== undefined && nowhere(workload).some((cube) => pointIn(cube, point))),
    broken,
  });
  for (const change of answered) witnessHeld(change, answered, base, head, view, broken);
  // The two that cost as much as all the rest are asked of every third world.
  if (world.seed % 3 === 0 || options.queries !== undefined) judgeMirror(base, head, changes, broken);
  if (world.seed % 3 === 1 || options.queries !== undefined) judgeSilence(world, base, random, broken);
  return { ...(counterexample === undefined ? {} : { counterexample }), ...shares(changes, world, base, head), ...counts };
}

interface Judging {
  readonly base: Mesh;
  readonly head: Mesh;
  readonly view: View;
  /** Requests to the destination that cannot exist. */
  readonly nowhere: (destination: Workload) => readonly Cube[];
  readonly changes: readonly RawChange[];
  readonly counts: { asked: number; moved: number; undecidedMoves: number; inRegions: number };
  readonly broken: Broken;
}

function judgeQuery(query: Query, { base, head, view, nowhere, changes, counts, broken }: Judging): void {
  const before = ask(base, query, view);
  const after = ask(head, query, view);
  counts.asked += 1;
  for (const [side, { verdict, point, posture }] of [['base', before], ['head', after]] as const) {
    if (point === undefined || posture === undefined || verdict === 'unknown') continue;
    const said = passes(posture.sure, point) ? 'allow' : passes(posture.possible, point) ? 'asks' : 'deny';
    if (said !== verdict) broken('the layers at a question’s point give the verdict of `decide`', `${side}: decide ${verdict}, layers ${said}`, query);
  }
  const from = rank[before.verdict];
  const to = rank[after.verdict];
  // Answered before any policy on some side, or asked by no client that there is: the comparison does not speak of it.
  if (from === undefined || to === undefined || before.point === undefined || after.point === undefined) return;
  const { destination } = before;
  if (destination === undefined || destination.id !== after.destination?.id) return;
  const cannot = (point: Point): boolean => nowhere(destination).some((cube) => pointIn(cube, point)) || (after.destination !== undefined && nowhere(after.destination).some((cube) => pointIn(cube, point)));
  for (const direction of ['widened', 'narrowed'] as const) {
    const point = direction === 'widened' ? joint(after.point, before.point) : joint(before.point, after.point);
    const moves = direction === 'widened' ? to > from : to < from;
    const inside = point === undefined ? [] : holding(changes, direction, destination.id, point);
    if (inside.length > 0) counts.inRegions += 1;
    if (moves) {
      if (point !== undefined && cannot(point)) continue;
      counts.moved += 1;
      if (inside.length > 0) continue;
      const vague = changes.some((change) => change.destination.id === destination.id && (change.direction === `undecided-${direction}` || !change.complete));
      if (vague) counts.undecidedMoves += 1;
      else broken(`every request that moves lies in a reported change (${direction})`, `${before.verdict} → ${after.verdict}, in none of ${String(changes.length)} changes`, query);
    } else if (inside.length > 0 && point !== undefined && !cannot(point)) {
      broken(`every request of a region moves (${direction})`, `${before.verdict} → ${after.verdict}, in ${inside.map((change) => change.cubes.map(cubeKey).join(' or ')).join('; ')}`, query);
    }
  }
}

/** The witness of a change lies in a region of its direction: its own, or that of another reason for which it flips, too. */
function witnessHeld(change: RawChange, changes: readonly RawChange[], base: Mesh, head: Mesh, view: View, broken: Broken): void {
  if (change.witness === undefined || !change.destination.known || (change.direction !== 'widened' && change.direction !== 'narrowed')) return;
  const { query } = change.witness;
  const [passing, refusing] = change.direction === 'widened' ? [head, base] : [base, head];
  const asked = ask(passing, query, view);
  // A port of the sidecar's own, where the network alone decides.
  if (asked.destination !== undefined && asked.point === undefined && isProxyPort(asked.destination, query.to.port)) return;
  const point = joint(asked.point, ask(refusing, query, view).point);
  if (point === undefined || !changes.some((other) => other.direction === change.direction && other.destination.id === change.destination.id && other.cubes.some((cube) => pointIn(askedOf(cube, point), point)))) broken('a witness lies in a region of its direction', `${change.direction} at ${change.destination.id}`, query);
  // The words do not speak of conditions that are not interpreted: a request that needs none of them is the better proof.
  const leading = leadingOf(change.cubes.map((cube) => ({ cube })), change.complete).map(({ cube }) => ({ cube: interpreted(cube) }));
  if (point !== undefined && !leading.some(({ cube }) => pointIn(askedOf(cube, point), point))) broken('a witness lies in what its headline begins with', `${change.direction} at ${change.destination.id}: not in ${leading.map(({ cube }) => cubeKey(cube)).join(' or ')}`, query);
}
