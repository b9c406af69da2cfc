/**
 * Canonical texts of matchers, predicates and cubes: equal meaning as written gives equal text, whatever the order, so that two
 * identical rules in two files are one cube and no result depends on the order of files.
 */
import { assertNever } from '#lib/assert-never.ts';
import { distinct } from '#lib/order.ts';
import type { Cube, Predicate } from './cube.ts';
import { formatCidr } from './ip.ts';
import { selectionText } from './label-selection.ts';
import type { Matcher, TemplatePattern, TextMatcher, Value } from './matcher.ts';

// Matchers and cubes are immutable, so their keys are remembered with them.
const matcherKeys = new WeakMap<Matcher, string>();
const cubeKeys = new WeakMap<Cube, string>();

function patternKey(pattern: TextMatcher | TemplatePattern): string {
  return pattern.type === 'non-empty' || pattern.type === 'present' ? pattern.type : `${pattern.type} ${JSON.stringify(pattern.text)}`;
}

function listKey(patterns: readonly TextMatcher[]): string {
  return distinct(patterns.map(patternKey)).join(', ');
}

function textOf(matcher: Matcher): string {
  switch (matcher.type) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'non-empty':
    case 'present':
      return patternKey(matcher);
    case 'host':
    case 'authority':
    case 'principal':
    case 'namespace':
    case 'trust-domain':
      return `${matcher.type} ${patternKey(matcher.pattern)}`;
    case 'path':
      return `path ${patternKey(matcher.pattern)} ${matcher.normalization}`;
    case 'cidr':
      return `cidr ${formatCidr(matcher)}`;
    case 'number':
      return `number ${String(matcher.value)}`;
    case 'port-range':
      return `port-range ${String(matcher.first)}-${String(matcher.last)}`;
    case 'source-namespace':
      return `source-namespace ${JSON.stringify([distinct(matcher.names), matcher.selection === undefined ? null : [selectionText(matcher.selection), distinct(matcher.declared)]])}`;
    case 'one-of':
      return `one-of ${JSON.stringify(matcher.text)}`;
    case 'namespace-glob':
      return `namespace-glob ${JSON.stringify(matcher.glob)}`;
    case 'service-account':
      return `service-account ${JSON.stringify(`${matcher.namespace}/${matcher.account}`)} ${matcher.plane}`;
    case 'token': {
      const parts = [
        ...(matcher.locations === undefined ? [] : [`locations [${distinct(matcher.locations.map((location) => JSON.stringify(location))).join(', ')}]`]),
        ...(matcher.reading === undefined ? [] : [`reading ${matcher.reading}`]),
        ...(matcher.keys === undefined ? [] : [`keys ${JSON.stringify(matcher.keys)}`]),
        ...(matcher.issuer === undefined ? [] : [`issuer ${patternKey(matcher.issuer)}`]),
        ...(matcher.subject === undefined ? [] : [`subject ${patternKey(matcher.subject)}`]),
      ];
      return ['token', ...parts].join(' ');
    }
    case 'element': {
      const also = matcher.also === undefined || matcher.also.length === 0 ? '' : ` also [${listKey(matcher.also)}]`;
      const except = matcher.except === undefined || matcher.except.length === 0 ? '' : ` except [${listKey(matcher.except)}]`;
      return `element ${patternKey(matcher.pattern)}${also}${except}`;
    }
    case 'identified':
    case 'absent':
    case 'holds':
      return matcher.type;
    default:
      return assertNever(matcher);
  }
}

export function matcherKey(matcher: Matcher): string {
  const known = matcherKeys.get(matcher);
  if (known !== undefined) return known;
  const key = textOf(matcher);
  matcherKeys.set(matcher, key);
  return key;
}

/** Keys of a list of matchers, distinct and sorted. */
function matcherKeysOf(matchers: readonly Matcher[]): readonly string[] {
  const keys = matchers.map(matcherKey);
  return keys.length < 2 ? keys : distinct(keys);
}

export function predicateKey(predicate: Predicate): string {
  const any = predicate.any.length === 0 ? '*' : matcherKeysOf(predicate.any).join(' | ');
  return predicate.none.length === 0 ? `${predicate.dimension}: ${any}` : `${predicate.dimension}: ${any} except ${matcherKeysOf(predicate.none).join(' | ')}`;
}

/** Does not contain the origins: cubes of equal content have equal keys whoever wrote them. The full cube's key is `*`. */
export function cubeKey(cube: Cube): string {
  const known = cubeKeys.get(cube);
  if (known !== undefined) return known;
  const key = cube.predicates.length === 0 ? '*' : distinct(cube.predicates.map(predicateKey)).join(' & ');
  cubeKeys.set(cube, key);
  return key;
}

/** Canonical text of a value, for sorting and for tests. */
export function valueKey(value: Value): string {
  if (typeof value === 'bigint') return `ip ${String(value)}`;
  if (typeof value === 'object' && value !== null && 'signedBy' in value) {
    const signed = value.signedBy === 'all' ? 'all' : distinct(value.signedBy).join(',');
    return `token ${JSON.stringify([value.location, signed, value.issuer, value.subject])}`;
  }
  if (typeof value === 'object' && value !== null && 'namespaceLabels' in value) return `caller ${JSON.stringify([value.principal, value.namespace, Object.entries(value.namespaceLabels).sort()])}`;
  return JSON.stringify(value);
}
