/**
 * Flux and Argo CD objects that say what of this repository is deployed, and how (R3b, R7, R8): what their controllers would render.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/
 * @see https://fluxcd.io/flux/components/helm/helmreleases/
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
 */
import { canonical } from '#lib/canonical.ts';
import { applicationsOf } from './application-set.ts';
import { application } from './argo-roots.ts';
import type { OutsideContent } from './build.ts';
import type { FluxParts } from './flux-parts.ts';
import type { SetValue } from './helm-values.ts';
import { releaseValues } from './release-values.ts';
import type { GitSources } from './git-sources.ts';
import { isRecord, records, textMap, textOf, texts } from './kustomization.ts';
import type { Overlay } from './kustomize-build.ts';
import type { RepositoryFacts } from './repository.ts';
import { ignoredBy, type IgnoreText } from './source-ignore.ts';
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
  /** Which files of the folder count; all where it is absent. */
  readonly takes?: (path: string) => boolean;
  /** Files that say which ones count. */
  readonly reads?: readonly string[];
  readonly namespace: string | undefined;
  readonly cluster: string | undefined;
  /** What the controller adds to a kustomization; Flux does so to plain folders, too. */
  readonly overlay?: Overlay;
  readonly substitute?: VariableSources;
  /** How the path is released where it is a chart. */
  readonly release?: RootRelease;
  /** A tag, a commit or another branch: what is deployed is not what this tree holds (R8). */
  readonly pinned?: string;
  /** The repository does not determine how often and where it is deployed (R7). */
  readonly open?: boolean;
  /** What tells it from others of its name, beside the place that it is written in. */
  readonly variant?: string;
  /** The unit whose rendering holds the object, where it is not read as it is written. */
  readonly holder?: string;
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
  /** A values file that is not there is an error. */
  readonly wantsAll?: boolean;
  /** The chart's own `values.yaml` counts only where `values` name it. */
  readonly instead?: boolean;
  readonly set: Readonly<Record<string, SetValue>>;
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
  /** Every file of the tree. */
  readonly files: readonly string[];
  /** The unit whose rendering holds the object. */
  readonly holder: string | undefined;
  /** What a values file says. */
  readonly contentOf: (path: string) => string | undefined;
  /** Flux's `GitRepository` objects of this side. */
  readonly gitSources: GitSources;
  /** `.sourceignore` files, those of outer folders first. */
  readonly ignoreFiles: readonly (IgnoreText & { readonly file: string })[];
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
  const name = `${textOf(metadata['namespace']) ?? ''}/${textOf(metadata['name']) ?? ''}`;
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

function fluxKustomization(name: string, spec: Readonly<Record<string, unknown>>, { file, line, gitSources, parts, ignoreFiles }: RootContext): RootsOfFile {
  // A part of one, which a patch lays over the rest: the whole repository (`./`) is deployed only by an object that says from where.
  if (!isRecord(spec['sourceRef']) && textOf(spec['path']) === undefined) return none;
  const source = isRecord(spec['sourceRef']) ? spec['sourceRef'] : {};
  const kind = textOf(source['kind']) ?? 'GitRepository';
  const path = resolvePath('.', textOf(spec['path']) ?? './');
  const git = gitSources.find(source, name, file);
  if (kind === 'GitRepository' && git?.elsewhere !== undefined) return { roots: [], outside: [{ kind: 'base', name: `${git.elsewhere} ${textOf(spec['path']) ?? ''}`.trim(), detail: git.revision ?? '', file, line }] };
  // OCI artifacts and buckets are outside content (R15).
  if (kind !== 'GitRepository') return { roots: [], outside: [{ kind: 'base', name: `${kind} ${textOf(source['name']) ?? ''} ${textOf(spec['path']) ?? ''}`.trim(), detail: '', file, line, parts: parts.source(source, name, file) }] };
  if (path === undefined) return none;
  const metadata = isRecord(spec['commonMetadata']) ? spec['commonMetadata'] : {};
  const namespace = textOf(spec['targetNamespace']);
  const overlay: Overlay = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(textOf(spec['namePrefix']) === undefined ? {} : { namePrefix: String(spec['namePrefix']) }),
    ...(textOf(spec['nameSuffix']) === undefined ? {} : { nameSuffix: String(spec['nameSuffix']) }),
    ...patchesOf(spec),
    ...(texts(spec['components']).length === 0 ? {} : { components: texts(spec['components']) }),
    ...(isRecord(metadata['annotations']) ? { commonAnnotations: textMap(metadata['annotations']) } : {}),
    ...(isRecord(metadata['labels']) ? { metadataLabels: textMap(metadata['labels']) } : {}),
  };
  const substitute = substitution(spec['postBuild']);
  const ignoring = [...ignoreFiles, ...(git?.ignore === undefined ? [] : [{ folder: '.', text: git.ignore }])];
  const isIgnored = ignoredBy(ignoring);
  return {
    outside: [],
    roots: [{ tool: 'flux', name, file, path, recurse: true, namespace, cluster: clusterOf(file) ?? clusterOf(path), ...(git?.pinned === undefined ? {} : { pinned: git.pinned }), ...(Object.keys(overlay).length === 0 ? {} : { overlay }), ...(substitute === undefined ? {} : { substitute }), ...(ignoring.length === 0 ? {} : { takes: (each) => !isIgnored(each), reads: ignoreFiles.map((each) => each.file) }) }],
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
  const from = records(postBuild['substituteFrom']).map((each) => ({ kind: textOf(each['kind']) ?? '', name: textOf(each['name']) ?? '' }));
  const inline = isRecord(postBuild['substitute']) ? textMap(postBuild['substitute']) : {};
  return { inline, from };
}

/** A chart of a repository object is outside; one of a `GitRepository` may be a path of this tree. */
function helmRelease(name: string, spec: Readonly<Record<string, unknown>>, { file, line, folders, gitSources, parts, holder }: RootContext): RootsOfFile {
  const chart = isRecord(spec['chart']) && isRecord(spec['chart']['spec']) ? spec['chart']['spec'] : {};
  const source = isRecord(chart['sourceRef']) ? chart['sourceRef'] : isRecord(spec['chartRef']) ? spec['chartRef'] : {};
  const written = textOf(chart['chart']) ?? textOf(source['name']) ?? '';
  const git = gitSources.find(source, name, file);
  const path = source['kind'] === 'GitRepository' && git?.elsewhere === undefined ? resolvePath('.', written) : undefined;
  const [ownNamespace = '', ownName = ''] = name.split('/');
  const namespace = textOf(spec['targetNamespace']) ?? ownNamespace;
  if (path === undefined || !folders.has(path)) {
    const detail = canonical({ version: chart['version'], revision: git?.revision, values: spec['values'], valuesFrom: spec['valuesFrom'] });
    return { roots: [], outside: [{ kind: 'chart', name: `${textOf(source['name']) ?? ''}/${written} of HelmRelease ${name}`, detail, file, line, parts: [...parts.source(source, name, file), ...parts.values(spec['valuesFrom'], file)] }] };
  }
  const values = [...texts(chart['valuesFiles']), ...texts([chart['valuesFile']])].map((each) => resolvePath('.', each) ?? each);
  const holders: string[] = [];
  const told = releaseValues(spec, (entry) => {
    const held = parts.content(entry, { namespace: ownNamespace, file, holder });
    holders.push(...(held?.files ?? []));
    return held;
  });
  const release = { name: textOf(spec['releaseName']) ?? (textOf(spec['targetNamespace']) === undefined ? ownName : `${namespace}-${ownName}`), values, inline: told.values, holders, set: {}, instead: values.length > 0, wantsAll: chart['ignoreMissingValuesFiles'] !== true };
  const outside = told.unknown.map((entry): OutsideContent => ({ kind: 'values', name: `values of ${textOf(entry['kind']) ?? 'ConfigMap'} ${textOf(entry['name']) ?? ''} for HelmRelease ${name}`, detail: canonical(entry), file, line, parts: parts.values([entry], file) }));
  return { outside, roots: [{ tool: 'flux', name, file, path, recurse: false, namespace: namespace === '' ? undefined : namespace, cluster: clusterOf(file), ...(git?.pinned === undefined ? {} : { pinned: git.pinned }), release }] };
}

/** `clusters/<x>/…`: how Flux repositories name what a root is for (R19). */
export function clusterOf(path: string): string | undefined {
  const steps = path.split('/');
  const at = steps.indexOf('clusters');
  const name = at < 0 ? undefined : steps[at + 1];
  return name === undefined || /\.(?:ya?ml|json)$/iu.test(name) ? undefined : name;
}
