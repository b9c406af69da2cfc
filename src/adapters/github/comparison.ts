/**
 * Which two trees an event asks to compare (R1).
 *
 * For a pull request the question is what the cluster gets, so the test merge is compared with its first parent; `base.sha`
 * of the payload is the base branch when the event fired and may be hours old.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
 */
import { assertNever } from '#lib/assert-never.ts';
import type { WorkflowEvent } from './event.ts';

export interface ComparisonRequest {
  readonly event: WorkflowEvent;
  /** `GITHUB_SHA`: on a pull request the test merge. */
  readonly sha: string;
  /** Parents of `sha`, in order; `null` where the commit could not be read. */
  readonly parents: readonly string[] | null;
  /** The commit that is checked out; `null` without a checkout. */
  readonly checkedOut: string | null;
  readonly compare: 'merge-result' | 'merge-base';
  readonly baseRef: string | null;
  readonly headRef: string | null;
  readonly basePath: string | null;
  readonly headPath: string | null;
}

export type Mode = 'merge-result' | 'merge-base' | 'revisions' | 'merge-group' | 'push';

export type Comparison =
  | {
      readonly type: 'revisions';
      readonly mode: Mode;
      /** A commit or ref; or the best common ancestor of two commits, still to be found. */
      readonly base: { readonly type: 'revision'; readonly revision: string } | { readonly type: 'merge-base'; readonly of: string; readonly and: string };
      readonly head: string;
      /** Why not the usual pair, in one sentence; shown in the summary. */
      readonly note: string | null;
    }
  | { readonly type: 'directories'; readonly base: string; readonly head: string }
  | { readonly type: 'snapshot'; readonly head: string; readonly note: string | null }
  /** Nothing to look at: a deleted branch. */
  | { readonly type: 'nothing'; readonly reason: string }
  /** Wrong use: the step fails with this sentence. */
  | { readonly type: 'refused'; readonly reason: string; readonly remedy: string };

const zeros = /^0+$/;

/** Total over every event: whatever cannot be compared is refused with a reason, never an empty difference. */
export function chooseComparison(request: ComparisonRequest): Comparison {
  const { event, sha, basePath, headPath, baseRef, headRef } = request;

  // First of all, so that no other input leads around it: code of a stranger must not meet a token that can write.
  if (event.type === 'pull_request_target' && request.checkedOut !== null && request.checkedOut !== sha) {
    return {
      type: 'refused',
      reason: `\`pull_request_target\` runs with a token that can write, and commit \`${short(request.checkedOut)}\` is checked out instead of the base branch`,
      remedy: 'run this step on `pull_request`; comments on forks need no checkout of the head',
    };
  }

  if (basePath !== null || headPath !== null) {
    if (basePath === null || headPath === null) return { type: 'refused', reason: `\`${basePath === null ? 'head-path' : 'base-path'}\` is given alone`, remedy: 'give both `base-path` and `head-path`, or none' };
    if (baseRef !== null || headRef !== null) return { type: 'refused', reason: 'directories and revisions are both given', remedy: 'give `base-path` and `head-path`, or `base-ref` and `head-ref`' };
    return { type: 'directories', base: basePath, head: headPath };
  }
  if (baseRef !== null) return { type: 'revisions', mode: 'revisions', base: { type: 'revision', revision: baseRef }, head: headRef ?? sha, note: null };
  if (headRef !== null) return { type: 'snapshot', head: headRef, note: null };

  switch (event.type) {
    case 'pull_request': {
      const mergeBase = (note: string | null): Comparison => ({ type: 'revisions', mode: 'merge-base', base: { type: 'merge-base', of: event.baseSha, and: event.headSha }, head: event.headSha, note });
      if (request.compare === 'merge-base') return mergeBase(null);
      const [first, second, third] = request.parents ?? [];
      if (first !== undefined && second === event.headSha && third === undefined) {
        return { type: 'revisions', mode: 'merge-result', base: { type: 'revision', revision: first }, head: sha, note: null };
      }
      return mergeBase(`\`${short(sha)}\` is not the test merge of \`${short(event.headSha)}\`, so the head is compared with the point where it left the base branch, and later changes of the base branch are not seen`);
    }
    case 'pull_request_target':
      return {
        type: 'revisions',
        mode: 'merge-base',
        base: { type: 'merge-base', of: event.baseSha, and: event.headSha },
        head: event.headSha,
        note: '`pull_request_target` has no test merge, so the head is compared with the point where it left the base branch',
      };
    case 'merge_group':
      return { type: 'revisions', mode: 'merge-group', base: { type: 'revision', revision: event.baseSha }, head: event.headSha, note: null };
    case 'push':
      if (event.deleted || zeros.test(event.after)) return { type: 'nothing', reason: 'the push deleted the branch' };
      if (zeros.test(event.before)) return { type: 'snapshot', head: event.after, note: 'the first push of this branch has nothing to compare with' };
      if (event.forced) return { type: 'snapshot', head: event.after, note: 'a forced push replaces history, so nothing is compared' };
      return { type: 'revisions', mode: 'push', base: { type: 'revision', revision: event.before }, head: event.after, note: null };
    case 'schedule':
    case 'workflow_dispatch':
      return { type: 'snapshot', head: sha, note: null };
    case 'unusable':
      return { type: 'refused', reason: event.reason, remedy: event.remedy };
    default:
      return assertNever(event);
  }
}

function short(commit: string): string {
  return commit.slice(0, 7);
}
