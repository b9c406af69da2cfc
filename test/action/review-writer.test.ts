import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeReview } from '#adapters/github/review-writer.ts';
import type { PlannedComment } from '#report/review/plan-review.ts';
import type { Reconciliation } from '#report/review/reconcile.ts';
import { GitRepository, pullRequestOf } from '../support/git-repository.ts';
import { loopbackPullRequest } from '../support/loopback-client.ts';
import { LoopbackGitHub, readOnlyToken } from '../support/loopback-github.ts';

const numbered = (from: number, to: number, change: Readonly<Record<number, string>> = {}): string =>
  Array.from({ length: to - from + 1 }, (_, index) => change[from + index] ?? `line ${String(from + index)}`).join('\n') + '\n';

let repository: GitRepository;
let github: LoopbackGitHub;

beforeEach(async () => {
  repository = GitRepository.create();
  const commits = pullRequestOf(
    repository,
    { 'mesh/policy.yaml': numbered(1, 60), 'mesh/gone.yaml': numbered(1, 5), 'mesh/old name.yaml': numbered(1, 30) },
    { 'mesh/policy.yaml': numbered(1, 60, { 10: 'changed 10', 50: 'changed 50' }), 'mesh/gone.yaml': null, 'mesh/old name.yaml': null, 'mesh/new name.yaml': numbered(1, 30, { 2: 'changed 2' }) },
  );
  github = new LoopbackGitHub({ repository, pull: { number: 7, base: commits.base, head: commits.head } });
  await github.start();
});

afterEach(async () => {
  await github.stop();
  repository.remove();
  expect(github.mistakes).toEqual([]);
});

type Place = { readonly path: string; readonly line: number; readonly side: 'LEFT' | 'RIGHT'; readonly startLine?: number };
const comment = (fingerprint: string, place: Place | string): PlannedComment => ({
  fingerprint,
  anchor: typeof place === 'string' ? { type: 'file', path: place } : { type: 'line', ...place },
  body: `<!-- mesh-posture:f1:${fingerprint} -->\nwhat changed`,
});
const plan = (create: readonly PlannedComment[], rest: Partial<Reconciliation> = {}): Reconciliation => ({ create, keep: [], update: [], retire: [], ...rest });
const write = (work: Reconciliation) => writeReview(loopbackPullRequest(github), { plan: work, reviewBody: 'Two effects', commit: github.headSha, viewer: 'github-actions' });
const shown = () => github.reviewComments.map(({ path, line, side, startLine, wholeFile }) => ({ path, line, side, startLine, wholeFile }));

describe('comments are placed', () => {
  test('on changed, deleted and renamed lines by one review', async () => {
    const outcome = await write(
      plan([
        comment('a', { path: 'mesh/policy.yaml', line: 10, side: 'RIGHT' }),
        comment('b', { path: 'mesh/policy.yaml', line: 50, side: 'LEFT' }),
        comment('c', { path: 'mesh/gone.yaml', line: 3, side: 'LEFT', startLine: 1 }),
        comment('d', { path: 'mesh/new name.yaml', line: 2, side: 'RIGHT' }),
      ]),
    );
    expect(outcome).toEqual({ created: 4, updated: 0, removed: 0, notPlaced: [], failure: null });
    expect(github.writes()).toEqual(['POST /repos/bank/mesh/pulls/7/reviews']);
    expect(github.reviews.map(({ event, commit }) => ({ event, commit }))).toEqual([{ event: 'COMMENT', commit: github.headSha }]);
    expect(shown()).toEqual([
      { path: 'mesh/policy.yaml', line: 10, side: 'RIGHT', startLine: null, wholeFile: false },
      { path: 'mesh/policy.yaml', line: 50, side: 'LEFT', startLine: null, wholeFile: false },
      { path: 'mesh/gone.yaml', line: 3, side: 'LEFT', startLine: 1, wholeFile: false },
      { path: 'mesh/new name.yaml', line: 2, side: 'RIGHT', startLine: null, wholeFile: false },
    ]);
  });

  test('one by one where GitHub refuses the review for one line, which moves to its file', async () => {
    const outcome = await write(plan([comment('a', { path: 'mesh/policy.yaml', line: 10, side: 'RIGHT' }), comment('b', { path: 'mesh/policy.yaml', line: 30, side: 'RIGHT' })]));
    expect(outcome).toMatchObject({ created: 2, notPlaced: [], failure: null });
    expect(shown()).toMatchObject([{ line: 10, wholeFile: false }, { line: null, wholeFile: true, path: 'mesh/policy.yaml' }]);
  });

  test('on one line without a range, also where the range is that one line', async () => {
    expect(await write(plan([comment('a', { path: 'mesh/policy.yaml', line: 10, side: 'RIGHT', startLine: 10 })]))).toMatchObject({ created: 1, failure: null });
    expect(shown()).toMatchObject([{ line: 10, startLine: null }]);
  });

  test('nowhere where the file is not in the pull request, and the fingerprint is told', async () => {
    const outcome = await write(plan([comment('a', { path: 'mesh/policy.yaml', line: 10, side: 'RIGHT' }), comment('b', { path: 'mesh/elsewhere.yaml', line: 1, side: 'RIGHT' })]));
    expect(outcome).toMatchObject({ created: 1, notPlaced: ['b'], failure: null });
    expect(shown()).toHaveLength(1);
  });

  test('on the file where no line fits', async () => {
    expect(await write(plan([comment('a', 'mesh/gone.yaml')]))).toMatchObject({ created: 1, failure: null });
    expect(shown()).toMatchObject([{ path: 'mesh/gone.yaml', wholeFile: true }]);
  });

  test('across two hunks by dropping to single comments, never by losing them', async () => {
    const outcome = await write(plan([comment('a', { path: 'mesh/policy.yaml', line: 50, side: 'RIGHT', startLine: 10 })]));
    expect(outcome).toMatchObject({ created: 1, notPlaced: [] });
    expect(shown()).toMatchObject([{ wholeFile: true }]);
  });
});

describe('own comments of earlier runs', () => {
  test('are updated and removed', async () => {
    const kept = github.seedReviewComment({ author: 'github-actions[bot]', body: 'old', path: 'mesh/policy.yaml', line: 10, side: 'RIGHT' });
    const stale = github.seedReviewComment({ author: 'github-actions[bot]', body: 'stale', path: 'mesh/policy.yaml', line: 50, side: 'RIGHT' });
    expect(await write(plan([], { update: [{ id: kept.id, fingerprint: 'a', body: 'new' }], retire: [{ how: 'delete', id: stale.id }] }))).toMatchObject({ updated: 1, removed: 1, failure: null });
    expect(github.reviewComments.map(({ body }) => body)).toEqual(['new']);
  });

  test('that people answered are edited, not removed', async () => {
    const answered = github.seedReviewComment({ author: 'github-actions[bot]', body: 'old', path: 'mesh/policy.yaml', line: 10, side: 'RIGHT' });
    github.seedReviewComment({ author: 'ada', body: 'why?', path: 'mesh/policy.yaml', line: 10, side: 'RIGHT', replyTo: answered.id });
    expect(await write(plan([], { retire: [{ how: 'edit-resolved', id: answered.id, body: 'resolved' }] }))).toMatchObject({ updated: 1, removed: 0, failure: null });
    expect(github.reviewComments.map(({ body }) => body)).toEqual(['resolved', 'why?']);
  });

  test('that somebody deleted meanwhile are no failure', async () => {
    expect(await write(plan([], { retire: [{ how: 'delete', id: 4711 }] }))).toMatchObject({ removed: 1, failure: null });
  });
});

describe('when GitHub stumbles', () => {
  const two = plan([comment('a', { path: 'mesh/policy.yaml', line: 10, side: 'RIGHT' }), comment('b', { path: 'mesh/gone.yaml', line: 1, side: 'LEFT' })]);

  test('a review that was taken before the connection broke is not posted again', async () => {
    github.faults.push({ on: /POST .*reviews/, times: 1, answer: { type: 'reset', accepted: true } });
    expect(await write(two)).toMatchObject({ created: 2, failure: null });
    expect(github.reviewComments).toHaveLength(2);
    expect(github.reviews).toHaveLength(1);
  });

  test('a review that was lost is posted again', async () => {
    github.faults.push({ on: /POST .*reviews/, times: 1, answer: { type: 'reset', accepted: false } });
    expect(await write(two)).toMatchObject({ created: 2, failure: null });
    expect(github.reviewComments).toHaveLength(2);
  });

  test('one 502 on a list is asked again', async () => {
    github.faults.push({ on: /GET .*comments/, times: 1, answer: { type: 'status', status: 502, message: 'Server Error' } });
    expect(await loopbackPullRequest(github).reviewComments()).toEqual([]);
  });

  test('a lasting 500 ends the writing with one sentence', async () => {
    github.faults.push({ on: /./, answer: { type: 'status', status: 500, message: 'Server Error' } });
    const outcome = await write(two);
    expect(outcome).toMatchObject({ created: 0 });
    expect(outcome.failure?.kind).toBe('unavailable');
    expect(outcome.failure?.message).toMatch(/^could not \S[^\n]*\(500\)$/);
  });

  test('a read-only token ends the writing at the first refusal', async () => {
    github.faults.push(readOnlyToken);
    const outcome = await write(two);
    expect(outcome.failure).toMatchObject({ kind: 'forbidden', status: 403, message: 'could not post the review: the token may not do it (403)' });
    expect(github.writes()).toHaveLength(1);
  });
});
