/** Representatives of raw paths: normalized ones, and where two normalizations meet in one slice, raw ones that tell them apart. */
import { compareText, distinct } from '#lib/order.ts';
import type { Matcher, PathNormalization } from '../matcher.ts';
import { rejectedPath } from '../normalize-path.ts';
import { automatonCandidates } from './automaton.ts';
import { textCandidates, textPatterns, type TextPatterns } from './text.ts';

type PathMatcher = Extract<Matcher, { type: 'path' }>;

function unionOf(matchers: readonly PathMatcher[]): { readonly texts: TextPatterns; readonly templates: readonly string[] } {
  return {
    texts: textPatterns(matchers.flatMap((matcher) => (matcher.pattern.type === 'template' ? [] : [matcher.pattern]))),
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
  return `${path.slice(0, index)}%${code.toString(16).padStart(2, '0')}${path.slice(index + 1)}`;
}

/** Raw spellings of a path which some modes fold together and others keep apart. */
function spellings(path: string, heads: readonly string[]): string[] {
  const found: string[] = [];
  const slashes = [...path].flatMap((character, index) => (character === '/' ? [index] : []));
  const replaced = (index: number, text: string): string => path.slice(0, index) + text + path.slice(index + 1);
  for (const index of slashes) {
    found.push(replaced(index, '//'), replaced(index, '/./'));
    if (index > 0) found.push(replaced(index, '\\'), replaced(index, '%2f'), replaced(index, '%5c'));
    else found.push(`/%2f${path.slice(1)}`, `/%5c${path.slice(1)}`, `/\\${path.slice(1)}`, `/x/..${path}`, `/x/..;${path}`, `/x%2f..${path}`, `/x%2f..%2f..${path}`, `/x//..${path}`);
  }
  found.push(path.replaceAll('/', '//'), `/${path.slice(1).replaceAll('/', '%2f')}`, `/${path.slice(1).replaceAll('/', '\\')}`);
  const letters = [...path].flatMap((character, index) => (/[A-Za-z0-9._~-]/.test(character) ? [index] : []));
  for (const index of new Set([letters[0], letters[letters.length - 1]])) if (index !== undefined) found.push(encodeLetter(path, index));
  found.push(letters.reduceRight((text, index) => encodeLetter(text, index), path));
  // A prefix that only the rawer mode sees, in front of any path at all.
  for (const head of heads) {
    const clean = head.endsWith('/') ? head : `${head}x/`;
    const depth = clean.split('/').length - 2;
    found.push(`${clean}${Array.from({ length: depth }, () => '..').join('/')}${path}`, `${clean}${Array.from({ length: depth }, () => '..').join('%2f')}${path}`);
  }
  return found;
}

/** Raw paths such that every class of the matchers has one; `undefined` above the limit. */
export function pathCandidates(matchers: readonly PathMatcher[], limit: number): string[] | undefined {
  const modes = distinct(matchers.map((matcher) => matcher.normalization)) as PathNormalization[];
  const only = modes[0];
  if (only === undefined) return textCandidates({ exact: [], prefixes: [], suffixes: [] }, '/');
  if (modes.length === 1) return normalized(matchers, only, limit);
  const plain = new Set<string>();
  for (const mode of modes) {
    const found = normalized(matchers, mode, limit);
    if (found === undefined) return undefined;
    for (const path of found) plain.add(path);
  }
  const heads = distinct(['/', ...unionOf(matchers).texts.prefixes.filter((prefix) => prefix.startsWith('/')), ...unionOf(matchers).texts.exact.filter((text) => text.startsWith('/'))]);
  const found = new Set(plain);
  // Where one spelling is already unusual in one mode, a second one on top tells the third mode apart.
  for (const path of plain) for (const raw of spellings(path, heads)) found.add(raw);
  const rest = [...found].filter((path) => !plain.has(path) && !rejectedPath(path)).sort((left, right) => left.length - right.length || compareText(left, right));
  return [...plain, ...rest];
}

/** Whether all path matchers of a slice see a raw path in the same form. */
export function oneNormalization(matchers: readonly Matcher[]): PathNormalization | undefined {
  const modes = new Set(matchers.flatMap((matcher) => (matcher.type === 'path' ? [matcher.normalization] : [])));
  return modes.size === 1 ? [...modes][0] : undefined;
}

