/**
 * One field of a rule, compiled: what it asks of one attribute. The concrete evaluation and the lowering to predicates both start
 * here, so that no value is ever read twice.
 */
import type { Dimension, Predicate } from '#sets/cube.ts';
import type { Matcher, TextMatcher, Value } from '#sets/matcher.ts';
import { holds, matches, textMatches } from '#sets/matches.ts';
import { headerDimension, lowerRewritten } from './rewritten-headers.ts';
import type { HeaderCondition, ReadableToken, Rewriting } from './rewritten-headers.ts';
import { claimDimension, subjectMatches } from './values.ts';
import type { SubjectPattern } from './values.ts';

/** In each: `(any is empty or some of any matches) and none of none matches` (A1.11). */
export type Condition =
  | { readonly on: 'value'; readonly dimension: Dimension; readonly any: readonly Matcher[]; readonly none: readonly Matcher[] }
  /** A request header by lower-case name: it may be the client's, or made by the proxy (A5.12). */
  | HeaderCondition
  /** Issuer and subject of the validated token (A3.29). */
  | { readonly on: 'subject'; readonly any: readonly SubjectPattern[]; readonly none: readonly SubjectPattern[] }
  /** A claim of the validated token (A3.31). */
  | { readonly on: 'claim'; readonly path: readonly string[]; readonly any: readonly TextMatcher[]; readonly none: readonly TextMatcher[] }
  /** Metadata of an Envoy filter that is not there: positive never, negative always (A3.J). */
  | { readonly on: 'filter-metadata'; readonly any: boolean };

/** A token as the proxy validated it. */
export interface ValidatedToken {
  readonly issuer: string | null;
  readonly subject: string | null;
  /** Texts of a claim, list or split text; numbers, booleans and objects have none (A3.31). */
  readonly claim: (path: readonly string[]) => readonly string[];
}

/** What one chain of the proxy sees of one request, after token check and header rewriting. */
export interface Seen {
  readonly value: (dimension: Dimension) => Value;
  readonly header: (name: string) => string | null;
  readonly token: ValidatedToken | undefined;
  /** What a question gives for a condition that the manifests do not interpret (R25). */
  readonly assumption?: (condition: Condition) => boolean | undefined;
}

/** Several `Cookie` lines stay lines of their own, and one that matches is enough; other repeated headers are one text (A3.J, recorded). */
export const cookieLines = '\n';

export function conditionHolds(condition: Condition, seen: Seen): boolean {
  const assumed = seen.assumption?.(condition);
  if (assumed !== undefined) return assumed;
  switch (condition.on) {
    case 'value':
      return holds(condition, seen.value(condition.dimension));
    case 'header': {
      const text = seen.header(condition.name);
      const lines = condition.name === 'cookie' && text !== null ? text.split(cookieLines) : [text];
      const fits = (matcher: Matcher): boolean => lines.some((line) => matches(matcher, line));
      return (condition.any.length === 0 || condition.any.some(fits)) && !condition.none.some(fits);
    }
    case 'subject': {
      const token = seen.token;
      const fits = (pattern: SubjectPattern): boolean => token !== undefined && subjectMatches(pattern, token.issuer, token.subject);
      return (condition.any.length === 0 || condition.any.some(fits)) && !condition.none.some(fits);
    }
    case 'claim': {
      const texts = seen.token?.claim(condition.path) ?? [];
      const fits = (pattern: TextMatcher): boolean => matches({ type: 'element', pattern }, texts);
      return (condition.any.length === 0 || condition.any.some(fits)) && !condition.none.some(fits);
    }
    case 'filter-metadata':
      return !condition.any;
  }
}

/** What lowering has to know of the chain and of the token rules in front of it. */
export interface LoweringContext {
  /** False where the proxy sees no identity (opaque bytes). */
  readonly seesPeer: boolean;
  /** Without HTTP nothing is forwarded: the remote address is the client's own (A3.25). */
  readonly forwarded: boolean;
  readonly readable: readonly ReadableToken[];
  /** Headers that the proxy writes or removes. */
  readonly rewrittenHeaders: ReadonlyMap<string, Rewriting>;
  /** Told about every opaque boolean, so that a concrete request can be asked for its value. */
  readonly opaque: (key: Dimension, condition: Condition) => unknown;
}

export type Conjunction = readonly Predicate[];

/** Alternatives of conjunctions: `[]` never holds, `[[]]` always does. */
export function lowerCondition(condition: Condition, context: LoweringContext): readonly Conjunction[] {
  switch (condition.on) {
    case 'value':
      if (condition.dimension === 'peer' && !context.seesPeer) return condition.any.length > 0 ? [] : [[]];
      return [[{ dimension: condition.dimension === 'remote.ip' && !context.forwarded ? 'source.ip' : condition.dimension, any: condition.any, none: condition.none }]];
    case 'header': {
      const rewriting = context.rewrittenHeaders.get(condition.name);
      if (rewriting === undefined) return [[{ dimension: headerDimension(condition.name), any: condition.any, none: condition.none }]];
      return lowerRewritten(condition, rewriting, context.opaque);
    }
    case 'subject':
      return lowerSubject(condition.any, condition.none, context);
    case 'claim':
      return lowerClaim(condition.path, condition.any, condition.none, context);
    case 'filter-metadata':
      return condition.any ? [] : [[]];
  }
}

function tokensFor(pattern: SubjectPattern, readable: readonly ReadableToken[]): Matcher[] {
  return readable.flatMap((rule): Matcher[] => {
    if (rule.issuer !== undefined && pattern.issuer !== undefined && !textMatches(pattern.issuer, rule.issuer)) return [];
    const issuer: TextMatcher | undefined = rule.issuer === undefined ? pattern.issuer : { type: 'exact', text: rule.issuer };
    return [
      {
        type: 'token',
        locations: rule.locations,
        reading: 'token',
        keys: rule.keys,
        ...(issuer === undefined ? {} : { issuer }),
        ...(pattern.subject === undefined ? {} : { subject: pattern.subject }),
      },
    ];
  });
}

/** Some token that this side reads and accepts. */
export function readableTokens(readable: readonly ReadableToken[]): Matcher[] {
  return tokensFor({}, readable);
}

function lowerSubject(any: readonly SubjectPattern[], none: readonly SubjectPattern[], context: LoweringContext): readonly Conjunction[] {
  const wanted = any.flatMap((pattern) => tokensFor(pattern, context.readable));
  if (any.length > 0 && wanted.length === 0) return [];
  const refused = none.flatMap((pattern) => tokensFor(pattern, context.readable));
  return wanted.length === 0 && refused.length === 0 ? [[]] : [[{ dimension: 'token', any: wanted, none: refused }]];
}

/** A negative claim condition holds without a readable token too: two alternatives. */
function lowerClaim(path: readonly string[], any: readonly TextMatcher[], none: readonly TextMatcher[], context: LoweringContext): readonly Conjunction[] {
  const readable = readableTokens(context.readable);
  if (readable.length === 0) return any.length > 0 ? [] : [[]];
  const elements = (patterns: readonly TextMatcher[]): Matcher[] => patterns.map((pattern) => ({ type: 'element', pattern }));
  const claim: Predicate = { dimension: claimDimension(path), any: elements(any), none: elements(none) };
  if (any.length > 0) return [[{ dimension: 'token', any: readable, none: [] }, claim]];
  return [[claim], [{ dimension: 'token', any: [], none: readable }]];
}
