/**
 * What a kustomization says about objects of remote bases: patches that meet none of its own objects, and the namespace that it gives to
 * all of them. They go with the base before rendering (R15), so that a change in them is told as one of its values.
 */
import { canonical } from '#lib/canonical.ts';
import { entryOf, registry } from '#manifests/registry.ts';
import { valuesOf } from './build.ts';
import { isRecord, records, texts } from './kustomization.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface AimedOutside {
  readonly detail: string;
  /** The patch file as it is written; none: it stands in the kustomization. */
  readonly path?: string;
  /** Text of the line to cite. */
  readonly needle: string;
}

const knownKinds: ReadonlySet<string> = new Set(Object.values(registry).map(({ name }) => name));

/** Of containers and workloads: says nothing about who may call whom. */
const withoutEffect: ReadonlySet<string> = new Set(['image', 'imagePullPolicy', 'resources', 'replicas']);

/**
 * @param documentsOf values of a patch file; `undefined` where it cannot be read
 * @param isHere whether an object that the kustomization takes from the repository may be the one of that kind and name
 */
export function aimedOutside(value: Fields, documentsOf: (path: string) => readonly unknown[] | undefined, isHere: (kind: string, name: string) => boolean): readonly AimedOutside[] {
  const found: AimedOutside[] = [];
  const add = (target: Fields, patch: unknown, path: string | undefined): void => {
    const { kind, name } = target;
    if (!isRead(target)) return;
    if (typeof kind === 'string' && typeof name === 'string' && isHere(kind, name)) return;
    const detail = canonical([target, effective(patch)]);
    found.push(path === undefined ? { detail, needle: typeof name === 'string' ? name : 'patches' } : { detail, path, needle: typeof kind === 'string' ? `kind: ${kind}` : '' });
  };
  const addAll = (documents: readonly unknown[] | undefined, path: string | undefined): void => {
    for (const document of documents ?? []) if (isRecord(document)) add(identityOf(document), document, path);
  };
  for (const written of texts(value['patchesStrategicMerge'])) {
    if (written.includes('\n')) addAll(valuesOf(written), undefined);
    else addAll(documentsOf(written), written);
  }
  for (const entry of [...records(value['patches']), ...records(value['patchesJson6902'])]) {
    const path = typeof entry['path'] === 'string' ? entry['path'] : undefined;
    const documents = path === undefined ? (typeof entry['patch'] === 'string' ? valuesOf(entry['patch']) : []) : documentsOf(path);
    const target = entry['target'];
    if (!isRecord(target)) addAll(documents, path);
    else if (documents !== undefined && documents.length > 0) add(target, documents, path);
  }
  if (typeof value['namespace'] === 'string') found.push({ detail: canonical({ namespace: value['namespace'] }), needle: 'namespace:' });
  return found;
}

function identityOf(document: Fields): Fields {
  const metadata = isRecord(document['metadata']) ? document['metadata'] : {};
  const version = typeof document['apiVersion'] === 'string' ? document['apiVersion'] : '';
  return { group: version.includes('/') ? version.slice(0, version.indexOf('/')) : '', kind: document['kind'], name: metadata['name'] };
}

/** Kinds that decide nothing about requests are none; a target may leave anything open. Of ConfigMaps only Istio's own hold a mesh configuration. */
function isRead({ group, kind, name }: Fields): boolean {
  if (typeof kind !== 'string') return true;
  if (kind === 'ConfigMap' || kind === 'Secret') return typeof name === 'string' && name.startsWith('istio');
  return typeof group === 'string' ? entryOf(group, kind) !== undefined : knownKinds.has(kind);
}

function effective(patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.map(effective);
  if (!isRecord(patch)) return patch;
  return Object.fromEntries(Object.entries(patch).flatMap(([key, entry]) => (withoutEffect.has(key) ? [] : [[key, effective(entry)]])));
}
