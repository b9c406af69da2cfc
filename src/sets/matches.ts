/**
 * The one definition of every value language: what one value of a policy field accepts (A3.1 to A3.41). The evaluator of
 * concrete requests and the symbolic search both ask here.
 */
import { assertNever } from '#lib/assert-never.ts';
import { hostName } from './authority.ts';
import type { Predicate } from './cube.ts';
import { globMatches, globParts } from './glob.ts';
import { blockHolds } from './ip.ts';
import { selectionHolds } from './label-selection.ts';
import type { Caller, Matcher, PeerValue, TemplatePattern, TextMatcher, Token, Value } from './matcher.ts';
import { normalizePath } from './normalize-path.ts';
import { templateMatches } from './path-template.ts';
import { readingAt } from './token-place.ts';

/** The generic string value of Envoy and ztunnel (A3.1, A3.2): case-sensitive, one star at one end. */
export function textMatches(pattern: TextMatcher, text: string): boolean {
  switch (pattern.type) {
    case 'exact':
      return text === pattern.text;
    case 'prefix':
      return text.startsWith(pattern.text);
    case 'suffix':
      return text.endsWith(pattern.text);
    case 'non-empty':
      return text !== '';
    case 'present':
      return true;
    default:
      return assertNever(pattern);
  }
}

/** A pattern for an already normalized path. */
export function pathMatches(pattern: TextMatcher | TemplatePattern, path: string): boolean {
  return pattern.type === 'template' ? templateMatches(pattern.text, path) : textMatches(pattern, path);
}

/** An Istio identity taken apart. */
export interface IdentityParts {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly account: string;
}

/** `td/ns/NAMESPACE/sa/ACCOUNT`, or `undefined` for an identity of another shape. A placeholder namespace (`~apps/shop`, R22) has slashes of its own. */
export function identityParts(identity: string): IdentityParts | undefined {
  const [trustDomain, ns, namespace, sa, account, ...more] = identity.split('/');
  if (trustDomain === undefined || ns !== 'ns' || namespace === undefined) return undefined;
  if (namespace.startsWith('~')) return inPlaceholder(identity, trustDomain);
  return sa !== 'sa' || account === undefined || more.length > 0 ? undefined : { trustDomain, namespace, account };
}

function inPlaceholder(identity: string, trustDomain: string): IdentityParts | undefined {
  const start = trustDomain.length + '/ns/'.length;
  const end = identity.lastIndexOf('/sa/');
  const account = identity.slice(end + '/sa/'.length);
  return end === -1 || account.includes('/') ? undefined : { trustDomain, namespace: identity.slice(start, end), account };
}

/** A3.10: the identity is compared with `spiffe://` in front, so a value that carries the scheme itself never matches. */
function principalMatches(pattern: TextMatcher, identity: string): boolean {
  return (pattern.type === 'non-empty' || pattern.type === 'present' || !pattern.text.includes('spiffe://')) && textMatches(pattern, identity);
}

/** A3.15: any text, `/ns/`, the value, `/`, any text. Its stars cross slashes: `*a` matches every namespace through `/sa/`. */
function namespaceGlobMatches(glob: string, identity: string): boolean {
  if (!glob.includes('*')) return `spiffe://${identity}`.includes(`/ns/${glob}/`);
  return globMatches(globParts(['', '/ns/'], glob, ['/', '']), `spiffe://${identity}`);
}

/** A3.19: any trust domain, any path elements between namespace and account and behind the account. */
function envoyAccountMatches(namespace: string, account: string, identity: string): boolean {
  const text = `spiffe://${identity}`;
  const direct = `/ns/${namespace}/sa/${account}`;
  const apart = [`/ns/${namespace}/`, `/sa/${account}`] as const;
  return (
    globMatches(['spiffe://', direct], text) ||
    globMatches(['spiffe://', `${direct}/`, ''], text) ||
    globMatches(['spiffe://', ...apart], text) ||
    globMatches(['spiffe://', apart[0], `${apart[1]}/`, ''], text)
  );
}

/** A3.22: exact `v` means `spiffe://v/…`; a star never crosses a slash; `*` is every SPIFFE identity. */
function trustDomainMatches(pattern: TextMatcher, identity: string): boolean {
  if (pattern.type === 'non-empty' || pattern.type === 'present') return true;
  const slash = identity.indexOf('/');
  return slash !== -1 && textMatches(pattern, identity.slice(0, slash));
}

export function isCaller(value: Value): value is Caller {
  return typeof value === 'object' && value !== null && 'namespaceLabels' in value;
}

/** The identity of a caller, whether or not more is told of it. */
export function identityOf(value: Value): Value {
  return isCaller(value) ? value.principal : value;
}

/** The pod that calls, as far as namespaces go; `undefined`: the caller is no pod of the cluster. */
export function callerNamespace(value: Value): Omit<Caller, 'principal'> | undefined {
  if (isCaller(value)) return value;
  const namespace = typeof value === 'string' ? identityParts(value)?.namespace : undefined;
  return namespace === undefined ? undefined : { namespace, namespaceLabels: {} };
}

type NamespaceMatcher = Extract<Matcher, { type: 'source-namespace' }>;

const nameSets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(names: readonly string[]): ReadonlySet<string> {
  const known = nameSets.get(names);
  if (known !== undefined) return known;
  const fresh = new Set(names);
  nameSets.set(names, fresh);
  return fresh;
}

/** `undefined`: the namespace is not declared, its labels decide. */
export function declaredMatch(matcher: NamespaceMatcher, namespace: string): boolean | undefined {
  if (setOf(matcher.names).has(namespace)) return true;
  return matcher.selection === undefined || setOf(matcher.declared).has(namespace) ? false : undefined;
}

function namespaceMatches(matcher: NamespaceMatcher, value: Value): boolean {
  const pod = callerNamespace(value);
  if (pod === undefined) return false;
  return declaredMatch(matcher, pod.namespace) ?? (matcher.selection !== undefined && selectionHolds(matcher.selection, { ...pod.namespaceLabels, 'kubernetes.io/metadata.name': pod.namespace }));
}

function isToken(value: Value): value is Token {
  return typeof value === 'object' && value !== null && 'signedBy' in value;
}

/** Whether a token that is sent at `location` is one that the matcher's places speak of. */
export function tokenStandsAt({ locations, reading }: Pick<Extract<Matcher, { type: 'token' }>, 'locations' | 'reading'>, location: string): boolean {
  if (locations === undefined || locations.includes(location)) return true;
  if (reading === undefined) return false;
  return locations.some((place) => {
    const found = readingAt(place, location);
    return found === 'token' || (found === 'bytes' && reading === 'anything');
  });
}

function tokenMatches(matcher: Extract<Matcher, { type: 'token' }>, token: Token): boolean {
  if (!tokenStandsAt(matcher, token.location)) return false;
  if (matcher.keys !== undefined && token.signedBy !== 'all' && !token.signedBy.includes(matcher.keys)) return false;
  if (matcher.issuer !== undefined && (token.issuer === null || !textMatches(matcher.issuer, token.issuer))) return false;
  return matcher.subject === undefined || (token.subject !== null && textMatches(matcher.subject, token.subject));
}

/** Whether one element of a claim is the one that an element matcher asks for. */
export function elementMatches(matcher: Extract<Matcher, { type: 'element' }>, element: string): boolean {
  return (
    textMatches(matcher.pattern, element) &&
    (matcher.also ?? []).every((pattern) => textMatches(pattern, element)) &&
    !(matcher.except ?? []).some((pattern) => textMatches(pattern, element))
  );
}

/** Lists are the only arrays among values; `Array.isArray` forgets their type. */
function elements(value: Value): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/**
 * Whether a matcher accepts a value. An absent value (`null`) is accepted by `absent` alone (A3.4, A3.8); a value of another
 * shape than the matcher asks for is not accepted.
 */
export function matches(matcher: Matcher, whole: Value): boolean {
  const value: Exclude<Value, Caller> | PeerValue = isCaller(whole) ? whole.principal : whole;
  switch (matcher.type) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'non-empty':
    case 'present':
      return typeof value === 'string' && textMatches(matcher, value);
    case 'host':
      return typeof value === 'string' && textMatches(matcher.pattern, value.toLowerCase());
    case 'authority':
      return typeof value === 'string' && textMatches(matcher.pattern, hostName(value).toLowerCase());
    case 'path':
      return typeof value === 'string' && pathMatches(matcher.pattern, normalizePath(value, matcher.normalization));
    case 'cidr':
      return typeof value === 'bigint' && blockHolds(matcher, value);
    case 'number':
      return value === matcher.value;
    case 'port-range':
      return typeof value === 'number' && value >= matcher.first && value <= matcher.last;
    case 'source-namespace':
      return namespaceMatches(matcher, whole);
    case 'one-of':
      return value === matcher.text;
    case 'principal':
      return typeof value === 'string' && principalMatches(matcher.pattern, value);
    case 'namespace-glob':
      return typeof value === 'string' && namespaceGlobMatches(matcher.glob, value);
    case 'namespace': {
      const parts = typeof value === 'string' ? identityParts(value) : undefined;
      return parts !== undefined && textMatches(matcher.pattern, parts.namespace);
    }
    case 'service-account': {
      if (typeof value !== 'string') return false;
      if (matcher.plane === 'envoy') return envoyAccountMatches(matcher.namespace, matcher.account, value);
      const parts = identityParts(value);
      return parts !== undefined && parts.namespace === matcher.namespace && parts.account === matcher.account;
    }
    case 'trust-domain':
      return typeof value === 'string' && trustDomainMatches(matcher.pattern, value);
    case 'identified':
      return typeof value === 'string';
    case 'token':
      return isToken(value) && tokenMatches(matcher, value);
    case 'element':
      return elements(value).some((element) => elementMatches(matcher, element));
    case 'absent':
      return value === null;
    case 'holds':
      return value === true;
    default:
      return assertNever(matcher);
  }
}

/** `(any is empty or some of any matches) and none of none matches` (A1.11, A3.4). */
export function holds(predicate: Predicate, value: Value): boolean {
  return (predicate.any.length === 0 || someMatches(predicate.any, value)) && !someMatches(predicate.none, value);
}

function someMatches(matchers: readonly Matcher[], value: Value): boolean {
  for (const matcher of matchers) if (matches(matcher, value)) return true;
  return false;
}
