/** Which findings get an inline comment, where, and with what text. Pure: nothing is sent. */
import { shortHash } from '#lib/canonical.ts';
import type { Change } from '#impact/change.ts';
import type { Finding, Severity } from '#findings/finding.ts';
import type { Report } from '../report.ts';
import { activeFindings } from '../facts.ts';
import { atLeast } from '../wording.ts';
import type { MarkdownContext } from '../markdown/sections.ts';
import { candidatesOf, chooseAnchor, DiffIndex, type Anchor, type DiffFile, type DocumentAt } from './anchor.ts';
import { commentBody } from './comment.ts';

export interface ReviewInput {
  readonly report: Report;
  /** The pull request's files with the lines of their hunks, at the commit that the comments are made on. */
  readonly diff: Iterable<DiffFile>;
  readonly documentAt?: DocumentAt;
  readonly context?: MarkdownContext;
  /** Default `medium`. */
  readonly minimum?: Severity;
  /** Default 10; never more than 30, GitHub's abuse limits start there. */
  readonly maximum?: number;
}

export interface PlannedComment {
  readonly fingerprint: string;
  readonly anchor: Exclude<Anchor, { readonly type: 'summary' }>;
  readonly body: string;
}

export interface ReviewPlan {
  /** Worst first; at most `maximum`. */
  readonly comments: readonly PlannedComment[];
  /** Fingerprints of new or worsened findings that no line or file of the diff can carry: the summary tells them. */
  readonly summaryOnly: readonly string[];
  /** Fingerprints that another comment tells, and the fingerprint of that comment. */
  readonly folded: ReadonlyMap<string, string>;
  /** Fingerprints beyond the maximum or below the minimum: the summary tells them; a comment that is already there stays. */
  readonly withheld: readonly string[];
  /** Fingerprints whose comment is not on a changed line: code scanning will not show them on the pull request. */
  readonly outside: readonly string[];
}

export const hardMaximum = 30;

interface Group {
  readonly anchor: Anchor;
  readonly finding: Finding;
  readonly also: Finding[];
}

function sameCause(left: Finding, right: Finding): boolean {
  return left.changeIds.some((id) => right.changeIds.includes(id));
}

/** Code scanning shows an alert on a pull request only where all its lines were added or edited; where that is not known, the hunk decides. */
function onAddedLines(anchor: Anchor, diff: DiffIndex): boolean {
  if (anchor.type !== 'line' || anchor.side === 'LEFT') return false;
  const added = diff.find(anchor.path, 'RIGHT')?.added;
  if (added === undefined) return true;
  for (let line = anchor.startLine ?? anchor.line; line <= anchor.line; line += 1) if (!added.has(line)) return false;
  return true;
}

/** Equal anchors make one comment where the findings speak about the same change. */
function anchorKey(anchor: Anchor): string {
  return anchor.type === 'line' ? `${anchor.side}:${String(anchor.startLine ?? anchor.line)}-${String(anchor.line)}:${anchor.path}` : anchor.type === 'file' ? `file:${anchor.path}` : 'summary';
}

export function planReview(input: ReviewInput): ReviewPlan {
  const { report, context = {}, minimum = 'medium' } = input;
  const maximum = Math.max(0, Math.min(input.maximum ?? 10, hardMaximum));
  const diff = new DiffIndex(input.diff);
  const changes = new Map<string, Change>(report.changes.map((change) => [change.id, change]));

  const groups: Group[] = [];
  const atAnchor = new Map<string, Group[]>();
  const seen = new Set<string>();
  const withheld: string[] = [];
  const outside: string[] = [];
  for (const finding of activeFindings(report)) {
    if (seen.has(finding.fingerprint)) continue; // findings of equal fingerprint are one; the worst came first
    seen.add(finding.fingerprint);
    const anchor = chooseAnchor(candidatesOf(finding, changes), diff, input.documentAt);
    if (!onAddedLines(anchor, diff)) outside.push(finding.fingerprint);
    if (!atLeast(finding.severity, minimum)) {
      withheld.push(finding.fingerprint);
      continue;
    }
    const neighbours = atAnchor.get(anchorKey(anchor)) ?? [];
    const group = anchor.type === 'summary' ? undefined : neighbours.find((other) => sameCause(other.finding, finding));
    if (group !== undefined) {
      group.also.push(finding);
      continue;
    }
    const made: Group = { anchor, finding, also: [] };
    groups.push(made);
    if (anchor.type !== 'summary') atAnchor.set(anchorKey(anchor), [...neighbours, made]);
  }

  const comments: PlannedComment[] = [];
  const summaryOnly: string[] = [];
  const folded = new Map<string, string>();
  for (const { anchor, finding, also } of groups) {
    if (anchor.type === 'summary') summaryOnly.push(finding.fingerprint);
    else if (comments.length >= maximum) withheld.push(finding.fingerprint, ...also.map((other) => other.fingerprint));
    else {
      comments.push({ fingerprint: finding.fingerprint, anchor, body: commentBody(finding, also, changes, context) });
      for (const other of also) folded.set(other.fingerprint, finding.fingerprint);
    }
  }
  return { comments, summaryOnly, folded, withheld, outside };
}

/** A short name for a plan: equal plans have equal names, which logs use. */
export function planId(plan: ReviewPlan): string {
  return shortHash(...plan.comments.map((comment) => `${comment.fingerprint} ${anchorKey(comment.anchor)} ${comment.body}`));
}
