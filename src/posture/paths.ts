/**
 * The symbolic side of `decide`: for each destination, the ways in and their layers, as cubes over what a client sends.
 *
 * `port` is the workload's port, `protocol` what the client speaks, `peer` the identity it presents (`null`: plaintext, or TLS of its
 * own). A policy is lowered once for each kind of chain; where the chains agree there is one cube without a word about the connection.
 */
import { shortHash } from '#lib/canonical.ts';
import { compareText, distinct, sameEntries } from '#lib/order.ts';
import { modeOf } from '#mesh/enrolment.ts';
import { policiesFor } from '#mesh/attachment.ts';
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh, MeshConfig, Workload } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import { ambientMtls } from '#semantics/ambient-peer-authentication.ts';
import { enforced } from '#semantics/authorization-policy.ts';
import type { CompiledPolicy } from '#semantics/authorization-policy.ts';
import type { Condition } from '#semantics/condition.ts';
import { lowerPolicy, mergeCubes } from '#semantics/lowering.ts';
import { effectiveMtls, foreignTrustDomain } from '#semantics/peer-authentication.ts';
import type { EffectiveMtls } from '#semantics/peer-authentication.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import { cubeKey } from '#sets/keys.ts';
import { hasAmbient } from './arrival.ts';
import { connectionDomains, protocolPredicate } from './connection-domains.ts';
import type { ChainGroup, ConnectionDomains } from './connection-domains.ts';
import { opaqueGateway } from './gateway-opaque.ts';
import { allPortsBut, onlyPorts, portPredicates } from './port-set.ts';
import type { EnforcementPoint } from './query.ts';
import { knownMethods } from './request.ts';
import { sidecarLowering } from './sidecar-lowering.ts';
import type { AskedProvider } from './sidecar-lowering.ts';
import { nobodysRequests } from './nobody.ts';
import { bearerTies, claimTies, tokenTies } from './token-ties.ts';
import { notFromAmbient, notThrough, tunnelWays } from './tunnel-paths.ts';
import { waypointWays, type AddressedWaypoint } from './waypoint-paths.ts';
import { readByZtunnel } from './ztunnel.ts';

export interface DestinationPosture {
  /** Requests that pass, or that an external authorizer is asked about. */
  readonly possible: readonly Path[];
  /** Requests that pass without anybody being asked; the same list as `possible` where nobody is asked. */
  readonly sure: readonly Path[];
  /** Equal content gives an equal key; it holds no name of an environment or a file. */
  readonly key: string;
  readonly enforcedAt: EnforcementPoint;
  /** Ids of additional assumptions (R24, R26). */
  readonly assumptions: readonly string[];
  /** Parts that are not interpreted, each with the key of its content. */
  readonly opaque: readonly { readonly resource: string; readonly key: string }[];
  /** Some RequestAuthentication reads tokens here. */
  readonly readsTokens: boolean;
  /** Requests that cannot exist besides `impossible`: of the headers in which tokens are read here. */
  readonly ties: readonly Cube[];
  /** Conditions behind the opaque booleans of the cubes: a concrete request can be asked for their value. */
  readonly conditions: ReadonlyMap<Dimension, { readonly condition: Condition; readonly group: ChainGroup }>;
  /** By path id: the waypoint that it goes through. */
  readonly waypoints: ReadonlyMap<string, AddressedWaypoint>;
  /** Ids of paths on which a connection is a tunnel on the wire, though the pod is not in ambient (M142). */
  readonly tunnels: ReadonlySet<string>;
  /** External authorizers by what they are asked about: requests in `possible` and not in `sure` are in some of their cubes. */
  readonly asked: readonly AskedProvider[];
}

/** Requests that cannot exist, or that no policy ever sees: blockers of every difference, in either direction. */
export const impossible: readonly Cube[] = [
  // A client's own TLS carries no mesh identity.
  cube([protocolPredicate(['https', 'tls']), { dimension: 'peer', any: [{ type: 'identified' }], none: [] }]),
  // No TLS, no server name.
  cube([protocolPredicate(['http', 'tcp']), { dimension: 'peer', any: [], none: [{ type: 'identified' }] }, { dimension: 'sni', any: [{ type: 'present' }], none: [] }]),
  // A token stands in a request: bytes hold none.
  cube([protocolPredicate(['tcp', 'tls']), { dimension: 'token', any: [{ type: 'token' }], none: [] }]),
  // A3.35: answered with 400 before any policy.
  cube([protocolPredicate(['http']), { dimension: 'method', any: [], none: knownMethods.map((text) => ({ type: 'exact', text })) }]),
  ...bearerTies,
  // A5.1: a token on a CORS preflight is not looked at; the same request without it stands for it.
  cube([
    { dimension: 'token', any: [{ type: 'token' }], none: [] },
    { dimension: 'method', any: [{ type: 'exact', text: 'OPTIONS' }], none: [] },
    { dimension: 'header:origin', any: [{ type: 'non-empty' }], none: [] },
    { dimension: 'header:access-control-request-method', any: [{ type: 'non-empty' }], none: [] },
  ]),
];

function cube(predicates: readonly Predicate[]): Cube {
  return { predicates, origins: [] };
}

/**
 * All ways: straight, and through the waypoints of what leads to the workload.
 * @param mixed some client may be in ambient: such a client comes to a sidecar in another way than one behind a sidecar of its own
 */
export function pathsTo(mesh: Mesh, workload: Workload, mixed: boolean = hasAmbient(mesh)): DestinationPosture {
  const nobodys = nobodysRequests(mesh);
  const posture = waysTo(mesh, workload, mixed);
  return nobodys.length === 0 ? posture : { ...posture, ties: [...posture.ties, ...nobodys] };
}

function waysTo(mesh: Mesh, workload: Workload, mixed: boolean): DestinationPosture {
  const mode = modeOf(workload);
  const posture = throughWaypoints(mesh, workload, mode);
  return mixed && mode === 'sidecar' ? withTunnels(mesh, workload, posture) : posture;
}

/** M20, M52: what comes straight from ambient. */
function withTunnels(mesh: Mesh, workload: Workload, posture: DestinationPosture): DestinationPosture {
  const through = (path: Path): boolean => posture.waypoints.has(path.id);
  const straight = { possible: posture.possible.filter((path) => !through(path)), sure: posture.sure === posture.possible ? undefined : posture.sure.filter((path) => !through(path)) };
  const addresses = addressesThrough(posture);
  const ways = tunnelWays(mesh, workload, { possible: straight.possible, sure: straight.sure ?? straight.possible }, addresses);
  const all = (paths: readonly Path[], tunnels: readonly Path[]): readonly Path[] => [...paths.map((path) => (through(path) ? path : { id: path.id, layers: [...path.layers, notFromAmbient] })), ...tunnels];
  const possible = all(posture.possible, ways.possible);
  return finish({
    ...posture,
    possible,
    sure: posture.sure === posture.possible && ways.sure === ways.possible ? possible : all(posture.sure, ways.sure),
    assumptions: [...posture.assumptions, ...ways.lowered.flatMap((lowered) => lowered.assumedProviders)],
    conditions: new Map([...posture.conditions, ...ways.lowered.flatMap((lowered) => [...lowered.conditions])]),
    tunnels: ways.tunnels,
  });
}

/** What leads through a waypoint when an ambient client addresses it. */
export function addressesThrough({ waypoints }: DestinationPosture): readonly string[] {
  return distinct([...waypoints.values()].map(({ address }) => address));
}

function throughWaypoints(mesh: Mesh, workload: Workload, mode: 'sidecar' | 'ambient' | 'gateway' | 'none'): DestinationPosture {
  const direct = straightTo(mesh, workload);
  const ways = mode === 'gateway' || workload.resource === undefined ? undefined : waypointWays(mesh, workload, mode);
  if (ways === undefined) return direct;
  const straight = (paths: readonly Path[]): readonly Path[] => paths.map((path) => ({ id: path.id, layers: [...path.layers, notThrough(ways.addresses)] }));
  const possible = [...straight(direct.possible), ...ways.possible];
  const plain = direct.sure === direct.possible && ways.sure === ways.possible;
  return finish({
    ...direct,
    possible,
    sure: plain ? possible : [...straight(direct.sure), ...ways.sure],
    assumptions: [...direct.assumptions, ...ways.lowered.flatMap((lowered) => lowered.assumedProviders)],
    opaque: [...direct.opaque, ...ways.opaque],
    readsTokens: direct.readsTokens || ways.tokenRules.length > 0,
    ties: [...direct.ties, ...ways.ties, ...(ways.tokenRules.length === 0 ? [] : [...tokenTies(ways.tokenRules), ...claimTies(ways.possible.flatMap((path) => path.layers))])],
    waypoints: ways.waypoints,
    asked: [...direct.asked, ...ways.lowered.flatMap((lowered) => lowered.asked)],
  });
}

function straightTo(mesh: Mesh, workload: Workload): DestinationPosture {
  const { enrolment } = workload;
  const mode = modeOf(workload);
  const assumptions = enrolment.mode === 'unknown' ? [enrolment.assumption] : [];
  switch (mode) {
    case 'none':
      return finish({ possible: [{ id: 'unguarded', layers: [] }], enforcedAt: 'none', assumptions });
    case 'gateway':
      return finish({ possible: [{ id: 'gateway', layers: [{ id: 'routing', allow: [cube([{ dimension: opaqueGateway(workload), any: [{ type: 'holds' }], none: [] }])], deny: [] }] }], enforcedAt: 'gateway', assumptions });
    case 'sidecar':
      return sidecarPosture(mesh, workload, assumptions);
    case 'ambient':
      return ambientPosture(mesh, workload, assumptions);
  }
}

export interface Parts {
  readonly possible: readonly Path[];
  readonly sure?: readonly Path[];
  readonly enforcedAt: EnforcementPoint;
  readonly assumptions: readonly string[];
  readonly opaque?: DestinationPosture['opaque'];
  readonly readsTokens?: boolean;
  readonly ties?: readonly Cube[];
  readonly conditions?: DestinationPosture['conditions'];
  readonly waypoints?: DestinationPosture['waypoints'];
  readonly tunnels?: DestinationPosture['tunnels'];
  readonly asked?: DestinationPosture['asked'];
}

/** With the key of the content. */
export function finish(parts: Parts): DestinationPosture {
  const sure = parts.sure ?? parts.possible;
  const opaque = parts.opaque ?? [];
  const asked = parts.asked ?? [];
  const assumptions = distinct(parts.assumptions);
  return {
    possible: parts.possible,
    sure,
    key: shortHash(...contentOf(parts.possible), ...(sure === parts.possible ? [] : ['sure', ...contentOf(sure)]), parts.enforcedAt, ...assumptions, ...opaque.map((entry) => `${entry.resource} ${entry.key}`), ...asked.flatMap(askedContent)),
    enforcedAt: parts.enforcedAt,
    assumptions,
    opaque,
    readsTokens: parts.readsTokens ?? false,
    ties: parts.ties ?? [],
    conditions: parts.conditions ?? new Map(),
    waypoints: parts.waypoints ?? new Map(),
    tunnels: parts.tunnels ?? new Set(),
    asked,
  };
}

function askedContent({ provider, key, failOpen, cubes }: AskedProvider): string[] {
  return ['asked', provider, key ?? '', String(failOpen), ...cubes.map(cubeKey)];
}

function contentOf(paths: readonly Path[]): string[] {
  return paths.flatMap((path) =>
    path.layers.flatMap((layer) => [layer.id, layer.allow === 'all' ? 'all' : `${String(layer.allow.length)} allowed`, ...(layer.allow === 'all' ? [] : layer.allow.map(cubeKey)), 'denied', ...layer.deny.map(cubeKey)]),
  );
}

/** All that the posture behind a sidecar follows from. */
interface SidecarInputs {
  readonly attached: Attached;
  readonly domains: ConnectionDomains;
  readonly effective: EffectiveMtls;
}

function sidecarInputs(mesh: Mesh, workload: Workload): SidecarInputs {
  const attached = policiesFor(mesh, workload);
  const effective = effectiveMtls(mesh, attached);
  return { attached, domains: connectionDomains(mesh.config, workload, effective), effective };
}

/**
 * Both sides are behind a sidecar, under the same policies, ports and configuration, and no client is in ambient: their postures are
 * equal and need not be made. `false` says nothing.
 */
export function surelyEqual(base: Mesh, before: Workload, head: Mesh, after: Workload): boolean {
  if (before.enrolment.mode !== 'sidecar' || after.enrolment.mode !== 'sidecar' || hasAmbient(base) || hasAmbient(head)) return false;
  if (base.config !== head.config || !sameAttached(policiesFor(base, before), policiesFor(head, after))) return false;
  const left = sidecarInputs(base, before);
  const right = sidecarInputs(head, after);
  return left.domains === right.domains && left.effective === right.effective && goesStraight(base, before) && goesStraight(head, after);
}

/** Mostly what differs, and known already. */
function sameAttached(left: Attached, right: Attached): boolean {
  return sameEntries(left.authorization, right.authorization) && sameEntries(left.requestAuthentication, right.requestAuthentication) && sameEntries(left.extensions, right.extensions);
}

/** Through the sidecar alone: not past it, and through no waypoint. */
function goesStraight(mesh: Mesh, workload: Workload): boolean {
  return uncapturedPath(workload).length === 0 && (workload.resource === undefined || waypointWays(mesh, workload, 'sidecar') === undefined);
}

function sidecarPosture(mesh: Mesh, workload: Workload, assumptions: readonly string[]): DestinationPosture {
  const { attached, effective, domains } = sidecarInputs(mesh, workload);
  const rules = tokenRules(attached.requestAuthentication, mesh.config);
  const lowering = sidecarLowering(mesh.config, attached, domains, rules);
  const shared: Layer[] = [mtlsLayer(domains, mesh.config), lowering.authentication, lowering.authorization];
  const bypass = uncapturedPath(workload);
  const proxied = (layers: readonly Layer[]): readonly Path[] => [{ id: 'sidecar', layers }, ...bypass];
  const possible = proxied(shared);
  const { asking } = lowering;
  const ambiguous = effective.ties.map((scope) => `tie:${scope}`);
  return finish({
    possible,
    ...(asking.length === 0 ? {} : { sure: proxied([{ id: 'external-authorization', allow: 'all', deny: asking }, ...shared]) }),
    enforcedAt: 'sidecar',
    assumptions: [...assumptions, ...ambiguous, ...lowering.assumedProviders],
    opaque: [...extensionMarks(attached.extensions), ...lowering.opaque],
    asked: lowering.asked,
    readsTokens: rules.length > 0,
    ties: rules.length === 0 ? [] : [...tokenTies(rules), ...claimTies(shared)],
    conditions: lowering.conditions,
  });
}

/** M16 to M18, A3.14. */
function mtlsLayer(domains: ConnectionDomains, config: MeshConfig): Layer {
  const known = mtlsLayers.get(domains);
  if (known !== undefined) return known;
  const fresh = freshMtlsLayer(domains, config);
  mtlsLayers.set(domains, fresh);
  return fresh;
}

// INVARIANT: connection domains belong to one configuration.
const mtlsLayers = new WeakMap<ConnectionDomains, Layer>();

function freshMtlsLayer(domains: ConnectionDomains, config: MeshConfig): Layer {
  const foreign = domains.terminated.map((domain) => cube([...domain, foreignTrustDomain(config)]));
  return { id: 'mtls', allow: 'all', deny: mergeCubes([...domains.refused.map(({ domain, origins }) => ({ predicates: domain, origins })), ...foreign]) };
}

/** M69: ports that do not go through the proxy are a way of their own, without a guard. */
function uncapturedPath(workload: Workload): readonly Path[] {
  const open = workload.ports.filter((port) => !port.captured).map((port) => port.port);
  if (workload.otherPortsCaptured && open.length === 0) return [];
  const ports = workload.otherPortsCaptured ? onlyPorts(...open) : allPortsBut(workload.ports.filter((port) => port.captured).map((port) => port.port));
  return [{ id: 'uncaptured', layers: [{ id: 'routing', allow: [cube(portPredicates(ports))], deny: [] }] }];
}

/** Extensions are not interpreted: each is the key of its content. */
export function extensionMarks(extensions: Attached['extensions']): DestinationPosture['opaque'] {
  return extensions.map((extension) => ({ resource: resourceId(extension), key: shortHash(extension.spec.content) })).sort((left, right) => compareText(left.resource, right.resource));
}

/** A section 4.B: L4 only, no token, no HTTP. */
function ambientPosture(mesh: Mesh, workload: Workload, assumptions: readonly string[]): DestinationPosture {
  const attached = policiesFor(mesh, workload);
  const opaque = extensionMarks(attached.extensions);
  const context = { key: 'ztunnel', seesPeer: true, forwarded: false, readable: [], rewrittenHeaders: new Map<string, never>(), opaque: () => undefined };
  const policies = enforced(readByZtunnel(attached.authorization), 'ztunnel', mesh.config);
  const cubes = (list: readonly CompiledPolicy[]): readonly Cube[] => mergeCubes(list.flatMap((policy) => lowerPolicy(policy, context).cubes));
  const mtls = ambientMtls(mesh, attached);
  const origins = [...attached.peerAuthentication.mesh, ...attached.peerAuthentication.namespace, ...attached.peerAuthentication.workload].map((policy) => ({ policy: resourceId(policy) }));
  const strictPorts = mtls.strict ? allPortsBut(mtls.exceptions) : onlyPorts(...mtls.exceptions);
  const noIdentity: Predicate = { dimension: 'peer', any: [], none: [{ type: 'identified' }] };
  const refusesSome = mtls.strict || mtls.exceptions.size > 0;
  const foreign: Predicate = { dimension: 'peer', any: [{ type: 'identified' }], none: [{ type: 'trust-domain', pattern: { type: 'exact', text: mesh.config.trustDomain } }] };
  const layers: Layer[] = [
    { id: 'mtls', allow: 'all', deny: [...(refusesSome ? [{ predicates: [...portPredicates(strictPorts), noIdentity], origins }] : []), cube([foreign])] },
    { id: 'authorization', allow: policies.allow.length === 0 ? 'all' : cubes(policies.allow), deny: cubes(policies.deny) },
  ];
  const bypass: readonly Path[] = workload.otherPortsCaptured ? [] : [{ id: 'uncaptured', layers: [{ id: 'routing', allow: [cube([noIdentity])], deny: [] }] }];
  return finish({ possible: [{ id: 'ztunnel', layers }, ...bypass], enforcedAt: 'ztunnel', assumptions, opaque });
}

