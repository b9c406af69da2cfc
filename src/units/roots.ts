/**
 * Flux and Argo CD objects that say what of this repository is deployed, and how (R3b, R7, R8): what their controllers would render.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/
 * @see https://fluxcd.io/flux/components/helm/helmreleases/
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
 */
import { canonical } from '#lib/canonical.ts';
import { compileWildcard } from '#lib/glob.ts';
import { rendered, applicationsOf, type Template } from './application-set.ts';
import { isAddress, type OutsideContent } from './build.ts';
import type { FluxParts } from './flux-parts.ts';
import { releaseValues } from './release-values.ts';
import type { GitSources } from './git-sources.ts';
import { isRecord, records, texts } from './kustomization.ts';
import type { Overlay } from './kustomize-build.ts';
import { isReviewed, pinnedRevision, type RepositoryFacts } from './repository.ts';
import { below, resolvePath } from './unit.ts';

/** A Flux or Argo CD object whose source is a path of this repository. */
export interface RootReference {
  readonly tool: 'flux' | 'argo';
  /** `namespace/name` of the object. */
  readonly name: string;
  readonly file: string;
  readonly path: string;
  /** Plain YAML below the folder counts too: Flux always, Argo CD with `directory.recurse`. */
  readonly recurse: boolean;
  /** Which plain files of the folder count, by their path below it; all where it is absent. */
  readonly takes?: (path: string) => boolean;
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
  /** Files of the objects that hold values. */
  readonly holders?: readonly string[];
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
  /** What a values file says. */
  readonly contentOf: (path: string) => string | undefined;
  /** Flux's `GitRepository` objects of this side. */
  readonly gitSources: GitSources;
  /** What other objects of this side say about a release. */
  readonly parts: FluxParts;
  readonly repository: RepositoryFacts;
}

/** Written in the file, as cheap a test as there is: most files are none of these. */
export const rootMarks = ['kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/', 'argoproj.io/', 'source.toolkit.fluxcd.io/'];

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

function fluxKustomization(name: string, spec: Readonly<Record<string, unknown>>, { file, line, gitSources, parts }: RootContext): RootsOfFile {
  // A part of one, which a patch lays over the rest: the whole repository (`./`) is deployed only by an object that says from where.
  if (!isRecord(spec['sourceRef']) && text(spec['path']) === undefined) return none;
  const source = isRecord(spec['sourceRef']) ? spec['sourceRef'] : {};
  const kind = text(source['kind']) ?? 'GitRepository';
  const path = resolvePath('.', text(spec['path']) ?? './');
  const git = gitSources.find(source, name, file);
  if (kind === 'GitRepository' && git?.elsewhere !== undefined) return { roots: [], outside: [{ kind: 'base', name: `${git.elsewhere} ${text(spec['path']) ?? ''}`.trim(), detail: git.revision ?? '', file, line }] };
  // OCI artifacts and buckets are outside content (R15).
  if (kind !== 'GitRepository') return { roots: [], outside: [{ kind: 'base', name: `${kind} ${text(source['name']) ?? ''} ${text(spec['path']) ?? ''}`.trim(), detail: '', file, line, parts: parts.source(source, name, file) }] };
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
    roots: [{ tool: 'flux', name, file, path, recurse: true, namespace, cluster: clusterOf(file) ?? clusterOf(path), ...(git?.pinned === undefined ? {} : { pinned: git.pinned }), ...(Object.keys(overlay).length === 0 ? {} : { overlay }), ...(substitute === undefined ? {} : { substitute }) }],
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
function helmRelease(name: string, spec: Readonly<Record<string, unknown>>, { file, line, folders, gitSources, parts }: RootContext): RootsOfFile {
  const chart = isRecord(spec['chart']) && isRecord(spec['chart']['spec']) ? spec['chart']['spec'] : {};
  const source = isRecord(chart['sourceRef']) ? chart['sourceRef'] : isRecord(spec['chartRef']) ? spec['chartRef'] : {};
  const written = text(chart['chart']) ?? text(source['name']) ?? '';
  const git = gitSources.find(source, name, file);
  const path = source['kind'] === 'GitRepository' && git?.elsewhere === undefined ? resolvePath('.', written) : undefined;
  const [ownNamespace = '', ownName = ''] = name.split('/');
  const namespace = text(spec['targetNamespace']) ?? ownNamespace;
  if (path === undefined || !folders.has(path)) {
    const detail = canonical({ version: chart['version'], revision: git?.revision, values: spec['values'], valuesFrom: spec['valuesFrom'] });
    return { roots: [], outside: [{ kind: 'chart', name: `${text(source['name']) ?? ''}/${written} of HelmRelease ${name}`, detail, file, line, parts: [...parts.source(source, name, file), ...parts.values(spec['valuesFrom'], file)] }] };
  }
  const values = [...texts(chart['valuesFiles']), ...texts([chart['valuesFile']])].map((each) => resolvePath('.', each) ?? each);
  const holders: string[] = [];
  const told = releaseValues(spec, (entry) => {
    const held = parts.content(entry, ownNamespace, file);
    holders.push(...(held?.files ?? []));
    return held?.text;
  });
  const release = { name: text(spec['releaseName']) ?? (text(spec['targetNamespace']) === undefined ? ownName : `${namespace}-${ownName}`), values, inline: told.values, holders, set: {} };
  const outside = told.unknown.map((entry): OutsideContent => ({ kind: 'chart', name: `values of ${text(entry['kind']) ?? 'ConfigMap'} ${text(entry['name']) ?? ''} for HelmRelease ${name}`, detail: canonical(entry), file, line, parts: parts.values([entry], file) }));
  return { outside, roots: [{ tool: 'flux', name, file, path, recurse: false, namespace: namespace === '' ? undefined : namespace, cluster: clusterOf(file), ...(git?.pinned === undefined ? {} : { pinned: git.pinned }), release }] };
}

function application({ name, spec, context, template }: { readonly name: string; readonly spec: Readonly<Record<string, unknown>>; readonly context: RootContext; readonly template?: Template }): RootsOfFile {
  const destination = isRecord(spec['destination']) ? spec['destination'] : {};
  const sources = [...(isRecord(spec['source']) ? [spec['source']] : []), ...records(spec['sources'])];
  const outside: OutsideContent[] = [];
  const { file, line, repository } = context;
  const isHere = (source: Readonly<Record<string, unknown>>): boolean => isReviewed(text(source['repoURL']), repository);
  const refs = new Map(sources.flatMap((source) => (text(source['ref']) === undefined ? [] : [[String(source['ref']), source] as const])));
  // `$name/path` is a file of the source of that name; what another repository holds is not read.
  const valuesPath = (written: string, path: string): string | undefined => {
    if (isAddress(written)) return undefined;
    // What leads out of the repository is left as it is written, and refused where it would be read.
    if (!written.startsWith('$')) return resolvePath(path, written) ?? written;
    const cut = written.indexOf('/');
    const from = refs.get(written.slice(1, cut));
    return cut < 0 || (from !== undefined && !isHere(from)) ? undefined : (resolvePath('.', written.slice(cut + 1)) ?? written);
  };
  const roots = sources.flatMap((source): readonly RootReference[] => {
    const helm = isRecord(source['helm']) ? source['helm'] : {};
    const written = text(source['path']);
    if (text(source['chart']) !== undefined) {
      // Its values may lie here though the chart does not.
      const values = texts(helm['valueFiles']).map((each) => [each, each.startsWith('$') ? context.contentOf(valuesPath(each, '.') ?? '') : undefined]);
      outside.push({ kind: 'chart', name: `${text(source['repoURL']) ?? ''}/${String(source['chart'])} of Application ${name}`, detail: canonical({ version: source['targetRevision'], helm, values }), file, line });
      return [];
    }
    // A source that only lends its files to others (`ref`) deploys nothing.
    if (written === undefined) return [];
    if (!isHere(source)) {
      outside.push({ kind: 'base', name: `${text(source['repoURL']) ?? ''} ${written} of Application ${name}`, detail: canonical({ revision: source['targetRevision'], helm, kustomize: source['kustomize'] }), file, line });
      return [];
    }
    const pinned = pinnedRevision(text(source['targetRevision']), repository);
    const cluster = known(text(destination['name'])) ?? known(text(destination['server']));
    const namespace = known(text(destination['namespace']));
    const directory = isRecord(source['directory']) ? source['directory'] : {};
    const takes = takesOf(directory);
    for (const each of texts(helm['valueFiles'])) {
      if (valuesPath(each, '.') === undefined) outside.push({ kind: 'chart', name: `values ${each} of Application ${name}`, detail: canonical(refs.get(each.slice(1, Math.max(1, each.indexOf('/'))))?.['targetRevision']), file, line });
    }
    return placesOf(written, context.folders).map((path): RootReference => ({
      tool: 'argo',
      // Several generators that fit a folder are one unknown destination.
      name: template !== undefined && (written.includes('{{') || name.includes('{{')) ? anyGenerator : name,
      file,
      path,
      recurse: directory['recurse'] === true,
      ...(takes === undefined ? {} : { takes: (each) => below(each, path) && takes(path === '.' ? each : each.slice(path.length + 1)) }),
      namespace,
      cluster,
      ...kustomizeSource(source['kustomize']),
      release: {
        name: text(helm['releaseName']) ?? name.split('/').at(-1) ?? name,
        values: texts(helm['valueFiles']).flatMap((each) => valuesPath(each, path) ?? []),
        inline: isRecord(helm['valuesObject']) ? helm['valuesObject'] : helm['values'],
        set: Object.fromEntries(records(helm['parameters']).flatMap((each) => (text(each['name']) === undefined ? [] : [[String(each['name']), text(each['value']) ?? '']]))),
      },
      ...(pinned === undefined ? {} : { pinned }),
    }));
  });
  return { roots, outside };
}

/** `directory.include` and `exclude`: wildcards that cross `/`, with alternatives in braces. @see https://argo-cd.readthedocs.io/en/stable/user-guide/directory/ */
function takesOf(directory: Readonly<Record<string, unknown>>): ((path: string) => boolean) | undefined {
  const [include, exclude] = [text(directory['include']), text(directory['exclude'])];
  if (include === undefined && exclude === undefined) return undefined;
  const includes = include === undefined ? () => true : compileWildcard(include);
  const excludes = exclude === undefined ? () => false : compileWildcard(exclude);
  return (path) => includes(path) && !excludes(path);
}

function kustomizeSource(kustomize: unknown): Pick<RootReference, 'overlay'> {
  if (!isRecord(kustomize)) return {};
  const overlay: Overlay = {
    ...(text(kustomize['namespace']) === undefined ? {} : { namespace: String(kustomize['namespace']) }),
    ...(text(kustomize['namePrefix']) === undefined ? {} : { namePrefix: String(kustomize['namePrefix']) }),
    ...(text(kustomize['nameSuffix']) === undefined ? {} : { nameSuffix: String(kustomize['nameSuffix']) }),
    ...(isRecord(kustomize['commonLabels']) ? { [kustomize['labelWithoutSelector'] === true ? 'metadataLabels' : 'commonLabels']: textMap(kustomize['commonLabels']) } : {}),
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

function known(written: string | undefined): string | undefined {
  return written === undefined || written.includes('{{') ? undefined : written;
}

/** `clusters/<x>/…`: how Flux repositories name what a root is for (R19). */
export function clusterOf(path: string): string | undefined {
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
