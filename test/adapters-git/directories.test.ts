import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDirectories, readDirectory } from '#adapters/files/read-directory.ts';
import { readRevisions } from '#adapters/git/read-revisions.ts';
import { InputError } from '#app/input-error.ts';
import { changedPaths } from '#trees/changes.ts';
import { contentAt, textAt } from '#trees/tree.ts';
import { committedFiles } from '../../src/entry/configuration.ts';
import { git, repository, temporaryFolder, write } from './repository.ts';

test('a directory reads as the commit of its files does', async () => {
  const { folder } = repository([{ 'a.yaml': 'a: 1\r\n', 'in/ü.yaml': 'b: 1\n', 'in/link.yaml': { link: '../a.yaml' }, 'out.yaml': { link: '/etc/hosts' }, 'x.txt': 'x' }]);
  const revision = await readRevisions(folder, 'HEAD', 'HEAD');
  const directory = await readDirectory(folder, { label: 'HEAD' });
  expect(directory.tree).toEqual(revision.head);
  expect([...directory.blobs].sort()).toEqual([...revision.blobs].sort());
});

describe('two directories', () => {
  test('share equal files; changes are named', async () => {
    const [base, head] = [temporaryFolder(), temporaryFolder()];
    write(base, { 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' });
    write(head, { 'a.yaml': 'a: 2\n', 'b.yaml': 'b: 1\n', 'node_modules/x/y.yaml': 'no: 1\n', '.git/config.yaml': 'no: 1\n' });
    const pair = await readDirectories(base, head);
    expect(changedPaths(pair).map(({ path, change }) => `${change} ${path}`)).toEqual(['modified a.yaml']);
    expect(textAt(pair, 'head', 'a.yaml')).toBe('a: 2\n');
    expect(pair.blobs.size).toBe(3);
  });
  test('limits are named, not silent', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n', 'huge.yaml': 'x'.repeat(2000) });
    const few = await readDirectories(folder, folder, { maxFiles: 1, limitBytes: 1000 });
    expect([contentAt(few, 'base', 'b.yaml'), contentAt(few, 'base', 'huge.yaml')]).toMatchObject([{ problem: { kind: 'limit' } }, { problem: { kind: 'too-large' } }]);
    expect(few.head.entries.get('huge.yaml')).toMatchObject({ blob: git(folder, 'hash-object', 'huge.yaml') });
  });
  test('the limit that the base configures holds, and no head raises it', async () => {
    const [base, head] = [temporaryFolder(), temporaryFolder()];
    for (const folder of [base, head]) write(folder, { 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' });
    write(base, { '.github/mesh-posture.yml': 'limits:\n  files: 2\n' });
    write(head, { '.github/mesh-posture.yml': 'limits:\n  files: 9\n' });
    const unread = async (one: string, other: string): Promise<boolean> => contentAt(await readDirectories(one, other, { maxFiles: committedFiles('.github/mesh-posture.yml') }), 'head', 'b.yaml')?.type === 'unreadable';
    expect([await unread(base, head), await unread(head, base), await unread(temporaryFolder(), head)]).toEqual([true, false, false]);
  });
  test.skipIf(process.getuid?.() === 0)('what may not be read is named (skipped for root, who may read everything)', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a: 1\n', 'in/b.yaml': 'b: 1\n' });
    chmodSync(join(folder, 'a.yaml'), 0);
    chmodSync(join(folder, 'in'), 0);
    const { tree } = await readDirectory(folder);
    chmodSync(join(folder, 'in'), 0o755);
    expect(tree.problems?.map(({ path, problem }) => `${path} ${problem.kind}`)).toEqual(['a.yaml not-readable', 'in not-readable']);
  });
  test('a directory that is none is wrong usage', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a: 1\n' });
    await expect(readDirectory(join(folder, 'nothing'))).rejects.toThrow(InputError);
    await expect(readDirectory(join(folder, 'a.yaml'))).rejects.toThrow(/is no directory/u);
  });
});
