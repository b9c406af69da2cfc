/** From an edit or a field to lines of a file. Positions are computed here and nowhere earlier, for what a result names. */
import { canonical } from '#lib/canonical.ts';
import { Pairs } from '#lib/pairs.ts';
import type { FieldPath, Origin, Span } from '#source/origin.ts';
import { parseStream, spanReader, type ParsedDocument } from '#source/documents.ts';
import type { SpanReader } from '#source/span.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { twinOf } from '#manifests/twins.ts';
import type { Cause } from '#impact/change.ts';
import { firstDifference, type Edit, type Place } from '#impact/edits.ts';
import type { Location } from '#findings/finding.ts';
import type { BlobId, TreePair } from '#trees/tree.ts';
import { renderedSpan } from './cite-rendered.ts';
import { blameKey, type Blame } from './render/rendered.ts';

/** Longer stretches are cut: a comment marks a place, it does not paint a file. */
const MOST_LINES = 30;

/** Parsed files are large: what was cited long ago is parsed again if need be. */
const MOST_REMEMBERED = 256;

function remember<V>(known: Map<BlobId, V>, blob: BlobId, value: V): void {
  if (known.size >= MOST_REMEMBERED) known.clear();
  known.set(blob, value);
}

type Lines = Pick<Span, 'startLine' | 'endLine'>;

export class Citations {
  readonly #pair: TreePair;
  readonly #readers = new Map<BlobId, SpanReader>();
  readonly #documents = new Map<BlobId, readonly ParsedDocument[]>();
  /** Many changes have the same edit as their cause. */
  readonly #cited = new WeakMap<Edit, Cause>();
  /** Where twins differ, and where their fields stand: the same in every file that holds the same document. */
  readonly #differences = new Pairs<AnyResource, Place | undefined>();
  readonly #lines = new WeakMap<AnyResource, Map<string, Lines>>();
  readonly #renderedLines = new Map<string, Lines>();

  readonly #blames: ReadonlyMap<string, Blame>;

  /** @param blames which changed lines made a rendered difference, as far as it was found out */
  constructor(pair: TreePair, blames: ReadonlyMap<string, Blame> = new Map()) {
    this.#pair = pair;
    this.#blames = blames;
  }

  /** The changed field on the side where it stands; a whole object that came or went. */
  cite(edit: Edit): Cause {
    const known = this.#cited.get(edit);
    if (known !== undefined) return known;
    const fresh = this.#cite(edit);
    this.#cited.set(edit, fresh);
    return fresh;
  }

  #cite(edit: Edit): Cause {
    const blame = this.#blameOf(edit);
    if (blame !== undefined) return { ...blame, via: blame.via.map((step) => (step.role === 'template' ? { ...step, line: this.#templateLine(edit) } : step)), resource: edit.id, change: edit.type };
    const [resource, side, path] = this.#placeOf(edit);
    const span = this.#span(resource, path);
    return { file: resource.origin.file, line: span.startLine, endLine: Math.min(span.endLine, span.startLine + MOST_LINES - 1), side, resource: edit.id, change: edit.type, via: [] };
  }

  locate(resource: AnyResource, path: FieldPath, side: 'base' | 'head'): Location | undefined {
    if (this.#text(resource.origin.blob) === undefined && resource.origin.rendered?.from !== 'archive') return undefined;
    const span = this.#span(resource, path);
    return { file: resource.origin.file, startLine: span.startLine, endLine: Math.min(span.endLine, span.startLine + MOST_LINES - 1), side: side === 'base' ? 'LEFT' : 'RIGHT' };
  }

  #blameOf(edit: Edit): Blame | undefined {
    if (this.#blames.size === 0) return undefined;
    const base = edit.type === 'added' ? undefined : edit.base;
    const head = edit.type === 'removed' ? undefined : edit.head;
    const unit = (head ?? base)?.unit ?? '';
    return this.#blames.get(blameKey(unit, base?.origin.rendered?.blob, head?.origin.rendered?.blob));
  }

  #templateLine(edit: Edit): number {
    const [resource, , path] = this.#placeOf(edit);
    return this.#span(resource, path).startLine;
  }

  #placeOf(edit: Edit): [AnyResource, 'LEFT' | 'RIGHT', FieldPath] {
    switch (edit.type) {
      case 'added':
        return [edit.head, 'RIGHT', []];
      case 'removed':
        return [edit.base, 'LEFT', []];
      case 'modified': {
        const place = this.#differences.get(twinOf(edit.base), twinOf(edit.head), () => firstDifference(this.#value(edit.base.origin), this.#valueWithPlaces(edit.head.origin)));
        if (place === undefined) return [edit.head, 'RIGHT', []];
        return place.side === 'LEFT' ? [edit.base, 'LEFT', place.path] : [edit.head, 'RIGHT', place.path];
      }
    }
  }

  #span(resource: AnyResource, path: FieldPath): Lines {
    const { origin } = resource;
    if (origin.rendered !== undefined) return this.#renderedSpan(origin, path);
    const reader = this.#reader(origin.blob);
    const start = reader.startLine(origin.document);
    if (start === undefined) return reader.object(origin);
    // INVARIANT: twins are of one text of a document, so that their lines are as far from its beginning.
    const twin = twinOf(resource);
    const known = this.#lines.get(twin) ?? new Map<string, Lines>();
    this.#lines.set(twin, known);
    const key = canonical([origin.item ?? null, path]);
    let lines = known.get(key);
    if (lines === undefined) {
      const { startLine, endLine } = path.length === 0 ? reader.object(origin) : reader.field(origin, path);
      lines = { startLine: startLine - start, endLine: endLine - start };
      known.set(key, lines);
    }
    return { startLine: lines.startLine + start, endLine: lines.endLine + start };
  }

  /** Environments that render one base have its objects from the same lines. */
  #renderedSpan(origin: Origin, path: FieldPath): Lines {
    const key = canonical([origin.blob, origin.rendered ?? null, origin.item ?? null, path]);
    const known = this.#renderedLines.get(key);
    if (known !== undefined) return known;
    const { startLine, endLine } = renderedSpan(origin, path, this.#text(origin.blob) ?? '', this.#text(origin.rendered?.blob ?? '') ?? '');
    const fresh = { startLine, endLine };
    this.#renderedLines.set(key, fresh);
    return fresh;
  }

  #reader(blob: BlobId): SpanReader {
    const known = this.#readers.get(blob);
    if (known !== undefined) return known;
    const fresh = spanReader(this.#text(blob) ?? '');
    remember(this.#readers, blob, fresh);
    return fresh;
  }

  #text(blob: BlobId): string | undefined {
    const content = this.#pair.blobs.get(blob);
    return content?.type === 'text' ? content.text : undefined;
  }

  #value(origin: Origin): unknown {
    const blob = origin.rendered?.blob ?? origin.blob;
    let documents = this.#documents.get(blob);
    if (documents === undefined) {
      documents = parseStream(this.#text(blob) ?? '');
      remember(this.#documents, blob, documents);
    }
    return itemOf(origin, origin.rendered === undefined ? documents.find((document) => document.index === origin.document)?.value : documents[0]?.value);
  }

  /** The head's value is read together with the places that are mostly asked for next. */
  #valueWithPlaces(origin: Origin): unknown {
    const read = origin.rendered === undefined ? this.#reader(origin.blob).quickly(origin) : undefined;
    return read === undefined ? this.#value(origin) : itemOf(origin, read.value);
  }
}

function itemOf(origin: Origin, value: unknown): unknown {
  if (origin.item === undefined) return value;
  const items = value !== null && typeof value === 'object' && 'items' in value ? value.items : undefined;
  return Array.isArray(items) ? (items[origin.item] as unknown) : value;
}
