/**
 * Prepares a chart for `helm template` (R13 to R15): the chart's files, its dependencies that lie in the repository, and values files. Dependencies that only a
 * registry has are taken out and named.
 */
import { canonical } from '#lib/canonical.ts';
import type { Source} from './build.ts';
import { buildOrProblem, fail, lineOf, refuse, valuesOf, type Build, type BuildFile, type OutsideContent } from './build.ts';
import { isDeployed, overlaid, withValue, type Values } from './helm-values.ts';
import { isRecord, records } from './kustomization.ts';
import { merged } from './release-values.ts';
import { baseName, resolvePath } from './unit.ts';

export interface ChartBuild {
  readonly root: string;
  /** Paths in the repository, in order. */
  readonly values: readonly string[];
  /** Values of a Flux or Argo CD object, laid over all files. */
  readonly inline?: { readonly path: string; readonly text: string };
  /** The files are the chart's own values, in place of its `values.yaml`. @see https://fluxcd.io/flux/components/source/helmcharts/#values-files */
  readonly instead?: boolean;
  /** Single values, laid over everything. */
  readonly set?: Readonly<Record<string, unknown>>;
}

export function buildChart(source: Source, { root, values, inline, set = {}, instead = false }: ChartBuild): Build & { readonly values?: readonly string[] } {
  const laid: string[] = [];
  const build = buildOrProblem(() => {
    let given: Values = {};
    let own: Values | undefined = instead ? {} : undefined;
    const added = new Map<string, BuildFile>();
    for (const path of values) {
      if (resolvePath('.', path) !== path) refuse(inFolder(root, 'Chart.yaml'), `the values file \`${path}\` leads out of the repository`, 'put the file into the repository');
      refuseList(inFolder(root, 'Chart.yaml'), path);
      const leads = source.follow(path);
      if (leads.type === 'outside') refuse(path, `the values file \`${path}\` is a symbolic link out of the repository`, 'put the file into the repository');
      const blob = leads.type === 'file' ? source.blob(leads.path) : undefined;
      // R6: a side without the file is rendered without it.
      if (blob === undefined) continue;
      added.set(path, { blob });
      const said = valuesOf(source.documents.text(blob) ?? '')?.[0];
      if (own !== undefined) own = merged(own, isRecord(said) ? said : {});
      else {
        laid.push(path);
        given = overlaid(given, said);
      }
    }
    if (inline !== undefined) {
      added.set(inline.path, { text: inline.text });
      laid.push(inline.path);
      given = overlaid(given, valuesOf(inline.text)?.[0]);
    }
    for (const [path, written] of Object.entries(set)) given = withValue(given, path, written);
    const { files: chart, outside } = chartFiles(source, root, root, { given, own });
    const files = new Map([...chart, ...added]);
    if (own !== undefined) files.set(inFolder(root, 'values.yaml'), { text: `${JSON.stringify(own, null, 1)}\n` });
    // Notes are for people, install nothing, and read values that the charts taken out would bring.
    if (outside.length > 0) for (const path of [...files.keys()]) if (/(?:^|\/)templates\/NOTES\.txt$/u.test(path)) files.delete(path);
    return { type: 'ready', files, inflates: false, outside };
  });
  return build.type === 'ready' ? { ...build, values: laid } : build;
}

/** Helm reads the name of a values file as a list: what stands behind a comma would be another file, anywhere on the machine. */
export function refuseList(file: string, path: string, line?: number): void {
  if (/[,"\n\r]/u.test(path)) refuse(file, `\`${path}\` has a comma or a quotation mark, and would be a list of values files to Helm`, 'rename the file', line);
}

const mostDepth = 8;

export interface ChartUse {
  /** What its user lays over the chart's own values; absent: nobody here knows, and every dependency counts. */
  readonly given?: Values | undefined;
  /** The chart's own values, where they are not those of its `values.yaml`. */
  readonly own?: Values | undefined;
  readonly depth?: number;
}

/** A schema only refuses values, and one that leads to other addresses cannot be followed here (R14): the values are taken as they are. */
function asksTheNetwork(schema: string | undefined): boolean {
  return schema !== undefined && /"\$(?:ref|dynamicRef)"\s*:\s*"[a-z][a-z0-9+.-]*:\/\//iu.test(schema);
}

/** Files of a chart as they lie in the private copy, below `at`. */
export function chartFiles(source: Source, root: string, at: string, { given, own: stated, depth = 0 }: ChartUse = {}): { readonly files: ReadonlyMap<string, BuildFile>; readonly outside: readonly OutsideContent[] } {
  const chartFile = inFolder(root, 'Chart.yaml');
  if (depth > mostDepth) return refuse(chartFile, 'its dependencies are nested too deeply', 'flatten them');
  const files = new Map<string, BuildFile>();
  for (const [to, from] of source.filesBelow(root, at)) {
    const blob = source.blob(from);
    if (blob !== undefined && !(baseName(from) === 'values.schema.json' && asksTheNetwork(source.text(from)))) files.set(to, { blob });
  }
  const outside: OutsideContent[] = [];
  const own = stated ?? source.values(inFolder(root, 'values.yaml'))?.[0];
  const values = overlaid(isRecord(own) ? own : {}, given);
  for (const name of ['Chart.yaml', 'requirements.yaml']) {
    const path = inFolder(root, name);
    const text = source.text(path);
    if (text === undefined) {
      if (name === 'Chart.yaml') fail(path, `\`${root}\` has no Chart.yaml that can be read`, 'add one');
      continue;
    }
    const value = source.values(path)?.[0];
    if (!isRecord(value)) {
      if (name === 'Chart.yaml') fail(path, `\`${path}\` cannot be read`, 'correct its YAML');
      continue;
    }
    const dependencies = records(value['dependencies']);
    const kept: unknown[] = [];
    for (const dependency of dependencies) {
      const dependencyName = typeof dependency['name'] === 'string' ? dependency['name'] : '';
      if (vendored(source, files, at, dependencyName, root)) kept.push(dependency);
      else {
        const repository = typeof dependency['repository'] === 'string' ? dependency['repository'] : '';
        const local = repository.startsWith('file://') ? resolvePath(root, repository.slice('file://'.length)) : undefined;
        if (repository.startsWith('file://') && (local === undefined || repository.startsWith('file:///'))) refuse(path, `the dependency \`${repository}\` leads out of the repository`, 'put the chart into the repository', lineOf(text, repository));
        if (local !== undefined && source.blob(inFolder(local, 'Chart.yaml')) !== undefined && local !== root) {
          const inner = chartFiles(source, local, inFolder(at, `charts/${dependencyName}`), { depth: depth + 1, given: given === undefined ? undefined : valuesFor(values, dependency, dependencyName) });
          for (const [to, file] of inner.files) files.set(to, file);
          outside.push(...inner.outside);
          kept.push(dependency);
        } else if (given === undefined || isDeployed(dependency, values)) {
          outside.push({ kind: 'chart', name: `${repository === '' ? '' : `${repository.replace(/\/$/u, '')}/`}${dependencyName}`, detail: canonical({ version: dependency['version'], values: valuesFor(values, dependency, dependencyName) }), file: path, line: lineOf(text, dependencyName) });
        }
      }
    }
    if (kept.length !== dependencies.length) files.set(inFolder(at, name), { text: `${JSON.stringify({ ...value, dependencies: kept }, null, 1)}\n` });
  }
  return { files, outside };
}

/** `charts/<name>`, a chart of that name in another folder, or a packed one. */
function vendored(source: Source, files: ReadonlyMap<string, BuildFile>, at: string, name: string, root: string): boolean {
  const charts = inFolder(at, 'charts/');
  for (const path of files.keys()) {
    if (!path.startsWith(charts)) continue;
    const rest = path.slice(charts.length);
    if (rest === `${name}/Chart.yaml`) return true;
    if (!rest.includes('/') && rest.endsWith('.tgz') && rest.startsWith(`${name}-`) && /^\d/u.test(rest.slice(name.length + 1))) return true;
    if (/^[^/]+\/Chart\.yaml$/u.test(rest)) {
      const value = source.values(inFolder(root, `charts/${rest}`))?.[0];
      if (isRecord(value) && value['name'] === name) return true;
    }
  }
  return false;
}

/** What a chart's values say to a dependency: those below its name or alias, and `global`. */
function valuesFor(values: Values, dependency: Values, name: string): Values {
  const own = values[typeof dependency['alias'] === 'string' ? dependency['alias'] : name];
  const { global } = values;
  return { ...(isRecord(own) ? own : {}), ...(global === undefined ? {} : { global }) };
}

function inFolder(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}

/** A DNS label that Helm takes as a release. */
export function releaseName(text: string): string | undefined {
  const name = baseName(text).toLowerCase().replace(/[^a-z0-9-]+/gu, '-').replace(/^-+|-+$/gu, '').slice(0, 53).replace(/-+$/u, '');
  return name === '' ? undefined : name;
}
