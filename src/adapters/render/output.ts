/** What a tool wrote, document by document, with the notes about their source taken out. */
import { splitDocuments } from '#source/documents.ts';
import type { RenderedDocument } from '#app/ports.ts';

export function kustomizeDocuments(output: string): readonly RenderedDocument[] {
  return splitDocuments(output).flatMap((part): readonly RenderedDocument[] => (part.empty ? [] : [withoutOrigin(output.slice(part.start, part.end))]));
}

/** Annotations that kustomize adds because they were asked for, at the one place and in the one form in which it writes them. */
const originLine = /^ {4}config\.kubernetes\.io\/origin: \|/u;

function withoutOrigin(text: string): RenderedDocument {
  const kept: string[] = [];
  const note: string[] = [];
  let inMetadata = false;
  let inAnnotations = false;
  let inNote = false;
  for (const line of text.split('\n')) {
    if (/^[^\s#-]/u.test(line)) {
      inMetadata = line === 'metadata:';
      inAnnotations = false;
    } else if (inMetadata && /^ {2}\S/u.test(line)) inAnnotations = line === '  annotations:';
    if (inNote && /^ {6}/u.test(line)) {
      note.push(line.trim());
      continue;
    }
    inNote = inAnnotations && originLine.test(line);
    if (!inNote) kept.push(line);
  }
  // `annotations:` with nothing left below it is no annotation.
  const body = kept.filter((line, index) => !(line === '  annotations:' && !/^ {4}/u.test(kept[index + 1] ?? ''))).join('\n');
  const value = (key: string): string | undefined => note.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2).replace(/^(['"])(.*)\1$/u, '$2');
  // What came from another repository has no path here.
  if (value('repo') !== undefined) return { text: body, source: undefined };
  const path = value('path');
  if (path !== undefined) return { text: body, source: { from: 'resource', path } };
  const configured = value('configuredIn');
  return { text: body, source: configured === undefined ? undefined : { from: 'generator', path: configured } };
}

/** Hooks that run when a release is deleted, rolled back or tested leave nothing in a running cluster. */
const notInstalled: ReadonlySet<string> = new Set(['test', 'test-success', 'test-failure', 'pre-delete', 'post-delete', 'pre-rollback', 'post-rollback']);
const hookLine = /^\s+["']?helm\.sh\/hook["']?:\s*["']?([a-z, -]+?)["']?\s*$/mu;
const sourceLine = /^# Source: (\S.*?)\s*$/mu;

export function helmDocuments(output: string): readonly RenderedDocument[] {
  return splitDocuments(output).flatMap((part): readonly RenderedDocument[] => {
    const text = output.slice(part.start, part.end);
    const path = sourceLine.exec(text)?.[1];
    if (part.empty) return [];
    const hooks = hookLine.exec(text)?.[1]?.split(',').map((name) => name.trim());
    if (hooks?.every((name) => notInstalled.has(name)) === true) return [];
    return [{ text: text.replace(sourceLine, '#'), source: path === undefined ? undefined : { from: 'template', path } }];
  });
}
