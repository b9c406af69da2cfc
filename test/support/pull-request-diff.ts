import { parsePatch } from 'diff';
import type { GitRepository } from './git-repository.ts';

export interface DiffFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  /** From the first `@@` on, as GitHub sends it. */
  readonly patch: string;
  /** Lines of each hunk that a comment may name. */
  readonly hunks: readonly { readonly left: ReadonlySet<number>; readonly right: ReadonlySet<number> }[];
}

/** The files of a pull request with the hunks of a real `git diff`: merge base against head, as GitHub shows it. */
export function pullRequestDiff(repository: GitRepository, base: string, head: string): readonly DiffFile[] {
  const mergeBase = repository.git('merge-base', base, head).trim();
  const text = repository.git('-c', 'core.quotePath=false', 'diff', '--no-color', '--no-ext-diff', '-M', '-U3', mergeBase, head);
  return text
    .split(/^(?=diff --git )/m)
    .filter((part) => part !== '')
    .map((part) => {
      const [parsed] = parsePatch(part);
      if (parsed === undefined) throw new Error(`no patch in ${part}`);
      const field = (name: string): string | undefined => new RegExp(`^${name}(.*)$`, 'm').exec(part.split(/^@@/m)[0] ?? '')?.[1];
      const paths = /^diff --git "?a\/(.*?)"? "?b\/(.*?)"?$/m.exec(part);
      const before = field('rename from ') ?? paths?.[1] ?? '';
      const after = field('rename to ') ?? paths?.[2] ?? '';
      const status = field('rename to ') !== undefined ? 'renamed' : field('new file mode ') !== undefined ? 'added' : field('deleted file mode ') !== undefined ? 'removed' : 'modified';
      const start = part.search(/^@@/m);
      return {
        path: unquote(after),
        previousPath: status === 'renamed' ? unquote(before) : null,
        status,
        patch: start < 0 ? '' : part.slice(start).replace(/\n$/, ''),
        hunks: parsed.hunks.map((hunk) => {
          const left = new Set<number>();
          const right = new Set<number>();
          let old = hunk.oldStart;
          let now = hunk.newStart;
          for (const line of hunk.lines) {
            if (line.startsWith('\\')) continue;
            if (!line.startsWith('+')) left.add(old++);
            if (!line.startsWith('-')) right.add(now++);
          }
          return { left, right };
        }),
      };
    });
}

/** git quotes names with control characters, quotes or backslashes, C style. */
function unquote(name: string): string {
  return name.replace(/\\(["\\nt]|[0-7]{3})/g, (_, escape: string) => ({ n: '\n', t: '\t', '"': '"', '\\': '\\' })[escape] ?? String.fromCharCode(parseInt(escape, 8)));
}

/** GitHub's reason to refuse a comment at a place, or `null`. */
export function placeMistake(files: readonly DiffFile[], place: { readonly path: string; readonly line?: number; readonly side?: string; readonly startLine?: number; readonly startSide?: string; readonly wholeFile?: boolean }): string | null {
  const file = files.find((candidate) => candidate.path === place.path);
  if (file === undefined) return 'Path could not be resolved';
  if (place.wholeFile === true) return null;
  const side = place.side === 'LEFT' ? 'left' : 'right';
  const { line, startLine } = place;
  if (line === undefined) return 'Line could not be resolved';
  const hunk = file.hunks.find((candidate) => candidate[side].has(line));
  if (hunk === undefined) return 'pull_request_review_thread.line must be part of the diff';
  if (startLine === undefined) return null;
  const startSide = (place.startSide ?? place.side) === 'LEFT' ? 'left' : 'right';
  if (startSide === side && startLine >= line) return 'pull_request_review_thread.start_line must precede the end line.';
  return hunk[startSide].has(startLine) ? null : 'pull_request_review_thread.start_line must be part of the same hunk as the line.';
}
