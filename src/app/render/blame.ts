/**
 * Which changed lines make a rendered difference: each change of the unit's files is undone by itself and the unit rendered again; the change whose undoing takes
 * the difference away is its cause. At most 32 renderings a unit: where there are more changes, neighbouring ones are undone together, and those that do it are halved.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import type { Cause } from '#impact/change.ts';
import type { RenderedUnit } from '#app/ports.ts';
import { decodeDocument } from '#manifests/decode.ts';
import { resourceKey, type AnyResource } from '#manifests/resource.ts';
import type { ContainerSpec } from '#manifests/workload.ts';
import { isWorkload } from '#mesh/ports.ts';
import type { Origin } from '#source/origin.ts';
import { parseStream } from '#source/documents.ts';
import type { BlobContent, BlobId, Side, Tree, TreeEntry, TreePair } from '#trees/tree.ts';
import { Source, lineOf } from '#units/build.ts';
import type { Documents } from '#units/documents.ts';
import { isKustomizationName, isRecord } from '#units/kustomization.ts';
import { substituted } from '#units/substitution.ts';
import { baseName, below, folderOf } from '#units/unit.ts';
import { renderedSpan } from '../cite-rendered.ts';
import { readContentOf } from '../load/content.ts';
import { dependencyGroups, type Group } from './dependencies.ts';
import { placesOf, withoutPlaces, type Line, type Place } from './edits.ts';
import { jobOf, readBy, type RenderJob } from './plan.ts';
import type { Renderings } from './prepare.ts';
import { blameKey, type Blame, type SideRendering } from './rendered.ts';

const mostPlaces = 32;
/** Of one run: a change of everything is not worth the time of finding each line. Counted, not timed, so that equal trees have equal causes. */
const mostRenderings = 256;
/** Characters that all of these renderings write together. */
const mostRendered = 100_000_000;

export interface BlameInput {
  readonly pair: TreePair;
  /** Where texts of variants are put, so that they can be read like any other. */
  readonly blobs: Map<BlobId, BlobContent>;
  readonly documents: Documents;
  readonly jobs: readonly RenderJob[];
  readonly units: ReadonlyMap<string, Readonly<Partial<Record<Side, SideRendering>>>>;
  readonly renderings: Renderings;
}

export async function blameUnits(input: BlameInput): Promise<ReadonlyMap<string, Blame>> {
  const blames = new Map<string, Blame>();
  const budget = { left: mostRenderings, text: mostRendered };
  let flux: boolean | undefined;
  const hasFlux = (): boolean => (flux ??= new Source(input.pair.head, input.documents).hasFlux);
  const bySide = new Map(input.jobs.map((job) => [`${job.side} ${job.unit}`, job]));
  await Promise.all(
    [...input.units].map(async ([unit, sides]) => {
      const base = bySide.get(`base ${unit}`);
      const head = bySide.get(`head ${unit}`);
      if (base?.work.type !== 'render' || head?.work.type !== 'render' || base.work.key === head.work.key) return;
      if (sides.base?.type !== 'rendered' || sides.head?.type !== 'rendered' || base.of.path !== head.of.path) return;
      for (const [key, blame] of await blameUnit({ ...input, unit, base, head, before: sides.base.documents, after: sides.head.documents, budget, hasFlux })) blames.set(key, blame);
    }),
  );
  return blames;
}

interface UnitInput extends BlameInput {
  readonly unit: string;
  readonly base: RenderJob;
  readonly head: RenderJob;
  readonly before: readonly Origin[];
  readonly after: readonly Origin[];
  readonly budget: { left: number; text: number };
  /** Of the whole head. */
  readonly hasFlux: () => boolean;
}

/** One object that the model reads differently in the two renderings. */
interface Difference {
  readonly object: string;
  readonly base: Rendering | undefined;
  readonly head: Rendering | undefined;
}

interface Rendering {
  readonly origin: Origin;
  /** What the model reads of it: an image, an argument or a version label is not worth a cause. */
  readonly content: string;
}

async function blameUnit(input: UnitInput): Promise<readonly (readonly [string, Blame])[]> {
  const { unit, before, after, pair } = input;
  const differences = differencesOf(objectsOf(before, input), objectsOf(after, input));
  if (differences.length === 0) return [];
  const groups = [...changesOf(input), ...definitionOf(input)];
  const sources = new Set([...before, ...after].flatMap((origin) => (origin.rendered?.from === 'resource' ? [origin.file] : [])));
  // What is only written in resources is cited where it is written.
  if (groups.length === 0 || groups.every((group) => group.places.every((place) => sources.has(place.path)))) return [];
  const [only] = groups;
  const causes = groups.length === 1 && only !== undefined ? new Map(differences.map((difference) => [difference, only])) : await search(groups, differences, input, { left: mostPlaces });
  return [...causes].flatMap(([difference, group]): readonly (readonly [string, Blame])[] => {
    const origin = (difference.head ?? difference.base)?.origin;
    // The object's own source says it more exactly.
    if (origin === undefined || (origin.rendered?.from === 'resource' && origin.file === group.cited.path && difference.base !== undefined && difference.head !== undefined)) return [];
    return [[blameKey(unit, difference.base?.origin.rendered?.blob, difference.head?.origin.rendered?.blob), ownFile(group, difference, input) ?? blameAt(group, difference, pair, input)]];
  });
}

function textOf(origins: readonly Origin[], { blobs }: BlameInput): number {
  return origins.reduce((sum, { rendered }) => {
    const content = rendered === undefined ? undefined : blobs.get(rendered.blob);
    return sum + (content?.type === 'text' ? content.text.length : 0);
  }, 0);
}

/** @param open renderings that this unit may still cost */
async function search(groups: readonly Group[], differences: readonly Difference[], input: UnitInput, open: { left: number }): Promise<ReadonlyMap<Difference, Group>> {
  const causes = new Map<Difference, Group>();
  const size = Math.max(1, textOf(input.after, input));
  const affordable = Math.min(open.left, input.budget.left, Math.floor(input.budget.text / size));
  if (affordable < 2 || differences.length === 0) return causes;
  const bundles = groups.length <= affordable ? groups.map((group) => [group]) : chunks(groups, Math.max(2, Math.floor(affordable / 2)));
  open.left -= bundles.length;
  input.budget.left -= bundles.length;
  input.budget.text -= bundles.length * size;
  const variants = await Promise.all(bundles.map((bundle) => variantOf(bundle.flatMap((group) => group.places), input)));
  const found = new Map<readonly Group[], Difference[]>();
  for (const difference of differences) {
    const bundle = causeOf(difference, bundles, variants);
    if (bundle !== undefined) found.set(bundle, [...(found.get(bundle) ?? []), difference]);
  }
  for (const [bundle, caused] of found) {
    const [first] = bundle;
    if (first === undefined) continue;
    const closer = bundle.length === 1 ? new Map<Difference, Group>() : await search(bundle, caused, input, open);
    // Not told apart any further: the first that a person would edit stands for them.
    for (const difference of caused) causes.set(difference, closer.get(difference) ?? bundle.find(isInput) ?? first);
  }
  return causes;
}

function chunks<T>(all: readonly T[], count: number): readonly (readonly T[])[] {
  const size = Math.ceil(all.length / count);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}

/** The change without which the object is what it was; else the first without which it is something else than now. */
function causeOf({ object, base, head }: Difference, bundles: readonly (readonly Group[])[], variants: readonly (ReadonlyMap<string, string> | undefined)[]): readonly Group[] | undefined {
  let partly: readonly Group[] | undefined;
  for (const [index, bundle] of bundles.entries()) {
    const variant = variants[index];
    if (variant === undefined) continue;
    const there = variant.get(object);
    if (there === base?.content) return bundle;
    // Values and kustomizations are what a person would edit.
    if (there !== head?.content && (partly === undefined || (bundle.some(isInput) && !partly.some(isInput)))) partly = bundle;
  }
  return partly;
}

function differencesOf(base: ReadonlyMap<string, Rendering>, head: ReadonlyMap<string, Rendering>): readonly Difference[] {
  return distinct([...base.keys(), ...head.keys()]).flatMap((object) => {
    const left = base.get(object);
    const right = head.get(object);
    return left?.content === right?.content ? [] : [{ object, base: left, head: right }];
  });
}

function objectsOf(origins: readonly Origin[], { blobs, unit }: UnitInput): ReadonlyMap<string, Rendering> {
  const objects = new Map<string, Rendering>();
  for (const origin of origins) {
    const content = origin.rendered === undefined ? undefined : blobs.get(origin.rendered.blob);
    if (content?.type === 'text') for (const [key, text] of contentsOf(content.text, origin, unit)) objects.set(key, { origin, content: text });
  }
  return objects;
}

/** Object → what the model reads of it, in one rendered document. */
function contentsOf(text: string, origin: Origin, unit: string): readonly (readonly [string, string])[] {
  const decoded = decodeDocument(parseStream(text)[0]?.value, { origin, unit, defaultNamespace: `~${unit}` });
  return decoded.type === 'resources' ? decoded.resources.filter(isCited).map((resource) => [resourceKey(resource), readContentOf(withoutApplication(resource))]) : [];
}

/** Of ConfigMaps nothing but a mesh configuration is ever cited; generated ones get a new name with every letter. */
function isCited(resource: AnyResource): boolean {
  return resource.kind !== 'ConfigMap' || ['mesh', 'meshNetworks', 'values'].some((key) => resource.spec.data[key] !== undefined);
}

/** What containers run: every release moves it, and no answer depends on it, but for the proxy's own container and those of the control plane. */
function withoutApplication(resource: AnyResource): AnyResource {
  if (!isWorkload(resource)) return resource;
  const trimmed = (container: ContainerSpec): ContainerSpec => ({ ...container, image: '', ...(decisive.has(container.name) ? {} : { env: {}, envFromElsewhere: [], command: [], args: [] }) });
  const spec = { ...resource.spec, containers: resource.spec.containers.map(trimmed), initContainers: resource.spec.initContainers.map(trimmed) };
  return { ...resource, spec };
}

const decisive: ReadonlySet<string> = new Set(['istio-proxy', 'istio-init', 'discovery', 'install-cni']);

/** Changed places of what either side's rendering reads; comments and empty lines only where there is nothing else. */
function changesOf({ pair, base, head, documents }: UnitInput): readonly Group[] {
  const paths = [base, head].flatMap(readBy);
  const text = (entry: TreeEntry | undefined): string | undefined => (entry?.type === 'file' ? documents.text(entry.blob) : undefined);
  const places = distinct(paths).flatMap((path): readonly Place[] => {
    const left = pair.base.entries.get(path);
    const right = pair.head.entries.get(path);
    if (left?.type === 'file' && right?.type === 'file' ? left.blob === right.blob : left === right) return [];
    return placesOf(path, pair.base, pair.head, text);
  });
  const spoken = places.filter(isSpoken);
  const told = spoken.length > 0 ? spoken : places;
  return head.of.kind === 'helm' ? dependencyGroups(told, head.of.path, (path, side) => text(pair[side].entries.get(path))) : told.map((place) => ({ places: [place], cited: place, via: [] }));
}

/**
 * How an object of Flux or Argo CD releases the chart is one change: its lines, and those of the objects that hold values for it, say it together. What is shown is
 * the line that names a value which changed.
 */
function definitionOf(input: UnitInput): readonly Group[] {
  const { pair, base, head, documents } = input;
  if (sameRelease(base, head)) return [];
  const text = (entry: TreeEntry | undefined): string | undefined => (entry?.type === 'file' ? documents.text(entry.blob) : undefined);
  const places = [...definingFiles(input)].sort(compareText).flatMap((path) => placesOf(path, pair.base, pair.head, text)).filter(isSpoken);
  const names = changedNames(parsed(base.of.helm?.inline), parsed(head.of.helm?.inline));
  const cited = places.find(({ added, removed }) => [...added, ...removed].some((line) => names.some((name) => line.text.includes(name)))) ?? places[0];
  return cited === undefined ? [] : [{ places: [cited], cited, via: [] }];
}

function sameRelease(base: RenderJob, head: RenderJob): boolean {
  return canonical(base.of.helm ?? {}) === canonical(head.of.helm ?? {});
}

/** Files of objects that say how the unit is rendered; the rendering itself does not read them. */
function definingFiles({ base, head }: Pick<UnitInput, 'base' | 'head'>): ReadonlySet<string> {
  const read = new Set([base, head].flatMap(readBy));
  return new Set([base, head].flatMap(({ of }) => (of.kind === 'helm' ? [...of.inputs.files] : [])).filter((path) => !read.has(path)));
}

function parsed(inline: string | undefined): unknown {
  return inline === undefined ? {} : JSON.parse(inline);
}

/** Keys at which two values differ, the innermost. */
function changedNames(left: unknown, right: unknown): readonly string[] {
  if (!isRecord(left) || !isRecord(right)) return [];
  return distinct([...Object.keys(left), ...Object.keys(right)]).flatMap((key) => {
    if (canonical([left[key]]) === canonical([right[key]])) return [];
    const inner = changedNames(left[key], right[key]);
    return inner.length > 0 ? inner : [key];
  });
}

/** A file without lines, a packed chart, speaks as a whole. */
function isSpoken(place: Place): boolean {
  const lines = [...place.added, ...place.removed];
  return lines.length === 0 || lines.some((line) => !/^\s*(?:#|$)/u.test(line.text));
}

/** What other files are rendered with: values and kustomizations. */
function isInput({ cited }: Group): boolean {
  return /values[^/]*\.ya?ml$/iu.test(cited.path) || isKustomizationName(baseName(cited.path));
}

/** Object → content with some changes undone; `undefined` where that does not render. */
async function variantOf(places: readonly Place[], { pair, head, blobs, documents, renderings, base, hasFlux }: UnitInput): Promise<ReadonlyMap<string, string> | undefined> {
  const entries = new Map<string, TreeEntry>();
  const wanted = new Set([base, head].flatMap(readBy));
  // The head as the unit sees it: what it reads now, and what it read before and is still there.
  for (const path of distinct(wanted)) {
    const entry = pair.head.entries.get(path);
    if (entry !== undefined) entries.set(path, entry);
  }
  for (const entry of pair.head.entries.values()) if (entry.type === 'symlink') entries.set(entry.path, entry);
  const put = (path: string, text: string): void => {
    const blob = `variant:${shortHash(text)}`;
    blobs.set(blob, { type: 'text', text });
    entries.set(path, { type: 'file', path, blob, size: text.length });
  };
  for (const [path, own] of groupBy(places, (place) => place.path)) {
    const now = pair.head.entries.get(path);
    const text = now?.type === 'file' ? documents.text(now.blob) : undefined;
    const whole = own.find((place) => place.next === undefined);
    if (whole === undefined) put(path, withoutPlaces(text ?? '', own));
    else if (whole.undone === undefined) entries.delete(path);
    else if (typeof whole.undone === 'string') put(path, whole.undone);
    else entries.set(path, whole.undone);
  }
  const tree: Tree = { label: 'variant', entries };
  const defining = definingFiles({ base, head });
  const { helm } = base.of;
  const of = helm !== undefined && places.some(({ path }) => defining.has(path)) ? { ...head.of, helm } : head.of;
  const job = jobOf(new Source(tree, documents, { hasFlux: hasFlux() }), head.unit, 'head', of);
  const result: RenderedUnit = await renderings.one(withTexts(job, blobs));
  if (result.type !== 'rendered') return undefined;
  const objects = new Map<string, string>();
  for (const document of result.documents) {
    const text = head.of.substitute === undefined ? document.text : substituted(document.text, head.of.substitute);
    for (const [key, content] of contentsOf(text, { file: '', blob: '', document: 0 }, head.unit)) objects.set(key, content);
  }
  return objects;
}

/** Texts that no tree holds travel with the request. */
function withTexts(job: RenderJob, blobs: ReadonlyMap<BlobId, BlobContent>): RenderJob {
  if (job.work.type !== 'render') return job;
  const { request } = job.work;
  const files = new Map([...request.files].map(([path, file]) => {
    const content = 'blob' in file && file.blob.startsWith('variant:') ? blobs.get(file.blob) : undefined;
    return [path, content?.type === 'text' ? { text: content.text } : file] as const;
  }));
  return { ...job, work: { ...job.work, request: { ...request, files } } };
}

function blameAt({ cited: place, via }: Group, difference: Difference, pair: TreePair, input: UnitInput): Blame {
  const origin = (difference.head ?? difference.base)?.origin;
  const side = place.added.some(isContent) || place.removed.length === 0 ? 'RIGHT' : 'LEFT';
  const lines = (side === 'RIGHT' ? place.added : place.removed).filter((line) => line.text.trim() !== '');
  const whole = lines.length > 0 && lines.length === (side === 'RIGHT' ? place.added : place.removed).length && !pair[side === 'RIGHT' ? 'base' : 'head'].entries.has(place.path);
  const named = whole ? undefined : namingLine(lines, origin, difference);
  const first = named ?? lines[0];
  const last = named ?? lines.at(-1);
  const line = first?.line ?? 1;
  return { file: place.path, line, endLine: Math.min(Math.max(last?.line ?? line, line), line + 29), side, via: [...via, ...viaOf(place, origin, side, input)] };
}

/** An object that comes or goes with its own file is cited there, through the kustomization that names the file. */
function ownFile(group: Group, difference: Difference, input: UnitInput): Blame | undefined {
  const { base, head } = difference;
  const origin = base === undefined ? head?.origin : head === undefined ? base.origin : undefined;
  if (origin?.rendered?.from !== 'resource' || origin.file === group.cited.path || !isKustomizationName(baseName(group.cited.path))) return undefined;
  const [here, other] = base === undefined ? [input.pair.head, input.pair.base] : [input.pair.base, input.pair.head];
  const entry = here.entries.get(origin.file);
  const rendered = input.blobs.get(origin.rendered.blob);
  if (other.entries.has(origin.file) || entry?.type !== 'file' || rendered?.type !== 'text') return undefined;
  const { startLine, endLine } = renderedSpan(origin, [], input.documents.text(entry.blob) ?? '', rendered.text);
  const { file, line, via } = blameAt(group, difference, input.pair, input);
  return { file: origin.file, line: startLine, endLine, side: base === undefined ? 'RIGHT' : 'LEFT', via: [...via, { file, line, role: 'kustomization' }] };
}

function isContent(line: Line): boolean {
  return line.text.trim() !== '';
}

/** Of several lines the one that speaks of the object: its file, or its name. */
function namingLine(lines: readonly Line[], origin: Origin | undefined, { object }: Difference): Line | undefined {
  const file = origin === undefined ? '' : baseName(origin.file);
  const folder = origin === undefined ? '' : baseName(folderOf(origin.file));
  const name = object.split('/').at(-1) ?? '';
  for (const needle of [file, name, folder]) {
    const found = needle === '' || needle === '.' ? undefined : lines.find((line) => line.text.includes(needle));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What lies between the changed line and the object: the template that a value reaches, the kustomization that names a patch. */
function viaOf(place: Place, origin: Origin | undefined, side: 'LEFT' | 'RIGHT', { pair, documents, head, base }: UnitInput): Cause['via'] {
  const of = side === 'RIGHT' ? head.of : base.of;
  const tree = side === 'RIGHT' ? pair.head : pair.base;
  if (of.kind === 'helm') {
    const isValues = !/(?:^|\/)templates\//u.test(place.path) && !/\.(?:tgz|lock)$|(?:^|\/)(?:Chart|requirements)\.yaml$/u.test(place.path);
    if (!isValues || origin === undefined || origin.rendered?.from !== 'template' || origin.file === place.path) return [];
    return [{ file: origin.file, line: 1, role: 'template' }];
  }
  if (isKustomizationName(baseName(place.path)) || origin?.file === place.path) return [];
  // The nearest kustomization above that names the file; else another of the unit's.
  const named = readBy(side === 'RIGHT' ? head : base).filter((path) => isKustomizationName(baseName(path))).flatMap((path) => {
    const entry = tree.entries.get(path);
    const text = entry?.type === 'file' ? documents.text(entry.blob) : undefined;
    return text?.includes(baseName(place.path)) === true ? [{ path, line: lineOf(text, baseName(place.path)) }] : [];
  });
  const above = named.filter(({ path }) => below(place.path, folderOf(path))).sort((left, right) => right.path.length - left.path.length);
  const nearest = above[0] ?? named[0];
  return nearest === undefined ? [] : [{ file: nearest.path, line: nearest.line, role: 'kustomization' }];
}
