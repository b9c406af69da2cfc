import type { Change } from '#impact/change.ts';
import type { RuleId } from './catalogue.ts';
import { principalRule } from './classify.ts';
import type { ChangeContext } from './detector.ts';

/** The changes that a rule answers for. */
export function changesOf(context: ChangeContext, rule: RuleId): readonly Change[] {
  return context.changes.filter((change) => principalRule(change, context.environments) === rule);
}
