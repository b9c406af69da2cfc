import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTreesByApi } from '#adapters/github/trees-by-api.ts';
import { InputError } from '#app/input-error.ts';
import { decodeText } from '#source/decode.ts';
import { changedPaths } from '#trees/changes.ts';
import { contentAt, textAt, type TreePair } from '#trees/tree.ts';
import { TreeSource } from '../../src/entry/action-trees.ts';
import { GitRepository, pullRequestOf, type PullRequestCommits } from '../support/git-repository.ts';
import { loopbackClient } from '../support/loopback-client.ts';
import { LoopbackGitHub } from '../support/loopback-github.ts';

let origin: GitRepository;
let commits: PullRequestCommits;
let github: LoopbackGitHub;
let folder: string;

beforeEach(async () => {
  origin = GitRepository.create();
  commits = pullRequestOf(origin, { 'a.yaml': 'a: 1\n', 'same.yaml': 'same: 1\n', 'notes.txt': 'x\n' }, { 'a.yaml': 'a: 2\n', 'new.yaml': 'new: 1\n' });
  github = new LoopbackGitHub({ repository: origin, pull: { number: 7, base: commits.base, head: commits.head } });
  await github.start();
  folder = mkdtempSync(join(tmpdir(), 'mesh-posture-clone-'));
});

afterEach(async () => {
  await github.stop();
  origin.remove();
  rmSync(folder, { recursive: true, force: true });
  expect(github.mistakes).toEqual([]);
});

const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** As `actions/checkout` does it: one commit of the test merge, no history. */
function shallowCheckout(remote: string = `file://${origin.directory}`): void {
  git('init', '--quiet');
  git('remote', 'add', 'origin', `file://${origin.directory}`);
  git('fetch', '--quiet', '--depth=1', 'origin', commits.merge);
  git('checkout', '--quiet', '--detach', commits.merge);
  git('remote', 'set-url', 'origin', remote);
}

const source = (client: ReturnType<typeof loopbackClient> | null = loopbackClient(github)): TreeSource =>
  new TreeSource({ directory: folder, owner: github.owner, repo: github.repo, serverUrl: 'https://github.com', token: 'loopback-token', client });
const yaml = (path: string): boolean => path.endsWith('.yaml');
const changes = (pair: TreePair): readonly string[] => changedPaths(pair).map(({ path, change }) => `${path} ${change}`);

describe('a checkout of depth 1', () => {
  test('knows its parents without having them', async () => {
    shallowCheckout();
    expect(await source().parents(commits.merge)).toEqual([commits.base, commits.head]);
    expect(github.requests).toEqual([]);
  });

  test('fetches the base', async () => {
    shallowCheckout();
    expect(changes(await source().readPair(commits.base, commits.merge, yaml))).toEqual(['a.yaml modified', 'new.yaml added']);
    expect(github.requests).toEqual([]);
  });

  test('asks the API where fetching is impossible, for blobs that it does not hold', async () => {
    shallowCheckout('file:///nowhere/at/all');
    const pair = await source().readPair(commits.base, commits.merge, yaml);
    expect(changes(pair)).toEqual(['a.yaml modified', 'new.yaml added']);
    expect([textAt(pair, 'base', 'a.yaml'), textAt(pair, 'head', 'a.yaml'), textAt(pair, 'head', 'same.yaml')]).toEqual(['a: 1\n', 'a: 2\n', 'same: 1\n']);
    expect(github.requests.filter(({ path }) => path.includes('/git/blobs/'))).toHaveLength(1);
  });

  test('takes the merge base from GitHub: its own history ends early', async () => {
    shallowCheckout();
    expect(await source().mergeBase(commits.base, commits.head)).toBe(commits.base);
    expect(github.requests.map(({ path }) => path)).toEqual([`/repos/bank/mesh/compare/${commits.base}...${commits.head}`]);
  });

  test('does not believe its own merge base, which may be an older one', async () => {
    const old = origin.commit('old', {});
    const fork = origin.commit('fork point', {});
    const merge = (message: string, ...parents: readonly string[]): string => origin.git('commit-tree', `${fork}^{tree}`, '-m', message, ...parents.flatMap((parent) => ['-p', parent])).trim();
    const topic = merge('topic', fork);
    // Both sides reach the old commit directly, but only the topic's hidden history shows that it left the base branch later.
    const base = merge('base', fork, old);
    const head = merge('head', topic, old);
    const tip = merge('test merge', base, head);
    origin.git('update-ref', 'refs/heads/queue', tip);
    git('init', '--quiet');
    git('remote', 'add', 'origin', `file://${origin.directory}`);
    git('fetch', '--quiet', '--depth=3', 'origin', tip);
    expect(git('merge-base', base, head).trim()).toBe(old);
    expect(await source().mergeBase(base, head)).toBe(fork);
  });

  test('is an error where neither git nor the API has the base, never an empty difference', async () => {
    shallowCheckout('file:///nowhere/at/all');
    github.faults.push({ on: /git\/trees/, answer: { type: 'status', status: 500, message: 'Server Error' } });
    await expect(source().readPair(commits.base, commits.merge, yaml)).rejects.toThrow(InputError);
    await expect(source().readPair(commits.base, commits.merge, yaml)).rejects.toThrow(/is unknown in this repository, and could not list the files of `[0-9a-f]{7}`: GitHub has a problem \(500\)/);
  });

  test('without a token is an error that says what to do', async () => {
    shallowCheckout('file:///nowhere/at/all');
    await expect(source(null).readPair(commits.base, commits.merge, yaml)).rejects.toMatchObject({ remedy: expect.stringContaining('git fetch --depth=1') as unknown });
    await expect(source(null).mergeBase(commits.base, commits.head)).rejects.toMatchObject({ remedy: expect.stringContaining('fetch-depth: 0') as unknown });
  });
});

describe('no checkout at all', () => {
  test('everything comes by API', async () => {
    const pair = await source().readPair(commits.base, commits.merge, yaml);
    expect(changes(pair)).toEqual(['a.yaml modified', 'new.yaml added']);
    expect(textAt(pair, 'head', 'same.yaml')).toBe('same: 1\n');
    expect(contentAt(pair, 'head', 'notes.txt')).toBeUndefined();
    expect(await source().parents(commits.merge)).toEqual([commits.base, commits.head]);
  });
});

describe('trees by API', () => {
  const read = (limit: number) => readTreesByApi(loopbackClient(github), { owner: github.owner, repo: github.repo, base: commits.base, head: commits.merge, wanted: yaml, local: () => Promise.resolve(new Map()), decode: (bytes) => decodeText(bytes, 1000), limit });

  test('a list that GitHub cut is a problem of the tree', async () => {
    github.treesTruncated = true;
    const pair = await read(100);
    expect(pair.head.problems).toEqual([{ path: '', problem: { kind: 'limit', reason: expect.stringContaining('GitHub lists only the first') as unknown, remedy: expect.stringContaining('fetch-depth: 2') as unknown } }]);
  });

  test('what is beyond the limit of requests is missing, and what differs comes first', async () => {
    const pair = await read(3);
    expect([textAt(pair, 'base', 'a.yaml'), textAt(pair, 'head', 'a.yaml'), textAt(pair, 'head', 'new.yaml')]).toEqual(['a: 1\n', 'a: 2\n', 'new: 1\n']);
    expect(contentAt(pair, 'head', 'same.yaml')).toMatchObject({ type: 'unreadable', problem: { kind: 'missing-object' } });
  });

  test('links and submodules are what they are', async () => {
    const other = GitRepository.create();
    try {
      other.commit('x', { 'real.yaml': 'a: 1\n' });
      execFileSync('ln', ['-s', 'real.yaml', join(other.directory, 'link.yaml')]);
      execFileSync('ln', ['-s', '../outside.yaml', join(other.directory, 'out.yaml')]);
      other.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`);
      const commit = other.commit('links', {});
      const server = new LoopbackGitHub({ repository: other });
      await server.start();
      try {
        const pair = await readTreesByApi(loopbackClient(server), { owner: server.owner, repo: server.repo, base: commit, head: commit, wanted: yaml, local: () => Promise.resolve(new Map()), decode: (bytes) => decodeText(bytes, 1000), limit: 10 });
        expect(textAt(pair, 'head', 'link.yaml')).toBe('a: 1\n');
        expect(pair.head.entries.get('out.yaml')).toMatchObject({ type: 'symlink' });
        expect(server.mistakes).toEqual([]);
      } finally {
        await server.stop();
      }
    } finally {
      other.remove();
    }
  });
});
