import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real repository in a temporary folder. Dates and names are fixed, so commit ids are too. */
export class GitRepository {
  readonly directory: string;

  constructor(directory = mkdtempSync(join(tmpdir(), 'mesh-posture-repo-'))) {
    this.directory = directory;
  }

  static create(): GitRepository {
    const repository = new GitRepository();
    repository.git('init', '--quiet', '--initial-branch=main');
    repository.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    return repository;
  }

  git(...words: readonly string[]): string {
    return execFileSync('git', words, {
      cwd: this.directory,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: this.directory,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'ada@example.com',
        GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
      },
    });
  }

  /** Writes and deletes (`null`) files, commits all, returns the commit id. */
  commit(message: string, files: Readonly<Record<string, string | null>>): string {
    for (const [path, text] of Object.entries(files)) {
      const target = join(this.directory, path);
      if (text === null) rmSync(target);
      else {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, text);
      }
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD').trim();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface PullRequestCommits {
  readonly base: string;
  readonly head: string;
  /** The test merge, as GitHub makes it: first parent the base branch, second the head. */
  readonly merge: string;
}

/** A base branch, a topic branch, and the test merge checked out (detached) as `actions/checkout` leaves it. */
export function pullRequestOf(repository: GitRepository, base: Readonly<Record<string, string>>, head: Readonly<Record<string, string | null>>): PullRequestCommits {
  const baseCommit = repository.commit('base', base);
  repository.git('checkout', '--quiet', '-b', 'topic');
  const headCommit = repository.commit('head', head);
  repository.git('checkout', '--quiet', '--detach', baseCommit);
  repository.git('merge', '--quiet', '--no-ff', '-m', 'test merge', headCommit);
  const merge = repository.git('rev-parse', 'HEAD').trim();
  repository.git('update-ref', 'refs/pull/7/merge', merge);
  repository.git('update-ref', 'refs/pull/7/head', headCommit);
  return { base: baseCommit, head: headCommit, merge };
}
