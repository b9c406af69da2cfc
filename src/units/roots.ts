/**
 * Flux and Argo CD objects that say what of this repository is deployed, and how (R3b, R7, R8): what their controllers would render.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/
 * @see https://fluxcd.io/flux/components/helm/helmreleases/
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
 */
import { canonical } from '#lib/canonical.ts';
import { rendered, applicationsOf, type Template } from './application-set.ts';
import type { OutsideContent } from './build.ts';
import { isRecord, records, texts } from './kustomization.ts';
import type { Overlay } from './kustomize-build.ts';
import { resolvePath } from './unit.ts';

/** A Flux or Argo CD object whose source is a path of this repository. */
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
  /** What the controller adds to a kustomization; Flux does so to plain folders, too. */
  readonly overlay?: Overlay;
  readonly substitute?: VariableSources;
  /** How the path is released where it is a chart. */
  readonly release?: RootRelease;
  /** A tag, a commit or another branch: what is deployed is not what this tree holds (R8). */
  readonly pinned?: string;
}

export interface VariableSources {
  readonly inline: Readonly<Record<string, string>>;
  /** Names of ConfigMaps and Secrets, in order; later ones win over earlier, `inline` over all. */
  readonly from: readonly { readonly kind: string; readonly name: string }[];
}

export interface RootRelease {
  readonly name: string;
  /** Paths in the repository. */
  readonly values: readonly string[];
  readonly inline: unknown;
  readonly set: Readonly<Record<string, string>>;
}

/** What the objects of one file say: roots in this repository, and content of other places. */
export interface RootsOfFile {
  readonly roots: readonly RootReference[];
  readonly outside: readonly OutsideContent[];
}

export interface RootContext {
  readonly file: string;
  readonly line: number;
  /** Every folder of the tree; for generators and templates that name none exactly. */
  readonly folders: ReadonlySet<string>;
  readonly valuesOf: (path: string) => unknown;
  readonly filesMatching: (pattern: string) => readonly string[];
}

/** Written in the file, as cheap a test as there is: most files are none of these. */
export const rootMarks = ['kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/', 'argoproj.io/'];

const none: RootsOfFile = { roots: [], outside: [] };

export function rootsOf(value: unknown, context: RootContext): RootsOfFile {
  if (!isRecord(value) || !isRecord(value['spec'])) return none;
  const version = String(value['apiVersion']);
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const name = `${text(metadata['namespace']) ?? ''}/${text(metadata['name']) ?? ''}`;
  const spec = value['spec'];
  if (version.startsWith('kustomize.toolkit.fluxcd.io/') && value['kind'] === 'Kustomization') return fluxKustomization(name, spec, context);
  if (version.startsWith('helm.toolkit.fluxcd.io/') && value['kind'] === 'HelmRelease') return helmRelease(name, spec, context);
  if (version.startsWith('argoproj.io/') && value['kind'] === 'Application') return application({ name, spec, context });
  if (version.startsWith('argoproj.io/') && value['kind'] === 'ApplicationSet') {
    const found = applicationsOf(spec, context).map((template) => application({ name: `${name}/${template.name}`, spec: template.spec, context, template }));
    return { roots: found.flatMap((each) => each.roots), outside: found.flatMap((each) => each.outside) };
  }
  return none;
}

function fluxKustomization(name: string, spec: Readonly<Record<string, unknown>>, { file, line }: RootContext): RootsOfFile {
  const source = isRecord(spec['sourceRef']) ? spec['sourceRef'] : {};
  const kind = text(source['kind']) ?? 'GitRepository';
  const path = resolvePath('.', text(spec['path']) ?? './');
  // OCI artifacts and buckets are outside content (R15).
  if (kind !== 'GitRepository') return { roots: [], outside: [{ kind: 'base', name: `${kind} ${text(source['name']) ?? ''} ${text(spec['path']) ?? ''}`.trim(), detail: '', file, line }] };
  if (path === undefined) return none;
  const metadata = isRecord(spec['commonMetadata']) ? spec['commonMetadata'] : {};
  const namespace = text(spec['targetNamespace']);
  const overlay: Overlay = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(text(spec['namePrefix']) === undefined ? {} : { namePrefix: String(spec['namePrefix']) }),
    ...(text(spec['nameSuffix']) === undefined ? {} : { nameSuffix: String(spec['nameSuffix']) }),
    ...patchesOf(spec),
    ...(texts(spec['components']).length === 0 ? {} : { components: texts(spec['components']) }),
    ...(isRecord(metadata['annotations']) ? { commonAnnotations: textMap(metadata['annotations']) } : {}),
    ...(isRecord(metadata['labels']) ? { metadataLabels: textMap(metadata['labels']) } : {}),
  };
  const substitute = substitution(spec['postBuild']);
  return {
    outside: [],
    roots: [{ tool: 'flux', name, file, path, recurse: true, namespace, cluster: clusterOf(file) ?? clusterOf(path), ...(Object.keys(overlay).length === 0 ? {} : { overlay }), ...(substitute === undefined ? {} : { substitute }) }],
  };
}

function patchesOf(spec: Readonly<Record<string, unknown>>): Pick<Overlay, 'patches'> {
  const patches = [
    ...records(spec['patches']),
    ...records(spec['patchesStrategicMerge']).map((patch) => ({ patch: JSON.stringify(patch) })),
    ...records(spec['patchesJson6902']).map((each) => ({ patch: JSON.stringify(each['patch']), target: each['target'] })),
  ];
  return patches.length === 0 ? {} : { patches };
}

function substitution(postBuild: unknown): VariableSources | undefined {
  if (!isRecord(postBuild)) return undefined;
  const from = records(postBuild['substituteFrom']).map((each) => ({ kind: text(each['kind']) ?? '', name: text(each['name']) ?? '' }));
  const inline = isRecord(postBuild['substitute']) ? textMap(postBuild['substitute']) : {};
  return { inline, from };
}

/** A chart of a repository object is outside; one of a `GitRepository` may be a path of this tree. */
function helmRelease(name: string, spec: Readonly<Record<string, unknown>>, { file, line, folders }: RootContext): RootsOfFile {
  const chart = isRecord(spec['chart']) && isRecord(spec['chart']['spec']) ? spec['chart']['spec'] : {};
  const source = isRecord(chart['sourceRef']) ? chart['sourceRef'] : isRecord(spec['chartRef']) ? spec['chartRef'] : {};
  const written = text(chart['chart']) ?? text(source['name']) ?? '';
  const path = source['kind'] === 'GitRepository' ? resolvePath('.', written) : undefined;
  const [ownNamespace = '', ownName = ''] = name.split('/');
  const namespace = text(spec['targetNamespace']) ?? ownNamespace;
  if (path === undefined || !folders.has(path)) {
    return { roots: [], outside: [{ kind: 'chart', name: `${text(source['name']) ?? ''}/${written} of HelmRelease ${name}`, detail: canonical({ version: chart['version'], values: spec['values'], valuesFrom: spec['valuesFrom'] }), file, line }] };
  }
  const values = [...texts(chart['valuesFiles']), ...texts([chart['valuesFile']])].flatMap((each) => resolvePath('.', each) ?? []);
  const release = { name: text(spec['releaseName']) ?? (text(spec['targetNamespace']) === undefined ? ownName : `${namespace}-${ownName}`), values, inline: spec['values'], set: {} };
  return { outside: [], roots: [{ tool: 'flux', name, file, path, recurse: false, namespace: namespace === '' ? undefined : namespace, cluster: clusterOf(file), release }] };
}

function application({ name, spec, context, template }: { readonly name: string; readonly spec: Readonly<Record<string, unknown>>; readonly context: RootContext; readonly template?: Template }): RootsOfFile {
  const destination = isRecord(spec['destination']) ? spec['destination'] : {};
  const sources = [...(isRecord(spec['source']) ? [spec['source']] : []), ...records(spec['sources'])];
  const outside: OutsideContent[] = [];
  const roots = sources.flatMap((source): readonly RootReference[] => {
    const helm = isRecord(source['helm']) ? source['helm'] : {};
    if (text(source['chart']) !== undefined) {
      outside.push({ kind: 'chart', name: `${text(source['repoURL']) ?? ''}/${String(source['chart'])} of Application ${name}`, detail: canonical({ version: source['targetRevision'], helm }), file: context.file, line: context.line });
      return [];
    }
    const written = text(source['path']);
    // A source that only lends its files to others (`ref`) deploys nothing.
    if (written === undefined) return [];
    const pinned = revision(text(source['targetRevision']));
    const cluster = known(text(destination['name'])) ?? known(text(destination['server']));
    const namespace = known(text(destination['namespace']));
    const directory = isRecord(source['directory']) ? source['directory'] : {};
    return placesOf(written, context.folders).map((path): RootReference => ({
      tool: 'argo',
      // Several generators that fit a folder are one unknown destination.
      name: template !== undefined && written.includes('{{') ? anyGenerator : name,
      file: context.file,
      path,
      recurse: directory['recurse'] === true,
      namespace,
      cluster,
      ...kustomizeSource(source['kustomize']),
      release: {
        name: text(helm['releaseName']) ?? name.split('/').at(-1) ?? name,
        values: texts(helm['valueFiles']).flatMap((each) => (each.startsWith('$') ? resolvePath('.', each.slice(each.indexOf('/') + 1)) : resolvePath(path, each)) ?? []),
        inline: isRecord(helm['valuesObject']) ? helm['valuesObject'] : helm['values'],
        set: Object.fromEntries(records(helm['parameters']).flatMap((each) => (text(each['name']) === undefined ? [] : [[String(each['name']), text(each['value']) ?? '']]))),
      },
      ...(pinned === undefined ? {} : { pinned }),
    }));
  });
  return { roots, outside };
}

function kustomizeSource(kustomize: unknown): Pick<RootReference, 'overlay'> {
  if (!isRecord(kustomize)) return {};
  const overlay: Overlay = {
    ...(text(kustomize['namespace']) === undefined ? {} : { namespace: String(kustomize['namespace']) }),
    ...(text(kustomize['namePrefix']) === undefined ? {} : { namePrefix: String(kustomize['namePrefix']) }),
    ...(text(kustomize['nameSuffix']) === undefined ? {} : { nameSuffix: String(kustomize['nameSuffix']) }),
    ...(isRecord(kustomize['commonLabels']) ? { commonLabels: textMap(kustomize['commonLabels']) } : {}),
    ...(isRecord(kustomize['commonAnnotations']) ? { commonAnnotations: textMap(kustomize['commonAnnotations']) } : {}),
    ...(records(kustomize['patches']).length === 0 ? {} : { patches: records(kustomize['patches']) }),
    ...(texts(kustomize['components']).length === 0 ? {} : { components: texts(kustomize['components']) }),
  };
  return Object.keys(overlay).length === 0 ? {} : { overlay };
}

/** The name of roots whose destination the repository does not determine. */
export const anyGenerator = '*';

/** A path, or every folder that a template with unknown parts fits (R7). */
function placesOf(written: string, folders: ReadonlySet<string>): readonly string[] {
  if (!written.includes('{{')) {
    const path = resolvePath('.', written);
    return path === undefined ? [] : [path];
  }
  const fits = rendered(written);
  return [...folders].filter((folder) => fits.test(folder)).sort();
}

/** R8. No revision, `HEAD` and branches whose name is not known to differ are not pinned. */
function revision(written: string | undefined): string | undefined {
  return written !== undefined && (/^[0-9a-f]{7,40}$/u.test(written) || /^(?:refs\/tags\/|v?\d+\.\d+)/u.test(written)) ? written : undefined;
}

function known(written: string | undefined): string | undefined {
  return written === undefined || written.includes('{{') ? undefined : written;
}

/** `clusters/<x>/…`: how Flux repositories name what a root is for (R19). */
function clusterOf(path: string): string | undefined {
  const steps = path.split('/');
  const at = steps.indexOf('clusters');
  const name = at < 0 ? undefined : steps[at + 1];
  return name === undefined || /\.(?:ya?ml|json)$/iu.test(name) ? undefined : name;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textMap(value: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value).flatMap(([key, entry]) => (typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean' ? [[key, String(entry)]] : [])));
}
