import { structuredPatch } from 'diff';

/** The two sides of a diff as GitHub names them: LEFT is the base's text, RIGHT the head's. */
export type DiffSide = 'LEFT' | 'RIGHT';

export interface HunkLine {
  readonly type: 'context' | 'removed' | 'added';
  /** 1-based line in the base's text; absent for an added line. */
  readonly left?: number;
  /** 1-based line in the head's text; absent for a removed line. */
  readonly right?: number;
}

/** Neighbouring changes with up to three lines around them, as unified diffs show them. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly HunkLine[];
}

/** Lines around a change that a diff shows, and on which a comment may stand. */
const context = 3;
/** Beyond this many edits a difference is not worth its time: the whole file is one hunk. */
const maxEditLength = 1000;

/** Hunks between two texts; equal texts have none. Lines are counted by line feeds, `\r` is content. */
export function hunks(baseText: string, headText: string): readonly Hunk[] {
  if (baseText === headText) return [];
  const patch = structuredPatch('', '', baseText, headText, undefined, undefined, { context, maxEditLength });
  if (patch === undefined) return [replaced(countLines(baseText), countLines(headText))];
  return patch.hunks.map((hunk) => numbered(hunk.oldStart, hunk.newStart, hunk.lines));
}

/** Numbers the lines of one hunk, which begin with ` `, `-`, `+` or `\`. */
export function numbered(oldStart: number, newStart: number, raw: readonly string[]): Hunk {
  const lines: HunkLine[] = [];
  let left = oldStart;
  let right = newStart;
  for (const line of raw) {
    if (line.startsWith('-')) lines.push({ type: 'removed', left: left++ });
    else if (line.startsWith('+')) lines.push({ type: 'added', right: right++ });
    else if (!line.startsWith('\\')) lines.push({ type: 'context', left: left++, right: right++ });
  }
  return { oldStart, oldLines: left - oldStart, newStart, newLines: right - newStart, lines };
}

function replaced(oldLines: number, newLines: number): Hunk {
  return numbered(1, 1, [...new Array<string>(oldLines).fill('-'), ...new Array<string>(newLines).fill('+')]);
}

function countLines(text: string): number {
  if (text === '') return 0;
  let lines = text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/** Whether the diff shows this line, so that a review comment may name it. */
export function isCommentable(list: readonly Hunk[], side: DiffSide, line: number): boolean {
  return list.some((hunk) => hunk.lines.some((entry) => (side === 'LEFT' ? entry.left : entry.right) === line));
}

/** The head's line with the content of this base line; `undefined` where it was removed. */
export function lineInHead(list: readonly Hunk[], baseLine: number): number | undefined {
  return mapLine(list, baseLine, 'left');
}

/** The base's line with the content of this head line; `undefined` where it was added. */
export function lineInBase(list: readonly Hunk[], headLine: number): number | undefined {
  return mapLine(list, headLine, 'right');
}

function mapLine(list: readonly Hunk[], line: number, from: 'left' | 'right'): number | undefined {
  const to = from === 'left' ? 'right' : 'left';
  let shift = 0;
  for (const hunk of list) {
    const [start, count, otherStart, otherCount] = from === 'left' ? [hunk.oldStart, hunk.oldLines, hunk.newStart, hunk.newLines] : [hunk.newStart, hunk.newLines, hunk.oldStart, hunk.oldLines];
    // A hunk of no lines on this side stands behind the line it names.
    const first = count === 0 ? start + 1 : start;
    if (line < first) break;
    if (line < first + count) return hunk.lines.find((entry) => entry[from] === line)?.[to];
    shift = (otherCount === 0 ? otherStart + 1 : otherStart) + otherCount - (first + count);
  }
  return line + shift;
}
