import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '#app/input-error.ts';
import { compareText } from '#lib/order.ts';
import { decodeText, tooLarge } from '#source/decode.ts';
import { fileLimit, type FileLimit } from '#trees/file-limit.ts';
import { resolveLinks } from '#trees/links.ts';
import type { BlobContent, BlobId, Tree, TreeEntry, TreePair, TreeProblem } from '#trees/tree.ts';
import { pairOf } from '#trees/tree.ts';
import { wantedPath } from '#trees/wanted.ts';

export interface DirectoryOptions {
  /** A file of more bytes is named and not read; default 10 MB. */
  readonly limitBytes?: number;
  /** Wanted files beyond this number are named and not read; default 20 000. */
  readonly maxFiles?: FileLimit;
  readonly wanted?: (path: string) => boolean;
  /** How the side is called in results; default the directory as given. */
  readonly label?: string;
}

export interface DirectoryTree {
  readonly tree: Tree;
  readonly blobs: ReadonlyMap<BlobId, BlobContent>;
}

const defaultLimitBytes = 10_000_000;

/** Folders that hold no part of the tree. */
const skipped: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/** A directory as a tree; ids are git's blob hashes, so equal files of two directories share one blob. Links are never followed out of it. */
export async function readDirectory(directory: string, options: DirectoryOptions = {}): Promise<DirectoryTree> {
  await assertDirectory(directory);
  const limitBytes = options.limitBytes ?? defaultLimitBytes;
  const walk = new Walk(directory, { wanted: options.wanted ?? wantedPath, limitBytes, maxFiles: await fileLimit(options.maxFiles, (file) => textIn(directory, file, limitBytes)) });
  await walk.folder('');
  return walk.result(options.label ?? directory);
}

export async function readDirectories(baseDirectory: string, headDirectory: string, options: DirectoryOptions = {}): Promise<TreePair> {
  await assertDirectory(baseDirectory);
  const maxFiles = await fileLimit(options.maxFiles, (file) => textIn(baseDirectory, file, options.limitBytes ?? defaultLimitBytes));
  const base = await readDirectory(baseDirectory, { ...options, maxFiles });
  const head = await readDirectory(headDirectory, { ...options, maxFiles });
  return pairOf(base.tree, head.tree, new Map([...base.blobs, ...head.blobs]));
}

/** What cannot be read is told by the walk. */
async function textIn(directory: string, file: string, limitBytes: number): Promise<string | undefined> {
  const path = join(directory, file);
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size > limitBytes) return undefined;
  const bytes = await readFile(path).catch(() => undefined);
  const content = bytes === undefined ? undefined : decodeText(bytes, limitBytes);
  return content?.type === 'text' ? content.text : undefined;
}

async function assertDirectory(directory: string): Promise<void> {
  const shown = directory.replace(/\s+/gu, ' ');
  const found = await stat(directory).catch((error: unknown) => {
    throw codeOf(error) === 'EACCES' ? new InputError(`the directory \`${shown}\` cannot be read`, 'give this user the right to read it') : new InputError(`the directory \`${shown}\` does not exist`, 'name an existing directory, or a revision');
  });
  if (!found.isDirectory()) throw new InputError(`\`${shown}\` is no directory`, 'name a directory, or a revision');
  await readdir(directory).catch(() => {
    throw new InputError(`the directory \`${shown}\` cannot be read`, 'give this user the right to read it');
  });
}

class Walk {
  readonly #root: string;
  readonly #limitBytes: number;
  readonly #maxFiles: number;
  readonly #wanted: (path: string) => boolean;
  readonly #entries: TreeEntry[] = [];
  readonly #targets = new Map<string, string>();
  readonly #blobs = new Map<BlobId, BlobContent>();
  readonly #problems: TreeProblem[] = [];
  #files = 0;

  constructor(root: string, limits: { readonly limitBytes: number; readonly maxFiles: number; readonly wanted: (path: string) => boolean }) {
    this.#root = root;
    this.#limitBytes = limits.limitBytes;
    this.#maxFiles = limits.maxFiles;
    this.#wanted = limits.wanted;
  }

  async folder(path: string): Promise<void> {
    let names: Dirent[];
    try {
      names = await readdir(join(this.#root, path), { withFileTypes: true });
    } catch (error) {
      this.#problems.push({ path, problem: { kind: 'not-readable', reason: `the directory cannot be read (${codeOf(error)})`, remedy: 'give this user the right to read it' } });
      return;
    }
    for (const entry of names.sort((left, right) => compareText(left.name, right.name))) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) await this.folder(inner);
      } else await this.#leaf(inner, entry);
    }
  }

  async #leaf(path: string, entry: Dirent): Promise<void> {
    // `.git` of a worktree or submodule is a file.
    if (entry.name === '.git') return;
    const absolute = join(this.#root, path);
    try {
      if (entry.isSymbolicLink()) {
        const target = await readlink(absolute);
        const bytes = Buffer.from(target);
        const blob = blobId(bytes);
        this.#entries.push({ type: 'symlink', path, blob });
        this.#targets.set(path, target);
        if (!this.#blobs.has(blob)) this.#blobs.set(blob, { type: 'text', text: target });
      } else if (entry.isFile()) await this.#file(path, absolute);
      else if (this.#wanted(path)) this.#problems.push({ path, problem: { kind: 'not-readable', reason: 'it is neither a file nor a link', remedy: 'replace it by a file' } });
    } catch (error) {
      this.#problems.push({ path, problem: { kind: 'not-readable', reason: `the file cannot be read (${codeOf(error)})`, remedy: 'give this user the right to read it' } });
    }
  }

  async #file(path: string, absolute: string): Promise<void> {
    const { size, mode: bits } = await lstat(absolute);
    const mode = (bits & 0o100) === 0 ? '100644' : '100755';
    const wanted = this.#wanted(path);
    if (wanted) this.#files += 1;
    if (size > this.#limitBytes) {
      const blob = await streamedBlobId(absolute, size);
      this.#entries.push({ type: 'file', path, blob, size, mode });
      if (wanted) this.#blobs.set(blob, tooLarge(size, this.#limitBytes));
      return;
    }
    const bytes = await readFile(absolute);
    const blob = blobId(bytes);
    this.#entries.push({ type: 'file', path, blob, size: bytes.byteLength, mode });
    if (!wanted || this.#blobs.get(blob)?.type === 'text') return;
    this.#blobs.set(blob, this.#files <= this.#maxFiles ? decodeText(bytes, this.#limitBytes) : { type: 'unreadable', problem: { kind: 'limit', reason: `the directory has more than ${this.#maxFiles} files to read`, remedy: 'raise `limits.files`' } });
  }

  async result(label: string): Promise<DirectoryTree> {
    const listing = new Map(this.#entries.sort((left, right) => compareText(left.path, right.path)).map((entry) => [entry.path, entry]));
    const tree = resolveLinks(label, listing, this.#targets, this.#problems);
    // A link with a wanted name may lead to a file whose own name was not asked for.
    for (const entry of tree.entries.values()) {
      if (entry.type !== 'file' || entry.link === undefined || this.#blobs.has(entry.blob) || !this.#wanted(entry.path)) continue;
      this.#blobs.set(entry.blob, entry.size > this.#limitBytes ? tooLarge(entry.size, this.#limitBytes) : decodeText(await readFile(join(this.#root, entry.link)), this.#limitBytes));
    }
    return { tree, blobs: this.#blobs };
  }
}

/** git's id of a file's content (SHA-1 repositories). */
export function blobId(bytes: Uint8Array): BlobId {
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}

async function streamedBlobId(path: string, size: number): Promise<BlobId> {
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer); // a stream without encoding gives buffers
  return hash.digest('hex');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason';
}
