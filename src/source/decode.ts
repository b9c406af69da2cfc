import type { SourceProblem } from './problem.ts';
import { manifestLike } from './text.ts';

/** The text of a file, or why there is none; the shape of a blob in a tree. */
export type DecodedText =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'unreadable'; readonly problem: SourceProblem };

const strict = new TextDecoder('utf-8', { fatal: true });
const lfsPointer = /^version https:\/\/git-lfs\.github\.com\/spec\/v\d+\r?\n/u;

/** Bytes of a file as text: UTF-8 without its byte order mark; line ends stay as they are, so lines are those of the file. */
export function decodeText(bytes: Uint8Array, limitBytes: number): DecodedText {
  if (bytes.byteLength > limitBytes) return tooLarge(bytes.byteLength, limitBytes);
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return unreadable(notUtf8(bytes));
  }
  if (looksLikeUtf16(bytes)) return unreadable(utf16(bytes, 'the file is UTF-16 without a byte order mark'));
  if (bytes.byteLength < 1024 && lfsPointer.test(text)) {
    return unreadable({ kind: 'lfs-pointer', line: 1, reason: 'the file is a Git LFS pointer, its content is not in the repository', remedy: 'check out with `lfs: true` and run with directories, or keep manifests out of LFS' });
  }
  return { type: 'text', text };
}

/** A file of more bytes than the limit, named without having been read. */
export function tooLarge(size: number, limitBytes: number): DecodedText {
  return unreadable({ kind: 'too-large', reason: `the file has ${size} bytes, the limit is ${limitBytes}`, remedy: 'split the file, or exclude it with `ignore`' });
}

/** Every other byte of the beginning is zero: letters of two bytes each, which read as UTF-8 without an error and say nothing. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if (bytes.byteLength < 4 || (first === 0) === (second === 0)) return false;
  const zero = first === 0 ? 0 : 1;
  for (let at = 0; at + 1 < Math.min(bytes.byteLength, 32); at += 2) if ((bytes[at + zero] === 0) === (bytes[at + 1 - zero] === 0)) return false;
  return true;
}

/** Kubernetes' own reader takes UTF-16 (and so would a cluster), this one does not: what looks like a manifest in it is one that was not read. */
function utf16(bytes: Uint8Array, reason: string): SourceProblem {
  const big = bytes[0] === 0 || bytes[0] === 0xfe;
  const text = new TextDecoder(big ? 'utf-16be' : 'utf-16le').decode(bytes);
  return { kind: manifestLike(text) ? 'not-readable' : 'not-utf8', line: 1, reason, remedy: 'save the file as UTF-8' };
}

function notUtf8(bytes: Uint8Array): SourceProblem {
  const remedy = 'save the file as UTF-8';
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return utf16(bytes, 'the file is UTF-16');
  let start = 0;
  for (let line = 1; start < bytes.byteLength; line += 1) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed === -1 ? bytes.byteLength : feed;
    try {
      strict.decode(bytes.subarray(start, end));
    } catch {
      return { kind: 'not-utf8', line, reason: `line ${line} holds bytes that are not UTF-8`, remedy };
    }
    start = end + 1;
  }
  return { kind: 'not-utf8', reason: 'the file is not UTF-8', remedy };
}

function unreadable(problem: SourceProblem): DecodedText {
  return { type: 'unreadable', problem };
}
