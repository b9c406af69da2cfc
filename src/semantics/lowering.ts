/** Compiled rules as cubes (`docs/engine.md`): one cube for each source, operation and alternative; values stay in one predicate. */
import { shortHash } from '#lib/canonical.ts';
import { compact } from '#lib/compact.ts';
import { distinct } from '#lib/order.ts';
import { Recent } from '#lib/recent.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Cube, Dimension, Predicate } from '#sets/cube.ts';
import type { CompiledPolicy } from './authorization-policy.ts';
import { lowerCondition } from './condition.ts';
import type { Condition, Conjunction, LoweringContext } from './condition.ts';
import type { CompiledRule } from './rule.ts';

/** Above this a rule is one opaque boolean: equal on both sides it stays exact, different it is undecided. */
export const maxCubesPerRule = 64;

export interface LoweredPolicy {
  readonly cubes: readonly Cube[];
  /** Rules that were too wide to be written out, as the key of their content. */
  readonly opaqueRules: readonly string[];
  /** Conditions behind opaque booleans, by the boolean's dimension. */
  readonly opaqueConditions: ReadonlyMap<Dimension, Condition>;
}

/** Policies of that many are remembered: a policy that acts on one workload is needed for both sides of it and never again. */
export const lowerings = 512;

const lowered = new Recent<CompiledPolicy, Map<string, LoweredPolicy>>(lowerings);

/** Lowered once for each context, however many workloads share it: `context.key` names its content. */
export function lowerPolicy(policy: CompiledPolicy, context: LoweringContext & { readonly key: string }): LoweredPolicy {
  const known = lowered.get(policy, () => new Map<string, LoweredPolicy>());
  const cached = known.get(context.key);
  if (cached !== undefined) return cached;
  const fresh = lower(policy, context);
  known.set(context.key, fresh);
  return fresh;
}

function lower(policy: CompiledPolicy, context: LoweringContext): LoweredPolicy {
  const cubes: Cube[] = [];
  const opaqueRules: string[] = [];
  const opaqueConditions = new Map<Dimension, Condition>();
  const noting: LoweringContext = { ...context, opaque: (key, condition) => opaqueConditions.set(key, condition) };
  for (const rule of policy.rules) {
    const origins = [{ policy: policy.id, rule: rule.index }];
    const conjunctions = lowerRule(rule, noting);
    if (conjunctions !== undefined) {
      cubes.push(...conjunctions.map((predicates) => ({ predicates, origins })));
      continue;
    }
    const key = shortHash('rule', JSON.stringify(rule, (name, value: unknown) => (name === 'index' ? undefined : typeof value === 'bigint' ? String(value) : value)));
    opaqueRules.push(key);
    cubes.push({ predicates: [{ dimension: `opaque:${key}`, any: [{ type: 'holds' }], none: [] }], origins });
  }
  return { cubes: compact(cubes), opaqueRules, opaqueConditions };
}

/** `undefined`: more than `maxCubesPerRule`. */
function lowerRule(rule: CompiledRule, context: LoweringContext): readonly Conjunction[] | undefined {
  const parts = [entries(rule.sources, context), entries(rule.operations, context), conjunction(rule.conditions.map((condition) => lowerCondition(condition, context)))];
  let product: readonly Conjunction[] = [[]];
  for (const part of parts) {
    if (part === undefined || part.length * product.length > maxCubesPerRule) return undefined;
    product = times(product, part);
  }
  return product.map(tidy);
}

function entries(lists: CompiledRule['sources'], context: LoweringContext): readonly Conjunction[] | undefined {
  if (lists.length === 0) return [[]];
  const alternatives: Conjunction[] = [];
  for (const list of lists) {
    const lowered = conjunction(list.map((condition) => lowerCondition(condition, context)));
    if (lowered === undefined) return undefined;
    alternatives.push(...lowered);
  }
  return alternatives.length > maxCubesPerRule ? undefined : alternatives;
}

function conjunction(conditions: readonly (readonly Conjunction[])[]): readonly Conjunction[] | undefined {
  let product: readonly Conjunction[] = [[]];
  for (const alternatives of conditions) {
    if (alternatives.length * product.length > maxCubesPerRule) return undefined;
    product = times(product, alternatives);
  }
  return product;
}

/** Every way to choose one of each. */
function times(lefts: readonly Conjunction[], rights: readonly Conjunction[]): readonly Conjunction[] {
  if (isOneFree(lefts)) return rights;
  if (isOneFree(rights)) return lefts;
  const product: Conjunction[] = [];
  for (const left of lefts) for (const right of rights) product.push(left.length === 0 ? right : right.length === 0 ? left : left.concat(right));
  return product;
}

/** One alternative that asks nothing. */
function isOneFree(alternatives: readonly Conjunction[]): boolean {
  return alternatives.length === 1 && alternatives[0]?.length === 0;
}

/** Predicates that ask nothing are left out. */
function tidy(predicates: Conjunction): readonly Predicate[] {
  return compact(predicates.filter((predicate) => predicate.any.length > 0 || predicate.none.length > 0));
}

/** Equal cubes are one, with all their origins; in the one order of their content. */
export function mergeCubes(cubes: readonly Cube[]): readonly Cube[] {
  const byKey = new Map<string, Cube>();
  for (const cube of cubes) {
    const key = cubeKey(cube);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, cube);
    else if (!known.origins.some((origin) => cube.origins.every((other) => other.policy === origin.policy && other.rule === origin.rule))) {
      byKey.set(key, { predicates: known.predicates, origins: [...known.origins, ...cube.origins] });
    }
  }
  return distinct(byKey.keys()).map((key) => byKey.get(key) as Cube);
}
