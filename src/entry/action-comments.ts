/** Plans and writes what a pull request shows: comments at lines, then the summary comment. Fails open: a refusal is an outcome, never an exit code. */
import { HostFailure, type ChangedFile, type PullRequestHost } from '#app/ports.ts';
import { writeReview, type ReviewOutcome } from '#adapters/github/review-writer.ts';
import { writeSummary, type SummaryOutcome } from '#adapters/github/summary-writer.ts';
import { activeFindings } from '#report/facts.ts';
import type { Links } from '#report/links.ts';
import { prose } from '#report/markdown/escape.ts';
import { bodyHash, stickyMarker } from '#report/markdown/marker.ts';
import { stickyComment } from '#report/markdown/sticky.ts';
import { plural } from '#report/plain.ts';
import type { Report } from '#report/report.ts';
import type { DiffFile, DocumentAt } from '#report/review/anchor.ts';
import { fingerprintOf } from '#report/review/comment.ts';
import { planReview, type ReviewPlan } from '#report/review/plan-review.ts';
import { planSticky } from '#report/review/plan-sticky.ts';
import { reconcile, sameLogin } from '#report/review/reconcile.ts';
import { hunks, type Hunk } from '#trees/hunks.ts';
import { patchLines } from '#trees/patch.ts';
import { textAt, type TreePair } from '#trees/tree.ts';
import type { ActionInputs } from './action-inputs.ts';

export interface CommentsRequest {
  readonly host: PullRequestHost;
  /** Places in the text of `diff`. */
  readonly report: Report;
  /** Both sides of the pull request's own diff; files that GitHub shows without a patch are compared here. */
  readonly diff: TreePair;
  /** The commit on whose lines the comments stand. */
  readonly head: string;
  /** From another repository: then the token can only read. */
  readonly fork: boolean;
  readonly links: Links;
  readonly inputs: Pick<ActionInputs, 'review-comments' | 'review-comments-min-severity' | 'max-review-comments' | 'stale-review-comments' | 'comment-summary-in-pr' | 'comment-tag'>;
  readonly run: number;
  readonly attempt: number;
  /** Sentences that the summary shows. */
  readonly notes: readonly string[];
}

export interface CommentsOutcome {
  readonly summary: SummaryOutcome;
  /** Sentences for the reader; the comments' own failures too. */
  readonly notes: readonly string[];
  /** Findings could not be shown at their lines: annotations take over. */
  readonly needsAnnotations: boolean;
  /** Files of the pull request, where GitHub told them. */
  readonly files: ReadonlySet<string> | null;
  /** Fingerprints whose place code scanning will not show. */
  readonly outside: ReadonlySet<string>;
}

export async function writeComments(request: CommentsRequest): Promise<CommentsOutcome> {
  const notes: string[] = [];
  const none: CommentsOutcome = { summary: { type: 'not-wanted' }, notes, needsAnnotations: false, files: null, outside: new Set() };
  const { host, head } = request;
  const wantsSummary = request.inputs['comment-summary-in-pr'] !== 'never';
  if (!request.inputs['review-comments'] && !wantsSummary) return none;
  try {
    const state = await host.state();
    if (!state.open) return { ...none, notes: ['the pull request is closed, so nothing was written to it'] };
    // A newer run says what is true of the newer head.
    if (state.headSha !== head) return { ...none, notes: [`the pull request has moved on to \`${state.headSha.slice(0, 7)}\`, so nothing was written about \`${head.slice(0, 7)}\``] };
    const viewer = await host.viewer();
    const review = request.inputs['review-comments'] ? await writeLines(request, viewer, notes) : null;
    if (review?.outcome.failure != null) return { ...failed(none, review.outcome.failure, request.fork), files: review.files, outside: review.outside };
    const summary = wantsSummary ? await writeSticky(request, viewer, review, notes) : none.summary;
    const base = { ...none, summary, files: review?.files ?? null, outside: review?.outside ?? none.outside };
    return summary.type === 'failed' ? failed(base, summary.failure, request.fork) : base;
  } catch (error) {
    if (error instanceof HostFailure) return failed(none, error, request.fork);
    throw error;
  }
}

export interface FailureRequest extends Pick<CommentsRequest, 'host' | 'head' | 'run' | 'attempt'> {
  readonly tag: string;
  /** Why there is no result, plain text. */
  readonly text: string;
}

/** A run without a result makes no comment, but one that is there must not go on telling an older result as if it were today's. */
export async function writeFailure({ host, head, run, attempt, tag, text }: FailureRequest): Promise<void> {
  try {
    const state = await host.state();
    if (!state.open || state.headSha !== head) return;
    const viewer = await host.viewer();
    const said = `🔴 **Error**: ${prose(text)}`;
    const body = `${stickyMarker(tag, { run, attempt, head, hash: bodyHash(said) })}\n${said}`;
    await writeSummary(host, (existing) => planSticky(existing, { body, viewer, mode: 'never', verdict: 'error', somethingToSay: false }));
  } catch (error) {
    // The step's own line says why it failed: this was an addition.
    if (!(error instanceof HostFailure)) throw error;
  }
}

function failed(outcome: CommentsOutcome, failure: HostFailure, fork: boolean): CommentsOutcome {
  const missing = fork ? '; GitHub gives a pull request from a fork a token that can only read: see the annotations and the job summary' : '; comments need `permissions: pull-requests: write`, which Dependabot does not have';
  const remedy = failure.kind === 'forbidden' || failure.kind === 'not-found' ? missing : '';
  return { ...outcome, notes: [...outcome.notes, `${failure.message}${remedy}`], needsAnnotations: true };
}

interface Written {
  readonly outcome: ReviewOutcome;
  readonly plan: ReviewPlan;
  readonly files: ReadonlySet<string>;
  readonly outside: ReadonlySet<string>;
}

async function writeLines(request: CommentsRequest, viewer: string, notes: string[]): Promise<Written> {
  const { host, report, diff, head, links, inputs } = request;
  const changed = await host.changedFiles();
  if (!changed.complete) notes.push('GitHub lists only 3 000 files of this pull request: findings in the others are in the summary');
  const plan = planReview({
    report,
    diff: changed.files.map((file) => diffFile(file, diff)),
    documentAt: documentsOf(diff),
    context: { links },
    minimum: inputs['review-comments-min-severity'],
    maximum: inputs['max-review-comments'],
  });
  const existing = await host.reviewComments();
  const reconciled = reconcile(existing, plan.comments, { viewer, head, stillTrue: [...plan.withheld, ...plan.summaryOnly], stale: inputs['stale-review-comments'] });
  const count = reconciled.create.length;
  const outcome = await writeReview(host, { plan: reconciled, reviewBody: `Mesh Posture: ${plural(count, 'effect')} of this change, with proof at ${count === 1 ? 'its line' : 'their lines'}`, commit: head, viewer });
  return { outcome, plan, files: new Set(changed.files.map((file) => file.path)), outside: new Set([...plan.outside, ...outcome.notPlaced]) };
}

async function writeSticky(request: CommentsRequest, viewer: string, review: Written | null, notes: readonly string[]): Promise<SummaryOutcome> {
  const { host, report, head, links, inputs, run, attempt } = request;
  const inline = new Map<string, string>();
  if (review !== null && activeFindings(report).length > 0) {
    for (const comment of await host.reviewComments()) {
      const fingerprint = sameLogin(comment.author, viewer) && comment.replyTo === null ? fingerprintOf(comment.body) : null;
      if (fingerprint !== null) inline.set(fingerprint, comment.url);
    }
  }
  const body = stickyComment({ report, context: { links, inline, outside: review?.outside ?? new Set(), notes: [...request.notes, ...notes] }, tag: inputs['comment-tag'], run, attempt, head });
  return writeSummary(host, (existing) =>
    planSticky(existing, { body, viewer, mode: inputs['comment-summary-in-pr'], verdict: report.verdict, somethingToSay: activeFindings(report).length > 0 }),
  );
}

/** Lines that a comment may name: those of GitHub's own patch; where it left the patch out, those of the same diff made here. */
export function diffFile(file: ChangedFile, diff: TreePair): DiffFile {
  const shown: readonly Hunk[] = file.patch === null ? localHunks(file, diff) : patchLines(file.patch).hunks;
  const lines = shown.flatMap((hunk) => hunk.lines);
  const numbers = (pick: (line: Hunk['lines'][number]) => number | undefined): ReadonlySet<number> => new Set(lines.flatMap((line) => pick(line) ?? []));
  return {
    path: file.path,
    ...(file.previousPath === null ? {} : { previousPath: file.previousPath }),
    left: numbers((line) => line.left),
    right: numbers((line) => line.right),
    added: numbers((line) => (line.type === 'added' ? line.right : undefined)),
    removed: numbers((line) => (line.type === 'removed' ? line.left : undefined)),
  };
}

function localHunks(file: ChangedFile, diff: TreePair): readonly Hunk[] {
  const before = file.status === 'added' ? '' : textAt(diff, 'base', file.previousPath ?? file.path);
  const after = file.status === 'removed' ? '' : textAt(diff, 'head', file.path);
  return before === undefined || after === undefined ? [] : hunks(before, after);
}

/** Documents of a YAML stream lie between lines that begin with `---`. */
function documentsOf(diff: TreePair): DocumentAt {
  return (file, line, side) => {
    const lines = textAt(diff, side === 'LEFT' ? 'base' : 'head', file)?.split('\n');
    if (lines === undefined || line < 1 || line > lines.length) return undefined;
    const isSeparator = (number: number): boolean => /^---(?:\s|$)/.test(lines[number - 1] ?? '');
    let startLine = line;
    while (startLine > 1 && !isSeparator(startLine)) startLine -= 1;
    let endLine = line;
    while (endLine < lines.length && !isSeparator(endLine + 1)) endLine += 1;
    return { startLine, endLine };
  };
}
