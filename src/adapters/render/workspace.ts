/** The private copy that a tool sees: the unit's files as plain files, no link, nothing else, in a folder of this user only. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Workspace {
  /** Root of the private copy. */
  readonly root: string;
  /** Home, temporary folder and PATH of the tool. */
  readonly empty: string;
  remove(): Promise<void>;
}

/** Folders of this machine: containers may share a temporary folder, and count their processes each on its own. */
const own = `mesh-posture-${createHash('sha256').update(hostname()).digest('hex').slice(0, 8)}-`;

const open = new Set<string>();
let watching = false;
let sweeping: Promise<void> | undefined;

/** What a run left that was killed: its process is gone. */
async function sweep(): Promise<void> {
  const names = await readdir(tmpdir()).catch((): string[] => []);
  for (const name of names) {
    const owner = name.startsWith(own) ? /^[0-9]+(?=-)/u.exec(name.slice(own.length))?.[0] : undefined;
    if (owner !== undefined && !isAlive(Number(owner))) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is alive, too.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function removeAtExit(folder: string): void {
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const each of open) rmSync(each, { recursive: true, force: true, maxRetries: 3 });
    });
  }
  open.add(folder);
}

export async function openWorkspace(): Promise<Workspace> {
  await (sweeping ??= sweep());
  // `mkdtemp` makes the folder for this user alone, under a name that nobody can guess. Links are resolved, so that the tool's messages name this very path.
  // In one step with what removes it: a signal may come at any other.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `${own}${String(process.pid)}-`)));
  removeAtExit(folder);
  const root = join(folder, 'tree');
  const empty = join(folder, 'home');
  for (const each of [root, ...['bin', 'tmp', 'config', 'cache', 'data', 'plugins'].map((name) => join(empty, name))]) mkdirSync(each, { recursive: true });
  return { root, empty, remove: async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 2 });
    open.delete(folder);
  } };
}

/** A path of a tree that cannot leave the copy, whatever the system makes of its characters. */
export function isSafePath(path: string): boolean {
  if (path === '' || path.includes('\0') || path.includes('\\') || path.startsWith('/') || /^[A-Za-z]:/u.test(path)) return false;
  return path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}

/** Writes files below `root`; every path must be safe. */
export async function writeFiles(root: string, files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    if (!isSafePath(path)) throw new Error(`unsafe path ${JSON.stringify(path)}`);
    folders.add(dirname(join(root, path)));
  }
  // At once, too: one that is still under way when a signal comes would make again what the exit removes.
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  // `wx`: two paths that the file system takes for one are an error, not an overwrite.
  for (const [path, content] of files) await writeFile(join(root, path), content, { flag: 'wx', mode: 0o600 });
}
