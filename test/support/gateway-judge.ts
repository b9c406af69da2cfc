/** What the comparison says of two meshes with gateways, against what `decide` answers on both sides (as `random-mesh/oracle.ts` for workloads). */
import { compareSides } from '../../src/impact/compare.ts';
import { flips } from '../../src/impact/causes.ts';
import { DifferenceMemo } from '../../src/impact/pair-context.ts';
import type { RawChange } from '../../src/impact/raw-change.ts';
import { gatewayPods, podPort, type GatewayPods } from '../../src/mesh/gateway-pods.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { decide, decideFront } from '../../src/posture/answer.ts';
import { backendCall, callsAlike } from '../../src/posture/gateway-call.ts';
import { gatewaysOf } from '../../src/posture/gateway-destinations.ts';
import { gatewayPort, looksAtServerNames, nobody, type GatewayPort, type PortView } from '../../src/posture/gateway-paths.ts';
import { withSights } from '../../src/posture/gateway-sights.ts';
import { refusedAsHttp } from '../../src/posture/envoy.ts';
import { askedRequest } from '../../src/posture/request.ts';
import { bothSpoken, gatewayPoint } from '../../src/posture/gateway-question.ts';
import type { Decision, Query } from '../../src/posture/query.ts';
import { impossible } from '../../src/posture/paths.ts';
import { isDeclared } from '../../src/semantics/gateways/backends.ts';
import type { Cube } from '../../src/sets/cube.ts';
import { pointIn } from '../../src/sets/evaluate.ts';

export interface Judgement {
  readonly wrong: readonly { readonly law: string; readonly says: string; readonly query?: Query }[];
  readonly moved: number;
  /** Moved questions that only an undecided change holds. */
  readonly openMoves: number;
  /** Questions that lie in the region of some change. */
  readonly inRegions: number;
  readonly asked: number;
  readonly changes: readonly RawChange[];
}

const limits = { workPerSeed: 200_000, regionsPerSeed: 40, atomsPerDimension: 4096 };

/** Every question at every backend: its answer moves exactly where a change of that backend holds it. */
export function judgeGateways(base: Mesh, head: Mesh, questions: readonly Query[], { changes, internalErrors } = compareSides({ environment: 'e', base, head, renamed: new Map() }, limits, new DifferenceMemo())): Judgement {
  const wrong: Judgement['wrong'][number][] = internalErrors.map((says) => ({ law: 'every witness flips', says }));
  let [moved, asked, inRegions, openMoves] = [0, 0, 0, 0];
  const [before, after] = [gatewaysOf(base), gatewaysOf(head)];
  const presence = (host: string): boolean => !isDeclared(base, host) && !isDeclared(head, host);
  const ports = new Map<string, Readonly<Record<'base' | 'head', GatewayPort>>>();
  for (const query of questions) {
    if (isNoRequest(query)) continue;
    const id = query.to.gateway ?? '';
    const pods = { base: before.get(id) ?? phantomOf(base, id), head: after.get(id) ?? phantomOf(head, id) };
    const key = `${id} ${String(query.to.port)}`;
    const view = { presence, byName: (pods.base !== undefined && looksAtServerNames(base, pods.base)) || (pods.head !== undefined && looksAtServerNames(head, pods.head)) };
    const at = ports.get(key) ?? portsOf({ mesh: base, pods: pods.base }, { mesh: head, pods: pods.head }, query.to.port, view);
    ports.set(key, at);
    if (at.base.untold !== undefined || at.head.untold !== undefined) continue;
    // Where no server asks for an identity of the mesh, who has one may as well come without.
    if ((query.from.principal ?? null) !== null && !at.base.asksIdentity && !at.head.asksIdentity) continue;
    const leadsTo = (destination: string): string => [pods.base, pods.head].map((own) => (own === undefined ? '' : String(podPort(own, Number(destination.slice(destination.lastIndexOf(':') + 1)))))).join(' ');
    const spoken = bothSpoken(at.base, at.head);
    const ends = new Map([...at.base.ends, ...at.head.ends].map(([name, { end }]) => [name, end]));
    for (const [name, end] of ends) {
      const siblings = [...ends].filter(([, other]) => other.backend === end.backend).map(([key]) => key);
      // A backend that gets requests in several ways is asked once, and what it sees of a request is part of the question.
      if (siblings[0] !== name) continue;
      // One way of forwarding makes two paths of one where the sides normalize it differently.
      if (siblings.length > 1 && base.config.pathNormalization !== head.config.pathNormalization) continue;
      const about = changes.filter(({ destination }) => siblings.some((key) => destination.id.startsWith(`${key} through ${id}:`)) && leadsTo(destination.id) === leadsTo(`:${String(query.to.port)}`));
      const question: Query = { ...query, to: { ...query.to, backend: end.backend } };
      const names = view.byName ? undefined : spoken.serverNames;
      asked += 1;
      for (const way of ['up', 'down'] as const) {
        const [passing, own] = way === 'up' ? [head, pods.head ?? pods.base] : [base, pods.base ?? pods.head];
        if (own === undefined) continue;
        const point = gatewayPoint(passing, own, question, spoken);
        if (query.from.certificate !== undefined && !spoken.certificates.some(({ dimension }) => point.get(dimension) === true) && spoken.certificates.length > 0) continue;
        const sights = siblings.length === 1 ? [question] : seenAs(passing, question, names);
        // What moves at the pods behind the gateway alone is told of them.
        const refused = callsAlike(pods.base && backendCall(base, pods.base, end.backend), pods.head && backendCall(head, pods.head, end.backend)) ? decideFront : decide;
        const answered = sights.map((exact) => [best(base, exact, names, way === 'up' ? refused : decide), best(head, exact, names, way === 'up' ? decide : refused)] as const);
        const flipped = answered.find(([before, after]) => flips(before, after, way));
        const [left, right] = flipped ?? answered[0] ?? [best(base, question, names), best(head, question, names)];
        const told = about.filter(({ direction }) => direction.endsWith(way === 'up' ? 'widened' : 'narrowed'));
        const sure = told.some(({ direction, cubes }) => !/^(undecided|latent)/.test(direction) && cubes.some((cube) => pointIn(cube, point)));
        const open = told.some(({ direction, complete }) => direction.startsWith('undecided') || !complete);
        const flip = flipped !== undefined;
        // No client can ask so: an unknown method, a path without a slash.
        const never = (cubes: readonly Cube[]): boolean => cubes.some((cube) => pointIn(cube, point));
        if (never(impossible)) continue;
        const says = `${left.verdict} → ${right.verdict} at ${name}`;
        if (sure) inRegions += 1;
        if (flip) moved += 1;
        if (flip && !sure && open) openMoves += 1;
        if (flip && !sure && !open) wrong.push({ law: `every request that moves lies in a reported change (${way})`, says, query });
        // What is not known of one side is no answer that could stay.
        const known = answered.every((pair) => pair.every(({ verdict }) => verdict !== 'unknown'));
        if (!flip && sure && known && !never(siblings.flatMap((key) => [at.base, at.head].flatMap((port) => port.ends.get(key)?.posture.ties ?? [])))) wrong.push({ law: `every request of a region moves (${way})`, says, query });
      }
    }
  }
  return { wrong, moved, openMoves, inRegions, asked, changes };
}

/** What the backend may see of it on the side that lets it pass: the server name chooses between several routes. */
function seenAs(mesh: Mesh, question: Query, names: readonly string[] | undefined): readonly Query[] {
  const { request, to } = question;
  if (request.protocol !== 'http' && request.protocol !== 'https') return [question];
  const sights = new Map(
    [best(mesh, question, names), ...withNames(mesh, question, names, decide)].flatMap((answer) => {
      if (answer.verdict !== 'allow' && answer.verdict !== 'asks') return [];
      const as = { path: answer.forwarded?.path ?? request.path ?? '/', host: answer.forwarded?.host ?? request.host ?? request.sni ?? '' };
      return [[JSON.stringify(as), { ...question, to: { ...to, as } }] as const];
    }),
  );
  return sights.size === 0 ? [question] : [...sights.values()];
}

/**
 * The best answer with any server name: who asks over HTTPS asks for the one that leads there.
 * @param names `undefined`: the name is part of the question
 */
function best(mesh: Mesh, question: Query, names: readonly string[] | undefined, ask: (mesh: Mesh, query: Query) => Decision = decide): Decision {
  const asked = ask(mesh, question);
  const { from } = question;
  // Who shows a certificate that is not taken may as well come without.
  const own = from.certificate !== undefined && asked.verdict === 'deny' ? best(mesh, { ...question, from: withoutCertificate(from) }, names, ask) : asked;
  if (own.verdict === 'allow') return own;
  const asHttp = withNames(mesh, question, names, ask);
  return asHttp.find(({ verdict }) => verdict === 'allow') ?? asHttp.find(({ verdict }) => verdict === 'asks') ?? own;
}

/** With every server name that leads somewhere, and with none. */
function withNames(mesh: Mesh, question: Query, names: readonly string[] | undefined, ask: (mesh: Mesh, query: Query) => Decision): readonly Decision[] {
  const { request, from } = question;
  if (names === undefined || (request.protocol !== 'https' && (from.principal ?? null) === null)) return [];
  const host = request.host ?? request.sni;
  const more = [undefined, ...names].map((sni) => ask(mesh, { ...question, request: { ...(host === undefined ? {} : { host }), ...withoutName(request), ...(sni === undefined ? {} : { sni }) } }));
  // Bytes that are passed on are told apart by the name alone, which is part of the question there.
  return more.filter((each) => (each.verdict === 'asks' ? each.because.some(({ rule }) => rule === 'M117' || rule === 'M124') : each.verdict !== 'allow' || each.tls === undefined));
}

function withoutCertificate(from: Query['from']): Query['from'] {
  const copy = { ...from };
  Reflect.deleteProperty(copy, 'certificate');
  return copy;
}

function withoutName(request: Query['request']): Query['request'] {
  const copy = { ...request };
  Reflect.deleteProperty(copy, 'sni');
  return copy;
}

interface Side {
  readonly mesh: Mesh;
  readonly pods: GatewayPods | undefined;
}

/** A gateway's port as the comparison sees it. */
export function portsOf(base: Side, head: Side, number: number, view: PortView): Readonly<Record<'base' | 'head', GatewayPort>> {
  const at = ({ mesh, pods }: Side): GatewayPort => (pods === undefined ? nobody : gatewayPort(mesh, pods, number, view));
  return withSights({ base: at(base), head: at(head) }, { base: base.mesh.config.pathNormalization, head: head.mesh.config.pathNormalization });
}

/** Both sides have pods that a selector stands for. */
function phantomOf(mesh: Mesh, id: string): GatewayPods | undefined {
  return id.includes('=') ? gatewayPods(mesh, id, undefined) : undefined;
}

/** What no proxy takes for a request is asked by nobody. */
function isNoRequest(query: Query): boolean {
  const { protocol, path = '/', host = 'x' } = query.request;
  if (protocol !== 'http' && protocol !== 'https') return false;
  return host === '' || host.startsWith('.') || !path.startsWith('/') || refusedAsHttp(askedRequest(query, query.from.principal ?? null, { name: '', namespace: '' })) !== undefined;
}
