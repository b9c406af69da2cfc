import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeScanningHost } from '#adapters/github/sarif-upload.ts';
import { GitRepository } from '../support/git-repository.ts';
import { loopbackClient, StoppedClock } from '../support/loopback-client.ts';
import { LoopbackGitHub, noCodeScanning } from '../support/loopback-github.ts';

let repository: GitRepository;
let github: LoopbackGitHub;
let commit: string;
let clock: StoppedClock;

beforeEach(async () => {
  repository = GitRepository.create();
  commit = repository.commit('one', { 'a.yaml': 'a: 1\n' });
  github = new LoopbackGitHub({ repository });
  clock = new StoppedClock();
  await github.start();
});

afterEach(async () => {
  await github.stop();
  repository.remove();
});

const log = JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'mesh-posture' } }, results: [] }] });
const upload = (text = log, ref = 'refs/heads/main') => codeScanningHost(loopbackClient(github, clock), { owner: github.owner, repo: github.repo, clock, pollEvery: 2000 }).upload(text, { ref, commit, toolName: 'mesh-posture' });

describe('a SARIF upload', () => {
  test('is polled until it is processed', async () => {
    github.sarifPending = 3;
    expect(await upload()).toMatchObject({ type: 'complete', url: expect.stringContaining('/code-scanning/analyses?sarif_id=') as unknown });
    expect(clock.sleeps).toEqual([2000, 2000, 2000]);
    expect(github.sarifs[0]?.log).toEqual(JSON.parse(log));
    expect(github.mistakes).toEqual([]);
  });

  test('is left to GitHub when processing takes long', async () => {
    github.sarifPending = 1000;
    expect(await upload()).toEqual({ type: 'pending' });
    expect(clock.sleeps.length).toBeLessThanOrEqual(20);
    expect(github.mistakes).toEqual([]);
  });

  test('that is refused later is told with its reasons', async () => {
    github.sarifErrors = ['rejecting SARIF, as there are more runs than allowed (21 > 20)'];
    expect(await upload()).toEqual({ type: 'failed', errors: ['rejecting SARIF, as there are more runs than allowed (21 > 20)'] });
    expect(github.mistakes).toEqual([]);
  });

  test('without the right is a failure of its own kind', async () => {
    github.faults.push(noCodeScanning);
    await expect(upload()).rejects.toMatchObject({ kind: 'forbidden', status: 403 });
    expect(github.mistakes).toEqual([]);
  });

  test('that GitHub would not understand is found by the loopback', async () => {
    await expect(upload('{"version":"2.1.0"}')).rejects.toMatchObject({ kind: 'unexpected' });
    expect(github.mistakes.join()).toContain('the SARIF file is not valid');
  });

  test('of a ref that is none is found by the loopback', async () => {
    await expect(upload(log, 'main')).rejects.toMatchObject({ kind: 'refused' });
    expect(github.mistakes).not.toEqual([]);
  });
});
