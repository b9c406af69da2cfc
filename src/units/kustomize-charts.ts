/** Charts that a kustomization inflates: those of the repository are handed over, others are outside content (R15). */
import { canonical } from '#lib/canonical.ts';
import { fail, isAddress, refuse, saidBy, type BuildFile, type OutsideContent, type Source } from './build.ts';
import { chartFiles, refuseList } from './helm-build.ts';
import { isRecord, records } from './kustomization.ts';
import type { Fields, Place } from './kustomize-build.ts';
import { resolvePath } from './unit.ts';
import { apiVersions } from './api-versions.ts';

export interface InflatedCharts {
  readonly files: ReadonlyMap<string, BuildFile>;
  readonly inflates: boolean;
  readonly outside: readonly OutsideContent[];
}

/** Checks and rewrites `helmCharts` of `value` in place. */
export function inflatedCharts(source: Source, at: Place, value: Fields): InflatedCharts {
  const files = new Map<string, BuildFile>();
  const outside: OutsideContent[] = [];
  let inflates = false;
  withOldCharts(value);
  const globals = isRecord(value['helmGlobals']) ? value['helmGlobals'] : {};
  const home = typeof globals['chartHome'] === 'string' && globals['chartHome'] !== '' ? globals['chartHome'] : 'charts';
  const homePath = inside(at, home);
  if (value['helmGlobals'] !== undefined) value['helmGlobals'] = { chartHome: home };
  if (!Array.isArray(value['helmCharts'])) return { files, inflates, outside };
  const kept: unknown[] = [];
  for (const entry of value['helmCharts'] as readonly unknown[]) {
    if (!isRecord(entry)) {
      kept.push(entry);
      continue;
    }
    // The tool hands these to Helm as arguments: one that looks like an option would be one.
    for (const [key, option] of Object.entries(entry)) {
      for (const written of typeof option === 'string' ? [option] : Array.isArray(option) ? option.filter((each): each is string => typeof each === 'string') : []) {
        if (written.startsWith('-')) refuse(at.file, `\`${key}: ${written.slice(0, 60)}\` of a chart would be an option of Helm`, 'write a name', at.line(written));
      }
    }
    const name = typeof entry['name'] === 'string' ? entry['name'] : '';
    const version = typeof entry['version'] === 'string' ? entry['version'] : '';
    if (name === '' || isAddress(name) || name.includes('..') || name.startsWith('/') || /[,"\n\r]/u.test(name)) refuse(at.file, `\`${name}\` is no name of a chart`, 'write the name of the chart', at.line(name));
    const folder = [`${homePath}/${name}`, `${homePath}/${name}-${version}/${name}`].map((path) => resolvePath('.', path) ?? path).find((path) => source.blob(`${path}/Chart.yaml`) !== undefined);
    if (folder === undefined) {
      // The chart is not here, its values files are.
      const values = [entry['valuesFile'], ...(Array.isArray(entry['additionalValuesFiles']) ? (entry['additionalValuesFiles'] as readonly unknown[]) : [])].flatMap((written) => (typeof written === 'string' ? [contentOf(source, at, written)] : []));
      outside.push({ kind: 'chart', name: `${typeof entry['repo'] === 'string' ? `${entry['repo'].replace(/\/$/u, '')}/` : ''}${name}`, detail: canonical({ ...entry, name: undefined, repo: undefined, ...(values.length === 0 ? {} : { content: values }) }), file: at.file, line: at.line(name) });
      continue;
    }
    inflates = true;
    const chart = chartFiles(source, folder, folder);
    for (const [path, file] of chart.files) files.set(path, file);
    outside.push(...chart.outside);
    const valuesFile = (written: string): string => {
      if (isAddress(written) || written.startsWith('/')) refuse(at.file, `it takes values from \`${written}\`, outside the repository`, 'put the file into the repository', at.line(written));
      const path = inside(at, written);
      refuseList(at.file, path, at.line(written));
      const leads = source.follow(path);
      const blob = leads.type === 'file' ? source.blob(leads.path) : undefined;
      if (leads.type === 'outside') refuse(at.file, `\`${written}\` is a symbolic link out of the repository`, 'put the file into the repository', at.line(written));
      if (blob === undefined) return fail(at.file, `it takes \`${written}\`, which is not there`, 'add the file, or take the entry out', at.line(written));
      files.set(path, { blob });
      return written;
    };
    kept.push({
      ...entry,
      ...(typeof entry['valuesFile'] === 'string' ? { valuesFile: valuesFile(entry['valuesFile']) } : {}),
      ...(Array.isArray(entry['additionalValuesFiles']) ? { additionalValuesFiles: (entry['additionalValuesFiles'] as readonly unknown[]).map((each) => (typeof each === 'string' ? valuesFile(each) : each)) } : {}),
      apiVersions: [...(Array.isArray(entry['apiVersions']) ? (entry['apiVersions'] as readonly unknown[]) : []), ...apiVersions],
    });
  }
  value['helmCharts'] = kept;
  return { files, inflates, outside };
}

/** What a values file says; nothing of what lies elsewhere. */
function contentOf(source: Source, at: Place, written: string): string | undefined {
  const path = isAddress(written) || written.startsWith('/') ? undefined : resolvePath(at.folder, written);
  const leads = path === undefined ? undefined : source.follow(path);
  const text = leads?.type === 'file' ? source.text(leads.path) : undefined;
  return text === undefined ? undefined : saidBy(text);
}

function inside(at: Place, written: string): string {
  if (written.startsWith('/')) refuse(at.file, `\`${written}\` is an absolute path`, 'write it relative to the kustomization', at.line(written));
  const path = resolvePath(at.folder, written);
  return path ?? refuse(at.file, `\`${written}\` leads out of the repository`, 'put the files into the repository', at.line(written));
}

/** The older field, which the tool reads as `helmCharts`. @see https://github.com/kubernetes-sigs/kustomize/blob/master/api/types/helmchartargs.go */
function withOldCharts(value: Fields): void {
  const old = records(value['helmChartInflationGenerator']);
  delete value['helmChartInflationGenerator'];
  if (old.length === 0) return;
  const names: Readonly<Record<string, string>> = { chartName: 'name', chartVersion: 'version', chartRepoUrl: 'repo', values: 'valuesFile', valuesLocal: 'valuesInline', valuesMerge: 'valuesMerge', releaseName: 'releaseName', releaseNamespace: 'namespace' };
  const charts = old.map((entry) => Object.fromEntries(Object.entries(entry).flatMap(([key, written]) => (names[key] === undefined || written === '' ? [] : [[names[key], written] as const]))));
  const home = old.map((entry) => entry['chartHome']).find((written) => typeof written === 'string' && written !== '');
  if (value['helmGlobals'] === undefined && home !== undefined) value['helmGlobals'] = { chartHome: home };
  value['helmCharts'] = [...(Array.isArray(value['helmCharts']) ? (value['helmCharts'] as readonly unknown[]) : []), ...charts];
}
