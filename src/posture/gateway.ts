/** What a gateway's pods do with one connection from outside: server, TLS, policies, route (M110 to M126, A2.3, A2.4, A2.20, A4.7). */
import { gatewayPods, podPort } from '#mesh/gateway-pods.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import { reachedBy } from '#semantics/gateways/backends.ts';
import { chainsAt, selectChain } from '#semantics/gateways/filter-chains.ts';
import type { FilterChain } from '#semantics/gateways/filter-chains.ts';
import { servedBy } from '#semantics/gateways/served.ts';
import { untoldAt } from '#semantics/gateways/untold.ts';
import type { Served } from '#semantics/gateways/served.ts';
import type { Handling } from '#semantics/peer-authentication.ts';
import { workloadNamed } from './addressed.ts';
import { decideByPolicies, refusedAsHttp } from './envoy.ts';
import { behindGateway, type SentOn } from './gateway-backend.ts';
import { routeEnd, routeRequest } from './gateway-routing.ts';
import { acceptClient, extensionsAt, gatewaySeat } from './gateway-seat.ts';
import { unknown } from './pod.ts';
import type { Answer, Decision, Query, Step } from './query.ts';
import { askedRequest } from './request.ts';

/** One connection that has found its server. */
export interface GatewayVisit {
  readonly mesh: Mesh;
  readonly query: Query;
  readonly pods: GatewayPods;
  readonly served: Served;
  readonly chain: FilterChain;
  readonly port: number;
  readonly tls: 'terminated' | 'passthrough' | undefined;
  readonly because: Step[];
  /** What becomes of a request that goes on to the backend of the question. */
  readonly onward: Onward;
}

type Onward = (pods: GatewayPods, backend: string, sent: SentOn, passed: Exclude<Decision, { readonly verdict: 'unknown' }>) => Decision;

/** With a backend in the question: at the gateway and behind it. */
export function decideAtGateway(mesh: Mesh, query: Query, id: string): Answer {
  return visited(mesh, query, id, (pods, backend, sent, passed) => behindGateway(mesh, pods, backend, sent, passed));
}

/** The same at the gateway alone, whatever the pods behind it take. */
export function decideAtGatewayAlone(mesh: Mesh, query: Query, id: string): Answer {
  return visited(mesh, query, id, (_pods, _backend, _sent, passed) => passed);
}

/** As the gateway sends the request on to the backend of the question; `undefined`: it does not. */
export function sentOnward(mesh: Mesh, query: Query, id: string): SentOn | undefined {
  let found: SentOn | undefined;
  visited(mesh, query, id, (_pods, _backend, sent, passed) => {
    found = sent;
    return passed;
  });
  return found;
}

function visited(mesh: Mesh, query: Query, id: string, onward: Onward): Answer {
  const pods = gatewayPods(mesh, id, workloadNamed(mesh, id));
  // R28: what the other side has and this one has not lets nobody in.
  if (pods === undefined && query.to.backend !== undefined) return { verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'gateway', because: [{ rule: 'M120', text: `no gateway \`${id}\` is declared` }] };
  if (pods === undefined) return unknown('M120', `pods of the gateway \`${id}\`: neither a Deployment nor a Kubernetes Gateway of that name that Istio deploys`, []);
  const port = podPort(pods, query.to.port);
  const served = servedBy(mesh, pods, query.given ?? {});
  const because: Step[] = [{ rule: 'M111', text: `port ${String(query.to.port)} of \`${id}\` is port ${String(port)} of its pods` }];
  const refused = (layer: 'routing' | 'protocol' | 'mtls', rule: string, text: string): Decision => ({ verdict: 'deny', layer, by: [], enforcedAt: 'gateway', because: [...because, { rule, text }] });

  const untold = untoldAt(mesh, served, port);
  if (untold !== undefined) return unknown(untold.rule, untold.missing, because);
  const [extension] = extensionsAt(mesh, pods);
  if (extension !== undefined) because.push({ rule: extension.kind === 'EnvoyFilter' ? 'M132' : 'M133', text: 'an extension acts at this gateway and is not interpreted', by: resourceId(extension) });
  const chains = chainsAt(mesh, served, port);
  if (chains.length === 0) return refused('routing', 'M110', 'no server of a Gateway listens there');
  const tls = query.request.protocol === 'https' || query.request.protocol === 'tls' || (query.from.principal ?? null) !== null;
  const selected = selectChain(chains, { sni: query.request.sni?.toLowerCase() ?? null, tls, meshClient: (query.from.principal ?? null) !== null });
  if (selected.type === 'refused-listener') return unknown('M115', `what the port answers: two servers claim \`${selected.name}\`, and the proxy keeps what it had before`, because);
  // M114: a port of which no server has a certificate closes every connection.
  if (selected.type === 'none' && chains.every((each) => each.tls?.usable === false)) return refused('routing', 'M114', 'no server of the port has a certificate');
  if (selected.type === 'none') return tls ? refused('routing', 'M115', `no server of the port is for the name \`${query.request.sni ?? ''}\``) : refused('protocol', 'M112', 'every server of the port wants TLS');
  const { chain } = selected;
  because.push({ rule: 'M115', text: chain.names.length === 0 ? 'one server takes every name' : `the server for ${chain.names.map((name) => `\`${name}\``).join(', ')} takes the connection`, by: chain.by });
  const visit: GatewayVisit = { mesh, query, pods, served, chain, port, tls: !tls ? undefined : chain.tls === undefined ? 'passthrough' : 'terminated', because, onward };
  return chain.http === undefined ? decideStream(visit, tls) : decideHttp(visit, tls);
}

/** M112: the server's TLS. `undefined` where it lets the client in. */
function refusedByTls({ chain, query, because }: GatewayVisit, tls: boolean): { readonly refused: Decision } | { readonly peer: string | null } {
  const deny = (layer: 'routing' | 'protocol' | 'mtls', rule: string, text: string): { readonly refused: Decision } => ({ refused: { verdict: 'deny', layer, by: [], enforcedAt: 'gateway', because: [...because, { rule, text }] } });
  if (chain.tls === undefined) return { peer: null };
  // M114: without a certificate nobody is let in, whatever is spoken.
  if (!chain.tls.usable) return deny('routing', 'M114', 'the server has no certificate: its Secret is missing or not handed out');
  if (!tls) return deny('protocol', 'M112', 'the server wants TLS');
  const client = acceptClient(chain.tls, query.from);
  return client.type === 'refused' ? deny('mtls', 'M112', client.because) : { peer: client.peer };
}

function decideHttp(visit: GatewayVisit, tls: boolean): Answer {
  const { mesh, query, pods, chain, port, because } = visit;
  const refused = (rule: string, text: string): Decision => ({ verdict: 'deny', layer: 'protocol', by: [], enforcedAt: 'gateway', because: [...because, { rule, text }] });
  if (tls && chain.tls === undefined) return refused('M112', 'the server speaks HTTP without TLS');
  const entered = refusedByTls(visit, tls);
  if ('refused' in entered) return entered.refused;
  if (query.request.protocol === 'tcp' || query.request.protocol === 'tls') return refused('A4.7', 'the server speaks HTTP and the bytes are none');
  // A browser asks for the name that its TLS asked for.
  const host = query.request.host ?? query.request.sni;
  if (host === undefined) return unknown('M116', 'the host that is asked for: `request.host`', because);
  const asked = askedRequest({ ...query, to: { port }, request: { ...query.request, host } }, entered.peer, { name: pods.id, namespace: pods.namespace });
  const bad = refusedAsHttp(asked);
  if (bad !== undefined) return refused(bad.rule, bad.text);
  if (!asked.raw.path.startsWith('/')) return refused('A3.39', 'a path that does not begin with a slash is no request');
  const decision = decideByPolicies(mesh, gatewaySeat(mesh, pods), asked, handlingOf('http', entered.peer), query.given ?? {}, because);
  return decision.verdict === 'allow' || decision.verdict === 'asks' ? routeRequest(visit, asked, decision) : decision;
}

function decideStream(visit: GatewayVisit, tls: boolean): Decision {
  const { mesh, query, pods, chain, port, because } = visit;
  const entered = refusedByTls(visit, tls);
  if ('refused' in entered) return entered.refused;
  const refused = (text: string): Decision => ({ verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'gateway', because: [...because, { rule: 'M117', text }] });
  const { backend } = query.to;
  if (backend !== undefined) {
    const end = routeEnd(mesh, pods, chain.stream, chain.number, backend, query.given ?? {});
    if (end === 'unknown') return unknown('M117', `whether there is a Service behind \`${backend}\``, because);
    if (end === 'elsewhere') return refused(`the route does not lead to \`${backend}\``);
  }
  // Where there is nobody to send to, the connection is closed before its first bytes meet a policy (recorded).
  const reached = reachedBy(mesh, pods, chain.stream, chain.number);
  if (reached.type === 'unknown' && backend === undefined) return unknown(reached.rule, reached.missing, because);
  if (reached.type === 'none') return refused(reached.because);
  const asked = askedRequest({ ...query, to: { port } }, entered.peer, { name: pods.id, namespace: pods.namespace });
  const allowed: Decision = { verdict: 'allow', layer: 'authorization', by: [], enforcedAt: 'gateway', because };
  if (chain.unguarded) because.push({ rule: 'A2.20', text: 'policies do not act on an AUTO_PASSTHROUGH server' });
  const decision = chain.unguarded ? allowed : decideByPolicies(mesh, gatewaySeat(mesh, pods), asked, handlingOf('tcp', entered.peer), query.given ?? {}, because);
  if (decision.verdict === 'deny' || decision.verdict === 'unknown') return decision;
  const sent = (passed: typeof decision): Decision => (backend === undefined ? passed : visit.onward(pods, backend, bytesSentOn(visit, tls), passed));
  if (decision.verdict === 'asks') return sent(decision);
  const ended = visit.tls === undefined ? {} : { tls: visit.tls };
  if (reached.type === 'unknown') return sent({ ...decision, ...ended, because: [...because, { rule: 'M117', text: `the bytes may go to \`${backend ?? ''}\`` }] });
  return sent({ ...decision, layer: 'routing', backend: reached.backend, ...ended, because: [...because, { rule: 'M117', text: 'the bytes go to the backend of the route' }] });
}

/** What is spoken inside TLS that the gateway ends; where it ends none, TLS and all. */
function bytesSentOn({ chain, query }: GatewayVisit, tls: boolean): SentOn {
  const { request, given } = query;
  const ends = tls && chain.tls !== undefined && chain.tls.mode !== 'PASSTHROUGH' && chain.tls.mode !== 'AUTO_PASSTHROUGH';
  const inside = (protocol: Query['request']['protocol']): Query['request']['protocol'] => (protocol === 'https' ? 'http' : protocol === 'tls' ? 'tcp' : protocol);
  return { request: ends ? { ...request, protocol: inside(request.protocol) } : request, ...(given === undefined ? {} : { given }) };
}

function handlingOf(chain: 'http' | 'tcp', peer: string | null): Extract<Handling, { outcome: 'chain' }> {
  return { outcome: 'chain', chain, seesPeer: peer !== null, passthrough: false, rule: 'A4.7', because: chain === 'http' ? 'the server ends TLS or has none, and speaks HTTP' : 'the server passes bytes on' };
}
