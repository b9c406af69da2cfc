/**
 * Policies where part of a request is the same for every client: behind a waypoint the peer is always the waypoint, and the port the
 * Service's. Conditions on such parts are answered here, by the meaning that `decide` uses, and the rest stays.
 */
import type { Value } from '#sets/matcher.ts';
import type { CompiledPolicy } from './authorization-policy.ts';
import { conditionHolds } from './condition.ts';
import type { Condition, Seen } from './condition.ts';
import type { CompiledRule } from './rule.ts';

/** By dimension (`peer`, `port`, `header:name` …). `key` names the content. */
export interface Fixed {
  readonly key: string;
  readonly values: ReadonlyMap<string, Value>;
}

const known = new WeakMap<CompiledPolicy, Map<string, CompiledPolicy>>();

export function withFixed(policy: CompiledPolicy, fixed: Fixed): CompiledPolicy {
  const forPolicy = known.get(policy) ?? new Map<string, CompiledPolicy>();
  known.set(policy, forPolicy);
  const cached = forPolicy.get(fixed.key);
  if (cached !== undefined) return cached;
  const fresh: CompiledPolicy = { ...policy, rules: policy.rules.flatMap((rule) => fixedRule(rule, fixed) ?? []) };
  forPolicy.set(fixed.key, fresh);
  return fresh;
}

function fixedRule(rule: CompiledRule, fixed: Fixed): CompiledRule | undefined {
  const sources = fixedEntries(rule.sources, fixed);
  const operations = fixedEntries(rule.operations, fixed);
  const conditions = remaining(rule.conditions, fixed);
  return sources === undefined || operations === undefined || conditions === undefined ? undefined : { index: rule.index, sources, operations, conditions };
}

/** `undefined`: none of the entries can hold. */
function fixedEntries(entries: CompiledRule['sources'], fixed: Fixed): CompiledRule['sources'] | undefined {
  const kept = entries.flatMap((entry) => {
    const rest = remaining(entry, fixed);
    return rest === undefined ? [] : [rest];
  });
  return entries.length > 0 && kept.length === 0 ? undefined : kept;
}

/** What is still open; `undefined`: a condition that never holds. */
function remaining(conditions: readonly Condition[], fixed: Fixed): readonly Condition[] | undefined {
  const seen: Seen = { value: (dimension) => fixed.values.get(dimension) ?? null, header: (name) => textOf(fixed.values.get(`header:${name}`)), token: undefined };
  const open: Condition[] = [];
  for (const condition of conditions) {
    if (!isFixed(condition, fixed)) open.push(condition);
    else if (!conditionHolds(condition, seen)) return undefined;
  }
  return open;
}

function isFixed(condition: Condition, fixed: Fixed): boolean {
  if (condition.on === 'value') return fixed.values.has(condition.dimension);
  return condition.on === 'header' && fixed.values.has(`header:${condition.name}`);
}

function textOf(value: Value | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
