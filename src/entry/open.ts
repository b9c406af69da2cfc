/** What a user names on the command line becomes trees: revisions of this repository, or directories. */
import { existsSync, statSync } from 'node:fs';
import { InputError } from '#app/input-error.ts';
import type { Report } from '#report/report.ts';
import type { TreePair } from '#trees/tree.ts';
import { pairOf } from '#trees/tree.ts';
import type { RepositoryFacts } from '#units/repository.ts';
import { readDirectories, readDirectory } from '#adapters/files/read-directory.ts';
import { readRevision, readRevisions } from '#adapters/git/read-revisions.ts';
import { remoteAddresses, repositoryRoot, sharedBranch } from '#adapters/git/revisions.ts';
import { configuredFiles } from './configuration.ts';
import { directoryBytes, gitBytes, type RenderSource } from './rendering.ts';

export interface Opened {
  readonly pair: TreePair;
  readonly comparison: Report['comparison'];
  readonly source: RenderSource;
}

export function isDirectory(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/**
 * Both directories, or both revisions. A name that is both is a directory only if the other one is, too.
 * @param configFile the file that the user names instead of the base's own
 */
export async function openPair(base: string, head: string, configFile: string | undefined): Promise<Opened> {
  const maxFiles = configuredFiles(configFile);
  if (isDirectory(base) && isDirectory(head)) {
    const pair = await readDirectories(base, head, { maxFiles });
    return { pair, comparison: { mode: 'directories', base: { id: base, label: base }, head: { id: head, label: head } }, source: { raw: directoryBytes(pair, { base, head }), untrusted: [base, head] } };
  }
  const root = await repositoryFor([base, head]);
  const pair = await readRevisions(root, base, head, { maxFiles }).catch((error: unknown) => {
    throw isDirectory(base) !== isDirectory(head) && error instanceof InputError ? ofTwoSorts(base, head) : error;
  });
  return { pair, comparison: { mode: 'revisions', base: { id: pair.baseId, label: base }, head: { id: pair.headId, label: head } }, source: { raw: gitBytes(root), untrusted: [root], repository: await factsOf(root, base) } };
}

/** The repository that holds what is no directory; the error names that. */
async function repositoryFor(names: readonly string[]): Promise<string> {
  try {
    return await repositoryRoot(process.cwd());
  } catch (error) {
    const missing = names.find((name) => !isDirectory(name));
    if (!(error instanceof InputError) || missing === undefined || !error.message.endsWith('is no git repository')) throw error;
    throw new InputError(existsSync(missing) ? `\`${missing}\` is a file, not a directory` : `\`${missing}\` is no directory here, and ${error.message}, in which it could be a revision`, 'name an existing directory, or run inside a clone');
  }
}

function ofTwoSorts(base: string, head: string): InputError {
  const [folder, revision] = isDirectory(base) ? [base, head] : [head, base];
  return new InputError(`\`${folder}\` is a directory and \`${revision}\` is not`, `name two revisions or two directories; \`git worktree add DIR ${revision}\` makes a directory of a revision`);
}

/** One tree, compared with itself: `audit`, `explain`, `environments`. */
export async function openTree(named: string | undefined, configFile: string | undefined): Promise<Opened> {
  const maxFiles = configuredFiles(configFile);
  const target = named ?? '.';
  if (isDirectory(target)) {
    const { tree, blobs } = await readDirectory(target, { label: named ?? 'working tree', maxFiles });
    const pair = pairOf(tree, tree, blobs);
    return { pair, comparison: { mode: 'snapshot', base: null, head: { id: target, label: named ?? 'working tree' } }, source: { raw: directoryBytes(pair, { base: target, head: target }), untrusted: [target] } };
  }
  const root = await repositoryFor([target]);
  const { tree, blobs, id } = await readRevision(root, target, { maxFiles });
  return { pair: pairOf(tree, tree, blobs), comparison: { mode: 'snapshot', base: null, head: { id, label: target } }, source: { raw: gitBytes(root), untrusted: [root], repository: await factsOf(root) } };
}

/** @param base of a comparison; a snapshot has none, and its own branch says nothing about what is deployed */
async function factsOf(root: string, base?: string): Promise<RepositoryFacts> {
  const branch = base === undefined ? undefined : await sharedBranch(root, base);
  return { addresses: await remoteAddresses(root), ...(branch === undefined ? {} : { branch }) };
}

