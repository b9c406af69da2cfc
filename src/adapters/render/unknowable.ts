/**
 * What of a chart's output nobody can know from the repository: values that it makes anew at every rendering, and what it asks the cluster for (`lookup`). Both are found
 * by rendering again, with the clock or the cluster changed.
 * @see https://helm.sh/docs/chart_template_guide/function_list/
 */
import { clusterText, randomText } from '#lib/unresolved.ts';
import type { RenderedDocument } from '#app/ports.ts';

export type ChartFiles = ReadonlyMap<string, Uint8Array | string>;

const random = /\b(?:rand(?:AlphaNum|Alpha|Ascii|Numeric|Bytes|Int)|gen(?:CA|CAWithKey|SelfSignedCert|SelfSignedCertWithKey|SignedCert|SignedCertWithKey|PrivateKey)|uuidv4|shuffle|now|ago|date|dateInZone|htmlDate|htmlDateInZone|htpasswd|bcrypt|derivePassword|encryptAES)\b/u;
const lookup = /\blookup\b/u;

/** What a packed chart holds that could not be opened is not looked into. */
export function mayBeRandom(files: ChartFiles): boolean {
  return [...files.keys()].some((path) => path.endsWith('.tgz')) || actionsOf(files).some((action) => random.test(action));
}

export function asksCluster(files: ChartFiles): boolean {
  return actionsOf(files).some((action) => lookup.test(action));
}

const action = /\{\{[\s\S]*?\}\}/gu;

function actionsOf(files: ChartFiles): readonly string[] {
  return [...files].flatMap(([path, content]) => (isText(path) ? [...(textOf(content).match(action) ?? [])] : []));
}

function isText(path: string): boolean {
  return /\.(?:ya?ml|tpl|txt|json)$/u.test(path);
}

function textOf(content: Uint8Array | string): string {
  return typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
}

/** The same files on another day: two renderings of one second would show the same time. */
export function onAnotherDay(files: ChartFiles): ChartFiles {
  return rewritten(files, { now: '(toDate "2006-01-02" "2001-02-03")' });
}

/** The same files in a cluster that holds everything they ask for; every field of it is text that stands for an unknown value. */
export function inFullCluster(files: ChartFiles): ChartFiles {
  return rewritten(files, { lookup: `coalesce ${foundObject(files)}` });
}

/** Texts are no code; a name behind `.` or `$` is a field or a variable. */
function rewritten(files: ChartFiles, functions: Readonly<Record<string, string>>): ChartFiles {
  const names = new RegExp(String.raw`"(?:[^"\\]|\\.)*"|\x60[^\x60]*\x60|/\*[\s\S]*?\*/|(?<![.$\w])(${Object.keys(functions).join('|')})(?!\w)`, 'gu');
  return new Map([...files].map(([path, content]) => {
    if (!isText(path)) return [path, content] as const;
    const text = textOf(content);
    const changed = text.replace(action, (whole) => whole.replace(names, (word, name: string | undefined) => (name === undefined ? word : (functions[name] ?? word))));
    return [path, changed === text ? content : changed] as const;
  }));
}

const mostFields = 200;

/** Go's name for an object with every field that the asking files name, each a text in the form in which a Secret holds it. */
function foundObject(files: ChartFiles): string {
  const fields = new Set<string>();
  for (const [path, content] of files) {
    const text = isText(path) ? textOf(content) : '';
    if (!lookup.test(text)) continue;
    for (const match of text.matchAll(/\.([A-Za-z_]\w*)|"([A-Za-z][\w.-]*)"/gu)) if (fields.size < mostFields) fields.add(match[1] ?? match[2] ?? '');
  }
  const maps = ['metadata', 'labels', 'annotations', 'data', 'stringData', 'spec', 'status', 'items', 'apiVersion', 'kind'];
  const value = `"${Buffer.from(clusterText).toString('base64')}"`;
  const flat = [...fields].filter((field) => field !== '' && !maps.includes(field)).map((field) => `"${field}" ${value}`).join(' ');
  const inner = `(dict ${flat})`;
  return `(dict "apiVersion" "v1" "kind" "Found" "metadata" (dict "labels" ${inner} "annotations" ${inner} ${flat}) "data" ${inner} "spec" ${inner} "status" ${inner} "items" (list ${inner}))`;
}

/** Template files of the output that may ask the cluster, by themselves or through a named template: paths from the chart's folder on. */
export function askingFiles(files: ChartFiles): (source: string) => boolean {
  const texts = [...files].flatMap(([path, content]) => (isText(path) ? [{ path, text: textOf(content) }] : []));
  const asking = new Set(texts.filter(({ text }) => (text.match(action) ?? []).some((each) => lookup.test(each))).map(({ path }) => path));
  for (let before = -1; before !== asking.size; ) {
    before = asking.size;
    const names = new Set(texts.filter(({ path }) => asking.has(path)).flatMap(({ text }) => [...text.matchAll(/\bdefine\s+"([^"]+)"/gu)].map((match) => match[1] ?? '')));
    for (const { path, text } of texts) if ([...text.matchAll(/\b(?:include|template)\s+"([^"]+)"/gu)].some((match) => names.has(match[1] ?? ''))) asking.add(path);
  }
  return (source) => [...asking].some((path) => path.endsWith(`/${source.slice(source.indexOf('/') + 1)}`) || path === source.slice(source.indexOf('/') + 1));
}

/**
 * Lines in which two renderings of the same input differ are random (a generated password, a certificate, the time). They get one text that is equal
 * in every rendering, so that a comparison sees neither a change nor a value.
 */
export function withoutRandom(first: readonly RenderedDocument[], second: readonly RenderedDocument[]): readonly RenderedDocument[] {
  return paired(first, second).flatMap(([ours, theirs]): readonly RenderedDocument[] => {
    // One that comes and goes is there in some cluster.
    if (ours === undefined || theirs === undefined) return ours === undefined ? [] : [{ ...ours, otherwise: '' }];
    if (ours.text === theirs.text) return [ours];
    const left = ours.text.split('\n');
    const right = theirs.text.split('\n');
    if (left.length !== right.length) return [{ ...ours, otherwise: theirs.text }];
    return [{ ...ours, text: left.map((line, at) => (line === right[at] ? line : masked(line))).join('\n') }];
  });
}

/** What a document would be in a cluster that holds what the chart asks for: another text, or none. */
export function withFound(empty: readonly RenderedDocument[], full: readonly RenderedDocument[]): readonly RenderedDocument[] {
  return paired(empty, full).flatMap(([ours, theirs]): readonly RenderedDocument[] => {
    if (ours === undefined) return theirs === undefined ? [] : [{ ...theirs, otherwise: '' }];
    if (theirs === undefined) return [{ ...ours, otherwise: '' }];
    return [ours.text === theirs.text || ours.otherwise !== undefined ? ours : { ...ours, otherwise: theirs.text }];
  });
}

/** Documents of two renderings that are one object: by template, kind and name; where a name is random, in their order. */
function paired(first: readonly RenderedDocument[], second: readonly RenderedDocument[]): readonly (readonly [RenderedDocument | undefined, RenderedDocument | undefined])[] {
  if (first.length === second.length && first.every((document, index) => kindOf(document) === kindOf(second[index]))) return first.map((document, index) => [document, second[index]]);
  const open = new Map<string, RenderedDocument[]>();
  for (const document of second) {
    const key = nameOf(document);
    open.set(key, [...(open.get(key) ?? []), document]);
  }
  const pairs = first.map((document): readonly [RenderedDocument, RenderedDocument | undefined] => [document, open.get(nameOf(document))?.shift()]);
  return [...pairs, ...[...open.values()].flat().map((document): readonly [undefined, RenderedDocument] => [undefined, document])];
}

function kindOf(document: RenderedDocument | undefined): string {
  return `${document?.source?.path ?? ''} ${/^kind:\s*(\S+)/mu.exec(document?.text ?? '')?.[1] ?? ''}`;
}

function nameOf(document: RenderedDocument): string {
  return `${kindOf(document)} ${/^metadata:[^\n]*\n(?:[ ]+[^\n]*\n)*?[ ]+name:\s*(\S+)/mu.exec(document.text)?.[1] ?? /^metadata:.*\bname:\s*([^\s,}]+)/mu.exec(document.text)?.[1] ?? ''}`;
}

function masked(line: string): string {
  const key = /^(\s*(?:- )?(?:"[^"]*"|'[^']*'|[\w./-]+):\s+)(\S.*)$/u.exec(line);
  if (key?.[1] !== undefined) return `${key[1]}"${randomText}"`;
  const item = /^(\s*- )\S/u.exec(line);
  if (item?.[1] !== undefined) return `${item[1]}"${randomText}"`;
  return `${/^\s*/u.exec(line)?.[0] ?? ''}${randomText}`;
}
