/**
 * Which of many matchers accept a value. Gives what `matches` gives for each of them; patterns on the same text are looked up instead
 * of tried, so that thousands of names cost a few look-ups each (a test compares the two).
 */
import type { Dimension } from './cube.ts';
import { oneNormalization } from './candidates/path.ts';
import { identityOf, matches, pathMatches } from './matches.ts';
import { isText, type Matcher, type TemplatePattern, type TextMatcher, type Value } from './matcher.ts';
import { normalizePath } from './normalize-path.ts';

type Index = Map<Value, number[]>;

function note(index: Index, key: Value, matcher: number): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [matcher]);
  else list.push(matcher);
}

/** That occur among the prefixes or suffixes of an index. */
function lengthsOf(index: Index): readonly number[] {
  return [...new Set([...index.keys()].flatMap((text) => (typeof text === 'string' ? [text.length] : [])))];
}

function looked(index: Index, key: Value): readonly number[] {
  return index.get(key) ?? [];
}

/** What the patterns of a dimension are compared with; `undefined`: each with a text of its own. */
function readerOf(dimension: Dimension, matchers: readonly Matcher[]): ((text: string) => string) | undefined {
  if (dimension === 'host') return (text) => text.toLowerCase();
  if (dimension !== 'path') return (text) => text;
  const mode = oneNormalization(matchers);
  return mode === undefined ? undefined : (text) => normalizePath(text, mode);
}

/** The pattern on that text; `undefined` where a matcher is of another kind. */
function patternOf(dimension: Dimension, matcher: Matcher): TextMatcher | TemplatePattern | undefined {
  if (matcher.type === 'path' || matcher.type === 'host') return matcher.pattern;
  if (matcher.type === 'principal') return 'text' in matcher.pattern && matcher.pattern.text.includes('spiffe://') ? undefined : matcher.pattern;
  return isText(matcher) && dimension !== 'path' && dimension !== 'host' ? matcher : undefined;
}

/** Where a matcher is looked up; `tried`: on each value. */
export type Found =
  | { readonly by: 'exact' | 'prefix' | 'suffix' | 'segment' | 'number'; readonly key: string | number }
  | { readonly by: 'pattern'; readonly pattern: TextMatcher | TemplatePattern }
  | { readonly by: 'tried' };

export function foundBy(dimension: Dimension, matcher: Matcher, oneText: boolean): Found {
  const pattern = oneText ? patternOf(dimension, matcher) : undefined;
  if (pattern?.type === 'exact' || pattern?.type === 'prefix' || pattern?.type === 'suffix') return { by: pattern.type, key: pattern.text };
  if (pattern !== undefined) return { by: 'pattern', pattern };
  if (matcher.type === 'number') return { by: 'number', key: matcher.value };
  return matcher.type === 'namespace-glob' && !/[*/]/.test(matcher.glob) ? { by: 'segment', key: matcher.glob } : { by: 'tried' };
}

/** Texts between `/ns/` and the next slash: where a namespace glob without a star is found (A3.15). */
function namespaceSegments(identity: string): ReadonlySet<string> {
  const text = `/${identity}`;
  const found = new Set<string>();
  for (let at = text.indexOf('/ns/'); at !== -1; at = text.indexOf('/ns/', at + 1)) {
    const end = text.indexOf('/', at + 4);
    if (end !== -1) found.add(text.slice(at + 4, end));
  }
  return found;
}

/** A function from a value to the indices of the matchers that accept it, ascending. */
export function signatures(dimension: Dimension, matchers: readonly Matcher[]): (value: Value) => readonly number[] {
  const reader = readerOf(dimension, matchers);
  const indexes: Readonly<Record<Exclude<Found['by'], 'pattern' | 'tried'>, Index>> = { exact: new Map(), prefix: new Map(), suffix: new Map(), segment: new Map(), number: new Map() };
  const patterns: { readonly index: number; readonly pattern: TextMatcher | TemplatePattern }[] = [];
  const tried: number[] = [];
  for (const [index, matcher] of matchers.entries()) {
    const found = foundBy(dimension, matcher, reader !== undefined);
    if (found.by === 'tried') tried.push(index);
    else if (found.by === 'pattern') patterns.push({ index, pattern: found.pattern });
    else note(indexes[found.by], found.key, index);
  }
  const prefixLengths = lengthsOf(indexes.prefix);
  const suffixLengths = lengthsOf(indexes.suffix);

  return (whole) => {
    const value = identityOf(whole);
    const found = [...looked(indexes.number, value)];
    if (typeof value === 'string') {
      const text = reader === undefined ? value : reader(value);
      found.push(...looked(indexes.exact, text));
      for (const length of prefixLengths) if (length <= text.length) found.push(...looked(indexes.prefix, text.slice(0, length)));
      for (const length of suffixLengths) if (length <= text.length) found.push(...looked(indexes.suffix, text.slice(text.length - length)));
      for (const { index, pattern } of patterns) if (pathMatches(pattern, text)) found.push(index);
      for (const segment of namespaceSegments(value)) found.push(...looked(indexes.segment, segment));
    }
    for (const index of tried) if (matches(matchers[index] as Matcher, whole)) found.push(index);
    return found.sort((left, right) => left - right);
  };
}
