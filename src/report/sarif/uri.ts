/** Paths of the repository as URI references relative to its root. */
import { encodePath } from '../links.ts';

export const rootBase = '%SRCROOT%';

/** Percent-encoded, or nothing where the path leaves the repository: no `..`, no absolute path. */
export function fileUri(path: string): string | null {
  const segments = path.split('/').filter((segment) => segment !== '.' && segment !== '');
  if (path.startsWith('/') || segments.length === 0 || segments.includes('..')) return null;
  return encodePath(segments.join('/'));
}
