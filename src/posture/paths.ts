/**
 * The symbolic side of `decide`: for each destination, the ways in and their layers, as cubes over what a client sends.
 *
 * `port` is the workload's port, `protocol` what the client speaks, `peer` the identity it presents (`null`: plaintext, or TLS of its
 * own). A policy is lowered once for each kind of chain; where the chains agree there is one cube without a word about the connection.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { compareText, distinct } from '#lib/order.ts';
import { ofKind, policiesFor } from '#mesh/attachment.ts';
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh, MeshConfig, Workload } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import { selects } from '#mesh/selection.ts';
import { waypointOfPod, waypointOfService } from '#mesh/waypoints.ts';
import { ambientMtls } from '#semantics/ambient-peer-authentication.ts';
import { enforced } from '#semantics/authorization-policy.ts';
import type { CompiledPolicy } from '#semantics/authorization-policy.ts';
import type { Condition } from '#semantics/condition.ts';
import { lowerPolicy, mergeCubes } from '#semantics/lowering.ts';
import { effectiveMtls, foreignTrustDomain } from '#semantics/peer-authentication.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import { cubeKey } from '#sets/keys.ts';
import { connectionDomains, protocolPredicate } from './connection-domains.ts';
import type { ChainGroup, ConnectionDomains } from './connection-domains.ts';
import { allPortsBut, onlyPorts, portPredicates } from './port-set.ts';
import type { EnforcementPoint } from './query.ts';
import { knownMethods } from './request.ts';
import { sidecarLowering } from './sidecar-lowering.ts';
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
  /** Conditions behind the opaque booleans of the cubes: a concrete request can be asked for their value. */
  readonly conditions: ReadonlyMap<Dimension, { readonly condition: Condition; readonly group: ChainGroup }>;
}

/** Requests that cannot exist, or that no policy ever sees: blockers of every difference, in either direction. */
export const impossible: readonly Cube[] = [
  // A client's own TLS carries no mesh identity.
  cube([protocolPredicate(['https', 'tls']), { dimension: 'peer', any: [{ type: 'identified' }], none: [] }]),
  // No TLS, no server name.
  cube([protocolPredicate(['http', 'tcp']), { dimension: 'peer', any: [], none: [{ type: 'identified' }] }, { dimension: 'sni', any: [{ type: 'present' }], none: [] }]),
  // A3.35: answered with 400 before any policy.
  cube([protocolPredicate(['http']), { dimension: 'method', any: [], none: knownMethods.map((text) => ({ type: 'exact', text })) }]),
  // A bearer token is what its header holds, and nothing else is.
  cube([
    { dimension: 'token', any: [{ type: 'token', locations: ['authorization:Bearer '] }], none: [] },
    { dimension: 'header:authorization', any: [], none: [{ type: 'prefix', text: 'Bearer ' }] },
  ]),
  cube([
    { dimension: 'token', any: [], none: [{ type: 'token', locations: ['authorization:Bearer '] }] },
    { dimension: 'header:authorization', any: [{ type: 'prefix', text: 'Bearer ' }], none: [] },
  ]),
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

export function pathsTo(mesh: Mesh, workload: Workload): DestinationPosture {
  const { enrolment } = workload;
  const mode = enrolment.mode === 'unknown' ? enrolment.inWorld : enrolment.mode;
  const assumptions = enrolment.mode === 'unknown' ? [enrolment.assumption] : [];
  switch (mode) {
    case 'none':
      return finish({ possible: [{ id: 'unguarded', layers: [] }], enforcedAt: 'none', assumptions });
    case 'gateway':
      return finish({ possible: [{ id: 'gateway', layers: [opaqueLayer(`gateway ${workload.id}`)] }], enforcedAt: 'gateway', assumptions });
    case 'sidecar':
      return sidecarPosture(mesh, workload, assumptions);
    case 'ambient':
      return ambientPosture(mesh, workload, assumptions);
  }
}

interface Parts {
  readonly possible: readonly Path[];
  readonly sure?: readonly Path[];
  readonly enforcedAt: EnforcementPoint;
  readonly assumptions: readonly string[];
  readonly opaque?: DestinationPosture['opaque'];
  readonly readsTokens?: boolean;
  readonly conditions?: DestinationPosture['conditions'];
}

function finish(parts: Parts): DestinationPosture {
  const sure = parts.sure ?? parts.possible;
  const opaque = parts.opaque ?? [];
  const assumptions = distinct(parts.assumptions);
  return {
    possible: parts.possible,
    sure,
    key: shortHash(...contentOf(parts.possible), ...(sure === parts.possible ? [] : ['sure', ...contentOf(sure)]), parts.enforcedAt, ...assumptions, ...opaque.map((entry) => `${entry.resource} ${entry.key}`)),
    enforcedAt: parts.enforcedAt,
    assumptions,
    opaque,
    readsTokens: parts.readsTokens ?? false,
    conditions: parts.conditions ?? new Map(),
  };
}

function contentOf(paths: readonly Path[]): string[] {
  return paths.flatMap((path) =>
    path.layers.flatMap((layer) => [layer.id, layer.allow === 'all' ? 'all' : `${String(layer.allow.length)} allowed`, ...(layer.allow === 'all' ? [] : layer.allow.map(cubeKey)), 'denied', ...layer.deny.map(cubeKey)]),
  );
}

/** Something refuses here and what it is cannot be told: one boolean, shared by both sides where its name is the same. */
function opaqueLayer(name: string): Layer {
  return { id: 'routing', allow: [cube([{ dimension: `opaque:${shortHash(name)}`, any: [{ type: 'holds' }], none: [] }])], deny: [] };
}

function sidecarPosture(mesh: Mesh, workload: Workload, assumptions: readonly string[]): DestinationPosture {
  const attached = policiesFor(mesh, workload);
  const effective = effectiveMtls(mesh, attached);
  const domains = connectionDomains(mesh.config, workload, effective);
  const rules = tokenRules(attached.requestAuthentication, mesh.config);
  const lowering = sidecarLowering(mesh.config, attached, domains, rules);
  const shared: Layer[] = [mtlsLayer(domains, mesh.config), lowering.authentication, lowering.authorization];
  const bypass = uncapturedPath(workload);
  const proxied = (layers: readonly Layer[]): readonly Path[] => [{ id: 'sidecar', layers }, ...bypass];
  const possible = proxied(shared);
  const { asking } = lowering;
  const ambiguous = effective.judgedByWeakest.length > 0 ? [`creation-order:${effective.judgedByWeakest.join(',')}`] : [];
  return finish({
    possible,
    ...(asking.length === 0 ? {} : { sure: proxied([{ id: 'external-authorization', allow: 'all', deny: asking }, ...shared]) }),
    enforcedAt: 'sidecar',
    assumptions: [...assumptions, ...ambiguous, ...lowering.assumedProviders],
    opaque: [...extensionMarks(attached.extensions), ...lowering.opaque],
    readsTokens: rules.length > 0,
    conditions: lowering.conditions,
  });
}

/** M16 to M18, A3.14. */
function mtlsLayer(domains: ConnectionDomains, config: MeshConfig): Layer {
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

function extensionMarks(extensions: Attached['extensions']): DestinationPosture['opaque'] {
  return extensions.map((extension) => ({ resource: resourceId(extension), key: shortHash(extension.spec.content) })).sort((left, right) => compareText(left.resource, right.resource));
}

/** The way through a waypoint is not computed: what acts there is one mark, so that a change of it is never silent. */
function waypointInFront(mesh: Mesh, workload: Workload): { readonly id: string; readonly key: string } | undefined {
  const services = ofKind(mesh, 'Service').filter((service) => {
    const selector = service.spec.selector;
    return service.namespace === workload.namespace && selector !== undefined && Object.keys(selector).length > 0 && selects(selector, workload.labels);
  });
  const waypoint = services.map((service) => waypointOfService(mesh, service)).find((found) => found !== undefined) ?? waypointOfPod(mesh, workload);
  if (waypoint === undefined) return undefined;
  const acting = [...ofKind(mesh, 'AuthorizationPolicy'), ...ofKind(mesh, 'RequestAuthentication')].filter(
    (policy) => policy.spec.targetRefs.length > 0 && [workload.namespace, waypoint.gateway.namespace, mesh.config.rootNamespace].includes(policy.namespace),
  );
  return { id: waypoint.id, key: shortHash(waypoint.id, ...acting.map((policy) => `${resourceId(policy)} ${canonical(policy.spec)}`)) };
}

/** A section 4.B: L4 only, no token, no HTTP. */
function ambientPosture(mesh: Mesh, workload: Workload, assumptions: readonly string[]): DestinationPosture {
  const attached = policiesFor(mesh, workload);
  const waypoint = waypointInFront(mesh, workload);
  const opaque = [...extensionMarks(attached.extensions), ...(waypoint === undefined ? [] : [{ resource: `Gateway/${waypoint.id}`, key: waypoint.key }])];
  const context = { key: 'ztunnel', seesPeer: true, readable: [], rewrittenHeaders: new Map<string, string>(), opaque: () => undefined };
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

