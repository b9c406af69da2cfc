/**
 * What a proxy makes of a raw path before a policy sees it (A3.36, A3.39; recorded with Envoy 1.40).
 * @see https://istio.io/latest/docs/reference/config/security/normalization/
 */
import type { PathNormalization } from './matcher.ts';

/** Unreserved characters are the ones that BASE decodes: `-`, `.`, digits, letters, `_`, `~`. */
const unreservedEscape = /%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aA]|5[fF]|6[1-9a-fA-F]|7[0-9aA]|7[eE])/g;

/** Characters that every mode but `NONE` writes as escapes; brackets stay (recorded with templates). */
const escaped = /[\u0000- "<>^`{|}\u007f-\u{10ffff}]/gu;

function escapeUnsafe(path: string): string {
  return path.replace(escaped, (character) => Array.from(Buffer.from(character, 'utf8'), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''));
}

/** Without these, no mode changes a path. */
const telling = /[%\\?#]|\/\/|\/\.|[\u0000- "<>^`{|}\u007f-\u{10ffff}]/u;

/** Whether the proxy answers 400 before any policy: a fragment, an encoded zero byte (A3.39), or bytes outside ASCII (recorded). */
export function rejectedPath(raw: string): boolean {
  return raw.includes('#') || raw.includes('%00') || /[^\u0000-\u007f]/.test(raw);
}

function decodeUnreserved(text: string): string {
  return text.includes('%') ? text.replace(unreservedEscape, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16))) : text;
}

/** `.` or `..` once decoded, or literally followed by parameters (`..;x`): resolved. An encoded one with parameters is not. */
function dots(segment: string): 0 | 1 | 2 {
  const decoded = decodeUnreserved(segment);
  if (decoded === '.' || segment.startsWith('.;')) return 1;
  return decoded === '..' || segment.startsWith('..;') ? 2 : 0;
}

function base(path: string): string {
  const segments = path.slice(1).split(/[/\\]/);
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const dotted = dots(segment);
    if (dotted === 0) {
      kept.push(decodeUnreserved(segment));
      continue;
    }
    if (dotted === 2) kept.pop();
    if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/** The path without query and fragment, as policies compare it. A text that does not start with `/` stays as it is. */
export function normalizePath(raw: string, mode: PathNormalization): string {
  if (!telling.test(raw)) return raw;
  const end = raw.search(/[?#]/);
  const path = end === -1 ? raw : raw.slice(0, end);
  if (mode === 'NONE' || !path.startsWith('/')) return path;
  // Escaped slashes first, merging last: `/x//../admin` is `/x/admin` also where slashes are merged (recorded).
  const unescaped = mode === 'DECODE_AND_MERGE_SLASHES' ? path.replace(/%2[fF]/g, '/').replace(/%5[cC]/g, '\\') : path;
  const resolved = escapeUnsafe(base(unescaped));
  if (mode === 'BASE') return resolved;
  // Of nothing but slashes the first and the last stay (recorded).
  return /^\/{2,}$/.test(resolved) ? '//' : resolved.replace(/\/{2,}/g, '/');
}
