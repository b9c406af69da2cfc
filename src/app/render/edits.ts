/** The changed places of a unit's files, each of which can be undone by itself. */
import { hunks } from '#trees/hunks.ts';
import type { Tree, TreeEntry } from '#trees/tree.ts';

/** Neighbouring changed lines of one file, or a file that came or went. */
export interface Place {
  readonly path: string;
  /** What the head's file is without this change; `undefined`: no file. */
  readonly undone: string | TreeEntry | undefined;
  /** Lines that this change added (head) and took away (base), 1-based, with their text. */
  readonly added: readonly Line[];
  readonly removed: readonly Line[];
}

export interface Line {
  readonly line: number;
  readonly text: string;
}

/** @param text of a path on one side; `undefined` where it is no text */
export function placesOf(path: string, base: Tree, head: Tree, text: (entry: TreeEntry | undefined) => string | undefined): readonly Place[] {
  const left = base.entries.get(path);
  const right = head.entries.get(path);
  const before = text(left);
  const after = text(right);
  if (left === undefined || right === undefined || before === undefined || after === undefined) {
    return [{ path, undone: left, added: numbered(after), removed: numbered(before) }];
  }
  const oldLines = before.split('\n');
  const newLines = after.split('\n');
  const places: Place[] = [];
  for (const hunk of hunks(before, after)) {
    let added: Line[] = [];
    let removed: Line[] = [];
    let next = hunk.newStart;
    const close = (): void => {
      if (added.length > 0 || removed.length > 0) places.push({ path, undone: undo(newLines, added, removed, next), added, removed });
      added = [];
      removed = [];
    };
    for (const line of hunk.lines) {
      if (line.type === 'context') {
        close();
        next = (line.right ?? next) + 1;
      } else if (line.left !== undefined) removed.push({ line: line.left, text: oldLines[line.left - 1] ?? '' });
      else if (line.right !== undefined) added.push({ line: line.right, text: newLines[line.right - 1] ?? '' });
      if (line.type === 'added') next = (line.right ?? next) + 1;
    }
    close();
  }
  return places;
}

/** Everything of one file at once. */
export function wholeFile(path: string, base: Tree, places: readonly Place[]): Place {
  return { path, undone: base.entries.get(path), added: places.flatMap((place) => place.added), removed: places.flatMap((place) => place.removed) };
}

/** @param next 1-based line of the head behind the change */
function undo(newLines: readonly string[], added: readonly Line[], removed: readonly Line[], next: number): string {
  const from = next - 1 - added.length;
  return [...newLines.slice(0, from), ...removed.map((line) => line.text), ...newLines.slice(next - 1)].join('\n');
}

function numbered(text: string | undefined): readonly Line[] {
  return text === undefined ? [] : text.split('\n').map((line, index) => ({ line: index + 1, text: line }));
}
