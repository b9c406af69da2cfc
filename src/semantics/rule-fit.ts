/** Why rules hold or not for one request, in words and places: for a reader of one answer, never for the answer itself. */
import { distinct } from '#lib/order.ts';
import type { CompiledPolicy } from './authorization-policy.ts';
import { ruleHolds } from './authorization-policy.ts';
import { conditionHolds, type Condition, type Seen } from './condition.ts';
import type { CompiledRule } from './rule.ts';

export interface RuleFit {
  /** `AuthorizationPolicy/namespace/name`. */
  readonly policy: string;
  readonly text: string;
  /** Of the field in the policy's manifest. */
  readonly path: readonly (string | number)[];
}

/** The first rule of each policy that holds. */
export function holding(policies: readonly CompiledPolicy[], seen: Seen): readonly RuleFit[] {
  return policies.flatMap((policy): readonly RuleFit[] => {
    const rule = policy.rules.find((each) => ruleHolds(each, seen));
    return rule === undefined ? [] : [{ policy: policy.id, text: `rule ${String(rule.index + 1)} of \`${policy.id}\` matches`, path: ['spec', 'rules', rule.index] }];
  });
}

/** What each rule of each policy asks for that the request is not. */
export function missing(policies: readonly CompiledPolicy[], seen: Seen): readonly RuleFit[] {
  return policies.flatMap((policy): readonly RuleFit[] =>
    policy.rules.length === 0
      ? [{ policy: policy.id, text: `\`${policy.id}\` has no rule that such a connection can meet`, path: ['spec', 'rules'] }]
      : policy.rules.map((rule) => ({ policy: policy.id, text: `rule ${String(rule.index + 1)} of \`${policy.id}\` asks for ${distinct(misfits(rule, seen)).join(' and ')}`, path: ['spec', 'rules', rule.index] })),
  );
}

/** Of alternatives the one that comes closest speaks for all. */
function misfits(rule: CompiledRule, seen: Seen): readonly string[] {
  const failing = (conditions: readonly Condition[]): readonly string[] => conditions.filter((condition) => !conditionHolds(condition, seen)).map(wanted);
  const closest = (entries: CompiledRule['sources']): readonly string[] => entries.map(failing).reduce<readonly string[] | undefined>((best, entry) => (best === undefined || entry.length < best.length ? entry : best), undefined) ?? [];
  return [...closest(rule.sources), ...closest(rule.operations), ...failing(rule.conditions)];
}

const others: Readonly<Record<string, string>> = {
  peer: 'another caller',
  'source.ip': 'another source address',
  'remote.ip': 'another client address',
  'destination.ip': 'another destination address',
  port: 'another port',
  host: 'another host',
  method: 'another method',
  path: 'another path',
  sni: 'another server name',
};

function wanted(condition: Condition): string {
  switch (condition.on) {
    case 'value':
      return others[condition.dimension] ?? `another \`${condition.dimension}\``;
    case 'header':
      return `another header \`${condition.name}\``;
    case 'subject':
      return 'a token of another subject or issuer';
    case 'claim':
      return `another claim \`${condition.path.join('/')}\``;
    case 'filter-metadata':
      return 'metadata of a filter';
  }
}
