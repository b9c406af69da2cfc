/**
 * How the sidecar of a declared workload makes a call: with which TLS, to which backend, or not at all (M33 to M50, M97 to M104). Whether the
 * destination accepts what arrives is another question.
 */
import { assertNever } from '#lib/assert-never.ts';
import { ofKind } from '#mesh/attachment.ts';
import { hostOf } from '#mesh/hosts.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { outboundWay } from '#mesh/outbound-capture.ts';
import { resourceId } from '#mesh/policies.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { servicesOf } from '#mesh/services.ts';
import type { HeaderChanges, RouteDestination } from '#manifests/virtual-service.ts';
import type { RoutedRequest } from '#semantics/gateways/http-routes.ts';
import { forwardedAs, isAuthority } from '#semantics/gateways/route-action.ts';
import { callCluster, namespaceMode, type ClusterAnswer, type ClusterCall, type Sent, type TellMode } from '#semantics/outbound/clusters.ts';
import { egressScope, type EgressScope } from '#semantics/outbound/egress-scope.ts';
import { takenBy, type Caller, type ChainEnd, type Connection } from '#semantics/outbound/listeners.ts';
import { routedBy } from '#semantics/outbound/routes.ts';
import { knownServices, type KnownService } from '#semantics/outbound/services.ts';
import { hostName } from '#sets/authority.ts';
import { parseIp } from '#sets/ip.ts';
import { addressed, workloadNamed } from './addressed.ts';
import { worldOf } from './arrival.ts';
import { addressesCalled } from './called-address.ts';
import { unreadFor } from './call-unread.ts';
import { pathWithQuery } from './envoy.ts';
import type { Query, Step } from './query.ts';
import { askedRequest } from './request.ts';

export type CallVerdict = Sent | 'passthrough' | 'blocked';

/** The words of `docs/questions.md`. */
export type OutboundCall =
  | {
      readonly verdict: CallVerdict;
      /** `namespace/service:port`, with `/subset`; `host:port` of a ServiceEntry. */
      readonly backend?: string;
      /** Only where it is TLS that the sidecar starts. */
      readonly sni?: string;
      /** With `tls`: whether the sidecar shows a certificate, which is not the mesh's. */
      readonly clientCertificate?: boolean;
      /** By workload, where they get different TLS; `verdict` is the weakest. */
      readonly endpoints?: Readonly<Record<string, Sent>>;
      /** Objects that made it so, `Kind/namespace/name`, sorted. */
      readonly by: readonly string[];
      readonly because: readonly Step[];
      /** What a route makes of the request, where it changes it; `headers`: those, too. */
      readonly sentOn?: SentOn;
      /** Every place that the call may come to; none: it is refused. Computed when it is asked for. */
      readonly ends: () => readonly CallEnd[];
    }
  | { readonly verdict: 'unknown'; readonly rule: string; readonly missing: string; readonly because: readonly Step[]; /** Where all places are known, and the share that each gets is not. */ readonly ends?: () => readonly CallEnd[] };

export interface SentOn {
  readonly path?: string;
  readonly host?: string;
  readonly headers: boolean;
  readonly by: string;
}

export interface CallEnd {
  /** Id; `undefined`: no declared workload. */
  readonly workload: string | undefined;
  /** Of the Service or ServiceEntry, or as it was called. */
  readonly host: string;
  /** The pod's. */
  readonly port: number;
  readonly sends: Sent | 'passthrough';
}

const verdicts: ReadonlySet<unknown> = new Set(['mtls', 'tls', 'plaintext', 'passthrough', 'blocked'] satisfies CallVerdict[]);

/** The verdict is one that only calls of a sidecar have. */
export function isCallVerdict(verdict: unknown): boolean {
  return verdicts.has(verdict);
}

/** The call behind a question whose caller is a declared workload with a sidecar and whose destination is not a gateway's own port. */
export function callBehind(mesh: Mesh, query: Query): OutboundCall | undefined {
  const { from, to, request } = query;
  const workload = from.workload === undefined ? undefined : workloadNamed(mesh, from.workload);
  const named = to.workload !== undefined || to.host !== undefined || to.ip !== undefined;
  if (workload === undefined || !named || to.gateway !== undefined || request.protocol === 'udp' || request.protocol === 'sctp') return undefined;
  return worldOf(workload, query.given ?? {}) === 'sidecar' ? outboundCall(mesh, query) : undefined;
}

interface Call {
  readonly mesh: Mesh;
  readonly scope: EgressScope;
  readonly workload: Workload;
  readonly caller: Caller;
  readonly query: Query;
  readonly told: TellMode;
}

/** The call that the question is about. */
export function outboundCall(mesh: Mesh, query: Query): OutboundCall {
  const { from, request } = query;
  const workload = from.workload === undefined ? undefined : workloadNamed(mesh, from.workload);
  if (workload === undefined) return unknown('R28', from.workload === undefined ? 'the calling workload' : `the calling workload \`${from.workload}\``);
  const given = query.given ?? {};
  const mode = worldOf(workload, given);
  if (mode === undefined) return unknown('R24', `enrolment:${workload.namespace}`);
  if (mode !== 'sidecar') return unknown('M53', `a sidecar of \`${workload.id}\`: its calls are not made by one`);
  if (request.protocol === 'udp' || request.protocol === 'sctp') return unknown('M69', 'anything: sidecars carry TCP alone');
  const caller: Caller = { id: workload.id, namespace: workload.namespace, labels: workload.labels };
  const told: TellMode = (other) => {
    const world = worldOf(other, given);
    if (world === undefined) return undefined;
    if (world === 'ambient') return 'ztunnel';
    return world === 'sidecar' || (world === 'gateway' && other.labels['security.istio.io/tlsMode'] === 'istio') ? 'proxy' : 'nothing';
  };
  const call: Call = { mesh, scope: egressScope(mesh, caller), workload, caller, query, told };
  const addresses = addressesCalled(mesh, call.scope, query);
  if ('missing' in addresses) return unknown(addresses.rule, addresses.missing);
  const unread = unreadFor(mesh, workload, query, given);
  return weakest(addresses.map((address) => ({ at: address.workload, answer: leavesAt(call, address.address) ?? (unread === undefined ? callAt(call, address.address) : unknown(unread.rule, unread.missing)) })));
}

function unknown(rule: string, missing: string, because: readonly Step[] = []): OutboundCall {
  return { verdict: 'unknown', rule, missing, because };
}

/** One name that leads to several pods: what the sidecar does at the weakest of them. */
function weakest(answers: readonly { readonly at: Workload | undefined; readonly answer: OutboundCall }[]): OutboundCall {
  const order: readonly string[] = ['unknown', 'passthrough', 'plaintext', 'tls', 'mtls', 'blocked'];
  const [first] = [...answers].sort((left, right) => order.indexOf(left.answer.verdict) - order.indexOf(right.answer.verdict));
  if (first === undefined) return unknown('M49', 'where the name leads');
  const { answer } = first;
  if (answers.length === 1) return first.at === undefined || answer.verdict === 'unknown' ? answer : { ...answer, ends: () => endsAt(first) };
  const ends = (): readonly CallEnd[] => answers.flatMap(endsAt);
  if (answer.verdict === 'unknown') return answer;
  if (new Set(answers.map((each) => each.answer.verdict)).size < 2) return { ...answer, ends };
  const endpoints = Object.fromEntries(answers.flatMap(({ at, answer: { verdict } }) => (at !== undefined && isSent(verdict) ? [[at.id, verdict] as const] : [])));
  return { ...answer, ends, ...(Object.keys(endpoints).length < 2 ? {} : { endpoints }) };
}

/** At the address of a pod the call comes to that pod. */
function endsAt({ at, answer }: { readonly at: Workload | undefined; readonly answer: OutboundCall }): readonly CallEnd[] {
  const ends = answer.ends?.() ?? [];
  return at === undefined ? ends : ends.flatMap((end) => (end.workload === undefined || end.workload === at.id ? [{ ...end, workload: at.id }] : []));
}

const nowhere = (): readonly CallEnd[] => [];

/** Past any Service of the proxy's own: where the name leads in the cluster, or outside. */
function straight({ mesh, query }: Pick<Call, 'mesh' | 'query'>, sends: 'plaintext' | 'passthrough'): () => readonly CallEnd[] {
  return () => {
    const { to } = query;
    const host = to.host ?? to.workload ?? to.ip ?? '';
    const found = addressed(mesh, query);
    const pods = 'missing' in found ? [] : found.pods;
    return pods.length === 0 ? [{ workload: undefined, host, port: to.port, sends }] : pods.map(({ workload, port }) => ({ workload: workload.id, host, port, sends }));
  };
}

function isSent(verdict: string): verdict is Sent {
  return verdict === 'mtls' || verdict === 'tls' || verdict === 'plaintext';
}

/** M69, M72: what the pod keeps from its sidecar goes as the application sends it; `undefined`: the sidecar meets it. */
function leavesAt({ mesh, workload, query }: Call, address: string): OutboundCall | undefined {
  const way = outboundWay(mesh, workload, query.to.port, parseIp(address));
  if (way.way === 'through') return undefined;
  if (way.way === 'unknown') return unknown(way.rule, way.because);
  const by = workload.resource === undefined ? [] : [resourceId(workload.resource)];
  return { verdict: 'plaintext', by, ends: straight({ mesh, query }, 'plaintext'), because: [{ rule: way.rule, text: `\`${workload.id}\` calls as its application does: ${way.because}`, ...(by[0] === undefined ? {} : { by: by[0] }) }] };
}

function callAt(call: Call, address: string): OutboundCall {
  const { mesh, scope, caller, query } = call;
  const { request, to } = query;
  const protocol = request.protocol === 'https' ? 'tls' : request.protocol === 'http' || request.protocol === 'tls' ? request.protocol : 'tcp';
  const connection: Connection = { address, port: to.port, protocol, sni: protocol === 'tls' ? (request.sni ?? to.host) : undefined };
  const taken = takenBy(mesh, scope, caller, connection);
  const direct: readonly Step[] = to.workload === undefined ? [] : [{ rule: 'M50', text: `the pod's own address is called${byServices(mesh, to.workload, to.port)}` }];
  if (taken.type === 'unknown-destination') return unknownDestination(call, undefined, direct);
  return taken.end.type === 'routes' ? byRoutes(call, taken.end, protocol) : byDestinations(call, taken.end, undefined);
}

/** The names by which the same port of the pod would rather be called. */
function byServices(mesh: Mesh, id: string, port: number): string {
  const workload = workloadNamed(mesh, id);
  const names = workload === undefined ? [] : servicesOf(mesh, workload).flatMap((service) => (service.kind === 'Service' ? service.spec.ports.filter((entry) => targetPortOf(podSpecOf(workload), entry) === port).map((entry) => `\`${hostOf(service)}:${String(entry.port)}\``) : []));
  return names.length === 0 ? ', and no Service leads there' : `, not ${names.slice(0, 3).join(' or ')}`;
}

function sidecarOf({ sidecar }: EgressScope): readonly string[] {
  return sidecar === undefined ? [] : [resourceId(sidecar)];
}

/** M100. */
function unknownDestination(call: Call, authority: string | undefined, because: readonly Step[]): OutboundCall {
  const { scope } = call;
  const steps: readonly Step[] = [...because, { rule: 'M100', text: 'the sidecar knows no such destination', ...(scope.sidecar === undefined ? {} : { by: resourceId(scope.sidecar) }) }];
  const by = [...new Set([...sidecarOf(scope), ...(scope.unknownBy === undefined ? [] : [scope.unknownBy])])].sort();
  const said = scope.unknownBy === undefined ? {} : { by: scope.unknownBy };
  if (scope.unknown === undefined) return { verdict: 'blocked', ends: nowhere, by, because: [...steps, { rule: 'M100', text: 'unknown destinations are refused', ...said }] };
  if (scope.unknown === 'passes') return { verdict: 'passthrough', ends: straight(call, 'passthrough'), by, because: [...steps, { rule: 'M100', text: 'unknown destinations are let through as they are, without mutual TLS', ...said }] };
  const { host, port, subset } = scope.unknown.proxy;
  return toCluster(call, { host, port: port ?? 0, subset, authority, by, because: steps });
}

function byRoutes(call: Call, end: Extract<ChainEnd, { type: 'routes' }>, protocol: Connection['protocol']): OutboundCall {
  const { mesh, query, caller } = call;
  if (protocol !== 'http') return { verdict: 'blocked', ends: nowhere, by: sidecarOf(call.scope), because: [{ rule: 'A4.4', text: 'the port is HTTP, and what is spoken is not' }] };
  const attached = routesOfTheMesh(mesh, query, end);
  if (attached !== undefined) return unknown('M122', `what \`${attached}\` makes of the request: routes of the mesh in the Gateway API are not computed`);
  const request = routedRequest(call);
  const routed = routedBy(caller, end, request);
  switch (routed.type) {
    case 'unknown-host':
      return unknownDestination(call, request.authority, []);
    case 'none':
      return { verdict: 'blocked', ends: nowhere, by: routed.by === undefined ? [] : [routed.by], because: [{ rule: 'M116', text: 'no route of the host fits the request', ...(routed.by === undefined ? {} : { by: routed.by }) }] };
    case 'service':
      return toCluster(call, { host: routed.service.host, port: end.port, subset: '', authority: request.authority, by: [], because: [] });
    case 'route': {
      const { guarded, by, services } = routed;
      const { route } = guarded;
      const step = (text: string): readonly Step[] => [{ rule: 'M116', text, by }];
      if (route.redirect !== undefined) return { verdict: 'blocked', ends: nowhere, by: [by], because: step('the route answers with a redirect') };
      if (route.directResponse !== undefined) return { verdict: 'blocked', ends: nowhere, by: [by], because: step(`the route answers ${String(route.directResponse.status)} itself`) };
      if (route.abortPercentage >= 100) return { verdict: 'blocked', ends: nowhere, by: [by], because: step('the route answers every request with an injected error') };
      const sent = forwardedAs(guarded, request);
      const answer = byDestinations(call, { type: 'destinations', route: route.route, port: end.port, by }, { services, authority: sent.host });
      const onward = changedOn(route.requestHeaders, request, sent, by);
      return answer.verdict === 'unknown' || onward === undefined ? answer : { ...answer, sentOn: onward };
    }
    default:
      return assertNever(routed);
  }
}

/** M116: the pods see the request as the route sends it on. */
function changedOn({ set, add, remove }: HeaderChanges, request: RoutedRequest, sent: { readonly path: string; readonly host: string }, by: string): SentOn | undefined {
  const path = sent.path === `${request.path}${request.query}` ? {} : { path: sent.path };
  const host = sent.host === request.authority ? {} : { host: sent.host };
  const headers = remove.length > 0 || [...Object.keys(set), ...Object.keys(add)].some((name) => !isAuthority(name));
  return headers || 'path' in path || 'host' in host ? { ...path, ...host, headers, by } : undefined;
}

/** Routes of the Gateway API that are for Services: they take the place of the Services' own. */
function routesOfTheMesh(mesh: Mesh, { to }: Query, { listener, port }: Extract<ChainEnd, { type: 'routes' }>): string | undefined {
  const routes = [...ofKind(mesh, 'HTTPRoute'), ...ofKind(mesh, 'GRPCRoute')];
  if (routes.length === 0) return undefined;
  const names = new Set(listener.services.filter(({ ports, host }) => ports.some(({ number }) => number === port) && (to.host === undefined || host.startsWith(hostName(to.host).toLowerCase()))).map(({ source }) => `${source.kind} ${source.namespace ?? ''}/${source.name}`));
  const found = routes.find((route) => route.spec.parents.some(({ kind, name, namespace }) => names.has(`${kind} ${namespace ?? route.namespace ?? ''}/${name}`)));
  return found === undefined ? undefined : resourceId(found);
}

function routedRequest({ mesh, query, caller }: Call): RoutedRequest {
  const { request, to } = query;
  const asked = askedRequest(query, null, { name: caller.id, namespace: caller.namespace });
  const whole = pathWithQuery(asked.raw.path, mesh);
  const at = whole.indexOf('?');
  const [path, rest] = at < 0 ? [whole, ''] : [whole.slice(0, at), whole.slice(at)];
  return { path, query: rest, method: asked.raw.method, authority: request.host ?? to.host ?? to.ip ?? '', scheme: 'http', headers: asked.raw.headers };
}

interface Among {
  readonly services: ReadonlyMap<string, KnownService>;
  readonly authority: string;
}

function byDestinations(call: Call, { route, port, by }: Extract<ChainEnd, { type: 'destinations' }>, http: Among | undefined): OutboundCall {
  const weighted = route.length === 1 ? route : route.filter(({ weight }) => weight > 0);
  const steps: readonly Step[] = by === undefined ? [] : [{ rule: 'M116', text: 'a route of the mesh decides where the call goes', by }];
  const answers = weighted.map((destination) => toCluster(call, { ...placeOf(call, destination, port, http?.services), authority: http?.authority, by: by === undefined ? [] : [by], because: steps }));
  const [first, ...more] = answers;
  if (first === undefined) return { verdict: 'blocked', ends: nowhere, by: by === undefined ? [] : [by], because: [...steps, { rule: 'M116', text: 'the route has no destination' }] };
  if (more.length === 0) return first;
  const ends = (): readonly CallEnd[] => answers.flatMap((answer) => answer.ends?.() ?? []);
  if (first.verdict === 'unknown' || more.some(({ verdict }) => verdict !== first.verdict)) {
    const mixed = unknown('M116', 'which share of the calls is taken: the destinations of the route get different TLS', steps);
    return answers.every((answer) => answer.ends !== undefined) ? { ...mixed, ends } : mixed;
  }
  return { verdict: first.verdict, ends, by: [...new Set(answers.flatMap((answer) => (answer.verdict === 'unknown' ? [] : answer.by)))].sort(), because: first.because };
}

/** A destination without a port: the only one that its service has, else the one that was called. */
function placeOf({ scope }: Call, { host, subset, port }: RouteDestination, called: number, services: ReadonlyMap<string, KnownService> | undefined): { readonly host: string; readonly port: number; readonly subset: string } {
  const service = (services ?? scope.services).get(host);
  const behind = service?.resolution === 'alias' && service.source.kind === 'Service' ? service.source.spec.externalName : undefined;
  const [only, ...more] = service?.ports ?? [];
  return { host: behind ?? host, subset, port: port ?? (only !== undefined && more.length === 0 ? only.number : called) };
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly subset: string;
  readonly authority: string | undefined;
  readonly by: readonly string[];
  readonly because: readonly Step[];
}

function toCluster(call: Call, place: Place): OutboundCall {
  const found = callCluster(call.mesh, call.scope, call.caller, place, call.told);
  return 'missing' in found ? withoutCluster(call, place, found) : sentTo(call, place, found);
}

function withoutCluster({ mesh }: Call, { host, port, subset, by, because }: Place, { missing }: Extract<ClusterAnswer, { missing: unknown }>): OutboundCall {
  if (missing === 'cluster' && mesh.world === 'open' && !knownServices(mesh).some((service) => service.host === host)) return unknown('M117', `whether there is a Service behind \`${host}\``, because);
  const text = {
    cluster: `the sidecar knows no port ${String(port)} of \`${host}\``,
    subset: `no DestinationRule that applies has a subset \`${subset}\` of \`${host}\``,
    endpoints: `nothing stands behind port ${String(port)} of \`${host}\`${subset === '' ? '' : ` in subset \`${subset}\``}`,
  }[missing];
  return { verdict: 'blocked', ends: nowhere, by, because: [...because, { rule: missing === 'subset' ? 'M41' : 'M117', text }] };
}

function sentTo(call: Call, place: Place, found: ClusterCall): OutboundCall {
  const open = found.sent.find(({ sends }) => typeof sends === 'object');
  if (open !== undefined && typeof open.sends === 'object') return unknown(open.sends.rule ?? 'R24', open.sends.unknown, place.because);
  const each = found.sent.flatMap(({ endpoint, sends }) => (typeof sends === 'object' ? [] : [{ workload: endpoint?.workload, sends }]));
  const verdict = (['plaintext', 'tls', 'mtls'] as const).find((candidate) => each.some(({ sends }) => sends === candidate)) ?? 'plaintext';
  const named = each.flatMap(({ workload, sends }) => (workload === undefined ? [] : [[workload.id, sends] as const]));
  const differ = each.some(({ sends }) => sends !== verdict);
  const step = tlsStep(call, found, verdict);
  const { source, host } = found.cluster.service;
  const target = source.kind === 'Service' ? `${source.namespace ?? ''}/${source.name}` : host;
  const ends = (): readonly CallEnd[] => found.sent.flatMap(({ endpoint, sends }) => (typeof sends === 'object' ? [] : [{ workload: endpoint?.workload?.id, host, port: endpoint?.port ?? found.cluster.port, sends }]));
  const base = { ends, backend: `${target}:${String(found.cluster.port)}${found.cluster.subset === '' ? '' : `/${found.cluster.subset}`}`, by: [...new Set([...place.by, ...(step.by === undefined ? [] : [step.by]), ...sidecarOf(call.scope)])].sort(), because: [...place.because, step] };
  if (verdict === 'plaintext') return { verdict, ...base, ...(differ ? { endpoints: Object.fromEntries(named) } : {}) };
  // Without a name of its own a sidecar takes that of the request.
  if (found.tunnelled) return { verdict, ...base };
  const sni = found.sni ?? (place.authority === undefined ? undefined : nameIn(place.authority));
  return { verdict, ...base, ...(sni === undefined ? {} : { sni }), ...(verdict === 'tls' ? { clientCertificate: found.clientCertificate } : {}), ...(differ ? { endpoints: Object.fromEntries(named) } : {}) };
}

function nameIn(authority: string): string | undefined {
  const name = hostName(authority);
  return parseIp(name) === undefined ? name : undefined;
}

function tlsStep({ mesh }: Call, { choice, autoOff, sent, cluster, tunnelled }: ClusterCall, verdict: Sent): Step {
  if (tunnelled) return { rule: 'M51', text: 'the pods behind the service are in ambient: a tunnel of the mesh leads to each, whatever a DestinationRule says' };
  if (choice.sends !== 'auto') {
    const what = { mutual: 'the sidecar starts mutual TLS of the mesh', plaintext: 'the sidecar starts no TLS', 'own-tls': 'the sidecar starts TLS that is not the mesh\'s' }[choice.sends];
    const { rule, path, because } = choice;
    return { rule: choice.sends === 'plaintext' && choice.tls === undefined ? 'M42' : 'M40', text: `${what}: ${because}`, by: resourceId(rule), details: () => [{ by: resourceId(rule), text: '', path: ['spec', ...path] }] };
  }
  const noRule = 'no DestinationRule that applies says which TLS';
  switch (autoOff) {
    case 'outside':
      return { rule: 'M46', text: `${noRule}, and what is outside the mesh gets no mutual TLS by itself` };
    case 'mesh-config':
      return { rule: 'M46', text: `${noRule}, and automatic mutual TLS is off`, ...(mesh.config.statedBy === undefined ? {} : { by: mesh.config.statedBy }) };
    case 'namespace': {
      const { by } = namespaceMode(mesh, cluster.service.namespace);
      return { rule: 'M47', text: `${noRule}, and mutual TLS is DISABLE in the namespace of the service`, ...(by === undefined ? {} : { by }) };
    }
    case 'endpoints':
      return { rule: 'M49', text: `${noRule}, and not every pod behind the name takes mutual TLS` };
    case undefined:
      return { rule: 'M48', text: verdict === 'mtls' ? `${noRule}: mutual TLS by itself, which every pod behind the service takes` : sent.some(({ sends }) => sends === 'mtls') ? `${noRule}: mutual TLS by itself to pods that take it, plaintext to the others` : `${noRule}, and no pod behind the service takes mutual TLS` };
    default:
      return assertNever(autoOff);
  }
}
