import type { SourceProblem } from '#source/problem.ts';

export type BlobId = string;

export type TreeEntry =
  | { readonly type: 'file'; readonly path: string; readonly blob: BlobId; readonly size: number }
  | { readonly type: 'symlink'; readonly path: string; readonly blob: BlobId }
  | { readonly type: 'submodule'; readonly path: string; readonly commit: string };

/** A listing of one side. Paths are `/` separated, relative to the root, in code-unit order. */
export interface Tree {
  readonly label: string;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

/** The text of a blob, or why there is none. */
export type BlobContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'unreadable'; readonly problem: SourceProblem };

/** Two sides that share their blobs: what is equal is read and parsed once. */
export interface TreePair {
  readonly base: Tree;
  readonly head: Tree;
  /** Content of every wanted blob (see `wantedPath`); a blob that is not here was not asked for. */
  readonly blobs: ReadonlyMap<BlobId, BlobContent>;
}

export type Side = 'base' | 'head';
