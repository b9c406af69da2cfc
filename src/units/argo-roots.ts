/**
 * Argo CD's Applications as roots (R3b, R7, R8): what their sources deploy of this repository, and with which values.
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { compileWildcard } from '#lib/glob.ts';
import { compareText } from '#lib/order.ts';
import { fill, type Template } from './application-set.ts';
import { isAddress, type OutsideContent } from './build.ts';
import { parameterValue, type SetValue, type Values } from './helm-values.ts';
import { isRecord, records, textMap, textOf, texts } from './kustomization.ts';
import type { Overlay } from './kustomize-build.ts';
import { isReviewed, pinnedRevision } from './repository.ts';
import type { RootContext, RootReference, RootsOfFile } from './roots.ts';
import { filled, fitting, hasHoles, type Parameters } from './template-holes.ts';
import { baseName, below, resolvePath } from './unit.ts';

interface Application {
  readonly name: string;
  readonly spec: Values;
  readonly context: RootContext;
  readonly template?: Template;
}

export function application(of: Application): RootsOfFile {
  const { name, spec, context, template } = of;
  const { file, line, repository } = context;
  const sources = [...(isRecord(spec['source']) ? [spec['source']] : []), ...records(spec['sources'])];
  const outside: OutsideContent[] = template?.patch === undefined ? [] : [{ kind: 'values', name: `values in the template patch of Application ${name}`, detail: shortHash(template.patch), file, line }];
  const isHere = (source: Values): boolean => isReviewed(textOf(source['repoURL']), repository);
  const refs = new Map(sources.flatMap((source) => (textOf(source['ref']) === undefined ? [] : [[String(source['ref']), source] as const])));
  const place: ValuesPlace = (written, path) => {
    if (isAddress(written)) return undefined;
    // What leads out of the repository is left as it is written, and refused where it would be read.
    if (!written.startsWith('$')) return resolvePath(path, written) ?? written;
    const cut = written.indexOf('/');
    const from = refs.get(written.slice(1, cut));
    return cut < 0 || (from !== undefined && !isHere(from)) ? undefined : (resolvePath('.', written.slice(cut + 1)) ?? written);
  };
  const roots = sources.flatMap((source): readonly RootReference[] => {
    const helm = helmOf(source);
    const written = textOf(source['path']);
    if (textOf(source['chart']) !== undefined) {
      // Its values may lie here though the chart does not.
      const values = texts(helm['valueFiles']).map((each) => [each, each.startsWith('$') ? contentsAt(place(each, '.') ?? '', context) : undefined]);
      outside.push({ kind: 'chart', name: `${textOf(source['repoURL']) ?? ''}/${String(source['chart'])} of Application ${name}`, detail: canonical({ version: source['targetRevision'], helm, values }), file, line });
      return [];
    }
    // A source that only lends its files to others (`ref`) deploys nothing.
    if (written === undefined) return [];
    if (!isHere(source)) {
      outside.push({ kind: 'base', name: `${textOf(source['repoURL']) ?? ''} ${written} of Application ${name}`, detail: canonical({ revision: source['targetRevision'], helm, kustomize: source['kustomize'] }), file, line });
      return [];
    }
    for (const each of texts(helm['valueFiles'])) {
      if (place(each, '.') === undefined) outside.push({ kind: 'values', name: `values ${each} of Application ${name}`, detail: canonical(refs.get(each.slice(1, Math.max(1, each.indexOf('/'))))?.['targetRevision']), file, line });
    }
    const open = template !== undefined && (hasHoles(written) || hasHoles(name) || texts(helm['valueFiles']).some(hasHoles));
    return placesOf(source, context, place).map((placed) => ({ ...rootAt(placed, of), ...(open ? { open } : {}) }));
  });
  return { roots, outside };
}

/** Where a values file lies: `$name/path` is one of the source of that name; `undefined`: another repository holds it. */
type ValuesPlace = (written: string, path: string) => string | undefined;

/** What a values file says; of one whose name has holes, what each that fits says. */
function contentsAt(written: string, { contentOf, files }: RootContext): unknown {
  return hasHoles(written) ? valuesFitting(written, files).map(({ file }) => [file, contentOf(file)]) : contentOf(written);
}

interface Placed {
  readonly path: string;
  readonly source: Values;
  readonly values: readonly string[];
  /** What the holes of the template hold here, where they hold several things at one path. */
  readonly variant?: string;
}

/** A path, or every folder that a template with unknown parts fits; likewise its values files (R7). */
function placesOf(source: Values, { folders, files }: RootContext, place: ValuesPlace): readonly Placed[] {
  const written = textOf(source['path']) ?? '';
  return foldersFitting(written, folders).flatMap(({ path, held }): readonly Placed[] => {
    const known = filledSource(source, held);
    const listed = texts(helmOf(known)['valueFiles']).flatMap((each) => place(each, path) ?? []);
    const kinds = new Map(listed.filter(hasHoles).flatMap((template) => valuesFitting(template, files).map(({ held: there }) => [canonical(there), there] as const)));
    if (kinds.size === 0) return [{ path, source: known, values: listed.filter((each) => !hasHoles(each)) }];
    return [...kinds.values()].map((there) => ({ path, source: filledSource(known, there), values: listed.map((each) => filled(each, there)).filter((each) => !hasHoles(each)), variant: Object.values(there).join('/') }));
  });
}

function foldersFitting(written: string, folders: ReadonlySet<string>): readonly { readonly path: string; readonly held: Parameters }[] {
  if (!hasHoles(written)) {
    const path = resolvePath('.', written);
    return path === undefined ? [] : [{ path, held: {} }];
  }
  const fits = fitting(written);
  return [...folders].sort(compareText).flatMap((path) => {
    const held = fits(path);
    return held === undefined ? [] : [{ path, held }];
  });
}

function valuesFitting(template: string, files: readonly string[]): readonly { readonly file: string; readonly held: Parameters }[] {
  const fits = fitting(template);
  return files.flatMap((file) => {
    const held = /\.ya?ml$/iu.test(file) && baseName(file) !== 'Chart.yaml' ? fits(file) : undefined;
    return held === undefined ? [] : [{ file, held }];
  });
}

function filledSource(source: Values, held: Parameters): Values {
  const made = fill(source, held);
  return isRecord(made) ? made : source;
}

function helmOf(source: Values): Values {
  return isRecord(source['helm']) ? source['helm'] : {};
}

function rootAt({ path, source, values, variant }: Placed, { name, spec, context: { repository, file } }: Application): RootReference {
  const destination = isRecord(spec['destination']) ? spec['destination'] : {};
  const helm = helmOf(source);
  const pinned = pinnedRevision(textOf(source['targetRevision']), repository);
  const directory = isRecord(source['directory']) ? source['directory'] : {};
  const takes = takesOf(directory);
  return {
    tool: 'argo',
    name,
    file,
    path,
    recurse: directory['recurse'] === true,
    ...(takes === undefined ? {} : { takes: (each) => below(each, path) && takes(path === '.' ? each : each.slice(path.length + 1)) }),
    namespace: known(textOf(destination['namespace'])),
    cluster: known(textOf(destination['name'])) ?? known(textOf(destination['server'])),
    ...(variant === undefined ? {} : { variant }),
    ...kustomizeSource(source['kustomize']),
    release: {
      name: textOf(helm['releaseName']) ?? name.split('/').at(-1) ?? name,
      values,
      inline: isRecord(helm['valuesObject']) ? helm['valuesObject'] : helm['values'],
      set: parametersOf(helm),
      ...(helm['ignoreMissingValueFiles'] === true ? {} : { wantsAll: true }),
    },
    ...(pinned === undefined ? {} : { pinned }),
  };
}

/** `helm.parameters` are given to `--set`, and to `--set-string` only where they ask for it: `"false"` is no text that counts as true. */
function parametersOf(helm: Values): Readonly<Record<string, SetValue>> {
  const named = records(helm['parameters']).filter((each) => textOf(each['name']) !== undefined);
  return Object.fromEntries(
    named.map((each): readonly [string, SetValue] => {
      const written = textOf(each['value']) ?? '';
      return [String(each['name']), each['forceString'] === true ? written : parameterValue(written)];
    }),
  );
}

/** `directory.include` and `exclude`: wildcards that cross `/`, with alternatives in braces. @see https://argo-cd.readthedocs.io/en/stable/user-guide/directory/ */
function takesOf(directory: Values): ((path: string) => boolean) | undefined {
  const [include, exclude] = [textOf(directory['include']), textOf(directory['exclude'])];
  if (include === undefined && exclude === undefined) return undefined;
  const includes = include === undefined ? () => true : compileWildcard(include);
  const excludes = exclude === undefined ? () => false : compileWildcard(exclude);
  return (path) => includes(path) && !excludes(path);
}

function kustomizeSource(kustomize: unknown): Pick<RootReference, 'overlay'> {
  if (!isRecord(kustomize)) return {};
  const overlay: Overlay = {
    ...(textOf(kustomize['namespace']) === undefined ? {} : { namespace: String(kustomize['namespace']) }),
    ...(textOf(kustomize['namePrefix']) === undefined ? {} : { namePrefix: String(kustomize['namePrefix']) }),
    ...(textOf(kustomize['nameSuffix']) === undefined ? {} : { nameSuffix: String(kustomize['nameSuffix']) }),
    ...(isRecord(kustomize['commonLabels']) ? { [kustomize['labelWithoutSelector'] === true ? 'metadataLabels' : 'commonLabels']: textMap(kustomize['commonLabels']) } : {}),
    ...(isRecord(kustomize['commonAnnotations']) ? { commonAnnotations: textMap(kustomize['commonAnnotations']) } : {}),
    ...(records(kustomize['patches']).length === 0 ? {} : { patches: records(kustomize['patches']) }),
    ...(texts(kustomize['components']).length === 0 ? {} : { components: texts(kustomize['components']) }),
  };
  return Object.keys(overlay).length === 0 ? {} : { overlay };
}

function known(written: string | undefined): string | undefined {
  return written === undefined || hasHoles(written) ? undefined : written;
}
