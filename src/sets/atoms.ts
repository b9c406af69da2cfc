/**
 * Atoms of one dimension: the values of which no matcher in play tells any two apart. Each atom has a concrete representative, and
 * its signature is what the real matchers say about that representative, so no atom is empty and none is made up.
 */
import { distinct } from '#lib/order.ts';
import { add, emptyBits, fullBits, isEmpty, minus, or, type Bits } from './bits.ts';
import type { Dimension, Predicate } from './cube.ts';
import { candidatesOf } from './candidates/candidates.ts';
import { oneNormalization } from './candidates/path.ts';
import { onlyValue } from './disjoint.ts';
import { matcherKey } from './keys.ts';
import { elementMatches, holds, matches } from './matches.ts';
import type { Matcher, TextMatcher, Value } from './matcher.ts';
import { normalizePath } from './normalize-path.ts';
import { signatures } from './signature.ts';
import { textCandidates, textPatterns } from './candidates/text.ts';

export interface Atoms {
  readonly size: number;
  /** `representatives[atom]`: the most telling value of each atom. */
  readonly representatives: readonly Value[];
  /** Atoms that a matcher accepts, by its key. */
  readonly accepted: ReadonlyMap<string, Bits>;
  /** The matchers behind the keys, sorted by key. */
  readonly matchers: readonly Matcher[];
  readonly full: Bits;
}

/** The one value that stands for all that a matcher accepts: the same to every matcher in play. */
function onlySpelling(dimension: Dimension, matcher: Matcher, matchers: readonly Matcher[]): Value | undefined {
  if (dimension === 'path') {
    const exact = matcher.type === 'path' && matcher.pattern.type === 'exact' ? matcher.pattern.text : undefined;
    const mode = oneNormalization(matchers);
    return exact !== undefined && mode !== undefined && matchers.every((other) => other.type === 'path') && normalizePath(exact, mode) === exact ? exact : undefined;
  }
  if (dimension === 'host') {
    return matcher.type === 'host' && matcher.pattern.type === 'exact' && matchers.every((other) => other.type === 'host') ? matcher.pattern.text : undefined;
  }
  return onlyValue(matcher);
}

/** Candidates inside `restrict`; where it lists single values, those alone. */
function candidatesWithin(dimension: Dimension, matchers: readonly Matcher[], restrict: readonly Predicate[], limit: number): readonly Value[] | undefined {
  // An identity alone does not tell the caller where labels of undeclared namespaces count.
  const callers = matchers.some((matcher) => matcher.type === 'source-namespace');
  for (const predicate of callers ? [] : restrict) {
    if (predicate.any.length === 0) continue;
    const values = predicate.any.map((matcher) => onlySpelling(dimension, matcher, matchers));
    // A path begins with a slash, whatever a policy says.
    const legal = (value: Value): boolean => (dimension !== 'path' && dimension !== 'path.query') || (typeof value !== 'string' || value.startsWith('/'));
    if (values.every((value) => value !== undefined)) return values.filter(legal);
  }
  return candidatesOf(dimension, matchers, limit);
}

/**
 * Atoms of `dimension` inside `restrict` (the seed's predicates: the search never leaves the seed). `matchers` are distinct and sorted
 * by key. `undefined` where there would be more than `limit`.
 */
export function atomsOf(dimension: Dimension, matchers: readonly Matcher[], restrict: readonly Predicate[], limit: number): Atoms | undefined {
  const key = `${dimension} ${String(limit)}\n${keysInOrder(matchers)}\n\n${restrict.map(({ any, none }) => `${keysInOrder(any)}\n except ${keysInOrder(none)}`).join('\n\n')}`;
  let known = made.get(key);
  if (known === undefined) {
    known = { atoms: makeAtoms(dimension, matchers, restrict, limit) };
    if (made.size >= mostMade) made.clear();
    made.set(key, known);
  }
  return known.atoms;
}

/** As they are listed: the order of a seed's values is the order of its atoms. */
function keysInOrder(matchers: readonly Matcher[]): string {
  return matchers.map(matcherKey).join('\n');
}

/** Many seeds ask for the same atoms: those of the protocols, of the token, of a handful of paths. By content, and bounded. */
const made = new Map<string, { readonly atoms: Atoms | undefined }>();
const mostMade = 4_096;

function makeAtoms(dimension: Dimension, matchers: readonly Matcher[], restrict: readonly Predicate[], limit: number): Atoms | undefined {
  const candidates = candidatesWithin(dimension, matchers, restrict, limit);
  if (candidates === undefined) return undefined;
  const signatureOf = signatures(dimension, matchers);
  const bySignature = new Set<string>();
  const representatives: Value[] = [];
  const found: (readonly number[])[] = [];
  for (const value of candidates) {
    if (!restrict.every((predicate) => holds(predicate, value))) continue;
    const signature = signatureOf(value);
    const key = signature.join(',');
    if (bySignature.has(key)) continue;
    bySignature.add(key);
    representatives.push(value);
    found.push(signature);
    if (representatives.length > limit) return undefined;
  }
  const size = representatives.length;
  const sets = matchers.map(() => emptyBits(size));
  for (const [atom, signature] of found.entries()) for (const index of signature) add(sets[index] as Bits, atom);
  return { size, representatives, accepted: new Map(matchers.map((matcher, index) => [matcherKey(matcher), sets[index] as Bits])), matchers, full: fullBits(size) };
}

/** What a predicate leaves of the atoms. Matchers that were not in play when the atoms were made accept nothing. */
export function predicateBits(atoms: Atoms, predicate: Predicate): Bits {
  let bits = atoms.full;
  if (predicate.any.length > 0) {
    bits = emptyBits(atoms.size);
    for (const matcher of predicate.any) {
      const accepted = atoms.accepted.get(matcherKey(matcher));
      if (accepted !== undefined) bits = or(bits, accepted);
    }
  }
  for (const matcher of predicate.none) {
    const accepted = atoms.accepted.get(matcherKey(matcher));
    if (accepted !== undefined && !isEmpty(accepted)) bits = minus(bits, accepted);
  }
  return bits;
}

type ElementMatcher = Extract<Matcher, { type: 'element' }>;

/**
 * Elements that a list-valued claim may hold, told apart by the patterns in play. Each becomes a boolean dimension: since the
 * atoms are disjoint, every subset of them is some list, so the booleans are independent and a token that holds two values at once
 * is not forgotten.
 */
export interface ElementAtoms {
  readonly representatives: readonly string[];
  /** Atoms that each matcher accepts, by its key. */
  readonly accepted: ReadonlyMap<string, readonly number[]>;
  /** A matcher that accepts the elements of the atom and no others. */
  readonly exactly: readonly ElementMatcher[];
}

export function elementAtomsOf(matchers: readonly ElementMatcher[], limit: number): ElementAtoms | undefined {
  const byKey = new Map<string, TextMatcher>();
  for (const matcher of matchers) {
    for (const pattern of [matcher.pattern, ...(matcher.also ?? []), ...(matcher.except ?? [])]) byKey.set(matcherKey(pattern), pattern);
  }
  const patterns = distinct(byKey.keys()).map((key) => byKey.get(key) as TextMatcher);
  const classes = new Map<string, { readonly text: string; readonly matched: readonly number[] }>();
  for (const text of [...textCandidates(textPatterns(patterns), ''), '']) {
    const matched = patterns.flatMap((pattern, index) => (matches(pattern, text) ? [index] : []));
    const key = matched.join(',');
    if (!classes.has(key)) classes.set(key, { text, matched });
  }
  const all = [...classes.values()];
  const hit = all.filter((entry) => matchers.some((matcher) => elementMatches(matcher, entry.text)));
  if (hit.length > limit) return undefined;
  const accepted = new Map(matchers.map((matcher) => [matcherKey(matcher), hit.flatMap((entry, index) => (elementMatches(matcher, entry.text) ? [index] : []))]));
  return { representatives: hit.map((entry) => entry.text), accepted, exactly: hit.map((entry) => exactElement(entry.matched, patterns, all.map((other) => other.matched))) };
}

/** The fewest patterns that name one class: those it matches, then those it does not. */
function exactElement(matched: readonly number[], patterns: readonly TextMatcher[], classes: readonly (readonly number[])[]): ElementMatcher {
  let also = [...matched];
  let except = patterns.map((_, index) => index).filter((index) => !matched.includes(index));
  const others = classes.filter((other) => other !== matched);
  const alone = (inside: readonly number[], outside: readonly number[]): boolean =>
    !others.some((other) => inside.every((index) => other.includes(index)) && !outside.some((index) => other.includes(index)));
  for (const index of [...except]) {
    const fewer = except.filter((entry) => entry !== index);
    if (alone(also, fewer)) except = fewer;
  }
  for (const index of matched) {
    const fewer = also.filter((entry) => entry !== index);
    if (alone(fewer, except)) also = fewer;
  }
  // What every element has need not be said.
  const [first = { type: 'present' as const }, ...rest] = also.map((index) => patterns[index] as TextMatcher);
  return {
    type: 'element',
    pattern: first,
    ...(rest.length > 0 ? { also: rest } : {}),
    ...(except.length > 0 ? { except: except.map((index) => patterns[index] as TextMatcher) } : {}),
  };
}
