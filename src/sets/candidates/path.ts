/** Representatives of raw paths: normalized ones, and where two normalizations meet in one slice, raw ones that tell them apart. */
import { compareText, distinct } from '#lib/order.ts';
import { ofType, type Matcher, type PathNormalization } from '../matcher.ts';
import { rejectedPath } from '../normalize-path.ts';
import { automatonCandidates } from './automaton.ts';
import { textCandidates, textPatterns, type TextPatterns } from './text.ts';

type PathMatcher = Pick<Extract<Matcher, { type: 'path' }>, 'pattern' | 'normalization'>;

function unionOf(matchers: readonly PathMatcher[]): { readonly texts: TextPatterns; readonly templates: readonly string[] } {
  return {
    texts: textPatterns(matchers.map(({ pattern }) => pattern)),
    templates: distinct(matchers.flatMap((matcher) => (matcher.pattern.type === 'template' ? [matcher.pattern.text] : []))),
  };
}

function normalized(matchers: readonly PathMatcher[], mode: PathNormalization, limit: number): string[] | undefined {
  const { texts, templates } = unionOf(matchers);
  if (templates.length === 0) return textCandidates(texts, '/');
  return automatonCandidates({ ...texts, templates, globs: [] }, mode, limit);
}

function encodeLetter(path: string, index: number): string {
  const code = path.charCodeAt(index);
  return `${path.slice(0, index)}%${code.toString(16)}${path.slice(index + 1)}`;
}

/** Raw spellings of a path which some modes fold together and others keep apart. */
function spellings(path: string): string[] {
  const found: string[] = [];
  const slashes = Array.from(path).flatMap((character, index) => (character === '/' ? [index] : []));
  const replaced = (index: number, text: string): string => path.slice(0, index) + text + path.slice(index + 1);
  for (const index of slashes) {
    found.push(replaced(index, '//'), replaced(index, '/./'));
    if (index > 0) found.push(replaced(index, '\\'), replaced(index, '%2f'), replaced(index, '%5c'));
    else found.push(`/%2f${path.slice(1)}`, `/%5c${path.slice(1)}`, `/\\${path.slice(1)}`, `/x/..${path}`, `/x/..;${path}`, `/x%2f..${path}`, `/x%2f..%2f..${path}`, `/x//..${path}`);
  }
  found.push(path.replaceAll('/', '//'), `/${path.slice(1).replaceAll('/', '%2f')}`, `/${path.slice(1).replaceAll('/', '\\')}`);
  const segments = path.split('/');
  for (let index = 1; index < segments.length; index += 1) {
    for (const dots of ['.', '..']) found.push([...segments.slice(0, index), dots, ...segments.slice(index + 1)].join('/'));
  }
  if (path.endsWith('/')) found.push(`${path}.`, `${path}x/..`);
  const letters = Array.from(path).flatMap((character, index) => (/[A-Za-z0-9._~-]/.test(character) ? [index] : []));
  for (const index of new Set([letters[0], letters[letters.length - 1]])) if (index !== undefined) found.push(encodeLetter(path, index));
  found.push(letters.reduceRight((text, index) => encodeLetter(text, index), path));
  // What normalization escapes, a template takes; raw it does not.
  for (const index of letters.slice(-2)) found.push(replaced(index, '|'));
  return found;
}

/**
 * A path that only the rawer mode sees, in front of one that all others see: `/shown/../path`, where dots are not resolved at all,
 * and `/shown/..%2fpath`, where they are but escaped slashes are kept. The end is also spelled in a way that the rawer mode does not read.
 */
function behind(head: string, path: string, slash: '/' | '%2f'): string[] {
  const clean = head.endsWith('/') ? head : `${head}/`;
  const up = Array.from({ length: clean.split('/').length - 2 }, () => '..').join(slash);
  const ends = /[A-Za-z0-9._~-]$/.test(path) ? [path, encodeLetter(path, path.length - 1)] : [path];
  const found = ends.map((end) => `${clean}${up}${slash}${end.slice(1)}`);
  return path === '/' ? [...found, `${clean}${up}`] : found;
}

/**
 * The same inside one segment: a template takes the escaped slashes for a part of its `{*}`, and where they are decoded the dots lead
 * out of all that stands before them. What stands behind that segment both modes see.
 */
function within(head: string, path: string): string[] {
  const segments = head.split('/');
  return segments.flatMap((segment, index) => {
    // Before the first slash there is nothing.
    if (segment === '') return [];
    const out = [segment, ...Array.from({ length: index }, () => '..')].join('%2f');
    const rest = path.slice(1);
    return [...new Set([rest.replaceAll('/', '%2f'), rest])].map((end) => [...segments.slice(0, index), `${out}%2f${end}`, ...segments.slice(index + 1)].join('/'));
  });
}

/**
 * Raw paths such that every class of the matchers has one; `undefined` above the limit. With two normalizations (a mesh's setting
 * that changes) the spellings cover every pair of what one and the other can see.
 */
export function pathCandidates(matchers: readonly PathMatcher[], limit: number): string[] | undefined {
  const modes = distinct(matchers.map((matcher) => matcher.normalization)) as PathNormalization[];
  const only = modes[0];
  if (only === undefined) return textCandidates(textPatterns([]), '/');
  if (modes.length === 1) return normalized(matchers, only, limit)?.filter((path) => !rejectedPath(path));
  const plain = new Set<string>();
  const own: { readonly mode: PathNormalization; readonly paths: readonly string[] }[] = [];
  for (const mode of modes) {
    const paths = normalized(matchers.filter((matcher) => matcher.normalization === mode), mode, limit);
    // One raw path is often its own form in every mode: all patterns together, too.
    const together = normalized(matchers, mode, limit);
    if (paths === undefined || together === undefined) return undefined;
    own.push({ mode, paths });
    for (const path of together) plain.add(path);
  }
  const shown = (...wanted: readonly PathNormalization[]): readonly string[] => distinct(own.filter(({ mode }) => wanted.includes(mode)).flatMap(({ paths }) => paths));
  const decodes = modes.includes('DECODE_AND_MERGE_SLASHES');
  const templated = matchers.some((matcher) => matcher.pattern.type === 'template');
  // What one mode shows in front and the other does not: all pairs, so that none is missing.
  // The end is common to both, so it is taken from the patterns of both.
  const pairs: readonly (readonly [heads: readonly string[], raw: (head: string, path: string) => readonly string[]])[] = [
    [shown('NONE'), (head, path) => behind(head, path, '/')],
    [decodes ? shown('BASE', 'MERGE_SLASHES') : [], (head, path) => behind(head, path, '%2f')],
    [decodes && templated ? shown('NONE', 'BASE', 'MERGE_SLASHES') : [], within],
  ];
  const spelled = new Set([...plain].flatMap(spellings));
  for (const [heads, rawOf] of pairs) {
    if (heads.length * plain.size > limit * 4) return undefined;
    for (const head of heads) for (const path of plain) for (const raw of rawOf(head, path)) spelled.add(raw);
  }
  const rest = [...spelled].filter((path) => !plain.has(path)).sort((left, right) => left.length - right.length || compareText(left, right));
  return [...plain, ...rest].filter((path) => !rejectedPath(path));
}

/** Whether all path matchers of a slice see a raw path in the same form. */
export function oneNormalization(matchers: readonly Matcher[]): PathNormalization | undefined {
  const modes = new Set(ofType(matchers, 'path').map(({ normalization }) => normalization));
  return modes.size === 1 ? [...modes][0] : undefined;
}

