import type { SourceProblem } from '#source/problem.ts';

export type BlobId = string;

/** One path of a listing. `mode` is git's: `100644`, `100755`, `120000`, `160000`. */
export type TreeEntry =
  /** `link`: the path is a symbolic link that leads, inside the tree, to a file of this content. */
  | { readonly type: 'file'; readonly path: string; readonly blob: BlobId; readonly size: number; readonly mode?: string; readonly link?: string }
  /** A link that leads to no file of the tree: `target` is its text, where it could be read. */
  | { readonly type: 'symlink'; readonly path: string; readonly blob: BlobId; readonly target?: string; readonly problem?: SourceProblem }
  | { readonly type: 'submodule'; readonly path: string; readonly commit: string };

/** A path of the listing that could not be read although something is there. */
export interface TreeProblem {
  readonly path: string;
  readonly problem: SourceProblem;
}

/** A listing of one side. Paths are `/` separated, relative to the root, in code-unit order. */
export interface Tree {
  readonly label: string;
  readonly entries: ReadonlyMap<string, TreeEntry>;
  /** Unreadable directories, limits of the walk and links that lead out, in path order; content problems are in `blobs`. */
  readonly problems?: readonly TreeProblem[];
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

/** Two listings over one store of blobs. */
export function pairOf(base: Tree, head: Tree, blobs: ReadonlyMap<BlobId, BlobContent>): TreePair {
  return { base, head, blobs };
}

/** The file at a path: its content, `undefined` where the side has no such file or the content was not asked for. */
export function contentAt(pair: TreePair, side: Side, path: string): BlobContent | undefined {
  const entry = pair[side].entries.get(path);
  return entry?.type === 'file' ? pair.blobs.get(entry.blob) : undefined;
}

/** The text of the file at a path; `undefined` also where it cannot be read (`contentAt` tells why). */
export function textAt(pair: TreePair, side: Side, path: string): string | undefined {
  const content = contentAt(pair, side, path);
  return content?.type === 'text' ? content.text : undefined;
}
