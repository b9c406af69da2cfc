import { distinct } from '#lib/order.ts';
import type { Tree, TreeEntry, TreePair } from './tree.ts';

/** A path at which the two sides differ. A changed mode or kind (file, link, submodule) is a modification. */
export interface ChangedPath {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'modified';
  readonly base?: TreeEntry;
  readonly head?: TreeEntry;
}

/** All differing paths in code-unit order; equal blobs at one path are equal, whatever their text. */
export function changedPaths(pair: TreePair): readonly ChangedPath[] {
  const changed: ChangedPath[] = [];
  for (const path of distinct([...pair.base.entries.keys(), ...pair.head.entries.keys()])) {
    const base = pair.base.entries.get(path);
    const head = pair.head.entries.get(path);
    if (base === undefined && head !== undefined) changed.push({ path, change: 'added', head });
    else if (base !== undefined && head === undefined) changed.push({ path, change: 'removed', base });
    else if (base !== undefined && head !== undefined && !sameEntry(base, head)) changed.push({ path, change: 'modified', base, head });
  }
  return changed;
}

function sameEntry(left: TreeEntry, right: TreeEntry): boolean {
  return contentKey(left) === contentKey(right) && modeOf(left) === modeOf(right) && linkOf(left) === linkOf(right);
}

function contentKey(entry: TreeEntry): string {
  return `${entry.type} ${entry.type === 'submodule' ? entry.commit : entry.blob}`;
}

function modeOf(entry: TreeEntry): string | undefined {
  return entry.type === 'file' ? entry.mode : undefined;
}

function linkOf(entry: TreeEntry): string | undefined {
  return entry.type === 'file' ? entry.link : undefined;
}

export interface RenamedPath {
  readonly from: string;
  readonly to: string;
}

/**
 * Files that one side lost and the other gained with equal content. Where several share a content, those with the longest equal tail of the path are paired first.
 */
export function renamedPaths(changes: readonly ChangedPath[]): readonly RenamedPath[] {
  const lost = new Map<string, string[]>();
  for (const { change, path, base } of changes) {
    if (change === 'removed' && base?.type === 'file') lost.set(base.blob, [...(lost.get(base.blob) ?? []), path]);
  }
  const renamed: RenamedPath[] = [];
  for (const { change, path, head } of changes) {
    if (change !== 'added' || head?.type !== 'file') continue;
    const candidates = lost.get(head.blob);
    if (candidates === undefined || candidates.length === 0) continue;
    let best = 0;
    for (let index = 1; index < candidates.length; index += 1) {
      if (equalTail(candidates[index] ?? '', path) > equalTail(candidates[best] ?? '', path)) best = index;
    }
    const [from] = candidates.splice(best, 1);
    if (from !== undefined) renamed.push({ from, to: path });
  }
  return renamed;
}

function equalTail(left: string, right: string): number {
  let length = 0;
  while (length < left.length && length < right.length && left.at(-1 - length) === right.at(-1 - length)) length += 1;
  return length;
}

/** The paths of one side's files, in order: `entries` is already sorted. */
export function filePaths(tree: Tree): readonly string[] {
  return [...tree.entries.values()].filter((entry) => entry.type === 'file').map((entry) => entry.path);
}
