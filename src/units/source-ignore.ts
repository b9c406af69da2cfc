/**
 * What Flux leaves out of a source: `.sourceignore` files of any folder, and `spec.ignore` of the GitRepository over them, in the form of `.gitignore` (R7).
 * @see https://fluxcd.io/flux/components/source/gitrepositories/#excluding-files
 */
import { compileGlob, type PathMatcher } from '#lib/glob.ts';
import { below } from './unit.ts';

export interface IgnoreText {
  /** The folder whose files it speaks of. */
  readonly folder: string;
  readonly text: string;
}

interface Pattern {
  readonly folder: string;
  readonly matches: PathMatcher;
  readonly foldersOnly: boolean;
  readonly keeps: boolean;
}

/** @param texts later ones win over earlier ones */
export function ignoredBy(texts: readonly IgnoreText[]): PathMatcher {
  const patterns = texts.flatMap(({ folder, text }) => text.split('\n').flatMap((line) => patternOf(line.replace(/\r$/u, ''), folder) ?? []));
  const isIgnored = (path: string, isFolder: boolean): boolean => patterns.findLast((pattern) => (isFolder || !pattern.foldersOnly) && fits(pattern, path))?.keeps === false;
  return (path) => {
    const steps = path.split('/');
    // What lies in a folder that is left out is left out with it.
    return steps.some((_, index) => isIgnored(steps.slice(0, index + 1).join('/'), index < steps.length - 1));
  };
}

function fits({ folder, matches }: Pattern, path: string): boolean {
  return below(path, folder) && path !== folder && matches(folder === '.' ? path : path.slice(folder.length + 1));
}

/** `undefined`: an empty line, or a comment. @see https://git-scm.com/docs/gitignore#_pattern_format */
function patternOf(line: string, folder: string): Pattern | undefined {
  const written = line.replace(/(?<!\\) +$/u, '');
  if (written === '' || written.startsWith('#')) return undefined;
  const keeps = written.startsWith('!');
  const body = written.slice(keeps ? 1 : 0).replace(/^\\(?=[!#])/u, '');
  const foldersOnly = body.endsWith('/');
  const path = body.replace(/\/+$/u, '');
  if (path === '') return undefined;
  // A name without a slash may stand anywhere below.
  return { folder, matches: compileGlob(path.includes('/') ? path : `**/${path}`), foldersOnly, keeps };
}
