/** Files that the user names. */
import { readFileSync } from 'node:fs';
import { InputError } from '#app/input-error.ts';

/** The text of a file that the user names. */
export function readNamed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new InputError(`cannot read \`${path}\``, 'name an existing file');
  }
}
