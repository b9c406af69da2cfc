/** From an edit or a field to lines of a file. Positions are computed here and nowhere earlier, for what a result names. */
import type { FieldPath, Origin, Span } from '#source/origin.ts';
import { parseStream, spanReader, type ParsedDocument } from '#source/documents.ts';
import type { SpanReader } from '#source/span.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { Cause } from '#impact/change.ts';
import { firstDifference, type Edit } from '#impact/edits.ts';
import type { Location } from '#findings/finding.ts';
import type { BlobId, TreePair } from '#trees/tree.ts';

/** Longer stretches are cut: a comment marks a place, it does not paint a file. */
const MOST_LINES = 30;

export class Citations {
  readonly #pair: TreePair;
  readonly #readers = new Map<BlobId, SpanReader>();
  readonly #documents = new Map<BlobId, readonly ParsedDocument[]>();

  constructor(pair: TreePair) {
    this.#pair = pair;
  }

  /** The changed field on the side where it stands; a whole object that came or went. */
  cite(edit: Edit): Cause {
    const [resource, side, path] = this.#placeOf(edit);
    const span = this.#span(resource.origin, path);
    return { file: resource.origin.file, line: span.startLine, endLine: Math.min(span.endLine, span.startLine + MOST_LINES - 1), side, resource: edit.id, change: edit.type, via: [] };
  }

  locate(resource: AnyResource, path: FieldPath, side: 'base' | 'head'): Location | undefined {
    if (this.#text(resource.origin.blob) === undefined) return undefined;
    const span = this.#span(resource.origin, path);
    return { file: resource.origin.file, startLine: span.startLine, endLine: Math.min(span.endLine, span.startLine + MOST_LINES - 1), side: side === 'base' ? 'LEFT' : 'RIGHT' };
  }

  #placeOf(edit: Edit): [AnyResource, 'LEFT' | 'RIGHT', FieldPath] {
    switch (edit.type) {
      case 'added':
        return [edit.head, 'RIGHT', []];
      case 'removed':
        return [edit.base, 'LEFT', []];
      case 'modified': {
        const place = firstDifference(this.#value(edit.base.origin), this.#value(edit.head.origin));
        if (place === undefined) return [edit.head, 'RIGHT', []];
        return place.side === 'LEFT' ? [edit.base, 'LEFT', place.path] : [edit.head, 'RIGHT', place.path];
      }
    }
  }

  #span(origin: Origin, path: FieldPath): Span {
    let reader = this.#readers.get(origin.blob);
    if (reader === undefined) {
      reader = spanReader(this.#text(origin.blob) ?? '');
      this.#readers.set(origin.blob, reader);
    }
    return path.length === 0 ? reader.object(origin) : reader.field(origin, path);
  }

  #text(blob: BlobId): string | undefined {
    const content = this.#pair.blobs.get(blob);
    return content?.type === 'text' ? content.text : undefined;
  }

  #value(origin: Origin): unknown {
    let documents = this.#documents.get(origin.blob);
    if (documents === undefined) {
      documents = parseStream(this.#text(origin.blob) ?? '');
      this.#documents.set(origin.blob, documents);
    }
    const value = documents.find((document) => document.index === origin.document)?.value;
    if (origin.item === undefined) return value;
    const items = value !== null && typeof value === 'object' && 'items' in value ? value.items : undefined;
    return Array.isArray(items) ? (items[origin.item] as unknown) : value;
  }
}
