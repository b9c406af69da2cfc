/** The renderer that a run uses: the machine's kustomize and Helm, the bytes of the trees, a cache. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Config } from '#app/config.ts';
import { prepareRendering, type Prepared } from '#app/render/prepare.ts';
import { blobId } from '#adapters/files/read-directory.ts';
import { readObjects } from '#adapters/git/batch.ts';
import { directoryCache, noCache, type RenderCache } from '#adapters/render/cache.ts';
import { createRenderer } from '#adapters/render/renderer.ts';
import type { BlobId, TreePair } from '#trees/tree.ts';
import type { RepositoryFacts } from '#units/repository.ts';

/** Where bytes of blobs come from whose text was not read: packed charts, files that only a generator takes. */
export type RawBytes = (blobs: readonly BlobId[]) => Promise<ReadonlyMap<BlobId, Uint8Array>>;

export interface RenderSource {
  readonly raw: RawBytes;
  /** Folders that hold what is reviewed: no program is run from there. */
  readonly untrusted: readonly string[];
  /** What objects of Flux and Argo CD may call this repository (R7, R8). */
  readonly repository?: RepositoryFacts;
  /** The state of the whole head is wanted: alerts that an upload does not name are closed. */
  readonly everything?: boolean;
}

export async function prepare(pair: TreePair, config: Config, { raw, untrusted, repository, everything }: RenderSource): Promise<Prepared> {
  const renderer = createRenderer({
    tools: { kustomize: config.tools.kustomize, helm: config.tools.helm, searchPath: searchPath(), untrusted },
    bytes: (blobs) => bytesOf(pair, blobs, raw),
    cache: cacheOf(),
    limits: { milliseconds: config.limits.seconds * 1000 },
  });
  return prepareRendering(pair, config, renderer, { repository, everything });
}

/** PATH, and behind it what a checkout of this tool has unpacked for its own tests (`tools/unpack.ts`). */
function searchPath(): string {
  const own = ['../tools/bin', '../../tools/bin'].map((folder) => fileURLToPath(new URL(folder, import.meta.url))).filter((folder) => existsSync(folder));
  return [process.env.PATH ?? '', ...own].join(delimiter);
}

async function bytesOf(pair: TreePair, blobs: readonly BlobId[], raw: RawBytes): Promise<ReadonlyMap<BlobId, Uint8Array>> {
  const found = new Map<BlobId, Uint8Array>();
  const missing: BlobId[] = [];
  for (const blob of blobs) {
    const content = pair.blobs.get(blob);
    if (content?.type === 'text') found.set(blob, Buffer.from(content.text, 'utf8'));
    else missing.push(blob);
  }
  if (missing.length > 0) for (const [blob, bytes] of await raw(missing)) found.set(blob, bytes);
  return found;
}

/** `MESH_POSTURE_CACHE` names another folder, or is `off`. */
function cacheOf(): RenderCache {
  const named = process.env.MESH_POSTURE_CACHE ?? '';
  if (named === 'off') return noCache;
  if (named !== '') return directoryCache(named);
  const temporary = process.env.GITHUB_ACTIONS === 'true' ? (process.env.RUNNER_TEMP ?? '') : '';
  if (temporary !== '') return directoryCache(join(temporary, 'mesh-posture-cache'));
  const home = process.env.XDG_CACHE_HOME ?? '';
  return directoryCache(join(home === '' ? join(homedir(), '.cache') : home, 'mesh-posture'));
}

/** A packed chart may be larger than what is read as text. */
const rawLimitBytes = 50_000_000;

export function gitBytes(repository: string): RawBytes {
  return async (blobs) => {
    const found = new Map<BlobId, Uint8Array>();
    const known = blobs.filter((blob) => /^[0-9a-f]{40,64}$/u.test(blob));
    await readObjects(repository, known, rawLimitBytes, (blob, object) => {
      if (object.type === 'content') found.set(blob, object.bytes);
    }).catch(() => undefined);
    return found;
  };
}

/** @param folders the directory of each side's tree */
export function directoryBytes(pair: TreePair, folders: Readonly<Record<'base' | 'head', string>>): RawBytes {
  return async (blobs) => {
    const wanted = new Set(blobs);
    const found = new Map<BlobId, Uint8Array>();
    for (const side of ['base', 'head'] as const) {
      for (const entry of pair[side].entries.values()) {
        if (entry.type !== 'file' || !wanted.has(entry.blob) || found.has(entry.blob) || entry.size > rawLimitBytes) continue;
        const bytes = await readFile(join(folders[side], entry.link ?? entry.path)).catch(() => undefined);
        // Only what the listing saw: a file that changed since is another content.
        if (bytes !== undefined && blobId(bytes) === entry.blob) found.set(entry.blob, bytes);
      }
    }
    return found;
  };
}
