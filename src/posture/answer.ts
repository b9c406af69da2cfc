/**
 * `decide`: may this request reach this workload, by which enforcement point and by which policies. Slow and plain on purpose: it is
 * the definition that the symbolic side is checked against.
 */
import { ofKind, policiesFor } from '#mesh/attachment.ts';
import { proxyPorts } from '#mesh/capture.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { selects } from '#mesh/selection.ts';
import type { Resource } from '#mesh/policies.ts';
import { waypointOfPod, waypointOfService } from '#mesh/waypoints.ts';
import type { Decision, Query, Step } from './query.ts';
import { askedRequest } from './request.ts';
import type { AskedRequest } from './request.ts';
import { decideAtSidecar } from './sidecar.ts';
import type { Given } from './sidecar.ts';
import { askedPhantom } from './destinations.ts';
import { decideAtZtunnel } from './ztunnel.ts';
import { decideOutbound, throughNetwork } from './network-layer.ts';

export function decide(mesh: Mesh, query: Query): Decision {
  if (query.to.gateway !== undefined) return unknown('M110', `what the gateway \`${query.to.gateway}\` routes to`, []);
  if (query.to.workload === undefined && query.to.host === undefined && query.to.selector === undefined && query.to.ip !== undefined) return decideOutbound(mesh, query, clientOf(mesh, query));
  const destinations = destinationsAsked(mesh, query);
  if ('missing' in destinations) return unknown(destinations.rule, destinations.missing, []);
  const answers = destinations.found.map(({ workload, port, service }) => behindWaypoint(mesh, workload, service, query) ?? decideThroughNetwork(mesh, workload, { ...query, to: { ...query.to, port } }, service !== undefined));
  const first = answers[0];
  if (first === undefined) return unknown('A2.2', 'the destination', []);
  return answers.every((answer) => answer.verdict === first.verdict) ? first : unknown('A2.2', `which pod behind \`${query.to.host ?? ''}\` is reached: they answer differently`, []);
}

function unknown(rule: string, missing: string, because: readonly Step[]): Decision {
  return { verdict: 'unknown', rule, missing, because };
}

interface Found {
  readonly workload: Workload;
  readonly port: number;
  /** The Service by which it was asked for; `undefined`: by its own address. */
  readonly service: Resource<'Service'> | undefined;
}

type Asked = { readonly found: readonly Found[] } | { readonly rule: string; readonly missing: string };

function destinationsAsked(mesh: Mesh, query: Query): Asked {
  const { to } = query;
  if (to.workload !== undefined) {
    const workload = workloadNamed(mesh, to.workload);
    return workload === undefined ? { rule: 'R28', missing: `the workload \`${to.workload}\`` } : { found: [{ workload, port: to.port, service: undefined }] };
  }
  if (to.selector !== undefined) return { found: [{ workload: askedPhantom(mesh, to.selector.namespace, to.selector.labels), port: to.port, service: undefined }] };
  if (to.host !== undefined) return podsBehind(mesh, to.host, to.port);
  return { rule: 'A2.2', missing: 'the destination: name a workload, a host or a selector' };
}

/** By id, or by `namespace/name[Kind]` where the kind is not needed. */
export function workloadNamed(mesh: Mesh, id: string): Workload | undefined {
  const direct = mesh.workloads.get(id);
  if (direct !== undefined) return direct;
  const match = /^(.*)\[(.*)\]$/.exec(id);
  const plain = match === null ? undefined : mesh.workloads.get(match[1] ?? '');
  return plain !== undefined && plain.kind === match?.[2] ? plain : undefined;
}

/** Pods of the Service `name.namespace.svc.cluster.local` (or a short form with a namespace), at the port behind its port. */
function podsBehind(mesh: Mesh, host: string, port: number): Asked {
  const [name, namespace, svc] = host.split('.');
  if (svc !== undefined && svc !== 'svc') return { rule: 'M102', missing: `what stands behind the host \`${host}\`` };
  const service = ofKind(mesh, 'Service').find((candidate) => candidate.name === name && candidate.namespace === namespace);
  const selector = service?.spec.selector;
  const servicePort = service?.spec.ports.find((candidate) => candidate.port === port);
  if (service === undefined || selector === undefined || servicePort === undefined) return { rule: 'M102', missing: `a Service \`${host}\` with port ${String(port)} and pods` };
  const found = [...mesh.workloads.values()]
    .filter((workload) => workload.namespace === service.namespace && selects(selector, workload.labels))
    .flatMap((workload) => {
      const target = targetPortOf(podSpecOf(workload), servicePort);
      return target === undefined ? [] : [{ workload, port: target, service }];
    });
  return found.length === 0 ? { rule: 'M102', missing: `a declared pod behind \`${host}\`` } : { found };
}

/** M75, M85: traffic that starts in ambient goes through a waypoint that is bound; sidecars, gateways and clients outside do not. */
function behindWaypoint(mesh: Mesh, workload: Workload, service: Resource<'Service'> | undefined, query: Query): Decision | undefined {
  const { from } = query;
  if (from.direct === true || from.outside === true) return undefined;
  const client = from.workload === undefined ? undefined : workloadNamed(mesh, from.workload);
  const ambient = from.workload === undefined ? typeof from.principal === 'string' : client?.enrolment.mode === 'ambient';
  if (!ambient) return undefined;
  const waypoint = service === undefined ? waypointOfPod(mesh, workload) : waypointOfService(mesh, service);
  return waypoint === undefined ? undefined : unknown('M75', `what the waypoint \`${waypoint.id}\` in front of \`${workload.id}\` decides`, []);
}

function clientOf(mesh: Mesh, { from }: Query): Workload | undefined {
  return from.workload === undefined ? undefined : workloadNamed(mesh, from.workload);
}

function decideThroughNetwork(mesh: Mesh, workload: Workload, query: Query, byService: boolean): Decision {
  return throughNetwork({
    mesh,
    workload,
    query,
    client: clientOf(mesh, query),
    tunnelled: () => {
      const caller = callerOf(mesh, workload, 'ambient', query, query.given ?? {}, byService);
      return 'principal' in caller && caller.principal !== null;
    },
    decide: () => decideAt(mesh, workload, query, byService),
  });
}

function decideAt(mesh: Mesh, workload: Workload, query: Query, byService: boolean): Decision {
  const given: Given = query.given ?? {};
  const { enrolment } = workload;
  if (enrolment.mode !== 'unknown') return decideIn(mesh, workload, enrolment.mode, query, given, byService);
  const told = given[enrolment.assumption];
  if (told !== undefined) return decideIn(mesh, workload, told ? enrolment.inWorld : 'none', query, given, byService);
  // R24: both worlds; outside the mesh nothing refuses.
  const inside = decideIn(mesh, workload, enrolment.inWorld, query, given, byService);
  if (inside.verdict === 'allow') return inside;
  return unknown('R24', enrolment.assumption, [...inside.because, { rule: 'R24', text: `whether \`${workload.id}\` is in the mesh is not known: ${inside.verdict} inside, allow outside` }]);
}

function decideIn(mesh: Mesh, workload: Workload, mode: 'sidecar' | 'ambient' | 'gateway' | 'none', query: Query, given: Given, byService: boolean): Decision {
  switch (mode) {
    case 'none':
      return unguarded([{ rule: 'M3D', text: `\`${workload.id}\` is not in the mesh${workload.enrolment.mode === 'none' ? `: ${workload.enrolment.because}` : ''}` }]);
    case 'gateway':
      return unknown('M110', `what the gateway \`${workload.id}\` routes to`, []);
    case 'sidecar': {
      if (isProxyPort(workload, query.to.port)) return unguarded([{ rule: 'M155', text: `port ${String(query.to.port)} is the proxy's own, no policy acts there` }]);
      if (!capturedAt(workload, query.to.port)) return unguarded([{ rule: 'M69', text: `port ${String(query.to.port)} of \`${workload.id}\` does not go through the proxy` }]);
      const caller = callerOf(mesh, workload, mode, query, given, byService);
      if ('missing' in caller) return unknown(caller.rule, caller.missing, []);
      return decideAtSidecar(mesh, workload, policiesFor(mesh, workload), caller, given);
    }
    case 'ambient': {
      const caller = callerOf(mesh, workload, mode, query, given, byService);
      if ('missing' in caller) return unknown(caller.rule, caller.missing, []);
      return decideAtZtunnel(mesh, workload, caller);
    }
  }
}

function unguarded(because: readonly Step[]): Decision {
  return { verdict: 'allow', layer: 'none', by: [], enforcedAt: 'none', because };
}

/** A port of the proxy itself that nothing declares as the application's. */
export function isProxyPort(workload: Workload, port: number): boolean {
  return proxyPorts.has(port) && !workload.ports.some((candidate) => candidate.port === port);
}

export function capturedAt(workload: Workload, port: number): boolean {
  return workload.ports.find((candidate) => candidate.port === port)?.captured ?? workload.otherPortsCaptured;
}

/** Who calls, and how the connection looks to the destination. */
function callerOf(mesh: Mesh, workload: Workload, into: 'sidecar' | 'ambient', query: Query, given: Given, byService: boolean): AskedRequest | { readonly rule: string; readonly missing: string } {
  const { from } = query;
  if (from.outside === true) return { rule: 'M130', missing: 'which gateway the client comes through' };
  if (from.workload === undefined) return askedRequest(query, from.principal ?? null, workload);
  const client = workloadNamed(mesh, from.workload);
  if (client === undefined) return { rule: 'R28', missing: `the calling workload \`${from.workload}\`` };
  const mode = worldOf(client, given);
  if (mode === undefined) return { rule: 'R24', missing: `enrolment:${client.namespace}` };
  const identity = `${mesh.config.trustDomain}/ns/${client.namespace}/sa/${client.serviceAccount}`;
  const presented = presents(mesh, client, mode, workload, into, byService) ? identity : null;
  // Inside mesh mTLS the client's own TLS is bytes like any other.
  const ownTls = query.request.protocol === 'tls' || query.request.protocol === 'https';
  return askedRequest(ownTls && presented !== null ? { ...query, request: { ...query.request, protocol: 'tcp' } } : query, presented, workload);
}

function worldOf(client: Workload, given: Given): 'sidecar' | 'ambient' | 'gateway' | 'none' | undefined {
  const { enrolment } = client;
  if (enrolment.mode !== 'unknown') return enrolment.mode;
  const told = given[enrolment.assumption];
  return told === undefined ? undefined : told ? enrolment.inWorld : 'none';
}

/** Whether the client's identity reaches the destination (M46 to M52); DestinationRules are no part of this. */
function presents(mesh: Mesh, client: Workload, mode: 'sidecar' | 'ambient' | 'gateway' | 'none', workload: Workload, into: 'sidecar' | 'ambient', byService: boolean): boolean {
  if (mode === 'none') return false;
  const hbone = mesh.config.sidecarHbone !== false;
  // M51: a sidecar sends HBONE to ambient pods of a Service, plaintext to a bare pod address.
  if (into === 'ambient') return mode === 'ambient' || byService;
  // M52: ztunnel calls a sidecar that takes no HBONE in plaintext.
  if (mode === 'ambient') return hbone;
  return workload.labels['security.istio.io/tlsMode'] !== 'disabled' && mesh.config.enableAutoMtls && client.labels['security.istio.io/tlsMode'] !== 'disabled';
}
