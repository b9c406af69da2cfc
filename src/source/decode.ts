import type { SourceProblem } from './problem.ts';

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
  if (bytes.byteLength < 1024 && lfsPointer.test(text)) {
    return unreadable({ kind: 'lfs-pointer', line: 1, reason: 'the file is a Git LFS pointer, its content is not in the repository', remedy: 'check out with `lfs: true` and run with directories, or keep manifests out of LFS' });
  }
  return { type: 'text', text };
}

/** A file of more bytes than the limit, named without having been read. */
export function tooLarge(size: number, limitBytes: number): DecodedText {
  return unreadable({ kind: 'too-large', reason: `the file has ${size} bytes, the limit is ${limitBytes}`, remedy: 'split the file, or exclude it with `ignore`' });
}

function notUtf8(bytes: Uint8Array): SourceProblem {
  const remedy = 'save the file as UTF-8';
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return { kind: 'not-utf8', line: 1, reason: 'the file is UTF-16', remedy };
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
