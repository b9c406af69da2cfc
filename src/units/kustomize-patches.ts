/** Patches that aim only at outside content go with it (R15): with a target, a patch that meets nothing is no error. */
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
