/**
 * What declared workloads gain and lose by calling as somebody else (engine section 3.10): the request of one workload that is answered
 * otherwise than before lies in a change of such callers that names it, or in a change of what its former or present identity is answered.
 */
import { compareText } from '#lib/order.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import type { Query } from '#posture/query.ts';
import type { Point } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Broken } from './comparison-laws.ts';
import type { Random } from './random.ts';

const rank: Readonly<Record<string, number>> = { deny: 0, asks: 1, allow: 2 };

export interface AskedPoint {
  readonly verdict: string;
  readonly point: Point | undefined;
  readonly destination: Workload | undefined;
}

export interface MovingJudge {
  readonly base: Mesh;
  readonly head: Mesh;
  readonly changes: readonly RawChange[];
  /** The question of an identity, and its point. */
  readonly ask: (side: 'base' | 'head', query: Query) => AskedPoint;
  /** The point as both sides see it: that of the side which lets more through, with what only the other one knows. */
  readonly joint: (passing: Point | undefined, refusing: Point | undefined) => Point | undefined;
  /** No client can send it. */
  readonly cannot: (destination: string, point: Point) => boolean;
  readonly broken: Broken;
}

/** Whom a workload calls as, and how. */
function standing({ namespace, serviceAccount, enrolment }: Workload): string {
  return enrolment.mode === 'none' ? 'none' : `${enrolment.mode === 'ambient' ? 'ambient' : 'sidecar'} ${namespace}/${serviceAccount}`;
}

/** Workloads of both sides that call otherwise than before. */
export function movedCallers(base: Mesh, head: Mesh): readonly string[] {
  return [...base.workloads.values()]
    .filter((before) => {
      const after = head.workloads.get(before.id);
      return after !== undefined && before.enrolment.mode !== 'unknown' && after.enrolment.mode !== 'unknown' && standing(before) !== standing(after);
    })
    .map(({ id }) => id)
    .sort(compareText);
}

/** @param networked NetworkPolicies look at the pod that calls: questions about others are left out */
export function judgeMovedCallers(queries: readonly Query[], networked: boolean, random: Random, judge: MovingJudge): void {
  const callers = movedCallers(judge.base, judge.head);
  if (callers.length === 0) return;
  // The server name of mutual TLS is the proxy's, not the caller's; proxies carry TCP alone; what a caller sends in TLS of its own is not compared.
  const asked = queries.filter(({ request: { protocol, sni } }) => sni === undefined && (protocol === 'http' || protocol === 'tcp')).map(withHost);
  for (const query of asked) if (!networked || query.from.pod !== undefined) judgeCaller(random.pick(callers), query, random.chance(0.3), networked, judge);
}

/** One that is not said is that of what is called, which differs with the way. */
function withHost(query: Query): Query {
  const { request } = query;
  return request.protocol !== 'http' || request.host !== undefined ? query : { ...query, request: { ...request, host: 'any.example' } };
}

/** What a client in ambient addresses is part of its request, on whichever side it is one. */
function addressedOn(point: Point, other: Point): Point {
  const address = point.get('address') ?? other.get('address');
  return address === undefined ? point : new Map([...point, ['address', address]]);
}

function judgeCaller(caller: string, query: Query, direct: boolean, networked: boolean, { base, head, changes, ask, joint, cannot, broken }: MovingJudge): void {
  const from = query.from.ip === undefined ? {} : { ip: query.from.ip };
  const asked: Query = { ...query, from: { workload: caller, ...from, ...(direct ? { direct } : {}) } };
  const sides = [['base', base], ['head', head]] as const;
  const [before, after] = sides.map(([side, mesh]) => {
    const workload = mesh.workloads.get(caller);
    const { verdict } = decide(mesh, asked);
    return { verdict, ...(workload === undefined ? { same: false, point: undefined, destination: undefined } : asIdentity(side, mesh, workload)) };
  });
  function asIdentity(side: 'base' | 'head', mesh: Mesh, workload: Workload): { readonly same: boolean; readonly point: Point | undefined; readonly destination: Workload | undefined } {
    const ambient = workload.enrolment.mode === 'ambient';
    const inside = workload.enrolment.mode !== 'none';
    const principal = inside ? `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}` : null;
    const pod = query.from.pod === undefined ? {} : { pod: { namespace: workload.namespace, labels: workload.labels } };
    const identity: Query = { ...query, from: { principal, ...from, ...pod, ...(principal === null ? {} : { client: ambient ? ('ambient' as const) : ('sidecar' as const) }), ...(direct && ambient ? { direct } : {}) } };
    const { verdict, point, destination } = ask(side, identity);
    return { same: verdict === decide(mesh, asked).verdict, point, destination };
  }
  if (before === undefined || after === undefined || !before.same || !after.same) return;
  const [first, second] = [rank[before.verdict], rank[after.verdict]];
  if (first === undefined || second === undefined || before.point === undefined || after.point === undefined) return;
  const destination = before.destination?.id;
  if (destination === undefined || destination !== after.destination?.id) return;
  for (const direction of ['widened', 'narrowed'] as const) {
    const moves = direction === 'widened' ? second > first : second < first;
    const point = direction === 'widened' ? joint(after.point, before.point) : joint(before.point, after.point);
    if (point === undefined || cannot(destination, point)) continue;
    const there = changes.filter((change) => change.destination.id === destination);
    const other = direction === 'widened' ? before.point : after.point;
    const sent = addressedOn(point, other);
    const own = there.filter((change) => change.direction === direction && change.callers?.some((name) => name.startsWith(`${caller}[`)) === true && change.cubes.some((cube) => pointIn(cube, sent)));
    if (moves) {
      const told = own.length > 0 || there.some((change) => change.direction === direction && change.callers === undefined && change.cubes.some((cube) => pointIn(cube, point)));
      if (!told && !there.some((change) => change.direction === `undecided-${direction}` || !change.complete)) broken(`what a caller gains or loses by moving lies in a reported change (${direction})`, `${before.verdict} → ${after.verdict}, in none of ${String(there.length)} changes there`, asked);
    } else if (own.length > 0 && !networked) {
      // What the network refuses on both sides is not taken out of these regions.
      broken(`every request of a moved caller’s region moves (${direction})`, `${before.verdict} → ${after.verdict}`, asked);
    }
  }
}
