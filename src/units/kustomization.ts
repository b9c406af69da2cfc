import { resolvePath } from './unit.ts';

const names = new Set(['kustomization.yaml', 'kustomization.yml', 'Kustomization']);

/** The three names that kustomize looks for. @see https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization */
export function isKustomizationName(name: string): boolean {
  return names.has(name);
}

/** Flux's own `Kustomization` object is often kept in a file of this name; it is a manifest, not a kustomization. */
export function isKustomization(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isRecord(value)) return false;
  const version = value['apiVersion'];
  return version === undefined || (typeof version === 'string' && version.startsWith('kustomize.config.k8s.io/'));
}

export interface KustomizationReads {
  /** Paths in the repository: files or folders; only the tree knows which. */
  readonly paths: readonly string[];
  /** A `kind: Component` is a unit only through its users (R9). */
  readonly component: boolean;
}

/** Fields whose entries are a file, a folder or an address, or inline YAML (a text of several lines). */
const pathLists = ['resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators', 'patchesStrategicMerge'];

/**
 * Every path that a kustomization takes something from, as far as its own text tells.
 * @see https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
 */
export function readsOfKustomization(folder: string, value: Readonly<Record<string, unknown>>): KustomizationReads {
  const written: string[] = [];
  for (const field of pathLists) written.push(...texts(value[field]));
  for (const field of ['patches', 'patchesJson6902', 'replacements']) {
    for (const entry of records(value[field])) written.push(...texts([entry['path']]));
  }
  for (const field of ['configMapGenerator', 'secretGenerator']) {
    for (const entry of records(value[field])) {
      // `key=path` renames the entry.
      written.push(...texts(entry['files']).map((text) => text.slice(text.indexOf('=') + 1)), ...texts(entry['envs']), ...texts([entry['env']]));
    }
  }
  const openapi = value['openapi'];
  if (isRecord(openapi)) written.push(...texts([openapi['path']]));
  const globals = value['helmGlobals'];
  const chartHome = isRecord(globals) && typeof globals['chartHome'] === 'string' ? globals['chartHome'] : 'charts';
  for (const field of ['helmCharts', 'helmChartInflationGenerator']) {
    for (const entry of records(value[field])) {
      written.push(...texts([entry['valuesFile'], entry['values']]), ...texts(entry['additionalValuesFiles']));
      const name = field === 'helmCharts' ? entry['name'] : entry['chartName'];
      if (typeof name === 'string' && name !== '') written.push(`${chartHome}/${name}`);
    }
  }
  const paths = written.filter((text) => !text.includes('\n')).flatMap((text) => resolvePath(folder, text) ?? []);
  return { paths: [...new Set(paths)], component: value['kind'] === 'Component' };
}

/** Files that it lays over objects, and those whose objects it takes. */
export function patchesOfKustomization(folder: string, value: Readonly<Record<string, unknown>>): { readonly patches: readonly string[]; readonly taken: readonly string[] } {
  const within = (written: readonly string[]): readonly string[] => written.filter((text) => !text.includes('\n')).flatMap((text) => resolvePath(folder, text) ?? []);
  const patches = [...texts(value['patchesStrategicMerge']), ...['patches', 'patchesJson6902'].flatMap((field) => records(value[field])).flatMap((entry) => texts([entry['path']]))];
  return { patches: within(patches), taken: within(['resources', 'bases'].flatMap((field) => texts(value[field]))) };
}

/** Keys of built-in generators and transformers that name files. */
const pluginPaths = new Set(['path', 'paths', 'files', 'envs', 'env', 'fileSources', 'envSources', 'valuesFile', 'additionalValuesFiles']);

/** Paths that the documents of a generator, transformer or validator take something from; paths of fields are among them and lead to no file. */
export function readsOfPlugin(folder: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => readsOfPlugin(folder, entry));
  if (!isRecord(value)) return [];
  const chart = value['kind'] === 'HelmChartInflationGenerator' && typeof value['name'] === 'string' ? [`${typeof value['chartHome'] === 'string' ? value['chartHome'] : 'charts'}/${value['name']}`] : [];
  return [...chart, ...Object.entries(value).flatMap(([key, entry]) => (pluginPaths.has(key) ? texts(Array.isArray(entry) ? entry : [entry]).map((text) => text.slice(text.indexOf('=') + 1)) : []))]
    .flatMap((text) => resolvePath(folder, text) ?? [])
    .concat(Object.values(value).flatMap((entry) => (isRecord(entry) || Array.isArray(entry) ? readsOfPlugin(folder, entry) : [])));
}

/** Paths of the charts that a chart builds on and that lie in the repository (`file://`). */
export function localDependencies(folder: string, chart: unknown): readonly string[] {
  if (!isRecord(chart)) return [];
  return records(chart['dependencies']).flatMap((entry) => {
    const repository = entry['repository'];
    if (typeof repository !== 'string' || !repository.startsWith('file://')) return [];
    return resolvePath(folder, repository.slice('file://'.length)) ?? [];
  });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '') : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function textMap(value: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value).flatMap(([key, entry]) => (typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean' ? [[key, String(entry)]] : [])));
}
