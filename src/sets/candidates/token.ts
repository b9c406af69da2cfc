/** Representatives of raw bearer tokens: where sent × whose signature × issuer × subject. */
import { distinct } from '#lib/order.ts';
import { textMatches, tokenStandsAt } from '../matches.ts';
import { ofType, type Matcher, type TextMatcher, type Token } from '../matcher.ts';
import { sentAt } from '../token-place.ts';
import { textCandidates, textPatterns } from './text.ts';

/** The header that a client uses unless told otherwise. */
export const usualLocation = 'authorization:Bearer ';

function texts(patterns: readonly TextMatcher[], friendly: string): (string | null)[] {
  const found: (string | null)[] = textCandidates(textPatterns(patterns), '', friendly);
  return [...found, '', null];
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

/** Tokens such that every class of the matchers has one; `undefined` above the limit. */
export function tokenCandidates(matchers: readonly Matcher[], limit: number): Token[] | undefined {
  const tokens = ofType(matchers, 'token');
  const mentioned = distinct(tokens.flatMap((matcher) => matcher.locations ?? []));
  const stood = sentAt(mentioned);
  if (stood === undefined) return undefined;
  const locations = [...new Set([usualLocation, ...stood, 'header:x-other-token:'])];
  const keys = distinct(defined(tokens.map((matcher) => matcher.keys)));
  const found: Token[] = [];
  for (const location of locations) {
    const sent = tokens.filter((matcher) => tokenStandsAt(matcher, location));
    for (const signedBy of [...keys.map((key) => [key]), []]) {
      const signed = sent.filter((matcher) => matcher.keys === undefined || signedBy.includes(matcher.keys));
      for (const issuer of texts(defined(signed.map((matcher) => matcher.issuer)), 'https://issuer.example')) {
        const issued = signed.filter((matcher) => matcher.issuer === undefined || (issuer !== null && textMatches(matcher.issuer, issuer)));
        for (const subject of texts(defined(issued.map((matcher) => matcher.subject)), 'someone')) {
          found.push({ location, signedBy, issuer, subject });
        }
      }
      if (found.length > limit * 16) return undefined;
    }
  }
  return found;
}
