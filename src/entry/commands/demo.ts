/** `demo`: the embedded example, reviewed like any other pair of trees. */
import { createHash } from 'node:crypto';
import { defaultConfig } from '#app/config.ts';
import { shopBase, shopHead } from '#app/demo/shop.ts';
import { review } from '#app/review.ts';
import { pairOf, type BlobContent, type Tree, type TreeEntry } from '#trees/tree.ts';
import { demoOptions, readArguments } from '../arguments.ts';
import { checkOutputs } from '../output.ts';
import { finish, today } from '../run.ts';
import { version } from '../version.ts';

function tree(label: string, files: Readonly<Record<string, string>>, blobs: Map<string, BlobContent>): Tree {
  const entries = new Map<string, TreeEntry>();
  for (const path of Object.keys(files).sort()) {
    const text = files[path] ?? '';
    const blob = createHash('sha1').update(text).digest('hex');
    blobs.set(blob, { type: 'text', text });
    entries.set(path, { type: 'file', path, blob, size: text.length });
  }
  return { label, entries };
}

export function demo(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, demoOptions, 'none');
  checkOutputs(values);
  const blobs = new Map<string, BlobContent>();
  const pair = pairOf(tree('shop before', shopBase, blobs), tree('shop after', shopHead, blobs), blobs);
  const outcome = review({
    pair,
    comparison: { mode: 'directories', base: { id: 'shop-before', label: 'shop before' }, head: { id: 'shop-after', label: 'shop after' } },
    config: defaultConfig,
    today: today(),
    version,
  });
  return Promise.resolve(finish(outcome, pair, values, 'review'));
}
