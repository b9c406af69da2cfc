/**
 * Which of many matchers accept a value. Gives what `matches` gives for each of them; patterns on the same text are looked up instead
 * of tried, so that thousands of names cost a few look-ups each (a test compares the two).
 */
import type { Dimension } from './cube.ts';
import { oneNormalization } from './candidates/path.ts';
import { identityOf, matches, pathMatches } from './matches.ts';
import type { Matcher, TemplatePattern, TextMatcher, Value } from './matcher.ts';
import { normalizePath } from './normalize-path.ts';

type Index = Map<string, number[]>;

function note<K>(index: Map<K, number[]>, key: K, matcher: number): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [matcher]);
  else list.push(matcher);
}

/** Prefixes or suffixes, and the lengths that occur among them. */
interface Ends {
  readonly index: Index;
  readonly lengths: Set<number>;
}

/** The pattern on the text that the whole dimension is compared as; `undefined` where a matcher is of another kind. */
function patternOf(dimension: Dimension, matcher: Matcher, uniform: boolean): TextMatcher | TemplatePattern | undefined {
  if (matcher.type === 'path' || matcher.type === 'host') return uniform ? matcher.pattern : undefined;
  if (matcher.type === 'principal') return 'text' in matcher.pattern && matcher.pattern.text.includes('spiffe://') ? undefined : matcher.pattern;
  if (dimension === 'path' || dimension === 'host') return undefined;
  return matcher.type === 'exact' || matcher.type === 'prefix' || matcher.type === 'suffix' || matcher.type === 'non-empty' || matcher.type === 'present' ? matcher : undefined;
}

/** Texts between `/ns/` and the next slash: where a namespace glob without a star is found (A3.15). */
function namespaceSegments(identity: string): string[] {
  const text = `/${identity}`;
  const found: string[] = [];
  for (let at = text.indexOf('/ns/'); at !== -1; at = text.indexOf('/ns/', at + 1)) {
    const end = text.indexOf('/', at + 4);
    if (end !== -1) found.push(text.slice(at + 4, end));
  }
  return found;
}

/** A function from a value to the indices of the matchers that accept it, ascending. */
export function signatures(dimension: Dimension, matchers: readonly Matcher[]): (value: Value) => readonly number[] {
  const mode = dimension === 'path' ? oneNormalization(matchers) : undefined;
  const folded = dimension === 'host' && matchers.every((matcher) => matcher.type === 'host');
  const uniform = dimension === 'path' ? mode !== undefined : dimension === 'host' ? folded : true;
  const exact: Index = new Map();
  const prefixes: Ends = { index: new Map(), lengths: new Set() };
  const suffixes: Ends = { index: new Map(), lengths: new Set() };
  const numbers = new Map<number, number[]>();
  const globs: Index = new Map();
  const templates: { readonly index: number; readonly pattern: TextMatcher | TemplatePattern }[] = [];
  const rest: number[] = [];
  for (const [index, matcher] of matchers.entries()) {
    const pattern = patternOf(dimension, matcher, uniform);
    if (pattern?.type === 'exact') note(exact, pattern.text, index);
    else if (pattern?.type === 'prefix' || pattern?.type === 'suffix') {
      const ends = pattern.type === 'prefix' ? prefixes : suffixes;
      note(ends.index, pattern.text, index);
      ends.lengths.add(pattern.text.length);
    } else if (pattern !== undefined) templates.push({ index, pattern });
    else if (matcher.type === 'number') note(numbers, matcher.value, index);
    else if (matcher.type === 'namespace-glob' && !/[*/]/.test(matcher.glob)) note(globs, matcher.glob, index);
    else rest.push(index);
  }

  return (whole) => {
    const value = identityOf(whole);
    const found: number[] = [];
    if (typeof value === 'number') found.push(...(numbers.get(value) ?? []));
    if (typeof value === 'string') {
      const text = mode !== undefined ? normalizePath(value, mode) : folded ? value.toLowerCase() : value;
      found.push(...(exact.get(text) ?? []));
      for (const length of prefixes.lengths) if (length <= text.length) found.push(...(prefixes.index.get(text.slice(0, length)) ?? []));
      for (const length of suffixes.lengths) if (length <= text.length) found.push(...(suffixes.index.get(text.slice(text.length - length)) ?? []));
      for (const { index, pattern } of templates) if (pathMatches(pattern, text)) found.push(index);
      if (globs.size > 0) for (const segment of new Set(namespaceSegments(value))) found.push(...(globs.get(segment) ?? []));
    }
    for (const index of rest) if (matches(matchers[index] as Matcher, whole)) found.push(index);
    return found.sort((left, right) => left - right);
  };
}
