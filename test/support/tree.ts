/** Small trees in memory, for tests of everything behind the trees. */
import { shortHash } from '#lib/canonical.ts';
import { sortedBy } from '#lib/order.ts';
import type { BlobContent, BlobId, Tree, TreeEntry, TreePair } from '#trees/tree.ts';

/** Path → text. */
export type Files = Readonly<Record<string, string>>;

export function tree(files: Files, label = 'tree'): Tree {
  const entries = sortedBy(Object.keys(files), (path) => path).map((path): [string, TreeEntry] => {
    const text = files[path] ?? '';
    return [path, { type: 'file', path, blob: shortHash(text), size: text.length }];
  });
  return { label, entries: new Map(entries) };
}

/** Two sides that share their blobs. */
export function pair(base: Files, head: Files): TreePair {
  const blobs = new Map<BlobId, BlobContent>();
  for (const text of [...Object.values(base), ...Object.values(head)]) blobs.set(shortHash(text), { type: 'text', text });
  return { base: tree(base, 'base'), head: tree(head, 'head'), blobs };
}

/** Documents of one stream. */
export function stream(...documents: readonly string[]): string {
  return documents.map((document) => `${document.trim()}\n`).join('---\n');
}
