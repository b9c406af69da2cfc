import { numbered } from './hunks.ts';
import type { Hunk } from './hunks.ts';

/** Which lines of a file a review comment may name, read from the `patch` of GitHub's list of changed files. */
export interface PatchLines {
  /** Lines of the base's text that the patch shows, context included. */
  readonly left: ReadonlySet<number>;
  readonly right: ReadonlySet<number>;
  readonly hunks: readonly Hunk[];
  /** False: a hunk has fewer or more lines than its header says; only the lines that are there are named. */
  readonly complete: boolean;
}

const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/u;

/**
 * Reads hunks without file headers. The counts of a hunk's header decide where it ends, so a removed line `-- old` or an added `++ new` is never taken for a header;
 * file headers, where a patch has them, are skipped. Never throws.
 */
export function patchLines(patch: string): PatchLines {
  const list: Hunk[] = [];
  let complete = true;
  const lines = patch.split('\n');
  for (let at = 0; at < lines.length; ) {
    const match = header.exec(lines[at] ?? '');
    at += 1;
    if (match === null) continue;
    const oldLines = Number(match[2] ?? '1');
    const newLines = Number(match[4] ?? '1');
    const body: string[] = [];
    let left = 0;
    let right = 0;
    while (at < lines.length && (left < oldLines || right < newLines)) {
      const line = lines[at] ?? '';
      const isLast = at === lines.length - 1 && line === '';
      if (isLast || !/^[-+ \\]|^$/u.test(line)) break;
      const step = line === '' ? ' ' : line.charAt(0);
      if (step !== '+' && step !== '\\') left += 1;
      if (step !== '-' && step !== '\\') right += 1;
      body.push(line === '' ? ' ' : line);
      at += 1;
    }
    if (left !== oldLines || right !== newLines) complete = false;
    list.push(numbered(Number(match[1]), Number(match[3]), body));
  }
  const all = list.flatMap((hunk) => hunk.lines);
  return {
    left: new Set(all.flatMap((line) => line.left ?? [])),
    right: new Set(all.flatMap((line) => line.right ?? [])),
    hunks: list,
    complete,
  };
}
