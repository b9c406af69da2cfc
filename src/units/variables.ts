/** Values of Flux's post-build variables, as far as the repository tells: those of the object itself, and of ConfigMaps that some file holds. */
import type { Documents } from './documents.ts';
import { follow } from './documents.ts';
import { isRecord } from './kustomization.ts';
import type { VariableSources } from './roots.ts';
import type { SideScan } from './scan.ts';
import type { Substitution } from './substitution.ts';

export function variablesOf(scan: SideScan, documents: Documents, { inline, from }: VariableSources): Substitution {
  const values: Record<string, string> = {};
  let complete = true;
  for (const { kind, name } of from) {
    const data = kind === 'ConfigMap' ? configMap(scan, documents, name) : undefined;
    if (data === undefined) complete = false;
    else Object.assign(values, data);
  }
  return { values: { ...values, ...inline }, complete };
}

/** The only ConfigMap of that name; several may be of several clusters, and then nothing is known. */
function configMap(scan: SideScan, documents: Documents, name: string): Readonly<Record<string, string>> | undefined {
  const found: Readonly<Record<string, string>>[] = [];
  for (const path of scan.tree.entries.keys()) {
    if (!/\.ya?ml$/iu.test(path)) continue;
    const there = follow(scan.tree, path);
    const text = there.type === 'blob' ? documents.text(there.blob) : undefined;
    if (there.type !== 'blob' || text === undefined || !text.includes('ConfigMap') || !text.includes(name)) continue;
    const reading = documents.read(there.blob);
    for (const document of reading.type === 'documents' ? reading.documents : []) {
      const { value } = document;
      if (!document.manifest || !isRecord(value) || value['kind'] !== 'ConfigMap' || !isRecord(value['metadata']) || value['metadata']['name'] !== name || !isRecord(value['data'])) continue;
      found.push(Object.fromEntries(Object.entries(value['data']).filter((entry): entry is [string, string] => typeof entry[1] === 'string')));
    }
  }
  return found.length === 1 ? found[0] : undefined;
}
