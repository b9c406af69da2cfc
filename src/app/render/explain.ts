/**
 * What a person can do about a rendering that failed: the place in the repository that the tool's words name, and a remedy (R13). Words that nobody here knows keep
 * the tool's own place and the general remedy.
 */
import { parseStream } from '#source/documents.ts';
import type { Documents } from '#units/documents.ts';
import type { BuildFile, OutsideContent } from '#units/build.ts';
import type { Tree } from '#trees/tree.ts';
import { resolvePath, type UnitSide } from '#units/unit.ts';
import { templateFile } from './origins.ts';

export interface Explained {
  readonly file?: string;
  readonly line?: number;
  readonly remedy?: string;
}

export interface Failing {
  readonly reason: string;
  readonly of: UnitSide;
  readonly files: ReadonlyMap<string, BuildFile>;
  /** What was taken out before. */
  readonly outside: readonly OutsideContent[];
  readonly tree: Tree;
  readonly documents: Documents;
}

export function explained(failing: Failing): Explained {
  return failing.of.kind === 'helm' ? ofHelm(failing) : ofKustomize(failing);
}

const values = 'name the values files that it is deployed with in `units[].helm.values`, or give the value a default';

/** What Helm says → what helps. The first that fits. */
const helmRemedies: readonly (readonly [RegExp, string])[] = [
  [/chart\.metadata\.(?:\w+) is required/u, 'complete `Chart.yaml`: Helm 3 and later ask for this field'],
  [/chart requires kubeVersion/u, 'state the version of the cluster with `units[].helm.kubeVersion`'],
  [/don't meet the specifications of the schema/u, 'correct the values, or name the values files that it is deployed with in `units[].helm.values`'],
  [/YAML parse error on/u, 'correct what this template renders to, or name the values files that it is deployed with in `units[].helm.values`; `helm template --debug` shows the text'],
  [/function "[^"]*" not defined/u, 'use a version of Helm that knows this function, or take it out'],
  [/parse error at/u, 'correct the template'],
  [/nil pointer evaluating|execution error at|error calling|wrong type for value|can't evaluate field|map has no entry/u, values],
];

function ofHelm({ reason, of, outside, tree }: Failing): Explained {
  const known = helmRemedies.find(([words]) => words.test(reason))?.[1];
  const charts = outside.map(({ name }) => `\`${name.slice(name.lastIndexOf('/') + 1)}\``);
  // Values of a dependency are part of its user's.
  const remedy = known === values && charts.length > 0 ? `the value may be one of ${listed(charts)}, which ${charts.length === 1 ? 'is' : 'are'} not in the repository: put ${charts.length === 1 ? 'it' : 'them'} into \`charts/\` with \`helm dependency build\`, or ${values}` : known;
  // The innermost of nested templates comes last.
  const places = [...reason.matchAll(/([^\s:()"<>]+\/templates\/[^\s:()"<>]+)(?::(\d+))?/gu)];
  const place = places.findLast((each) => each[2] !== undefined) ?? places.at(-1);
  const file = place?.[1] === undefined ? undefined : templateFile(place[1], of, tree);
  return {
    ...(remedy === undefined ? {} : { remedy }),
    ...(file === undefined ? {} : { file: file.file }),
    // Lines of a packed chart are no lines of the repository, and those of a YAML error count what was rendered.
    ...(file?.from === 'template' && place?.[2] !== undefined ? { line: Number(place[2]) } : {}),
  };
}

function listed(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${String(names.length - 3)} more charts`;
}

function ofKustomize(failing: Failing): Explained {
  const { reason } = failing;
  if (/mapping key "[^"]*" already defined/u.test(reason)) return { remedy: 'keep one of the two equal keys', ...firstProblem(failing, ['duplicate-key', 'glued-separator']) };
  const named = namedFile(failing);
  const at = named === undefined ? {} : { file: named };
  if (/kustomization\.ya?ml is empty/u.test(reason)) return { ...at, remedy: 'write `resources` into it, or take the folder out where it is named' };
  if (/failed to find unique target for patch/u.test(reason)) return { ...at, ...lineOfName(failing, /target for patch \S*?\/(\S+)\.(?:\[noNs\]|[a-z0-9-]+)(?:\s|$)/u), remedy: 'correct kind, name and namespace that the patch aims at, or remove the patch' };
  if (/may not add resource with an already registered id/u.test(reason)) return { ...at, ...lineOfName(failing, /already registered id: \S*?\/(\S+)\.(?:\[noNs\]|[a-z0-9-]+)(?:\s|['"]|$)/u), remedy: 'the object is taken twice: take one of the two out' };
  const variable = /var '\{(\S+) /u.exec(reason)?.[1];
  if (variable !== undefined) return { ...placeOf(failing, new RegExp(String.raw`^\s*(?:- )?name:\s*["']?${escaped(variable)}["']?\s*$`, 'mu')), remedy: 'take the object that the entry of `vars` names among the resources, or remove the entry' };
  return named === undefined ? firstProblem(failing) : at;
}

/** The unit's file, or the kustomization of the folder, that the tool's words name: the last one, where it gave up. */
function namedFile({ reason, of, files }: Failing): string | undefined {
  let found: string | undefined;
  for (const [, quoted] of reason.matchAll(/['"`]([^'"`\s]+)['"`]/gu)) {
    const paths = quoted === undefined ? [] : [quoted, resolvePath(of.path, quoted)].flatMap((path) => (path === undefined ? [] : [path, ...['kustomization.yaml', 'kustomization.yml', 'Kustomization'].map((name) => `${path}/${name}`)]));
    const file = paths.find((path) => files.has(path));
    if (file !== undefined) found = file;
  }
  return found;
}

/** `Kind.version.group/name.namespace` in the tool's words: where an object or patch of that name is written. */
function lineOfName(failing: Failing, words: RegExp): Explained {
  const name = words.exec(failing.reason)?.[1];
  return name === undefined ? {} : placeOf(failing, new RegExp(String.raw`^\s*name:\s*["']?${escaped(name)}["']?\s*$`, 'mu'));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}

/** Only where one file alone fits: of several nobody knows which is meant. */
function placeOf(failing: Failing, line: RegExp): Explained {
  const found = [...textsOf(failing)].flatMap(([file, text]) => {
    const at = line.exec(text);
    return at === null ? [] : [{ file, line: text.slice(0, at.index + at[0].length).split('\n').length }];
  });
  return found.length === 1 && found[0] !== undefined ? found[0] : {};
}

/** `kinds`: only these; two objects in one document are keys written twice, and what helps is the separator. */
function firstProblem(failing: Failing, kinds?: readonly string[]): Explained {
  for (const [file, text] of textsOf(failing)) {
    if (!/\.ya?ml$/iu.test(file)) continue;
    const problem = parseStream(text).flatMap((document) => document.problems).find((each) => kinds === undefined || kinds.includes(each.kind));
    if (problem !== undefined) return { file, ...(problem.line === undefined ? {} : { line: problem.line }), ...(kinds === undefined || problem.kind === 'glued-separator' ? { remedy: problem.remedy } : {}) };
  }
  return {};
}

/** As the repository has them: a kustomization is handed over in another form. */
function* textsOf({ files, tree, documents }: Failing): Iterable<readonly [string, string]> {
  for (const path of files.keys()) {
    const entry = tree.entries.get(path);
    const text = entry?.type === 'file' ? documents.text(entry.blob) : undefined;
    if (text !== undefined) yield [path, text];
  }
}
