/** What a clone and a workflow tell about the reviewed repository (R7, R8). */
import { afterAll, describe, expect, test } from 'vitest';
import { remoteAddresses, sharedBranch } from '#adapters/git/revisions.ts';
import { readEnvironment } from '../../src/entry/action-environment.ts';
import { GitRepository } from '../support/git-repository.ts';

const repository = GitRepository.create();
const commit = repository.commit('one', { 'a.yaml': 'a: 1\n' });
repository.git('remote', 'add', 'origin', 'git@github.com:me/infra.git');
repository.git('remote', 'add', 'upstream', 'https://github.com/bank/infra');
repository.git('update-ref', 'refs/remotes/origin/main', commit);
repository.git('branch', 'topic');
repository.git('tag', 'v1.0.0');
afterAll(() => {
  repository.remove();
});

describe('of a clone', () => {
  test('every remote may be what objects name', async () => {
    expect(await remoteAddresses(repository.directory)).toEqual(['git@github.com:me/infra.git', 'https://github.com/bank/infra']);
    const bare = GitRepository.create();
    expect(await remoteAddresses(bare.directory)).toEqual([]);
    bare.remove();
  });

  test.each([['main', 'main'], ['origin/main', 'main'], ['topic', undefined], ['v1.0.0', undefined], ['main~0', undefined], [commit, undefined], ['gone', undefined]])('the branch of the base `%s` is %s', async (revision, branch) => {
    expect(await sharedBranch(repository.directory, revision)).toBe(branch);
  });
});

describe('of a workflow', () => {
  test.each([
    ['a pull request', { GITHUB_BASE_REF: 'release/1', GITHUB_REF: 'refs/pull/7/merge' }, 'release/1'],
    ['a push', { GITHUB_REF: 'refs/heads/feature/x' }, 'feature/x'],
    ['a merge queue', { GITHUB_REF: 'refs/heads/gh-readonly-queue/release/1/pr-7-0123abc' }, 'release/1'],
    ['a tag', { GITHUB_REF: 'refs/tags/v1' }, ''],
  ])('%s names the branch', (_, variables, branch) => {
    expect(readEnvironment({ GITHUB_REPOSITORY: 'bank/infra', ...variables }, '/').branch).toBe(branch);
  });
});
