/** What the comparison says of two meshes with gateways, against what `decide` answers on both sides (as `random-mesh/oracle.ts` for workloads). */
import { compareSides } from '../../src/impact/compare.ts';
import { flips } from '../../src/impact/causes.ts';
import { DifferenceMemo } from '../../src/impact/pair-context.ts';
import type { RawChange } from '../../src/impact/raw-change.ts';
import { podPort } from '../../src/mesh/gateway-pods.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { decide } from '../../src/posture/answer.ts';
import { gatewaysOf } from '../../src/posture/gateway-destinations.ts';
import { endKey, gatewayPort, looksAtServerNames, type GatewayPort } from '../../src/posture/gateway-paths.ts';
import { bothSpoken, gatewayPoint } from '../../src/posture/gateway-question.ts';
import type { Decision, Query } from '../../src/posture/query.ts';
import { isDeclared } from '../../src/semantics/gateways/backends.ts';
import { pointIn } from '../../src/sets/evaluate.ts';

export interface Judgement {
  readonly wrong: readonly unknown[];
  readonly moved: number;
  readonly asked: number;
  readonly changes: readonly RawChange[];
}

const limits = { workPerSeed: 200_000, regionsPerSeed: 40, atomsPerDimension: 4096 };

/** Every question at every backend: its answer moves exactly where a change of that backend holds it. */
export function judgeGateways(base: Mesh, head: Mesh, questions: readonly Query[]): Judgement {
  const { changes, internalErrors } = compareSides({ environment: 'e', base, head, renamed: new Map() }, limits, new DifferenceMemo());
  const wrong: unknown[] = [...internalErrors];
  let [moved, asked] = [0, 0];
  const [before, after] = [gatewaysOf(base), gatewaysOf(head)];
  const presence = (host: string): boolean => !isDeclared(base, host) && !isDeclared(head, host);
  const ports = new Map<string, Readonly<Record<'base' | 'head', GatewayPort | undefined>>>();
  for (const query of questions) {
    const id = query.to.gateway ?? '';
    const pods = { base: before.get(id), head: after.get(id) };
    const key = `${id} ${String(query.to.port)}`;
    const view = { presence, byName: (pods.base !== undefined && looksAtServerNames(base, pods.base)) || (pods.head !== undefined && looksAtServerNames(head, pods.head)) };
    const at = ports.get(key) ?? {
      base: pods.base === undefined ? undefined : gatewayPort(base, pods.base, query.to.port, view),
      head: pods.head === undefined ? undefined : gatewayPort(head, pods.head, query.to.port, view),
    };
    ports.set(key, at);
    if (at.base?.untold !== undefined || at.head?.untold !== undefined) continue;
    // Where no server asks for an identity of the mesh, who has one may as well come without.
    if ((query.from.principal ?? null) !== null && at.base?.asksIdentity !== true && at.head?.asksIdentity !== true) continue;
    const leadsTo = (destination: string): string => [pods.base, pods.head].map((own) => (own === undefined ? '' : String(podPort(own, Number(destination.slice(destination.lastIndexOf(':') + 1)))))).join(' ');
    const spoken = bothSpoken(at.base ?? nothing, at.head ?? nothing);
    const ends = new Map([...(at.base?.ends ?? []), ...(at.head?.ends ?? [])].map(([name, { end }]) => [name, end]));
    for (const [name, end] of ends) {
      // Of a backend that gets requests in several ways the paths that it sees are part of the question: the sum of the ways is judged.
      if ([...ends.values()].some((other) => other.backend === end.backend && endKey(other) !== name)) continue;
      const about = changes.filter(({ destination }) => destination.id.startsWith(`${name} through ${id}:`) && leadsTo(destination.id) === leadsTo(`:${String(query.to.port)}`));
      const question: Query = { ...query, to: { ...query.to, backend: end.backend } };
      const [left, right] = [best(base, question, view.byName ? [] : spoken.serverNames), best(head, question, view.byName ? [] : spoken.serverNames)];
      asked += 1;
      for (const way of ['up', 'down'] as const) {
        const [passing, own] = way === 'up' ? [head, pods.head ?? pods.base] : [base, pods.base ?? pods.head];
        if (own === undefined) continue;
        const point = gatewayPoint(passing, own, query, spoken);
        if (query.from.certificate !== undefined && !spoken.certificates.some(({ dimension }) => point.get(dimension) === true) && spoken.certificates.length > 0) continue;
        const told = about.filter(({ direction }) => direction.endsWith(way === 'up' ? 'widened' : 'narrowed'));
        const sure = told.some(({ direction, cubes }) => !direction.startsWith('undecided') && cubes.some((cube) => pointIn(cube, point)));
        const open = told.some(({ direction, complete }) => direction.startsWith('undecided') || !complete);
        const flip = flips(left, right, way);
        if (flip) moved += 1;
        if (flip && !sure && !open) wrong.push({ missing: way, query, end: name, left: left.verdict, right: right.verdict });
        if (!flip && sure) wrong.push({ claimed: way, query, end: name, left: left.verdict, right: right.verdict });
      }
    }
  }
  return { wrong, moved, asked, changes };
}

/** The best answer with any server name: who asks over HTTPS asks for the one that leads there. */
function best(mesh: Mesh, question: Query, names: readonly string[]): Decision {
  const own = decide(mesh, question);
  const { request, from } = question;
  if (own.verdict === 'allow' || (request.protocol !== 'https' && (from.principal ?? null) === null)) return own;
  const host = request.host ?? request.sni;
  const more = [undefined, ...names].map((sni) => decide(mesh, { ...question, request: { ...(host === undefined ? {} : { host }), ...withoutName(request), ...(sni === undefined ? {} : { sni }) } }));
  return more.find(({ verdict }) => verdict === 'allow') ?? more.find(({ verdict }) => verdict === 'asks') ?? own;
}

function withoutName(request: Query['request']): Query['request'] {
  const copy = { ...request };
  Reflect.deleteProperty(copy, 'sni');
  return copy;
}

const nothing = { parts: new Map(), certificates: [], serverNames: [] };
