import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeSummary } from '#adapters/github/summary-writer.ts';
import type { PullRequestHost } from '#app/ports.ts';
import { bodyHash, stickyMarker } from '#report/markdown/marker.ts';
import { planSticky, type StickyMode } from '#report/review/plan-sticky.ts';
import { GitRepository, pullRequestOf } from '../support/git-repository.ts';
import { loopbackPullRequest } from '../support/loopback-client.ts';
import { LoopbackGitHub, readOnlyToken } from '../support/loopback-github.ts';

const sticky = (text: string, { tag = 'default', run = 1 }: { readonly tag?: string; readonly run?: number } = {}): string =>
  `${stickyMarker(tag, { run, attempt: 1, head: github.headSha, hash: bodyHash(text) })}\n${text}`;

let repository: GitRepository;
let github: LoopbackGitHub;

beforeEach(async () => {
  repository = GitRepository.create();
  const commits = pullRequestOf(repository, { 'a.yaml': 'a: 1\n' }, { 'a.yaml': 'a: 2\n' });
  github = new LoopbackGitHub({ repository, pull: { number: 7, base: commits.base, head: commits.head } });
  await github.start();
});

afterEach(async () => {
  await github.stop();
  repository.remove();
  expect(github.mistakes).toEqual([]);
});

const write = ({ mode = 'on-findings', somethingToSay = true, host = loopbackPullRequest(github), run = 1 }: { readonly mode?: StickyMode; readonly somethingToSay?: boolean; readonly host?: PullRequestHost; readonly run?: number } = {}) =>
  writeSummary(host, (existing) => planSticky(existing, { body: sticky('now', { run }), viewer: 'github-actions', mode, verdict: 'warn', somethingToSay }));

describe('the summary comment', () => {
  test('is created once and then left alone', async () => {
    expect(await write()).toMatchObject({ type: 'created' });
    const writes = github.writes().length;
    expect(await write()).toMatchObject({ type: 'unchanged' });
    expect(github.writes()).toHaveLength(writes);
  });

  test('is brought up to date even where none would be created', async () => {
    github.seedIssueComment('github-actions[bot]', sticky('before'));
    expect(await write({ somethingToSay: false })).toMatchObject({ type: 'updated' });
    expect(github.issueComments.map(({ body }) => body)).toEqual([sticky('now')]);
  });

  test('is not created where nothing is to be said', async () => {
    expect(await write({ somethingToSay: false })).toEqual({ type: 'not-wanted' });
    expect(github.writes()).toEqual([]);
  });

  test('of another account that carries our marker is never touched', async () => {
    github.seedIssueComment('somebody', sticky('forged'));
    github.seedIssueComment('other-app[bot]', sticky('forged'));
    expect(await write()).toMatchObject({ type: 'created' });
    expect(github.issueComments.slice(0, 2).map(({ body }) => body)).toEqual([sticky('forged'), sticky('forged')]);
  });

  test('of a newer run on the same head is not overwritten', async () => {
    github.seedIssueComment('github-actions[bot]', sticky('newer', { run: 2 }));
    expect(await write({ run: 1 })).toMatchObject({ type: 'stale' });
    expect(github.writes()).toEqual([]);
  });

  test('of another tag is another comment', async () => {
    github.seedIssueComment('github-actions[bot]', sticky('staging', { tag: 'staging' }));
    expect(await write()).toMatchObject({ type: 'created' });
    expect(github.issueComments).toHaveLength(2);
  });

  test('is found behind the first hundred comments', async () => {
    for (let index = 0; index < 120; index += 1) github.seedIssueComment('ada', 'talk');
    github.seedIssueComment('github-actions[bot]', sticky('before'));
    expect(await write()).toMatchObject({ type: 'updated' });
  });

  test('is posted once although the connection broke after GitHub took it', async () => {
    github.faults.push({ on: /POST .*issues/, times: 1, answer: { type: 'reset', accepted: true } });
    expect(await write()).toMatchObject({ type: 'created' });
    expect(github.issueComments).toHaveLength(1);
  });

  test('is one comment even if two runs create it at the same time', async () => {
    const host = loopbackPullRequest(github);
    let raced = false;
    const outcome = await write({
      host: {
        ...host,
        createIssueComment: (body) => {
          if (!raced) github.seedIssueComment('github-actions[bot]', sticky('the other run'));
          raced = true;
          return host.createIssueComment(body);
        },
      },
    });
    expect(outcome).toMatchObject({ type: 'updated' });
    expect(github.issueComments.map(({ body }) => body)).toEqual([sticky('now')]);
  });

  test('that may not be written is a failure with its reason, not an exception', async () => {
    github.faults.push(readOnlyToken);
    expect(await write()).toMatchObject({ type: 'failed', failure: { kind: 'forbidden', status: 403 } });
  });
});
