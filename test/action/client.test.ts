import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient, once } from '#adapters/github/client.ts';
import { Spacing } from '#adapters/github/spacing.ts';
import { GitRepository, pullRequestOf } from '../support/git-repository.ts';
import { loopbackClient, loopbackPullRequest, StoppedClock } from '../support/loopback-client.ts';
import { LoopbackGitHub } from '../support/loopback-github.ts';

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

const failure = async (doing: Promise<unknown>) => doing.then(() => null, (error: unknown) => error);

describe('rate limits', () => {
  test('429 waits as long as `retry-after` says, then the write is done', async () => {
    github.faults.push({ on: /POST .*issues/, times: 1, answer: { type: 'status', status: 429, message: 'You have exceeded a limit', headers: { 'retry-after': '1' } } });
    const before = Date.now();
    await loopbackPullRequest(github).createIssueComment('hello');
    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
    expect(github.issueComments).toHaveLength(1);
  });

  test('403 with `retry-after` is a limit, not a missing right', async () => {
    github.faults.push({ on: /POST .*issues/, times: 1, answer: { type: 'status', status: 403, message: 'You have exceeded a secondary rate limit', headers: { 'retry-after': '1' } } });
    await loopbackPullRequest(github).createIssueComment('hello');
    expect(github.issueComments).toHaveLength(1);
  });

  test('422 with the code `abuse` is a limit', async () => {
    github.faults.push({ on: /POST .*issues/, times: 1, answer: { type: 'status', status: 422, message: 'Validation Failed', headers: { 'retry-after': '1' }, errors: [{ resource: 'IssueComment', code: 'abuse' }] } });
    await loopbackPullRequest(github).createIssueComment('hello');
    expect(github.issueComments).toHaveLength(1);
  });

  test('a wait beyond the patience of the run is refused at once', async () => {
    github.faults.push({ on: /POST .*issues/, answer: { type: 'status', status: 429, message: 'slower', headers: { 'retry-after': '3600' } } });
    const before = Date.now();
    expect(await failure(loopbackPullRequest(github).createIssueComment('hello'))).toMatchObject({ kind: 'rate-limited', message: 'could not post the summary comment: GitHub asks to wait longer than this run may (429)' });
    expect(Date.now() - before).toBeLessThan(900);
  });

  test('an empty quota until much later is refused at once', async () => {
    github.faults.push({ on: /GET .*files/, answer: { type: 'status', status: 403, message: 'API rate limit exceeded', headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3000) } } });
    expect(await failure(loopbackPullRequest(github).changedFiles())).toMatchObject({ kind: 'rate-limited' });
  });

  test('the patience is shared by all requests of the run', async () => {
    github.faults.push({ on: /POST .*issues/, answer: { type: 'status', status: 429, message: 'slower', headers: { 'retry-after': '1' } } });
    const client = loopbackClient(github, new StoppedClock(), 2);
    expect(await failure(loopbackPullRequest(github, 7, client).createIssueComment('hello'))).toMatchObject({ kind: 'rate-limited' });
    expect(github.writes()).toHaveLength(3);
  });
});

describe('stumbles', () => {
  test('a POST is never repeated by itself', async () => {
    github.faults.push({ on: /POST .*issues/, times: 1, answer: { type: 'status', status: 502, message: 'Bad Gateway' } });
    expect(await failure(loopbackPullRequest(github).createIssueComment('hello'))).toMatchObject({ kind: 'unavailable', status: 502 });
    expect(github.writes()).toHaveLength(1);
  });

  test('GET and PATCH are repeated after a 5xx', async () => {
    const comment = github.seedIssueComment('github-actions[bot]', 'old');
    github.faults.push({ on: /^(GET|PATCH)/, times: 2, answer: { type: 'status', status: 502, message: 'Bad Gateway' } });
    await loopbackPullRequest(github).updateIssueComment(comment.id, 'new');
    expect(github.issueComments[0]?.body).toBe('new');
  });

  test('a broken connection is a failure in one sentence, for GraphQL too', async () => {
    github.faults.push({ on: /graphql|pulls\/7$/, answer: { type: 'reset', accepted: false } });
    for (const asked of [loopbackPullRequest(github).viewer(), loopbackPullRequest(github).state()]) {
      expect(await failure(asked)).toMatchObject({ kind: 'unavailable', status: null });
    }
  });

  test('a server that is not there is told as such, without address or token', async () => {
    const client = createClient({ token: 'secret-token', apiUrl: 'http://127.0.0.1:9', userAgent: 'mesh-posture/test', clock: new StoppedClock(), writeSpacing: 0, patience: 0 });
    const error = await failure(loopbackPullRequest(github, 7, client).state());
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(String(error)).not.toContain('secret-token');
  });

  test('a missing pull request is named as such', async () => {
    expect(await failure(loopbackPullRequest(github, 8).state())).toMatchObject({ kind: 'not-found', status: 404, message: 'could not read the pull request: it does not exist, or the token may not see it (404)' });
  });
});

describe('lists', () => {
  test('all pages are read', async () => {
    for (let index = 0; index < 250; index += 1) github.seedIssueComment('ada', `comment ${String(index)}`);
    expect(await loopbackPullRequest(github).issueComments()).toHaveLength(250);
    expect(github.requests.filter(({ path }) => path.endsWith('/comments'))).toHaveLength(3);
  });

  test('a file whose patch GitHub leaves out is listed without one', async () => {
    github.patchOmitted.add('a.yaml');
    expect(await loopbackPullRequest(github).changedFiles()).toEqual({ complete: true, files: [{ path: 'a.yaml', previousPath: null, status: 'modified', patch: null }] });
  });
});

describe('writes keep their distance', () => {
  test('a second between writes, three between those that notify people', async () => {
    const clock = new StoppedClock();
    const client = createClient({ token: 't', apiUrl: github.url, userAgent: 'mesh-posture/test', clock, writeSpacing: 1000, patience: 90 });
    const pull = loopbackPullRequest(github, 7, client);
    const first = await pull.createIssueComment('one');
    await pull.createIssueComment('two');
    await pull.updateIssueComment(first.id, 'three');
    // The second comment waits a second as a write and two more as a notification; the update comes later than a second.
    expect(clock.sleeps).toEqual([1000, 2000]);
  });

  test('reads do not wait', async () => {
    const clock = new StoppedClock();
    const client = createClient({ token: 't', apiUrl: github.url, userAgent: 'mesh-posture/test', clock, writeSpacing: 1000, patience: 90 });
    const pull = loopbackPullRequest(github, 7, client);
    await pull.state();
    await pull.changedFiles();
    expect(clock.sleeps).toEqual([]);
  });

  test('starts are apart, whatever the work takes', async () => {
    const clock = new StoppedClock();
    const spacing = new Spacing(clock, 10);
    const starts: number[] = [];
    const job = async (): Promise<void> => {
      starts.push(clock.now());
      await Promise.resolve();
    };
    for (let index = 0; index < 3; index += 1) await spacing.key().schedule({}, job);
    expect(starts.map((start) => start - (starts[0] ?? 0))).toEqual([0, 10, 20]);
  });
});

test('the options of a POST switch repeating off', () => {
  expect(once).toEqual({ retries: 0 });
});
