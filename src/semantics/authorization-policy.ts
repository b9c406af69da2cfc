/** The AuthorizationPolicies of one workload, sorted by what they do and compiled for one chain (A sections 1 to 4). */
import { compact } from '#lib/compact.ts';
import type { MeshConfig } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { twinOf } from '#manifests/twins.ts';
import { goTrue } from '#mesh/capture.ts';
import { conditionHolds } from './condition.ts';
import type { Seen } from './condition.ts';
import { compileRule } from './rule.ts';
import type { Chain, CompiledRule } from './rule.ts';

export type Policy = Resource<'AuthorizationPolicy'>;

export interface CompiledPolicy {
  /** `AuthorizationPolicy/namespace/name`. */
  readonly id: string;
  readonly provider: string | undefined;
  readonly rules: readonly CompiledRule[];
}

export interface Enforced {
  readonly custom: readonly CompiledPolicy[];
  readonly deny: readonly CompiledPolicy[];
  /** Counted even where no rule is left (A1.5): an empty list is "no ALLOW policy". */
  readonly allow: readonly CompiledPolicy[];
}

/** AUDIT decides nothing (A1.15), dry-run policies are not enforced (A1.16), ztunnel knows no CUSTOM (A4.10). */
export function enforced(policies: readonly Policy[], chain: Chain, config: MeshConfig): Enforced {
  let known = enforcedPolicies.get(policies);
  if (known === undefined || known.config !== config) {
    known = { config, byChain: new Map() };
    enforcedPolicies.set(policies, known);
  }
  let found = known.byChain.get(chain);
  if (found === undefined) {
    found = sortOut(policies, chain, config);
    known.byChain.set(chain, found);
  }
  return found;
}

/** One list of policies is asked about again with every request to its workload. Lists are never changed once made. */
const enforcedPolicies = new WeakMap<readonly Policy[], { readonly config: MeshConfig; readonly byChain: Map<Chain, Enforced> }>();

function sortOut(policies: readonly Policy[], chain: Chain, config: MeshConfig): Enforced {
  const acting = policies.filter((policy) => !isDryRun(policy));
  const compiled = (action: Policy['spec']['action']): CompiledPolicy[] => acting.filter((policy) => policy.spec.action === action).map((policy) => compilePolicy(policy, chain, config));
  return { custom: chain === 'ztunnel' ? [] : compiled('CUSTOM'), deny: compiled('DENY'), allow: compiled('ALLOW') };
}

/** A1.16: Go's `ParseBool`; an unreadable value counts as false. */
export function isDryRun(policy: Pick<Policy, 'annotations'>): boolean {
  return goTrue(policy.annotations['istio.io/dry-run']);
}

const compiledPolicies = new WeakMap<MeshConfig, WeakMap<Policy, Map<Chain, CompiledPolicy>>>();

/** Compiled once for each policy, chain and mesh configuration, however many workloads it acts on. */
function compilePolicy(of: Policy, chain: Chain, config: MeshConfig): CompiledPolicy {
  const policy = twinOf(of);
  const forConfig = compiledPolicies.get(config) ?? new WeakMap<Policy, Map<Chain, CompiledPolicy>>();
  compiledPolicies.set(config, forConfig);
  const forPolicy = forConfig.get(policy) ?? new Map<Chain, CompiledPolicy>();
  forConfig.set(policy, forPolicy);
  const known = forPolicy.get(chain);
  if (known !== undefined) return known;
  const action = policy.spec.action === 'ALLOW' ? 'ALLOW' : 'DENY';
  const rules = policy.spec.rules.flatMap((rule, index) => compileRule(rule, index, { chain, action, policyNamespace: policy.namespace ?? '', config }) ?? []);
  const fresh: CompiledPolicy = { id: resourceId(policy), provider: policy.spec.provider, rules: compact(rules) };
  forPolicy.set(chain, fresh);
  return fresh;
}

/** A1.9. */
export function ruleHolds(rule: CompiledRule, seen: Seen): boolean {
  return someEntryHolds(rule.sources, seen) && someEntryHolds(rule.operations, seen) && allHold(rule.conditions, seen);
}

function someEntryHolds(entries: CompiledRule['sources'], seen: Seen): boolean {
  for (const entry of entries) if (allHold(entry, seen)) return true;
  return entries.length === 0;
}

function allHold(conditions: CompiledRule['conditions'], seen: Seen): boolean {
  for (const condition of conditions) if (!conditionHolds(condition, seen)) return false;
  return true;
}

/** Policies of which some rule holds, in id order. */
export function matching(policies: readonly CompiledPolicy[], seen: Seen): readonly CompiledPolicy[] {
  return policies.filter((policy) => policy.rules.some((rule) => ruleHolds(rule, seen)));
}
