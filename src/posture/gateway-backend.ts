/** What the pods behind a gateway make of one request that it sends on to them: they meet the gateway, with its own identity (M130, A2.16). */
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import { hostOf } from '#mesh/hosts.ts';
import type { Mesh } from '#mesh/model.ts';
import { decideAtPod } from './pod.ts';
import { unknown } from './pod.ts';
import type { Pod } from './addressed.ts';
import type { Arrival } from './arrival.ts';
import { backendCall, type BackendCall, type CalledPods } from './gateway-call.ts';
import { throughNetwork } from './network-layer.ts';
import type { Decision, Hop, Query } from './query.ts';
import { decideThroughWaypoint, wirePort } from './waypoint.ts';

/** The request as the gateway sends it on, and what the question gives. */
export type SentOn = Pick<Query, 'request' | 'given'>;

type Passed = Exclude<Decision, { readonly verdict: 'unknown' }>;

/** @param passed what the gateway said of the request, which it sends on */
export function behindGateway(mesh: Mesh, pods: GatewayPods, backend: string, sent: SentOn, passed: Passed): Decision {
  const call = backendCall(mesh, pods, backend, sent.given);
  if (call === undefined) return passed;
  const { waypoint } = call;
  const answers = call.pods.map((each): Answered => (waypoint === undefined ? { at: each.workload.id, as: seenAs(each), answer: atPods(mesh, call, each, sent) } : { at: waypoint.id, as: each.identity, answer: throughItsWaypoint(mesh, call, each, sent) }));
  // A request may come to any of them.
  const [best] = [...answers].sort((left, right) => order.indexOf(left.answer.verdict) - order.indexOf(right.answer.verdict));
  return best === undefined ? passed : together(pods, passed, best);
}

const order: readonly Decision['verdict'][] = ['allow', 'asks', 'unknown', 'deny'];

interface Answered {
  readonly at: string;
  /** Whom they see; `null`: nobody. */
  readonly as: string | null;
  readonly answer: Decision;
}

/** M51: pods in ambient are called in a tunnel. */
function seenAs({ workload, identity, sends }: CalledPods): string | null {
  return sends === 'mtls' || workload.enrolment.mode === 'ambient' ? identity : null;
}

function together(pods: GatewayPods, passed: Passed, { at, as, answer }: Answered): Decision {
  const because = [...passed.because, { rule: 'M130', text: `the gateway calls \`${at}\` ${as === null ? 'without mutual TLS' : 'with its own identity'}` }, ...answer.because];
  if (answer.verdict === 'unknown') return { ...answer, because };
  const hop = (name: string, peer: string | null, { verdict, layer, by, enforcedAt }: Passed): Hop => ({ at: name, peer, verdict, layer, by, enforcedAt });
  const hops = [hop(pods.id, null, passed), hop(at, as, answer)];
  if (answer.verdict === 'deny') return { ...answer, hops, because };
  // Who asks somebody decides the whole.
  if (answer.verdict === 'asks' && passed.verdict === 'allow') return { ...answer, enforcedAt: 'gateway', ...(passed.forwarded === undefined ? {} : { forwarded: passed.forwarded }), hops, because };
  return { ...passed, hops, because };
}

/** As it arrives at a pod. */
export function sentToPods(call: BackendCall, { port, identity, sends }: CalledPods, { request, given }: SentOn): Query {
  return { from: { principal: sends === 'mtls' ? identity : null, pod: call.from }, to: { port }, request: withTls(call, sends, request), ...(given === undefined ? {} : { given }) };
}

function withTls(call: BackendCall, sends: CalledPods['sends'], request: Query['request']): Query['request'] {
  const { sni, protocol, ...rest } = request;
  if (sends === 'mtls') return { ...rest, protocol: protocol === 'https' || protocol === 'tls' ? 'tcp' : protocol, ...(call.sni === undefined ? {} : { sni: call.sni }) };
  if (sends === 'tls') return { ...rest, protocol: protocol === 'http' ? 'https' : 'tls' };
  return { ...rest, protocol, ...(sni === undefined || protocol === 'http' || protocol === 'tcp' ? {} : { sni }) };
}

function atPods(mesh: Mesh, call: BackendCall, pods: CalledPods, sent: SentOn): Decision {
  if (pods.sends === undefined) return unknown('M41', `which TLS the gateway uses for \`${pods.workload.id}\``, []);
  const query = sentToPods(call, pods, sent);
  const pod: Pod = { workload: pods.workload, port: pods.port };
  // M51: to pods in ambient it speaks HBONE.
  const arrive = (into: 'sidecar' | 'ambient'): Arrival => (into === 'ambient' ? { principal: pods.identity, tunnelled: true } : { principal: query.from.principal ?? null, tunnelled: false });
  const decide = (): Decision => decideAtPod(mesh, pod, { query, arrive });
  return call.networked ? throughNetwork({ mesh, workload: pods.workload, query, client: undefined, port: wirePort(pod, arrive, query), decide }) : decide();
}

/** M85: the waypoint meets the gateway as it meets a client in ambient. */
function throughItsWaypoint(mesh: Mesh, call: BackendCall, { workload, port: target, identity }: CalledPods, { request, given }: SentOn): Decision {
  const { waypoint, from, port, service } = call;
  if (waypoint === undefined) return unknown('M85', 'the waypoint before the Service', []);
  const { protocol } = request;
  const query: Query = { from: { principal: identity, pod: from, client: 'ambient' }, to: { port, host: hostOf(service) }, request: { ...request, protocol: protocol === 'https' || protocol === 'tls' ? 'tcp' : protocol }, ...(given === undefined ? {} : { given }) };
  return decideThroughWaypoint(mesh, { waypoint, addressed: { pods: [{ workload, port: target }], service, byName: true }, client: { mode: 'gateway', identity, workload: undefined }, query });
}
