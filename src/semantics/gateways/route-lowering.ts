/**
 * The match of one route as predicates over what a client sends (M116, M122). A condition that no matcher says (a regular expression, a query
 * parameter, letters of either case) is one boolean, named by its content: equal on both sides of a comparison it is one and the same.
 */
import type { HttpMatch, StringMatch } from '#manifests/virtual-service.ts';
import type { Dimension, Predicate } from '#sets/cube.ts';
import type { Matcher, PathNormalization, TextMatcher } from '#sets/matcher.ts';
import { conditionHolds, lowerCondition } from '../condition.ts';
import type { Condition, Conjunction, LoweringContext } from '../condition.ts';
import { headerOf, parameter, pathFits } from './http-routes.ts';
import type { RoutedRequest } from './http-routes.ts';
import { simpleRegex } from './simple-regex.ts';
import { asksPresence, textFits } from './text-match.ts';
import type { RouteSet } from './types.ts';

/** A condition of a route behind a boolean: what it says of a concrete request, and what about the request it looks at. */
export interface RoutePart {
  readonly holds: (request: RoutedRequest) => boolean;
  readonly on: 'path' | 'path.query' | 'method' | 'host' | 'scheme' | 'header' | 'query';
  /** Of the header or the query parameter. */
  readonly name: string;
  readonly match: StringMatch;
}

export interface RouteContext {
  readonly normalization: PathNormalization;
  /** As the router sees it; `undefined`: a proxy before the gateway may say another (A3.25). */
  readonly scheme: string | undefined;
  /** What the token check writes and takes away (A5.12). */
  readonly headers: Pick<LoweringContext, 'readable' | 'rewrittenHeaders'>;
  /** Told about every boolean. */
  readonly part: (key: Dimension, part: RoutePart) => unknown;
}

/** Alternatives: `[]` never fits, `[[]]` always. */
export function lowerMatch(match: HttpMatch | undefined, api: RouteSet['api'], context: RouteContext): readonly Conjunction[] {
  if (match === undefined) return [[]];
  const { uri, method, authority, scheme } = match;
  const parts: (readonly Conjunction[])[] = [
    uri === undefined ? [[]] : lowerPath(uri, match, api, context),
    ...(method === undefined ? [] : [lowerText('method', 'method', method, context)]),
    ...(authority === undefined ? [] : [lowerText('host', 'host', authority, context)]),
    ...(scheme === undefined ? [] : [lowerScheme(scheme, context)]),
    ...[...match.headers].map(([name, wanted]) => lowerHeader(name, wanted, context)),
    ...[...match.withoutHeaders].map(([name, unwanted]) => lowerWithout(name, unwanted, context)),
    ...[...match.queryParams].map(([name, wanted]) => boolean(`query parameter ${name} ${said(wanted)}`, { on: 'query', name, match: wanted, holds: ({ query }) => fitsPresent(wanted, parameter(query, name)) }, context)),
  ];
  return parts.reduce((product, part) => product.flatMap((left) => part.map((right) => [...left, ...right])));
}

/** The same set as matchers on a text that is there; `undefined`: it is more than those. */
function textMatchers(match: StringMatch): readonly TextMatcher[] | undefined {
  switch (match.type) {
    case 'exact':
      return [{ type: 'exact', text: match.value }];
    case 'prefix':
      return match.value === '' ? [{ type: 'present' }] : [{ type: 'prefix', text: match.value }];
    case 'present':
      return [{ type: 'present' }];
    case 'regex':
      return simpleRegex(match.value);
  }
}

function lowerPath(uri: StringMatch, { ignoreUriCase }: HttpMatch, api: RouteSet['api'], context: RouteContext): readonly Conjunction[] {
  if (uri.type === 'present' || (uri.type === 'prefix' && uri.value === '/')) return [[]];
  const match = { uri, ignoreUriCase };
  const found = ignoreUriCase && uri.type !== 'regex' ? undefined : api === 'kubernetes' && uri.type === 'prefix' ? segments(uri.value) : textMatchers(uri);
  if (found === undefined) {
    const how = context.normalization === 'BASE' ? '' : ` (${context.normalization})`;
    return boolean(`path ${said(uri)}${ignoreUriCase ? ' in any case' : ''}${how}`, { on: 'path', name: '', match: uri, holds: ({ path }) => pathFits(match, api, path) }, context);
  }
  // Every path begins with a slash.
  if (found.some((pattern) => pattern.type === 'present' || pattern.type === 'non-empty' || (pattern.type === 'prefix' && pattern.text === '/'))) return [[]];
  return [[{ dimension: 'path', any: found.map((pattern): Matcher => ({ type: 'path', pattern, normalization: context.normalization })), none: [] }]];
}

/** M122: ends at a slash or at the end of the path. */
function segments(prefix: string): readonly TextMatcher[] {
  const bare = prefix.replace(/\/$/, '');
  return [{ type: 'exact', text: bare }, { type: 'prefix', text: `${bare}/` }];
}

function lowerText(dimension: 'method' | 'host', on: RoutePart['on'], match: StringMatch, context: RouteContext): readonly Conjunction[] {
  const found = textMatchers(match);
  if (found === undefined) return boolean(`${on} ${said(match)}`, { on, name: '', match, holds: (request) => textFits(match, on === 'host' ? request.authority : request.method) }, context);
  return found.some(({ type }) => type === 'present') ? [[]] : [[{ dimension, any: found, none: [] }]];
}

function lowerScheme(match: StringMatch, context: RouteContext): readonly Conjunction[] {
  if (context.scheme !== undefined) return textFits(match, context.scheme) ? [[]] : [];
  return boolean(`scheme ${said(match)}`, { on: 'scheme', name: '', match, holds: ({ scheme }) => textFits(match, scheme) }, context);
}

function lowerHeader(name: string, wanted: StringMatch, context: RouteContext): readonly Conjunction[] {
  const pseudo = lowerPseudo(name.toLowerCase(), wanted, context);
  if (pseudo !== undefined) return pseudo;
  const any = textMatchers(wanted);
  if (any === undefined) return boolean(`header ${name.toLowerCase()} ${said(wanted)}`, { on: 'header', name, match: wanted, holds: (request) => fitsPresent(wanted, headerOf(name, request)) }, context);
  return lowered(name.toLowerCase(), any, [], wanted, context);
}

/** A missing header counts as an empty one, but is not present. */
function lowerWithout(name: string, unwanted: StringMatch, context: RouteContext): readonly Conjunction[] {
  const lower = name.toLowerCase();
  if (asksPresence(unwanted)) return lower.startsWith(':') || lower === 'host' ? [] : lowered(lower, [], [{ type: 'present' }], unwanted, context);
  const none = lower.startsWith(':') || lower === 'host' ? undefined : textMatchers(unwanted);
  if (none === undefined) {
    const key = boolean(`header ${lower}, or none, ${said(unwanted)}`, { on: 'header', name, match: unwanted, holds: (request) => textFits(unwanted, headerOf(name, request) ?? '') }, context);
    return key.map((predicates) => predicates.map(({ dimension, any }): Predicate => ({ dimension, any: [], none: any })));
  }
  const empty: readonly Matcher[] = textFits(unwanted, '') ? [{ type: 'absent' }] : [];
  return lowered(lower, [], [...none, ...empty], unwanted, context);
}

/** A header of the request, as the token check leaves it; one that a policy may see otherwise is the client's own here. */
function lowered(name: string, any: readonly Matcher[], none: readonly Matcher[], match: StringMatch, context: RouteContext): readonly Conjunction[] {
  const condition: Condition = { on: 'header', name, any, none };
  const rewrittenHeaders = new Map([...context.headers.rewrittenHeaders].filter(([header]) => header !== 'x-forwarded-client-cert'));
  const opaque = (key: Dimension, value: Condition): unknown =>
    context.part(key, { on: 'header', name, match, holds: (request) => conditionHolds(value, { value: () => null, header: (header) => request.headers.get(header) ?? null, token: undefined }) });
  return lowerCondition(condition, { seesPeer: true, forwarded: true, readable: context.headers.readable, rewrittenHeaders, opaque });
}

/** Names for parts of the request line. */
function lowerPseudo(name: string, wanted: StringMatch, context: RouteContext): readonly Conjunction[] | undefined {
  switch (name) {
    case ':authority':
    case 'host':
      return lowerText('host', 'host', wanted, context);
    case ':method':
      return lowerText('method', 'method', wanted, context);
    case ':scheme':
      return lowerScheme(wanted, context);
    case ':path': {
      const any = textMatchers(wanted);
      if (any === undefined) return boolean(`path with query ${said(wanted)}`, { on: 'path.query', name: '', match: wanted, holds: ({ path, query }) => textFits(wanted, `${path}${query}`) }, context);
      return any.some(({ type }) => type === 'present') ? [[]] : [[{ dimension: 'path.query', any, none: [] }]];
    }
    default:
      return undefined;
  }
}

function fitsPresent(wanted: StringMatch, value: string | undefined): boolean {
  return value !== undefined && textFits(wanted, value);
}

function said(match: StringMatch): string {
  switch (match.type) {
    case 'exact':
      return `is ${match.value}`;
    case 'prefix':
      return `begins with ${match.value}`;
    case 'regex':
      return `matches ${match.value}`;
    case 'present':
      return 'is there';
  }
}

function boolean(label: string, part: RoutePart, { part: note }: RouteContext): readonly Conjunction[] {
  const dimension: Dimension = `opaque:${label}`;
  note(dimension, part);
  return [[{ dimension, any: [{ type: 'holds' }], none: [] }]];
}
