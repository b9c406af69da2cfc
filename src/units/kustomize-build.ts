/**
 * Prepares a kustomization for the real tool (R13 to R15). Every kustomization of the unit is read here, checked and written anew, so that the tool reads exactly
 * what was checked; of everything else only files that a kustomization names are handed over.
 * @see https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
 */
import { shortHash } from '#lib/canonical.ts';
import { parseStream } from '#source/documents.ts';
import type { Source} from './build.ts';
import { buildOrProblem, fail, isAddress, lineOf, refuse, valuesOf, type Build, type BuildFile, type OutsideContent } from './build.ts';
import { inflatedCharts } from './kustomize-charts.ts';
import { aimedOutside } from './kustomize-outside.ts';
import { anyName, generatedNames, targetedPatches, withoutOutside } from './kustomize-patches.ts';
import { objectsOf } from './pairing.ts';
import { isKustomization, isKustomizationName, isRecord, records, texts } from './kustomization.ts';
import { baseName, below, folderOf, resolvePath } from './unit.ts';

export type Fields = Record<string, unknown>;

/** What a Flux Kustomization or an Argo CD Application adds to the root, as its controller does (R7). */
export interface Overlay {
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly patches?: readonly unknown[];
  readonly images?: readonly unknown[];
  readonly components?: readonly string[];
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly commonAnnotations?: Readonly<Record<string, string>>;
  /** Labels of objects only, not of selectors and templates. */
  readonly metadataLabels?: Readonly<Record<string, string>>;
  /** Files and folders that a controller takes where the folder has no kustomization of its own. */
  readonly generated?: readonly string[];
}

export interface KustomizeRoot {
  /** Folder of the kustomization. */
  readonly folder: string;
  readonly overlay?: Overlay | undefined;
  /** Whose Application it is; else whatever deploys the repository. */
  readonly argo?: boolean;
}

export function buildKustomization(source: Source, root: KustomizeRoot): Build {
  return buildOrProblem(() => {
    const builder = new Builder(source, root);
    builder.run();
    return { type: 'ready', files: builder.written(), inflates: builder.inflates, moved: builder.moved, outside: builder.outside };
  });
}

const fields = new Set([
  'apiVersion', 'kind', 'metadata', 'openapi', 'namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'labels', 'commonAnnotations', 'patchesStrategicMerge', 'patchesJson6902', 'patches', 'images', 'imageTags', 'replacements', 'replicas', 'vars',
  'sortOptions', 'resources', 'components', 'crds', 'bases', 'configMapGenerator', 'secretGenerator', 'helmGlobals', 'helmCharts', 'helmChartInflationGenerator', 'generatorOptions', 'configurations', 'generators', 'transformers', 'validators', 'inventory', 'buildMetadata', 'namespacePrefix',
]);
const lowered = new Map([...fields].map((name) => [name.toLowerCase(), name]));
/** Keys below which the tool looks for files; another spelling of them would be read by the tool and missed here. */
const pathKeys = ['path', 'files', 'envs', 'env', 'valuesFile', 'additionalValuesFiles', 'chartHome', 'configHome', 'repo', 'name', 'releaseName'];
const loweredPathKeys = new Map(pathKeys.map((name) => [name.toLowerCase(), name]));

/** What a kustomization holds with those that it takes. */
interface Below {
  readonly names: ReadonlySet<string>;
  readonly objects: readonly { readonly kind: string; readonly name: string }[];
  readonly files: ReadonlySet<string>;
}

const mostKustomizations = 500;
/** Keys of a `HelmChartInflationGenerator` that an entry of `helmCharts` lacks. */
const notOfChart: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'chartHome', 'configHome']);

/** Below a kustomization, in the private copy: files that it takes from elsewhere in the repository. */
const besideFolder = 'mesh-posture-beside';

class Builder {
  readonly source: Source;
  readonly outside: OutsideContent[] = [];
  inflates = false;
  /** Path in the private copy → file of the tree. */
  readonly moved = new Map<string, string>();
  readonly #root: string;
  readonly #overlay: Overlay;
  readonly #argo: boolean;
  /** Folders whose resources are plugins. */
  readonly #pluginFolders = new Set<string>();
  readonly #files = new Map<string, BuildFile>();
  readonly #kustomizations = new Map<string, { readonly file: string; readonly value: Fields }>();

  constructor(source: Source, { folder, overlay = {}, argo = false }: KustomizeRoot) {
    this.source = source;
    this.#root = folder;
    this.#overlay = overlay;
    this.#argo = argo;
  }

  run(): void {
    const waiting = [this.#root];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      if (this.#kustomizations.has(folder)) continue;
      if (this.#kustomizations.size >= mostKustomizations) refuse(`${folder}/kustomization.yaml`, `the kustomization takes more than ${String(mostKustomizations)} others`, 'split it');
      waiting.push(...this.#kustomization(folder));
    }
    for (const folder of this.#pluginFolders) this.#checkPluginFolder(folder);
  }

  /** What such a folder takes is a plugin, too. */
  #checkPluginFolder(folder: string): void {
    const value = this.#kustomizations.get(folder)?.value;
    for (const field of ['resources', 'bases', 'components']) {
      for (const written of texts(value?.[field])) {
        const path = resolvePath(folder, written);
        if (path === undefined) continue;
        // Sets are walked with what is added on the way.
        if (this.#kustomizations.has(path)) this.#pluginFolders.add(path);
        else {
          const file = this.moved.get(path) ?? path;
          const at: Place = { folder, file, line: (needle) => lineOf(this.source.text(file), needle) };
          for (const plugin of this.source.values(file) ?? []) {
            if (isRecord(plugin) && plugin['kind'] === 'HelmChartInflationGenerator') refuse(file, 'a chart in a folder of generators is not followed', 'use `helmCharts` of the kustomization');
            this.#checkPlugin(at, plugin, file, 1);
          }
        }
      }
    }
  }

  /** The kustomizations last: what is outside is known only then. */
  written(): ReadonlyMap<string, BuildFile> {
    for (const { file, value } of this.#kustomizations.values()) {
      const folder = folderOf(file);
      const below = this.outside.length === 0 ? undefined : this.#below(folder);
      if (below !== undefined) this.#aimed(folder, file, value, below);
      const body = below === undefined ? value : withoutOutside(targetedPatches(value, (path) => this.#patchDocuments(folder, path)), below.names);
      this.#files.set(file, { text: `${JSON.stringify(body, null, 1)}\n` });
    }
    return this.#files;
  }

  #patchDocuments(folder: string, path: string): readonly unknown[] | undefined {
    const at = resolvePath(folder, path);
    return at === undefined ? undefined : this.source.values(this.moved.get(at) ?? at);
  }

  /** Of several remote bases the first one: which of them the patch meets is not told. */
  #aimed(folder: string, file: string, value: Fields, { objects, files }: Below): void {
    const base = this.outside.findIndex((content) => content.kind === 'base' && files.has(content.file));
    const content = this.outside[base];
    if (content === undefined) return;
    const isHere = (kind: string, name: string): boolean => objects.some((known) => known.kind === anyName || (known.kind === kind && name.includes(known.name)));
    const parts = aimedOutside(value, (path) => this.#patchDocuments(folder, path), isHere).map(({ detail, path, needle }) => {
      const at = path === undefined ? file : (resolvePath(folder, path) ?? file);
      const place = this.moved.get(at) ?? at;
      return { detail, file: place, line: lineOf(this.source.text(place), needle) };
    });
    if (parts.length > 0) this.outside[base] = { ...content, parts: [...(content.parts ?? []), ...parts] };
  }

  /** Objects that this kustomization and those that it takes hold: what lies outside is none of them. */
  #below(root: string): Below {
    const names = new Set<string>();
    const objects: { readonly kind: string; readonly name: string }[] = [];
    const files = new Set<string>();
    const seen = new Set<string>();
    const waiting = [root];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      const kustomization = this.#kustomizations.get(folder);
      if (seen.has(folder) || kustomization === undefined) continue;
      seen.add(folder);
      files.add(kustomization.file);
      for (const name of generatedNames(kustomization.value)) names.add(name);
      for (const field of ['resources', 'bases', 'components']) {
        for (const written of texts(kustomization.value[field])) {
          const path = resolvePath(folder, written) ?? written;
          if (this.#kustomizations.has(path)) waiting.push(path);
          else {
            for (const value of this.source.values(this.moved.get(path) ?? path) ?? []) {
              for (const { key } of objectsOf(value)) {
                const name = key.slice(key.lastIndexOf('/') + 1);
                names.add(name);
                objects.push({ kind: key.slice(0, key.indexOf('/')), name });
              }
            }
          }
        }
      }
      // What charts make is not known before they are rendered.
      if (Array.isArray(kustomization.value['helmCharts']) && kustomization.value['helmCharts'].length > 0) {
        names.add(anyName);
        objects.push({ kind: anyName, name: '' });
      }
    }
    return { names, objects, files };
  }

  /** Reads one; returns the folders that it takes. */
  #kustomization(folder: string): readonly string[] {
    const { source } = this;
    const names = source.filesIn(folder).filter((path) => isKustomizationName(baseName(path)));
    const [file, second] = names;
    const isRoot = folder === this.#root;
    const { generated } = this.#overlay;
    if (file === undefined && isRoot && generated !== undefined) return this.#written(folder, folder === '.' ? 'kustomization.yaml' : `${folder}/kustomization.yaml`, { resources: generated.map((path) => relativePath(folder, path)) }, undefined);
    if (file === undefined) return fail(folder === '.' ? 'kustomization.yaml' : `${folder}/kustomization.yaml`, `\`${folder}\` has no kustomization`, 'add one, or take the folder out');
    if (second !== undefined) fail(file, `\`${folder}\` has more than one kustomization file`, `remove \`${second}\``);
    const text = source.text(file);
    const values = text === undefined ? undefined : valuesOf(text);
    if (values === undefined) return fail(file, `\`${file}\` cannot be read`, text === undefined ? 'see what is said of the file itself' : 'correct its YAML');
    if (values.length > 1) fail(file, `\`${file}\` holds more than one document`, 'keep one');
    const read = values[0] ?? {};
    if (!isKustomization(read)) return fail(file, `\`${file}\` is no kustomization`, 'name another folder');
    return this.#written(folder, file, { ...read }, text);
  }

  #written(folder: string, file: string, value: Fields, text: string | undefined): readonly string[] {
    const { source } = this;
    const line = (written: string): number => lineOf(text, written);
    this.#checkKeys(value, file);
    const next: string[] = [];
    const at: Place = { folder, file, line };
    for (const field of ['resources', 'bases', 'components']) {
      if (value[field] === undefined || value[field] === null) continue;
      value[field] = texts(value[field]).flatMap((written) => this.#base(at, written, field, next));
    }
    this.#files_(at, value);
    this.#plugins(at, value, next);
    const charts = inflatedCharts(source, at, value);
    if (charts.inflates) this.inflates = true;
    this.outside.push(...charts.outside);
    for (const [path, blob] of charts.files) this.#files.set(path, blob);
    if (folder === this.#root) this.#overlaid(at, value, next);
    this.#kustomizations.set(folder, { file, value });
    return next;
  }

  /** The tool takes keys in any case; what is read here must be what it reads. */
  #checkKeys(value: unknown, file: string, depth = 0): void {
    if (Array.isArray(value)) {
      for (const entry of value) this.#checkKeys(entry, file, depth);
      return;
    }
    if (!isRecord(value)) return;
    for (const [key, entry] of Object.entries(value)) {
      const real = depth === 0 ? lowered.get(key.toLowerCase()) : loweredPathKeys.get(key.toLowerCase());
      if (real !== undefined && real !== key && depth <= 1) refuse(file, `\`${key}\` is another spelling of \`${real}\``, `write \`${real}\``, lineOf(this.source.text(file), key));
      if (depth < 1) this.#checkKeys(entry, file, depth + 1);
    }
  }

  #overlaid(at: Place, value: Fields, next: string[]): void {
    const { namespace, namePrefix, nameSuffix, patches, images, components, commonLabels, commonAnnotations, metadataLabels } = this.#overlay;
    if (namespace !== undefined) value['namespace'] = namespace;
    if (namePrefix !== undefined) value['namePrefix'] = namePrefix;
    if (nameSuffix !== undefined) value['nameSuffix'] = nameSuffix;
    if (patches !== undefined && patches.length > 0) value['patches'] = [...records(value['patches']), ...patches];
    if (images !== undefined && images.length > 0) value['images'] = [...records(value['images']), ...images];
    if (commonLabels !== undefined) value['commonLabels'] = { ...(isRecord(value['commonLabels']) ? value['commonLabels'] : {}), ...commonLabels };
    if (commonAnnotations !== undefined) value['commonAnnotations'] = { ...(isRecord(value['commonAnnotations']) ? value['commonAnnotations'] : {}), ...commonAnnotations };
    if (metadataLabels !== undefined) value['labels'] = [...records(value['labels']), { pairs: metadataLabels }];
    if (components !== undefined && components.length > 0) value['components'] = [...texts(value['components']), ...components.flatMap((written) => this.#base(at, written, 'components', next))];
    // Says of every object which file it came from.
    value['buildMetadata'] = [...new Set([...texts(value['buildMetadata']), 'originAnnotations'])];
  }

  /** A resource, base or component: in the tree, outside (R15), or not there. */
  #base(at: Place, written: string, field: string, next: string[]): readonly string[] {
    const found = this.#locate(at, written);
    if (found.type === 'address') {
      this.outside.push({ kind: 'base', ...addressParts(written), file: at.file, line: at.line(written) });
      return [];
    }
    if (found.type === 'folder') next.push(found.path);
    else if (field === 'components') fail(at.file, `the component \`${written}\` is no folder`, 'name the folder of a component', at.line(written));
    return [found.written];
  }

  /** Where an entry leads. What leads out of the tree is refused; what is not there is the author's mistake. */
  #locate(at: Place, written: string): Located {
    const path = /^[a-z][a-z0-9+.-]*:/iu.test(written) ? undefined : resolvePath(at.folder, written);
    const there = path === undefined ? undefined : this.source.follow(path);
    if (there?.type !== 'file' && there?.type !== 'directory' && isAddress(written)) return { type: 'address' };
    if (written.startsWith('/')) refuse(at.file, `\`${written}\` is an absolute path`, 'write it relative to the kustomization', at.line(written));
    if (path === undefined || there === undefined) return refuse(at.file, `\`${written}\` leads out of the repository`, 'put the files into the repository', at.line(written));
    switch (there.type) {
      case 'file': {
        const real = this.source.blob(path) === undefined ? there.path : path;
        const blob = this.source.blob(real);
        if (blob === undefined) return fail(at.file, `\`${written}\` cannot be read`, 'replace the link by the file', at.line(written));
        this.#checkBomb(real, blob);
        if (!below(real, at.folder)) return this.#fromBeside(at, written, { path: real, blob });
        this.#files.set(real, { blob });
        return { type: 'file', path: real, written: real === path ? written : relativePath(at.folder, real) };
      }
      case 'directory':
        // As the tool does, which looks at where a link leads.
        return { type: 'folder', path: there.path, written: there.path === path ? written : relativePath(at.folder, there.path) };
      case 'outside':
        return refuse(at.file, `\`${written}\` is a symbolic link out of the repository`, 'put the files into the repository', at.line(written));
      case 'submodule':
        return fail(at.file, `\`${written}\` lies in a submodule, which is not read`, 'review it in its own repository', at.line(written));
      case 'missing':
      case 'circle':
        return fail(at.file, `it takes \`${written}\`, which is not there`, 'add the file, or take the entry out', at.line(written));
    }
  }

  /**
   * A file from outside the kustomization's folder. Flux builds without the load restrictor, whose limit is then the repository; the tool here keeps its restrictor
   * and finds the file in a folder of its own below the kustomization (R7, R14).
   * @see https://fluxcd.io/flux/faq/#are-there-any-kustomize-limitations
   */
  #fromBeside(at: Place, written: string, { path, blob }: { readonly path: string; readonly blob: string }): Located {
    if (this.#argo || !this.source.hasFlux) fail(at.file, `it takes the file \`${written}\` from outside its folder, which kustomize refuses`, 'put a kustomization beside that file and take the folder, or move the file', at.line(written));
    const taken = `${at.folder === '.' ? '' : `${at.folder}/`}${besideFolder}`;
    if (this.source.isFolder(taken)) refuse(at.file, `the folder \`${taken}\` is kept for files from beside the kustomization`, 'rename the folder', at.line(written));
    const there = `${taken}/${shortHash(path)}/${baseName(path)}`;
    this.#files.set(there, { blob });
    this.moved.set(there, path);
    return { type: 'file', path, written: relativePath(at.folder, there) };
  }

  /** The tool would write such a file out in full. */
  #checkBomb(path: string, blob: string): void {
    const text = this.source.documents.text(blob);
    if (text === undefined || !/[&*]/u.test(text) || !/\.ya?ml$/iu.test(path)) return;
    const problem = parseStream(text).flatMap((document) => document.problems).find((each) => each.kind === 'alias-limit');
    if (problem !== undefined) fail(path, problem.reason, problem.remedy, problem.line);
  }

  #file(at: Place, written: string, what: string): string {
    if (isAddress(written) || /^[a-z][a-z0-9+.-]*:\/\//iu.test(written)) refuse(at.file, `it takes ${what} from \`${written}\`, outside the repository`, 'put the file into the repository', at.line(written));
    const found = this.#locate(at, written);
    if (found.type === 'address') return refuse(at.file, `it takes ${what} from \`${written}\`, outside the repository`, 'put the file into the repository', at.line(written));
    if (found.type === 'folder') return fail(at.file, `\`${written}\` is a folder, not ${what}`, 'name a file', at.line(written));
    return found.written;
  }

  #files_(at: Place, value: Fields): void {
    for (const field of ['crds', 'configurations']) if (Array.isArray(value[field])) value[field] = texts(value[field]).map((written) => this.#file(at, written, 'a file'));
    if (Array.isArray(value['patchesStrategicMerge'])) value['patchesStrategicMerge'] = texts(value['patchesStrategicMerge']).map((written) => (written.includes('\n') ? written : this.#file(at, written, 'a patch')));
    for (const field of ['patches', 'patchesJson6902', 'replacements']) {
      if (!Array.isArray(value[field])) continue;
      value[field] = value[field].map((entry: unknown) => (isRecord(entry) && typeof entry['path'] === 'string' && entry['path'] !== '' ? { ...entry, path: this.#file(at, entry['path'], field === 'replacements' ? 'a replacement' : 'a patch') } : entry));
    }
    for (const field of ['configMapGenerator', 'secretGenerator']) {
      if (!Array.isArray(value[field])) continue;
      value[field] = value[field].map((entry: unknown) => (isRecord(entry) ? this.#generated(at, entry) : entry));
    }
    const openapi = value['openapi'];
    if (isRecord(openapi) && typeof openapi['path'] === 'string') value['openapi'] = { ...openapi, path: this.#file(at, openapi['path'], 'a schema') };
  }

  #generated(at: Place, entry: Readonly<Record<string, unknown>>): unknown {
    const withKey = (written: string): string => {
      const cut = written.indexOf('=');
      return cut < 0 ? this.#file(at, written, 'a file') : `${written.slice(0, cut + 1)}${this.#file(at, written.slice(cut + 1), 'a file')}`;
    };
    return {
      ...entry,
      ...(Array.isArray(entry['files']) ? { files: texts(entry['files']).map(withKey) } : {}),
      ...(Array.isArray(entry['envs']) ? { envs: texts(entry['envs']).map((written) => this.#file(at, written, 'a file')) } : {}),
      ...(typeof entry['env'] === 'string' && entry['env'] !== '' ? { env: this.#file(at, entry['env'], 'a file') } : {}),
    };
  }

  /** Generators, transformers and validators: the tool's own kinds only, and only with files of the repository. */
  #plugins(at: Place, value: Fields, next: string[]): void {
    for (const field of ['generators', 'transformers', 'validators']) {
      if (!Array.isArray(value[field])) continue;
      value[field] = texts(value[field]).map((written) => {
        if (written.includes('\n')) return this.#pluginText(at, this.#withoutCharts(at, valuesOf(written), value), at.file, at.line(written.trim().split('\n')[0] ?? ''));
        const found = this.#locate(at, written);
        if (found.type === 'address') return refuse(at.file, `it takes ${field} from \`${written}\`, outside the repository`, 'put the file into the repository', at.line(written));
        if (found.type === 'folder') {
          next.push(found.path);
          this.#pluginFolders.add(found.path);
          return found.written;
        }
        const file = this.moved.get(found.path) ?? found.path;
        const text = this.#pluginText({ ...at, file }, this.#withoutCharts(at, this.source.values(file), value), file, 1);
        this.#files.set(found.path, { text });
        return text === '' ? '' : found.written;
      }).filter((written) => written !== '');
    }
  }

  /** A chart that a generator inflates is one of the kustomization's `helmCharts`: the tool makes the same of both. */
  #withoutCharts(at: Place, values: readonly unknown[] | undefined, kustomization: Fields): readonly unknown[] | undefined {
    return values?.filter((value) => {
      if (!isRecord(value) || value['kind'] !== 'HelmChartInflationGenerator' || value['apiVersion'] !== 'builtin') return true;
      const { chartHome } = value;
      const chart = Object.fromEntries(Object.entries(value).filter(([key]) => !notOfChart.has(key)));
      const globals = isRecord(kustomization['helmGlobals']) ? kustomization['helmGlobals'] : {};
      const charts: readonly unknown[] = Array.isArray(kustomization['helmCharts']) ? (kustomization['helmCharts'] as readonly unknown[]) : [];
      const home = globals['chartHome'] ?? (charts.length > 0 ? 'charts' : undefined);
      if (home !== undefined && (chartHome ?? 'charts') !== home) fail(at.file, 'its charts lie in several folders (`chartHome`), which is not followed', 'keep them in one', at.line('chartHome'));
      if (chartHome !== undefined) kustomization['helmGlobals'] = { ...globals, chartHome };
      kustomization['helmCharts'] = [...charts, chart];
      return false;
    });
  }

  #pluginText(at: Place, values: readonly unknown[] | undefined, file: string, line: number): string {
    if (values === undefined) return fail(file, `\`${file}\` cannot be read`, 'correct its YAML', line);
    for (const value of values) this.#checkPlugin(at, value, file, line);
    return values.map((value) => `${JSON.stringify(value, null, 1)}\n`).join('---\n');
  }

  #checkPlugin(at: Place, value: unknown, file: string, line: number): void {
    if (!isRecord(value)) return;
    const kind = String(value['kind']);
    const annotations = isRecord(value['metadata']) && isRecord(value['metadata']['annotations']) ? value['metadata']['annotations'] : {};
    const runs = Object.keys(annotations).find((key) => /^config\.(?:kubernetes\.io|k8s\.io)\/function$/iu.test(key));
    if (runs !== undefined) refuse(file, `\`${kind}\` runs a function (\`${runs}\`), which is never done here`, 'use a transformer that is built into kustomize', line);
    if (value['apiVersion'] !== 'builtin') refuse(file, `\`${String(value['apiVersion'])}\` \`${kind}\` is a plugin, and plugins are never run here`, 'use a transformer that is built into kustomize', line);
    this.#checkPluginPaths({ ...at, file }, value);
  }

  #checkPluginPaths(at: Place, value: unknown): void {
    if (Array.isArray(value)) for (const entry of value) this.#checkPluginPaths(at, entry);
    if (!isRecord(value)) return;
    for (const [key, entry] of Object.entries(value)) {
      const name = key.toLowerCase();
      if (name === 'path' || name === 'paths' || name === 'files' || name === 'envs' || name === 'env' || name === 'filesources' || name === 'envsources') {
        for (const written of typeof entry === 'string' ? [entry] : texts(entry)) {
          const path = written.slice(written.indexOf('=') + 1);
          // Field paths (`spec/template/spec`, `metadata.name`) are no files; a file that is there is handed over.
          if (isAddress(path) || path.startsWith('/') || resolvePath(at.folder, path) === undefined) refuse(at.file, `it takes \`${path}\` from outside the repository`, 'put the file into the repository', at.line(path));
          const there = resolvePath(at.folder, path);
          const blob = there === undefined ? undefined : this.source.blob(there);
          if (there !== undefined && blob !== undefined) this.#files.set(there, { blob });
        }
      } else this.#checkPluginPaths(at, entry);
    }
  }
}

export interface Place {
  readonly folder: string;
  readonly file: string;
  readonly line: (written: string) => number;
}

type Located = { readonly type: 'file' | 'folder'; readonly path: string; readonly written: string } | { readonly type: 'address' };

function relativePath(from: string, to: string): string {
  const left = from === '.' ? [] : from.split('/');
  const right = to === '.' ? [] : to.split('/');
  let shared = 0;
  while (shared < left.length && shared < right.length && left[shared] === right[shared]) shared += 1;
  const steps = [...left.slice(shared).map(() => '..'), ...right.slice(shared)];
  return steps.length === 0 ? '.' : steps.join('/');
}

/** The place without its revision, and the revision. */
function addressParts(written: string): { readonly name: string; readonly detail: string } {
  const [place = '', query = ''] = written.split('?', 2);
  // Release pages carry the version in the path.
  const name = place.replace(/\/v?\d+\.\d+[^/]*(?=\/|$)/gu, '/*').replace(/\/[0-9a-f]{40}(?=\/|$)/gu, '/*');
  return { name, detail: name === place ? query : `${place.slice(0)}${query === '' ? '' : `?${query}`}` };
}
