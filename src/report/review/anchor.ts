/**
 * Where an inline comment goes. GitHub rejects a whole review for one line outside the diff (422), so that every anchor is checked
 * against the hunks before; what has no line gets a comment on the file, and what has no file stays in the summary.
 * @see https://docs.github.com/en/rest/pulls/comments
 */
import type { Finding } from '#findings/finding.ts';
import type { Change } from '#impact/change.ts';

/** Lines of one file that a comment may be attached to: additions and context on the right, deletions (and context) on the left. */
export interface DiffLines {
  readonly left: ReadonlySet<number>;
  readonly right: ReadonlySet<number>;
  /** Added and removed lines alone, where the caller knows them: preferred over context. */
  readonly added?: ReadonlySet<number>;
  readonly removed?: ReadonlySet<number>;
}

/** One file of the pull request's diff. Without hunks (big or binary files) both sets are empty. */
export interface DiffFile extends DiffLines {
  /** Path at the head; of a deleted file, its path at the base. */
  readonly path: string;
  /** Path at the base where the file was renamed. */
  readonly previousPath?: string;
}

/** `line` is the last line of a range; `startLine` is there only where it is smaller. */
export type Anchor =
  | { readonly type: 'line'; readonly path: string; readonly side: 'LEFT' | 'RIGHT'; readonly line: number; readonly startLine?: number }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'summary' };

/** Lines that speak for a finding: its own location first, then the causes of its changes. */
export interface Candidate {
  readonly file: string;
  readonly side: 'LEFT' | 'RIGHT';
  readonly startLine: number;
  readonly endLine: number;
  readonly resource?: string;
}

/** First and last line of the YAML document that holds a line, on that side; nothing where the caller does not know. */
export type DocumentAt = (file: string, line: number, side: 'LEFT' | 'RIGHT') => { readonly startLine: number; readonly endLine: number } | undefined;

/** Longest range that is highlighted; a longer one is anchored at its first changed lines. */
const longestRange = 10;

export class DiffIndex {
  readonly #byPath = new Map<string, DiffFile>();
  readonly #byPrevious = new Map<string, DiffFile>();

  constructor(files: Iterable<DiffFile>) {
    for (const file of files) {
      this.#byPath.set(file.path, file);
      this.#byPrevious.set(file.previousPath ?? file.path, file);
    }
  }

  /** A LEFT line of a renamed file is named by its old path, and commented on under the new one. */
  find(file: string, side: 'LEFT' | 'RIGHT'): DiffFile | undefined {
    return side === 'RIGHT' ? this.#byPath.get(file) : (this.#byPrevious.get(file) ?? this.#byPath.get(file));
  }
}

export function candidatesOf(finding: Finding, changes: ReadonlyMap<string, Change>): readonly Candidate[] {
  const { location } = finding;
  const own: Candidate[] = location === undefined ? [] : [{ ...location, resource: finding.resource }];
  const causes = finding.changeIds.flatMap((id) => changes.get(id)?.causes ?? []);
  return [...own, ...causes.map((cause): Candidate => ({ file: cause.file, side: cause.side, startLine: cause.line, endLine: cause.endLine, resource: cause.resource }))];
}

function linesOf(file: DiffFile, side: 'LEFT' | 'RIGHT'): ReadonlySet<number> {
  return side === 'RIGHT' ? file.right : file.left;
}

function changedOf(file: DiffFile, side: 'LEFT' | 'RIGHT'): ReadonlySet<number> | undefined {
  return side === 'RIGHT' ? file.added : file.removed;
}

function lineAnchor(file: DiffFile, side: 'LEFT' | 'RIGHT', startLine: number, endLine: number): Anchor {
  return startLine < endLine ? { type: 'line', path: file.path, side, line: endLine, startLine } : { type: 'line', path: file.path, side, line: endLine };
}

/** One way to place a candidate. `context`: lines that the diff shows without having changed them count too. */
type Attempt = (file: DiffFile, candidate: Candidate, context: boolean, documentAt: DocumentAt | undefined) => Anchor | undefined;

/** All lines of the candidate are in the diff, without a gap: they are in one hunk, as GitHub wants the ends of a range to be. */
const exact: Attempt = (file, candidate, context) => {
  const { side, startLine, endLine } = candidate;
  if (endLine < startLine || endLine - startLine >= longestRange) return undefined;
  const lines = linesOf(file, side);
  for (let line = startLine; line <= endLine; line += 1) if (!lines.has(line)) return undefined;
  const changed = changedOf(file, side);
  if (!context && changed !== undefined && firstWithin(changed, startLine, endLine) === undefined) return undefined;
  return lineAnchor(file, side, startLine, endLine);
};

function firstWithin(lines: ReadonlySet<number>, startLine: number, endLine: number): number | undefined {
  let first: number | undefined;
  for (const line of lines) if (line >= startLine && line <= endLine && (first === undefined || line < first)) first = line;
  return first;
}

/** The first run of changed lines inside the candidate. */
const enclosed: Attempt = (file, candidate, context) => {
  const { side, startLine, endLine } = candidate;
  const lines = linesOf(file, side);
  const run = context ? lines : (changedOf(file, side) ?? lines);
  const first = firstWithin(run, startLine, endLine);
  if (first === undefined || !lines.has(first)) return undefined;
  let last = first;
  while (last < endLine && last - first < longestRange - 1 && run.has(last + 1) && lines.has(last + 1)) last += 1;
  return lineAnchor(file, side, first, last);
};

/** The line of the same document that is nearest to the candidate. */
const nearest: Attempt = (file, candidate, context, documentAt) => {
  const extent = documentAt?.(candidate.file, candidate.startLine, candidate.side);
  if (extent === undefined) return undefined;
  const lines = linesOf(file, candidate.side);
  const changed = [...(context ? lines : (changedOf(file, candidate.side) ?? lines))].filter((line) => lines.has(line));
  let best: number | undefined;
  for (const line of changed) {
    if (line < extent.startLine || line > extent.endLine) continue;
    const distance = Math.abs(line - candidate.startLine);
    if (best === undefined || distance < Math.abs(best - candidate.startLine) || (distance === Math.abs(best - candidate.startLine) && line < best)) best = line;
  }
  return best === undefined ? undefined : lineAnchor(file, candidate.side, best, best);
};

/**
 * Exact changed lines, then the changed part of what encloses them, then the nearest changed line of the same object, each for
 * every candidate in order (a LEFT candidate is a deleted line); then lines that the diff only shows; then the file; then nothing
 * but the summary.
 */
export function chooseAnchor(candidates: readonly Candidate[], diff: DiffIndex, documentAt?: DocumentAt): Anchor {
  const placed = candidates.flatMap((candidate) => {
    const file = diff.find(candidate.file, candidate.side);
    return file === undefined ? [] : [{ candidate, file }];
  });
  for (const context of [false, true]) {
    for (const attempt of [exact, enclosed, nearest]) {
      for (const { candidate, file } of placed) {
        const anchor = attempt(file, candidate, context, documentAt);
        if (anchor !== undefined) return anchor;
      }
    }
  }
  const first = placed[0];
  return first === undefined ? { type: 'summary' } : { type: 'file', path: first.file.path };
}
