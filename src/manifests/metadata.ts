import type { FieldPath } from '#source/origin.ts';
import { own, textAt, type Fields } from './reading.ts';
import { anything, checkShape, clip, describe, flag, isFields, list, map, object, text, whole } from './shape.ts';
import type { ManifestProblem } from './resource.ts';

/** What the model reads of `ObjectMeta`. */
export interface Metadata {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly creationTimestamp: string | undefined;
}

export type MetadataResult =
  | { readonly type: 'metadata'; readonly metadata: Metadata; readonly problems: readonly ManifestProblem[] }
  | { readonly type: 'unreadable'; readonly path: FieldPath; readonly reason: string; readonly remedy: string };

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
const objectMeta = object({
  name: text(),
  generateName: text(),
  namespace: text(),
  labels: map(text()),
  annotations: map(text()),
  creationTimestamp: anything,
  deletionTimestamp: anything,
  deletionGracePeriodSeconds: whole(),
  finalizers: list(text()),
  generation: whole(),
  managedFields: anything,
  ownerReferences: list(object({ apiVersion: text(), kind: text(), name: text(), uid: text(), controller: flag, blockOwnerDeletion: flag })),
  resourceVersion: text(),
  selfLink: text(),
  uid: text(),
  // Removed in Kubernetes 1.24, still in older files; the API drops it.
  clusterName: anything,
});

const none: Readonly<Record<string, string>> = {};

/** Without a name that is text there is no object to speak of; everything else wrong in the metadata is a problem of it. */
export function decodeMetadata(manifest: Fields, nameless?: string): MetadataResult {
  const written = own(manifest, 'metadata');
  const metadata = nameless !== undefined && (written === undefined || written === null) ? {} : written;
  if (!isFields(metadata)) {
    const reason = metadata === undefined || metadata === null ? 'the object has no `metadata`' : `\`metadata\` must be an object, not ${describe(metadata)}`;
    return { type: 'unreadable', path: ['metadata'], reason, remedy: 'give the object `metadata` with a `name`' };
  }
  const named = own(metadata, 'name');
  const name = named === undefined || named === null || named === '' ? (own(metadata, 'generateName') ?? nameless) : named;
  if (typeof name !== 'string' || name === '') {
    const missing = name === undefined || name === '';
    return {
      type: 'unreadable',
      path: ['metadata', 'name'],
      reason: missing ? 'the object has no name' : `the name must be text, not ${describe(name)}`,
      remedy: missing ? 'set `metadata.name`' : 'put the name in quotes',
    };
  }
  const namespace = own(metadata, 'namespace');
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    return { type: 'unreadable', path: ['metadata', 'namespace'], reason: `the namespace must be text, not ${describe(namespace)}`, remedy: 'put the namespace in quotes' };
  }
  const labels = readTexts(metadata, 'labels');
  const annotations = readTexts(metadata, 'annotations');
  return {
    type: 'metadata',
    metadata: {
      name,
      namespace: namespace === undefined || namespace === null || namespace === '' ? undefined : namespace,
      labels,
      annotations,
      creationTimestamp: timestamp(own(metadata, 'creationTimestamp')),
    },
    problems: checkShape(metadata, objectMeta, ['metadata']).map(withRemedyForText),
  };
}

/** Numbers and booleans as label values are the commonest slip: the message says how to mend it. */
function withRemedyForText(problem: ManifestProblem): ManifestProblem {
  const [, field, key] = problem.path;
  if (problem.kind !== 'schema' || problem.path.length !== 3 || (field !== 'labels' && field !== 'annotations')) return problem;
  return { ...problem, message: `the value of \`${clip(String(key))}\` ${problem.message}: put it in quotes` };
}

function readTexts(metadata: Fields, key: string): Readonly<Record<string, string>> {
  const value = own(metadata, key);
  if (!isFields(value)) return none;
  const keys = Object.keys(value);
  if (keys.length === 0) return none;
  const texts: Record<string, string> = {};
  for (const label of keys) {
    const entry = value[label];
    // `__proto__` is no valid label key; assigning it would change the object instead.
    if (typeof entry === 'string' && label !== '__proto__') texts[label] = entry;
  }
  return texts;
}

function timestamp(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The text of a label or annotation, `undefined` where it is absent. */
export function metadataText(manifest: Fields, field: 'labels' | 'annotations', key: string): string | undefined {
  const metadata = own(manifest, 'metadata');
  const texts = isFields(metadata) ? own(metadata, field) : undefined;
  return isFields(texts) ? textAt(texts, key) : undefined;
}
