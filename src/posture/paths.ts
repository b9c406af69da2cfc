/**
 * The symbolic side of `decide`: for each destination, the ways in and their layers, as cubes over what a client sends.
 *
 * `port` is the workload's port, `protocol` what the client speaks, `peer` the identity it presents (`null`: plaintext, or TLS of its
 * own). A policy is lowered once for each kind of chain; where the chains agree there is one cube without a word about the connection.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { compareText, distinct } from '#lib/order.ts';
import { policiesFor } from '#mesh/attachment.ts';
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh, MeshConfig, Workload } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import { ambientMtls } from '#semantics/ambient-peer-authentication.ts';
import { enforced } from '#semantics/authorization-policy.ts';
import type { CompiledPolicy } from '#semantics/authorization-policy.ts';
import type { Condition, LoweringContext } from '#semantics/condition.ts';
import { customActions } from '#semantics/external-authorization.ts';
import { lowerPolicy, mergeCubes } from '#semantics/lowering.ts';
import { effectiveMtls, foreignTrustDomain } from '#semantics/peer-authentication.ts';
import { readable, refusedTokens, rewrittenHeaders, tokenRules } from '#semantics/request-authentication.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import { cubeKey } from '#sets/keys.ts';
import { chainGroups, connectionDomains, protocolPredicate } from './connection-domains.ts';
import type { ChainGroup, ConnectionDomains, Domain } from './connection-domains.ts';
import { allPortsBut, onlyPorts, portPredicates } from './port-set.ts';
import type { EnforcementPoint } from './query.ts';
import { knownMethods } from './request.ts';
import { readByZtunnel, waypointBinding } from './ztunnel.ts';

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
  const text = (paths: readonly Path[]): unknown =>
    paths.map((path) => path.layers.map((layer) => [layer.id, layer.allow === 'all' ? 'all' : layer.allow.map(cubeKey), layer.deny.map(cubeKey)]));
  return {
    possible: parts.possible,
    sure,
    key: shortHash(canonical([text(parts.possible), sure === parts.possible ? '' : text(sure), parts.enforcedAt, assumptions, opaque.map((entry) => [entry.resource, entry.key])])),
    enforcedAt: parts.enforcedAt,
    assumptions,
    opaque,
    readsTokens: parts.readsTokens ?? false,
    conditions: parts.conditions ?? new Map(),
  };
}

/** Something refuses here and what it is cannot be told: one boolean, shared by both sides where its name is the same. */
function opaqueLayer(name: string): Layer {
  return { id: 'routing', allow: [cube([{ dimension: `opaque:${shortHash(name)}`, any: [{ type: 'holds' }], none: [] }])], deny: [] };
}

function sidecarPosture(mesh: Mesh, workload: Workload, assumptions: readonly string[]): DestinationPosture {
  const attached = policiesFor(mesh, workload);
  const effective = effectiveMtls(mesh, attached);
  const domains = connectionDomains(workload, effective);
  const rules = tokenRules(attached.requestAuthentication, mesh.config);
  const lowering = new SidecarLowering(mesh.config, attached, domains, rules);
  const shared: Layer[] = [mtlsLayer(domains, mesh.config), lowering.authentication(), lowering.authorization()];
  const bypass = uncapturedPath(workload);
  const proxied = (layers: readonly Layer[]): readonly Path[] => [{ id: 'sidecar', layers }, ...bypass];
  const possible = proxied(shared);
  const asking = lowering.asking();
  const ambiguous = effective.judgedByWeakest.length > 0 ? [`creation-order:${effective.judgedByWeakest.join(',')}`] : [];
  return finish({
    possible,
    ...(asking.length === 0 ? {} : { sure: proxied([{ id: 'external-authorization', allow: 'all', deny: asking }, ...shared]) }),
    enforcedAt: 'sidecar',
    assumptions: [...assumptions, ...ambiguous, ...lowering.assumedProviders()],
    opaque: [...extensionMarks(attached.extensions), ...lowering.opaqueMarks()],
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

/** Lowers the policies of one workload, chain by chain. */
class SidecarLowering {
  readonly conditions = new Map<Dimension, { readonly condition: Condition; readonly group: ChainGroup }>();
  readonly #config: MeshConfig;
  readonly #attached: Attached;
  readonly #domains: ConnectionDomains;
  readonly #rules: readonly TokenRule[];
  readonly #contexts: ReadonlyMap<ChainGroup, LoweringContext>;
  readonly #opaque = new Map<string, string>();
  readonly #assumed = new Set<string>();

  constructor(config: MeshConfig, attached: Attached, domains: ConnectionDomains, rules: readonly TokenRule[]) {
    this.#config = config;
    this.#attached = attached;
    this.#domains = domains;
    this.#rules = rules;
    this.#contexts = new Map(
      chainGroups
        .filter((group) => domains.groups.has(group))
        .map((group) => [
          group,
          {
            seesPeer: group !== 'tcp-blind',
            readable: group === 'http' ? readable(rules) : [],
            rewrittenHeaders: rewrittenHeaders(rules),
            opaque: (key: Dimension, condition: Condition) => {
              this.conditions.set(key, { condition, group });
            },
          },
        ]),
    );
  }

  /** A5.4, A5.5: on HTTP chains. */
  authentication(): Layer {
    const refused = refusedTokens(this.#rules);
    const http = this.#domains.groups.get('http') ?? [];
    if (refused === undefined) {
      const key = shortHash(canonical(this.#rules.map((rule) => [rule.locations, rule.keys, rule.issuer, rule.spec.audiences])));
      for (const rule of this.#rules) this.#opaque.set(rule.policy, key);
    }
    // A5.14: which claims are split is not part of the cubes.
    for (const rule of this.#rules) {
      if (rule.spec.spaceDelimitedClaims.length > 0) this.#opaque.set(rule.policy, shortHash(canonical([...rule.spaceDelimited].sort())));
    }
    return { id: 'authentication', allow: 'all', deny: mergeCubes((refused ?? []).flatMap((token) => http.map((domain) => ({ predicates: [...domain, ...token.predicates], origins: token.origins })))) };
  }

  authorization(): Layer {
    const allowing = this.#enforced('http').allow;
    const deny = [...this.#eachPolicy((group) => this.#enforced(group).deny), ...this.#eachPolicy((group) => this.#custom(group, 'denies'))];
    return {
      id: 'authorization',
      // A1.5: attached counts, usable rules do not.
      allow: allowing.length === 0 ? 'all' : mergeCubes(this.#eachPolicy((group) => this.#enforced(group).allow)),
      deny: mergeCubes(deny),
    };
  }

  /** Requests about which a provider is asked. */
  asking(): readonly Cube[] {
    return mergeCubes(this.#eachPolicy((group) => this.#custom(group, 'asked')));
  }

  assumedProviders(): readonly string[] {
    return [...this.#assumed];
  }

  opaqueMarks(): DestinationPosture['opaque'] {
    return [...this.#opaque].map(([resource, key]) => ({ resource, key })).sort((left, right) => compareText(left.resource, right.resource));
  }

  #enforced(group: ChainGroup) {
    return enforced(this.#attached.authorization, group === 'http' ? 'http' : 'tcp', this.#config);
  }

  #custom(group: ChainGroup, wanted: 'asked' | 'denies'): readonly CompiledPolicy[] {
    return customActions(this.#enforced(group).custom, this.#config)
      .filter(({ state }) => state.state === wanted && (state.state === 'denies' || group === 'http' || state.onTcp))
      .map((action) => {
        if (action.state.state === 'asked' && action.state.assumed) this.#assumed.add(`provider:${action.provider}`);
        return action.policy;
      });
  }

  /** One cube without a domain where all chains agree; else each chain's cubes inside its own connections. */
  #eachPolicy(policiesIn: (group: ChainGroup) => readonly CompiledPolicy[]): Cube[] {
    const byPolicy = new Map<string, { readonly group: ChainGroup; readonly cubes: readonly Cube[] }[]>();
    const groups = [...this.#contexts.keys()];
    for (const group of groups) {
      const context = this.#contexts.get(group);
      if (context === undefined) continue;
      for (const policy of policiesIn(group)) {
        const lowered = lowerPolicy(policy, context);
        for (const key of lowered.opaqueRules) this.#opaque.set(policy.id, key);
        const list = byPolicy.get(policy.id) ?? [];
        byPolicy.set(policy.id, list);
        list.push({ group, cubes: lowered.cubes });
      }
    }
    return [...byPolicy.values()].flatMap((lowered) => this.#placed(lowered, groups));
  }

  /** By rule: an edit of one rule must not move the others into another form. */
  #placed(lowered: readonly { readonly group: ChainGroup; readonly cubes: readonly Cube[] }[], groups: readonly ChainGroup[]): Cube[] {
    const holders = new Map<string, { readonly cube: Cube; readonly groups: ChainGroup[] }>();
    for (const { group, cubes } of lowered) {
      for (const entry of cubes) {
        const key = `${String(entry.origins[0]?.rule ?? '')} ${cubeKey(entry)}`;
        const known = holders.get(key);
        if (known === undefined) holders.set(key, { cube: entry, groups: [group] });
        else if (!known.groups.includes(group)) known.groups.push(group);
      }
    }
    return [...holders.values()].flatMap(({ cube: entry, groups: inGroups }) => {
      if (inGroups.length === groups.length) return [entry];
      return inGroups.flatMap((group) => (this.#domains.groups.get(group) ?? []).map((domain: Domain) => ({ predicates: [...domain, ...entry.predicates], origins: entry.origins })));
    });
  }
}

/** A section 4.B: L4 only, no token, no HTTP. */
function ambientPosture(mesh: Mesh, workload: Workload, assumptions: readonly string[]): DestinationPosture {
  const attached = policiesFor(mesh, workload);
  const waypoint = waypointBinding(mesh, workload);
  const opaque = [...extensionMarks(attached.extensions), ...(waypoint === undefined ? [] : [{ resource: `Gateway/${waypoint}`, key: shortHash('waypoint', waypoint) }])];
  const context: LoweringContext = { seesPeer: true, readable: [], rewrittenHeaders: new Map(), opaque: () => undefined };
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

