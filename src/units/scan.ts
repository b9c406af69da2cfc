import { sortedBy } from '#lib/order.ts';
import type { Tree } from '#trees/tree.ts';
import { follow, mayBeManifestFile } from './documents.ts';
import type { Documents } from './documents.ts';
import { isKustomization, isKustomizationName, isRecord, localDependencies, readsOfKustomization, records } from './kustomization.ts';
import { baseName, below, folderOf, resolvePath } from './unit.ts';

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
}

export interface KustomizationFile {
  readonly file: string;
  /** False: the file does not parse; what it takes is not known. */
  readonly readable: boolean;
  readonly reads: readonly string[];
  readonly component: boolean;
}

export interface ChartFile {
  readonly file: string;
  /** `name` of Chart.yaml; the folder's name where that cannot be read. */
  readonly name: string;
  readonly library: boolean;
  readonly dependencies: readonly string[];
}

/** A Flux or Argo CD object whose source is a path of this repository (R3b, R7). */
export interface RootReference {
  readonly tool: 'flux' | 'argo';
  /** `namespace/name` of the object. */
  readonly name: string;
  readonly file: string;
  readonly path: string;
  /** Plain YAML below the folder counts too: Flux always, Argo CD with `directory.recurse`. */
  readonly recurse: boolean;
  readonly namespace: string | undefined;
  readonly cluster: string | undefined;
}

export function scanSide(tree: Tree, documents: Documents): SideScan {
  const filesIn = new Map<string, string[]>();
  const folders = new Set<string>(['.']);
  const kustomizations = new Map<string, KustomizationFile>();
  const charts = new Map<string, ChartFile>();
  const roots: RootReference[] = [];
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
    if (mayBeManifestFile(entry.path)) roots.push(...rootsIn(entry.path, tree, documents));
  }
  return { tree, filesIn, folders, kustomizations, charts, roots };
}

function readKustomization(path: string, folder: string, tree: Tree, documents: Documents): KustomizationFile | undefined {
  const found = follow(tree, path);
  const value = found.type === 'blob' ? documents.first(found.blob) : undefined;
  // An empty file is an empty kustomization to the tool; what does not parse still claims its folder (R4).
  if (value === undefined || value === null) return { file: path, readable: value === null, reads: [], component: false };
  if (!isKustomization(value)) return undefined;
  const { paths, component } = readsOfKustomization(folder, value);
  return { file: path, readable: true, reads: paths, component };
}

function readChart(path: string, folder: string, tree: Tree, documents: Documents): ChartFile {
  const found = follow(tree, path);
  const value = found.type === 'blob' ? documents.first(found.blob) : undefined;
  const record = isRecord(value) ? value : {};
  const name = typeof record['name'] === 'string' && record['name'] !== '' ? record['name'] : baseName(folder);
  return { file: path, name, library: record['type'] === 'library', dependencies: localDependencies(folder, value) };
}

/** Written in the file, as cheap a test as there is: most files are none of these. */
const rootMarks = ['kustomize.toolkit.fluxcd.io/', 'argoproj.io/'];

function rootsIn(path: string, tree: Tree, documents: Documents): readonly RootReference[] {
  const found = follow(tree, path);
  if (found.type !== 'blob') return [];
  const text = documents.text(found.blob);
  if (text === undefined || !rootMarks.some((mark) => text.includes(mark))) return [];
  const reading = documents.read(found.blob);
  if (reading.type !== 'documents') return [];
  return reading.documents.flatMap((document) => (document.manifest ? rootsOf(document.value, path) : []));
}

function rootsOf(value: unknown, file: string): readonly RootReference[] {
  if (!isRecord(value) || !isRecord(value['spec'])) return [];
  const version = String(value['apiVersion']);
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const name = `${text(metadata['namespace']) ?? ''}/${text(metadata['name']) ?? ''}`;
  const spec = value['spec'];
  if (version.startsWith('kustomize.toolkit.fluxcd.io/') && value['kind'] === 'Kustomization') {
    const source = isRecord(spec['sourceRef']) ? spec['sourceRef'] : {};
    // OCI artifacts and buckets are outside content (R15).
    if (source['kind'] !== undefined && source['kind'] !== 'GitRepository') return [];
    const path = resolvePath('.', text(spec['path']) ?? './');
    if (path === undefined) return [];
    return [{ tool: 'flux', name, file, path, recurse: true, namespace: text(spec['targetNamespace']), cluster: clusterOf(file) ?? clusterOf(path) }];
  }
  if (version.startsWith('argoproj.io/') && value['kind'] === 'Application') {
    const destination = isRecord(spec['destination']) ? spec['destination'] : {};
    const sources = [...(isRecord(spec['source']) ? [spec['source']] : []), ...records(spec['sources'])];
    return sources.flatMap((source): readonly RootReference[] => {
      const written = text(source['path']);
      const path = written === undefined || written.includes('{{') ? undefined : resolvePath('.', written);
      if (path === undefined) return [];
      const directory = isRecord(source['directory']) ? source['directory'] : {};
      const cluster = text(destination['name']) ?? text(destination['server']);
      return [{ tool: 'argo', name, file, path, recurse: directory['recurse'] === true, namespace: text(destination['namespace']), cluster }];
    });
  }
  return [];
}

/** `clusters/<x>/…`: how Flux repositories name what a root is for (R19). */
function clusterOf(path: string): string | undefined {
  const steps = path.split('/');
  const at = steps.indexOf('clusters');
  const name = at < 0 ? undefined : steps[at + 1];
  return name === undefined || mayBeManifestFile(name) ? undefined : name;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
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
