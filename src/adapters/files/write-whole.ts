/** Writing a file so that nobody ever sees half of it: beside its place under another name, then moved there. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * A pipe or a device (`/dev/stdout`) cannot be replaced: it is written to. Throws what the system says; then nothing is left behind.
 * @param pieces of the text, in order: each is asked for when the one before it is written
 */
export function writeWhole(path: string, pieces: Iterable<string>): void {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind !== undefined && !kind.isFile()) {
    writePieces(openSync(path, 'w'), pieces);
    return;
  }
  // A link stays a link.
  const target = kind === undefined ? path : realpathSync(path);
  const part = `${target}.${randomBytes(6).toString('hex')}.part`;
  try {
    writePieces(openSync(part, 'wx', kind?.mode), pieces);
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function writePieces(file: number, pieces: Iterable<string>): void {
  try {
    for (const piece of pieces) writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
}
