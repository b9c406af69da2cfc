import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { GitRepository } from '../support/git-repository.ts';
import { mtls, namespace } from '../support/manifests.ts';
import { folderOf, runCli } from './run-cli.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const folder = folderOf({
  'before/mesh/m.yaml': strict,
  'after/mesh/m.yaml': strict,
  'after/common/n.yaml': namespace('shop'),
  'broken/mesh/m.yaml': strict.replace('  name', ' name'),
  'unknown-key.yml': 'gates:\n  failOn: new\n  severty: high\n',
  'no-unit.yml': '# names\nunits:\n  - path: mehs\n',
  'no-context.yml': 'context: [common/n.yaml, comon/n.yaml]\n',
  'no-member.yml': 'environments:\n  prod:\n    units:\n      - mesh\n      - nowhere\n',
  'right.yml': 'units: [{path: mesh}]\ncontext: [common]\nenvironments:\n  prod: {units: [mesh]}\n',
});
const empty = GitRepository.create();
const first = GitRepository.create();
first.commit('first', { 'mesh/m.yaml': strict, 'sub/x.txt': '' });
afterAll(() => {
  rmSync(folder, { recursive: true });
  empty.remove();
  first.remove();
});

const sides = ['--base', 'before', '--head', 'after'];
const line = (sentence: string): string => `mesh-posture: ${sentence}\n`;

/** What is typed, where, and the one sentence with its remedy; the exit code is 2. */
const refused: readonly (readonly [what: string, args: readonly string[], sentence: string, where?: string])[] = [
  ['no such command', ['reveiw'], '`reveiw` is not a command; did you mean `review`? use one of review, audit, explain, test, environments, rules, demo; `--help` explains them'],
  ['an argument nobody takes', ['demo', 'extra'], '`extra` is not understood; known here: --format, --output, --verbose, --statistics'],
  ['a second tree', ['audit', 'before', 'after'], '`after` is not understood; name one REV|DIR'],
  ['a flag with one value, twice', ['review', '--base', 'before', '--base', 'after', '--head', 'after'], '`--base` is given twice; give it once'],
  ['a misspelt flag', ['review', '--bse', 'before', '--head', 'after'], 'unknown option `--bse`; did you mean `--base`?'],
  ['a flag without its value', ['review', '--head', 'after', '--base'], 'option `--base <value>` argument missing; known here: --base, --head, --format, --output, --config, --verbose, --statistics'],
  ['one side only', ['review', '--base', 'before'], '`review` needs `--base` and `--head`; name two revisions or two directories'],
  ['no such format', ['demo', '--format', 'xml'], '`--format xml` is not a format; use one of text, markdown, json, sarif'],
  ['more files than formats', ['demo', '--output', 'a', '--output', 'b'], '2 files for 1 format; give one `--format` for each `--output`'],
  ['a folder that is not there', ['demo', '--output', 'no/such/report.txt'], 'cannot write `no/such/report.txt`: the directory `no/such` does not exist; make it first, or name another file'],
  ['no such rule', ['rules', 'MP999'], '`MP999` is not a rule; `mesh-posture rules` lists them'],
  ['no such directory', ['review', '--base', 'before', '--head', 'nodir'], `\`nodir\` is no directory here, and \`${folder}\` is no git repository, in which it could be a revision; name an existing directory, or run inside a clone`],
  ['a directory and a revision', ['review', '--base', 'HEAD', '--head', '.'], '`.` is a directory and `HEAD` is not; name two revisions or two directories; `git worktree add DIR HEAD` makes a directory of a revision', first.directory],
  ['the parent of the first commit', ['review', '--base', 'HEAD~1', '--head', 'HEAD'], '`HEAD` has no ancestor `HEAD~1`; its history has 1 commits; name one of them', first.directory],
  ['an unknown revision without a remote', ['audit', 'mian'], 'the revision `mian` is unknown in this repository; check the name; `git branch --all` and `git tag` list what there is', first.directory],
  ['a repository without commits', ['audit', 'main'], 'the revision `main` is unknown: the repository has no commit yet; commit the manifests first, or compare two directories', empty.directory],
  ['an unknown key in the configuration', ['review', ...sides, '--config', 'unknown-key.yml'], 'unknown-key.yml:3: unknown key `severty` in `gates`; did you mean `severity`?; rename or remove `gates.severty`'],
  ['a unit that is nowhere', ['review', ...sides, '--config', 'no-unit.yml'], 'no-unit.yml:3: `units[0].path` is `mehs`, which exists on neither side; did you mean `mesh`?'],
  ['a context that is nowhere', ['review', ...sides, '--config', 'no-context.yml'], 'no-context.yml:1: `context[1]` is `comon/n.yaml`, which exists on neither side; did you mean `common/n.yaml`?'],
  ['a member that is no unit', ['environments', 'after', '--config', 'no-member.yml'], 'no-member.yml:5: `environments.prod.units[1]` is `nowhere`, and no unit is called so; there is `common`, `mesh`'],
  ['a port that is none', ['explain', '--to', 'shop/orders', '--port', '99999'], '`--port 99999` is not a port; give a number from 1 to 65535'],
  ['a workload that is none', ['explain', '--to', 'shop/orders', '--port', '80', '--tree', 'after'], 'no manifest declares the workload `shop/orders`; name it as `namespace/name`; `mesh-posture environments` shows what was found'],
  ['no file of tests', ['test'], '`test` needs a file; name files of scenarios: JSON Lines, JSON or YAML'],
];

describe('wrong usage and configuration end in one sentence with a remedy, and exit code 2', () => {
  test.concurrent.each(refused.map(([what, args, sentence, where]) => ({ what, args, sentence, where: where ?? folder })))('$what', async ({ args, sentence, where }) => {
    const run = await runCli(args, where);
    expect(run.stderr).toBe(line(sentence));
    expect(run).toMatchObject({ code: 2, stdout: '' });
  }, 60_000);
});

describe('exit codes', () => {
  test.concurrent('0: names that one side has are right', async () => {
    expect(await runCli(['review', ...sides, '--config', 'right.yml'], folder)).toMatchObject({ code: 0, stderr: '' });
  }, 60_000);

  test.concurrent('3: what cannot be read is no pass, and no error of usage', async () => {
    const run = await runCli(['review', '--base', 'before', '--head', 'broken'], folder);
    expect(run).toMatchObject({ code: 3, stderr: '' });
    expect(run.stdout).toContain('mesh/m.yaml:');
  }, 60_000);

  test.concurrent('1: the example finds something', async () => {
    expect(await runCli(['demo', '--format', 'json'], folder)).toMatchObject({ code: 1, stderr: '' });
  }, 60_000);
});

describe('help', () => {
  test.concurrent('each command has its own, with its flags and an example', async () => {
    const run = await runCli(['explain', '--help'], folder);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    for (const words of ['--claims JSON', '--queries FILE', 'mesh-posture explain --from web/front']) expect(run.stdout).toContain(words);
    expect(run.stdout).not.toContain('--format');
  }, 60_000);

  test.concurrent('the general page lists every command and flag', async () => {
    const run = await runCli(['--help'], folder);
    expect(run.code).toBe(0);
    for (const words of ['review', 'audit', 'explain', 'test', 'environments', 'rules', 'demo', '--explain FILE', '--claims', '--statistics']) expect(run.stdout).toContain(words);
  }, 60_000);
});
