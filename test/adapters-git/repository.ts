import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'posture-'));
  made.push(folder);
  return folder;
}

const settings = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false', '-c', 'protocol.file.allow=always', '-c', 'core.autocrlf=false'];

export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', folder, ...settings, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } }).trim();
}

export type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string } | null>>;

export function write(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const absolute = join(folder, path);
    rmSync(absolute, { recursive: true, force: true });
    if (content === null) continue;
    mkdirSync(dirname(absolute), { recursive: true });
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, absolute);
    else writeFileSync(absolute, content);
  }
}

/** A repository with one commit per set of files, and the ids of the commits. */
export function repository(commits: readonly Files[], format = 'sha1'): { readonly folder: string; readonly ids: readonly string[] } {
  const folder = temporaryFolder();
  git(folder, 'init', '-q', '-b', 'main', `--object-format=${format}`);
  const ids = commits.map((files, index) => {
    write(folder, files);
    git(folder, 'add', '-A');
    git(folder, 'commit', '-q', '--allow-empty', '-m', `commit ${index}`);
    return git(folder, 'rev-parse', 'HEAD');
  });
  return { folder, ids };
}
