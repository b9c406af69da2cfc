/** The exact difference in the policies' own vocabulary: cubes of predicates become lists of words (`docs/report.md`, `region`). */
import { compareText, distinct } from '#lib/order.ts';
import { assertNever } from '#lib/assert-never.ts';
import { groupBy } from '#lib/group.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import type { Matcher, PathNormalization, TextMatcher } from '#sets/matcher.ts';
import { formatCidr } from '#sets/ip.ts';
import { selectionText } from '#sets/label-selection.ts';
import { claimDimension, claimPathOf } from '#semantics/values.ts';
import type { Region, RegionCube, ValueSet } from './change.ts';
import { areApart, standsForItself } from './words-apart.ts';

/** The word of a list for a value that the request does not carry. */
export const ABSENT = '(none)';

export function textWord(pattern: TextMatcher): string {
  switch (pattern.type) {
    case 'exact':
      return pattern.text;
    case 'prefix':
      return `${pattern.text}*`;
    case 'suffix':
      return `*${pattern.text}`;
    case 'non-empty':
    case 'present':
      return '*';
    default:
      return assertNever(pattern);
  }
}

/** A matcher as an author would write it. */
export function matcherWord(matcher: Matcher): string {
  switch (matcher.type) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'non-empty':
    case 'present':
      return textWord(matcher);
    case 'absent':
      return ABSENT;
    case 'host':
    case 'authority':
    case 'principal':
    case 'element':
      return textWord(matcher.pattern);
    case 'path':
      return matcher.pattern.type === 'template' ? matcher.pattern.text : textWord(matcher.pattern);
    case 'cidr':
      return formatCidr(matcher);
    case 'number':
      return String(matcher.value);
    case 'one-of':
      return matcher.text;
    case 'port-range':
      return `${String(matcher.first)}-${String(matcher.last)}`;
    case 'source-namespace':
      return matcher.selection === undefined ? `pods in namespace ${matcher.names.join(', ')}` : namespaceWords(selectionText(matcher.selection));
    case 'namespace-glob':
      return `namespace ${matcher.glob}`;
    case 'namespace':
      return `namespace ${textWord(matcher.pattern)}`;
    case 'service-account':
      return `service account ${matcher.namespace}/${matcher.account}`;
    case 'trust-domain':
      return `trust domain ${textWord(matcher.pattern)}`;
    case 'identified':
      return IDENTIFIED;
    case 'token':
      return tokenWord(matcher);
    case 'holds':
      return 'true';
    default:
      return assertNever(matcher);
  }
}

function namespaceWords(selection: string): string {
  const named = /^kubernetes\.io\/metadata\.name=([^,]*)$/.exec(selection)?.[1];
  if (named !== undefined) return `pods in namespace ${named}`;
  return selection === '*' ? 'pods in any namespace' : `pods in namespaces with ${selection}`;
}

function tokenWord(matcher: Extract<Matcher, { type: 'token' }>): string {
  const parts = ['token'];
  if (matcher.issuer !== undefined) parts.push(matcher.issuer.type === 'non-empty' ? 'with an issuer' : `of issuer ${textWord(matcher.issuer)}`);
  if (matcher.subject !== undefined) parts.push(matcher.subject.type === 'non-empty' ? 'with a subject' : `with subject ${textWord(matcher.subject)}`);
  if (matcher.keys !== undefined) parts.push(`signed by ${matcher.keys}`);
  if (matcher.locations !== undefined && !isUsualPlace(matcher.locations)) parts.push(`in ${matcher.locations.map((location) => location.trim()).join(' or ')}`);
  return parts.length === 1 ? 'any token' : parts.join(' ');
}

/** A5.7: where tokens are read when a rule says nothing else. */
function isUsualPlace(locations: readonly string[]): boolean {
  return locations.length === 2 && locations.includes('authorization:Bearer ') && locations.includes('parameter:access_token');
}

/** `only` minus `except`; both absent never happens. */
function valueSet(predicates: readonly Predicate[]): ValueSet {
  // "Nobody with an identity" is a way of saying "only callers without one".
  if (predicates.some((predicate) => predicate.none.some((matcher) => matcher.type === 'identified'))) return { only: [ABSENT] };
  const word = wordsFor(predicates);
  const [alone, another] = predicates;
  if (alone !== undefined && another === undefined && (alone.any.length === 0) !== (alone.none.length === 0)) return alone.none.length === 0 ? { only: distinct(alone.any.map(word)) } : { except: distinct(alone.none.map(word)) };
  const tokens = tokensOf(predicates);
  if (tokens !== undefined) return tokens;
  const only = allOf(predicates.filter((predicate) => predicate.any.length > 0).map((predicate) => distinct(predicate.any.map(word))));
  const except = distinct(predicates.flatMap((predicate) => predicate.none.map(word)));
  // What is excepted need not be named first.
  const left = only.filter((value) => !except.includes(value));
  if (left.length > 0) return { only: left, ...(except.length > 0 ? { except } : {}) };
  return { ...(only.length > 0 ? { only } : {}), except };
}

type TokenMatcher = Extract<Matcher, { type: 'token' }>;

const isToken = (matcher: Matcher): matcher is TokenMatcher => matcher.type === 'token';

/** Conditions on one token are one description of it: of this issuer, signed by these keys, in these places. */
function tokensOf(predicates: readonly Predicate[]): ValueSet | undefined {
  const lists = predicates.filter((predicate) => predicate.any.length > 0).map((predicate) => predicate.any);
  const none = predicates.flatMap((predicate) => predicate.none);
  if (lists.length < 2 || ![...lists.flat(), ...none].every(isToken)) return undefined;
  const [first = [], ...rest] = lists.map((list) => list.filter(isToken));
  const both = rest.reduce<readonly TokenMatcher[]>((left, right) => left.flatMap((one) => right.flatMap((other) => bothTokens(one, other) ?? [])), first);
  if (both.length === 0) return undefined;
  // An exception of another issuer or other keys takes nothing out of what is left.
  const except = none.filter(isToken).filter((matcher) => both.some((one) => bothTokens(one, matcher) !== undefined));
  return { only: distinct(both.map(tokenWord)), ...(except.length > 0 ? { except: distinct(except.map(tokenWord)) } : {}) };
}

/** `undefined`: no token is both. */
function bothTokens(left: TokenMatcher, right: TokenMatcher): TokenMatcher | undefined {
  const locations = left.locations === undefined || right.locations === undefined ? (left.locations ?? right.locations) : left.locations.filter((location) => right.locations?.includes(location) === true);
  const [issuer, subject] = [bothTexts(left.issuer, right.issuer), bothTexts(left.subject, right.subject)];
  if (locations?.length === 0 || issuer === 'none' || subject === 'none') return undefined;
  // One key may stand in two sets, which no single description says.
  if (left.keys !== undefined && right.keys !== undefined && left.keys !== right.keys) return undefined;
  const keys = left.keys ?? right.keys;
  return { type: 'token', ...(locations === undefined ? {} : { locations }), ...(keys === undefined ? {} : { keys }), ...(issuer === undefined ? {} : { issuer }), ...(subject === undefined ? {} : { subject }) };
}

/** The narrower of two texts where one lies in the other; else the first, which the reader may take as wide as it is. */
function bothTexts(left: TextMatcher | undefined, right: TextMatcher | undefined): TextMatcher | 'none' | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.type === 'exact' && right.type === 'exact') return left.text === right.text ? left : 'none';
  return isWithin(textWord(right), textWord(left)) ? right : left;
}

/** Paths that the two sides normalize differently are not the same, though they are written alike (A3.36 to A3.39). */
function wordsFor(predicates: readonly Predicate[]): (matcher: Matcher) => string {
  if (!sawSeveral(predicates)) return matcherWord;
  return (matcher) => (matcher.type === 'path' ? `${matcherWord(matcher)} (${normalized[matcher.normalization]})` : matcherWord(matcher));
}

function sawSeveral(predicates: readonly Predicate[]): boolean {
  let first: PathNormalization | undefined;
  for (const { any, none } of predicates) {
    for (const list of [any, none]) {
      for (const matcher of list) {
        if (matcher.type !== 'path') continue;
        first ??= matcher.normalization;
        if (matcher.normalization !== first) return true;
      }
    }
  }
  return false;
}

const normalized: Readonly<Record<PathNormalization, string>> = {
  NONE: 'as sent',
  BASE: 'normalized',
  MERGE_SLASHES: 'slashes merged',
  DECODE_AND_MERGE_SLASHES: 'decoded, slashes merged',
};

const IDENTIFIED = 'any mesh identity';

/** Values that lie in every one of the lists. */
function allOf(lists: readonly (readonly string[])[]): readonly string[] {
  const [first, ...rest] = lists;
  return first === undefined ? [] : rest.reduce(inBoth, first);
}

/** The narrower of two words where one lies in the other, nothing where no value is both, else the two joined by `and`. */
function inBoth(left: readonly string[], right: readonly string[]): readonly string[] {
  const among = (words: readonly string[]) => (word: string): boolean => words.some((wide) => isWithin(word, wide));
  if (left.every(among(right))) return left;
  if (right.every(among(left))) return right;
  const narrower = [...left.filter(among(right)), ...right.filter(among(left))];
  // A pair with a word that lies in one of these is told by it.
  const beside = (words: readonly string[]): readonly string[] => words.filter((word) => !among(narrower)(word));
  const [ones, others] = [beside(left), beside(right)];
  const patterns = others.filter((word) => !standsForItself(word));
  const joined = ones.flatMap((one) => (standsForItself(one) ? patterns : others).flatMap((other) => (areApart(one, other) ? [] : [`${one} and ${other}`])));
  const both = [...narrower, ...joined];
  return distinct(both.length > 0 ? both : left.flatMap((one) => right.map((other) => `${one} and ${other}`)));
}

/** Every value that the one word stands for is one of the other's. Unsure is no. */
export function isWithin(word: string, wide: string): boolean {
  if (word === wide) return true;
  if (word === ABSENT) return false;
  if (wide === '*' || wide === IDENTIFIED) return true;
  return wide.endsWith('*') && !word.startsWith('*') && word.startsWith(wide.slice(0, -1));
}

const plain = {
  peer: 'peers',
  port: 'ports',
  protocol: 'protocol',
  method: 'methods',
  path: 'paths',
  host: 'hosts',
  sni: 'sni',
  'source.ip': 'sourceIps',
  'remote.ip': 'remoteIps',
  'destination.ip': 'destinationIps',
  token: 'token',
  transport: 'transport',
  address: 'addressed',
} as const satisfies Record<string, keyof RegionCube>;

/** Only about the namespace of the calling pod. */
function asksForPods({ any, none }: Predicate): boolean {
  return [...any, ...none].every((matcher) => matcher.type === 'source-namespace');
}

/** One cube; dimensions without a predicate are absent = any value. */
export function regionCube(cube: Cube): RegionCube {
  const byDimension = groupBy(cube.predicates, (predicate) => predicate.dimension);
  const result: Record<string, unknown> = {};
  const headers: Record<string, ValueSet> = {};
  const claims: Record<string, ValueSet> = {};
  const opaque: Record<string, boolean> = {};
  const podLabels: Record<string, ValueSet> = {};
  for (const [dimension, predicates] of [...byDimension].sort(([left], [right]) => compareText(left, right))) {
    if (dimension.startsWith('header:')) headers[dimension.slice('header:'.length)] = valueSet(predicates);
    else if (dimension.startsWith('pod-label:')) podLabels[dimension.slice('pod-label:'.length)] = valueSet(predicates);
    else if (dimension.startsWith('claim:')) claims[dimension.slice('claim:'.length)] = valueSet(predicates);
    else if (dimension.startsWith('written:')) claims[byDimension.has(claimDimension(claimPathOf(dimension))) ? `${dimension.slice('written:'.length)} as a text` : dimension.slice('written:'.length)] = valueSet(predicates);
    else if (dimension.startsWith('opaque:')) opaque[dimension.slice('opaque:'.length)] = predicates.some((predicate) => predicate.any.length > 0);
    else if (dimension === 'peer') {
      const pods = predicates.filter(asksForPods);
      const peers = predicates.filter((predicate) => !asksForPods(predicate));
      if (peers.length > 0) result['peers'] = valueSet(peers);
      if (pods.length > 0) result['pods'] = valueSet(pods);
    } else if (dimension === 'path.query') headers[':path'] = valueSet(predicates);
    else result[plain[dimension as keyof typeof plain]] = valueSet(predicates);
  }
  for (const [key, named] of [['headers', headers], ['podLabels', podLabels], ['claims', claims], ['opaque', opaque]] as const) if (Object.keys(named).length > 0) result[key] = named;
  const inOrder: Record<string, unknown> = {};
  for (const key of written) if (key in result) inOrder[key] = result[key];
  return inOrder;
}

/** The order of the report's schema: what is in it need not be put into it when the report is written. */
const written = ['peers', 'ports', 'protocol', 'transport', 'addressed', 'pods', 'podLabels', 'methods', 'paths', 'hosts', 'sni', 'sourceIps', 'remoteIps', 'destinationIps', 'token', 'headers', 'claims', 'opaque'] as const satisfies readonly (keyof RegionCube)[];

/** How many cubes of one change a report carries; more are counted as `complete: false`. */
const SHOWN_CUBES = 20;

export function region(cubes: readonly Cube[], complete: boolean): Region {
  return { cubes: cubes.slice(0, SHOWN_CUBES).map(regionCube), complete: complete && cubes.length <= SHOWN_CUBES };
}
