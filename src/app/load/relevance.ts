import type { TreePair } from '#trees/tree.ts';
import { changedPaths } from '#trees/changes.ts';
import type { Discovered } from '#units/discover.ts';
import { follow, mayBeManifestFile } from '#units/documents.ts';
import { touches } from './incomplete.ts';

/** Where the configuration is read from (`docs/configuration.md`). */
export const configurationPath = '.github/mesh-posture.yml';

export interface Relevance {
  /** False: `not-applicable` (R2). */
  readonly applicable: boolean;
  /** Paths at which the sides differ, in code-unit order. */
  readonly changed: readonly string[];
}

/**
 * R2: does the pull request touch a manifest, an input of a unit, context or configuration? There is no path filter: what a file is, its content decides.
 */
export function relevanceOf(pair: TreePair, discovered: Discovered, configFile: string): Relevance {
  const changed = pair.base === pair.head ? [] : changedPaths(pair).map((each) => each.path);
  const context = new Set([...discovered.context.base, ...discovered.context.head, ...[...discovered.environmentContext.values()].flatMap((files) => [...files.base, ...files.head])]);
  const isManifest = (path: string): boolean =>
    mayBeManifestFile(path) &&
    (['base', 'head'] as const).some((side) => {
      const found = follow(pair[side], path);
      const reading = found.type === 'blob' ? discovered.documents.read(found.blob) : undefined;
      return reading?.type === 'documents' && (reading.manifests || reading.like);
    });
  const applicable =
    changed.some((path) => path === configFile || context.has(path) || isManifest(path)) || discovered.units.some(touches(changed));
  return { applicable, changed };
}
