/** R1 and R2 (`docs/repositories.md`): two trees, and whether they are judged. */
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { git, repository, temporaryFolder, write } from '../../adapters-git/repository.ts';
import { runCli } from '../../entry/run-cli.ts';
import { judged } from '../../support/judged.ts';
import { mtls } from '../../support/manifests.ts';
import type { Files } from '../../support/tree.ts';
import { lax, strict, workload } from './shop.ts';

const base = { 'a/mtls.yaml': strict, 'a/copy/mtls.yaml': strict, 'a/app.yaml': workload };
const head = { 'a/mtls.yaml': lax, 'a/copy/mtls.yaml': lax };

interface Told {
  readonly verdict: string;
  readonly codes: readonly string[];
}

async function review(args: readonly string[], folder: string): Promise<Told | string> {
  const run = await runCli(['review', ...args, '--format=json'], folder);
  if (run.stdout === '') return `${String(run.code)} ${run.stderr}`;
  const report = JSON.parse(run.stdout) as { readonly verdict: string; readonly findings: readonly { readonly code: string; readonly status: string }[] };
  return { verdict: report.verdict, codes: report.findings.filter((finding) => finding.status === 'new').map((finding) => finding.code).sort() };
}

/** A history whose base a clone of depth 1 does not have, and that clone. */
function shallow(): { readonly clone: string; readonly origin: string; readonly base: string } {
  const { folder, ids } = repository([base, head]);
  git(folder, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const clone = join(temporaryFolder(), 'clone');
  git(folder, 'clone', '-q', '--depth=1', `file://${folder}`, clone);
  return { clone, origin: folder, base: ids[0] ?? '' };
}

test('R1: a shallow clone and two directories are told the same', async () => {
  const { clone, base: commit } = shallow();
  const directories = temporaryFolder();
  write(directories, Object.fromEntries(Object.entries({ ...base }).map(([path, text]) => [`base/${path}`, text])));
  write(directories, Object.fromEntries(Object.entries({ ...base, ...head }).map(([path, text]) => [`head/${path}`, text])));
  const told = await review(['--base', commit, '--head', 'HEAD'], clone);
  expect(told).toMatchObject({ verdict: 'fail', codes: expect.arrayContaining(['MP101']) as unknown });
  expect(await review(['--base', 'base', '--head', 'head'], directories)).toEqual(told);
});

test('R1, near miss: a tree that cannot be had is an error, never a tree without files', async () => {
  const { clone, origin, base: commit } = shallow();
  rmSync(origin, { recursive: true });
  expect(await review(['--base', commit, '--head', 'HEAD'], clone)).toMatch(new RegExp(`^2 .*${commit}`, 'u'));
});

const repositoryFiles: Files = {
  'README.md': 'one\n', 'src/main.go': 'package main\n', 'ci/values.yaml': 'a: 1\n', 'context/ns.yaml': mtls({ name: 'c', namespace: 'c' }, 'STRICT'),
  'k/kustomization.yaml': 'resources: [m.yaml]\npatches: [{path: p.yaml}]\nconfigMapGenerator:\n- {name: x, files: [key=conf/app.ini]}\n', 'k/m.yaml': strict, 'k/p.yaml': strict, 'k/conf/app.ini': 'a\n',
  'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n', 'c/templates/_helpers.tpl': '{{- define "x" }}y{{ end }}\n', 'c/Chart.lock': 'digest: x\n',
};

async function verdictOf(path: string, text: string): Promise<string> {
  return (await judged(repositoryFiles, { ...repositoryFiles, [path]: text }, { config: { context: ['context'] } })).report.verdict;
}

test.each([['README.md', 'two\n'], ['src/main.go', 'package other\n'], ['ci/values.yaml', 'a: 2\n'], ['new/notes.yaml', 'b: 1\n']])('R2: nothing that is judged is touched by `%s`', async (path, text) => {
  expect(await verdictOf(path, text)).toBe('not-applicable');
});

test.each([['c/templates/_helpers.tpl', ' '], ['c/Chart.lock', 'digest: y\n'], ['k/conf/app.ini', 'b\n'], ['k/p.yaml', `# x\n${strict}`], ['context/ns.yaml', mtls({ name: 'c', namespace: 'c' }, 'PERMISSIVE')], ['.github/mesh-posture.yml', 'ignore: []\n'], ['new/m.yaml', mtls({ name: 'n', namespace: 'n' }, 'STRICT')]])('R2, near miss: `%s` is read, and judged', async (path, text) => {
  expect(await verdictOf(path, text)).not.toBe('not-applicable');
});
