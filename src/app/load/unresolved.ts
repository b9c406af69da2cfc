/**
 * What the repository does not tell about an environment's objects (variables, encrypted values, what a chart asks the cluster for), and the worlds that differ in it:
 * where a field takes one of several values, the comparison is made for each of them, and only where the answers differ is anything undecided.
 */
import { clusterText, randomText, unresolvedTexts } from '#lib/unresolved.ts';
import { compareText, distinct } from '#lib/order.ts';
import { decodeDocument } from '#manifests/decode.ts';
import { resourceKey, type AnyResource } from '#manifests/resource.ts';
import type { Choice } from '#manifests/unresolved.ts';
import type { Documents } from '#units/documents.ts';
import { readContentOf } from './content.ts';

/** One environment, with one text read as one of its values. */
export interface World {
  readonly text: string;
  readonly choice: Choice;
  readonly base: readonly AnyResource[];
  readonly head: readonly AnyResource[];
}

/** More is not worth the time: what is left out counts as not known. */
const mostWorlds = 12;

export interface Worlds {
  readonly worlds: readonly World[];
  /** Texts whose values were not all looked at. */
  readonly left: readonly string[];
}

export const oneWorld: Worlds = { worlds: [], left: [] };

export function worldsOf(base: readonly AnyResource[], head: readonly AnyResource[], documents: Documents): Worlds {
  const choices = new Map<string, Set<Choice>>();
  for (const resource of [...base, ...head]) {
    for (const { text, choices: all } of resource.unresolved ?? []) {
      if (all === undefined) continue;
      const known = choices.get(text);
      if (known === undefined) choices.set(text, new Set(all));
      else for (const choice of all) known.add(choice);
    }
    // What the chart finds may stand in a field that takes one of several values.
    if (isAsking(resource)) for (const each of otherwise(resource, documents)?.unresolved ?? []) for (const choice of each.choices ?? []) choices.get(clusterText)?.add(choice);
  }
  if (choices.size === 0) return oneWorld;
  const worlds: World[] = [];
  const left: string[] = [];
  for (const text of [...choices.keys()].sort(compareText)) {
    // The first one is what was decoded.
    const others = [...(choices.get(text) ?? [])].slice(1);
    if (worlds.length + others.length > mostWorlds) left.push(text);
    else for (const choice of others) worlds.push({ text, choice, base: read(base, text, choice, documents), head: read(head, text, choice, documents) });
  }
  return { worlds, left };
}

const again = new WeakMap<AnyResource, Map<string, readonly AnyResource[]>>();

/** Equal objects stay equal: what both sides share is read again once. */
function read(resources: readonly AnyResource[], text: string, choice: Choice, documents: Documents): readonly AnyResource[] {
  return resources.flatMap((resource) => {
    if (resource.unresolved?.some((each) => each.text === text && each.choices !== undefined) !== true) return resource;
    const key = `${typeof choice} ${String(choice)} ${text}`;
    const known = again.get(resource)?.get(key);
    if (known !== undefined) return known;
    const found = text === clusterText && isAsking(resource) ? otherwise(resource, documents, choice) : (readOne(resource, text, choice, documents) ?? resource);
    const made = found === undefined ? [] : [found];
    again.set(resource, new Map([...(again.get(resource) ?? []), [key, made]]));
    return made;
  });
}

function isAsking({ origin, unresolved }: AnyResource): boolean {
  return origin.rendered?.otherwise !== undefined && unresolved?.some((each) => each.text === clusterText) === true;
}

/** The object in a cluster that holds what the chart asks for; `undefined`: it is not there. */
function otherwise(resource: AnyResource, documents: Documents, choice?: Choice): AnyResource | undefined {
  const reading = documents.read(resource.origin.rendered?.otherwise ?? '');
  const value = reading.type === 'documents' ? reading.documents[0]?.value : undefined;
  const { file, blob, document, rendered } = resource.origin;
  const read = (given?: ReadonlyMap<string, Choice>): AnyResource | undefined => {
    const decoded = decodeDocument(value, { origin: { file, blob, document, ...(rendered === undefined ? {} : { rendered }) }, unit: resource.unit, defaultNamespace: resource.namespace ?? '', ...(given === undefined ? {} : { given }) });
    return decoded.type === 'resources' ? decoded.resources.find((each) => resourceKey(each) === resourceKey(resource)) : undefined;
  };
  const found = read();
  return choice === undefined || found?.unresolved === undefined ? found : read(new Map(found.unresolved.map((each) => [each.text, choice])));
}

/** Secrets, and ConfigMaps without a mesh configuration, answer no request. */
function matters(resource: AnyResource): boolean {
  return resource.kind !== 'Secret' && !(resource.kind === 'ConfigMap' && resource.spec.data['mesh'] === undefined);
}

/** Marks objects that a cluster with what the chart asks for would have in another form, or not at all. */
export function withOtherwise(resources: readonly AnyResource[], documents: Documents): readonly AnyResource[] {
  return resources.map((resource): AnyResource => {
    if (resource.origin.rendered?.otherwise === undefined || !matters(resource)) return resource;
    const found = otherwise(resource, documents);
    if (found !== undefined && readContentOf(found) === readContentOf(resource)) return resource;
    return { ...resource, unresolved: [...(resource.unresolved ?? []), { text: clusterText, path: [], choices: ['not found', 'found'] }] };
  });
}

function readOne(resource: AnyResource, text: string, choice: Choice, documents: Documents): AnyResource | undefined {
  const { file, blob, document: index, rendered } = resource.origin;
  const origin = { file, blob, document: index, ...(rendered === undefined ? {} : { rendered }) };
  const reading = documents.read(origin.rendered?.blob ?? origin.blob);
  if (reading.type !== 'documents') return undefined;
  const document = origin.rendered === undefined ? reading.documents.find((each) => each.index === origin.document) : reading.documents[0];
  const decoded = decodeDocument(document?.value, { origin, unit: resource.unit, defaultNamespace: resource.namespace ?? '', given: new Map([[text, choice]]) });
  return decoded.type === 'resources' ? decoded.resources.find((each) => resourceKey(each) === resourceKey(resource) && each.origin.item === resource.origin.item) : undefined;
}

/** Marks the texts in what the model reads of freshly decoded objects. The caller has looked whether their source may hold any. */
export function withUnresolved(resources: readonly AnyResource[]): readonly AnyResource[] {
  return resources.map((resource): AnyResource => {
    const known = resource.unresolved ?? [];
    const more = unresolvedTexts(`${readContentOf(resource)}${resource.name} ${resource.namespace ?? ''}`).filter((text) => !known.some((each) => each.text.includes(text)));
    return more.length === 0 ? resource : { ...resource, unresolved: [...known, ...more.map((text) => ({ text, path: [] }))] };
  });
}

/** The texts that the objects of an environment hold, in code-unit order. */
export function unresolvedIn(resources: readonly AnyResource[]): readonly string[] {
  return distinct(resources.flatMap((resource) => resource.unresolved?.map((each) => each.text) ?? []));
}

export function unresolvedId(text: string): string {
  return `unresolved:${text}`;
}

export function unresolvedWords(text: string): string {
  if (text === randomText) return 'what a chart makes anew at every rendering is taken to be equal on both sides';
  if (text === clusterText) return 'what a chart asks the cluster for (`lookup`) is taken to be equal on both sides';
  return `what \`${text}\` stands for is not told; it is taken to be equal on both sides, and equal to nothing else`;
}
