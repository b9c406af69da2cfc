/**
 * What uses a file (R21): exactly, where R2 asks for the whole folder of a kustomization, because a new file in it may be one that it takes. What a kustomization
 * leaves out of its folder is dead (R4).
 */
import type { Discovered } from './discover.ts';
import { isKustomizationName } from './kustomization.ts';
import { baseName, below, folderOf, onSide, resolvePath, type UnitSide } from './unit.ts';

export interface Uses {
  /** The path as trees have it; `undefined`: neither side has such a file. */
  readonly path: string | undefined;
  /** In code-unit order. */
  readonly units: readonly string[];
  /** It belongs to every environment, or to those that are named here. */
  readonly context: 'all' | readonly string[];
}

/** @param has whether a side of the comparison holds the path */
export function usesOf(discovered: Discovered, written: string, has: (path: string) => boolean): Uses {
  const path = resolvePath('.', written);
  if (path === undefined || !has(path)) return { path: undefined, units: [], context: [] };
  const holds = (files: Readonly<Record<'base' | 'head', readonly string[]>>): boolean => files.base.includes(path) || files.head.includes(path);
  return {
    path,
    units: discovered.units.filter((unit) => (['base', 'head'] as const).some((side) => reads(onSide(unit, side), path))).map((unit) => unit.id),
    context: holds(discovered.context) ? 'all' : [...discovered.environmentContext].flatMap(([environment, files]) => (holds(files) ? [environment] : [])),
  };
}

function reads(unit: UnitSide | undefined, path: string): boolean {
  if (unit === undefined) return false;
  const { inputs, valuesFile } = unit;
  return path === valuesFile || inputs.files.has(path) || inputs.trees.some((tree) => below(path, tree)) || (isKustomizationName(baseName(path)) && inputs.folders.has(folderOf(path)));
}
