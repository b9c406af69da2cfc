/** The exact difference in the policies' own vocabulary: cubes of predicates become lists of words (`design.md` section 5, `region`). */
import { compareText, distinct } from '#lib/order.ts';
import { assertNever } from '#lib/assert-never.ts';
import { groupBy } from '#lib/group.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { formatCidr } from '#sets/ip.ts';
import type { Region, RegionCube, ValueSet } from './change.ts';

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
    case 'namespace-glob':
      return `namespace ${matcher.glob}`;
    case 'namespace':
      return `namespace ${textWord(matcher.pattern)}`;
    case 'service-account':
      return `service account ${matcher.namespace}/${matcher.account}`;
    case 'trust-domain':
      return `trust domain ${textWord(matcher.pattern)}`;
    case 'identified':
      return 'any mesh identity';
    case 'token':
      return tokenWord(matcher);
    case 'holds':
      return 'true';
    default:
      return assertNever(matcher);
  }
}

function tokenWord(matcher: Extract<Matcher, { type: 'token' }>): string {
  const parts = ['token'];
  if (matcher.issuer !== undefined) parts.push(`of issuer ${textWord(matcher.issuer)}`);
  if (matcher.subject !== undefined) parts.push(`with subject ${textWord(matcher.subject)}`);
  if (matcher.keys !== undefined) parts.push(`signed by ${matcher.keys}`);
  if (matcher.locations !== undefined) parts.push(`in ${matcher.locations.join(' or ')}`);
  return parts.length === 1 ? 'any token' : parts.join(' ');
}

/** `only` minus `except`; both absent never happens. */
function valueSet(predicates: readonly Predicate[]): ValueSet {
  // "Nobody with an identity" is a way of saying "only callers without one".
  if (predicates.some((predicate) => predicate.none.some((matcher) => matcher.type === 'identified'))) return { only: [ABSENT] };
  const only = distinct(predicates.flatMap((predicate) => predicate.any.map(matcherWord)));
  const except = distinct(predicates.flatMap((predicate) => predicate.none.map(matcherWord)));
  return { ...(only.length > 0 ? { only } : {}), ...(except.length > 0 ? { except } : {}) };
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
} as const satisfies Record<string, keyof RegionCube>;

/** One cube; dimensions without a predicate are absent = any value. */
export function regionCube(cube: Cube): RegionCube {
  const byDimension = groupBy(cube.predicates, (predicate) => predicate.dimension);
  const result: Record<string, unknown> = {};
  const headers: Record<string, ValueSet> = {};
  const claims: Record<string, ValueSet> = {};
  const opaque: Record<string, boolean> = {};
  for (const [dimension, predicates] of [...byDimension].sort(([left], [right]) => compareText(left, right))) {
    if (dimension.startsWith('header:')) headers[dimension.slice('header:'.length)] = valueSet(predicates);
    else if (dimension.startsWith('claim:')) claims[dimension.slice('claim:'.length)] = valueSet(predicates);
    else if (dimension.startsWith('opaque:')) opaque[dimension.slice('opaque:'.length)] = predicates.some((predicate) => predicate.any.length > 0);
    else if (dimension === 'path.query') headers[':path'] = valueSet(predicates);
    else result[plain[dimension as keyof typeof plain]] = valueSet(predicates);
  }
  return {
    ...result,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(Object.keys(claims).length > 0 ? { claims } : {}),
    ...(Object.keys(opaque).length > 0 ? { opaque } : {}),
  };
}

/** How many cubes of one change a report carries; more are counted as `complete: false`. */
const SHOWN_CUBES = 20;

export function region(cubes: readonly Cube[], complete: boolean): Region {
  return { cubes: cubes.slice(0, SHOWN_CUBES).map(regionCube), complete: complete && cubes.length <= SHOWN_CUBES };
}
