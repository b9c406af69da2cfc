import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { writeWhole } from '#adapters/files/write-whole.ts';
import { InputError } from '#app/input-error.ts';

/**
 * Where a file that the workflow names may be written: in the workspace or the runner's temporary folder, links followed, and
 * never into `.git`.
 * @param name of the input, for the message
 * @returns the absolute path
 */
export function outputPath(name: string, path: string, workspace: string, temporary: string): string {
  const target = resolve(workspace, path);
  const real = realTarget(target);
  const roots = [workspace, temporary].filter((root) => root !== '').map((root) => realTarget(root));
  const inside = roots.some((root) => isInside(root, real));
  if (!inside || real.split(/[\\/]/).includes('.git')) {
    throw new InputError(`the input \`${name}\` names a file outside the workspace`, 'name a file inside the workspace or `RUNNER_TEMP`, and not in `.git`');
  }
  return target;
}

function isInside(root: string, path: string): boolean {
  const steps = relative(root, path);
  return steps !== '' && !steps.startsWith('..') && !isAbsolute(steps);
}

/** The path with the links of its existing part resolved: a link in the checkout must not lead a write elsewhere. */
function realTarget(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realTarget(parent), basename(path));
  }
}

/** @returns why it could not be written, in one sentence, or `null` */
export function tryWrite(path: string, text: string): string | null {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, [text]);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return `could not write \`${path}\`${code}`;
  }
}
