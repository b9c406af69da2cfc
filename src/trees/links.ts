import type { SourceProblem } from '#source/problem.ts';
import { compareText } from '#lib/order.ts';
import type { Tree, TreeEntry, TreeProblem } from './tree.ts';
import { wantedPath } from './wanted.ts';

/** Where a path of a tree leads when the symbolic links on its way are followed inside the tree. */
export type Destination =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'submodule'; readonly path: string }
  | { readonly type: 'outside'; readonly target: string }
  | { readonly type: 'missing'; readonly path: string }
  | { readonly type: 'circle' };

/** As many links as Linux follows before it gives up. */
const mostLinks = 40;

/** A function over one listing, so that its folders are gathered once. `target` gives the text of a link. */
export function pathFollower(entries: ReadonlyMap<string, TreeEntry>, target: (entry: TreeEntry & { readonly type: 'symlink' }) => string | undefined): (path: string) => Destination {
  const folders = new Set<string>(['']);
  for (const path of entries.keys()) {
    for (let at = path.lastIndexOf('/'); at > 0 && !folders.has(path.slice(0, at)); at = path.lastIndexOf('/', at - 1)) folders.add(path.slice(0, at));
  }
  return (path) => {
    let rest = path.split('/');
    let at: string[] = [];
    let links = 0;
    while (rest.length > 0) {
      const [step = '', ...after] = rest;
      rest = after;
      if (step === '' || step === '.') continue;
      if (step === '..') {
        if (at.length === 0) return { type: 'outside', target: path };
        at = at.slice(0, -1);
        continue;
      }
      const next = [...at, step];
      const entry = entries.get(next.join('/'));
      if (entry?.type !== 'symlink') {
        at = next;
        continue;
      }
      const leads = target(entry);
      if (leads === undefined) return { type: 'missing', path: entry.path };
      if (leads.startsWith('/')) return { type: 'outside', target: leads };
      links += 1;
      if (links > mostLinks) return { type: 'circle' };
      rest = [...leads.split('/'), ...rest];
    }
    const final = at.join('/');
    const entry = entries.get(final);
    if (entry?.type === 'file') return { type: 'file', path: final };
    if (entry?.type === 'submodule') return { type: 'submodule', path: final };
    return folders.has(final) ? { type: 'directory', path: final } : { type: 'missing', path: final };
  };
}

/** The same over a finished tree, whose links carry their targets. */
export function followPath(tree: Tree, path: string): Destination {
  return pathFollower(tree.entries, (entry) => entry.target)(path);
}

/**
 * Gives every link its target, turns a link to a file of the tree into a file with that file's content, and names links that lead out of the tree or nowhere.
 * A link to a directory stays a link: tools that walk folders do not enter it.
 */
export function resolveLinks(label: string, entries: ReadonlyMap<string, TreeEntry>, targets: ReadonlyMap<string, string>, problems: readonly TreeProblem[] = []): Tree {
  const follow = pathFollower(entries, (entry) => targets.get(entry.path));
  const resolved = new Map<string, TreeEntry>();
  const found: TreeProblem[] = [...problems];
  for (const [path, entry] of entries) {
    if (entry.type === 'submodule') {
      found.push({ path, problem: { kind: 'submodule', reason: `the submodule at commit ${entry.commit.slice(0, 12)} is not part of this repository's tree`, remedy: 'review it in its own repository' } });
    }
    if (entry.type !== 'symlink') {
      resolved.set(path, entry);
      continue;
    }
    const target = targets.get(path);
    const destination = target === undefined ? undefined : follow(path);
    if (destination?.type === 'file') {
      const file = entries.get(destination.path);
      if (file?.type === 'file') {
        resolved.set(path, { ...file, path, link: destination.path });
        continue;
      }
    }
    const problem = target === undefined ? undefined : linkProblem(target, destination);
    resolved.set(path, { type: 'symlink', path, blob: entry.blob, ...(target === undefined ? {} : { target }), ...(problem === undefined ? {} : { problem }) });
    if (problem !== undefined && wantedPath(path)) found.push({ path, problem });
  }
  return { label, entries: resolved, problems: found.sort((left, right) => compareText(left.path, right.path)) };
}

function linkProblem(target: string, destination: Destination | undefined): SourceProblem | undefined {
  const shown = target.replace(/\s+/gu, ' ').slice(0, 200);
  switch (destination?.type) {
    case 'outside': return { kind: 'symlink-outside', reason: `the symbolic link leads out of the tree, to \`${shown}\``, remedy: 'put the file into the repository' };
    case 'missing': return { kind: 'missing-object', reason: `the symbolic link leads to \`${shown}\`, which is not there`, remedy: 'remove the link, or add its target' };
    case 'circle': return { kind: 'limit', reason: 'the symbolic link leads in a circle', remedy: 'remove the link' };
    case 'submodule': return { kind: 'submodule', reason: `the symbolic link leads into a submodule, to \`${shown}\``, remedy: 'put the file into the repository' };
    case 'directory':
    case 'file':
    case undefined: return undefined;
  }
}
