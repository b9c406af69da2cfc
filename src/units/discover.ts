import { compileGlobs } from '#lib/glob.ts';
import { compareText, distinct, sortedBy } from '#lib/order.ts';
import { changedPaths } from '#trees/changes.ts';
import type { Side, TreePair } from '#trees/tree.ts';
import { chartInputs, claimsFor, dependencyCharts, kustomizationInputs, referredKustomizations } from './claims.ts';
import { documentsOf, follow, mayBeManifestFile } from './documents.ts';
import type { Documents, Reading } from './documents.ts';
import { pairUnits } from './pairing.ts';
import { exists, filesBelow, scanSides, valuesFilesOf } from './scan.ts';
import { kustomizationsBelow, rootUnits } from './root-units.ts';
import { rootHolders } from './root-holders.ts';
import type { RenderedRoots, RootReference, SideScan } from './scan.ts';
import { unknownRepository, type RepositoryFacts } from './repository.ts';
import { baseName, below, folderOf, plainUnit, resolvePath, rootFile } from './unit.ts';
import type { OutsideContent } from './build.ts';
import type { Release, Unit, UnitsConfig, UnitSide } from './unit.ts';

export interface Discovered {
  /** In code-unit order of their ids. */
  readonly units: readonly Unit[];
  /** Files that `context:` names, per side, in code-unit order. They belong to no unit. */
  readonly context: Readonly<Record<Side, readonly string[]>>;
  /** Context of one environment only. */
  readonly environmentContext: ReadonlyMap<string, Readonly<Record<Side, readonly string[]>>>;
  /** Files that `ignore:` took out of discovery, over both sides (R11). */
  readonly ignored: readonly string[];
  /** Broken files that look like no manifest and lie in no unit (R17): counted, not reported. */
  readonly unlike: readonly string[];
  /** Paths of the configuration that exist on neither side. */
  readonly missing: readonly string[];
  /** Folders of other repositories that nothing here can read. */
  readonly submodules: readonly string[];
  /** Units that no Flux or Argo CD root reaches (R10). */
  readonly unreferenced: ReadonlySet<string>;
  /** Units that change or make objects of Flux or Argo CD: what these name is known once they are rendered. */
  readonly rootHolders: Readonly<Record<Side, ReadonlySet<string>>>;
  /** Charts and artifacts of other places that Flux and Argo CD objects deploy (R15). */
  readonly outside: Readonly<Record<Side, readonly OutsideContent[]>>;
  readonly documents: Documents;
}

const unseenKinds: ReadonlySet<string> = new Set(['missing-object', 'not-readable', 'too-large', 'lfs-pointer', 'limit']);

/** A further look, once units that hold roots are rendered. */
export interface RenderedAgain {
  readonly documents: Documents;
  readonly roots: Readonly<Record<Side, RenderedRoots>>;
}

/** The units of both sides (R3 to R6, R9, R11, R12, R17): found over both together, present per side. */
export function discoverUnits(pair: TreePair, config: UnitsConfig, repository: RepositoryFacts = unknownRepository, again?: RenderedAgain): Discovered {
  const documents = again?.documents ?? documentsOf(pair.blobs);
  if (pair.base !== pair.head) insistOnFormerManifests(pair, documents);
  const { base, head } = scanSides(pair, documents, { repository, rendered: again?.roots });
  const ignored = new Set<string>();
  const unlike = new Set<string>();
  const contextOf = (paths: readonly string[]): Record<Side, readonly string[]> => ({ base: contextFiles(base, paths), head: contextFiles(head, paths) });
  const context = contextOf(config.context);
  const environmentContext = new Map(Object.entries(config.environments).map(([name, environment]) => [name, contextOf(environment.context)]));
  const contextPaths = new Set([...context.base, ...context.head, ...[...environmentContext.values()].flatMap((files) => [...files.base, ...files.head])]);

  const build = (side: SideScan, other: SideScan, roots: readonly RootReference[]): ReadonlyMap<string, UnitSide> => {
    const found = new Map<string, UnitSide>();
    const claims = claimsFor(side, other);
    const isIgnored = compileGlobs(config.ignore);
    const taken = takenBy(side, config, roots);
    for (const [id, unit] of configuredUnits(side, config, claims.claimed, contextPaths)) found.set(id, unit);
    for (const [id, unit] of rootUnits({ side, other, documents, claims, context: contextPaths })) if (!found.has(id)) found.set(id, unit);
    const referred = new Set([...referredKustomizations(side), ...roots.flatMap((root) => kustomizationsBelow(side, root))]);
    for (const [folder, kustomization] of side.kustomizations) {
      if (referred.has(folder) || kustomization.component || taken.roots.has(folder)) continue;
      if (isIgnored(kustomization.file)) ignored.add(kustomization.file);
      else found.set(folder, { kind: 'kustomize', path: folder, discovery: 'kustomization', files: [], inputs: kustomizationInputs(side, folder), rootFile: kustomization.file });
    }
    const dependencies = dependencyCharts(side);
    // A chart that a kustomization inflates is a unit only through its user (R9).
    const inflated = new Set([...side.kustomizations.values()].flatMap((kustomization) => kustomization.reads));
    for (const [folder, chart] of side.charts) {
      if (dependencies.has(folder) || chart.library || taken.roots.has(folder) || inflated.has(folder)) continue;
      if (isIgnored(chart.file)) {
        ignored.add(chart.file);
        continue;
      }
      // R6: the set of values files is that of both sides.
      const values = distinct([...valuesFilesOf(side, folder), ...valuesFilesOf(other, folder)]);
      for (const file of values.length === 0 ? [undefined] : values) {
        const id = file === undefined ? folder : `${folder}@${baseName(file)}`;
        found.set(id, {
          kind: 'helm',
          path: folder,
          discovery: 'chart',
          files: [],
          inputs: chartInputs(side, folder, []),
          rootFile: chart.file,
          ...(file === undefined ? {} : { valuesFile: file }),
          // R22: without a known release, release = namespace = chart name.
          namespace: chart.name,
          helm: { release: chart.name, namespace: chart.name, values: file === undefined ? [] : [file], set: {}, apiVersions: [], guessed: true },
        });
      }
    }
    for (const [folder, files] of plainFolders(side, other, documents, (path) => {
      if (contextPaths.has(path) || taken.files(path) || claims.claimed(path)) return false;
      if (!isIgnored(path)) return true;
      ignored.add(path);
      return false;
    }, unlike)) {
      if (!found.has(folder)) found.set(folder, plainUnit(folder, files, 'folder'));
    }
    return found;
  };

  // R5: a deleted root takes its objects away, so what the base's roots name is not found again at the head as plain YAML. The other way round a
  // folder that a *new* root names was there before: where it is changed with it, or where no root reached anything, it is compared with what it held
  // (R10), so that a root that comes with a change hides nothing. Else all that is new is that it is deployed at all.
  const baseUnits = build(base, head, base.roots);
  const headUnits = head === base ? baseUnits : build(head, base, [...head.roots, ...base.roots]);
  const units = pairUnits(baseUnits, headUnits, { base, head, documents }).map((unit): Unit => (isNewlyDeployed(unit, base) && !changesIn(unit, pair) ? { id: unit.id, base: undefined, head: unit.head } : unit));
  return {
    units: sortedBy(units, (unit) => unit.id),
    context,
    environmentContext,
    ignored: distinct(ignored),
    unlike: distinct(unlike),
    missing: distinct(
      [...config.units.map((unit) => unit.path), ...config.context, ...Object.values(config.environments).flatMap((each) => each.context)].filter((path) => {
        const at = resolvePath('.', path);
        if (at === undefined) return true;
        return !exists(base, at) && !exists(head, at) && contextFiles(base, [path]).length + contextFiles(head, [path]).length === 0;
      }),
    ),
    unreferenced: unreferencedUnits(units, base, head),
    rootHolders: { base: rootHolders(units, base, 'base', documents), head: rootHolders(units, head, 'head', documents) },
    outside: { base: base.outside, head: head.outside },
    submodules: distinct([...pair.base.entries.values(), ...pair.head.entries.values()].flatMap((entry) => (entry.type === 'submodule' ? [entry.path] : []))),
    documents,
  };
}

/** R17: what was a manifest on the base side counts, however little of one is left. The other way round an object that comes is told as added. */
function insistOnFormerManifests({ base, head }: TreePair, documents: Documents): void {
  for (const [path, entry] of head.entries) {
    const former = base.entries.get(path);
    if (entry.type !== 'file' || former?.type !== 'file' || entry.blob === former.blob || !mayBeManifestFile(path)) continue;
    const reading = documents.read(former.blob);
    if (reading.type === 'documents' && reading.manifests) documents.insist(entry.blob);
  }
}

/** Files of `context:`: a file, everything below a folder, or a pattern. */
function contextFiles(scan: SideScan, paths: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const patterns: string[] = [];
  for (const written of paths) {
    const path = resolvePath('.', written);
    if (path !== undefined && scan.tree.entries.has(path)) found.add(path);
    else if (path !== undefined && scan.folders.has(path)) for (const file of filesBelow(scan, path, true)) if (mayBeManifestFile(file)) found.add(file);
    else if (/[*?]/u.test(written)) patterns.push(written);
  }
  if (patterns.length > 0) {
    const matches = compileGlobs(patterns);
    for (const path of scan.tree.entries.keys()) if (mayBeManifestFile(path) && matches(path)) found.add(path);
  }
  return distinct(found);
}

interface Taken {
  /** Folders whose kustomization or chart (a) or (b) already names. */
  readonly roots: ReadonlySet<string>;
  readonly files: (path: string) => boolean;
}

function takenBy(side: SideScan, config: UnitsConfig, roots: readonly RootReference[]): Taken {
  const configured = config.units.flatMap((unit) => resolvePath('.', unit.path) ?? []);
  // Of a folder with a kustomization or chart of its own, only what that takes is the root's.
  const plain = roots.filter((root) => !side.kustomizations.has(root.path) && !side.charts.has(root.path));
  const recursive = new Set([...configured, ...plain.filter((root) => root.recurse && root.takes === undefined).map((root) => root.path)]);
  const direct = new Set(plain.filter((root) => !root.recurse && root.takes === undefined).map((root) => root.path));
  const chosen = plain.filter((root) => root.takes !== undefined);
  return {
    roots: new Set([...configured, ...roots.map((root) => root.path)]),
    files: (path) => direct.has(folderOf(path)) || isBelowAny(path, recursive) || chosen.some((root) => (root.recurse ? below(path, root.path) : folderOf(path) === root.path)),
  };
}

function isBelowAny(path: string, folders: ReadonlySet<string>): boolean {
  if (folders.size === 0) return false;
  for (let at = path; ; at = folderOf(at)) {
    if (folders.has(at)) return true;
    if (at === '.') return false;
  }
}

/** R3a. A path named twice (a chart with several values) is one unit per values file. */
function configuredUnits(side: SideScan, config: UnitsConfig, claimed: (path: string) => boolean, context: ReadonlySet<string>): readonly (readonly [string, UnitSide])[] {
  return config.units.flatMap((unit): readonly (readonly [string, UnitSide])[] => {
    const path = resolvePath('.', unit.path);
    if (path === undefined || !exists(side, path)) return [];
    const stated = {
      ...(unit.environment === undefined ? {} : { environment: unit.environment }),
      ...(unit.namespace === undefined ? {} : { namespace: unit.namespace }),
    };
    if (unit.helm !== undefined || (unit.kustomize === undefined && side.charts.has(path))) {
      const values = (unit.helm?.values ?? []).map((file) => resolvePath(path, file) ?? file);
      const namespace = unit.namespace ?? unit.helm?.namespace ?? side.charts.get(path)?.name;
      const last = values.at(-1);
      const { release, set, apiVersions, kubeVersion } = unit.helm ?? {};
      const name = release ?? side.charts.get(path)?.name ?? baseName(path);
      const helm: Release = { release: name, namespace: unit.helm?.namespace ?? namespace ?? name, values, set: set ?? {}, apiVersions: apiVersions ?? [], ...(kubeVersion === undefined ? {} : { kubeVersion }) };
      const id = last === undefined ? path : `${path}@${baseName(last)}`;
      return [[id, { kind: 'helm', path, discovery: 'configuration', files: [], inputs: chartInputs(side, path, values), helm, ...rootFile(side.charts.get(path)), ...stated, ...(namespace === undefined ? {} : { namespace }), ...(last === undefined ? {} : { valuesFile: last }) }]];
    }
    if (unit.kustomize !== undefined || side.kustomizations.has(path)) {
      return [[path, { kind: 'kustomize', path, discovery: 'configuration', files: [], inputs: kustomizationInputs(side, path), ...rootFile(side.kustomizations.get(path)), ...stated }]];
    }
    const files = side.tree.entries.has(path) ? [path] : filesBelow(side, path, true);
    return [[path, { ...plainUnit(path, files.filter((file) => mayBeManifestFile(file) && !claimed(file) && !context.has(file)), 'configuration'), ...stated }]];
  });
}

/**
 * R10: units that no Flux or Argo CD root reaches, where roots reach anything at all. A side without roots reaches everything, so that the first root frees nothing.
 */
function unreferencedUnits(units: readonly Unit[], base: SideScan, head: SideScan): ReadonlySet<string> {
  return new Set(units.flatMap((unit) => (isReached(base, unit.id, unit.base) || isReached(head, unit.id, unit.head) ? [] : [unit.id])));
}

function isReached(scan: SideScan, id: string, unit: UnitSide | undefined): boolean {
  const roots = scan.roots.filter((root) => exists(scan, root.path));
  if (roots.length === 0) return scan.tree.entries.size > 0;
  if (unit === undefined) return false;
  if (isNamed(unit)) return true;
  if (roots.some((root) => root.holder === id)) return true;
  const files = new Set(roots.map((root) => root.file));
  // Flux has taken the kustomizations below that it builds; one inside of those is nobody's.
  return roots.some((root) => root.recurse && !(root.tool === 'flux' && unit.kind === 'kustomize') && !scan.kustomizations.has(root.path) && below(unit.path, root.path)) || unit.files.some((file) => files.has(file)) || [...files].some((file) => unit.inputs.files.has(file) || unit.inputs.folders.has(folderOf(file)));
}

/** By the configuration, or by an object of Flux or Argo CD; else it was found where it lies. */
function isNamed({ discovery }: UnitSide): boolean {
  return discovery !== 'kustomization' && discovery !== 'chart' && discovery !== 'folder';
}

/** R5: no root of the base reached it, though some reached others, and one of the head names it. */
function isNewlyDeployed({ id, base: before, head: after }: Unit, base: SideScan): boolean {
  return before !== undefined && after !== undefined && !isNamed(before) && isNamed(after) && after.discovery !== 'configuration' && !isReached(base, id, before);
}

function changesIn({ base, head }: Unit, pair: TreePair): boolean {
  return changedPaths(pair).some(({ path }) =>
    [base, head].some((side) => side !== undefined && (side.valuesFile === path || side.inputs.files.has(path) || side.inputs.folders.has(folderOf(path)) || side.inputs.trees.some((tree) => below(path, tree)))),
  );
}

/** R3e, R17: each folder that directly holds manifests, with the broken files that lie in it. */
function plainFolders(
  side: SideScan,
  other: SideScan,
  documents: Documents,
  free: (path: string) => boolean,
  unlike: Set<string>,
): readonly (readonly [string, readonly string[]])[] {
  const readingAt = (scan: SideScan, path: string): Reading => {
    const found = follow(scan.tree, path);
    if (found.type === 'blob') return documents.read(found.blob);
    return found.type === 'none' ? { type: 'nothing' } : { type: 'unreadable', problem: found.problem };
  };
  const holds = (reading: Reading): boolean => reading.type === 'documents' && (reading.manifests || reading.like);
  // Content that nobody could look at may well be a manifest: it is named, not counted away.
  const unseen = (path: string, reading: Reading): boolean => reading.type === 'unreadable' && unseenKinds.has(reading.problem.kind) && !path.endsWith('.json');
  const found: (readonly [string, readonly string[]])[] = [];
  for (const [folder, paths] of side.filesIn) {
    const files: string[] = [];
    const doubtful: string[] = [];
    for (const path of paths) {
      if (!mayBeManifestFile(path) || !free(path)) continue;
      const reading = readingAt(side, path);
      if (holds(reading) || unseen(path, reading)) files.push(path);
      else if (reading.type === 'unreadable' || (reading.type === 'documents' && reading.broken)) doubtful.push(path);
    }
    const isUnit = files.length > 0 || (doubtful.length > 0 && (other.filesIn.get(folder) ?? []).some((each) => mayBeManifestFile(each) && free(each) && holds(readingAt(other, each))));
    const counted = doubtful.filter((path) => {
      const counts = isUnit || holds(readingAt(other, path));
      if (!counts) unlike.add(path);
      return counts;
    });
    if (files.length + counted.length > 0) found.push([folder, [...files, ...counted].sort(compareText)]);
  }
  return found;
}
