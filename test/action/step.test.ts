/** The bundle, started as the runner starts it, on real manifests and a real repository, against the loopback GitHub. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { shopBase, shopHead } from '#app/demo/shop.ts';
import { mergeGroupPayload, pullRequestPayload, pushPayload, runStep, type Step } from '../support/action-step.ts';
import { GitRepository, pullRequestOf, type PullRequestCommits } from '../support/git-repository.ts';
import { LoopbackGitHub, readOnlyToken } from '../support/loopback-github.ts';

let repository: GitRepository;
let commits: PullRequestCommits;
let github: LoopbackGitHub;
const folders: string[] = [];

async function open(base: Readonly<Record<string, string>>, head: Readonly<Record<string, string | null>>): Promise<void> {
  repository = GitRepository.create();
  commits = pullRequestOf(repository, base, head);
  github = new LoopbackGitHub({ repository, pull: { number: 7, base: commits.base, head: commits.head } });
  await github.start();
}

afterEach(async () => {
  await github.stop();
  repository.remove();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  expect(github.mistakes).toEqual([]);
});

function temporary(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
}

/** As `actions/checkout` with `fetch-depth: 1` leaves it. */
function shallowCheckout(): string {
  const folder = temporary('mesh-posture-shallow-');
  const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  git('init', '--quiet');
  git('remote', 'add', 'origin', `file://${repository.directory}`);
  git('fetch', '--quiet', '--depth=1', 'origin', commits.merge);
  git('checkout', '--quiet', '--detach', commits.merge);
  return folder;
}

const step = (rest: Partial<Step> = {}): Step => ({
  github,
  workspace: repository.directory,
  event: { name: 'pull_request', payload: pullRequestPayload({ owner: github.owner, repo: github.repo, base: commits.base, head: commits.head }) },
  sha: commits.merge,
  ref: 'refs/pull/7/merge',
  ...rest,
});

/** The text of the line that a comment stands on. */
function commentedLines(): readonly string[] {
  return github.reviewComments
    .map(({ path, line, side }) => {
      const text = repository.git('show', `${side === 'LEFT' ? commits.base : commits.head}:${path}`);
      return `${path}: ${text.split('\n')[(line ?? 0) - 1]?.trim() ?? ''} (${side})`;
    })
    .sort();
}

describe('the shop of the demo', () => {
  test('gets its comments at the lines that open it, a red check, an alert and a maturity delta; a second run writes nothing new', async () => {
    await open(shopBase, shopHead);
    const first = await runStep(step());
    expect(first.log).not.toMatch(/^\s+at \S.*:\d+:\d+\)?$/m);
    expect(first.code).toBe(1);
    expect(first.outputs).toMatchObject({ verdict: 'fail', comparison: 'merge-result', incomplete: 'false', 'base-sha': commits.base, 'head-sha': commits.merge });
    expect(Number(first.outputs['new-findings'])).toBeGreaterThanOrEqual(3);
    expect(Number(first.outputs['maturity-delta'])).toBeLessThan(0);
    expect(commentedLines()).toEqual(expect.arrayContaining(['payments/peer-authentication.yaml: mode: PERMISSIVE (RIGHT)']));
    expect(github.reviewComments.some(({ path }) => path === 'shop/orders-policy.yaml')).toBe(true);
    // A policy that was only reordered is no effect.
    expect(github.reviewComments.some(({ path }) => path === 'shop/catalogue-policy.yaml')).toBe(false);
    expect(github.reviews).toHaveLength(1);
    expect(github.issueComments).toHaveLength(1);
    expect(github.sarifs).toHaveLength(1);
    expect(first.sarif?.runs[0]?.results.map(({ ruleId }) => ruleId)).toEqual(expect.arrayContaining(['MP101']));
    expect(first.summary).toMatch(/^## Mesh Posture/);
    expect(first.log).toMatch(/^::error::Blocked/m);

    const writes = github.writes().length;
    const second = await runStep(step({ runId: 101 }));
    expect(second.code).toBe(1);
    expect(github.writes().slice(writes)).toEqual(['POST /repos/bank/mesh/code-scanning/sarifs']);
    expect(second.report?.findings).toEqual(first.report?.findings);
  });

  test('with a read-only token gets annotations, the summary and the same exit code', async () => {
    await open(shopBase, shopHead);
    github.faults.push(readOnlyToken);
    const result = await runStep(step());
    expect(result.code).toBe(1);
    expect(result.log).toMatch(/^::error title=MP101[^\n]*file=payments\/peer-authentication\.yaml/m);
    expect(result.log).toMatch(/^::notice::could not post the review/m);
    expect(result.summary).toContain('could not post the review');
    expect(github.reviewComments).toEqual([]);
  });

  test('with a GitHub that answers 500 keeps its exit code', async () => {
    await open(shopBase, shopHead);
    github.faults.push({ on: /./, answer: { type: 'status', status: 500, message: 'Server Error' } });
    const result = await runStep(step());
    expect(result.code).toBe(1);
    expect(result.log).not.toMatch(/^\s+at \S.*:\d+:\d+\)?$/m);
    expect(result.summary).toContain('Blocked');
  });

  test('from a fork, in a checkout of depth 1, is compared all the same', async () => {
    await open(shopBase, shopHead);
    const payload = pullRequestPayload({ owner: github.owner, repo: github.repo, base: commits.base, head: commits.head, fork: true });
    const result = await runStep(step({ workspace: shallowCheckout(), event: { name: 'pull_request', payload } }));
    expect(result.outputs).toMatchObject({ verdict: 'fail', comparison: 'merge-result', 'base-sha': commits.base });
    expect(github.reviewComments.length).toBeGreaterThan(0);
  });

  test('the token reaches git only where it fetches, never by its arguments', async () => {
    await open(shopBase, shopHead);
    const folder = temporary('mesh-posture-watch-');
    const seen = join(folder, 'seen');
    // Stands before the real git on PATH and writes down what it is given.
    writeFileSync(join(folder, 'git'), `#!/bin/sh\n{ echo "ARGUMENTS $*"; env; } >> '${seen}'\nexec ${execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()} "$@"\n`);
    chmodSync(join(folder, 'git'), 0o755);
    const result = await runStep(step({ workspace: shallowCheckout(), environment: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } }));
    expect(result.code).toBe(1);
    const calls = readFileSync(seen, 'utf8').split(/^ARGUMENTS /m).slice(1);
    const secret = new RegExp(`loopback-token|${Buffer.from('x-access-token:loopback-token').toString('base64')}`);
    expect(calls.some((call) => / fetch /.test(call.split('\n')[0] ?? '') && secret.test(call))).toBe(true);
    for (const call of calls) {
      const [words = ''] = call.split('\n', 1);
      expect(words).not.toMatch(secret);
      if (!/ fetch /.test(words)) expect(call).not.toMatch(secret);
      expect(call).not.toMatch(/INPUT_GITHUB-TOKEN/);
    }
    expect(result.log).not.toMatch(secret);
  });

  test('in a merge queue gates and writes nothing', async () => {
    await open(shopBase, shopHead);
    const result = await runStep(step({ event: { name: 'merge_group', payload: mergeGroupPayload(commits.base, commits.merge) }, ref: 'refs/heads/gh-readonly-queue/main/pr-7-x' }));
    expect(result.code).toBe(1);
    expect(result.outputs['comparison']).toBe('merge-group');
    expect(github.writes()).toEqual([]);
  });

  test('on a push and on a schedule sends the state of the branch', async () => {
    await open(shopBase, shopHead);
    const push = await runStep(step({ event: { name: 'push', payload: pushPayload(commits.base, commits.merge) }, ref: 'refs/heads/main' }));
    expect(push.outputs['comparison']).toBe('push');
    const schedule = await runStep(step({ event: { name: 'schedule', payload: { schedule: '17 3 * * 1' } }, ref: 'refs/heads/main' }));
    expect(schedule.outputs).toMatchObject({ comparison: 'snapshot', 'base-sha': '' });
    expect(schedule.code).toBe(0);
    expect(github.sarifs.map(({ ref }) => ref)).toEqual(['refs/heads/main', 'refs/heads/main']);
    expect(github.reviewComments).toEqual([]);
  });
});

describe('small pull requests', () => {
  test('a deleted policy is commented on its deleted lines', async () => {
    await open(shopBase, { 'shop/orders-policy.yaml': null });
    const result = await runStep(step());
    expect(result.code).toBe(1);
    expect(github.reviewComments.length).toBeGreaterThan(0);
    expect(github.reviewComments.every(({ path, side }) => path === 'shop/orders-policy.yaml' && side === 'LEFT')).toBe(true);
  });

  test('a renamed and weakened file is commented under its new name', async () => {
    await open(shopBase, { 'payments/peer-authentication.yaml': null, 'payments/tls.yaml': shopHead['payments/peer-authentication.yaml'] ?? '' });
    await runStep(step());
    expect(commentedLines()).toEqual(expect.arrayContaining(['payments/tls.yaml: mode: PERMISSIVE (RIGHT)']));
  });

  test('a harmless reorder passes in silence', async () => {
    await open(shopBase, { 'shop/catalogue-policy.yaml': shopHead['shop/catalogue-policy.yaml'] ?? '' });
    const result = await runStep(step());
    expect(result.code).toBe(0);
    expect(result.outputs).toMatchObject({ verdict: 'pass', 'new-findings': '0', 'maturity-delta': '0' });
    expect(github.reviewComments).toEqual([]);
    expect(github.issueComments).toEqual([]);
  });

  test('a pull request without manifests is not applicable', async () => {
    await open({ ...shopBase, 'README.md': 'one\n' }, { 'README.md': 'two\n' });
    const result = await runStep(step());
    expect(result.code).toBe(0);
    expect(result.outputs['verdict']).toBe('not-applicable');
    expect(github.issueComments).toEqual([]);
    // An empty analysis would close every alert: the state of the head is sent all the same.
    expect(github.sarifs).toHaveLength(1);
    expect(result.sarif?.runs[0]?.results.length).toBeGreaterThan(0);
  });

  test('a manifest that does not parse is incomplete, with file and line, and the rest is judged', async () => {
    await open(shopBase, { 'shop/orders-policy.yaml': 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: [orders\n', 'payments/peer-authentication.yaml': shopHead['payments/peer-authentication.yaml'] ?? '' });
    const result = await runStep(step());
    expect(result.outputs).toMatchObject({ verdict: 'fail', incomplete: 'true' });
    expect(result.report?.incompleteReasons.map(({ file, line }) => [file, typeof line])).toEqual([['shop/orders-policy.yaml', 'number']]);
    expect(commentedLines()).toEqual(expect.arrayContaining(['payments/peer-authentication.yaml: mode: PERMISSIVE (RIGHT)']));
  });

  test('the configuration of the base decides, not the one that the pull request brings', async () => {
    await open({ ...shopBase, '.github/mesh-posture.yml': 'gates: {failOn: new}\n' }, { ...shopHead, '.github/mesh-posture.yml': 'gates: {failOn: none}\n' });
    const result = await runStep(step());
    expect(result.code).toBe(1);
    expect(result.report?.preview).toBeDefined();
  });

  test('an input overrides the configuration', async () => {
    await open({ ...shopBase, '.github/mesh-posture.yml': 'gates: {failOn: new}\n' }, shopHead);
    const result = await runStep(step({ inputs: { 'fail-on': 'none' } }));
    expect(result.code).toBe(0);
    expect(result.outputs['verdict']).toBe('warn');
  });

  test('a wrong key in the configuration ends with file, line and the nearest real key, exit code 2', async () => {
    await open({ ...shopBase, '.github/mesh-posture.yml': 'gates:\n  failon: new\n' }, shopHead);
    const result = await runStep(step());
    expect(result.code).toBe(2);
    expect(result.log).toMatch(/^::error::[^\n]*\.github\/mesh-posture\.yml[^\n]*2[^\n]*failOn[^\n]*\n$/);
    expect(result.outputs['verdict']).toBe('error');
  });

  test('names from manifests are no commands of the log', async () => {
    const name = '"x\\n::error::owned ##[error]owned <img src=x> @everyone"';
    await open(shopBase, { 'shop/hostile.yaml': `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: {rules: [{from: [{source: {namespaces: [${name}]}}]}]}\n`, 'payments/peer-authentication.yaml': shopHead['payments/peer-authentication.yaml'] ?? '' });
    const result = await runStep(step({ inputs: { annotations: 'always' } }));
    expect(result.log).not.toMatch(/^\s*::error::owned/m);
    expect(result.log).not.toContain('##[error]');
    for (const text of [result.summary, ...github.issueComments.map(({ body }) => body), ...github.reviewComments.map(({ body }) => body)]) {
      expect(text.replace(/(`+)[^\n]*?\1/g, '')).not.toContain('<img');
      expect(text.replace(/(`+)[^\n]*?\1/g, '')).not.toMatch(/(?<![\u200b\w])@everyone/);
    }
  });
});

describe('wrong use of the bundle', () => {
  test.each<[string, () => Partial<Step>, RegExp]>([
    ['a broken payload', () => ({ event: { name: 'pull_request', payload: '{broken' } }), /^::error::the payload of the event `pull_request` cannot be read; [^\n]+\n$/],
    ['an event without a pull request', () => ({ event: { name: 'issues', payload: {} } }), /^::error::the event `issues` names no pull request[^\n]+\n$/],
    ['an unknown value', () => ({ inputs: { compare: 'magic' } }), /^::error::the input `compare` is `magic`; use one of `merge-result`, `merge-base`\n$/],
  ])('%s is one line and exit code 2', async (_, rest, log) => {
    await open({ 'a.yaml': 'a: 1\n' }, { 'a.yaml': 'a: 2\n' });
    const result = await runStep(step(rest()));
    expect(result.code).toBe(2);
    expect(result.log).toMatch(log);
  });
});
