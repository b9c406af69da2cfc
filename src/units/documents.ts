import type { ParsedDocument } from '#source/documents.ts';
import { parseStream, type KnownDocuments } from '#source/documents.ts';
import { manifestLike, mightHoldManifest } from '#source/text.ts';
import type { SourceProblem } from '#source/problem.ts';
import type { BlobContent, BlobId, Tree } from '#trees/tree.ts';
import { isRecord } from './kustomization.ts';

/** What a blob holds. Depends on its bytes only, so both sides and every path share it. */
export type Reading =
  /** Nobody fetched it, or its text can hold no manifest. */
  | { readonly type: 'nothing' }
  | {
      readonly type: 'documents';
      readonly documents: readonly ReadDocument[];
      /** At least one document is a manifest. */
      readonly manifests: boolean;
      /** At least one document is broken. */
      readonly broken: boolean;
      /** A line `apiVersion:` and a line `kind:` at one indentation (R17). */
      readonly like: boolean;
    }
  | { readonly type: 'unreadable'; readonly problem: SourceProblem };

export interface ReadDocument extends ParsedDocument {
  /** Set: the document says nothing that may be relied on; its `value` is what could be recovered. */
  readonly failure: SourceProblem | undefined;
  readonly manifest: boolean;
}

export interface Documents {
  readonly read: (blob: BlobId) => Reading;
  /** From now on its text is parsed though it can hold no manifest: whether it is broken is asked (R17). */
  readonly insist: (blob: BlobId) => void;
  /** The raw text, where it was fetched and is text. */
  readonly text: (blob: BlobId) => string | undefined;
  /** The first document of a file that need not look like a manifest (`Chart.yaml`); `undefined` where it cannot be read. */
  readonly first: (blob: BlobId) => unknown;
  /** Lets go of what was parsed: once everything is decoded nobody needs the documents. A later question parses again. */
  readonly forget: () => void;
}

/** Parses each distinct blob, and each distinct document of streams, at most once for both sides (R1). */
export function documentsOf(blobs: ReadonlyMap<BlobId, BlobContent>): Documents {
  const known = new Map<BlobId, Reading>();
  const firsts = new Map<BlobId, unknown>();
  const insisted = new Set<BlobId>();
  const values: KnownDocuments = new Map();
  const text = (blob: BlobId): string | undefined => {
    const content = blobs.get(blob);
    return content?.type === 'text' ? content.text : undefined;
  };
  return {
    text,
    forget: () => {
      known.clear();
      firsts.clear();
      values.clear();
    },
    first: (blob) => {
      if (!firsts.has(blob)) {
        const document = parseStream(text(blob) ?? '')[0];
        firsts.set(blob, document === undefined || document.problems.length > 0 ? undefined : document.value);
      }
      return firsts.get(blob);
    },
    insist: (blob) => {
      if (insisted.has(blob)) return;
      insisted.add(blob);
      known.delete(blob);
    },
    read: (blob) => {
      let reading = known.get(blob);
      if (reading === undefined) {
        reading = readBlob(blobs.get(blob), values, insisted.has(blob));
        known.set(blob, reading);
      }
      return reading;
    },
  };
}

function readBlob(content: BlobContent | undefined, values: KnownDocuments, insisted: boolean): Reading {
  if (content === undefined) return { type: 'nothing' };
  if (content.type === 'unreadable') return content;
  const { text } = content;
  if (!insisted && !mightHoldManifest(text)) return { type: 'nothing' };
  const documents = parseStream(text, values).map((document): ReadDocument => {
    const failure = document.problems[0];
    return { ...document, failure, manifest: failure === undefined && isManifest(document.value) };
  });
  const broken = documents.some((document) => document.failure !== undefined);
  return { type: 'documents', documents, manifests: documents.some((document) => document.manifest), broken, like: broken && manifestLike(text) };
}

/** An object of the Kubernetes API: text inside other YAML is none (R4). */
export function isManifest(value: unknown): boolean {
  return isRecord(value) && typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string';
}

const manifestName = /\.(?:ya?ml|json)$/iu;

export function mayBeManifestFile(path: string): boolean {
  return manifestName.test(path);
}

/** What a path of one side leads to; symbolic links inside the tree are followed already. */
export type Found = { readonly type: 'blob'; readonly blob: BlobId } | { readonly type: 'outside'; readonly problem: SourceProblem } | { readonly type: 'none' };

export function follow(tree: Tree, path: string): Found {
  const entry = tree.entries.get(path);
  if (entry === undefined || entry.type === 'submodule') return { type: 'none' };
  if (entry.type === 'file') return { type: 'blob', blob: entry.blob };
  return {
    type: 'outside',
    problem: entry.problem ?? { kind: 'symlink-outside', reason: 'a symbolic link that leads to no file of the repository', remedy: 'replace the link by the file itself' },
  };
}
