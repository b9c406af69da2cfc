/**
 * The two trees through GitHub's API, for a runner without git or a checkout that lacks an object and cannot fetch it (R1).
 * 1 000 requests an hour are all that a job's token has, so only blobs that the checkout does not hold are asked for: first those that differ.
 */
import { compareText } from '#lib/order.ts';
import type { BlobContent, BlobId, Tree, TreeEntry, TreePair, TreeProblem } from '#trees/tree.ts';
import { resolveLinks } from '#trees/links.ts';
import { asking, type Client } from './client.ts';

export interface TreesRequest {
  readonly owner: string;
  readonly repo: string;
  readonly base: string;
  readonly head: string;
  /** Which paths the analysis reads. */
  readonly wanted: (path: string) => boolean;
  /** Blobs that are at hand already, from the checkout. */
  readonly local: (blobs: readonly BlobId[]) => Promise<ReadonlyMap<BlobId, BlobContent>>;
  /** Bytes to text, or the reason why not. */
  readonly decode: (bytes: Uint8Array) => BlobContent;
  /** At most this many blobs are asked for; the others are named as missing. */
  readonly limit: number;
}

const atOnce = 8;

interface Listing {
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly problems: readonly TreeProblem[];
}

/** What could not be had is a problem of its tree or its file: an answer that lacks something never looks like one that is whole. */
export async function readTreesByApi(client: Client, request: TreesRequest): Promise<TreePair> {
  const [base, head] = await Promise.all([readTree(client, request, request.base), readTree(client, request, request.head)]);
  const wanted = blobsByUrgency(base, head, request.wanted);
  const blobs = new Map<BlobId, BlobContent>(await request.local(wanted));
  const absent = wanted.filter((blob) => !blobs.has(blob));
  const asked = absent.slice(0, request.limit);
  for (let start = 0; start < asked.length; start += atOnce) {
    const answers = await Promise.all(asked.slice(start, start + atOnce).map(async (blob) => [blob, await readBlob(client, request, blob)] as const));
    for (const [blob, content] of answers) blobs.set(blob, content);
  }
  for (const blob of absent.slice(request.limit)) blobs.set(blob, notRead);
  const tree = (label: string, listing: Listing): Tree => {
    const resolved = resolveLinks(label, listing.entries, linkTargets(listing, blobs));
    return { ...resolved, problems: [...listing.problems, ...(resolved.problems ?? [])] };
  };
  return { base: tree(request.base, base), head: tree(request.head, head), blobs };
}

function linkTargets(listing: Listing, blobs: ReadonlyMap<BlobId, BlobContent>): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const entry of listing.entries.values()) {
    const content = entry.type === 'symlink' ? blobs.get(entry.blob) : undefined;
    if (content?.type === 'text') targets.set(entry.path, content.text);
  }
  return targets;
}

const notRead: BlobContent = {
  type: 'unreadable',
  problem: { kind: 'missing-object', reason: 'the content is not in the checkout, and asking GitHub for more would use up what it allows in an hour', remedy: 'check out with `fetch-depth: 2`' },
};

async function readTree(client: Client, { owner, repo }: TreesRequest, commit: string): Promise<Listing> {
  return asking(`list the files of \`${commit.slice(0, 7)}\``, async () => {
    const { data } = await client.rest.git.getTree({ owner, repo, tree_sha: commit, recursive: '1' });
    const entries = data.tree.map(toEntry).filter((entry) => entry !== null);
    entries.sort((left, right) => compareText(left.path, right.path));
    const cut: TreeProblem = {
      path: '',
      problem: { kind: 'limit', reason: `GitHub lists only the first ${String(entries.length)} files of \`${commit.slice(0, 7)}\``, remedy: 'check out with `fetch-depth: 2`, so that git has all files' },
    };
    return { entries: new Map(entries.map((entry) => [entry.path, entry])), problems: data.truncated ? [cut] : [] };
  });
}

/** Modes as in a git tree: 120000 a symbolic link, 160000 a submodule, 040000 a folder. */
function toEntry(entry: { readonly path: string; readonly mode: string; readonly type: string; readonly sha: string; readonly size?: number }): TreeEntry | null {
  if (entry.type === 'commit' || entry.mode === '160000') return { type: 'submodule', path: entry.path, commit: entry.sha };
  if (entry.type !== 'blob') return null;
  if (entry.mode === '120000') return { type: 'symlink', path: entry.path, blob: entry.sha };
  return { type: 'file', path: entry.path, blob: entry.sha, size: entry.size ?? 0, mode: entry.mode };
}

/** Distinct blobs, those at paths that differ first: if the quota ends, it ends with what both sides share. */
function blobsByUrgency(base: Listing, head: Listing, wanted: (path: string) => boolean): readonly BlobId[] {
  const differing = new Set<BlobId>();
  const shared = new Set<BlobId>();
  for (const [side, other] of [[base, head], [head, base]] as const) {
    for (const entry of side.entries.values()) {
      if (entry.type === 'submodule' || (entry.type === 'file' && !wanted(entry.path))) continue;
      const twin = other.entries.get(entry.path);
      (twin !== undefined && twin.type !== 'submodule' && twin.blob === entry.blob ? shared : differing).add(entry.blob);
    }
  }
  return [...differing, ...[...shared].filter((blob) => !differing.has(blob))];
}

async function readBlob(client: Client, request: TreesRequest, blob: BlobId): Promise<BlobContent> {
  return asking(`read the file content \`${blob.slice(0, 7)}\``, async () => {
    const { data } = await client.rest.git.getBlob({ owner: request.owner, repo: request.repo, file_sha: blob });
    return request.decode(data.encoding === 'base64' ? Buffer.from(data.content, 'base64') : Buffer.from(data.content, 'utf8'));
  });
}

/** The best common ancestor as GitHub knows it: a shallow checkout cannot tell. */
export async function mergeBaseByApi(client: Client, { owner, repo, of, and }: { readonly owner: string; readonly repo: string; readonly of: string; readonly and: string }): Promise<string> {
  return asking(`find where \`${and.slice(0, 7)}\` left the base branch`, async () => {
    const { data } = await client.rest.repos.compareCommitsWithBasehead({ owner, repo, basehead: `${of}...${and}`, per_page: 1 });
    return data.merge_base_commit.sha;
  });
}

/** Parents of a commit, for a runner without git. */
export async function parentsByApi(client: Client, { owner, repo, commit }: { readonly owner: string; readonly repo: string; readonly commit: string }): Promise<readonly string[]> {
  return asking(`read the commit \`${commit.slice(0, 7)}\``, async () => {
    const { data } = await client.rest.git.getCommit({ owner, repo, commit_sha: commit });
    return data.parents.map((parent) => parent.sha);
  });
}
