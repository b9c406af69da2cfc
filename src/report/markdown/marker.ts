/**
 * The hidden first line of the sticky comment: which run wrote it, and a hash of what it says. The state is base64url, so that
 * nothing in it can end the HTML comment.
 */
import { shortHash } from '#lib/canonical.ts';
import { wellFormed } from '../plain.ts';

export interface StickyState {
  readonly run: number;
  readonly attempt: number;
  /** Commit id of the pull request's head. */
  readonly head: string;
  /** Hash of the body below the marker, without the address of the run. */
  readonly hash: string;
}

export const stickyPrefix = '<!-- mesh-posture:v1 ';

/** A tag is a word of the workflow's author; what is not plain in it is percent-encoded. */
export function tagText(tag: string): string {
  return encodeURIComponent(wellFormed(tag)).replaceAll('--', '%2D%2D').slice(0, 200);
}

export function bodyHash(body: string): string {
  // GitHub may give line breaks back as CRLF and drops white space at the end.
  return shortHash(body.replaceAll('\r\n', '\n').trimEnd());
}

export function stickyMarker(tag: string, state: StickyState): string {
  const encoded = Buffer.from(JSON.stringify({ run: state.run, attempt: state.attempt, head: state.head, 'body-hash': state.hash }), 'utf8').toString('base64url');
  return `${stickyPrefix}tag=${tagText(tag)} state=${encoded} -->`;
}

/** The marker's content, or nothing where the first line is not one of ours. `state` is null where it cannot be read. */
export function readStickyMarker(body: string): { readonly tag: string; readonly state: StickyState | null } | null {
  const match = /^<!-- mesh-posture:v1 tag=([^\s>]*) state=([A-Za-z0-9_-]*) -->\s*(?:\r?\n|$)/.exec(body);
  if (match === null) return null;
  return { tag: match[1] ?? '', state: readState(match[2] ?? '') };
}

function readState(encoded: string): StickyState | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const { run, attempt, head, 'body-hash': hash } = value as Readonly<Record<string, unknown>>; // every field is checked below
    if (typeof run !== 'number' || typeof attempt !== 'number' || typeof head !== 'string' || typeof hash !== 'string') return null;
    return { run, attempt, head, hash };
  } catch {
    return null;
  }
}
