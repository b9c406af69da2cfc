/** From the files of units to typed resources, each distinct file once for both sides (R1, R17). */
import { Decoder, decodeDocument, type Unreadable } from '#manifests/decode.ts';
import { mayHoldUnresolved } from '#lib/unresolved.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { spanOf } from '#source/span.ts';
import type { SourceProblem } from '#source/problem.ts';
import type { Tree } from '#trees/tree.ts';
import { follow, type Documents } from '#units/documents.ts';
import { istioOfRelease } from '#units/istio-release.ts';
import { withUnresolved } from './unresolved.ts';

/** Something of a unit that could not be read on one side. */
export interface Broken {
  readonly unit: string;
  readonly file: string;
  /** `undefined`: the whole file. */
  readonly document: number | undefined;
  /** What could be recovered: it serves to recognise the object. */
  readonly value: unknown;
  readonly problem: SourceProblem;
  /** What a reader that takes the last of duplicate keys makes of it; empty for everything else. */
  readonly fallback: readonly AnyResource[];
}

export interface FileContent {
  readonly file: string;
  /** In document order. */
  readonly resources: readonly AnyResource[];
  readonly broken: readonly Broken[];
  readonly documents: number;
  readonly understood: number;
  readonly ignored: number;
}

export interface Placement {
  readonly unit: string;
  readonly defaultNamespace: string;
}

export type FileReader = (tree: Tree, file: string, placement: Placement) => FileContent;

/** Equal bytes at an equal path in one unit give the *same* objects on both sides: what did not change is recognised by identity. */
export function fileReader(documents: Documents): FileReader {
  const known = new Map<string, FileContent>();
  const decoder = new Decoder();
  return (tree, file, placement) => {
    const found = follow(tree, file);
    const blob = found.type === 'blob' ? found.blob : found.type;
    const key = [blob, file, placement.unit, placement.defaultNamespace].join('\n');
    let content = known.get(key);
    if (content === undefined) {
      content = found.type === 'outside' ? wholeFile(file, placement, found.problem) : readFile(file, found.type === 'blob' ? found.blob : undefined, placement, documents, decoder);
      known.set(key, content);
    }
    return content;
  };
}

function wholeFile(file: string, placement: Placement, problem: SourceProblem): FileContent {
  return { file, resources: [], broken: [{ unit: placement.unit, file, document: undefined, value: undefined, problem, fallback: [] }], documents: 0, understood: 0, ignored: 0 };
}

function readFile(file: string, blob: string | undefined, placement: Placement, documents: Documents, decoder: Decoder): FileContent {
  const reading = blob === undefined ? undefined : documents.read(blob);
  if (blob === undefined || reading === undefined || reading.type === 'nothing') return { file, resources: [], broken: [], documents: 0, understood: 0, ignored: 0 };
  if (reading.type === 'unreadable') return wholeFile(file, placement, reading.problem);
  const resources: AnyResource[] = [];
  const broken: Broken[] = [];
  let understood = 0;
  let ignored = 0;
  const text = documents.text(blob) ?? '';
  const open = mayHoldUnresolved(text);
  for (const document of reading.documents) {
    const origin = { file, blob, document: document.index };
    const context = { origin, ...placement };
    const at = { unit: placement.unit, file, document: document.index };
    if (document.failure !== undefined) {
      // `kubectl` takes the last of duplicate keys; where the other side knows no better, so does the model.
      const decoded = document.problems.every((problem) => problem.kind === 'duplicate-key') ? decodeDocument(document.value, context) : undefined;
      broken.push({ ...at, value: document.value, problem: document.failure, fallback: decoded?.type === 'resources' ? decoded.resources : [] });
      continue;
    }
    const decoded = decoder.decode(istioOfRelease(document.value) ?? document.value, context);
    if (decoded.type === 'ignored') ignored += 1;
    else if (decoded.type === 'unreadable') broken.push({ ...at, value: document.value, problem: problemOf(decoded, text, document.index), fallback: [] });
    else {
      if (decoded.resources.length > 0) understood += 1;
      else if (decoded.unreadable.length === 0) ignored += 1;
      resources.push(...(open ? withUnresolved(decoded.resources) : decoded.resources));
      for (const item of decoded.unreadable) broken.push({ ...at, value: undefined, problem: problemOf(item, text, document.index), fallback: [] });
    }
  }
  return { file, resources, broken, documents: reading.documents.length, understood, ignored };
}

function problemOf(unreadable: Unreadable, text: string, document: number): SourceProblem {
  const span = spanOf(text, { document }, unreadable.path);
  return { kind: 'yaml-error', line: span.startLine, column: span.startColumn, reason: unreadable.reason, remedy: unreadable.remedy };
}
