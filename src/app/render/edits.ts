/** The changed places of a unit's files, each of which can be undone by itself. */
import { hunks } from '#trees/hunks.ts';
import type { Tree, TreeEntry } from '#trees/tree.ts';

/** Neighbouring changed lines of one file that belong together, or a file that came or went. */
export interface Place {
  readonly path: string;
  /** What the head's file is without this change; `undefined`: no file. */
  readonly undone: string | TreeEntry | undefined;
  /** 1-based line of the head behind the change; absent for a whole file. */
  readonly next?: number;
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
      for (const part of apart(added, removed, next)) places.push({ path, undone: withoutAll(newLines, [part]), ...part });
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

interface Part {
  readonly added: readonly Line[];
  readonly removed: readonly Line[];
  readonly next: number;
}

/** Line by line where each has its counterpart, key by key or item by item where lines only came or only went: each is a change of its own. */
function apart(added: readonly Line[], removed: readonly Line[], next: number): readonly Part[] {
  if (added.length === 0 && removed.length === 0) return [];
  if (added.length === removed.length && added.every((line, index) => indent(line) === indent(removed[index]))) return added.map((line, index) => ({ added: [line], removed: removed.slice(index, index + 1), next: line.line + 1 }));
  if (removed.length === 0) return blocks(added).map((block) => ({ added: block, removed: [], next: (block.at(-1)?.line ?? next - 1) + 1 }));
  if (added.length === 0) return blocks(removed).map((block) => ({ added: [], removed: block, next }));
  return [{ added, removed, next }];
}

function indent(line: Line | undefined): number {
  return /^\s*/u.exec(line?.text ?? '')?.[0].length ?? 0;
}

/** Each begins on a line that is indented least. */
function blocks(lines: readonly Line[]): readonly (readonly Line[])[] {
  const spoken = lines.filter((line) => line.text.trim() !== '');
  const least = Math.min(...spoken.map(indent));
  const found: Line[][] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last === undefined || (line.text.trim() !== '' && indent(line) === least)) found.push([line]);
    else last.push(line);
  }
  return found;
}

/** The head's file without several changes of it. */
export function withoutPlaces(head: string, places: readonly Place[]): string {
  return withoutAll(head.split('\n'), places.flatMap(({ added, removed, next }) => (next === undefined ? [] : [{ added, removed, next }])));
}

function withoutAll(newLines: readonly string[], parts: readonly Part[]): string {
  const lines = [...newLines];
  // From the end, so that lines before keep their numbers; what stood on one place keeps its order.
  for (const { added, removed, next } of [...parts].sort((left, right) => right.next - left.next || (right.removed[0]?.line ?? 0) - (left.removed[0]?.line ?? 0))) {
    lines.splice(next - 1 - added.length, added.length, ...removed.map((line) => line.text));
  }
  return lines.join('\n');
}

function numbered(text: string | undefined): readonly Line[] {
  return text === undefined ? [] : text.split('\n').map((line, index) => ({ line: index + 1, text: line }));
}
