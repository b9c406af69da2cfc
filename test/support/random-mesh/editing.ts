/** How an edit of one object is made. */
import { fieldsAt, isFields, listAt } from './fields.ts';
import type { Document, Features } from './manifests.ts';
import type { Random } from './random.ts';

type Fields = Readonly<Record<string, unknown>>;
export type Edit = (random: Random, documents: readonly Document[], features: Features) => readonly Document[] | undefined;

/** Weight, name, edit. */
export type NamedEdit = readonly [number, string, Edit];

export function replaced(documents: readonly Document[], index: number, ...by: readonly Document[]): readonly Document[] {
  return [...documents.slice(0, index), ...by, ...documents.slice(index + 1)];
}

/** The position of some document of these kinds. */
export function some(random: Random, documents: readonly Document[], kinds: readonly string[]): number | undefined {
  const found = documents.flatMap((document, index) => (kinds.includes(document.kind) ? [index] : []));
  return found.length === 0 ? undefined : random.pick(found);
}

export function withSpec(document: Document, change: (spec: Fields) => Fields): Document {
  return { ...document, spec: change(fieldsAt(document, 'spec')) };
}

export function editing(kinds: readonly string[], change: (random: Random, document: Document, features: Features) => Document | undefined): Edit {
  return (random, documents, features) => {
    const index = some(random, documents, kinds);
    if (index === undefined) return undefined;
    const document = documents[index];
    const edited = document === undefined ? undefined : change(random, document, features);
    return edited === undefined ? undefined : replaced(documents, index, edited);
  };
}

/** The entries of one list of an object's spec go through `change`; `undefined` leaves the object as it is. */
export function inList(kind: string, field: string, change: (random: Random, entries: readonly Fields[]) => readonly Fields[] | undefined): Edit {
  return editing([kind], (random, document) => {
    const changed = change(random, listAt(document, 'spec', field).filter(isFields));
    return changed === undefined ? undefined : withSpec(document, (spec) => ({ ...spec, [field]: changed }));
  });
}

export function deleted(kinds: readonly string[]): Edit {
  return (random, documents) => {
    const index = some(random, documents, kinds);
    return index === undefined ? undefined : replaced(documents, index);
  };
}
