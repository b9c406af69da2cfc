import { sortedBy } from '#lib/order.ts';
import type { Side, Tree, TreePair } from '#trees/tree.ts';
import { follow, mayBeManifestFile } from './documents.ts';
import type { Documents } from './documents.ts';
import type { OutsideContent } from './build.ts';
import { saidBy, valuesOf } from './build.ts';
import { isKustomization, isKustomizationName, isRecord, localDependencies, patchesOfKustomization, readsOfKustomization, readsOfPlugin, records, texts } from './kustomization.ts';
import { releaseName } from './helm-build.ts';
import { fluxParts, withBorrowed, type FluxParts } from './flux-parts.ts';
import { gitSourceOf, gitSources } from './git-sources.ts';
import { unknownRepository, type RepositoryFacts } from './repository.ts';
import { rootMarks, rootsOf, type RootContext, type RootReference, type RootsOfFile } from './roots.ts';
import { baseName, below, folderOf, resolvePath } from './unit.ts';

export type { RootReference };

/** One side's tree, as far as files and objects in it name units. */
export interface SideScan {
  readonly tree: Tree;
  /** Every file by the folder that directly holds it, in code-unit order. */
  readonly filesIn: ReadonlyMap<string, readonly string[]>;
  /** Every folder that exists. */
  readonly folders: ReadonlySet<string>;
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  readonly charts: ReadonlyMap<string, ChartFile>;
  readonly roots: readonly RootReference[];
  /** Charts and artifacts of other places that the objects here deploy (R15). */
  readonly outside: readonly OutsideContent[];
  /** Files in which an object of Flux or Argo CD is written. */
  readonly rootFiles: ReadonlySet<string>;
}

/** An object that may name what is deployed, or say something about it. */
export interface RootObject {
  readonly file: string;
  readonly line: number;
  readonly value: unknown;
  /** The unit whose rendering holds it; absent: it is read as it is written. */
  readonly holder?: string;
}

/** Objects of Flux and Argo CD as units deploy them: an overlay may change what a root names, a chart makes it. They stand in for what the files say. */
export interface RenderedRoots {
  readonly files: ReadonlySet<string>;
  readonly objects: readonly RootObject[];
}

export const noRenderedRoots: RenderedRoots = { files: new Set(), objects: [] };

export interface KustomizationFile {
  readonly file: string;
  /** False: the file does not parse; what it takes is not known. */
  readonly readable: boolean;
  readonly reads: readonly string[];
  readonly component: boolean;
  /** It changes objects that it takes, or content that they read; more than names alone. */
  readonly edits: boolean;
  readonly patches: readonly string[];
  /** Files and folders whose objects it takes. */
  readonly taken: readonly string[];
}

export interface ChartFile {
  readonly file: string;
  /** `name` of Chart.yaml; the folder's name where that cannot be read. */
  readonly name: string;
  readonly library: boolean;
  readonly dependencies: readonly string[];
}

/** A side as its files are, and its objects: what these name is known with the other side at hand (R18). */
interface FileScan {
  readonly scan: SideScan;
  readonly objects: readonly RootObject[];
  readonly parts: FluxParts;
}

export interface ScanOptions {
  readonly repository?: RepositoryFacts;
  readonly rendered?: Readonly<Record<Side, RenderedRoots>> | undefined;
}

export function scanSides({ base, head }: TreePair, documents: Documents, { repository = unknownRepository, rendered }: ScanOptions = {}): Readonly<Record<Side, SideScan>> {
  const own = scanFiles(base, documents, rendered?.base ?? noRenderedRoots);
  if (base === head) {
    const scan = withRoots(own, own.parts, documents, repository);
    return { base: scan, head: scan };
  }
  const other = scanFiles(head, documents, rendered?.head ?? noRenderedRoots);
  return { base: withRoots(own, other.parts, documents, repository), head: withRoots(other, own.parts, documents, repository) };
}

function scanFiles(tree: Tree, documents: Documents, rendered: RenderedRoots): FileScan {
  const filesIn = new Map<string, string[]>();
  const folders = new Set<string>(['.']);
  const kustomizations = new Map<string, KustomizationFile>();
  const charts = new Map<string, ChartFile>();
  const mayHoldRoots: string[] = [];
  for (const entry of sortedBy(tree.entries.values(), (each) => each.path)) {
    if (entry.type === 'submodule') continue;
    const folder = folderOf(entry.path);
    const list = filesIn.get(folder);
    if (list === undefined) {
      filesIn.set(folder, [entry.path]);
      for (let at = folder; !folders.has(at); at = folderOf(at)) folders.add(at);
    } else list.push(entry.path);
    const name = baseName(entry.path);
    if (isKustomizationName(name)) {
      const read = readKustomization(entry.path, folder, tree, documents);
      if (read !== undefined && !kustomizations.has(folder)) kustomizations.set(folder, read);
    } else if (name === 'Chart.yaml') charts.set(folder, readChart(entry.path, folder, tree, documents));
    if (mayBeManifestFile(entry.path)) mayHoldRoots.push(entry.path);
  }
  const scan: SideScan = { tree, filesIn, folders, kustomizations, charts, roots: [], outside: [], rootFiles: new Set() };
  const laid = laidOver(kustomizations);
  const written = writtenRoots(tree, mayHoldRoots.filter((file) => !laid.has(file)), documents);
  const objects = rendered.files.size === 0 ? written : [...written.filter(({ file }) => !rendered.files.has(file)), ...rendered.objects];
  return { scan: { ...scan, rootFiles: new Set(written.map(({ file }) => file)) }, objects, parts: fluxParts({ tree, kustomizations }, objects, documents) };
}

function withRoots({ scan, objects, parts }: FileScan, others: FluxParts, documents: Documents, repository: RepositoryFacts): SideScan {
  const found = rootsIn(scan, objects, { parts: parts === others ? parts : withBorrowed(parts, others), documents, repository });
  return { ...scan, roots: found.flatMap((each) => each.roots), outside: found.flatMap((each) => each.outside) };
}

/** Files that are patches and nothing else: what they hold is a part of an object, which deploys nothing by itself. */
function laidOver(kustomizations: ReadonlyMap<string, KustomizationFile>): ReadonlySet<string> {
  const taken = new Set([...kustomizations.values()].flatMap((each) => each.taken));
  return new Set([...kustomizations.values()].flatMap((each) => each.patches).filter((file) => !taken.has(file)));
}

function readKustomization(path: string, folder: string, tree: Tree, documents: Documents): KustomizationFile | undefined {
  const found = follow(tree, path);
  const value = found.type === 'blob' ? documents.first(found.blob) : undefined;
  // An empty file is an empty kustomization to the tool; what does not parse still claims its folder (R4).
  if (value === undefined || value === null) return { file: path, readable: value === null, reads: [], component: false, edits: false, patches: [], taken: [] };
  if (!isKustomization(value)) return undefined;
  const { paths, component } = readsOfKustomization(folder, value);
  const plugins = ['generators', 'transformers', 'validators'].flatMap((field) => texts(value[field])).flatMap((written): readonly string[] => {
    const there = written.includes('\n') ? undefined : resolvePath(folder, written);
    const text = there === undefined ? written : textAt(tree, there, documents);
    return text === undefined ? [] : (valuesOf(text) ?? []).flatMap((each) => readsOfPlugin(folder, each));
  });
  // Of a plugin's paths only what is there is a file.
  return { file: path, readable: true, reads: [...new Set([...paths, ...plugins.filter((each) => tree.entries.has(each) || tree.entries.has(`${each}/Chart.yaml`))])], component, edits: editing.some((field) => value[field] !== undefined) || changesGenerated(value), ...patchesOfKustomization(folder, value) };
}

function textAt(tree: Tree, path: string, documents: Documents): string | undefined {
  const found = follow(tree, path);
  return found.type === 'blob' ? documents.text(found.blob) : undefined;
}

/** It adds to a ConfigMap or Secret that another kustomization generates, or replaces it. */
function changesGenerated(value: Readonly<Record<string, unknown>>): boolean {
  return ['configMapGenerator', 'secretGenerator'].some((field) => records(value[field]).some(({ behavior }) => behavior === 'merge' || behavior === 'replace'));
}

const editing = ['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'components', 'transformers', 'vars', 'namePrefix', 'nameSuffix'];

function readChart(path: string, folder: string, tree: Tree, documents: Documents): ChartFile {
  const found = follow(tree, path);
  const value = found.type === 'blob' ? documents.first(found.blob) : undefined;
  const record = isRecord(value) ? value : {};
  const name = typeof record['name'] === 'string' && record['name'] !== '' ? record['name'] : baseName(folder);
  // What stands for its release and namespace (R22) must be a name for them.
  return { file: path, name: releaseName(name) ?? name, library: record['type'] === 'library', dependencies: localDependencies(folder, value) };
}

function writtenRoots(tree: Tree, paths: readonly string[], documents: Documents): readonly RootObject[] {
  return paths.flatMap((file) => {
    const found = follow(tree, file);
    const text = found.type === 'blob' ? documents.text(found.blob) : undefined;
    if (found.type !== 'blob' || text === undefined || !rootMarks.some((mark) => text.includes(mark))) return [];
    const reading = documents.read(found.blob);
    return reading.type === 'documents' ? reading.documents.flatMap(({ manifest, value, startLine }) => (manifest ? [{ file, value, line: startLine }] : [])) : [];
  });
}

interface Known {
  readonly parts: FluxParts;
  readonly documents: Documents;
  readonly repository: RepositoryFacts;
}

/** Roots and outside content, once every folder and every source object is known. */
function rootsIn({ tree, folders }: SideScan, objects: readonly RootObject[], { parts, documents, repository }: Known): readonly RootsOfFile[] {
  const context: Omit<RootContext, 'file' | 'line' | 'holder'> = {
    folders,
    repository,
    gitSources: gitSources(objects.flatMap(({ file, value }) => gitSourceOf(value, file) ?? []), repository),
    parts,
    contentOf: (file) => {
      const there = follow(tree, file);
      const text = there.type === 'blob' ? documents.text(there.blob) : undefined;
      return text === undefined ? undefined : saidBy(text);
    },
    valuesOf: (file) => {
      const there = follow(tree, file);
      return there.type === 'blob' ? documents.first(there.blob) : undefined;
    },
    files: [...tree.entries.keys()],
    ignoreFiles: ignoreFilesOf(tree, documents),
  };
  return objects.map(({ file, value, line, holder }): RootsOfFile => {
    const { roots, outside } = rootsOf(value, { ...context, file, line, holder });
    return { roots: holder === undefined ? roots : roots.map((root) => ({ ...root, holder })), outside };
  });
}

function ignoreFilesOf(tree: Tree, documents: Documents): RootContext['ignoreFiles'] {
  const found = [...tree.entries.keys()].filter((path) => baseName(path) === '.sourceignore').flatMap((file) => {
    const text = textAt(tree, file, documents);
    return text === undefined ? [] : [{ file, folder: folderOf(file), text }];
  });
  return sortedBy(found, ({ folder }) => (folder === '.' ? 0 : folder.split('/').length), ({ file }) => file);
}

/** Values files that make a chart's sets: `values-*.yaml` and `*values*.yaml` beside it, `values.yaml` itself apart (R3d). */
export function valuesFilesOf(scan: SideScan, folder: string): readonly string[] {
  return (scan.filesIn.get(folder) ?? []).filter((path) => {
    const name = baseName(path);
    return /values.*\.ya?ml$/iu.test(name) && name !== 'values.yaml' && name !== 'values.yml';
  });
}

/** The folder is there on this side, with something in it. */
export function exists(scan: SideScan, path: string): boolean {
  return scan.tree.entries.has(path) || scan.folders.has(path);
}

/** Files directly in a folder, or anywhere below it. */
export function filesBelow(scan: SideScan, folder: string, recurse: boolean): readonly string[] {
  if (!recurse) return scan.filesIn.get(folder) ?? [];
  const found: string[] = [];
  for (const [each, files] of scan.filesIn) if (below(each, folder)) found.push(...files);
  return sortedBy(found, (path) => path);
}
