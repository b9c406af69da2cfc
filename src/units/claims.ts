import { below, folderOf } from './unit.ts';
import type { UnitInputs } from './unit.ts';
import type { SideScan } from './scan.ts';

/**
 * What kustomizations and charts claim (R4): nothing of it is plain YAML, on either side. A file that stays in the folder of a kustomization
 * which no longer takes it is dead, not plain.
 */
export interface Claims {
  readonly claimed: (path: string) => boolean;
  /** The part of it that charts claim. */
  readonly inChart: (path: string) => boolean;
}

interface SideClaims {
  /** Folder → folders of the kustomizations that claim it. */
  readonly owners: ReadonlyMap<string, ReadonlySet<string>>;
  /** Folders of charts: everything below is theirs. */
  readonly trees: ReadonlySet<string>;
}

/** Claims as `side` sees them, the other side's included. */
export function claimsFor(side: SideScan, other: SideScan): Claims {
  const own = claimsOf(side);
  const others = claimsOf(other);
  const inChart = (path: string): boolean => inTree(own.trees, folderOf(path)) || inTree(others.trees, folderOf(path));
  return {
    inChart,
    claimed: (path) => {
      const folder = folderOf(path);
      if (own.owners.has(folder)) return true;
      // A folder that becomes a kustomization, or stops being one, is the same unit in two forms: only *foreign* claims cross sides.
      for (const owner of others.owners.get(folder) ?? []) if (owner !== folder) return true;
      return inChart(path);
    },
  };
}

function claimsOf(scan: SideScan): SideClaims {
  const owners = new Map<string, Set<string>>();
  const claim = (folder: string, owner: string): void => {
    const set = owners.get(folder);
    if (set === undefined) owners.set(folder, new Set([owner]));
    else set.add(owner);
  };
  const trees = new Set<string>(scan.charts.keys());
  for (const [folder, kustomization] of scan.kustomizations) {
    claim(folder, folder);
    for (const path of kustomization.reads) {
      if (scan.tree.entries.has(path)) claim(folderOf(path), folder);
      else claim(path, folder);
    }
  }
  for (const chart of scan.charts.values()) for (const dependency of chart.dependencies) trees.add(dependency);
  return { owners, trees };
}

function inTree(trees: ReadonlySet<string>, folder: string): boolean {
  if (trees.size === 0) return false;
  for (let at = folder; ; at = folderOf(at)) {
    if (trees.has(at)) return true;
    if (at === '.') return false;
  }
}

/** Folders of kustomizations that another one takes: they are no roots (R3c). */
export function referredKustomizations(scan: SideScan): ReadonlySet<string> {
  const referred = new Set<string>();
  for (const [folder, kustomization] of scan.kustomizations) {
    for (const path of kustomization.reads) if (path !== folder && scan.kustomizations.has(path)) referred.add(path);
  }
  return referred;
}

/** Charts that another chart holds or names: they are no roots (R3d). */
export function dependencyCharts(scan: SideScan): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [folder, chart] of scan.charts) {
    for (const dependency of chart.dependencies) found.add(dependency);
    const parent = folderOf(folder);
    // `<chart>/charts/<dependency>`
    if (parent === 'charts' ? scan.charts.has('.') : parent.endsWith('/charts') && scan.charts.has(folderOf(parent))) found.add(folder);
  }
  return found;
}

/** Everything that building this kustomization reads, through every kustomization and chart that it takes. */
export function kustomizationInputs(scan: SideScan, root: string): UnitInputs {
  const folders = new Set<string>([root]);
  const files = new Set<string>();
  const trees = new Set<string>();
  const waiting = [root];
  const seen = new Set(waiting);
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const path of scan.kustomizations.get(folder)?.reads ?? []) {
      if (scan.tree.entries.has(path)) files.add(path);
      else if (scan.charts.has(path)) trees.add(path);
      else {
        folders.add(path);
        if (!seen.has(path)) {
          seen.add(path);
          waiting.push(path);
        }
      }
    }
  }
  return { folders, files, trees: [...trees] };
}

/** The chart's folder and those of every chart in the repository that it builds on. */
export function chartInputs(scan: SideScan, root: string, valuesFiles: readonly string[]): UnitInputs {
  const trees = new Set<string>([root]);
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const dependency of scan.charts.get(folder)?.dependencies ?? []) {
      if (!trees.has(dependency)) {
        trees.add(dependency);
        waiting.push(dependency);
      }
    }
  }
  return { folders: new Set(), trees: [...trees].filter((tree) => ![...trees].some((other) => other !== tree && below(tree, other))), files: new Set(valuesFiles) };
}
