/**
 * Units whose rendering says what Flux and Argo CD objects name (R3b): kustomizations that change such an object on its way, and charts that make them (an app of
 * apps).
 */
import type { Side } from '#trees/tree.ts';
import { follow, type Documents } from './documents.ts';
import { filesBelow, type SideScan } from './scan.ts';
import { onSide, type Unit, type UnitSide } from './unit.ts';

/** In a template: a document of a kind that is a root, or the source of one. */
const made = /^kind:\s*["']?(?:Application|ApplicationSet|Kustomization|HelmRelease|GitRepository|OCIRepository|HelmRepository|HelmChart|Bucket)\b/mu;
const group = /\b(?:argoproj\.io|(?:kustomize|helm|source)\.toolkit\.fluxcd\.io)\//u;

export function rootHolders(units: readonly Unit[], scan: SideScan, side: Side, documents: Documents): ReadonlySet<string> {
  const charts = new Map<string, boolean>();
  const makesRoots = (tree: string): boolean => {
    let known = charts.get(tree);
    if (known === undefined) {
      known = filesBelow(scan, tree, true).some((file) => isTemplate(file) && makes(textAt(scan, file, documents) ?? ''));
      charts.set(tree, known);
    }
    return known;
  };
  const sides = units.flatMap((unit) => {
    const of = onSide(unit, side);
    return of === undefined || of.kind === 'plain' || of.pinned !== undefined ? [] : [{ id: unit.id, of, files: [...of.inputs.files].filter((file) => scan.rootFiles.has(file)) }];
  });
  // Where one changes a root, every kustomization that takes the same file counts: what each of them deploys stands in for what is written.
  const changed = new Set(sides.flatMap(({ of, files }) => (of.kind === 'kustomize' && changes(of, scan) ? files : [])));
  return new Set(sides.flatMap(({ id, of, files }) => ((of.kind === 'kustomize' && files.some((file) => changed.has(file))) || of.inputs.trees.some(makesRoots) ? [id] : [])));
}

function changes({ inputs, overlay, substitute }: UnitSide, scan: SideScan): boolean {
  const added = Object.keys(overlay ?? {}).some((field) => field !== 'generated');
  return added || substitute !== undefined || [...inputs.folders].some((folder) => scan.kustomizations.get(folder)?.edits === true);
}

function isTemplate(file: string): boolean {
  return /(?:^|\/)templates\/.*\.(?:ya?ml|tpl)$/u.test(file);
}

function makes(text: string): boolean {
  return group.test(text) && made.test(text);
}

function textAt({ tree }: SideScan, path: string, documents: Documents): string | undefined {
  const found = follow(tree, path);
  return found.type === 'blob' ? documents.text(found.blob) : undefined;
}
