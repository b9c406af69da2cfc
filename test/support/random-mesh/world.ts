/** A random pair of meshes, base and head, through the real decoders; and smaller pairs to look for the heart of a failure. */
import { decodeDocument } from '#manifests/decode.ts';
import { accepted, resourceId, type AnyResource } from '#manifests/resource.ts';
import { buildMesh } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { edited } from './edits.ts';
import { fieldsAt, isFields } from './fields.ts';
import { gatewayMesh } from './gateways.ts';
import { withBackends } from './backends.ts';
import { gatewaysOnly, gatewaysWithBackends, randomMesh, sidecarsOnly, type Document, type Features } from './manifests.ts';
import { Random } from './random.ts';

export interface World {
  readonly base: readonly Document[];
  readonly head: readonly Document[];
  /** Names of the edits between them. */
  readonly edits: readonly string[];
  /** Where the questions about this world start. */
  readonly seed: number;
  readonly features: Features;
}

/** What share of the worlds has what: most are behind sidecars, where the policies have most to say. */
function featuresOf(random: Random): Features {
  return random.weighted<Features>([
    [56, sidecarsOnly],
    [13, { ...sidecarsOnly, network: true }],
    [8, { ...sidecarsOnly, ambient: true }],
    [12, { ...sidecarsOnly, ambient: true, waypoints: true }],
    [3, { ...sidecarsOnly, ambient: true, network: true }],
    [2, { ...sidecarsOnly, ambient: true, waypoints: true, network: true }],
    [6, { ...sidecarsOnly, extensions: true }],
  ]);
}

/** @param wanted absent: any with workloads, by the seed */
export function randomWorld(seed: number, wanted?: Features): World {
  const random = new Random(seed);
  const features = wanted ?? featuresOf(random);
  const base = inCluster(features.gateway ? gatewayWorld(random, features) : randomMesh(random, features));
  const { head, names } = edited(random, base, features);
  return { base, head: inCluster(head), edits: names, seed, features };
}

function gatewayWorld(random: Random, { backends }: Features): readonly Document[] {
  const alone = gatewayMesh(random);
  return backends ? withBackends(random, alone) : alone;
}

/** Of so many seeds one is a world with a gateway in place of workloads, one with a gateway and pods behind it, and one in which callers move. */
const oneOf = 16;

/** Everything that a proof asks. */
export function provenWorld(seed: number): World {
  switch (seed % oneOf) {
    case 0:
      return randomWorld(seed, gatewaysOnly);
    case 4:
      return movingWorld(seed);
    case 8:
      return randomWorld(seed, gatewaysWithBackends);
    default:
      return randomWorld(seed);
  }
}

/** Callers that move, in a mesh with anything beside. */
export function movingWorld(seed: number): World {
  return randomWorld(seed, { ...featuresOf(new Random(seed)), moving: true });
}

function idOf(document: Document): string {
  const metadata = fieldsAt(document, 'metadata');
  return `${document.kind} ${String(metadata['namespace'])}/${String(metadata['name'])}`;
}

/** One object a name: the last one applied. */
export function inCluster(documents: readonly Document[]): readonly Document[] {
  return [...new Map(documents.map((document) => [idOf(document), document])).values()];
}

/** As `kubectl apply` writes them: a document each, JSON being YAML. */
export function asText(documents: readonly Document[]): string {
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('---\n');
}

function decode(value: Document, document: number): ReturnType<typeof decodeDocument> {
  return decodeDocument(value, { origin: { file: 'manifests.yaml', blob: '', document }, unit: '.', defaultNamespace: 'default' });
}

export function decoded(documents: readonly Document[]): readonly AnyResource[] {
  return documents.flatMap((value, document) => {
    const found = decode(value, document);
    if (found.type !== 'resources') throw new Error(`${idOf(value)} does not decode: ${JSON.stringify(found)}`);
    return found.resources;
  });
}

export function meshOf(documents: readonly Document[]): Mesh {
  return buildMesh(decoded(documents), { world: 'closed' });
}

/** Both sides as a cluster holds them: a refused object of the head leaves the version of the base in force. */
export function meshesOf(world: Pick<World, 'base' | 'head'>): { readonly base: Mesh; readonly head: Mesh } {
  const base = decoded(world.base);
  const before = new Map(base.filter((resource) => accepted(resource)).map((resource) => [resourceId(resource), resource]));
  const head = decoded(world.head).flatMap((resource) => {
    if (accepted(resource)) return [resource];
    const kept = before.get(resourceId(resource));
    return kept === undefined ? [] : [kept];
  });
  const knowledge = enrolmentKnowledge('istio-system', base, head);
  return { base: buildMesh(base, { world: 'closed', knowledge }), head: buildMesh(head, { world: 'closed', knowledge }) };
}

/** Every value with one list entry or optional field fewer, the biggest parts first. */
function* smallerValues(value: unknown): Generator {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    for (const index of list.keys()) yield [...list.slice(0, index), ...list.slice(index + 1)];
    for (const [index, entry] of list.entries()) for (const smaller of smallerValues(entry)) yield [...list.slice(0, index), smaller, ...list.slice(index + 1)];
  } else if (isFields(value)) {
    for (const [key, entry] of Object.entries(value)) {
      if (['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'key', 'issuer'].includes(key)) continue;
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
      for (const smaller of smallerValues(entry)) yield Object.fromEntries(Object.entries(value).map(([other, kept]) => [other, other === key ? smaller : kept]));
    }
  }
}

function sameText(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Worlds that are one step smaller: without an object, without a part of one, with the head's object as the base has it. All decode. */
export function* smallerWorlds(world: World): Generator<World> {
  for (const candidate of candidates(world)) if ([...candidate.base, ...candidate.head].every(decodes)) yield candidate;
}

function decodes(document: Document): boolean {
  return decode(document, 0).type === 'resources';
}

function* candidates(world: World): Generator<World> {
  const ids = [...new Set([...world.base, ...world.head].map(idOf))];
  for (const id of ids) yield { ...world, base: world.base.filter((document) => idOf(document) !== id), head: world.head.filter((document) => idOf(document) !== id) };
  for (const id of ids) {
    const before = world.base.find((document) => idOf(document) === id);
    const after = world.head.find((document) => idOf(document) === id);
    if (sameText(before, after)) {
      for (const smaller of smallerValues(before)) yield { ...world, base: swapped(world.base, id, smaller), head: swapped(world.head, id, smaller) };
      continue;
    }
    yield { ...world, head: [...world.head.filter((document) => idOf(document) !== id), ...(before === undefined ? [] : [before])] };
    if (before !== undefined) for (const smaller of smallerValues(before)) yield { ...world, base: swapped(world.base, id, smaller) };
    if (after !== undefined) for (const smaller of smallerValues(after)) yield { ...world, head: swapped(world.head, id, smaller) };
    // The same part taken from both.
    if (before !== undefined && after !== undefined) {
      const others = [...smallerValues(after)];
      for (const [index, smaller] of [...smallerValues(before)].entries()) {
        if (index < others.length) yield { ...world, base: swapped(world.base, id, smaller), head: swapped(world.head, id, others[index]) };
      }
    }
  }
}

function swapped(documents: readonly Document[], id: string, value: unknown): readonly Document[] {
  // A smaller object keeps its kind: `smallerValues` never takes it away.
  return documents.map((document) => (idOf(document) === id ? (value as Document) : document));
}

/** The smallest world for which `fails` still holds, found greedily. */
export function shrink(world: World, fails: (smaller: World) => boolean): World {
  let current = world;
  for (let tries = 4_000; tries > 0; ) {
    let smaller: World | undefined;
    for (const candidate of smallerWorlds(current)) {
      tries -= 1;
      if (tries <= 0) break;
      if (fails(candidate)) {
        smaller = candidate;
        break;
      }
    }
    if (smaller === undefined) return current;
    current = smaller;
  }
  return current;
}
