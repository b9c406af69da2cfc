/** Which repository is reviewed, for objects that name one (R7), and which branch it is compared with (R8). */

export interface RepositoryFacts {
  /** Addresses of the reviewed repository; none: nobody knows, and any source may be it. */
  readonly addresses: readonly string[];
  /** The branch of the comparison's base. */
  readonly branch?: string;
}

export const unknownRepository: RepositoryFacts = { addresses: [] };

/**
 * Owner and name, without scheme, user, host, port and `.git`, in lower case; what Azure DevOps puts between them is left out. `undefined`: it is no address, or a
 * part of it is not known.
 */
export function repositoryName(address: string): string | undefined {
  if (/\{\{|\$\{/u.test(address)) return undefined;
  const found = /^(?:[a-z][a-z0-9+.-]*:\/\/)(?:[^@/]*@)?[^/]+\/(.+)$/iu.exec(address) ?? /^(?:[^@/:]*@)?[^/:]+:(?!\/\/)\/?(.+)$/u.exec(address) ?? /^[^/:]+\.[^/:]+\/(.+)$/u.exec(address);
  const path = found?.[1]?.split(/[?#]/u, 1)[0];
  if (path === undefined) return undefined;
  const steps = path.replace(/\/+$/u, '').replace(/\.git$/iu, '').toLowerCase().split('/').filter((step, index) => step !== '' && step !== '_git' && !(index === 0 && step === 'v3'));
  return steps.length === 0 ? undefined : steps.join('/');
}

/** R7: an address that is not known, or a repository that is not known, may be it. */
export function isReviewed(address: string | undefined, { addresses }: RepositoryFacts): boolean {
  const name = address === undefined ? undefined : repositoryName(address);
  const own = addresses.flatMap((each) => repositoryName(each) ?? []);
  return name === undefined || own.length === 0 || own.includes(name);
}

/** R8: a tag, a commit, or a branch known to differ. No revision, `HEAD`, what a cluster fills in and an unknown base branch are not pinned. */
export function pinnedRevision(written: string | undefined, { branch }: RepositoryFacts): string | undefined {
  if (written === undefined || written === '' || written === 'HEAD' || /\{\{|\$\{/u.test(written)) return undefined;
  const named = written.replace(/^refs\/heads\//u, '');
  if (named === branch) return undefined;
  if (/^[0-9a-f]{7,40}$/u.test(written) || /^(?:refs\/tags\/|[~^<>=]*\s*v?\d+\.(?:\d+|[x*]))/u.test(written)) return written;
  return branch === undefined ? undefined : written;
}
