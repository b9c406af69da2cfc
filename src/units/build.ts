/** What a renderer is given for one unit of one side: checked, and without what lies outside the repository (R14, R15). */
import { canonical } from '#lib/canonical.ts';
import type { BlobId, Tree } from '#trees/tree.ts';
import { pathFollower, type Destination } from '#trees/links.ts';
import { parseStream } from '#source/documents.ts';
import type { Documents } from './documents.ts';
import { folderOf, below } from './unit.ts';

/** A file of the private copy: bytes of the tree, or text that was checked and written anew. */
export type BuildFile = { readonly blob: BlobId } | { readonly text: string };

/** Content that another place holds: a remote base, a chart of a registry, values of a chart. */
export interface OutsideContent {
  readonly kind: 'base' | 'chart' | 'values';
  /** What is taken, without the version: the same thing on both sides. */
  readonly name: string;
  /** Version, revision and values: what may change about it. */
  readonly detail: string;
  readonly file: string;
  readonly line: number;
  /** What other objects and files say about it. */
  readonly parts?: readonly OutsidePart[];
}

export interface OutsidePart {
  readonly detail: string;
  readonly file: string;
  readonly line: number;
}

export type Build =
  | {
      readonly type: 'ready';
      readonly files: ReadonlyMap<string, BuildFile>;
      /** Kustomizations that inflate charts of the repository. */
      readonly inflates: boolean;
      /** Files that lie elsewhere in the private copy than in the repository: path there → path in the repository. */
      readonly moved?: ReadonlyMap<string, string>;
      readonly outside: readonly OutsideContent[];
    }
  | BuildProblem;

/** `refused`: it asks for what R14 forbids. `failed`: the tool could not build it either. */
export interface BuildProblem {
  readonly type: 'refused' | 'failed';
  readonly reason: string;
  readonly remedy: string;
  readonly file: string;
  readonly line?: number;
}

/** Ends the preparation of one unit; never leaves this folder. */
export class BuildStop extends Error {
  readonly problem: BuildProblem;
  constructor(problem: BuildProblem) {
    super(problem.reason);
    this.problem = problem;
  }
}

export function refuse(file: string, reason: string, remedy: string, line?: number): never {
  throw new BuildStop({ type: 'refused', file, reason, remedy, ...(line === undefined ? {} : { line }) });
}

export function fail(file: string, reason: string, remedy: string, line?: number): never {
  throw new BuildStop({ type: 'failed', file, reason, remedy, ...(line === undefined ? {} : { line }) });
}

export function buildOrProblem(build: () => Build): Build {
  try {
    return build();
  } catch (error) {
    if (error instanceof BuildStop) return error.problem;
    throw error;
  }
}

/** One side as preparation sees it. */
export class Source {
  readonly tree: Tree;
  readonly documents: Documents;
  readonly #filesIn = new Map<string, string[]>();
  readonly #folders = new Map<string, string[]>();
  #hasFlux: boolean | undefined;
  #follower: ((path: string) => Destination) | undefined;

  /** @param known what was found out about the whole tree, of which this one is a part */
  constructor(tree: Tree, documents: Documents, known: { readonly hasFlux?: boolean } = {}) {
    this.#hasFlux = known.hasFlux;
    this.tree = tree;
    this.documents = documents;
    for (const entry of tree.entries.values()) {
      const folder = folderOf(entry.path);
      let list = this.#filesIn.get(folder);
      if (list === undefined) {
        list = [];
        this.#filesIn.set(folder, list);
        for (let at = folder; at !== '.'; at = folderOf(at)) {
          const parent = folderOf(at);
          const known = this.#folders.get(parent);
          if (known === undefined) this.#folders.set(parent, [at]);
          else {
            if (!known.includes(at)) known.push(at);
            else break;
          }
        }
      }
      list.push(entry.path);
    }
  }

  blob(path: string): BlobId | undefined {
    const entry = this.tree.entries.get(path);
    return entry?.type === 'file' ? entry.blob : undefined;
  }

  text(path: string): string | undefined {
    const blob = this.blob(path);
    return blob === undefined ? undefined : this.documents.text(blob);
  }

  /** Values of every document of a text; `undefined` where one of them cannot be read. */
  values(path: string): readonly unknown[] | undefined {
    const text = this.text(path);
    return text === undefined ? undefined : valuesOf(text);
  }

  isFolder(path: string): boolean {
    return path === '.' || this.#filesIn.has(path) || this.#folders.has(path);
  }

  filesIn(folder: string): readonly string[] {
    return this.#filesIn.get(folder) ?? [];
  }

  /** Some Flux object of the tree deploys kustomizations. */
  get hasFlux(): boolean {
    this.#hasFlux ??= [...this.tree.entries.values()].some((entry) => entry.type === 'file' && /\.ya?ml$/iu.test(entry.path) && this.documents.text(entry.blob)?.includes('kustomize.toolkit.fluxcd.io/') === true);
    return this.#hasFlux;
  }

  follow(path: string): Destination {
    this.#follower ??= pathFollower(this.tree.entries, (entry) => entry.target);
    return this.#follower(path);
  }

  /**
   * Every file below a folder as `path there → path in the tree`, links to folders inside the tree entered as Helm does.
   * @throws BuildStop for a link that leads out of the tree
   */
  filesBelow(folder: string, at = folder, links = 0): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const rebased = (path: string): string => `${at === '.' ? '' : `${at}/`}${folder === '.' ? path : path.slice(folder.length + 1)}`;
    const waiting = [folder];
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
      for (const path of this.filesIn(each)) {
        const entry = this.tree.entries.get(path);
        if (entry?.type === 'file') found.set(rebased(path), path);
        else if (entry?.type === 'symlink') {
          const leads = this.follow(path);
          if (leads.type === 'outside') refuse(path, `the symbolic link \`${path}\` leads out of the tree`, 'put the files into the repository');
          if (leads.type !== 'directory' || links >= 4 || below(path, leads.path)) continue;
          for (const [to, from] of this.filesBelow(leads.path, rebased(path), links + 1)) found.set(to, from);
        }
      }
      waiting.push(...(this.#folders.get(each) ?? []));
    }
    return found;
  }
}

export function valuesOf(text: string): readonly unknown[] | undefined {
  const documents = parseStream(text);
  return documents.some((document) => document.problems.length > 0) ? undefined : documents.map((document) => document.value);
}

/** What a text of values says: comments and order are no part of it. What cannot be read says what is written. */
export function saidBy(text: string): string {
  const values = valuesOf(text);
  return values === undefined ? text : canonical(values);
}

/** 1-based line on which a text stands first; 1 where it does not. */
export function lineOf(text: string | undefined, needle: string): number {
  const lines = (text ?? '').split('\n');
  const plain = lines.findIndex((line) => !line.trimStart().startsWith('#') && line.includes(needle));
  return plain < 0 ? 1 : plain + 1;
}

/** Forms in which kustomize takes something from elsewhere. @see https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md */
export function isAddress(written: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//iu.test(written) || /^(?:git|gh|hg|s3|gcs|oci|ssh|https?|file)::?/iu.test(written) || /^[\w.-]+@[\w.-]+:/u.test(written) || /^(?:github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com)[/:]/iu.test(written) || /\?(?:.*&)?(?:ref|version|timeout|submodules)=/u.test(written) || /\.git(?:\/|$)/u.test(written) || /^[\w-]+(?:\.[\w-]+)+\/.*\/\//u.test(written);
}
