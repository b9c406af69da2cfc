/**
 * Renderings by the content of everything that went into them. Safe to share: a name is the hash of its inputs, a file is checked before it is believed, and it is
 * put in place whole. Safe to delete: it is made again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderedDocument } from '#app/ports.ts';

/** Changes when what is stored, or how it is made, changes. */
const format = 3;

export interface RenderCache {
  read(key: string): Promise<readonly RenderedDocument[] | undefined>;
  write(key: string, documents: readonly RenderedDocument[]): Promise<void>;
}

export const noCache: RenderCache = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };

export function cacheKey(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify([format, parts])).digest('hex');
}

function sealed(key: string, body: string): string {
  return createHash('sha256').update(`${key}\n${body}`).digest('hex');
}

export function directoryCache(directory: string): RenderCache {
  const fileOf = (key: string): string => join(directory, key.slice(0, 2), `${key}.json`);
  return {
    async read(key) {
      try {
        const text = await readFile(fileOf(key), 'utf8');
        const cut = text.indexOf('\n');
        const body = text.slice(cut + 1);
        if (text.slice(0, cut) !== sealed(key, body)) return undefined;
        // Sealed: it is what `write` wrote.
        return JSON.parse(body) as readonly RenderedDocument[];
      } catch {
        return undefined;
      }
    },
    async write(key, documents) {
      const body = JSON.stringify(documents);
      const file = fileOf(key);
      const part = `${file}.${randomBytes(6).toString('hex')}.part`;
      try {
        await mkdir(join(directory, key.slice(0, 2)), { recursive: true, mode: 0o700 });
        await sweep(join(directory, key.slice(0, 2)));
        await writeFile(part, `${sealed(key, body)}\n${body}`, { flag: 'wx', mode: 0o600 });
        await rename(part, file);
      } catch {
        // A cache that cannot be written costs time, never the answer.
        await rm(part, { force: true }).catch(() => undefined);
      }
    },
  };
}

/** No write takes that long. */
const abandoned = 3_600_000;

/** Parts of a run that was killed. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.part')) continue;
    const part = join(folder, name);
    const found = await stat(part).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandoned) await rm(part, { force: true }).catch(() => undefined);
  }
}
