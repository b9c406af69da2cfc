/** A run that is cut short, or that cannot write: no half of a file, no folder left, never the exit code 0. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { writeWhole } from '#adapters/files/write-whole.ts';
import { folderOf } from './run-cli.ts';

const cli = fileURLToPath(new URL('../../src/entry/cli.ts', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mesh-posture-interrupted-')));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('a file is written whole', () => {
  test('in place of what was there, through a link, and without a trace beside it', () => {
    writeFileSync(join(folder, 'report.json'), 'old');
    symlinkSync('report.json', join(folder, 'link.json'));
    writeWhole(join(folder, 'link.json'), ['n', 'ew']);
    expect(readFileSync(join(folder, 'report.json'), 'utf8')).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['link.json', 'report.json']);
  });

  test('or not at all: a failure leaves nothing behind', () => {
    const at = join(folder, 'full');
    mkdirSync(at);
    // A name that is still short enough, and too long with the part's ending.
    const name = 'n'.repeat(250);
    expect(() => { writeWhole(join(at, name), ['text']); }).toThrow(/ENAMETOOLONG/u);
    expect(readdirSync(at)).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('a device is written to', () => {
    expect(() => { writeWhole('/dev/null', ['text']); }).not.toThrow();
    expect(existsSync('/dev/null')).toBe(true);
  });
});

/** A tool that never ends, so that the run can be cut short while it renders; nothing is on its PATH. */
const stalled = '#!/bin/sh\ncase "$*" in *version*) echo v5.7.0; exit 0;; esac\nexec /bin/sleep 20\n';

function stalledRun(): { readonly cwd: string; readonly temporary: string; readonly start: () => ReturnType<typeof spawn> } {
  const kustomization = 'resources: [all.yaml]\n';
  const all = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
  const cwd = folderOf({ 'base/kustomization.yaml': kustomization, 'base/all.yaml': all, 'head/kustomization.yaml': `${kustomization}namePrefix: a-\n`, 'head/all.yaml': all, 'tools/kustomize': stalled, 'tmp/keep': '' });
  execFileSync('chmod', ['+x', join(cwd, 'tools/kustomize')]);
  const temporary = join(cwd, 'tmp');
  const env = { PATH: `${join(cwd, 'tools')}:${process.env['PATH'] ?? ''}`, HOME: cwd, TMPDIR: temporary, MESH_POSTURE_CACHE: 'off', GIT_CONFIG_NOSYSTEM: '1' };
  return { cwd, temporary, start: () => spawn(process.execPath, ['--no-warnings', cli, 'review', '--base', 'base', '--head', 'head', '--output', 'report.txt'], { cwd, env, stdio: 'ignore' }) };
}

const folders = (temporary: string): readonly string[] => readdirSync(temporary).filter((name) => name.startsWith('mesh-posture-'));

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}

const ended = (child: ReturnType<typeof spawn>): Promise<{ readonly code: number | null; readonly signal: string | null }> => new Promise((resolve) => { child.once('exit', (code, signal) => { resolve({ code, signal }); }); });

describe.skipIf(process.platform === 'win32')('while a tool renders', () => {
  test('SIGTERM ends the run with 143, without report and without folders', async () => {
    const { cwd, temporary, start } = stalledRun();
    const child = start();
    const end = ended(child);
    await until(() => folders(temporary).length > 0);
    child.kill('SIGTERM');
    expect(await end).toEqual({ code: 143, signal: null });
    expect(folders(temporary)).toEqual([]);
    expect(existsSync(join(cwd, 'report.txt'))).toBe(false);
  }, 60_000);

  test('what a killed run left is gone after the next one began', async () => {
    const { temporary, start } = stalledRun();
    const killed = start();
    const end = ended(killed);
    await until(() => folders(temporary).length > 0);
    killed.kill('SIGKILL');
    expect((await end).signal).toBe('SIGKILL');
    const left = folders(temporary);
    expect(left.length).toBeGreaterThan(0);
    const next = start();
    const over = ended(next);
    await until(() => left.every((name) => !folders(temporary).includes(name)) && folders(temporary).length > 0);
    next.kill('SIGTERM');
    expect((await over).code).toBe(143);
    expect(folders(temporary)).toEqual([]);
  }, 60_000);
});
