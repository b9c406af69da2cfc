/**
 * Comments stand on lines of the pull request's own diff (merge base against head), while the review may have looked at the test
 * merge. Where the base branch changed the same file meanwhile, lines differ: each is looked up again by its content.
 */
import type { Cause, Change } from '#impact/change.ts';
import type { Finding, Location } from '#findings/finding.ts';
import type { Report } from '#report/report.ts';
import { hunks, lineInHead, type Hunk } from '#trees/hunks.ts';
import { textAt, type TreePair } from '#trees/tree.ts';

type Lines = { readonly startLine: number; readonly endLine: number };
type Locate = (file: string, lines: Lines, side: 'LEFT' | 'RIGHT') => Lines;

/** No line of any diff: the comment goes to the file. */
const nowhere: Lines = { startLine: 0, endLine: 0 };

/** Files that a finding or cause of the report names, per side. */
export function namedFiles(report: Report): ReadonlySet<string> {
  return new Set([
    ...report.findings.flatMap((finding) => [...(finding.location === undefined ? [] : [finding.location.file]), ...finding.related.map((related) => related.file)]),
    ...report.changes.flatMap((change) => [...change.causes, ...(change.alternativeCauses ?? []).flat()].map((cause) => cause.file)),
  ]);
}

/** The report with its places in the text of `diff`; its places are in the text of `reviewed` before. */
export function relocate(report: Report, reviewed: TreePair, diff: TreePair): Report {
  const locate = locator(reviewed, diff);
  const place = <T extends Location>(location: T): T => ({ ...location, ...locate(location.file, location, location.side) });
  const moved = (cause: Cause): Cause => {
    const { startLine, endLine } = locate(cause.file, { startLine: cause.line, endLine: cause.endLine }, cause.side);
    return { ...cause, line: startLine, endLine };
  };
  return {
    ...report,
    findings: report.findings.map((finding): Finding => ({ ...finding, related: finding.related.map(place), ...(finding.location === undefined ? {} : { location: place(finding.location) }) })),
    changes: report.changes.map((change): Change => ({ ...change, causes: change.causes.map(moved), ...(change.alternativeCauses === undefined ? {} : { alternativeCauses: change.alternativeCauses.map((set) => set.map(moved)) }) })),
  };
}

function locator(reviewed: TreePair, diff: TreePair): Locate {
  const known = new Map<string, readonly Hunk[] | null>();
  const between = (file: string, side: 'LEFT' | 'RIGHT'): readonly Hunk[] | null => {
    const key = `${side} ${file}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const tree = side === 'LEFT' ? 'base' : 'head';
    const from = textAt(reviewed, tree, file);
    const to = textAt(diff, tree, file);
    const value = from === undefined || to === undefined ? null : hunks(from, to);
    known.set(key, value);
    return value;
  };
  return (file, { startLine, endLine }, side) => {
    const shift = between(file, side);
    if (shift === null) return nowhere;
    // The first and last lines of the range that are still there.
    const lines: number[] = [];
    for (let line = startLine; line <= endLine; line += 1) {
      const now = lineInHead(shift, line);
      if (now !== undefined) lines.push(now);
    }
    const first = lines[0];
    const last = lines.at(-1);
    return first === undefined || last === undefined ? nowhere : { startLine: first, endLine: last };
  };
}
