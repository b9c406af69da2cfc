import { InputError } from '#app/input-error.ts';
import { compareText } from '#lib/order.ts';
import { decodeText, tooLarge } from '#source/decode.ts';
import { fileLimit, type FileLimit } from '#trees/file-limit.ts';
import { resolveLinks } from '#trees/links.ts';
import type { BlobContent, BlobId, Tree, TreeEntry, TreePair } from '#trees/tree.ts';
import { wantedPath } from '#trees/wanted.ts';
import { readObjects } from './batch.ts';
import type { BatchObject } from './batch.ts';
import { fetchCommit, fetchObjects, repositoryRoot, resolveRevision } from './revisions.ts';
import type { FetchOptions } from './revisions.ts';
import { runGit } from './run.ts';

export interface ReadOptions extends FetchOptions {
  /** A file of more bytes is named and not read; default 10 MB. */
  readonly limitBytes?: number;
  /** Distinct wanted files beyond this number are named and not read; default 20 000 per side. */
  readonly maxFiles?: FileLimit;
  readonly wanted?: (path: string) => boolean;
}

export const defaultLimitBytes = 10_000_000;
/** A link's content is a path. */
const linkBytes = 4096;

export interface RevisionPair extends TreePair {
  readonly baseId: string;
  readonly headId: string;
}

/**
 * Two revisions of one repository as trees that share their blobs (R1). Each distinct wanted blob is read once, through one `cat-file --batch`;
 * what a shallow or partial clone lacks is fetched, and what cannot be had is a problem of that file, never an absent file.
 */
export async function readRevisions(repository: string, baseRevision: string, headRevision: string, options: ReadOptions = {}): Promise<RevisionPair> {
  const baseId = await resolveRevision(repository, baseRevision, options);
  const headId = baseRevision === headRevision ? baseId : await resolveRevision(repository, headRevision, options);
  const partial = await isPartialClone(repository);
  const base = await listTree(repository, baseId, partial, options);
  const head = headId === baseId ? base : await listTree(repository, headId, partial, options);
  if (partial && options.fetchMissing !== false) await fetchLeftOut(repository, [baseId, headId], [base, head], options);
  const { blobs, links } = await readBlobs(repository, [base, head], options);
  return { baseId, headId, base: tree(baseRevision, base, links), head: tree(headRevision, head, links), blobs };
}

/** One revision as a tree with its blobs. */
export async function readRevision(repository: string, revision: string, options: ReadOptions = {}): Promise<{ readonly tree: Tree; readonly blobs: ReadonlyMap<BlobId, BlobContent>; readonly id: string }> {
  const { head, blobs, headId } = await readRevisions(repository, revision, revision, options);
  return { tree: head, blobs, id: headId };
}

type Listing = ReadonlyMap<string, TreeEntry>;

function tree(label: string, entries: Listing, links: ReadonlyMap<BlobId, string>): Tree {
  const targets = new Map<string, string>();
  for (const entry of entries.values()) {
    const target = entry.type === 'symlink' ? links.get(entry.blob) : undefined;
    if (target !== undefined) targets.set(entry.path, target);
  }
  return resolveLinks(label, entries, targets);
}

async function isPartialClone(repository: string): Promise<boolean> {
  const { code, stdout } = await runGit(repository, ['config', '--get-regexp', String.raw`^(extensions\.partialclone|remote\..*\.promisor)$`]);
  return code === 0 && stdout.length > 0;
}

/** Blobs that a partial clone left at its server are fetched in one go: git alone would do it one by one. */
async function fetchLeftOut(repository: string, ids: readonly string[], listings: readonly Listing[], options: ReadOptions): Promise<void> {
  const { code, stdout } = await runGit(repository, ['rev-list', '--objects', '--no-walk', '--missing=print', ...ids]);
  if (code !== 0) return;
  const absent = new Set(stdout.toString('latin1').split('\n').flatMap((line) => (line.startsWith('?') ? [line.slice(1)] : [])));
  const wanted = options.wanted ?? wantedPath;
  const asked = new Set<BlobId>();
  for (const listing of listings) {
    for (const entry of listing.values()) {
      if (entry.type !== 'submodule' && absent.has(entry.blob) && (entry.type === 'symlink' || wanted(entry.path))) asked.add(entry.blob);
    }
  }
  if (asked.size > 0) await fetchObjects(repository, [...asked], options);
}

async function listTree(repository: string, id: string, partial: boolean, options: ReadOptions): Promise<Listing> {
  // Asking for sizes would fetch every blob of a partial clone.
  const list = () => runGit(repository, ['ls-tree', '-r', '-z', ...(partial ? [] : ['-l']), '--full-tree', '--end-of-options', id]);
  let result = await list();
  // A clone without trees has the commit and not what it names.
  if (result.code !== 0 && options.fetchMissing !== false && (await fetchCommit(repository, id, options))) result = await list();
  if (result.code !== 0) {
    await repositoryRoot(repository);
    throw new InputError(`the tree of \`${id}\` is not complete in this clone`, `fetch it with \`git fetch --depth=1 ${options.remote ?? 'origin'} ${id}\``);
  }
  return parseListing(result.stdout);
}

/** `<mode> SP <type> SP <id> SP+ <size> TAB <path> NUL`, path as bytes. */
export function parseListing(output: Buffer): Listing {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(0, at);
    const record = output.subarray(at, end === -1 ? output.length : end);
    at = end === -1 ? output.length : end + 1;
    const tab = record.indexOf(0x09);
    const [mode = '', type, id = '', size = ''] = record.subarray(0, tab).toString('latin1').split(/ +/u);
    const path = pathText(record.subarray(tab + 1));
    if (type === 'commit') entries.push({ type: 'submodule', path, commit: id });
    else if (mode === '120000') entries.push({ type: 'symlink', path, blob: id });
    else if (type === 'blob') entries.push({ type: 'file', path, blob: id, size: /^\d+$/u.test(size) ? Number(size) : 0, mode });
  }
  // git orders by bytes, results by UTF-16 code units.
  return new Map(entries.sort((left, right) => compareText(left.path, right.path)).map((entry) => [entry.path, entry]));
}

const strictPath = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name that is no UTF-8 keeps its bytes as `\xNN`, so that two such names stay two. */
export function pathText(bytes: Buffer): string {
  try {
    return strictPath.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
  }
}

async function readBlobs(repository: string, listings: readonly Listing[], options: ReadOptions): Promise<{ readonly blobs: ReadonlyMap<BlobId, BlobContent>; readonly links: ReadonlyMap<BlobId, string> }> {
  const limitBytes = options.limitBytes ?? defaultLimitBytes;
  const maxFiles = await fileLimit(options.maxFiles, (file) => committedText(repository, listings[0]?.get(file), limitBytes));
  const wanted = options.wanted ?? wantedPath;
  const blobs = new Map<BlobId, BlobContent>();
  const links = new Map<BlobId, string>();
  const linkIds = new Set<BlobId>();
  const ids = new Set<BlobId>();
  for (const listing of new Set(listings)) {
    let files = 0;
    for (const entry of listing.values()) {
      if (entry.type === 'symlink') linkIds.add(entry.blob);
      if (entry.type !== 'file' || !wanted(entry.path)) continue;
      files += 1;
      if (entry.size > limitBytes) blobs.set(entry.blob, tooLarge(entry.size, limitBytes));
      else if (files <= maxFiles) ids.add(entry.blob);
      else if (!ids.has(entry.blob)) blobs.set(entry.blob, beyondLimit(maxFiles));
    }
  }
  // A link may lead to a file whose own name was not asked for.
  const missing = new Set<BlobId>();
  const take = (id: BlobId, object: BatchObject): void => {
    switch (object.type) {
      case 'missing': missing.add(id); return;
      case 'too-large': blobs.set(id, tooLarge(object.size, limitBytes)); return;
      case 'content':
        if (linkIds.has(id) && object.bytes.byteLength <= linkBytes) links.set(id, pathText(Buffer.from(object.bytes)));
        blobs.set(id, decodeText(object.bytes, limitBytes));
    }
  };
  await readObjects(repository, [...new Set([...ids, ...linkIds])], limitBytes, take);
  const linked = linkedIds(listings, links, wanted).filter((id) => !blobs.has(id) && !missing.has(id));
  await readObjects(repository, linked, limitBytes, take);
  if (missing.size > 0 && options.fetchMissing !== false) {
    const again = [...missing];
    if (await fetchObjects(repository, again, options)) {
      missing.clear();
      await readObjects(repository, again, limitBytes, take);
    }
  }
  for (const id of missing) blobs.set(id, missingObject(id));
  return { blobs, links };
}

async function committedText(repository: string, entry: TreeEntry | undefined, limitBytes: number): Promise<string | undefined> {
  if (entry?.type !== 'file') return undefined;
  let text: string | undefined;
  await readObjects(repository, [entry.blob], limitBytes, (_, object) => {
    const content = object.type === 'content' ? decodeText(object.bytes, limitBytes) : undefined;
    if (content?.type === 'text') text = content.text;
  });
  return text;
}

/** Blobs that only links with a wanted name lead to. */
function linkedIds(listings: readonly Listing[], links: ReadonlyMap<BlobId, string>, wanted: (path: string) => boolean): readonly BlobId[] {
  const found = new Set<BlobId>();
  for (const listing of new Set(listings)) {
    if (![...listing.values()].some((entry) => entry.type === 'symlink' && wanted(entry.path))) continue;
    for (const entry of tree('', listing, links).entries.values()) if (entry.type === 'file' && entry.link !== undefined && wanted(entry.path)) found.add(entry.blob);
  }
  return [...found];
}

function missingObject(id: BlobId): BlobContent {
  return { type: 'unreadable', problem: { kind: 'missing-object', reason: `the object ${id.slice(0, 12)} is not in this clone and could not be fetched`, remedy: 'check out without `filter`, or give the step a token that may read the repository' } };
}

function beyondLimit(maxFiles: number): BlobContent {
  return { type: 'unreadable', problem: { kind: 'limit', reason: `the tree has more than ${maxFiles} files to read`, remedy: 'raise `limits.files`' } };
}
