/**
 * The policies of one workload behind a sidecar as layers, chain by chain. Content that workloads share (root policies, equal ports)
 * is lowered and placed once.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { compareText, distinct } from '#lib/order.ts';
import { Recent } from '#lib/recent.ts';
import type { Attached } from '#mesh/attachment.ts';
import type { MeshConfig } from '#mesh/model.ts';
import { enforced } from '#semantics/authorization-policy.ts';
import type { CompiledPolicy, Enforced } from '#semantics/authorization-policy.ts';
import type { Condition, LoweringContext } from '#semantics/condition.ts';
import { customActions } from '#semantics/external-authorization.ts';
import { withFixed } from '#semantics/fixed.ts';
import type { Fixed } from '#semantics/fixed.ts';
import { lowerings, lowerPolicy, mergeCubes } from '#semantics/lowering.ts';
import { readable, refusedTokens, rewrittenBeforeTokens, rewrittenHeaders } from '#semantics/request-authentication.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import type { Cube, Dimension, Layer } from '#sets/cube.ts';
import { cubeKey } from '#sets/keys.ts';
import { chainGroups } from './connection-domains.ts';
import type { ChainGroup, ConnectionDomains, GroupDomains } from './connection-domains.ts';

export interface LoweredPolicies {
  readonly authentication: Layer;
  readonly authorization: Layer;
  /** Requests about which a provider is asked. */
  readonly asking: readonly Cube[];
  /** The same by provider. */
  readonly asked: readonly AskedProvider[];
  /** Assumptions that say of providers what no manifest confirms (R26). */
  readonly assumedProviders: readonly string[];
  readonly opaque: readonly { readonly resource: string; readonly key: string }[];
  readonly conditions: ReadonlyMap<Dimension, { readonly condition: Condition; readonly group: ChainGroup }>;
}

/** Who is asked about some requests, and what it is there. */
export interface AskedProvider {
  readonly provider: string;
  /** `ExtensionProvider.key`; `undefined`: the mesh configuration is not in what was read (R26). */
  readonly key: string | undefined;
  readonly failOpen: boolean;
  readonly cubes: readonly Cube[];
}

type Context = LoweringContext & { readonly key: string };

interface Placed {
  readonly cubes: readonly Cube[];
  readonly opaqueRules: readonly string[];
  readonly conditions: readonly { readonly key: Dimension; readonly condition: Condition; readonly group: ChainGroup }[];
}

/** @param fixed what is the same for every request here */
export function sidecarLowering(config: MeshConfig, attached: Pick<Attached, 'authorization' | 'requestAuthentication'>, domains: ConnectionDomains, rules: readonly TokenRule[], fixed?: Fixed): LoweredPolicies {
  const opaque = new Map<string, string>();
  const conditions = new Map<Dimension, { readonly condition: Condition; readonly group: ChainGroup }>();
  const assumed = new Set<string>();
  const contexts = contextsOf(domains.groups, rules);
  // A1.2: CUSTOM is asked before any token is looked at.
  const early: ReadonlyMap<ChainGroup, Context> = new Map([...contexts].map(([group, context]) => [group, { ...context, key: `${group} before tokens`, readable: [], rewrittenHeaders: rewrittenBeforeTokens }]));
  const inGroup = new Map<ChainGroup, Enforced>([...contexts.keys()].map((group) => [group, atFixed(enforced(attached.authorization, group === 'http' ? 'http' : 'tcp', config), fixed)]));

  const place = (policiesIn: (policies: Enforced, group: ChainGroup) => readonly CompiledPolicy[], within = contexts): Cube[] => {
    const byPolicy = new Map<string, Map<ChainGroup, CompiledPolicy>>();
    for (const [group, policies] of inGroup) {
      for (const policy of policiesIn(policies, group)) {
        const groups = byPolicy.get(policy.id) ?? new Map<ChainGroup, CompiledPolicy>();
        byPolicy.set(policy.id, groups);
        groups.set(group, policy);
      }
    }
    return [...byPolicy].flatMap(([id, groups]) => {
      const placed = placePolicy(groups, domains.groups, within);
      for (const key of placed.opaqueRules) opaque.set(id, key);
      for (const { key, condition, group } of placed.conditions) conditions.set(key, { condition, group });
      return placed.cubes;
    });
  };
  const custom = (wanted: 'asked' | 'denies') => (policies: Enforced, group: ChainGroup) =>
    customActions(policies.custom, config)
      .filter(({ state }) => state.state === wanted && (state.state === 'denies' || group === 'http' || state.onTcp))
      .map(({ policy, state }) => {
        if (state.state === 'asked' && state.assumed !== undefined) assumed.add(state.assumed);
        return policy;
      });

  const hasAllow = [...inGroup.values()].some((policies) => policies.allow.length > 0);
  const authorization: Layer = {
    id: 'authorization',
    // A1.5: attached counts, usable rules do not.
    allow: hasAllow ? mergeCubes(place((policies) => policies.allow)) : 'all',
    deny: mergeCubes([...place((policies) => policies.deny), ...place(custom('denies'), early)]),
  };
  const asking = mergeCubes(place(custom('asked'), early));
  const asked = askedProviders(attached, config, (provider) => mergeCubes(place((policies, group) => custom('asked')(policies, group).filter((policy) => policy.provider === provider), early)));
  const authentication = authenticationLayer(domains.groups, rules, opaque);
  return {
    authentication,
    authorization,
    asking,
    asked,
    assumedProviders: [...assumed],
    opaque: [...opaque].map(([resource, key]) => ({ resource, key })).sort((left, right) => compareText(left.resource, right.resource)),
    conditions,
  };
}

function askedProviders(attached: Pick<Attached, 'authorization'>, config: MeshConfig, cubesOf: (provider: string) => readonly Cube[]): readonly AskedProvider[] {
  const names = distinct(attached.authorization.flatMap(({ spec }) => (spec.action === 'CUSTOM' && spec.provider !== undefined ? [spec.provider] : [])));
  return names.flatMap((provider): AskedProvider[] => {
    const cubes = cubesOf(provider);
    if (cubes.length === 0) return [];
    const known = config.extensionProviders?.find((candidate) => candidate.name === provider);
    return [{ provider, key: known?.key, failOpen: known?.failOpen ?? false, cubes }];
  });
}

function atFixed(policies: Enforced, fixed: Fixed | undefined): Enforced {
  if (fixed === undefined) return policies;
  const all = (list: readonly CompiledPolicy[]): readonly CompiledPolicy[] => list.map((policy) => withFixed(policy, fixed));
  return { custom: all(policies.custom), deny: all(policies.deny), allow: all(policies.allow) };
}

/** Without rules nobody looks at a token. */
const everyToken: Layer = { id: 'authentication', allow: 'all', deny: [] };

/** A5.4, A5.5: on HTTP chains. */
function authenticationLayer(groups: GroupDomains, rules: readonly TokenRule[], opaque: Map<string, string>): Layer {
  if (rules.length === 0) return everyToken;
  const refused = refusedTokens(rules);
  const http = groups.get('http') ?? [];
  if (refused === undefined) {
    const key = shortHash(canonical(rules.map((rule) => [rule.locations, rule.keys, rule.issuer, rule.spec.audiences])));
    for (const rule of rules) opaque.set(rule.policy, key);
  }
  // A5.14: which claims are split is not part of the cubes.
  for (const rule of rules) {
    if (rule.spec.spaceDelimitedClaims.length > 0) opaque.set(rule.policy, shortHash(opaque.get(rule.policy) ?? '', canonical([...rule.spaceDelimited].sort())));
  }
  return { id: 'authentication', allow: 'all', deny: mergeCubes((refused ?? []).flatMap((token) => http.map((domain) => ({ predicates: [...domain, ...token.predicates], origins: token.origins })))) };
}

/** Where no tokens are read: by the chains. */
const contextsWithoutTokens = new WeakMap<GroupDomains, ReadonlyMap<ChainGroup, Context>>();

function contextsOf(groups: GroupDomains, rules: readonly TokenRule[]): ReadonlyMap<ChainGroup, Context> {
  const known = rules.length === 0 ? contextsWithoutTokens.get(groups) : undefined;
  if (known !== undefined) return known;
  const fresh = freshContexts(groups, rules);
  if (rules.length === 0) contextsWithoutTokens.set(groups, fresh);
  return fresh;
}

function freshContexts(groups: GroupDomains, rules: readonly TokenRule[]): ReadonlyMap<ChainGroup, Context> {
  const read = readable(rules);
  const rewritten = rewrittenHeaders(rules);
  const token = rules.length === 0 ? '' : shortHash(canonical([read, [...rewritten]]));
  return new Map(
    chainGroups
      .filter((group) => groups.has(group))
      .map((group): [ChainGroup, Context] => [
        group,
        {
          key: group === 'http' ? `http ${token}` : group,
          seesPeer: group !== 'tcp-blind',
          forwarded: group === 'http',
          readable: group === 'http' ? read : [],
          rewrittenHeaders: rewritten,
          opaque: () => undefined,
        },
      ]),
  );
}

const placements = new Recent<CompiledPolicy, Map<GroupDomains, Map<string, Placed>>>(lowerings);

function placePolicy(policies: ReadonlyMap<ChainGroup, CompiledPolicy>, domains: GroupDomains, contexts: ReadonlyMap<ChainGroup, Context>): Placed {
  const first = [...policies.values()][0];
  if (first === undefined) return { cubes: [], opaqueRules: [], conditions: [] };
  const forPolicy = placements.get(first, () => new Map<GroupDomains, Map<string, Placed>>());
  const forDomains = forPolicy.get(domains) ?? new Map<string, Placed>();
  forPolicy.set(domains, forDomains);
  const key = `${[...policies.keys()].join(' ')} | ${[...contexts.values()].map((context) => context.key).join(' ')}`;
  const known = forDomains.get(key);
  if (known !== undefined) return known;
  const fresh = placeFresh(policies, domains, contexts);
  forDomains.set(key, fresh);
  return fresh;
}

/** One cube without a domain where all chains agree; else each chain's cubes inside its own connections. */
function placeFresh(policies: ReadonlyMap<ChainGroup, CompiledPolicy>, domains: GroupDomains, contexts: ReadonlyMap<ChainGroup, Context>): Placed {
  const opaqueRules = new Set<string>();
  const conditions: Placed['conditions'][number][] = [];
  // By rule: an edit of one rule must not move the others into another form.
  const holders = new Map<string, { readonly cube: Cube; readonly groups: ChainGroup[] }>();
  for (const [group, policy] of policies) {
    const context = contexts.get(group);
    if (context === undefined) continue;
    const { cubes, opaqueRules: wide, opaqueConditions } = lowerPolicy(policy, context);
    for (const key of wide) opaqueRules.add(key);
    for (const [key, condition] of opaqueConditions) conditions.push({ key, condition, group });
    for (const cube of cubes) {
      const key = `${String(cube.origins[0]?.rule ?? '')} ${cubeKey(cube)}`;
      const known = holders.get(key);
      if (known === undefined) holders.set(key, { cube, groups: [group] });
      else if (!known.groups.includes(group)) known.groups.push(group);
    }
  }
  const cubes = [...holders.values()].flatMap(({ cube, groups }) => {
    if (groups.length === contexts.size) return [cube];
    return groups.flatMap((group) => (domains.get(group) ?? []).map((domain) => ({ predicates: [...domain, ...cube.predicates], origins: cube.origins })));
  });
  return { cubes, opaqueRules: [...opaqueRules], conditions };
}
