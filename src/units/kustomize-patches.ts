/** What aims only at outside content goes with it (R15): patches, merging generators, replacements, replicas and variables. With a target, a patch that meets nothing is no error. */
import { valuesOf } from './build.ts';
import { isRecord, records, texts } from './kustomization.ts';

type Fields = Record<string, unknown>;

/** @param documentsOf values of a patch file; `undefined` where it cannot be read */
export function targetedPatches(value: Fields, documentsOf: (path: string) => readonly unknown[] | undefined): Fields {
  const patches: unknown[] = [];
  for (const entry of texts(value['patchesStrategicMerge'])) {
    const documents = entry.includes('\n') ? valuesOf(entry) : documentsOf(entry);
    if (documents === undefined) patches.push(entry.includes('\n') ? { patch: entry } : { path: entry });
    else patches.push(...documents.flatMap(targeted));
  }
  for (const entry of records(value['patches'])) {
    const documents = isRecord(entry['target']) ? undefined : typeof entry['path'] === 'string' ? documentsOf(entry['path']) : typeof entry['patch'] === 'string' ? valuesOf(entry['patch']) : undefined;
    if (documents === undefined || documents.some((document) => !isRecord(document))) patches.push(entry);
    else patches.push(...documents.flatMap(targeted).map((each) => ({ ...each, ...(entry['options'] === undefined ? {} : { options: entry['options'] }) })));
  }
  patches.push(...records(value['patchesJson6902']));
  const { patchesStrategicMerge, patches: own, patchesJson6902, ...rest } = value;
  if (patchesStrategicMerge === undefined && own === undefined && patchesJson6902 === undefined) return value;
  return { ...rest, ...(patches.length === 0 ? {} : { patches }) };
}

function targeted(document: unknown): readonly Fields[] {
  if (!isRecord(document)) return [];
  const metadata = isRecord(document['metadata']) ? document['metadata'] : {};
  const version = typeof document['apiVersion'] === 'string' ? document['apiVersion'] : '';
  const cut = version.indexOf('/');
  const target: Fields = {
    ...(cut < 0 ? {} : { group: version.slice(0, cut) }),
    ...(version === '' ? {} : { version: version.slice(cut + 1) }),
    ...(typeof document['kind'] === 'string' ? { kind: document['kind'] } : {}),
    ...(typeof metadata['name'] === 'string' ? { name: literal(metadata['name']) } : {}),
    ...(typeof metadata['namespace'] === 'string' ? { namespace: literal(metadata['namespace']) } : {}),
  };
  return [{ patch: JSON.stringify(document), target }];
}

/** Names of targets are regular expressions. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}

/** Among the names of a kustomization: it may hold any. */
export const anyName = '*';

/** Names that the generators of a kustomization make. */
export function generatedNames(value: Fields): readonly string[] {
  return ['configMapGenerator', 'secretGenerator'].flatMap((field) => records(value[field]).flatMap((entry) => (typeof entry['name'] === 'string' && !changes(entry) ? [entry['name']] : [])));
}

function changes(generator: Readonly<Record<string, unknown>>): boolean {
  return generator['behavior'] === 'merge' || generator['behavior'] === 'replace';
}

/** @param names of the objects that are here, under the kustomization; prefixes may have been put before them */
export function withoutOutside(value: Fields, names: ReadonlySet<string>): Fields {
  const isHere = (name: unknown): boolean => typeof name !== 'string' || names.has(anyName) || [...names].some((known) => known === name || name.includes(known));
  const kept: Fields = { ...value };
  const keep = (field: string, isKept: (entry: Readonly<Record<string, unknown>>) => boolean): void => {
    if (Array.isArray(kept[field])) kept[field] = (kept[field] as readonly unknown[]).filter((entry) => !isRecord(entry) || isKept(entry));
  };
  for (const field of ['configMapGenerator', 'secretGenerator']) keep(field, (entry) => !changes(entry) || isHere(entry['name']));
  keep('replicas', (entry) => isHere(entry['name']));
  keep('vars', (entry) => !isRecord(entry['objref']) || isHere(entry['objref']['name']));
  keep('replacements', (entry) => !isRecord(entry['source']) || isHere(entry['source']['name']));
  return kept;
}
