/** The token check for one concrete request (A5.1 to A5.12): refused, or passed with what later conditions see of it. */
import type { TokenRule } from './request-authentication.ts';
import { audienceText, outputsOf } from './request-authentication.ts';
import { cookieLines } from './condition.ts';
import type { ValidatedToken } from './condition.ts';

/** A bearer token of a question: what it says, and whether its signature is right. */
export interface SentToken {
  readonly valid: boolean;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly location: { readonly in: 'header'; readonly name: string; readonly prefix: string } | { readonly in: 'parameter' | 'cookie'; readonly name: string };
}

/** The request as sent; header names in lower case, without the token. */
export interface RawRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly token: SentToken | undefined;
}

export type TokenCheck =
  | { readonly result: 'refused'; readonly rule: string; readonly because: string; readonly by: readonly string[] }
  | { readonly result: 'unknown'; readonly rule: string; readonly missing: string }
  | { readonly result: 'passed'; readonly token: ValidatedToken | undefined; readonly headers: ReadonlyMap<string, string>; readonly path: string; readonly because: string; readonly rule: string };

/** Stands for the encoded token in the headers that later conditions see: its beginning is all that a condition could know. */
function encoded(claims: Readonly<Record<string, unknown>>): string {
  return `${base64url('{"alg":"RS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}.signature`;
}

function base64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

/** `given`: `keys:<id>` says whether the token's signature is right under that key set; else `valid` does. */
export function checkToken(rules: readonly TokenRule[], raw: RawRequest, given: Readonly<Record<string, boolean>>): TokenCheck {
  const sent = withToken(raw);
  const cleared = new Map(sent.headers);
  if (rules.length === 0) return { result: 'passed', token: undefined, headers: sent.headers, path: sent.path, rule: 'A3.33', because: 'no RequestAuthentication acts here, a token is not looked at' };
  // A5.12: on a CORS preflight, too (recorded).
  for (const rule of rules) {
    for (const name of outputsOf(rule)) cleared.delete(name);
  }
  if (isPreflight(raw)) return { result: 'passed', token: undefined, headers: cleared, path: sent.path, rule: 'A5.1', because: 'a CORS preflight passes the token check unseen' };
  const findings = rules.map((rule) => ({ rule, found: readBy(rule, sent, raw, given) }));
  const unclear = findings.find(({ found }) => found.state === 'unknown');
  const accepted = findings.filter(({ found }) => found.state === 'valid').map(({ rule }) => rule);
  const refused = findings.filter(({ found }) => found.state === 'invalid');
  if (accepted.length === 0 && unclear !== undefined) return { result: 'unknown', rule: 'A5.4', missing: unclear.found.why };
  if (accepted.length === 0 && refused.length > 0) {
    return { result: 'refused', rule: refused[0]?.found.number ?? 'A5.4', because: refused[0]?.found.why ?? '', by: [...new Set(refused.map(({ rule }) => rule.policy))].sort() };
  }
  if (accepted.length === 0 || raw.token === undefined) return { result: 'passed', token: undefined, headers: cleared, path: sent.path, rule: 'A5.1', because: 'no token is sent where one is read, which is not refused' };
  return { result: 'passed', ...afterwards(accepted, raw.token, cleared, sent.path), rule: 'A5.4', because: `the token is accepted by ${accepted.map((rule) => `\`${rule.policy}\``).join(', ')}` };
}

export function isPreflight(raw: RawRequest): boolean {
  return raw.method === 'OPTIONS' && (raw.headers.get('origin') ?? '') !== '' && (raw.headers.get('access-control-request-method') ?? '') !== '';
}

/** The request with its token in place. */
export function withToken(raw: RawRequest): { readonly headers: ReadonlyMap<string, string>; readonly path: string; readonly text: string | undefined } {
  const token = raw.token;
  if (token === undefined) return { headers: raw.headers, path: raw.path, text: undefined };
  const text = encoded(token.claims);
  const headers = new Map(raw.headers);
  let path = raw.path;
  const { location } = token;
  if (location.in === 'header') headers.set(location.name, joined(`${location.prefix}${text}`, headers.get(location.name), ','));
  else if (location.in === 'cookie') headers.set('cookie', joined(`${location.name}=${text}`, headers.get('cookie'), cookieLines));
  else path = `${path}${path.includes('?') ? '&' : '?'}${location.name}=${text}`;
  return { headers, path, text };
}

function joined(token: string, own: string | undefined, separator: string): string {
  // An empty line of that name leaves the token whole (recorded).
  return own === undefined || own === '' ? token : `${token}${separator}${own}`;
}

interface Finding {
  readonly state: 'missing' | 'valid' | 'invalid' | 'unknown';
  readonly number: string;
  readonly why: string;
}

function readBy(rule: TokenRule, sent: { readonly headers: ReadonlyMap<string, string>; readonly path: string; readonly text: string | undefined }, raw: RawRequest, given: Readonly<Record<string, boolean>>): Finding {
  const texts = rule.locations.flatMap((location) => textsAt(location, sent));
  if (texts.length === 0) return { state: 'missing', number: 'A5.1', why: '' };
  // A5.7: of several texts the first is looked at, in the order of the rule's places (recorded).
  if (raw.token === undefined || texts[0] !== sent.text) {
    // Bytes in a place where tokens are read, put there by hand: without two dots they are no token at all, and text before a token spoils its signature.
    const tokenLike = texts.some((text) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) && !(sent.text !== undefined && text.endsWith(sent.text)));
    return tokenLike && !texts.includes(sent.text ?? '')
      ? { state: 'unknown', number: 'A5.4', why: 'whose signature the token in the headers carries' }
      : { state: 'invalid', number: 'A5.5', why: `what \`${rule.policy}\` reads as a token is none` };
  }
  return judge(rule, raw.token, given);
}

function judge(rule: TokenRule, token: SentToken, given: Readonly<Record<string, boolean>>): Finding {
  const { claims } = token;
  const invalid = (number: string, why: string): Finding => ({ state: 'invalid', number, why });
  if (!rule.fetchable) return invalid('A5.10', `the keys of \`${rule.policy}\` cannot be fetched, so no token is accepted`);
  if (malformed(claims)) return invalid('A5.4', 'the token has a registered claim of a wrong type');
  if (rule.issuer !== undefined && claims['iss'] !== rule.issuer) return invalid('A5.5', `the token's issuer is not the one of \`${rule.policy}\``);
  if (!(given[`keys:${rule.keys}`] ?? token.valid)) return invalid('A5.4', `the token's signature is not right under the keys of \`${rule.policy}\``);
  if (rule.spec.audiences.length > 0) {
    const audience = claims['aud'];
    const texts = (Array.isArray(audience) ? audience : [audience]).filter((entry): entry is string => typeof entry === 'string').map(audienceText);
    if (!rule.spec.audiences.some((wanted) => texts.includes(audienceText(wanted)))) return invalid('A5.11', `the token's audience is none of those of \`${rule.policy}\``);
  }
  return timely(claims);
}

/**
 * Registered claims of a wrong type make a token unreadable as a whole (recorded: `aud` that is neither a text nor a list of texts).
 * @see https://github.com/google/jwt_verify_lib
 */
export function malformed(claims: Readonly<Record<string, unknown>>): boolean {
  const text = (name: string): boolean => claims[name] === undefined || typeof claims[name] === 'string';
  const number = (name: string): boolean => claims[name] === undefined || typeof claims[name] === 'number';
  const audience = claims['aud'];
  const audienceFits = audience === undefined || typeof audience === 'string' || (Array.isArray(audience) && audience.every((entry) => typeof entry === 'string'));
  return !(text('iss') && text('sub') && text('jti') && number('exp') && number('nbf') && number('iat') && audienceFits);
}

/** Instants that lie surely behind and surely before whoever reads the answer; a decision knows no clock. */
const surelyPast = 1_577_836_800;
const surelyFuture = 3_786_912_000;

/** Expired, not valid yet or unreadable, whoever signed it. */
export function surelyRefused(claims: Readonly<Record<string, unknown>>): boolean {
  return malformed(claims) || timely(claims).state === 'invalid';
}

function timely(claims: Readonly<Record<string, unknown>>): Finding {
  const expires = claims['exp'];
  const begins = claims['nbf'];
  if (typeof expires === 'number' && expires <= surelyPast) return { state: 'invalid', number: 'A5.4', why: 'the token is expired' };
  if (typeof begins === 'number' && begins >= surelyFuture) return { state: 'invalid', number: 'A5.4', why: 'the token is not valid yet' };
  const open = (typeof expires === 'number' && expires < surelyFuture) || (typeof begins === 'number' && begins > surelyPast);
  return open ? { state: 'unknown', number: 'A5.4', why: 'the time at which the token is sent' } : { state: 'valid', number: 'A5.4', why: '' };
}

/** What a rule reads at one place: all that stands behind the prefix (A5.7), so a second header of that name spoils the token (recorded). */
export function textsAt(location: TokenRule['locations'][number], sent: { readonly headers: ReadonlyMap<string, string>; readonly path: string }): string[] {
  if (location.in === 'header') {
    const value = sent.headers.get(location.name);
    if (value === undefined) return [];
    if (location.prefix === '') return [value];
    const at = value.indexOf(location.prefix);
    if (at < 0) return [];
    return [value.slice(at + location.prefix.length)];
  }
  if (location.in === 'cookie') {
    return (sent.headers.get('cookie') ?? '')
      .split(/[;\n]/)
      .map((part) => part.trim())
      .filter((part) => part.startsWith(`${location.name}=`))
      .slice(0, 1)
      .map((part) => part.slice(location.name.length + 1));
  }
  return parameters(sent.path)
    .filter(([name]) => name === location.name)
    .slice(0, 1)
    .map(([, value]) => value);
}

function parameters(path: string): [string, string][] {
  const at = path.indexOf('?');
  if (at < 0) return [];
  return path
    .slice(at + 1)
    .split('&')
    .map((part): [string, string] => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    });
}

/** A5.12: the token is taken away unless forwarded, claims become headers. */
function afterwards(accepted: readonly TokenRule[], token: SentToken, cleared: ReadonlyMap<string, string>, path: string): { token: ValidatedToken; headers: ReadonlyMap<string, string>; path: string } {
  const headers = new Map(cleared);
  let forwarded = path;
  const { claims, location } = token;
  for (const rule of accepted) {
    if (!rule.spec.forwardOriginalToken) {
      if (location.in === 'header') headers.delete(location.name);
      if (location.in === 'parameter') forwarded = withoutParameter(forwarded, location.name);
    }
    for (const output of rule.spec.outputClaimToHeaders) {
      const text = writtenText(claims, output.claim.split('.'));
      if (text !== undefined) headers.set(output.header.toLowerCase(), text);
    }
    if (rule.spec.outputPayloadToHeader !== '') headers.set(rule.spec.outputPayloadToHeader.toLowerCase(), base64url(JSON.stringify(claims)));
  }
  const spaceDelimited = accepted[0]?.spaceDelimited ?? new Set<string>();
  return { token: validated(claims, spaceDelimited), headers, path: forwarded };
}

function withoutParameter(path: string, name: string): string {
  const at = path.indexOf('?');
  if (at < 0) return path;
  const kept = path
    .slice(at + 1)
    .split('&')
    .filter((part) => part !== name && !part.startsWith(`${name}=`));
  return kept.length === 0 ? path.slice(0, at) : `${path.slice(0, at)}?${kept.join('&')}`;
}

export function validated(claims: Readonly<Record<string, unknown>>, spaceDelimited: ReadonlySet<string>): ValidatedToken {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { issuer: text(claims['iss']), subject: text(claims['sub']), claim: (path) => claimTexts(claims, path, spaceDelimited) };
}

/** A3.31: a text, split where the claim is split, or the texts of a list; a nested claim is never split. */
export function claimTexts(claims: Readonly<Record<string, unknown>>, path: readonly string[], spaceDelimited: ReadonlySet<string>): readonly string[] {
  const value = claimAt(claims, path);
  if (typeof value === 'string') {
    const name = path.length === 1 ? path[0] : undefined;
    return name !== undefined && spaceDelimited.has(name) ? value.split(' ').filter((part) => part !== '') : [value];
  }
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}

function claimAt(claims: unknown, path: readonly string[]): unknown {
  let value = claims;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    value = Object.entries(value).find(([name]) => name === part)?.[1];
  }
  return value;
}

/** A5.12: texts, whole numbers and booleans; a list gives nothing. */
export function writtenText(claims: Readonly<Record<string, unknown>>, path: readonly string[]): string | undefined {
  const value = claimAt(claims, path);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  return typeof value === 'boolean' ? String(value) : undefined;
}
