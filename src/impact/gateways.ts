/**
 * Base against head at gateways: for every backend behind a port of a gateway, which requests of clients come through to its pods on one side and
 * not on the other (M110 to M126, M130). Like a workload, an end of routes is a destination of its own; its witness is a question with `to.backend`.
 */
import { sameContent } from '#lib/canonical.ts';
import { compareText, sameEntries } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import { gatewayPods, type GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf } from '#mesh/ports.ts';
import { decideFront } from '#posture/answer.ts';
import { askedPorts, gatewayIds, gatewaysOf, isExposedGateway } from '#posture/gateway-destinations.ts';
import { backendCall, callsAlike, type BackendCall } from '#posture/gateway-call.ts';
import { certificateTies } from '#posture/gateway-connections.ts';
import { gatewayPort, guardedPort, looksAtServerNames, nobody, unreached, type GatewayEnd, type GatewayPort, type Presence } from '#posture/gateway-paths.ts';
import { phantomGateways } from '#posture/gateway-phantoms.ts';
import { withSights } from '#posture/gateway-sights.ts';
import { gatewaySeat } from '#posture/gateway-seat.ts';
import { bothSpoken, gatewayQuestions } from '#posture/gateway-question.ts';
import { expressionTies } from '#posture/gateway-ties.ts';
import type { DestinationPosture } from '#posture/paths.ts';
import type { Query } from '#posture/query.ts';
import { backendHost, isDeclared } from '#semantics/gateways/backends.ts';
import type { Cube, Dimension, Point } from '#sets/cube.ts';
import type { Limits } from '#sets/difference.ts';
import type { Value } from '#sets/matcher.ts';
import type { Destination } from './change.ts';
import { undecided, type DifferenceMemo, type PairContext } from './pair-context.ts';
import type { Pair, RawChange, Sides, Way } from './raw-change.ts';

/** Everything that a comparison at one gateway's port asks with. */
interface PortPair {
  readonly sides: Sides;
  readonly id: string;
  readonly number: number;
  readonly pods: Readonly<Record<'base' | 'head', GatewayPods | undefined>>;
  readonly ports: Readonly<Record<'base' | 'head', GatewayPort>>;
}

export interface GatewayComparison {
  readonly contexts: readonly PairContext[];
  /** Of ports that are not modelled on some side: that their policies differ is all that can be said. */
  readonly undecided: readonly RawChange[];
}

/** The ends of routes whose posture differs between the sides. */
export function gatewayContexts(sides: Sides, limits: Limits, memo: DifferenceMemo, internalErrors: string[]): GatewayComparison {
  const phantoms = phantomGateways([sides.base, sides.head]);
  const [before, after] = [withPhantoms(sides.base, phantoms), withPhantoms(sides.head, phantoms)];
  const contexts: PairContext[] = [];
  const unclear: RawChange[] = [];
  const presence: Presence = (host) => !isDeclared(sides.base, host) && !isDeclared(sides.head, host);
  for (const id of gatewayIds(before, after)) {
    const pods = { base: before.get(id), head: after.get(id) };
    if (pods.base !== undefined && pods.head !== undefined && sameInputs(sides, pods.base, pods.head)) continue;
    const view = { presence, byName: [[sides.base, pods.base] as const, [sides.head, pods.head] as const].some(([mesh, own]) => own !== undefined && looksAtServerNames(mesh, own)) };
    for (const number of askedPorts([{ mesh: sides.base, pods: pods.base }, { mesh: sides.head, pods: pods.head }])) {
      const asked = (behind: (backend: string) => boolean): PortPair => {
        const at = (mesh: Mesh, own: GatewayPods | undefined): GatewayPort => (own === undefined ? nobody : gatewayPort(mesh, own, number, { ...view, behind }));
        return { sides, id, number, pods, ports: withSights({ base: at(sides.base, pods.base), head: at(sides.head, pods.head) }, { base: sides.base.config.pathNormalization, head: sides.head.config.pathNormalization }) };
      };
      const front = asked(() => false);
      const open = front.ports.base.untold ?? front.ports.head.untold;
      if (open !== undefined) {
        unclear.push(...policiesMoved(front, open.missing, { limits, memo, internalErrors, presence }));
        continue;
      }
      // Behind most backends nothing is asked: neither the gateway's answers move nor its calls.
      const moved = backendsMoved(front);
      if (moved.size > 0) contexts.push(...contextsAt(asked((backend) => moved.has(backend)), { limits, memo, internalErrors, presence }));
    }
  }
  return { contexts, undecided: unclear };
}

/** Both sides have the same phantoms (R29). */
function withPhantoms(mesh: Mesh, ids: readonly string[]): ReadonlyMap<string, GatewayPods> {
  const phantoms = ids.flatMap((id) => {
    const pods = gatewayPods(mesh, id, undefined);
    return pods === undefined ? [] : [[id, pods] as const];
  });
  return new Map([...gatewaysOf(mesh), ...phantoms]);
}

const servedKinds = ['Gateway', 'VirtualService', 'KubernetesGateway', 'GatewayClass', 'HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'ReferenceGrant', 'Service', 'ServiceEntry', 'DestinationRule', 'Ingress', 'IngressClass', 'ListenerSet', 'XListenerSet', 'Namespace', 'PeerAuthentication', 'EnvoyFilter', 'WasmPlugin', 'TrafficExtension'] as const;

/** Everything that a gateway's answers follow from is the very same: they need not be made. `false` says nothing. */
function sameInputs({ base, head }: Sides, before: GatewayPods, after: GatewayPods): boolean {
  if (base.config !== head.config || base.world !== head.world || !sameContent(before, after)) return false;
  const [left, right] = [gatewaySeat(base, before).attached, gatewaySeat(head, after).attached];
  return sameEntries(left.authorization, right.authorization) && sameEntries(left.requestAuthentication, right.requestAuthentication) && servedKinds.every((kind) => sameEntries(ofKind(base, kind), ofKind(head, kind))) && samePods(base, head);
}

function backendsMoved(at: PortPair): ReadonlySet<string> {
  const { base, head } = at.ports;
  const ends = new Map([...base.ends, ...head.ends].map(([key, { end }]) => [key, end]));
  const moved = [...ends].filter(([key, { backend }]) => (base.ends.get(key)?.posture ?? unreached).front.key !== (head.ends.get(key)?.posture ?? unreached).front.key || !calledAlike(at, backend));
  return new Set(moved.map(([, { backend }]) => backend));
}

const comparedPods = new WeakMap<Mesh, WeakMap<Mesh, boolean>>();

/** Services lead to the same ports of the same pods, which take part in the mesh alike. */
function samePods(base: Mesh, head: Mesh): boolean {
  const known = comparedPods.get(base) ?? new WeakMap<Mesh, boolean>();
  comparedPods.set(base, known);
  const found = known.get(head);
  if (found !== undefined) return found;
  const called = (workload: Workload): unknown => [workload.labels, workload.enrolment, podSpecOf(workload)?.containers.map(({ ports }) => ports)];
  const fresh = base.workloads.size === head.workloads.size && [...base.workloads].every(([id, workload]) => {
    const other = head.workloads.get(id);
    return other !== undefined && (workload === other || sameContent(called(workload), called(other)));
  });
  known.set(head, fresh);
  return fresh;
}

/** The policies at a port of which nothing more is known. */
function policiesMoved(at: PortPair, missing: string, { limits, memo, internalErrors }: Means): RawChange[] {
  const { pods, sides } = at;
  const guarded = (mesh: Mesh, own: GatewayPods | undefined): DestinationPosture => (own === undefined ? unreached : guardedPort(mesh, own, at.number));
  const [base, head] = [guarded(sides.base, pods.base), guarded(sides.head, pods.head)];
  if (base.key === head.key) return [];
  const context: PairContext = { sides, pair: pairOf(at, `${at.id}:${String(at.number)}`, undefined), base, head, limits, memo, preferred: preferredAtGateway, internalErrors };
  return (['up', 'down'] as const).map((way) => undecided(context, way, `gateway ${at.id}:${String(at.number)}`, [{ predicates: [], origins: [] }], `what the gateway takes is not computed: ${missing}`));
}

type Means = Pick<PairContext, 'limits' | 'memo' | 'internalErrors'> & { readonly presence: Presence };

function contextsAt(at: PortPair, means: Means): PairContext[] {
  const { ports } = at;
  const ends = new Map([...ports.base.ends, ...ports.head.ends].map(([key, { end }]) => [key, end]));
  return [...ends.keys()].sort(compareText).flatMap((key): PairContext[] => {
    const end = ends.get(key);
    const [base, head] = [ports.base.ends.get(key)?.posture ?? unreached, ports.head.ends.get(key)?.posture ?? unreached];
    if (end === undefined || base.key === head.key) return [];
    // What moves behind the gateway alone is told of the pods there.
    const alike = calledAlike(at, end.backend);
    if (alike && base.front.key === head.front.key) return [];
    const spoken = bothSpoken(ports.base, ports.head);
    const identityTies: readonly Cube[] = ports.base.asksIdentity || ports.head.asksIdentity ? [] : [{ predicates: [{ dimension: 'peer', any: [{ type: 'identified' }], none: [] }], origins: [] }];
    return [
      {
        sides: at.sides,
        pair: pairOf(at, `${key} through ${at.id}:${String(at.number)}`, end.backend),
        base,
        head,
        limits: means.limits,
        memo: means.memo,
        preferred: preferredAtGateway,
        internalErrors: means.internalErrors,
        gateway: {
          outside: [[at.sides.base, at.pods.base] as const, [at.sides.head, at.pods.head] as const].some(([mesh, pods]) => pods !== undefined && isExposedGateway(mesh, pods)),
          ties: [...identityTies, ...certificateTies(spoken.certificates), ...expressionTies(spoken.parts, [base, head])],
          front: { base: base.front, head: head.front },
          alike,
          questions: (way, cube, sample) => questionsOf(at, end, means.presence, way, cube, sample),
          unsaid: (cube) => {
            if (cube.predicates.some(({ dimension }) => spoken.behind.has(dimension))) return 'what the pods behind the gateway read of the request as it is sent on is not computed';
            if (at.sides.base.config.pathNormalization !== at.sides.head.config.pathNormalization && cube.predicates.some(({ dimension }) => dimension === 'path')) return 'what the routes make of paths that the sides normalize differently is not computed';
            return cube.predicates.some(({ dimension }) => spoken.parts.has(dimension)) ? 'which requests the expressions of the routes take together is not computed' : undefined;
          },
        },
      },
    ];
  });
}

function calledAlike({ sides, pods }: PortPair, backend: string): boolean {
  const called = (mesh: Mesh, own: GatewayPods | undefined): BackendCall | undefined => (own === undefined ? undefined : backendCall(mesh, own, backend));
  return callsAlike(called(sides.base, pods.base), called(sides.head, pods.head));
}

/** Callers without an identity first: nobody outside has one. */
const preferredAtGateway: ReadonlyMap<Dimension, readonly Value[]> = new Map<Dimension, readonly Value[]>([
  ['peer', [null]],
  ['protocol', ['http', 'https', 'tcp', 'tls']],
  ['sni', [null]],
  ['method', ['GET']],
  ['path', ['/']],
]);

function questionsOf({ sides, id, number, pods, ports }: PortPair, end: GatewayEnd, presence: Presence, way: Way, cube: Cube, sample: Point): readonly Query[] {
  const passing = way === 'up' ? 'head' : 'base';
  const own = pods[passing];
  if (own === undefined) return [];
  const spoken = bothSpoken(ports.base, ports.head);
  const questions = gatewayQuestions(sides[passing], own, { gateway: id, port: number, end }, cube, sample, spoken).map((query) => assuming(sides, end, presence, query));
  const seenApart = [...ports.base.ends.values(), ...ports.head.ends.values()].some((other) => other.end.backend === end.backend && other.end.forwarding.name !== end.forwarding.name);
  return seenApart ? questions.map((query) => seenAs(sides[passing], query)) : questions;
}

/** R26: what no side declares is there. */
function assuming({ base, head }: Sides, { backend }: GatewayEnd, presence: Presence, query: Query): Query {
  const host = backendHost(backend);
  if (isDeclared(base, host) && isDeclared(head, host)) return query;
  return { ...query, given: { ...query.given, [`service:${host}`]: presence(host) } };
}

/** The same backend gets other requests differently: what it sees of this one is part of the question. */
function seenAs(mesh: Mesh, query: Query): Query {
  const { request, to } = query;
  if (request.protocol !== 'http' && request.protocol !== 'https') return query;
  const answer = decideFront(mesh, query);
  const forwarded = answer.verdict === 'allow' || answer.verdict === 'asks' ? answer.forwarded : undefined;
  return { ...query, to: { ...to, as: { path: forwarded?.path ?? request.path ?? '/', host: forwarded?.host ?? request.host ?? '' } } };
}

/** @param backend behind the gateway; none: the gateway itself */
function pairOf({ id, pods }: PortPair, destinationId: string, backend: string | undefined): Pair {
  const [namespace, name = ''] = backend === undefined ? id.split('/') : backend.includes('/') ? backend.replace(/:[^:]*$/, '').split('/') : [undefined, backend];
  const kind = backend === undefined ? 'Gateway' : namespace === undefined ? 'ServiceEntry' : 'Service';
  const destination: Destination = { id: destinationId, ...(namespace === undefined ? {} : { namespace }), kind, name, known: true, status: 'both' };
  const workload = (own: GatewayPods | undefined): Workload => asWorkload(id, own);
  return { destination, base: workload(pods.base ?? pods.head), head: workload(pods.head ?? pods.base) };
}

/** The pods of a gateway in the form of a workload, as far as the words of a change need one. */
function asWorkload(id: string, pods: GatewayPods | undefined): Workload {
  const [namespace = '', name = ''] = id.split('/');
  return { id, namespace, name, kind: 'Gateway', labels: pods?.labels ?? {}, annotations: pods?.annotations ?? {}, serviceAccount: pods?.serviceAccount ?? '', enrolment: { mode: 'gateway' }, ports: [], otherPortsCaptured: true, resource: undefined };
}
