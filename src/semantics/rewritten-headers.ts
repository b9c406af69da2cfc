/**
 * Headers that the proxy writes or takes away before a condition sees them (A5.12, A3.J), lowered as far as the request itself tells:
 * what is left is one opaque boolean inside the requests for which the proxy really writes.
 */
import { shortHash } from '#lib/canonical.ts';
import type { Dimension, Predicate } from '#sets/cube.ts';
import { matcherKey } from '#sets/keys.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { textMatches } from '#sets/matches.ts';
import { writtenDimension } from './values.ts';

/** Where a token is read on this side, by whose keys, of which issuer: one entry a JWT rule (A5.7 to A5.9). */
export interface ReadableToken {
  readonly locations: readonly string[];
  readonly keys: string;
  readonly issuer: string | undefined;
}

/** One rule that writes a header, from a claim or (without `path`) the whole payload. */
export interface Writer {
  readonly tokens: readonly ReadableToken[];
  readonly path: readonly string[] | undefined;
  /** Whenever one of the tokens passes the check, this rule has accepted it. */
  readonly certain: boolean;
}

/** `how` names the content that decides what is written. */
export type Rewriting =
  /** The sidecar's own entry behind the client's, nothing without a certificate (A3.J). */
  | { readonly by: 'certificate'; readonly how: string }
  /** An accepted token is taken out of this header, or out of the query of `:path`. */
  | { readonly by: 'taken'; readonly how: string; readonly tokens: readonly ReadableToken[] }
  /** What rules write from an accepted token; whatever the client sent is removed, also from a CORS preflight (recorded). */
  | { readonly by: 'claims'; readonly how: string; readonly writers: readonly Writer[] }
  | { readonly by: 'several'; readonly how: string };

export interface HeaderCondition {
  readonly on: 'header';
  readonly name: string;
  readonly any: readonly Matcher[];
  readonly none: readonly Matcher[];
}

type Conjunction = readonly Predicate[];

/** `:path` is the path with its query; every other name is a header of the request. */
export function headerDimension(name: string): Dimension {
  return name === ':path' ? 'path.query' : `header:${name}`;
}

/** Names the boolean of one value of a condition on something that the proxy itself writes, by content. */
export function opaqueKey(name: string, matcher: Matcher, how: string): `opaque:${string}` {
  return `opaque:${shortHash(name, matcherKey(matcher), how)}`;
}

/** What is given for the booleans of a condition (R25); `undefined`: nothing is. */
export function assumedHolds({ name, any, none }: HeaderCondition, how: string, given: Readonly<Record<string, boolean>>): boolean | undefined {
  const told = (matcher: Matcher): boolean | undefined => given[opaqueKey(name, matcher, how)];
  if ([...any, ...none].every((matcher) => told(matcher) === undefined)) return undefined;
  return (any.length === 0 || any.some((matcher) => told(matcher) === true)) && !none.some((matcher) => told(matcher) === true);
}

export function tokenMatchers(tokens: readonly ReadableToken[]): Matcher[] {
  return tokens.map(({ locations, keys, issuer }) => ({ type: 'token', locations, reading: 'token', keys, ...(issuer === undefined ? {} : { issuer: { type: 'exact', text: issuer } }) }));
}

/** @param opaque told about each boolean that is needed, with the one value that it stands for */
export function lowerRewritten(condition: HeaderCondition, rewriting: Rewriting, opaque: (key: Dimension, value: HeaderCondition) => unknown): readonly Conjunction[] {
  const { name } = condition;
  const boolean = (matcher: Matcher, holds: boolean): Predicate => {
    const key = opaqueKey(name, matcher, rewriting.how);
    opaque(key, { on: 'header', name, any: [matcher], none: [] });
    return { dimension: key, any: holds ? [{ type: 'holds' }] : [], none: holds ? [] : [{ type: 'holds' }] };
  };
  // One boolean a value: two values of a condition are two rules.
  const own = (before: Conjunction): readonly Conjunction[] => {
    const without = [...before, ...condition.none.map((matcher) => boolean(matcher, false))];
    return condition.any.length === 0 ? [without] : condition.any.map((matcher) => [...without, boolean(matcher, true)]);
  };
  const sent: Predicate = { dimension: headerDimension(name), any: condition.any, none: condition.none };
  switch (rewriting.by) {
    case 'several':
      return own([]);
    case 'certificate':
      return lowerCertificate(condition, own);
    case 'taken': {
      const tokens = tokenMatchers(rewriting.tokens);
      return [[{ dimension: 'token', any: [], none: tokens }, sent], ...own([{ dimension: 'token', any: tokens, none: [] }])];
    }
    case 'claims': {
      const writers = rewriting.writers.filter((writer) => writer.tokens.length > 0);
      const tokens = tokenMatchers(writers.flatMap((writer) => writer.tokens));
      const without: Predicate[] = tokens.length === 0 ? [] : [{ dimension: 'token', any: [], none: tokens }];
      // An absent header fails every positive list and passes every negative one.
      const removed = condition.any.length > 0 ? [] : [without];
      if (tokens.length === 0) return removed;
      // Which of several rules wrote last is told only where their tokens differ by issuer.
      const issuers = writers.flatMap((writer) => writer.tokens.map((token) => token.issuer));
      const apart = writers.every((writer) => writer.certain) && (writers.length === 1 || (!issuers.includes(undefined) && new Set(issuers).size === issuers.length));
      return [...removed, ...(apart ? writers.flatMap((writer) => lowerWritten(condition, writer, own)) : own([{ dimension: 'token', any: tokens, none: [] }]))];
    }
  }
}

/** A5.12: the header is the claim as a text; of another kind it is absent. */
function lowerWritten({ any, none }: HeaderCondition, { tokens, path }: Writer, own: (before: Conjunction) => readonly Conjunction[]): readonly Conjunction[] {
  const accepted: Predicate = { dimension: 'token', any: tokenMatchers(tokens), none: [] };
  const [first, ...inner] = path ?? [];
  if (first === undefined) return lowerPayload(any, none, accepted, own);
  // Issuer and subject are part of the token: there is no other claim of these names.
  if (inner.length === 0 && (first === 'iss' || first === 'sub')) return lowerRegistered(first, any, none, tokens) ?? own([accepted]);
  return [[accepted, { dimension: writtenDimension([first, ...inner]), any, none }]];
}

function lowerRegistered(claim: 'iss' | 'sub', any: readonly Matcher[], none: readonly Matcher[], tokens: readonly ReadableToken[]): readonly Conjunction[] | undefined {
  const [wanted, refused] = [any.filter(isText), none.filter(isText)];
  if (wanted.length < any.length || refused.length < none.length) return undefined;
  return tokens.map((token): Conjunction => {
    const [base] = tokenMatchers([token]);
    const saying = (pattern: TextMatcher): Matcher[] => {
      if (base?.type !== 'token') return [];
      if (claim === 'sub') return [{ ...base, subject: pattern }];
      if (token.issuer === undefined) return [{ ...base, issuer: pattern }];
      return textMatches(pattern, token.issuer) ? [base] : [];
    };
    const positive = any.length === 0 ? tokenMatchers([token]) : wanted.flatMap(saying);
    return [{ dimension: 'token', any: positive, none: refused.flatMap(saying) }];
  }).filter(([predicate]) => (predicate?.any.length ?? 0) > 0);
}

/** The payload is an object in base64: it begins with `e`, and what that leaves open is not looked into. */
function lowerPayload(any: readonly Matcher[], none: readonly Matcher[], accepted: Predicate, own: (before: Conjunction) => readonly Conjunction[]): readonly Conjunction[] {
  const truth = (matcher: Matcher): boolean | undefined => {
    if (matcher.type === 'present' || matcher.type === 'non-empty') return true;
    if (matcher.type === 'exact' || matcher.type === 'prefix') return matcher.type === 'prefix' && matcher.text === 'e' ? true : matcher.text.startsWith('e') ? undefined : false;
    return matcher.type === 'suffix' && !/^[\w-]*$/.test(matcher.text) ? false : undefined;
  };
  const [wanted, refused] = [any.map(truth), none.map(truth)];
  if (refused.includes(true) || (any.length > 0 && wanted.every((each) => each === false))) return [];
  const unclear = refused.includes(undefined) || (any.length > 0 && !wanted.includes(true));
  return unclear ? own([accepted]) : [[accepted]];
}

function isText(matcher: Matcher): matcher is TextMatcher {
  return matcher.type === 'prefix' || matcher.type === 'suffix' || matcher.type === 'exact' || matcher.type === 'non-empty' || matcher.type === 'present';
}

/** What one matcher makes of the certificate header: known, a question about one dimension, or not known. */
type Truth = boolean | 'unknown' | { readonly dimension: Dimension; readonly matcher: Matcher };

/** The sidecar's entry: `By=spiffe://…;Hash=…;Subject="";URI=spiffe://<peer>`, behind the client's and a comma where there is one. */
const entryStart = 'By=spiffe://';

function certificateTruth(matcher: Matcher, name: string, behindOwn: boolean): Truth {
  if (matcher.type === 'present' || matcher.type === 'non-empty') return true;
  // The hash of a certificate is in it: nobody writes such a value but on purpose.
  if (matcher.type === 'exact') return (behindOwn ? matcher.text.includes(`,${entryStart}`) : matcher.text.startsWith(entryStart)) ? 'unknown' : false;
  if (matcher.type === 'prefix') {
    if (behindOwn) return matcher.text.includes(',') ? 'unknown' : { dimension: `header:${name}`, matcher };
    return entryStart.startsWith(matcher.text) ? true : matcher.text.startsWith(entryStart) ? 'unknown' : false;
  }
  if (matcher.type !== 'suffix') return 'unknown';
  // A star stands in no identity: a value written to mean "contains" matches nobody (A3.1).
  if (matcher.text.includes('*')) return false;
  return /^\/|[:;=,"]/.test(matcher.text) ? 'unknown' : { dimension: 'peer', matcher: { type: 'principal', pattern: matcher } };
}

function lowerCertificate(condition: HeaderCondition, own: (before: Conjunction) => readonly Conjunction[]): readonly Conjunction[] {
  const identified: Matcher = { type: 'identified' };
  const carried: Matcher = { type: 'present' };
  const dimension = headerDimension(condition.name);
  const anonymous: readonly Conjunction[] = condition.any.length > 0 ? [] : [[{ dimension: 'peer', any: [], none: [identified] }]];
  const known: readonly Conjunction[] = [false, true].flatMap((behindOwn): readonly Conjunction[] => {
    const base: Conjunction = [
      { dimension: 'peer', any: [identified], none: [] },
      { dimension, any: behindOwn ? [carried] : [], none: behindOwn ? [] : [carried] },
    ];
    const wanted = condition.any.map((matcher) => certificateTruth(matcher, condition.name, behindOwn));
    const refused = condition.none.map((matcher) => certificateTruth(matcher, condition.name, behindOwn));
    if (refused.includes(true) || (wanted.length > 0 && wanted.every((truth) => truth === false))) return [];
    if ([...wanted, ...refused].includes('unknown')) return own(base);
    const without = questions(refused).map(({ dimension: asked, matcher }): Predicate => ({ dimension: asked, any: [], none: [matcher] }));
    if (wanted.length === 0 || wanted.includes(true)) return [[...base, ...without]];
    return questions(wanted).map(({ dimension: asked, matcher }) => [...base, ...without, { dimension: asked, any: [matcher], none: [] }]);
  });
  return [...anonymous, ...known];
}

function questions(truths: readonly Truth[]): readonly Extract<Truth, { readonly matcher: Matcher }>[] {
  return truths.filter((truth): truth is Extract<Truth, { readonly matcher: Matcher }> => typeof truth === 'object');
}
