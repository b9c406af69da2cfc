import { lineEnd } from './lines.ts';
import type { SourceProblem } from './problem.ts';

/** The text of one document of a stream: `text.slice(start, end)`, without its separator line. */
export interface DocumentText {
  /** Position in the stream, from 0; a document without content counts, a comment before the first `---` does not. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  /** 1-based line of `start`. */
  readonly startLine: number;
  /** Only blank lines and comments. */
  readonly empty: boolean;
  /** Why Kubernetes' readers do not take this separator. */
  readonly problem?: SourceProblem;
}

type Marker = { readonly kind: 'start' | 'end'; readonly at: number; readonly content: number; readonly problem?: string };

/**
 * Cuts a stream at its separators: a line that starts with `---`, as kubectl and kustomize cut it, and `...`.
 *
 * Both accept nothing but blanks or a comment behind `---`; other content there is understood as the first line of the document *and* named as a problem.
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/yaml/decoder.go (YAMLReader)
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let opened: Marker | undefined;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  const cursor = new MarkerCursor(text, start);
  for (;;) {
    const marker = cursor.next();
    const end = marker?.at ?? text.length;
    const empty = isEmpty(text, start, end);
    // INVARIANT: only `---` opens a document without content; a tail after `...` and comments before the first `---` are none.
    if (!empty || opened?.kind === 'start') {
      const reason = opened?.problem ?? (opened?.kind === 'end' ? 'content follows `...` without a separator, which `kubectl` skips' : undefined);
      documents.push({
        index: documents.length, start, end, startLine: line, empty,
        ...(reason === undefined || empty ? {} : { problem: { kind: 'glued-separator', line, reason, remedy: 'write `---` on a line of its own between two documents' } as const }),
      });
    }
    if (marker === undefined) return documents;
    line += countLines(text, start, marker.content);
    start = marker.content;
    opened = marker;
  }
}

class MarkerCursor {
  readonly #text: string;
  #dashes: number;
  #dots: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#dashes = text.startsWith('---', start) ? start : this.#find('\n---', start);
    this.#dots = text.startsWith('...', start) ? start : this.#find('\n...', start);
  }

  #find(token: string, from: number): number {
    const at = this.#text.indexOf(token, from);
    return at === -1 ? Infinity : at + 1;
  }

  next(): Marker | undefined {
    for (;;) {
      const at = Math.min(this.#dashes, this.#dots);
      if (at === Infinity) return undefined;
      if (at === this.#dashes) {
        this.#dashes = this.#find('\n---', at);
        return separator(this.#text, at);
      }
      this.#dots = this.#find('\n...', at);
      const end = lineEnd(this.#text, at);
      const rest = this.#text.slice(at + 3, end);
      if (/^[ \t\r]*(?:#.*)?$/u.test(rest) && !/^#/u.test(rest)) return { kind: 'end', at, content: Math.min(end + 1, this.#text.length) };
    }
  }
}

function separator(text: string, at: number): Marker {
  const end = lineEnd(text, at);
  const rest = text.slice(at + 3, end);
  const trimmed = rest.trim();
  const nextLine = Math.min(end + 1, text.length);
  if (trimmed === '' || trimmed.startsWith('#')) return { kind: 'start', at, content: nextLine };
  if (/^-+$/u.test(trimmed)) return { kind: 'start', at, content: nextLine, problem: 'a line of more than three dashes is no separator' };
  const glued = rest.trimStart() === rest;
  return { kind: 'start', at, content: at + 3, problem: glued ? 'the separator `---` is glued to the text that follows it' : 'the separator `---` is followed by content on its line' };
}

function isEmpty(text: string, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    // A directive (`%YAML 1.1`) belongs to the document that the next `---` opens.
    if (code === 0x23 || (code === 0x25 && (at === start || text.charCodeAt(at - 1) === 0x0a))) at = lineEnd(text, at);
    else if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
    at += 1;
  }
  return true;
}

function countLines(text: string, start: number, end: number): number {
  let lines = 0;
  let at = text.indexOf('\n', start);
  while (at !== -1 && at < end) {
    lines += 1;
    at = text.indexOf('\n', at + 1);
  }
  return lines;
}
