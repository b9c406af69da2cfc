/**
 * Packed charts (`charts/*.tgz`) as the files that they hold: Helm makes the same of both, and what a packed chart asks the cluster for, or makes anew, is found like
 * anybody's. One that cannot be opened, or holds more than plain files, stays packed.
 * @see https://helm.sh/docs/topics/charts/#chart-dependencies
 */
import { gunzipSync } from 'node:zlib';
import type { ChartFiles } from './unknowable.ts';
import { isSafePath } from './workspace.ts';

/** Charts within charts within charts. */
const mostRounds = 4;

/** @param limit of all that is opened, in bytes */
export function opened(files: ChartFiles, limit: number): ChartFiles {
  let known = files;
  let left = limit;
  for (let round = 0; round < mostRounds; round += 1) {
    const next = new Map(known);
    for (const [path, content] of known) {
      const folder = /^(.*(?:^|\/)charts)\/[^/]+\.tgz$/u.exec(path)?.[1];
      const held = folder === undefined || typeof content === 'string' ? undefined : filesOf(content, left);
      if (folder === undefined || held === undefined) continue;
      const placed = [...held].map(([name, bytes]) => [`${folder}/${name}`, bytes] as const);
      const folders = new Set([...held.keys()].map((name) => `${folder}/${name.slice(0, name.indexOf('/') + 1)}`));
      // Beside a folder of that name it stays what it is.
      if ([...next.keys()].some((other) => [...folders].some((each) => other.startsWith(each)))) continue;
      next.delete(path);
      for (const [name, bytes] of placed) {
        next.set(name, bytes);
        left -= bytes.length;
      }
    }
    if (next.size === known.size && [...next.keys()].every((path) => known.has(path))) return known;
    known = next;
  }
  return known;
}

/** Regular files of a gzip-compressed tar archive; `undefined`: there is something else in it, or it is none. */
function filesOf(content: Uint8Array, limit: number): ReadonlyMap<string, Uint8Array> | undefined {
  let bytes: Buffer;
  try {
    bytes = gunzipSync(content, { maxOutputLength: Math.max(1, limit) });
  } catch {
    return undefined;
  }
  const found = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + 512 <= bytes.length; ) {
    const header = bytes.subarray(at, at + 512);
    if (header.every((byte) => byte === 0)) return found;
    const size = Number.parseInt(textIn(header, 124, 12).trim(), 8);
    const body = bytes.subarray(at + 512, at + 512 + size);
    if (!Number.isSafeInteger(size) || body.length !== size) return undefined;
    const prefix = textIn(header, 345, 155);
    const name = longName ?? (prefix === '' ? textIn(header, 0, 100) : `${prefix}/${textIn(header, 0, 100)}`);
    longName = undefined;
    switch (textIn(header, 156, 1)) {
      case '0':
      case '': {
        const path = name.replace(/^\.\//u, '');
        if (!isSafePath(path) || !path.includes('/') || found.has(path)) return undefined;
        found.set(path, body);
        break;
      }
      case 'x':
        longName = /(?:^|\n)\d+ path=([^\n]*)\n/u.exec(body.toString('utf8'))?.[1];
        break;
      // Folders are made with their files; what is said of the whole archive says nothing about a file.
      case '5':
      case 'g':
        break;
      default:
        return undefined;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}

function textIn(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('utf8');
}
