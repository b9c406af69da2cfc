import { wellFormed } from './plain.ts';

/** Addresses of the hosting service, given by the caller; without them every output names files and codes as plain text. */
export interface Links {
  /** Web address of the repository, `https://github.com/acme/shop` (GitHub Enterprise too), no `/` at the end. */
  readonly repository?: string;
  /** Commit that RIGHT lines belong to, and the one that LEFT lines belong to. */
  readonly head?: string;
  readonly base?: string;
  /** Address of this run, where the full summary is. */
  readonly run?: string;
  /** Address of a rule's page for a code. */
  readonly rule?: (code: string) => string | undefined;
}

/** Path segments are encoded one by one: a `#`, a space or a `?` in a file name stays part of the path. */
export function encodePath(path: string): string {
  return path
    .split('/')
    // A lone surrogate has no encoding.
    .map((segment) => encodeURIComponent(wellFormed(segment)).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`))
    .join('/');
}

/** The address of a line, or nothing where the caller gave no repository or commit. */
export function blobLink(links: Links, file: string, line: number, side: 'LEFT' | 'RIGHT', endLine = line): string | undefined {
  const commit = side === 'LEFT' ? links.base : links.head;
  if (links.repository === undefined || commit === undefined) return undefined;
  const range = endLine > line ? `#L${String(line)}-L${String(endLine)}` : `#L${String(line)}`;
  return `${links.repository}/blob/${encodePath(commit)}/${encodePath(file)}${range}`;
}
