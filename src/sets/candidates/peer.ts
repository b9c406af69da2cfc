/**
 * Representatives of peer identities: `trust-domain/ns/namespace/sa/account`, and identities of another shape. The pieces of the
 * patterns only have to yield *enough* candidates; whether one matches is asked of the real matcher on the whole identity.
 */
import { assertNever } from '#lib/assert-never.ts';
import { distinct } from '#lib/order.ts';
import { identityParts, textMatches } from '../matches.ts';
import { ofType, type Matcher, type TextMatcher } from '../matcher.ts';
import { automatonCandidates } from './automaton.ts';
import { textCandidates, textPatterns, type TextPatterns } from './text.ts';

/** What a matcher asks of each part of an identity; a missing part may be anything. */
interface Pieces {
  readonly trustDomain?: TextMatcher;
  readonly namespace?: TextMatcher;
  readonly account?: TextMatcher;
  /** A glob on the namespace with stars inside. */
  readonly glob?: string;
}

/**
 * INVARIANT: an identity either has Istio's shape with no part empty, or no segment of it is `ns`. Nobody issues
 * `td/ns/a` or `td/ns/a/x`, so `td/ns/a/*` and `td/ns/a/sa/*` mean the same callers.
 */
export function possibleIdentity(identity: string): boolean {
  if (identity === '' || identity.includes('spiffe://')) return false;
  const parts = identityParts(identity);
  if (parts !== undefined) return parts.trustDomain !== '' && parts.namespace !== '' && parts.account !== '';
  return !identity.split('/').includes('ns');
}

function exact(text: string): TextMatcher {
  return { type: 'exact', text };
}

/** `a/ns/b…`: what is before the cut is exact, the piece in which it falls is a prefix. */
function prefixPieces(text: string): Pieces {
  const [trustDomain = '', ns, namespace, sa, account] = text.split('/');
  if (ns === undefined) return { trustDomain: { type: 'prefix', text: trustDomain } };
  const domain = { trustDomain: exact(trustDomain) };
  if (namespace === undefined || ns !== 'ns') return domain;
  if (sa === undefined) return { ...domain, namespace: { type: 'prefix', text: namespace } };
  const both = { ...domain, namespace: exact(namespace) };
  return account === undefined ? both : { ...both, account: { type: 'prefix', text: account } };
}

/** The same from the right. */
function suffixPieces(text: string): Pieces {
  const [account = '', sa, namespace, ns, trustDomain] = text.split('/').reverse();
  if (sa === undefined) return { account: { type: 'suffix', text: account } };
  const last = { account: exact(account) };
  if (namespace === undefined || sa !== 'sa') return last;
  if (ns === undefined) return { ...last, namespace: { type: 'suffix', text: namespace } };
  const both = { ...last, namespace: exact(namespace) };
  return trustDomain === undefined ? both : { ...both, trustDomain: { type: 'suffix', text: trustDomain } };
}

/** A namespace glob as a plain pattern where it has no star inside. */
function globPieces(glob: string): Pieces {
  const [first = '', second, ...more] = glob.split('*');
  if (second === undefined) return { namespace: exact(first) };
  if (more.length > 0 || (first !== '' && second !== '')) return { glob };
  if (first !== '') return { namespace: { type: 'prefix', text: first } };
  return second === '' ? {} : { namespace: { type: 'suffix', text: second } };
}

type IdentityMatcher = Extract<Matcher, { type: 'principal' | 'namespace-glob' | 'namespace' | 'service-account' | 'trust-domain' }>;

function isIdentity(matcher: Matcher): matcher is IdentityMatcher {
  return ['principal', 'namespace-glob', 'namespace', 'service-account', 'trust-domain'].includes(matcher.type);
}

function piecesOf(matcher: IdentityMatcher): readonly Pieces[] {
  switch (matcher.type) {
    case 'principal': {
      const pattern = matcher.pattern;
      if (pattern.type === 'exact') {
        const parts = identityParts(pattern.text);
        return parts === undefined ? [] : [{ trustDomain: exact(parts.trustDomain), namespace: exact(parts.namespace), account: exact(parts.account) }];
      }
      if (pattern.type === 'prefix') return [prefixPieces(pattern.text)];
      return pattern.type === 'suffix' ? [suffixPieces(pattern.text)] : [];
    }
    case 'namespace-glob':
      // The star crosses slashes, so the part behind the last one may also be found in `/sa` (A3.15); `namespaces` adds the namespace `ns`, in which `sa` is found.
      return distinct([matcher.glob, matcher.glob.slice(0, matcher.glob.lastIndexOf('*') + 1), matcher.glob.replace(/\/.*$/, '')]).map(globPieces);
    case 'namespace':
      return [{ namespace: matcher.pattern }];
    case 'service-account':
      return [{ namespace: exact(matcher.namespace), account: exact(matcher.account) }];
    case 'trust-domain':
      return [{ trustDomain: matcher.pattern }];
    default:
      return assertNever(matcher);
  }
}

function namesWithout(slash: TextPatterns): TextPatterns {
  const plain = (text: string): boolean => !text.includes('/');
  return { exact: slash.exact.filter(plain), prefixes: slash.prefixes.filter(plain), suffixes: slash.suffixes.filter(plain) };
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

function namespaces(pieces: readonly Pieces[], globbed: boolean, limit: number): string[] | undefined {
  const names = namesOf(pieces, limit);
  return names === undefined ? undefined : [...names, ...(globbed && !names.includes('ns') ? ['ns'] : [])];
}

function namesOf(pieces: readonly Pieces[], limit: number): string[] | undefined {
  const patterns = textPatterns(defined(pieces.map((piece) => piece.namespace)));
  const names = namesWithout(patterns);
  // A placeholder has slashes of its own; any other text with one is no namespace, and no identity is made of it.
  const globs = distinct(defined(pieces.map((piece) => piece.glob)));
  if (globs.length === 0) return textCandidates({ ...names, exact: patterns.exact }, '', 'elsewhere');
  const found = automatonCandidates({ ...names, templates: [], globs }, undefined, limit);
  return found === undefined ? undefined : [...new Set([...found, ...patterns.exact])];
}

function accepts(pattern: TextMatcher | undefined, text: string): boolean {
  return pattern === undefined || textMatches(pattern, text);
}

/** Identities of another shape than Istio's: names without a slash, and other paths below each trust domain. */
function foreign(matchers: readonly Matcher[], trustDomains: readonly string[]): string[] {
  const patterns = textPatterns(ofType(matchers, 'principal').map(({ pattern }) => pattern));
  const shaped = (text: string): boolean => text.split('/').includes('ns');
  const ends: TextPatterns = {
    exact: patterns.exact.filter((text) => !shaped(text)),
    prefixes: patterns.prefixes.filter((text) => !shaped(text)),
    suffixes: patterns.suffixes.filter((text) => !shaped(text)),
  };
  return [...ends.exact, ...textCandidates(namesWithout(ends), '', 'client.other-pki.example'), ...trustDomains.flatMap((domain) => textCandidates(ends, `${domain}/`))];
}

/** Identities such that every class of the matchers has one; Istio's shape first. `undefined` above the limit. */
export function peerCandidates(matchers: readonly Matcher[], limit: number): string[] | undefined {
  const pieces = matchers.filter(isIdentity).flatMap(piecesOf);
  const globbed = matchers.some((matcher) => matcher.type === 'namespace-glob');
  const trustDomains = textCandidates(namesWithout(textPatterns(defined(pieces.map((piece) => piece.trustDomain)))), '', 'cluster.local');
  const found: string[] = [];
  for (const trustDomain of trustDomains) {
    const here = pieces.filter((piece) => accepts(piece.trustDomain, trustDomain));
    const names = namespaces(here, globbed, limit);
    if (names === undefined) return undefined;
    // Accounts are few below one namespace: index them by it, so that the walk stays linear in the patterns.
    const exactly = new Map<string, TextMatcher[]>();
    const elsewhere: Pieces[] = [];
    for (const piece of here) {
      if (piece.account === undefined) continue;
      if (piece.namespace?.type === 'exact') {
        const list = exactly.get(piece.namespace.text);
        if (list === undefined) exactly.set(piece.namespace.text, [piece.account]);
        else list.push(piece.account);
      } else elsewhere.push(piece);
    }
    for (const namespace of names) {
      const live = [...(exactly.get(namespace) ?? []), ...defined(elsewhere.filter((piece) => accepts(piece.namespace, namespace)).map((piece) => piece.account))];
      for (const account of textCandidates(namesWithout(textPatterns(live)), '', 'anyone')) found.push(`${trustDomain}/ns/${namespace}/sa/${account}`);
      if (found.length > limit * 16) return undefined;
    }
  }
  return [...new Set([...found, ...foreign(matchers, trustDomains)])].filter(possibleIdentity);
}
