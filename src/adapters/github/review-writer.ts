/**
 * Carries out a comment plan. What GitHub refuses goes one step down: review, single comment, comment on the file, summary;
 * nothing here decides the exit code (presentation fails open).
 */
import type { Reconciliation } from '#report/review/reconcile.ts';
import type { PlannedComment } from '#report/review/plan-review.ts';
import { assertNever } from '#lib/assert-never.ts';
import { HostFailure, type CommentAnchor, type PullRequestHost } from '#app/ports.ts';

export interface ReviewOutcome {
  readonly created: number;
  readonly updated: number;
  readonly removed: number;
  /** Fingerprints of comments that GitHub takes at no line and on no file: they belong into the summary. */
  readonly notPlaced: readonly string[];
  /** Why the rest was left undone. */
  readonly failure: HostFailure | null;
}

export interface ReviewWork {
  readonly plan: Reconciliation;
  /** Text of the review that holds the new comments: GitHub wants one. */
  readonly reviewBody: string;
  /** The pull request's head commit, to whose lines the anchors belong. */
  readonly commit: string;
  readonly viewer: string;
}

export async function writeReview(host: PullRequestHost, { plan, reviewBody, commit, viewer }: ReviewWork): Promise<ReviewOutcome> {
  const done = { created: 0, updated: 0, removed: 0 };
  const notPlaced: string[] = [];
  const outcome = (failure: HostFailure | null): ReviewOutcome => ({ ...done, notPlaced, failure });
  try {
    const inline = plan.create.filter((comment) => comment.anchor.type === 'line');
    done.created += inline.length - (await postInline(host, { comments: inline, body: reviewBody, commit, viewer }, notPlaced));
    for (const comment of plan.create) {
      if (comment.anchor.type === 'line') continue;
      if (await postOnFile(host, commit, comment, viewer)) done.created += 1;
      else notPlaced.push(comment.fingerprint);
    }
    for (const { id, body } of plan.update) {
      await host.updateReviewComment(id, body);
      done.updated += 1;
    }
    for (const retirement of plan.retire) {
      switch (retirement.how) {
        case 'delete':
          await host.deleteReviewComment(retirement.id);
          done.removed += 1;
          break;
        case 'edit-resolved':
          await host.updateReviewComment(retirement.id, retirement.body);
          done.updated += 1;
          break;
        case 'minimize':
          throw new Error('comments are deleted or kept, never minimized');
        default:
          assertNever(retirement);
      }
    }
    return outcome(null);
  } catch (error) {
    if (error instanceof HostFailure) return outcome(error);
    throw error;
  }
}

interface InlineWork {
  readonly comments: readonly PlannedComment[];
  readonly body: string;
  readonly commit: string;
  readonly viewer: string;
}

/** @returns how many could not be placed; their fingerprints are added to `notPlaced` */
async function postInline(host: PullRequestHost, work: InlineWork, notPlaced: string[]): Promise<number> {
  if (work.comments.length === 0) return 0;
  const post = (comments: readonly PlannedComment[]): Promise<void> => host.createReview({ commit: work.commit, body: work.body, comments: comments.map((comment) => ({ ...anchored(comment), body: comment.body })) });
  try {
    await onceMore(() => post(work.comments), async () => {
      const left = await notYetPosted(host, work.comments, work.viewer);
      if (left.length > 0) await post(left);
    });
    return 0;
  } catch (error) {
    // One line outside the diff makes GitHub refuse the whole review (422): then each comment stands for itself.
    if (!(error instanceof HostFailure) || error.kind !== 'refused') throw error;
  }
  let refused = 0;
  for (const comment of await notYetPosted(host, work.comments, work.viewer)) {
    if (!(await postAlone(host, work.commit, comment, work.viewer))) {
      refused += 1;
      notPlaced.push(comment.fingerprint);
    }
  }
  return refused;
}

async function postAlone(host: PullRequestHost, commit: string, comment: PlannedComment, viewer: string): Promise<boolean> {
  const placed = await unlessRefused(() =>
    onceMore(() => host.createReviewComment(commit, { ...anchored(comment), body: comment.body }), async () => {
      if ((await notYetPosted(host, [comment], viewer)).length > 0) await host.createReviewComment(commit, { ...anchored(comment), body: comment.body });
    }),
  );
  return placed || postOnFile(host, commit, comment, viewer);
}

function postOnFile(host: PullRequestHost, commit: string, comment: PlannedComment, viewer: string): Promise<boolean> {
  const post = (): Promise<void> => host.createFileComment(commit, { path: comment.anchor.path, body: comment.body });
  return unlessRefused(() =>
    onceMore(post, async () => {
      if ((await notYetPosted(host, [comment], viewer)).length > 0) await post();
    }),
  );
}

/**
 * After a 5xx or a lost connection nobody knows whether GitHub took the POST: look first, then post what is not there.
 * Posting blindly would show a comment twice.
 */
async function onceMore(attempt: () => Promise<void>, afterLooking: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof HostFailure) || error.kind !== 'unavailable') throw error;
    await afterLooking();
  }
}

async function unlessRefused(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (error instanceof HostFailure && error.kind === 'refused') return false;
    throw error;
  }
}

async function notYetPosted(host: PullRequestHost, comments: readonly PlannedComment[], viewer: string): Promise<readonly PlannedComment[]> {
  const listed = await host.reviewComments();
  const markers = new Set(listed.filter((comment) => comment.author === viewer && comment.replyTo === null && (comment.line !== null || comment.wholeFile)).map((comment) => firstLine(comment.body)));
  return comments.filter((comment) => !markers.has(firstLine(comment.body)));
}

function firstLine(body: string): string {
  return (body.split('\n', 1)[0] ?? '').trim();
}

function anchored({ anchor, fingerprint }: PlannedComment): CommentAnchor {
  if (anchor.type !== 'line') throw new Error(`the comment ${fingerprint} has no line`);
  return { path: anchor.path, line: anchor.line, side: anchor.side, ...(anchor.startLine === undefined ? {} : { startLine: anchor.startLine }) };
}
