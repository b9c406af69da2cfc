/**
 * Label selectors of Kubernetes: all pairs and all requirements hold. `In` needs the key, `NotIn` also takes what lacks it.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements
 */
import { everyTold, type Told } from '#lib/told.ts';

export interface LabelSelection {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    /** `unknown`: an operator that the API does not have; such a selector is refused and selects nothing. */
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'unknown';
    readonly values: readonly string[];
  }[];
}

/** Value of a label, `null` where the object lacks it, `undefined` where nobody tells. */
export type LabelReader = (key: string) => string | null | undefined;

export function readerOf(labels: Readonly<Record<string, string>>): LabelReader {
  return (key) => (Object.hasOwn(labels, key) ? (labels[key] ?? null) : null);
}

/** Of one requirement whether it holds where nobody tells the label. */
export type RequirementReader = (requirement: Requirement) => Told;

export function selectionTold(selection: LabelSelection, read: LabelReader, untold?: RequirementReader): Told {
  return everyTold(requirementsOf(selection), (requirement) => {
    const value = read(requirement.key);
    return value === undefined ? untold?.(requirement) : requirementHolds(requirement, value);
  });
}

export function selectionHolds(selection: LabelSelection, labels: Readonly<Record<string, string>>): boolean {
  return selectionTold(selection, readerOf(labels)) === true;
}

export type Requirement = LabelSelection['matchExpressions'][number];

/** Pairs and requirements in one form; a selection holds where all of them do. */
export function requirementsOf(selection: LabelSelection): readonly Requirement[] {
  return [...Object.entries(selection.matchLabels).map(([key, value]): Requirement => ({ key, operator: 'In', values: [value] })), ...selection.matchExpressions];
}

function requirementHolds({ operator, values }: Requirement, value: string | null): boolean {
  switch (operator) {
    case 'In':
      return value !== null && values.includes(value);
    case 'NotIn':
      return value === null || !values.includes(value);
    case 'Exists':
      return value !== null;
    case 'DoesNotExist':
      return value === null;
    case 'unknown':
      return false;
  }
}

/** `app=web,tier in (a|b),!old`, sorted: the words of a selection. `*`: everything. */
export function selectionText(selection: LabelSelection): string {
  const parts = requirementsOf(selection).map(({ key, operator, values }) => {
    const list = [...new Set(values)].sort();
    if (operator === 'In') return list.length === 1 ? `${key}=${list[0] ?? ''}` : `${key} in (${list.join('|')})`;
    if (operator === 'NotIn') return `${key} notin (${list.join('|')})`;
    return operator === 'Exists' ? key : operator === 'DoesNotExist' ? `!${key}` : `${key} (unknown operator)`;
  });
  return parts.length === 0 ? '*' : [...new Set(parts)].sort().join(',');
}
