import { chmodSync, readFileSync, truncateSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRevisions } from '#adapters/git/read-revisions.ts';
import { mergeBase, mergeParents, repositoryRoot, resolveRevision } from '#adapters/git/revisions.ts';
import { InputError } from '#app/input-error.ts';
import { changedPaths, renamedPaths } from '#trees/changes.ts';
import { contentAt, textAt } from '#trees/tree.ts';
import { committedFiles } from '../../src/entry/configuration.ts';
import { git, repository, temporaryFolder, write } from './repository.ts';

async function refusal(promise: Promise<unknown>): Promise<InputError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
}

describe('two revisions are two trees over shared blobs', () => {
  test.each(['sha1', 'sha256'])('added, removed, modified, renamed and equal files (%s)', async (format) => {
    const { folder, ids } = repository([
      { 'a.yaml': 'a: 1\n', 'old/b.yaml': 'b: 1\n', 'c.yaml': 'c: 1\n', 'same.yaml': 's: 1\n', 'README.md': '# x\n' },
      { 'a.yaml': 'a: 2\n', 'old/b.yaml': null, 'new/b.yaml': 'b: 1\n', 'c.yaml': null, 'd.yaml': 'd: 1\n' },
    ], format);
    const pair = await readRevisions(folder, 'HEAD~1', 'main');
    expect([pair.baseId, pair.headId]).toEqual(ids);
    const changes = changedPaths(pair);
    expect(changes.map(({ path, change }) => `${change} ${path}`)).toEqual(['modified a.yaml', 'removed c.yaml', 'added d.yaml', 'added new/b.yaml', 'removed old/b.yaml']);
    expect(renamedPaths(changes)).toEqual([{ from: 'old/b.yaml', to: 'new/b.yaml' }]);
    expect([textAt(pair, 'base', 'a.yaml'), textAt(pair, 'head', 'a.yaml'), textAt(pair, 'head', 'c.yaml')]).toEqual(['a: 1\n', 'a: 2\n', undefined]);
    expect(contentAt(pair, 'head', 'README.md')).toBeUndefined();
    expect(pair.blobs.size).toBe(6);
  });
  test('equal revisions have no change', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n' }]);
    expect(changedPaths(await readRevisions(folder, 'HEAD', 'HEAD'))).toEqual([]);
  });
  test('a changed mode is a modification', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n' }]);
    git(folder, 'update-index', '--chmod=+x', 'a.yaml');
    git(folder, 'commit', '-q', '-m', 'mode');
    expect(changedPaths(await readRevisions(folder, 'HEAD~1', 'HEAD'))).toMatchObject([{ path: 'a.yaml', change: 'modified' }]);
  });
  test('from a folder inside the work tree, the whole tree is read', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n', 'in/b.yaml': 'b: 1\n' }]);
    const pair = await readRevisions(join(folder, 'in'), 'HEAD', 'HEAD');
    expect([...pair.head.entries.keys()]).toEqual(['a.yaml', 'in/b.yaml']);
  });
  test('odd file names, line ends and an empty file', async () => {
    const names = ['new\nline.yaml', 'quo"te.yaml', "it's.yaml", 'tab\t.yaml', 'ünï/日本.yaml', ' space .yaml', '-dash.yaml', 'back\\slash.yaml'];
    const { folder } = repository([{ ...Object.fromEntries(names.map((name) => [name, `name: ${JSON.stringify(name)}\n`])), 'crlf.yaml': 'a: 1\r\nb: 2\r\n', 'bom.yaml': '\uFEFFa: 1\n', 'empty.yaml': '' }]);
    const pair = await readRevisions(folder, 'HEAD', 'HEAD');
    for (const name of names) expect(textAt(pair, 'head', name)).toBe(`name: ${JSON.stringify(name)}\n`);
    expect([textAt(pair, 'head', 'crlf.yaml'), textAt(pair, 'head', 'bom.yaml'), textAt(pair, 'head', 'empty.yaml')]).toEqual(['a: 1\r\nb: 2\r\n', 'a: 1\n', '']);
  });
  test('a name that is no UTF-8 keeps its bytes', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n' }]);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe9]), Buffer.from('.yaml')]), 'x: 1\n');
    git(folder, 'add', '-A');
    git(folder, 'commit', '-q', '-m', 'latin');
    expect(textAt(await readRevisions(folder, 'HEAD', 'HEAD'), 'head', '\\xe9.yaml')).toBe('x: 1\n');
  });
});

describe('what has no text is named', () => {
  test('LFS pointer, not UTF-8, too large', async () => {
    const { folder } = repository([{
      'lfs.yaml': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n',
      'latin.yaml': Uint8Array.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]),
      'huge.json': `"${'x'.repeat(300_000)}"`,
      'fine.yaml': 'a: 1\n',
    }]);
    const pair = await readRevisions(folder, 'HEAD', 'HEAD', { limitBytes: 100_000 });
    const kindAt = (path: string): string => {
      const content = contentAt(pair, 'head', path);
      return content?.type === 'unreadable' ? content.problem.kind : (content?.type ?? 'absent');
    };
    expect(['lfs.yaml', 'latin.yaml', 'huge.json', 'fine.yaml'].map(kindAt)).toEqual(['lfs-pointer', 'not-utf8', 'too-large', 'text']);
  });
  test('more files than the limit', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n', 'c.yaml': 'c: 1\n' }]);
    const pair = await readRevisions(folder, 'HEAD', 'HEAD', { maxFiles: 2 });
    expect(contentAt(pair, 'head', 'c.yaml')).toMatchObject({ problem: { kind: 'limit' } });
    expect(textAt(pair, 'head', 'b.yaml')).toBe('b: 1\n');
  });
  test('the limit that the base configures holds, and no head raises it', async () => {
    const configured = (files: number): string => `limits:\n  files: ${String(files)}\n`;
    const files = { 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n', 'c.yaml': 'c: 1\n' };
    const { folder } = repository([{ '.github/mesh-posture.yml': configured(3), ...files }, { '.github/mesh-posture.yml': configured(9) }, { '.github/mesh-posture.yml': null }]);
    const unread = async (base: string, head: string): Promise<readonly string[]> => {
      const pair = await readRevisions(folder, base, head, { maxFiles: committedFiles('.github/mesh-posture.yml') });
      return Object.keys(files).filter((path) => contentAt(pair, 'head', path)?.type === 'unreadable');
    };
    expect(await unread('HEAD~2', 'HEAD~1')).toEqual(['c.yaml']);
    expect(await unread('HEAD~1', 'HEAD~2')).toEqual([]);
    expect(await unread('HEAD', 'HEAD~2')).toEqual([]);
  });
  test('links and submodules', async () => {
    const { folder: other } = repository([{ 'x.yaml': 'x: 1\n' }]);
    const { folder } = repository([{
      'real/a.yaml': 'a: 1\n', 'notes.txt': 'n: 1\n', 'in.yaml': { link: 'real/a.yaml' }, 'via.yaml': { link: 'folder/a.yaml' }, folder: { link: 'real' }, 'deep/up.yaml': { link: '../real/../in.yaml' },
      'text.yaml': { link: 'notes.txt' }, 'out.yaml': { link: '/etc/passwd' }, 'above.yaml': { link: '../../x.yaml' }, 'gone.yaml': { link: 'nowhere.yaml' }, 'circle.yaml': { link: 'circle.yaml' },
    }]);
    git(folder, 'submodule', '--quiet', 'add', other, 'sub');
    git(folder, 'commit', '-q', '-m', 'sub');
    const pair = await readRevisions(folder, 'HEAD', 'HEAD');
    for (const path of ['in.yaml', 'via.yaml', 'deep/up.yaml']) {
      expect(pair.head.entries.get(path)).toMatchObject({ type: 'file', link: 'real/a.yaml' });
      expect(textAt(pair, 'head', path)).toBe('a: 1\n');
    }
    expect(textAt(pair, 'head', 'text.yaml')).toBe('n: 1\n');
    expect(pair.head.entries.get('folder')).toMatchObject({ type: 'symlink', target: 'real' });
    expect(pair.head.entries.get('sub')).toMatchObject({ type: 'submodule' });
    expect(pair.head.problems?.map(({ path, problem }) => `${path} ${problem.kind}`)).toEqual(['above.yaml symlink-outside', 'circle.yaml limit', 'gone.yaml missing-object', 'out.yaml symlink-outside', 'sub submodule']);
  });
});

describe('clones that do not have everything', () => {
  const history = () => {
    const origin = repository([{ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' }, { 'a.yaml': 'a: 2\n' }, { 'a.yaml': 'a: 3\n' }]);
    for (const key of ['uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant']) git(origin.folder, 'config', key, 'true');
    return origin;
  };
  test('a commit that a shallow clone lacks is fetched', async () => {
    const { folder, ids } = history();
    const clone = join(temporaryFolder(), 'clone');
    git(folder, 'clone', '-q', '--depth=1', `file://${folder}`, clone);
    const pair = await readRevisions(clone, ids[0]!, 'HEAD');
    expect(changedPaths(pair).map(({ path }) => path)).toEqual(['a.yaml']);
    expect(textAt(pair, 'base', 'a.yaml')).toBe('a: 1\n');
    expect(await mergeParents(clone, 'HEAD')).toEqual([ids[1]]);
    expect(await mergeBase(clone, ids[0]!, 'HEAD')).toBeUndefined();
  });
  test('where it cannot be fetched, the revision is named with the remedy', async () => {
    const { folder, ids } = history();
    const clone = join(temporaryFolder(), 'clone');
    git(folder, 'clone', '-q', '--depth=1', `file://${folder}`, clone);
    git(clone, 'remote', 'set-url', 'origin', `${folder}-gone`);
    const error = await refusal(readRevisions(clone, ids[0]!, 'HEAD'));
    expect(error.message).toContain(`\`${ids[0]!}\` is unknown`);
    expect(error.remedy).toContain(`git fetch --depth=1 origin ${ids[0]!}`);
    await refusal(readRevisions(clone, ids[1]!, 'HEAD', { fetchMissing: false }));
  });
  test('the blobs of a partial clone are fetched, or named', async () => {
    const { folder, ids } = history();
    const clone = join(temporaryFolder(), 'clone');
    git(folder, 'clone', '-q', '--no-checkout', '--filter=blob:none', `file://${folder}`, clone);
    git(clone, 'remote', 'set-url', 'origin', `file://${folder}-gone`);
    const offline = await readRevisions(clone, ids[0]!, 'HEAD');
    expect(contentAt(offline, 'base', 'a.yaml')).toMatchObject({ problem: { kind: 'missing-object' } });
    expect(changedPaths(offline).map(({ path }) => path)).toEqual(['a.yaml']);
    git(clone, 'remote', 'set-url', 'origin', `file://${folder}`);
    const online = await readRevisions(clone, ids[0]!, 'HEAD');
    expect([textAt(online, 'base', 'a.yaml'), textAt(online, 'head', 'a.yaml'), textAt(online, 'head', 'b.yaml')]).toEqual(['a: 1\n', 'a: 3\n', 'b: 1\n']);
  });
  test('the token goes to its server only, once, and replaces the header that a checkout left', async () => {
    const headers: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      headers.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { folder } = repository([{ 'a.yaml': 'a: 1\n' }]);
    git(folder, 'remote', 'add', 'origin', `${url}/o/r.git`);
    git(folder, 'config', `http.${url}/.extraheader`, 'AUTHORIZATION: basic b2xk');
    const id = 'f'.repeat(40);
    await refusal(resolveRevision(folder, id, { credential: { token: 'secret', serverUrl: url } }));
    expect(headers).toEqual([`basic ${Buffer.from('x-access-token:secret').toString('base64')}`]);
    headers.length = 0;
    git(folder, 'config', '--unset-all', `http.${url}/.extraheader`);
    const error = await refusal(resolveRevision(folder, id, { credential: { token: 'secret', serverUrl: 'https://github.example' } }));
    expect(headers).toEqual([undefined]);
    expect(`${error.message}${error.remedy}`).not.toContain('secret');
    await new Promise((resolve) => server.close(resolve));
  });
  test('a blob that is lost is a problem of its file', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' }]);
    const blob = git(folder, 'rev-parse', 'HEAD:a.yaml');
    rmSync(join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    const pair = await readRevisions(folder, 'HEAD', 'HEAD');
    expect(contentAt(pair, 'head', 'a.yaml')).toMatchObject({ problem: { kind: 'missing-object' } });
    expect(textAt(pair, 'head', 'b.yaml')).toBe('b: 1\n');
  });
  test('a blob that is half there, at which git gives up, takes no other with it', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `key${String(index)}: ${String(index * 7919)}\n`).join('');
    const { folder } = repository([{ 'a.yaml': `a: 1\n${lines}`, 'b.yaml': 'b: 1\n', 'c.yaml': 'c: 1\n' }]);
    const blob = git(folder, 'rev-parse', 'HEAD:a.yaml');
    const object = join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2));
    chmodSync(object, 0o600);
    truncateSync(object, 400);
    const pair = await readRevisions(folder, 'HEAD', 'HEAD');
    expect(contentAt(pair, 'head', 'a.yaml')).toMatchObject({ problem: { kind: 'missing-object' } });
    expect([textAt(pair, 'head', 'b.yaml'), textAt(pair, 'head', 'c.yaml')]).toEqual(['b: 1\n', 'c: 1\n']);
  });
  test('the configuration of the repository stays as it is, whatever had to be fetched', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n' }]);
    const server = join(temporaryFolder(), 'server');
    git(folder, 'clone', '-q', '--bare', `file://${folder}`, server);
    git(folder, 'remote', 'add', 'origin', `file://${server}`);
    const blob = git(folder, 'rev-parse', 'HEAD:a.yaml');
    rmSync(join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    const before = readFileSync(join(folder, '.git/config'), 'utf8');
    await readRevisions(folder, 'HEAD', 'HEAD');
    expect(readFileSync(join(folder, '.git/config'), 'utf8')).toBe(before);
  });
});

describe('wrong usage is one sentence with a remedy', () => {
  test.each(['--upload-pack=touch x', '-h', '', 'a..b', 'a...b', 'x y', ':/text', 'a\nb', '^main'])('the revision %j', async (revision) => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n' }]);
    const error = await refusal(resolveRevision(folder, revision));
    expect(`${error.message}${error.remedy}`).not.toMatch(/\n/u);
  });
  test('an unknown branch', async () => {
    const { folder } = repository([{ 'a.yaml': 'a: 1\n' }]);
    expect(await refusal(readRevisions(folder, 'origin/develop', 'HEAD'))).toMatchObject({ message: 'the revision `origin/develop` is unknown in this repository', remedy: expect.stringContaining('origin develop') as unknown });
  });
  test('no repository, no directory', async () => {
    expect((await refusal(readRevisions(temporaryFolder(), 'a', 'b'))).message).toContain('is no git repository');
    expect((await refusal(repositoryRoot('/nowhere/at/all'))).message).toContain('does not exist');
  });
  test('variables of the environment do not lead elsewhere', async () => {
    const { folder, ids } = repository([{ 'a.yaml': 'a: 1\n' }]);
    const before = process.env['GIT_DIR'];
    process.env['GIT_DIR'] = '/nowhere';
    try {
      expect(await resolveRevision(folder, 'HEAD')).toBe(ids[0]);
    } finally {
      if (before === undefined) delete process.env['GIT_DIR'];
      else process.env['GIT_DIR'] = before;
    }
  });
});

test('merge parents and merge base', async () => {
  const { folder, ids } = repository([{ 'a.yaml': 'a: 1\n' }, { 'a.yaml': 'a: 2\n' }]);
  git(folder, 'checkout', '-q', '-b', 'topic', ids[0]!);
  write(folder, { 'b.yaml': 'b: 1\n' });
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '-m', 'topic');
  const topic = git(folder, 'rev-parse', 'HEAD');
  git(folder, 'merge', '-q', '--no-edit', 'main');
  expect(await mergeParents(folder, 'topic')).toEqual([topic, ids[1]]);
  expect(await mergeBase(folder, topic, 'main')).toBe(ids[0]);
});
