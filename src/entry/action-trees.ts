/** From the chosen comparison to two trees: the checkout, then `git fetch`, then GitHub's API, else an error. Never an empty difference. */
import { resolve } from 'node:path';
import { HostFailure } from '#app/ports.ts';
import { InputError } from '#app/input-error.ts';
import { readDirectories } from '#adapters/files/read-directory.ts';
import { readObjects } from '#adapters/git/batch.ts';
import { defaultLimitBytes, readRevisions } from '#adapters/git/read-revisions.ts';
import { mergeBase, mergeParents, resolveRevision } from '#adapters/git/revisions.ts';
import { runGit } from '#adapters/git/run.ts';
import type { Client } from '#adapters/github/client.ts';
import type { Comparison } from '#adapters/github/comparison.ts';
import { mergeBaseByApi, parentsByApi, readTreesByApi } from '#adapters/github/trees-by-api.ts';
import { decodeText } from '#source/decode.ts';
import type { FileLimit } from '#trees/file-limit.ts';
import type { BlobContent, BlobId, TreePair } from '#trees/tree.ts';
import type { Report } from '#report/report.ts';

/** A job's token has 1 000 requests an hour; other steps need some of them. */
const blobRequests = 600;

export interface TreeSourceOptions {
  /** The checkout, or what would be one. */
  readonly directory: string;
  readonly owner: string;
  readonly repo: string;
  readonly serverUrl: string;
  readonly token: string;
  /** `null` without a token: then only the checkout is asked. */
  readonly client: Client | null;
}

export interface ReadTrees {
  readonly pair: TreePair;
  readonly comparison: Report['comparison'];
}

type Wanted = (path: string) => boolean;

export class TreeSource {
  readonly #options: TreeSourceOptions;

  constructor(options: TreeSourceOptions) {
    this.#options = options;
  }

  /** Parents of a commit; `null` where nobody knows it. */
  async parents(commit: string): Promise<readonly string[] | null> {
    const { directory, client, owner, repo } = this.#options;
    const local = await unless(() => mergeParents(directory, commit));
    if (local !== null) return local;
    return client === null ? null : unless(() => parentsByApi(client, { owner, repo, commit }));
  }

  /** The commit that is checked out. */
  checkedOut(): Promise<string | null> {
    return unless(() => resolveRevision(this.#options.directory, 'HEAD', { fetchMissing: false }));
  }

  async mergeBase(of: string, and: string): Promise<string> {
    const { directory, client, owner, repo } = this.#options;
    const local = await unless(() => mergeBase(directory, of, and));
    // In a shallow clone history ends early, and the best ancestor may lie behind that end.
    const shallow = local === undefined || local === null || (await runGit(directory, ['rev-parse', '--is-shallow-repository'])).stdout.toString('utf8').trim() !== 'false';
    if (!shallow) return local;
    if (client === null) throw new InputError(`the point where \`${and.slice(0, 7)}\` left the base branch is not in this checkout`, 'check out with `fetch-depth: 0`, or give the step a token');
    try {
      return await mergeBaseByApi(client, { owner, repo, of, and });
    } catch (error) {
      if (error instanceof HostFailure) throw new InputError(error.message, 'check out with `fetch-depth: 0`, or give the step a token with `contents: read`');
      throw error;
    }
  }

  /** @param wanted which files' content is needed */
  async readPair(base: string, head: string, wanted: Wanted, maxFiles?: FileLimit): Promise<TreePair & { readonly baseId: string; readonly headId: string }> {
    const { directory, client, owner, repo, token, serverUrl } = this.#options;
    try {
      return await readRevisions(directory, base, head, { wanted, ...(maxFiles === undefined ? {} : { maxFiles }), ...(token === '' ? {} : { credential: { token, serverUrl } }) });
    } catch (error) {
      if (!(error instanceof InputError) || client === null) throw error;
      try {
        const pair = await readTreesByApi(client, {
          owner,
          repo,
          base,
          head,
          wanted,
          local: (ids) => readLocal(directory, ids),
          decode: (bytes) => decodeText(bytes, defaultLimitBytes),
          limit: blobRequests,
        });
        return { ...pair, baseId: base, headId: head };
      } catch (failure) {
        if (failure instanceof HostFailure) throw new InputError(`${error.message}, and ${failure.message}`, error.remedy);
        throw failure;
      }
    }
  }

  async read(comparison: Extract<Comparison, { readonly type: 'revisions' | 'directories' | 'snapshot' }>, wanted: Wanted, maxFiles: FileLimit): Promise<ReadTrees> {
    switch (comparison.type) {
      case 'directories':
        return {
          pair: await readDirectories(resolve(this.#options.directory, comparison.base), resolve(this.#options.directory, comparison.head), { maxFiles }),
          comparison: { mode: 'directories', base: { id: comparison.base, label: comparison.base }, head: { id: comparison.head, label: comparison.head } },
        };
      case 'snapshot': {
        const { head, blobs, headId } = await this.readPair(comparison.head, comparison.head, wanted, maxFiles);
        return { pair: { base: head, head, blobs }, comparison: { mode: 'snapshot', base: null, head: { id: headId, label: comparison.head } } };
      }
      case 'revisions': {
        const base = comparison.base.type === 'revision' ? comparison.base.revision : await this.mergeBase(comparison.base.of, comparison.base.and);
        const pair = await this.readPair(base, comparison.head, wanted, maxFiles);
        return { pair, comparison: { mode: comparison.mode, base: { id: pair.baseId, label: base }, head: { id: pair.headId, label: comparison.head } } };
      }
    }
  }
}

async function readLocal(directory: string, ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, BlobContent>> {
  const found = new Map<BlobId, BlobContent>();
  await unless(() =>
    readObjects(directory, ids, defaultLimitBytes, (id, object) => {
      if (object.type === 'content') found.set(id, decodeText(object.bytes, defaultLimitBytes));
    }),
  );
  return found;
}

/** What is not to be had is `null`; our own mistakes are not caught. */
async function unless<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof InputError || error instanceof HostFailure) return null;
    throw error;
  }
}
