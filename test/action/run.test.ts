import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Analysis } from '../../src/entry/action-run.ts';
import { mergeGroupPayload, pullRequestPayload, pushPayload, runInProcess, type Step } from '../support/action-step.ts';
import { GitRepository, pullRequestOf, type PullRequestCommits } from '../support/git-repository.ts';
import { LoopbackGitHub, noCodeScanning, readOnlyToken } from '../support/loopback-github.ts';
import { markedLines } from '../support/marked-lines.ts';
import { hostile, huge } from '../support/sample-reports.ts';

const lines = (count: number, change: Readonly<Record<number, string>> = {}): string => Array.from({ length: count }, (_, index) => change[index + 1] ?? `line: ${String(index + 1)}`).join('\n') + '\n';

// One repository for all tests: no test commits to it.
let shared: GitRepository;
let sharedCommits: PullRequestCommits;

beforeAll(() => {
  shared = GitRepository.create();
  sharedCommits = pullRequestOf(
    shared,
    { 'shop/policy.yaml': lines(60, { 40: 'GUARD: mesh' }), 'shop/gone.yaml': 'kind: x\nGUARD: gone\n', 'shop/before.yaml': lines(30), 'README.md': 'shop\n' },
    { 'shop/policy.yaml': lines(60, { 10: 'OPEN: ten', 40: 'plain: mesh' }), 'shop/gone.yaml': null, 'shop/before.yaml': null, 'shop/after.yaml': lines(30, { 3: 'OPEN: renamed' }) },
  );
});

afterAll(() => {
  shared.remove();
});

let repository: GitRepository;
let commits: PullRequestCommits;
let github: LoopbackGitHub;

beforeEach(async () => {
  repository = shared;
  commits = sharedCommits;
  github = new LoopbackGitHub({ repository, pull: { number: 7, base: commits.base, head: commits.head } });
  await github.start();
});

afterEach(async () => {
  await github.stop();
  if (repository !== shared) repository.remove();
  expect(github.mistakes).toEqual([]);
});

const pullRequest = (rest: Partial<Step> = {}): Step => ({
  github,
  workspace: repository.directory,
  event: { name: 'pull_request', payload: pullRequestPayload({ owner: github.owner, repo: github.repo, base: commits.base, head: commits.head }) },
  sha: commits.merge,
  ref: 'refs/pull/7/merge',
  ...rest,
});
const run = (step: Step = pullRequest(), analysis: Analysis = markedLines()) => runInProcess(step, analysis);
const places = () => github.reviewComments.map(({ path, line, side }) => `${path}:${String(line)} ${side}`).sort();

describe('a pull request', () => {
  test('is commented at added, deleted and renamed lines; the gate fails the step; SARIF, outputs and summary are there', async () => {
    const result = await run();
    expect(result.code).toBe(1);
    expect(places()).toEqual(['shop/after.yaml:3 RIGHT', 'shop/gone.yaml:2 LEFT', 'shop/policy.yaml:10 RIGHT', 'shop/policy.yaml:40 LEFT']);
    expect(github.reviews).toHaveLength(1);
    expect(github.issueComments).toHaveLength(1);
    expect(github.sarifs.map(({ ref, commit }) => ({ ref, commit }))).toEqual([{ ref: 'refs/pull/7/merge', commit: commits.merge }]);
    expect(result.outputs).toMatchObject({
      verdict: 'fail',
      'new-findings': '4',
      'highest-severity': 'high',
      'maturity-base': '61',
      'maturity-head': '54',
      'maturity-delta': '-7',
      incomplete: 'false',
      'base-sha': commits.base,
      'head-sha': commits.merge,
      comparison: 'merge-result',
      'comment-id': String(github.issueComments[0]?.id),
      'sarif-url': 'https://github.com/bank/mesh/security/code-scanning?query=tool%3Amesh-posture%20pr%3A7',
    });
    expect(result.summary).toMatch(/^## Mesh Posture/);
    expect(result.report?.findings).toHaveLength(4);
    expect(result.log).toMatch(/^failed: Blocked[^\n]*4 new high findings/m);
    expect(result.log).not.toMatch(/^annotation/m);
  });

  test('a second run of the same head writes nothing', async () => {
    await run();
    const before = github.writes().length;
    const result = await run(pullRequest({ runId: 101 }));
    expect(result.code).toBe(1);
    expect(github.writes().slice(before)).toEqual(['POST /repos/bank/mesh/code-scanning/sarifs']);
  });

  test('without findings gets no comment, and one that is there turns green', async () => {
    const silent = markedLines((report) => ({ ...report, verdict: 'pass', gates: [], findings: [], changes: [] }));
    expect((await run(pullRequest(), silent)).code).toBe(0);
    expect(github.writes()).toEqual(['POST /repos/bank/mesh/code-scanning/sarifs']);

    await run();
    const red = github.issueComments[0]?.body;
    await run(pullRequest({ runId: 102 }), silent);
    expect(github.issueComments).toHaveLength(1);
    expect(github.issueComments[0]?.body).not.toBe(red);
    expect(github.issueComments[0]?.body).not.toContain('Blocked');
    expect(github.reviewComments).toEqual([]);
  });

  test('a comment that people answered is kept and marked as resolved', async () => {
    await run();
    const answered = github.reviewComments[0];
    github.seedReviewComment({ author: 'ada', body: 'on purpose', path: answered?.path ?? '', line: answered?.line ?? 1, side: 'RIGHT', replyTo: answered?.id ?? 0 });
    await run(pullRequest({ runId: 102 }), markedLines((report) => ({ ...report, verdict: 'pass', gates: [], findings: [] })));
    expect(github.reviewComments.map(({ body }) => body.includes('Resolved in') || body)).toEqual([true, 'on purpose']);
  });

  test('`warn-only` shows everything and passes', async () => {
    const result = await run(pullRequest({ inputs: { 'warn-only': 'true' } }));
    expect(result.code).toBe(0);
    expect(result.outputs['verdict']).toBe('fail');
    expect(github.reviewComments).toHaveLength(4);
  });

  test('`warn-only` does not hide an internal error', async () => {
    const broken = markedLines((report) => ({ ...report, verdict: 'error', gates: [{ id: 'internal', failed: true, because: 'a witness could not be confirmed' }] }));
    expect((await run(pullRequest({ inputs: { 'warn-only': 'true' } }), broken)).code).toBe(3);
  });

  test('inputs switch comments, summary, files and upload off', async () => {
    const result = await run(pullRequest({ inputs: { 'review-comments': 'false', 'comment-summary-in-pr': 'never', 'job-summary': 'false', 'sarif-file': 'off', 'report-file': 'off' } }));
    expect(github.requests).toEqual([]);
    expect(result.summary).toBe('');
    expect(result.outputs['sarif-file']).toBeUndefined();
    expect(result.outputs['report-file']).toBeUndefined();
    expect(result.code).toBe(1);
  });

  test('`upload-sarif: never` writes the file and sends nothing', async () => {
    const result = await run(pullRequest({ inputs: { 'upload-sarif': 'never' } }));
    expect(github.sarifs).toEqual([]);
    expect(result.sarif?.runs[0]?.results.length).toBeGreaterThan(0);
  });

  test('more findings than `max-review-comments` stay in the summary', async () => {
    await run(pullRequest({ inputs: { 'max-review-comments': '1' } }));
    expect(github.reviewComments).toHaveLength(1);
    expect(github.issueComments[0]?.body).toContain('OPEN: renamed');
  });

  test('files without a patch are commented by the diff made here', async () => {
    github.patchOmitted.add('shop/policy.yaml');
    await run();
    expect(places()).toContain('shop/policy.yaml:10 RIGHT');
    expect(places()).toContain('shop/policy.yaml:40 LEFT');
  });

  test('another account that carries our markers is left alone', async () => {
    await run();
    const inline = github.reviewComments.splice(0).map((comment) => ({ ...comment, author: 'mallory' }));
    const [sticky] = github.issueComments.splice(0);
    github.reviewComments.push(...inline);
    github.seedIssueComment('mallory', sticky?.body ?? '');
    await run(pullRequest({ runId: 101 }));
    expect(github.reviewComments.filter(({ author }) => author === 'mallory')).toEqual(inline);
    expect(github.reviewComments.filter(({ author }) => author !== 'mallory')).toHaveLength(4);
    expect(github.issueComments).toHaveLength(2);
  });

  test('lines are those of the pull request, also where the base branch moved the same file meanwhile', async () => {
    await github.stop();
    repository = GitRepository.create();
    const start = repository.commit('start', { 'policy.yaml': lines(40, { 30: 'GUARD: old' }) });
    repository.git('checkout', '--quiet', '-b', 'topic');
    const head = repository.commit('head', { 'policy.yaml': lines(40, { 20: 'OPEN: here', 30: 'plain: old' }) });
    repository.git('checkout', '--quiet', 'main');
    // Ten lines more at the top: in the test merge the first change stands where the second is in the pull request.
    const moved = repository.commit('main moves', { 'policy.yaml': `${lines(10)}${lines(40, { 30: 'GUARD: old' })}` });
    repository.git('checkout', '--quiet', '--detach', moved);
    repository.git('merge', '--quiet', '--no-ff', '-m', 'test merge', head);
    commits = { base: start, head, merge: repository.git('rev-parse', 'HEAD').trim() };
    github = new LoopbackGitHub({ repository, pull: { number: 7, base: moved, head } });
    await github.start();

    const result = await run(pullRequest({ event: { name: 'pull_request', payload: pullRequestPayload({ owner: github.owner, repo: github.repo, base: start, head }) } }));
    expect(result.outputs['base-sha']).toBe(moved);
    expect(result.report?.findings.map(({ location }) => location?.startLine).sort()).toEqual([30, 40]);
    expect(places()).toEqual(['policy.yaml:20 RIGHT', 'policy.yaml:30 LEFT']);
  });
});

describe('which two trees', () => {
  test('without a test merge the head is compared with the merge base, and the reader is told', async () => {
    const result = await run(pullRequest({ sha: commits.head, ref: 'refs/heads/topic' }));
    expect(result.outputs).toMatchObject({ comparison: 'merge-base', 'base-sha': commits.base, 'head-sha': commits.head });
    expect(result.summary).toContain('is not the test merge');
    expect(github.issueComments[0]?.body).toContain('is not the test merge');
    expect(places()).toContain('shop/policy.yaml:10 RIGHT');
  });

  test('`compare: merge-base` uploads for the head of the pull request', async () => {
    const result = await run(pullRequest({ inputs: { compare: 'merge-base' } }));
    expect(result.outputs).toMatchObject({ comparison: 'merge-base', 'head-sha': commits.head });
    expect(github.sarifs.map(({ ref, commit }) => ({ ref, commit }))).toEqual([{ ref: 'refs/pull/7/head', commit: commits.head }]);
  });

  test('`pull_request_target` with the base branch checked out reads the head and runs nothing of it', async () => {
    repository.git('checkout', '--quiet', '--detach', commits.base);
    try {
      const payload = pullRequestPayload({ owner: github.owner, repo: github.repo, base: commits.base, head: commits.head, fork: true });
      const result = await run(pullRequest({ event: { name: 'pull_request_target', payload }, sha: commits.base, ref: 'refs/heads/main' }));
      expect(result.outputs).toMatchObject({ comparison: 'merge-base', 'head-sha': commits.head });
      expect(github.reviewComments).toHaveLength(4);
    } finally {
      repository.git('checkout', '--quiet', '--detach', commits.merge);
    }
  });

  test('addresses are those of the server, whatever it is called', async () => {
    await run(pullRequest({ environment: { GITHUB_SERVER_URL: 'https://git.bank.example/' } }));
    expect(github.issueComments[0]?.body).toContain('https://git.bank.example/bank/mesh/blob/');
    expect(github.issueComments[0]?.body).not.toContain('https://github.com/bank/mesh/blob/');
  });
});

describe('when GitHub says no, the exit code stays and the reader is told', () => {
  test('a read-only token: annotations, summary, SARIF notice', async () => {
    github.faults.push(readOnlyToken);
    const result = await run();
    expect(result.code).toBe(1);
    expect(result.log.match(/^annotation error/gm)).toHaveLength(4);
    expect(result.log).toContain('annotation error shop/policy.yaml:10:');
    expect(result.log).toMatch(/notice: could not post the review: the token may not do it \(403\); comments need `permissions: pull-requests: write`/);
    expect(result.log).toMatch(/notice: could not upload the SARIF file: the token may not do it \(403\); code scanning needs `permissions: security-events: write`/);
    expect(result.summary).toContain('Blocked');
    expect(result.summary).toContain('could not post the review');
    expect(result.sarif).not.toBeNull();
    expect(github.issueComments).toEqual([]);
  });

  test('a fork is the same', async () => {
    github.faults.push(readOnlyToken);
    const result = await run(pullRequest({ event: { name: 'pull_request', payload: pullRequestPayload({ owner: github.owner, repo: github.repo, base: commits.base, head: commits.head, fork: true }) } }));
    expect(result.code).toBe(1);
    expect(result.log).toMatch(/^annotation error/m);
    expect(result.log).toContain('from a fork a token that can only read');
  });

  test('no code scanning: the file and a notice, comments as usual', async () => {
    github.faults.push(noCodeScanning);
    const result = await run();
    expect(result.log).toContain('notice: could not upload the SARIF file');
    expect(github.reviewComments).toHaveLength(4);
    expect(result.code).toBe(1);
    expect(result.outputs['sarif-url']).toBeUndefined();
  });

  test('500 for everything', async () => {
    github.faults.push({ on: /./, answer: { type: 'status', status: 500, message: 'Server Error' } });
    const result = await run();
    expect(result.code).toBe(1);
    expect(result.log).toMatch(/notice: could not read the pull request: GitHub has a problem \(500\)/);
    expect(result.log).toMatch(/^annotation error/m);
    expect(result.summary).toContain('Blocked');
  });

  test('500 for everything does not turn a pass into a failure', async () => {
    github.faults.push({ on: /./, answer: { type: 'status', status: 500, message: 'Server Error' } });
    expect((await run(pullRequest(), markedLines((report) => ({ ...report, verdict: 'pass', gates: [], findings: [] })))).code).toBe(0);
  });

  test('a head that moved is not written about', async () => {
    github.headSha = 'f'.repeat(40);
    const result = await run();
    expect(github.writes()).toEqual(['POST /repos/bank/mesh/code-scanning/sarifs']);
    expect(result.log).toContain('notice: the pull request has moved on to `fffffff`');
    expect(result.code).toBe(1);
  });

  test('a closed pull request is not written to', async () => {
    github.open = false;
    await run();
    expect(github.writes()).toEqual(['POST /repos/bank/mesh/code-scanning/sarifs']);
  });

  test('no token: annotations and summary, no request', async () => {
    const result = await run(pullRequest({ inputs: { 'github-token': '' } }));
    expect(result.code).toBe(1);
    expect(github.requests).toEqual([]);
    expect(result.log).toMatch(/^annotation error/m);
    expect(result.log).toContain('there is no token');
  });
});

describe('other events', () => {
  test('a merge group gates, and writes neither comments nor SARIF', async () => {
    const result = await run(pullRequest({ event: { name: 'merge_group', payload: mergeGroupPayload(commits.base, commits.merge) }, ref: 'refs/heads/gh-readonly-queue/main/pr-7-abc' }));
    expect(result.code).toBe(1);
    expect(result.outputs).toMatchObject({ comparison: 'merge-group', 'base-sha': commits.base, 'head-sha': commits.merge });
    expect(github.requests).toEqual([]);
  });

  test('a push compares and uploads for its branch', async () => {
    const result = await run(pullRequest({ event: { name: 'push', payload: pushPayload(commits.base, commits.merge) }, ref: 'refs/heads/main' }));
    expect(result.outputs['comparison']).toBe('push');
    expect(github.sarifs.map(({ ref }) => ref)).toEqual(['refs/heads/main']);
    expect(github.reviews).toEqual([]);
  });

  test('a schedule looks at one tree and uploads its state', async () => {
    const result = await run(pullRequest({ event: { name: 'schedule', payload: { schedule: '17 3 * * 1' } }, ref: 'refs/heads/main' }));
    expect(result.code).toBe(0);
    expect(result.outputs).toMatchObject({ comparison: 'snapshot', 'base-sha': '', 'head-sha': commits.merge, 'existing-findings': '2', 'maturity-delta': '0' });
    expect(result.sarif?.runs[0]?.results).toHaveLength(2);
    expect(github.sarifs).toHaveLength(1);
  });

  test('a dispatch compares the revisions that it is given, and uploads only what the workflow runs on', async () => {
    const result = await run(pullRequest({ event: { name: 'workflow_dispatch', payload: {} }, ref: 'refs/heads/main', inputs: { 'base-ref': 'main', 'head-ref': 'topic' } }));
    expect(result.outputs).toMatchObject({ comparison: 'revisions', 'head-sha': commits.head });
    expect(github.sarifs).toEqual([]);
    expect(result.log).toContain('is not what the workflow runs on');
  });

  test('a deleted branch is not applicable', async () => {
    const result = await run(pullRequest({ event: { name: 'push', payload: { ...pushPayload(commits.base, '0'.repeat(40)), deleted: true } } }));
    expect(result.code).toBe(0);
    expect(result.outputs['verdict']).toBe('not-applicable');
    expect(result.summary).toContain('the push deleted the branch');
  });

  test('directories are compared as they are', async () => {
    const result = await run(pullRequest({ event: { name: 'workflow_dispatch', payload: {} }, inputs: { 'base-path': 'shop', 'head-path': '.' } }));
    expect(result.outputs).toMatchObject({ comparison: 'directories', 'base-sha': '', 'head-sha': '' });
    expect(github.sarifs).toEqual([]);
  });
});

describe('wrong use ends in one sentence and exit code 2', () => {
  test.each<[string, () => Partial<Step>, RegExp]>([
    ['an input', () => ({ inputs: { 'fail-on-severity': 'severe' } }), /the input `fail-on-severity` is `severe`; use one of `critical`, `high`, `medium`, `low`/],
    ['an event without a pull request', () => ({ event: { name: 'issues', payload: {} } }), /the event `issues` names no pull request/],
    ['a payload without a pull request', () => ({ event: { name: 'pull_request', payload: { action: 'opened' } } }), /holds no pull request/],
    ['a payload that is no JSON', () => ({ event: { name: 'pull_request', payload: '{broken' } }), /the payload of the event `pull_request` cannot be read/],
    ['an unknown revision', () => ({ inputs: { 'base-ref': 'nowhere' } }), /the revision `nowhere` is unknown/],
    ['a revision that is an option', () => ({ inputs: { 'base-ref': '--upload-pack=touch' } }), /is no revision/],
    ['a file outside the workspace', () => ({ inputs: { 'report-file': '../../outside.json' } }), /the input `report-file` names a file outside the workspace/],
    ['a file in .git', () => ({ inputs: { 'sarif-file': '.git/hooks/post-checkout' } }), /the input `sarif-file` names a file outside the workspace/],
    ['a checked-out head on pull_request_target', () => ({ event: { name: 'pull_request_target', payload: pullRequestPayload({ owner: github.owner, repo: github.repo, base: commits.base, head: commits.head }) }, sha: commits.base }), /runs with a token that can write/],
  ])('%s', async (_, rest, sentence) => {
    const result = await run(pullRequest(rest()));
    expect(result.code).toBe(2);
    expect(result.log).toMatch(sentence);
    expect(result.log.trim().split('\n')).toHaveLength(1);
    expect(result.log).not.toMatch(/\n\s+at \S/);
    expect(result.outputs).toEqual({ verdict: 'error' });
    expect(result.summary).toMatch(/^## Mesh Posture/);
    expect(github.writes()).toEqual([]);
  });

  test('a link in the checkout leads no file outside', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'mesh-posture-outside-'));
    const link = join(repository.directory, 'way-out');
    symlinkSync(outside, link);
    try {
      const result = await run(pullRequest({ inputs: { 'report-file': 'way-out/report.json' } }));
      expect(result.code).toBe(2);
      expect(existsSync(join(outside, 'report.json'))).toBe(false);
    } finally {
      rmSync(link);
      rmSync(outside, { recursive: true });
    }
  });

  test('an exception of the analysis is an internal error, exit code 3, without a stack trace', async () => {
    const result = await run(pullRequest({ inputs: { 'warn-only': 'true' } }), () => { throw new Error('no such layer'); });
    expect(result.code).toBe(3);
    expect(result.log).toBe('failed: internal error, nothing was decided: no such layer\n');
    expect(result.summary).toContain('internal error');
  });

  test('a summary comment that is there is brought up to date, one that is not there is not made', async () => {
    const broken: Analysis = () => {
      throw new Error('no such layer @everyone');
    };
    await run(pullRequest(), broken);
    expect(github.writes()).toEqual([]);
    await run();
    const before = github.writes().length;
    await run(pullRequest({ runId: 101 }), broken);
    expect(github.writes().slice(before)).toEqual([`PATCH /repos/bank/mesh/issues/comments/${String(github.issueComments[0]?.id)}`]);
    expect(github.issueComments).toHaveLength(1);
    expect(github.issueComments[0]?.body).toMatch(/^<!-- mesh-posture:v1 tag=default state=\S+ -->\n🔴 \*\*Error\*\*: internal error, nothing was decided: no such layer @\u200beveryone$/);
    await run(pullRequest({ runId: 102 }));
    expect(github.issueComments[0]?.body).toContain('Blocked');
  });

  test('a GitHub that fails meanwhile does not hide why', async () => {
    github.faults.push({ on: /./, answer: { type: 'status', status: 500, message: 'Server Error' } });
    const result = await run(pullRequest(), () => { throw new Error('no such layer'); });
    expect(result.code).toBe(3);
    expect(result.log).toBe('failed: internal error, nothing was decided: no such layer\n');
  });

  test('a reporter that breaks does not change the exit code', async () => {
    const result = await run(pullRequest(), async (request) => ({ ...(await markedLines()(request)), sarif: () => { throw new Error('no such rule'); } }));
    expect(result.code).toBe(1);
    expect(result.summary).toContain('internal error in the SARIF file: no such rule');
  });
});

describe('what a manifest says is text', () => {
  test('hostile names reach neither Markdown nor the summary as what they are', async () => {
    const result = await run(pullRequest(), markedLines((report) => ({ ...hostile, comparison: report.comparison })));
    for (const text of [result.summary, ...github.issueComments.map(({ body }) => body), ...github.reviewComments.map(({ body }) => body)]) {
      // In a code span everything is text.
      expect(text.replace(/(`+)[^\n]*?\1/g, '')).not.toMatch(/<(script|img|details> <)/i);
      expect(text.match(/<!--/g)?.length ?? 0).toBeLessThanOrEqual(1);
    }
  });

  test('a huge report fits', async () => {
    const result = await run(pullRequest(), markedLines((report) => ({ ...huge, comparison: report.comparison })));
    expect(Buffer.byteLength(result.summary)).toBeLessThanOrEqual(1_048_576);
    for (const { body } of github.issueComments) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
  });
});
