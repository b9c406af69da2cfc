/** Writing a file so that nobody ever sees half of it: beside its place under another name, then moved there. */
import { randomBytes } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** A pipe or a device (`/dev/stdout`) cannot be replaced: it is written to. Throws what the system says; then nothing is left behind. */
export function writeWhole(path: string, text: string): void {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind !== undefined && !kind.isFile()) {
    writeFileSync(path, text);
    return;
  }
  // A link stays a link.
  const target = kind === undefined ? path : realpathSync(path);
  const part = `${target}.${randomBytes(6).toString('hex')}.part`;
  try {
    writeFileSync(part, text, { flag: 'wx', ...(kind === undefined ? {} : { mode: kind.mode }) });
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
