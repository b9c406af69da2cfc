/**
 * Which changed lines make a rendered difference: each change of the unit's files is undone by itself and the unit rendered again; the change whose undoing takes
 * the difference away is its cause. At most 32 renderings a unit: beyond that, all changes of one file count as one.
 */
import { shortHash } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import type { Cause } from '#impact/change.ts';
import type { RenderedUnit } from '#app/ports.ts';
import type { Origin } from '#source/origin.ts';
import { parseStream } from '#source/documents.ts';
import type { BlobContent, BlobId, Side, Tree, TreeEntry, TreePair } from '#trees/tree.ts';
import { Source, lineOf } from '#units/build.ts';
import type { Documents } from '#units/documents.ts';
import { isKustomizationName } from '#units/kustomization.ts';
import { rawKey } from '#units/pairing.ts';
import { substituted } from '#units/substitution.ts';
import { baseName, folderOf } from '#units/unit.ts';
import { placesOf, wholeFile, type Line, type Place } from './edits.ts';
import { jobOf, type RenderJob } from './plan.ts';
import type { Renderings } from './prepare.ts';
import { blameKey, type Blame, type SideRendering } from './rendered.ts';

const mostPlaces = 32;
/** Of one run: a change of everything is not worth the time of finding each line. */
const mostRenderings = 256;

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
  const budget = { left: mostRenderings };
  const bySide = new Map(input.jobs.map((job) => [`${job.side} ${job.unit}`, job]));
  await Promise.all(
    [...input.units].map(async ([unit, sides]) => {
      const base = bySide.get(`base ${unit}`);
      const head = bySide.get(`head ${unit}`);
      if (base?.work.type !== 'render' || head?.work.type !== 'render' || base.work.key === head.work.key) return;
      if (sides.base?.type !== 'rendered' || sides.head?.type !== 'rendered' || base.of.path !== head.of.path) return;
      for (const [key, blame] of await blameUnit({ ...input, unit, base, head, before: sides.base.documents, after: sides.head.documents, budget })) blames.set(key, blame);
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
  readonly budget: { left: number };
}

/** One object that the two renderings do not have alike. */
interface Difference {
  readonly object: string;
  readonly base: Origin | undefined;
  readonly head: Origin | undefined;
}

async function blameUnit(input: UnitInput): Promise<readonly (readonly [string, Blame])[]> {
  const { unit, before, after, pair } = input;
  const differences = differencesOf(objectsOf(before, input), objectsOf(after, input));
  if (differences.length === 0) return [];
  const places = changesOf(input);
  const sources = new Set([...before, ...after].flatMap((origin) => (origin.rendered?.from === 'resource' ? [origin.file] : [])));
  // What is only written in resources is cited where it is written.
  if (places.length === 0 || places.every((place) => sources.has(place.path))) return [];
  const causes = new Map<Difference, Place>();
  if (places.length === 1 && places[0] !== undefined) for (const difference of differences) causes.set(difference, places[0]);
  else if (places.length <= mostPlaces && input.budget.left >= places.length) {
    input.budget.left -= places.length;
    const variants = await Promise.all(places.map((place) => variantOf(place, input)));
    for (const difference of differences) {
      const wanted = textOf(difference.base, input);
      let partly: Place | undefined;
      for (const [index, place] of places.entries()) {
        const variant = variants[index];
        if (variant === undefined) continue;
        const there = variant.get(difference.object);
        if (there === wanted) {
          causes.set(difference, place);
          partly = undefined;
          break;
        }
        if (partly === undefined && there !== textOf(difference.head, input)) partly = place;
      }
      if (partly !== undefined) causes.set(difference, partly);
    }
  }
  return [...causes].flatMap(([difference, place]): readonly (readonly [string, Blame])[] => {
    const origin = difference.head ?? difference.base;
    // The object's own source says it more exactly.
    if (origin === undefined || (origin.rendered?.from === 'resource' && origin.file === place.path && difference.base !== undefined && difference.head !== undefined)) return [];
    return [[blameKey(unit, difference.base?.rendered?.blob, difference.head?.rendered?.blob), blameAt(place, difference, pair, input)]];
  });
}

function differencesOf(base: ReadonlyMap<string, Origin>, head: ReadonlyMap<string, Origin>): readonly Difference[] {
  return distinct([...base.keys(), ...head.keys()]).flatMap((object) => {
    const left = base.get(object);
    const right = head.get(object);
    return left?.rendered?.blob === right?.rendered?.blob ? [] : [{ object, base: left, head: right }];
  });
}

function objectsOf(origins: readonly Origin[], input: UnitInput): ReadonlyMap<string, Origin> {
  const objects = new Map<string, Origin>();
  for (const origin of origins) {
    const key = keyOf(textOf(origin, input));
    if (key !== undefined) objects.set(key, origin);
  }
  return objects;
}

function keyOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : rawKey(parseStream(text)[0]?.value);
}

function textOf(origin: Origin | undefined, { blobs }: UnitInput): string | undefined {
  const content = origin?.rendered === undefined ? undefined : blobs.get(origin.rendered.blob);
  return content?.type === 'text' ? content.text : undefined;
}

/** Changed places of what either side's rendering reads. */
function changesOf({ pair, base, head, documents }: UnitInput): readonly Place[] {
  const paths = [base, head].flatMap((job) => (job.work.type === 'render' ? [...job.work.request.files.keys()] : []));
  const text = (entry: TreeEntry | undefined): string | undefined => (entry?.type === 'file' ? documents.text(entry.blob) : undefined);
  const perFile = distinct(paths).flatMap((path): (readonly Place[])[] => {
    const left = pair.base.entries.get(path);
    const right = pair.head.entries.get(path);
    if (left?.type === 'file' && right?.type === 'file' ? left.blob === right.blob : left === right) return [];
    return [placesOf(path, pair.base, pair.head, text)];
  });
  const all = perFile.flat();
  return all.length <= mostPlaces ? all : perFile.flatMap((places) => (places[0] === undefined ? [] : [wholeFile(places[0].path, pair.base, places)]));
}

/** Object → text with one change undone; `undefined` where that does not render. */
async function variantOf(place: Place, { pair, head, blobs, documents, renderings, base }: UnitInput): Promise<ReadonlyMap<string, string> | undefined> {
  const entries = new Map<string, TreeEntry>();
  const wanted = new Set([base, head].flatMap((job) => (job.work.type === 'render' ? [...job.work.request.files.keys()] : [])));
  // The head as the unit sees it: what it reads now, and what it read before and is still there.
  for (const path of distinct(wanted)) {
    const entry = pair.head.entries.get(path);
    if (entry !== undefined) entries.set(path, entry);
  }
  for (const entry of pair.head.entries.values()) if (entry.type === 'symlink') entries.set(entry.path, entry);
  if (place.undone === undefined) entries.delete(place.path);
  else if (typeof place.undone === 'string') {
    const blob = `variant:${shortHash(place.undone)}`;
    blobs.set(blob, { type: 'text', text: place.undone });
    entries.set(place.path, { type: 'file', path: place.path, blob, size: place.undone.length });
  } else entries.set(place.path, place.undone);
  const tree: Tree = { label: 'variant', entries };
  const job = jobOf(new Source(tree, documents), head.unit, 'head', head.of);
  const result: RenderedUnit = await renderings.one(job);
  if (result.type !== 'rendered') return undefined;
  const objects = new Map<string, string>();
  for (const document of result.documents) {
    const text = head.of.substitute === undefined ? document.text : substituted(document.text, head.of.substitute);
    const key = keyOf(text);
    if (key !== undefined) objects.set(key, text);
  }
  return objects;
}

function blameAt(place: Place, difference: Difference, pair: TreePair, input: UnitInput): Blame {
  const origin = difference.head ?? difference.base;
  const side = place.added.some(isContent) || place.removed.length === 0 ? 'RIGHT' : 'LEFT';
  const lines = (side === 'RIGHT' ? place.added : place.removed).filter((line) => line.text.trim() !== '');
  const whole = lines.length > 0 && lines.length === (side === 'RIGHT' ? place.added : place.removed).length && !pair[side === 'RIGHT' ? 'base' : 'head'].entries.has(place.path);
  const named = whole ? undefined : namingLine(lines, origin, difference);
  const first = named ?? lines[0];
  const last = named ?? lines.at(-1);
  const line = first?.line ?? 1;
  return { file: place.path, line, endLine: Math.min(Math.max(last?.line ?? line, line), line + 29), side, via: viaOf(place, origin, side, input) };
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
    const isValues = !/(?:^|\/)templates\//u.test(place.path);
    if (!isValues || origin === undefined || origin.rendered?.from !== 'template' || origin.file === place.path) return [];
    return [{ file: origin.file, line: 1, role: 'template' }];
  }
  if (isKustomizationName(baseName(place.path)) || origin?.file === place.path) return [];
  // The nearest kustomization above that names the file.
  for (let folder = folderOf(place.path); ; folder = folderOf(folder)) {
    for (const name of ['kustomization.yaml', 'kustomization.yml', 'Kustomization']) {
      const path = folder === '.' ? name : `${folder}/${name}`;
      const entry = tree.entries.get(path);
      const text = entry?.type === 'file' ? documents.text(entry.blob) : undefined;
      if (text?.includes(baseName(place.path)) === true) return [{ file: path, line: lineOf(text, baseName(place.path)), role: 'kustomization' }];
    }
    if (folder === '.') return [];
  }
}
