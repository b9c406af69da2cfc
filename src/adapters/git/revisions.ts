import { InputError } from '#app/input-error.ts';
import { runGit } from './run.ts';
import type { FetchCredential } from './run.ts';

export interface FetchOptions {
  /** Whether a commit or object that is not here may be fetched; default true. */
  readonly fetchMissing?: boolean;
  /** Default `origin`. */
  readonly remote?: string;
  readonly credential?: FetchCredential;
}

const fetchTimeoutMs = 120_000;
const objectId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;

export function isObjectId(text: string): boolean {
  return objectId.test(text);
}

/** Top folder of the work tree that holds `directory`, or the repository itself where it is bare. */
export async function repositoryRoot(directory: string): Promise<string> {
  const top = await runGit(directory, ['rev-parse', '--show-toplevel']);
  if (top.code === 0) return firstLine(top.stdout);
  const bare = await runGit(directory, ['rev-parse', '--absolute-git-dir']);
  if (bare.code === 0) return firstLine(bare.stdout);
  throw notARepository(directory, bare.stderr);
}

function notARepository(directory: string, stderr: string): InputError {
  const shown = quoted(directory);
  if (stderr.includes('dubious ownership')) return new InputError(`git refuses the repository at ${shown} because another user owns it`, `run \`git config --global --add safe.directory ${directory.replace(/\s+/gu, ' ')}\``);
  if (stderr.includes('cannot change to')) return new InputError(`the directory ${shown} does not exist`, 'name the folder of a git repository');
  return new InputError(`${shown} is no git repository`, 'run inside a clone, or compare two directories');
}

/**
 * The id of the commit (or tree) that a revision names. A full id that is not here is fetched with depth 1.
 * Throws `InputError` for text that is no revision and for a revision that is not to be had.
 */
export async function resolveRevision(repository: string, revision: string, options: FetchOptions = {}): Promise<string> {
  assertRevision(revision);
  const here = await lookUp(repository, revision);
  if (here !== undefined) return here;
  if (objectId.test(revision) && options.fetchMissing !== false && (await fetchCommit(repository, revision, options))) {
    const fetched = await lookUp(repository, revision);
    if (fetched !== undefined) return fetched;
  }
  // Tells a missing revision from a missing repository.
  await repositoryRoot(repository);
  throw await unknownRevision(repository, revision, options.remote ?? 'origin');
}

/** What would help differs: a history that ends, a clone that is cut off, a name that the remote may know. */
async function unknownRevision(repository: string, revision: string, remote: string): Promise<InputError> {
  const says = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout } = await runGit(repository, args);
    return code === 0 ? firstLine(stdout) : '';
  };
  if ((await says('rev-list', '--all', '--max-count=1')) === '') return new InputError(`the revision ${quoted(revision)} is unknown: the repository has no commit yet`, 'commit the manifests first, or compare two directories');
  const [name = ''] = revision.split(/[~^@]/u, 1);
  const known = name === '' ? undefined : await lookUp(repository, name);
  if (known !== undefined) {
    const message = `${quoted(name)} has no ancestor ${quoted(revision)}`;
    if ((await says('rev-parse', '--is-shallow-repository')) === 'true') return new InputError(`${message} in this shallow clone`, `fetch more of the history with \`git fetch --deepen=50 ${remote}\``);
    return new InputError(message, `its history has ${await says('rev-list', '--count', known)} commits; name one of them`);
  }
  const hasRemote = revision.startsWith(`${remote}/`) || (await says('remote', 'get-url', remote)) !== '';
  const remedy = hasRemote ? `fetch it with \`git fetch --depth=1 ${remote} ${bareName(revision, remote)}\`, or check the name` : 'check the name; `git branch --all` and `git tag` list what there is';
  return new InputError(`the revision ${quoted(revision)} is unknown in this repository`, remedy);
}

function bareName(revision: string, remote: string): string {
  return revision.startsWith(`${remote}/`) ? revision.slice(remote.length + 1) : revision.replace(/[~^@].*$/u, '');
}

function assertRevision(revision: string): void {
  const wrong = revision === '' || revision.startsWith('-') || revision.length > 1000 || /[\u0000-\u0020\u007f?*[\\]/u.test(revision) || revision.includes('..') || revision.startsWith(':');
  if (wrong) throw new InputError(`${quoted(revision)} is no revision`, 'name one commit, branch or tag, such as `main`, `HEAD~1` or a commit id');
}

async function lookUp(repository: string, revision: string): Promise<string | undefined> {
  for (const type of ['commit', 'tree']) {
    const { code, stdout } = await runGit(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{${type}}`]);
    const id = firstLine(stdout);
    if (code === 0 && objectId.test(id)) return id;
  }
  return undefined;
}

/** Brings one commit with its tree; true where the fetch succeeded. */
export async function fetchCommit(repository: string, id: string, options: FetchOptions): Promise<boolean> {
  const { code } = await runGit(repository, ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--depth=1', '--end-of-options', options.remote ?? 'origin', id], fetchRun(options));
  return code === 0;
}

/** Brings single objects, which a partial clone left at its server; true where the fetch succeeded. */
export async function fetchObjects(repository: string, ids: readonly string[], options: FetchOptions): Promise<boolean> {
  const args = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--stdin', '--end-of-options', options.remote ?? 'origin'];
  const { code } = await runGit(repository, args, { ...fetchRun(options), input: `${ids.join('\n')}\n` });
  return code === 0;
}

function fetchRun(options: FetchOptions): { readonly timeoutMs: number; readonly credential?: FetchCredential } {
  return { timeoutMs: fetchTimeoutMs, ...(options.credential === undefined ? {} : { credential: options.credential }) };
}

/** The parents that the commit itself names, also where a shallow clone does not have them. */
export async function mergeParents(repository: string, id: string): Promise<readonly string[]> {
  const commit = await resolveRevision(repository, id, { fetchMissing: false });
  const { code, stdout } = await runGit(repository, ['cat-file', 'commit', commit]);
  if (code !== 0) throw new InputError(`the commit ${quoted(id)} cannot be read`, 'check out with `fetch-depth: 2`');
  const [header = ''] = stdout.toString('utf8').split('\n\n', 1);
  return header.split('\n').flatMap((line) => (line.startsWith('parent ') ? [line.slice(7).trim()] : []));
}

/** The best common ancestor; `undefined` where there is none or a shallow clone does not reach it. */
export async function mergeBase(repository: string, left: string, right: string): Promise<string | undefined> {
  const [a, b] = [await resolveRevision(repository, left, { fetchMissing: false }), await resolveRevision(repository, right, { fetchMissing: false })];
  const { code, stdout } = await runGit(repository, ['merge-base', a, b]);
  const id = firstLine(stdout);
  return code === 0 && objectId.test(id) ? id : undefined;
}

/** Where the repository's remotes are. */
export async function remoteAddresses(repository: string): Promise<readonly string[]> {
  const { code, stdout } = await runGit(repository, ['config', '--get-regexp', '^remote\\..*\\.url$']);
  return code === 0 ? stdout.toString('utf8').split('\n').flatMap((line) => (line.includes(' ') ? [line.slice(line.indexOf(' ') + 1).trim()] : [])) : [];
}

/** The branch that a revision names, where a remote has one of that name; `undefined` for commits, tags and what was never pushed. */
export async function sharedBranch(repository: string, revision: string): Promise<string | undefined> {
  const named = await runGit(repository, ['rev-parse', '--symbolic-full-name', '--verify', '--quiet', '--end-of-options', revision]);
  const name = firstLine(named.stdout);
  const remote = /^refs\/remotes\/[^/]+\/(?!HEAD$)(.+)$/u.exec(name)?.[1];
  if (named.code !== 0 || remote !== undefined) return named.code === 0 ? remote : undefined;
  const local = /^refs\/heads\/(.+)$/u.exec(name)?.[1];
  if (local === undefined) return undefined;
  const { stdout } = await runGit(repository, ['for-each-ref', '--format=%(refname)', `refs/remotes/*/${local}`]);
  return firstLine(stdout) === '' ? undefined : local;
}

function firstLine(output: Buffer): string {
  const [line = ''] = output.toString('utf8').split(/\r?\n/u, 1);
  return line;
}

function quoted(text: string): string {
  return `\`${text.replace(/[\u0000-\u001f\u007f`]+/gu, ' ').slice(0, 200)}\``;
}
