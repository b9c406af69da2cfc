/** The units that Flux and Argo CD objects name (R3b, R5, R7): one for each way in which a path is deployed. */
import { canonical } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import { valuesOf } from './build.ts';
import { chartInputs, kustomizationInputs, type Claims } from './claims.ts';
import { follow, mayBeManifestFile, type Documents } from './documents.ts';
import { releaseName } from './helm-build.ts';
import { exists, filesBelow, type SideScan } from './scan.ts';
import type { RootReference } from './roots.ts';
import { hasHoles } from './template-holes.ts';
import { below, folderOf, plainUnit, rootFile, type Release, type UnitInputs, type UnitSide } from './unit.ts';
import { variablesOf } from './variables.ts';

interface Sides {
  readonly side: SideScan;
  readonly other: SideScan;
  readonly documents: Documents;
  readonly claims: Claims;
  readonly context: ReadonlySet<string>;
}

/** A root is present only on the side whose own objects name it (R5); it renders as its controller does (R7). */
export function rootUnits(sides: Sides): readonly (readonly [string, UnitSide])[] {
  const { side, other } = sides;
  const others = groupBy(other.roots, (root) => root.path);
  const taken = new Set<string>();
  return [...groupBy(side.roots, (root) => root.path)].flatMap(([path, roots]): readonly (readonly [string, UnitSide])[] => {
    if (!exists(side, path)) return [];
    return waysTo(roots, others.get(path) ?? [], side.charts.has(path) || other.charts.has(path)).map(({ root, suffix, cluster }) => {
      let id = [path, ...suffix].join('@');
      for (let more = 2; taken.has(id); more += 1) id = [path, ...suffix, String(more)].join('@');
      taken.add(id);
      return [id, unitOf(root, cluster, sides)] as const;
    });
  });
}

interface Way {
  readonly root: RootReference;
  /** What tells it from other ways to the path. */
  readonly suffix: readonly string[];
  readonly cluster: string | undefined;
}

/** How many ways there are, both sides together tell, so that a way keeps its name where a second one comes or goes. */
function waysTo(own: readonly RootReference[], others: readonly RootReference[], isChart: boolean): readonly Way[] {
  const formOf = (root: RootReference): string => canonical([root.overlay, root.substitute, root.pinned, ...(isChart ? [root.namespace, root.release] : [])]);
  const both = [...own, ...others];
  const named = both.filter((root) => root.open !== true);
  // Where an object names the folder itself, a template that fits it, too, adds nothing; of charts each release is another one.
  const counts = (root: RootReference): boolean => root.open !== true || named.length === 0 || (isChart && !named.some((each) => formOf(each) === formOf(root)));
  // Several generators that fit a folder are one unknown destination.
  const nameOf = (root: RootReference): string => (root.open === true && !isChart ? '' : root.name);
  const counted = both.filter(counts);
  const names = distinct(counted.map(nameOf));
  return [...groupBy(own.filter(counts), nameOf)].flatMap(([name, same]): readonly Way[] => {
    const suffix = names.length > 1 ? [withoutHoles(name)].filter((each) => each !== '') : [];
    const forms = (roots: readonly RootReference[]): number => new Set(roots.map(formOf)).size;
    // A side in which they are equal keeps them apart where they differ on the other one.
    const apart = Math.max(forms(same), forms(counted.filter((root) => others.includes(root) && nameOf(root) === name))) > 1;
    const groups = groupBy(same, (root) => (apart ? `${root.variant ?? root.holder ?? folderOf(root.file)}\n${forms(same) > 1 && root.variant === undefined && root.holder === undefined ? formOf(root) : ''}` : ''));
    return [...groups.values()].flatMap((alike): readonly Way[] => {
      const [root] = alike;
      if (root === undefined) return [];
      const clusters = distinct(alike.flatMap((each) => each.cluster ?? []));
      return [{ root, suffix: [...suffix, ...(apart ? [root.variant ?? root.holder ?? folderOf(root.file)] : [])], cluster: clusters.length === 1 ? clusters[0] : undefined }];
    });
  });
}

function withoutHoles(name: string): string {
  return hasHoles(name) ? name.replace(/\{\{.*?\}\}/gu, '').replace(/^[-/]+|[-/]+$/gu, '') : name;
}

function unitOf(root: RootReference, cluster: string | undefined, { side, other, documents, claims, context }: Sides): UnitSide {
  const { path, overlay } = root;
  const stated = {
    ...(root.namespace === undefined ? {} : { namespace: root.namespace }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(root.pinned === undefined ? {} : { pinned: root.pinned }),
    ...(root.holder === undefined ? {} : { holder: root.holder }),
  };
  const made = { ...(overlay === undefined ? {} : { overlay }), ...(root.substitute === undefined ? {} : { substitute: variablesOf(side, documents, root.substitute) }) };
  if (side.kustomizations.has(path)) return { kind: 'kustomize', path, discovery: root.tool, files: [], inputs: kustomizationInputs(side, path), ...rootFile(side.kustomizations.get(path)), ...stated, ...made };
  const chart = side.charts.get(path);
  if (chart !== undefined) {
    const helm = releaseOf(root, chart.name, { side, other });
    return { kind: 'helm', path, discovery: root.tool, files: [], inputs: chartInputs(side, path, [...helm.values, root.file, ...(root.release?.holders ?? [])]), ...rootFile(chart), ...stated, namespace: helm.namespace, helm };
  }
  const folders = kustomizationsBelow(side, root);
  const own = filesBelow(side, path, root.recurse).filter((file) => mayBeManifestFile(file) && !context.has(file) && root.takes?.(file) !== false && !folders.some((folder) => below(file, folder)));
  // Flux changes plain files as it does a kustomization's, and builds the kustomizations below; Argo CD only fills in the namespace.
  if (root.tool === 'flux' && (Object.keys(made).length > 0 || folders.length > 0)) {
    const files = own.filter((file) => /\.ya?ml$/iu.test(file) && !claims.inChart(file) && holdsManifests(side, file, documents));
    const inputs = folders.map((folder) => kustomizationInputs(side, folder));
    const all: UnitInputs = { folders: new Set([...files.map(folderOf), ...inputs.flatMap((each) => [...each.folders])]), trees: inputs.flatMap((each) => each.trees), files: new Set([...files, ...(root.reads ?? []), ...inputs.flatMap((each) => [...each.files])]) };
    return { kind: 'kustomize', path, discovery: root.tool, files: [], inputs: all, rootFile: root.file, ...stated, ...made, overlay: { ...overlay, generated: [...files, ...folders] } };
  }
  const plain = plainUnit(path, own.filter((file) => !claims.claimed(file)), root.tool);
  return { ...plain, inputs: { ...plain.inputs, files: new Set([...plain.files, ...(root.reads ?? [])]) }, ...stated };
}

/** Flux builds the topmost kustomizations below a folder that has none of its own (R7). @see https://fluxcd.io/flux/components/kustomize/kustomizations/#generating-a-kustomizationyaml-file */
export function kustomizationsBelow(side: SideScan, root: RootReference): readonly string[] {
  if (root.tool !== 'flux' || !root.recurse || side.kustomizations.has(root.path) || side.charts.has(root.path)) return [];
  const all = [...side.kustomizations].flatMap(([folder, { file }]) => (folder !== root.path && below(folder, root.path) && root.takes?.(file) !== false ? [folder] : []));
  return all.filter((folder) => !all.some((over) => over !== folder && below(folder, over))).sort(compareText);
}

function releaseOf(root: RootReference, chartName: string, { side, other }: Pick<Sides, 'side' | 'other'>): Release {
  const { release } = root;
  const name = release?.name ?? chartName;
  const inline = typeof release?.inline === 'string' ? valuesOf(release.inline)?.[0] : release?.inline;
  const values = release?.values ?? [];
  // What neither side has may lie where nobody here can look.
  const missing = release?.wantsAll === true ? values.find((file) => !side.tree.entries.has(file) && other.tree.entries.has(file)) : undefined;
  return { release: name, namespace: root.namespace ?? releaseName(name) ?? name, values, set: release?.set ?? {}, apiVersions: [], ...(inline === undefined || inline === null ? {} : { inline: JSON.stringify(inline) }), ...(release?.instead === true ? { instead: true } : {}), ...(missing === undefined ? {} : { missing }) };
}

function holdsManifests(side: SideScan, file: string, documents: Documents): boolean {
  const found = follow(side.tree, file);
  const reading = found.type === 'blob' ? documents.read(found.blob) : undefined;
  return reading?.type === 'documents' && (reading.manifests || reading.like);
}
