import { entriesAt, fieldsAt, textAt, textMap, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { labelKeyRule, labelRequirementRule, labelValueRule, sameNamespaceRule } from './shape-rules.ts';
import { list, map, object, text } from './shape.ts';

/**
 * `WorkloadSelector` of Istio: equality only. `undefined` = the manifest has no `selector`. An empty one is another thing for ztunnel (A2.14), whether it is
 * written `{}` or `{matchLabels: {}}`.
 */
export interface WorkloadSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** `WorkloadSelector` of networking.istio.io, which calls the same thing `labels`. */
export interface WorkloadLabels {
  readonly labels: Readonly<Record<string, string>>;
}

/** `PolicyTargetReference`. `targetRef` (singular) is read as a list of one where `targetRefs` is empty (A2.10). */
export interface TargetRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** `LabelSelector` of Kubernetes. Empty = everything; `undefined` where the field is absent, which often means the opposite. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelRequirement[];
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'unknown';
  readonly values: readonly string[];
}

/** @see https://istio.io/latest/docs/reference/config/type/workload-selector/ */
export const workloadSelectorShape = object({ matchLabels: map(text({ maxLength: 63, rule: labelValueRule }), { max: 4096, key: labelKeyRule }) });

export const targetRefShape = object(
  {
    group: text({ maxLength: 253, pattern: /^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/ }),
    kind: text({ minLength: 1, maxLength: 63, pattern: /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/ }),
    name: text({ minLength: 1, maxLength: 253 }),
    namespace: text({ rule: sameNamespaceRule }),
  },
  { required: ['kind', 'name'] },
);

const requirement = { key: text(), operator: text(), values: list(text()) };

export const labelSelectorShape = object({
  matchLabels: map(text()),
  matchExpressions: list(object(requirement, { required: ['key', 'operator'] })),
});

/** The same in kinds of the API server itself, which looks into the requirements too; the schema of a custom resource does not. */
export const judgedLabelSelectorShape = object({
  matchLabels: map(text()),
  matchExpressions: list(object(requirement, { required: ['key', 'operator'], rule: labelRequirementRule })),
});

export function decodeWorkloadLabels(from: Fields): WorkloadLabels | undefined {
  const selector = fieldsAt(from, 'workloadSelector');
  return selector === undefined ? undefined : { labels: textMapAt(selector, 'labels') ?? textMap({}) };
}

export function decodeWorkloadSelector(from: Fields, key = 'selector'): WorkloadSelector | undefined {
  const selector = fieldsAt(from, key);
  if (selector === undefined) return undefined;
  return { matchLabels: textMapAt(selector, 'matchLabels') ?? textMap({}) };
}

/** A2.10: the singular form counts only where the list is empty. */
export function decodeTargetRefs(spec: Fields): readonly TargetRef[] {
  const refs = entriesAt(spec, 'targetRefs');
  if (refs.length > 0) return refs.map(decodeTargetRef);
  const single = fieldsAt(spec, 'targetRef');
  return single === undefined ? [] : [decodeTargetRef(single)];
}

function decodeTargetRef(ref: Fields): TargetRef {
  return { group: textOr(ref, 'group'), kind: textOr(ref, 'kind'), name: textOr(ref, 'name'), namespace: textAt(ref, 'namespace') };
}

export function decodeLabelSelector(from: Fields, key: string): LabelSelector | undefined {
  const selector = fieldsAt(from, key);
  if (selector === undefined) return undefined;
  return {
    matchLabels: textMapAt(selector, 'matchLabels') ?? textMap({}),
    matchExpressions: entriesAt(selector, 'matchExpressions').map((requirement) => ({
      key: textOr(requirement, 'key'),
      operator: operatorOf(textOr(requirement, 'operator')),
      values: textsAt(requirement, 'values'),
    })),
  };
}

function operatorOf(name: string): LabelRequirement['operator'] {
  return name === 'In' || name === 'NotIn' || name === 'Exists' || name === 'DoesNotExist' ? name : 'unknown';
}
