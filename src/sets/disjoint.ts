/**
 * Cheap one-sided tests on patterns, before anything is made of them: `true` is a proof, `false` means nothing. They keep the
 * symbolic search to the cubes that can meet a seed at all.
 */
import type { Dimension, Predicate } from './cube.ts';
import { blockRange } from './ip.ts';
import { matcherKey } from './keys.ts';
import { declaredMatch, holds, identityParts, matches, pathMatches, textMatches } from './matches.ts';
import { isText, type Matcher, type TemplatePattern, type TextMatcher, type Value } from './matcher.ts';
import { headerPlace } from './token-place.ts';

/** The only value that a matcher accepts, where there is exactly one. */
export function onlyValue(matcher: Matcher): Value | undefined {
  if (matcher.type === 'exact' || matcher.type === 'one-of') return matcher.text;
  if (matcher.type === 'number') return matcher.value;
  if (matcher.type === 'principal') return matcher.pattern.type === 'exact' ? matcher.pattern.text : undefined;
  return matcher.type === 'absent' ? null : undefined;
}

function patternsDisjoint(left: TextMatcher | TemplatePattern, right: TextMatcher | TemplatePattern): boolean {
  if (left.type === 'exact') return !pathMatches(right, left.text);
  if (right.type === 'exact') return !pathMatches(left, right.text);
  if (left.type === 'prefix' && right.type === 'prefix') return !left.text.startsWith(right.text) && !right.text.startsWith(left.text);
  if (left.type === 'suffix' && right.type === 'suffix') return !left.text.endsWith(right.text) && !right.text.endsWith(left.text);
  if (left.type === 'template' && right.type === 'prefix') return templatePrefixDisjoint(left.text, right.text);
  if (right.type === 'template' && left.type === 'prefix') return templatePrefixDisjoint(right.text, left.text);
  if (left.type === 'template' && right.type === 'template') {
    const head = literalHead(left.text);
    const other = literalHead(right.text);
    return !head.startsWith(other) && !other.startsWith(head);
  }
  return false;
}

function literalHead(template: string): string {
  const operator = template.indexOf('{*');
  return operator === -1 ? template : template.slice(0, operator);
}

function templatePrefixDisjoint(template: string, prefix: string): boolean {
  const head = literalHead(template);
  return !head.startsWith(prefix) && !prefix.startsWith(head);
}

type TokenMatcher = Extract<Matcher, { type: 'token' }>;

function tokensDisjoint(left: TokenMatcher, right: TokenMatcher): boolean {
  // Two places of one header may read one token.
  const ofOne = (place: string, other: string): boolean => place === other || ((left.reading !== undefined || right.reading !== undefined) && headerPlace(place) !== undefined && headerPlace(place)?.header === headerPlace(other)?.header);
  if (left.locations !== undefined && right.locations !== undefined && !left.locations.some((place) => right.locations?.some((other) => ofOne(place, other)) === true)) return true;
  if (left.issuer !== undefined && right.issuer !== undefined && patternsDisjoint(left.issuer, right.issuer)) return true;
  return left.subject !== undefined && right.subject !== undefined && patternsDisjoint(left.subject, right.subject);
}

/**
 * Two plain namespaces at Envoy are apart, save for `sa`, which also matches namespace `ns` through `/ns/ns/sa/` (A3.15).
 */
function globsDisjoint(left: string, right: string): boolean {
  return !left.includes('*') && !right.includes('*') && left !== right && left !== 'sa' && right !== 'sa';
}

/** No value is accepted by both: proved. */
export function matchersDisjoint(left: Matcher, right: Matcher): boolean {
  if (left === right) return false;
  if (left.type === 'source-namespace') return namespaceDisjoint(left, right);
  if (right.type === 'source-namespace') return namespaceDisjoint(right, left);
  const only = onlyValue(left);
  if (only !== undefined) return !matches(right, only);
  const other = onlyValue(right);
  if (other !== undefined) return !matches(left, other);
  if (left.type === 'absent' || right.type === 'absent') return true;
  if ((left.type === 'host' && right.type === 'host') || (left.type === 'authority' && right.type === 'authority')) return patternsDisjoint(left.pattern, right.pattern);
  // Under two normalizations one raw path has two forms, of which each matcher sees its own.
  if (left.type === 'path' && right.type === 'path') return left.normalization === right.normalization && patternsDisjoint(left.pattern, right.pattern);
  if (left.type === 'principal' && right.type === 'principal') return patternsDisjoint(left.pattern, right.pattern);
  if (left.type === 'namespace' && right.type === 'namespace') return patternsDisjoint(left.pattern, right.pattern);
  if (left.type === 'namespace-glob' && right.type === 'namespace-glob') return globsDisjoint(left.glob, right.glob);
  if (left.type === 'port-range' && right.type === 'port-range') return left.last < right.first || right.last < left.first;
  if (left.type === 'cidr' && right.type === 'cidr') {
    const [first, last] = blockRange(left);
    const [start, end] = blockRange(right);
    return left.family !== right.family || last < start || end < first;
  }
  if (left.type === 'token' && right.type === 'token') return tokensDisjoint(left, right);
  if (isText(left) && isText(right)) return patternsDisjoint(left, right);
  return false;
}

/**
 * A caller is more than its identity: one without an identity is a pod of some namespace, and one identity may call from a namespace
 * whose labels nobody declares. So only names are told apart.
 */
function namespaceDisjoint(left: Extract<Matcher, { type: 'source-namespace' }>, right: Matcher): boolean {
  if (right.type === 'source-namespace') return left.selection === undefined && right.selection === undefined && !left.names.some((name) => right.names.includes(name));
  if (right.type !== 'principal' || right.pattern.type !== 'exact') return false;
  const namespace = identityParts(right.pattern.text)?.namespace;
  return namespace === undefined || declaredMatch(left, namespace) === false;
}

function asksForNamespace(predicate: Predicate): boolean {
  return predicate.dimension === 'peer' && [...predicate.any, ...predicate.none].some((matcher) => matcher.type === 'source-namespace');
}

/** A list of strings can satisfy two disjoint patterns at once, so claims are never proved apart by their positives. */
function singleValued(dimension: Dimension): boolean {
  return !dimension.startsWith('claim:');
}

export function predicatesDisjoint(left: Predicate, right: Predicate): boolean {
  if (!singleValued(left.dimension)) return false;
  if (left.any.length > 0 && right.any.length > 0) {
    if (left.any.every((matcher) => right.any.every((other) => matchersDisjoint(matcher, other)))) return true;
  }
  if (asksForNamespace(left) || asksForNamespace(right)) return false;
  return refusesAll(left, right) || refusesAll(right, left);
}

/** Every value that `left` names is refused by `right`. */
function refusesAll(left: Predicate, right: Predicate): boolean {
  if (left.any.length === 0 || right.none.length === 0) return false;
  return left.any.every((matcher) => {
    const only = onlyValue(matcher);
    if (only !== undefined) return !holds(right, only);
    return right.none.some((other) => matcherInside(matcher, other));
  });
}

function patternInside(inner: TextMatcher | TemplatePattern, outer: TextMatcher | TemplatePattern): boolean {
  if (outer.type === 'present') return true;
  if (inner.type === 'exact') return pathMatches(outer, inner.text);
  if (inner.type === 'template' || inner.type === 'present') return false;
  if (outer.type === 'non-empty') return inner.type === 'non-empty' || inner.text !== '';
  if (inner.type === 'prefix') return outer.type === 'prefix' && textMatches(outer, inner.text);
  return inner.type === 'suffix' && outer.type === 'suffix' && textMatches(outer, inner.text);
}

/** Every value that `inner` accepts is accepted by `outer`: proved. */
export function matcherInside(inner: Matcher, outer: Matcher): boolean {
  if (matcherKey(inner) === matcherKey(outer)) return true;
  if (outer.type === 'source-namespace') {
    const namespace = inner.type === 'principal' && inner.pattern.type === 'exact' ? identityParts(inner.pattern.text)?.namespace : undefined;
    if (namespace !== undefined) return declaredMatch(outer, namespace) === true;
    return inner.type === 'source-namespace' && inner.selection === undefined && inner.names.every((name) => declaredMatch(outer, name) === true);
  }
  if (inner.type === 'port-range' && outer.type === 'port-range') return outer.first <= inner.first && inner.last <= outer.last;
  const only = onlyValue(inner);
  if (only !== undefined) return matches(outer, only);
  if (inner.type === 'absent') return false;
  if (outer.type === 'identified') return inner.type === 'principal' || inner.type === 'namespace-glob' || inner.type === 'namespace' || inner.type === 'service-account' || inner.type === 'trust-domain';
  if ((inner.type === 'host' && outer.type === 'host') || (inner.type === 'authority' && outer.type === 'authority')) return patternInside(inner.pattern, outer.pattern);
  if (inner.type === 'path' && outer.type === 'path') return inner.normalization === outer.normalization && patternInside(inner.pattern, outer.pattern);
  if (inner.type === 'principal' && outer.type === 'principal') return patternInside(inner.pattern, outer.pattern);
  if (inner.type === 'namespace' && outer.type === 'namespace') return patternInside(inner.pattern, outer.pattern);
  if (inner.type === 'cidr' && outer.type === 'cidr') {
    const [first, last] = blockRange(inner);
    const [start, end] = blockRange(outer);
    return inner.family === outer.family && start <= first && last <= end;
  }
  return isText(inner) && isText(outer) && patternInside(inner, outer);
}
