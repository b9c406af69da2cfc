/** The token of a question as values of a point: what is sent as one, what is read as one all the same, and its claims (A5.4 to A5.7). */
import { locationText } from '#semantics/request-authentication.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import { claimTexts, isPreflight, surelyRefused, textsAt, withToken, writtenText } from '#semantics/token-check.ts';
import type { SentToken } from '#semantics/token-check.ts';
import { claimDimension, writtenDimension } from '#semantics/values.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Token, Value } from '#sets/matcher.ts';
import { readingAt } from '#sets/token-place.ts';
import type { AskedRequest } from './request.ts';

/** Changes `point`. */
export function setToken(point: Map<Dimension, Value>, asked: AskedRequest, rules: readonly TokenRule[], given: Readonly<Record<string, boolean>>): void {
  const sent = withToken(asked.raw);
  const junk = isRead(asked.raw.token, rules) || isPreflight(asked.raw) ? undefined : tokenReadAnyway(rules, sent, asked.raw.token !== undefined);
  if (junk !== undefined) point.set('token', { location: junk, signedBy: [], issuer: null, subject: null });
  if (asked.raw.token !== undefined && junk === undefined && !isPreflight(asked.raw)) {
    point.set('token', tokenValue(asked.raw.token, asked.raw.headers, given));
    for (const path of claimPaths(asked.raw.token.claims)) {
      point.set(claimDimension(path), [...claimTexts(asked.raw.token.claims, path, rules[0]?.spaceDelimited ?? new Set())]);
      point.set(writtenDimension(path), writtenText(asked.raw.token.claims, path) ?? null);
    }
  }
}

/** Sent where some rule of this side reads. */
function isRead(token: SentToken | undefined, rules: readonly TokenRule[]): boolean {
  return token !== undefined && rules.some((rule) => rule.locations.some((location) => readingAt(locationText(location), locationText(token.location)) !== 'nothing'));
}

/** `beside` a token that nobody reads: bytes that some rule reads as a token; without one, also those that stand where a bearer token stands. */
function tokenReadAnyway(rules: readonly TokenRule[], sent: { readonly headers: ReadonlyMap<string, string>; readonly path: string }, beside: boolean): string | undefined {
  const place = rules.flatMap((rule) => rule.locations).find((location) => textsAt(location, sent).length > 0);
  if (place !== undefined) return locationText(place.in === 'header' ? { ...place, prefix: beginning(sent.headers.get(place.name) ?? '', place.prefix) } : place);
  if (beside) return undefined;
  return sent.headers.get('authorization')?.startsWith('Bearer ') === true ? 'authorization:Bearer ' : undefined;
}

/** Up to the prefix, wherever it stands. */
function beginning(value: string, prefix: string): string {
  return prefix === '' ? '' : value.slice(0, value.indexOf(prefix) + prefix.length);
}

function tokenValue(token: SentToken, headers: ReadonlyMap<string, string>, given: Readonly<Record<string, boolean>>): Token {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const named = Object.entries(given).filter(([key]) => key.startsWith('keys:'));
  const verified = named.filter(([, right]) => right).map(([key]) => key.slice('keys:'.length));
  // A second header of that name spoils the token.
  const spoiled = token.location.in === 'header' && (headers.get(token.location.name) ?? '') !== '';
  const signedBy = spoiled || surelyRefused(token.claims) ? [] : token.valid && named.length === 0 ? ('all' as const) : verified;
  return { location: locationText(token.location), signedBy, issuer: text(token.claims['iss']), subject: text(token.claims['sub']) };
}

/** Paths of all claims that have texts. */
function claimPaths(claims: Readonly<Record<string, unknown>>, before: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(claims).flatMap(([name, value]): readonly (readonly string[])[] => {
    const path = [...before, name];
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return claimPaths(Object.fromEntries(Object.entries(value)), path);
    return [path];
  });
}
