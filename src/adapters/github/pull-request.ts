import type { ChangedFile, IssueComment, PullRequestHost, ReviewComment } from '#app/ports.ts';
import { asking, once, type Client } from './client.ts';

/** GitHub lists at most this many files of a pull request. @see https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files */
const fileLimit = 3000;
const perPage = 100;

export interface PullRequestAddress {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

/** GitHub's REST API calls an App `github-actions[bot]`, its GraphQL API `github-actions`. */
export function plainLogin(login: string): string {
  return login.replace(/\[bot\]$/, '');
}

export function pullRequestHost(client: Client, { owner, repo, number }: PullRequestAddress): PullRequestHost {
  const pull = { owner, repo, pull_number: number };
  const issue = { owner, repo, issue_number: number };
  return {
    state: () =>
      asking('read the pull request', async () => {
        const { data } = await client.rest.pulls.get(pull);
        return { number, headSha: data.head.sha, open: data.state === 'open' };
      }),

    // REST has no "who am I" for an installation token; `viewer` works for every kind of token.
    viewer: () =>
      asking('ask who the token belongs to', async () => {
        const answer = await client.graphql<{ viewer: { login: string } }>('query { viewer { login } }', { request: once });
        return plainLogin(answer.viewer.login);
      }),

    changedFiles: () =>
      asking('list the changed files', async () => {
        const listed = await client.paginate(client.rest.pulls.listFiles, { ...pull, per_page: perPage });
        const files = listed.map((file): ChangedFile => ({ path: file.filename, previousPath: file.previous_filename ?? null, status: file.status, patch: file.patch ?? null }));
        return { files, complete: files.length < fileLimit };
      }),

    reviewComments: () =>
      asking('list the review comments', async () => {
        const listed = await client.paginate(client.rest.pulls.listReviewComments, { ...pull, per_page: perPage });
        return listed.map(
          (comment): ReviewComment => ({
            id: comment.id,
            // A deleted account leaves its comments without a user, whatever the description says.
            author: plainLogin((comment.user as { login: string } | null)?.login ?? ''),
            body: comment.body,
            path: comment.path,
            line: comment.line ?? null,
            side: comment.side === 'LEFT' ? 'LEFT' : 'RIGHT',
            wholeFile: comment.subject_type === 'file',
            replyTo: comment.in_reply_to_id ?? null,
            url: comment.html_url,
          }),
        );
      }),

    issueComments: () =>
      asking('list the comments', async () => {
        const listed = await client.paginate(client.rest.issues.listComments, { ...issue, per_page: perPage });
        return listed.map(toIssueComment);
      }),

    createReview: (review) =>
      asking('post the review', async () => {
        await client.rest.pulls.createReview({
          ...pull,
          commit_id: review.commit,
          // Never REQUEST_CHANGES: a bot's block cannot be lifted by the bot. The required check blocks.
          event: 'COMMENT',
          body: review.body,
          comments: review.comments.map((comment) => ({ path: comment.path, body: comment.body, ...place(comment) })),
          request: once,
        });
      }),

    createReviewComment: (commit, comment) =>
      asking(`comment on \`${comment.path}\` line ${String(comment.line)}`, async () => {
        await client.rest.pulls.createReviewComment({ ...pull, commit_id: commit, path: comment.path, body: comment.body, ...place(comment), request: once });
      }),

    createFileComment: (commit, comment) =>
      asking(`comment on the file \`${comment.path}\``, async () => {
        await client.rest.pulls.createReviewComment({ ...pull, commit_id: commit, path: comment.path, body: comment.body, subject_type: 'file', request: once });
      }),

    updateReviewComment: (id, body) =>
      asking('update a review comment', async () => {
        await client.rest.pulls.updateReviewComment({ owner, repo, comment_id: id, body });
      }),

    deleteReviewComment: (id) => gone(asking('delete a review comment', () => client.rest.pulls.deleteReviewComment({ owner, repo, comment_id: id }))),

    createIssueComment: (body) => asking('post the summary comment', async () => toIssueComment((await client.rest.issues.createComment({ ...issue, body, request: once })).data)),

    updateIssueComment: (id, body) => asking('update the summary comment', async () => toIssueComment((await client.rest.issues.updateComment({ owner, repo, comment_id: id, body })).data)),

    deleteIssueComment: (id) => gone(asking('delete a summary comment', () => client.rest.issues.deleteComment({ owner, repo, comment_id: id }))),
  };
}

interface ListedComment {
  readonly id: number;
  readonly user?: { readonly login: string } | null;
  readonly body?: string | undefined;
  readonly html_url: string;
}

function toIssueComment(comment: ListedComment): IssueComment {
  return { id: comment.id, author: plainLogin(comment.user?.login ?? ''), body: comment.body ?? '', url: comment.html_url };
}

/** `start_line` must lie before `line`, and is left out where the comment is on one line. */
function place(comment: { readonly line: number; readonly side: 'LEFT' | 'RIGHT'; readonly startLine?: number }) {
  const one = { line: comment.line, side: comment.side };
  return comment.startLine !== undefined && comment.startLine < comment.line ? { ...one, start_line: comment.startLine, start_side: comment.side } : one;
}

/** A comment that somebody deleted meanwhile is deleted. */
async function gone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!(error instanceof Error && 'kind' in error && error.kind === 'not-found')) throw error;
  }
}
