/** Flux's `GitRepository` objects: which repository and revision a Kustomization or HelmRelease takes its files from (R7, R8). */
import { isRecord } from './kustomization.ts';
import { isReviewed, pinnedRevision, type RepositoryFacts } from './repository.ts';
import { clusterOf } from './roots.ts';

/** One object, as its file says it. */
export interface GitSource {
  readonly name: string;
  /** Empty where the object names none. */
  readonly namespace: string;
  readonly file: string;
  readonly url: string | undefined;
  /** `refs/heads/x`, a tag, a version range or a commit. */
  readonly revision: string | undefined;
  /** `spec.ignore`. */
  readonly ignore?: string;
}

export interface FoundSource {
  /** Set: the address of another repository. */
  readonly elsewhere: string | undefined;
  readonly revision: string | undefined;
  readonly pinned: string | undefined;
  /** What it leaves out of the repository, in the form of `.gitignore`. */
  readonly ignore?: string | undefined;
}

export interface GitSources {
  /**
   * @param reference `sourceRef` of an object
   * @param user `namespace/name` of that object, which stands in `file`
   * @returns `undefined` where the repository holds no such source: then an existing path is accepted
   */
  readonly find: (reference: Readonly<Record<string, unknown>>, user: string, file: string) => FoundSource | undefined;
}

export function gitSourceOf(value: unknown, file: string): GitSource | undefined {
  if (!isRecord(value) || value['kind'] !== 'GitRepository' || !String(value['apiVersion']).startsWith('source.toolkit.fluxcd.io/')) return undefined;
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const spec = isRecord(value['spec']) ? value['spec'] : {};
  const ref = isRecord(spec['ref']) ? spec['ref'] : {};
  const [commit, name, semver, tag, branch] = ['commit', 'name', 'semver', 'tag', 'branch'].map((key) => text(ref[key]));
  // In the order in which Flux looks at them.
  const revision = commit ?? name ?? (semver === undefined ? undefined : `refs/tags/${semver}`) ?? (tag === undefined ? undefined : `refs/tags/${tag}`) ?? (branch === undefined ? undefined : `refs/heads/${branch}`);
  return { name: text(metadata['name']) ?? '', namespace: text(metadata['namespace']) ?? '', file, url: text(spec['url']), revision, ...(text(spec['ignore']) === undefined ? {} : { ignore: String(spec['ignore']) }) };
}

export function gitSources(all: readonly GitSource[], repository: RepositoryFacts): GitSources {
  return {
    find: (reference, user, file) => {
      const namespace = text(reference['namespace']) ?? user.slice(0, Math.max(0, user.indexOf('/')));
      const fitting = all.filter((source) => source.name === reference['name'] && (source.namespace === namespace || source.namespace === '' || namespace === ''));
      // Each cluster has its own of one name.
      const near = fitting.filter((source) => clusterOf(source.file) === clusterOf(file));
      const candidates = near.length > 0 ? near : fitting;
      if (candidates.length === 0) return undefined;
      const here = candidates.filter((source) => isReviewed(source.url, repository));
      const [first] = here;
      if (first === undefined) return { elsewhere: candidates[0]?.url ?? '', revision: candidates[0]?.revision, pinned: undefined };
      const pins = here.map((source) => pinnedRevision(source.revision, repository));
      // One that follows the branch is enough to make this tree count.
      return { elsewhere: undefined, revision: first.revision, pinned: pins.includes(undefined) ? undefined : pins[0], ignore: first.ignore };
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
