import { parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { ConversionProblem } from './convert.ts';
import { toPlain } from './convert.ts';
import { lineAt, lineStart } from './lines.ts';
import type { SourceProblem } from './problem.ts';
import { quickRead } from './quick.ts';
import { yamlOptions } from './schema.ts';
import { splitDocuments } from './split.ts';
import type { DocumentText } from './split.ts';
import { isTemplated } from './text.ts';

export { decodeText } from './decode.ts';
export { documentSpan, keySpan, spanOf, spanReader } from './span.ts';
export { splitDocuments } from './split.ts';
export { isTemplated, manifestLike, mightHoldManifest } from './text.ts';

/** One document of a stream that is not empty. */
export interface ParsedDocument {
  /** Position in the stream, from 0; empty documents are left out and keep their number. */
  readonly index: number;
  /** 1-based line on which the text of the document begins: the one after its separator. */
  readonly startLine: number;
  /** Plain values without shared parts. Where there are problems it serves to recognise the object, not to model it. */
  readonly value: unknown;
  readonly problems: readonly SourceProblem[];
}

/**
 * Reads a YAML or JSON stream with Kubernetes' scalar rules. Never throws; every document stands by itself (R17).
 */
export function parseStream(text: string, known?: KnownDocuments): readonly ParsedDocument[] {
  const strange = strangeCharacter.test(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  const documents: ParsedDocument[] = [];
  const parts = splitDocuments(text);
  for (const part of parts) if (!part.empty) documents.push(readPart(text, part, strange, parts.length > 1 ? known : undefined));
  return documents;
}

/** Values by the text of their document, of several streams that hold equal documents. Values are never changed. */
export type KnownDocuments = Map<string, unknown>;

function readPart(text: string, part: DocumentText, strange: boolean, known: KnownDocuments | undefined): ParsedDocument {
  if (!strange && part.problem === undefined) {
    const quick = known === undefined ? quickRead(text, part.start, part.end) : readOnce(text, part, known);
    if (quick !== undefined) return { index: part.index, startLine: part.startLine, value: quick.value, problems: [] };
  }
  return readFully(text, part, strange);
}

function readOnce(text: string, { start, end }: DocumentText, known: KnownDocuments): { readonly value: unknown } | undefined {
  const source = text.slice(start, end);
  const value = known.get(source);
  if (value !== undefined) return { value };
  const quick = quickRead(text, start, end);
  if (quick?.value !== undefined) known.set(source, quick.value);
  return quick;
}

/** With the full parser, which decides everything unusual. */
export function readFully(text: string, part: DocumentText, strange: boolean): ParsedDocument {
  const whole = part.start === 0 && part.end === text.length;
  const source = whole ? text : text.slice(part.start, part.end);
  const problems: SourceProblem[] = part.problem === undefined ? [] : [part.problem];
  if (strange) problems.push(...strangeCharacters(source, part.startLine));
  const { value, problems: found } = readDocument(source);
  for (const problem of found.map((one) => atGluedLine(source, one))) {
    const line = lineAt(source, problem.offset) + part.startLine - 1;
    problems.push({ kind: problem.kind, line, column: problem.offset - lineStart(source, problem.offset) + 1, reason: problem.reason, remedy: problem.remedy });
  }
  return { index: part.index, startLine: part.startLine, value, problems };
}

/** Where the separator was written at the end of a value (`foo: bar---`), that line is the one to correct. */
function atGluedLine(source: string, problem: ConversionProblem): ConversionProblem {
  if (problem.kind !== 'glued-separator') return problem;
  const before = source.slice(0, lineStart(source, problem.offset)).trimEnd();
  if (!before.endsWith('---')) return problem;
  return { ...problem, offset: before.length - 3, reason: 'the separator `---` is glued to the end of a line', remedy: 'write `---` on a line of its own' };
}

function readDocument(source: string): { readonly value: unknown; readonly problems: readonly ConversionProblem[] } {
  let document: Document.Parsed;
  try {
    document = parseDocument(source, yamlOptions);
  } catch (error) {
    // The parser reports what it cannot read; what it throws (a full stack) is a limit, not a crash of the run.
    return { value: undefined, problems: [{ kind: 'limit', offset: 0, reason: `the document cannot be parsed: ${error instanceof RangeError ? 'it is nested too deeply' : 'the parser gave up'}`, remedy: 'simplify the document' }] };
  }
  const conversion = toPlain(document.contents);
  const [error] = document.errors;
  if (error === undefined) return conversion;
  // What follows the first error of a document is mostly its echo.
  const offset = Math.min(error.pos[0], source.length);
  const problem: ConversionProblem = error.code === 'RESOURCE_EXHAUSTION'
    ? { kind: 'limit', offset, reason: 'the document is nested too deeply', remedy: 'flatten the document' }
    : { kind: 'yaml-error', offset, reason: sentence(error.message), remedy: isTemplated(source) ? 'render the template, or exclude the file with `ignore`' : 'correct the YAML at this line' };
  return { value: conversion.value, problems: [problem, ...conversion.problems] };
}

function sentence(message: string): string {
  const [first = ''] = message.split('\n');
  const text = first.replace(/[.:]+$/u, '').replace(/"/gu, '`');
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/**
 * Characters that the scanner of Kubernetes ends a line at although git, editors and this parser do not: behind a comment they would hide a field that is in force.
 * Control characters are refused there altogether.
 * @see https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/yamlprivateh.go (is_break)
 */
const strangeCharacter = /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]|\ufeff/u;

function strangeCharacters(source: string, startLine: number): readonly SourceProblem[] {
  const match = strangeCharacter.exec(source);
  if (match === null) return [];
  const code = source.charCodeAt(match.index).toString(16).toUpperCase().padStart(4, '0');
  const breaks = ['000D', '0085', '2028', '2029'].includes(code);
  return [{
    kind: 'yaml-error',
    line: lineAt(source, match.index) + startLine - 1,
    column: match.index - lineStart(source, match.index) + 1,
    reason: breaks ? `the character U+${code} ends the line for Kubernetes, but not in editors and diffs` : `the character U+${code} is not allowed in YAML`,
    remedy: 'remove the character, or write it as an escape in double quotes',
  }];
}
