import { entriesAt, fieldsAt, fieldsOr, textAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeLabelSelector, labelSelectorShape, type LabelSelector } from './selector.ts';
import { anything, list, object, text } from './shape.ts';

/** Role and ClusterRole (M150). */
export interface RoleSpec {
  readonly rules: readonly RoleRule[];
  /** A ClusterRole that gathers the rules of the ClusterRoles with these labels. */
  readonly aggregates: readonly LabelSelector[];
}

export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceUrls: readonly string[];
  readonly verbs: readonly string[];
}

/** RoleBinding and ClusterRoleBinding. */
export interface RoleBindingSpec {
  readonly role: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string | undefined }[];
}

const frame = { apiVersion: anything, kind: anything, metadata: anything };

export const roleShape = object({
  ...frame,
  rules: list(object({ apiGroups: list(text()), resources: list(text()), resourceNames: list(text()), nonResourceURLs: list(text()), verbs: list(text()) }, { required: ['verbs'] })),
  aggregationRule: object({ clusterRoleSelectors: list(labelSelectorShape) }),
});

export const roleBindingShape = object(
  {
    ...frame,
    roleRef: object({ apiGroup: text(), kind: text(), name: text() }, { required: ['kind', 'name'] }),
    subjects: list(object({ apiGroup: text(), kind: text(), name: text(), namespace: text() }, { required: ['kind', 'name'] })),
  },
  { required: ['roleRef'] },
);

export function decodeRole(manifest: Fields): RoleSpec {
  return {
    rules: entriesAt(manifest, 'rules').map((rule) => ({
      apiGroups: textsAt(rule, 'apiGroups'),
      resources: textsAt(rule, 'resources'),
      resourceNames: textsAt(rule, 'resourceNames'),
      nonResourceUrls: textsAt(rule, 'nonResourceURLs'),
      verbs: textsAt(rule, 'verbs'),
    })),
    aggregates: entriesAt(fieldsOr(manifest, 'aggregationRule'), 'clusterRoleSelectors').flatMap((selector) => decodeLabelSelector({ selector }, 'selector') ?? []),
  };
}

export function decodeRoleBinding(manifest: Fields): RoleBindingSpec {
  const role = fieldsAt(manifest, 'roleRef') ?? {};
  return {
    role: { kind: textOr(role, 'kind'), name: textOr(role, 'name') },
    subjects: entriesAt(manifest, 'subjects').map((subject) => ({ kind: textOr(subject, 'kind'), name: textOr(subject, 'name'), namespace: textAt(subject, 'namespace') })),
  };
}
