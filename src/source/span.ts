import { isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Alias, Document, Node, Pair, YAMLMap } from 'yaml';
import { isMergeKey, keyText } from './convert.ts';
import { lineAt, lineEnd, lineStart } from './lines.ts';
import type { FieldPath, Span } from './origin.ts';
import { quickRead } from './quick.ts';
import type { QuickPlace, QuickPlaces } from './quick.ts';
import { yamlOptions } from './schema.ts';
import { splitDocuments } from './split.ts';
import type { DocumentText } from './split.ts';

/** One object of a file: a document of its stream, or an item of the list in that document. */
export interface ObjectPosition {
  readonly document: number;
  readonly item?: number;
}

/** Looks up spans in one text; each document is parsed with positions once, and only when something in it is cited. */
export interface SpanReader {
  /** The value at the path, or its nearest ancestor that is written. */
  value(position: ObjectPosition, path: FieldPath): Span;
  /** The same from its key on: the line to annotate is the key's. */
  field(position: ObjectPosition, path: FieldPath): Span;
  /** The first to the last line with content of the object. */
  object(position: ObjectPosition): Span;
  /** The value of the document, read together with its places; `undefined`: the quick reader does not decide it. */
  quickly(position: ObjectPosition): { readonly value: unknown } | undefined;
  /** The line on which the text of the document begins; `undefined`: there is no such document. */
  startLine(document: number): number | undefined;
}

/** @param fully with the full parser alone, which decides where the quick reader does not */
export function spanReader(text: string, fully = false): SpanReader {
  const parts = splitDocuments(text);
  const parsed = new Map<number, Document.Parsed>();
  const quick = new Map<number, Quick | undefined>();
  const quickOf = (part: DocumentText): Quick | undefined => {
    if (fully) return undefined;
    if (!quick.has(part.index)) quick.set(part.index, readQuickly(text, part));
    return quick.get(part.index);
  };
  const locate = (position: ObjectPosition, path: FieldPath, withKey: boolean): Span => {
    const part = parts[position.document];
    if (part === undefined) return wholeText(text);
    if (path.length === 0 && position.item === undefined) return contentSpan(text, part);
    const read = quickOf(part);
    if (read !== undefined) return quickSpan(text, part, read, position.item === undefined ? path : ['items', position.item, ...path], withKey);
    let document = parsed.get(part.index);
    if (document === undefined) {
      document = parseSafely(text.slice(part.start, part.end));
      parsed.set(part.index, document);
    }
    const found = find(document, position.item === undefined ? path : ['items', position.item, ...path]);
    const own = withKey ? (found.key ?? found.value) : found.value;
    if (found.depth === 0 || own === undefined) return contentSpan(text, part);
    const start = rangeOf(own)?.[0];
    if (start === undefined) return contentSpan(text, part);
    const end = Math.max(rangeOf(found.value)?.[1] ?? start, rangeOf(own)?.[1] ?? start);
    return spanBetween(text, part.start + start, part.start + end, part);
  };
  return {
    value: (position, path) => locate(position, path, false),
    field: (position, path) => locate(position, path, true),
    object: (position) => locate(position, [], false),
    quickly: ({ document }) => {
      const part = parts[document];
      return part === undefined || part.problem !== undefined ? undefined : quickOf(part);
    },
    startLine: (document) => parts[document]?.startLine,
  };
}

/** The value at `path`; where it is not written, its nearest ancestor. Lines and columns are those of the file. */
export function spanOf(text: string, origin: ObjectPosition, path: FieldPath): Span {
  return spanReader(text).value(origin, path);
}

/** From the key to the end of its value. */
export function keySpan(text: string, origin: ObjectPosition, path: FieldPath): Span {
  return spanReader(text).field(origin, path);
}

/** The whole object, first to last line with content. */
export function documentSpan(text: string, document: number, item?: number): Span {
  return spanReader(text).object(item === undefined ? { document } : { document, item });
}

interface Quick {
  readonly value: unknown;
  readonly places: QuickPlaces;
}

/** Values and places by the quick reader. Comments belong to spans in ways that only the full parser knows: text with a `#` is left to it. */
function readQuickly(text: string, part: DocumentText): Quick | undefined {
  const comment = text.indexOf('#', part.start);
  if (comment !== -1 && comment < part.end) return undefined;
  const places: QuickPlaces = new Map();
  const read = quickRead(text, part.start, part.end, places);
  return read === undefined ? undefined : { value: read.value, places };
}

/** INVARIANT: the span that the full parser's nodes give; `test/source/span.test.ts` compares the two. */
function quickSpan(text: string, part: DocumentText, { value, places }: Quick, path: FieldPath, withKey: boolean): Span {
  let container = value;
  let found: QuickPlace | undefined;
  let empty = false;
  let inList = false;
  for (const step of path) {
    // A key without a value holds nothing further.
    if (empty || container === null || typeof container !== 'object') break;
    const list = Array.isArray(container);
    if (list && typeof step !== 'number') break;
    const key = list ? step : String(step);
    const place = places.get(container)?.get(key);
    if (place === undefined) break;
    found = place;
    inList = list;
    empty = place.skip === 1 && isBlank(text, place.keyEnd + 1, place.end);
    container = (container as Record<string | number, unknown>)[key]; // own, as the place was noted with it
  }
  // An entry of a list that is only a dash stands nowhere.
  if (found === undefined || (inList && empty)) return contentSpan(text, part);
  if (empty) return spanBetween(text, found.at, found.keyEnd, part);
  return spanBetween(text, withKey && !inList ? found.at : found.keyEnd + found.skip, found.end, part);
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a) return false;
  }
  return true;
}

function parseSafely(source: string): Document.Parsed {
  try {
    return parseDocument(source, yamlOptions);
  } catch {
    // What `parseStream` named a limit has no positions either: the whole document is cited.
    return parseDocument('', yamlOptions);
  }
}

interface Found {
  readonly key: unknown;
  readonly value: unknown;
  /** How many steps of the path are written. */
  readonly depth: number;
}

function find(document: Document.Parsed, path: FieldPath): Found {
  const anchors = new AnchorIndex(document);
  let found: Found = { key: undefined, value: document.contents, depth: 0 };
  for (const step of path) {
    const container = anchors.follow(found.value);
    const next = isMap(container) ? findInMap(container, String(step), anchors, 0) : isSeq(container) && typeof step === 'number' && step in container.items ? { key: undefined, value: container.items[step] } : undefined;
    if (next === undefined) return found;
    // A value that is not written (`key:`) is cited at its key.
    const value = next.value === null || next.value === undefined || isEmptyScalar(next.value) ? next.key : next.value;
    found = { key: next.key, value, depth: found.depth + 1 };
  }
  return found;
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.range?.[0] === node.range?.[1];
}

/** The pair that is in force: the last of equal keys; a merged one only where a later key or merge does not replace it. */
function findInMap(map: YAMLMap, key: string, anchors: AnchorIndex, depth: number): Pair | undefined {
  for (const pair of map.items.toReversed()) {
    if (isMergeKey(pair)) {
      const source = anchors.follow(pair.value);
      const maps: readonly unknown[] = isSeq(source) ? source.items.map((item) => anchors.follow(item)) : [source];
      for (const merged of depth < 20 ? maps : []) {
        const inherited = isMap(merged) ? findInMap(merged, key, anchors, depth + 1) : undefined;
        if (inherited !== undefined) return inherited;
      }
      continue;
    }
    const node = anchors.follow(pair.key);
    if (isScalar(node) && keyText(node) === key) return pair;
  }
  return undefined;
}

class AnchorIndex {
  readonly #document: Document.Parsed;
  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  follow(node: unknown): unknown {
    let at = node;
    for (let hops = 0; isAlias(at) && hops < 20; hops += 1) at = this.#resolve(at);
    return at;
  }

  #resolve(alias: Alias): Node | undefined {
    try {
      return alias.resolve(this.#document);
    } catch {
      return undefined;
    }
  }
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  return isNode(node) ? (node.range ?? undefined) : undefined;
}

function contentSpan(text: string, part: DocumentText): Span {
  let start = part.start;
  // Comments and blank lines before the object are not the object.
  for (let line = start; line < part.end; line = lineEnd(text, line) + 1) {
    const content = text.slice(line, Math.min(lineEnd(text, line), part.end)).trim();
    if (content !== '' && !content.startsWith('#') && !content.startsWith('%')) {
      start = line;
      break;
    }
  }
  let end = part.end;
  while (end > start) {
    const line = Math.max(lineStart(text, end - 1), start);
    const content = text.slice(line, end).trim();
    if (content !== '' && !content.startsWith('#')) break;
    end = line;
  }
  return spanBetween(text, start, Math.max(end, start), part);
}

function wholeText(text: string): Span {
  return spanBetween(text, 0, text.length);
}

/**
 * Leading and trailing white space belongs to no span.
 * @param part the document in which it lies: lines are counted from its beginning on
 */
function spanBetween(text: string, from: number, to: number, part?: DocumentText): Span {
  let start = from;
  let end = to;
  while (start < end && /\s/u.test(text.charAt(start))) start += 1;
  while (end > start && /\s/u.test(text.charAt(end - 1))) end -= 1;
  const startLine = part === undefined ? lineAt(text, start) : lineAt(text, start, { offset: part.start, line: part.startLine });
  const endLine = lineAt(text, end, { offset: start, line: startLine });
  return { startLine, startColumn: start - lineStart(text, start) + 1, endLine, endColumn: end - lineStart(text, end) + 1 };
}
