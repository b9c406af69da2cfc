/** From the text of a policy value to what it accepts (A section 3). The meaning of each matcher is in `sets/`. */
import type { MeshConfig } from '#mesh/model.ts';
import { parseCidr } from '#sets/ip.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { textMatches } from '#sets/matches.ts';

/** Envoy and ztunnel read policies differently in places (A3.11 to A3.23). */
export type Plane = 'envoy' | 'ztunnel';

/**
 * Equal values of many policies are one matcher: what is remembered with a matcher (its key) then serves all of them. The memory is
 * bounded: beyond the bound it starts anew, and equal matchers merely stop being the same object.
 */
const mostShared = 50_000;
const shared = new Map<string, Map<string, Matcher>>();

function share<M extends Matcher>(kind: string, value: string, make: () => M): M {
  let ofKind = shared.get(kind);
  if (ofKind === undefined) {
    ofKind = new Map();
    shared.set(kind, ofKind);
  }
  const known = ofKind.get(value);
  if (known !== undefined) return known as M; // the kind says which type of matcher is made
  const fresh = make();
  if (ofKind.size >= mostShared) ofKind.clear();
  ofKind.set(value, fresh);
  return fresh;
}

/** A3.1, A3.2: a leading star wins over a trailing one, stars elsewhere are literal. */
export function textPattern(value: string, star: 'non-empty' | 'present' = 'non-empty'): TextMatcher {
  if (value === '*') return { type: star };
  if (value.startsWith('*')) return { type: 'suffix', text: value.slice(1) };
  if (value.endsWith('*')) return { type: 'prefix', text: value.slice(0, -1) };
  return { type: 'exact', text: value };
}

/** A3.34: compared in lower case; `*` = the header is there. */
export function hostMatcher(value: string): Matcher {
  return share('host', value, () => ({ type: 'host', pattern: textPattern(value.toLowerCase(), 'present') }));
}

/** A3.35: `*` = present. */
export function methodMatcher(value: string): Matcher {
  return share('method', value, () => textPattern(value, 'present'));
}

/** A3.36, A3.37: a value with `{*}` or `{**}` is a template, anything else a text. */
export function pathMatcher(value: string, config: MeshConfig): Matcher {
  const normalization = config.pathNormalization;
  return share(`path ${normalization}`, value, () => {
    const pattern = value.includes('{*}') || value.includes('{**}') ? ({ type: 'template', text: value } as const) : textPattern(value);
    return { type: 'path', pattern, normalization };
  });
}

/** A3.10 to A3.13: trust domains are expanded on Envoy planes only. */
export function principalMatchers(values: readonly string[], config: MeshConfig, plane: Plane): Matcher[] {
  const written = plane === 'envoy' ? distinctInOrder(values.flatMap((value) => expandTrustDomain(value, config))) : values;
  return written.map((value) => share(`principal ${plane}`, value, () => ({ type: 'principal', pattern: textPattern(plane === 'ztunnel' && value.startsWith('spiffe://') ? `\u0000${value}` : value) })));
}

/**
 * A3.11: a principal of five segments whose trust domain is the mesh's, an alias, a wildcard that fits one of them, or the literal
 * `cluster.local`, stands for all trust domains of the mesh.
 */
export function expandTrustDomain(principal: string, config: MeshConfig): string[] {
  // The only trust domain, written out: it stands for itself.
  if (config.trustDomainAliases.length === 0 && !config.trustDomain.startsWith('*') && principal.startsWith(`${config.trustDomain}/`)) return [principal];
  const segments = principal.split('/');
  const [domain, ...rest] = segments;
  if (segments.length !== 5 || domain === undefined || domain === '*') return [principal];
  const domains = trustDomainsOf(config);
  if (domain !== 'cluster.local' && !domains.some((known) => trustDomainFits(domain, known))) return [principal];
  const expanded = domains.map((known) => (domain.startsWith('*') && known.endsWith(domain.slice(1)) ? principal : [known, ...rest].join('/')));
  return [...new Set(expanded)];
}

function distinctInOrder(values: readonly string[]): readonly string[] {
  return values.length < 2 ? values : [...new Set(values)];
}

export function trustDomainsOf(config: MeshConfig): readonly string[] {
  return [...new Set([config.trustDomain, ...config.trustDomainAliases])];
}

/** Exact, or a prefix or suffix wildcard in either direction. */
function trustDomainFits(written: string, known: string): boolean {
  return written === known || wildcardFits(written, known) || wildcardFits(known, written);
}

function wildcardFits(pattern: string, text: string): boolean {
  if (pattern.startsWith('*')) return text.endsWith(pattern.slice(1));
  return pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1));
}

/** A3.15, A3.16. */
export function namespaceMatcher(value: string, plane: Plane): Matcher {
  return share<Matcher>(`namespace ${plane}`, value, () => (plane === 'envoy' ? { type: 'namespace-glob', glob: value } : { type: 'namespace', pattern: textPattern(value) }));
}

/** A3.18: without a namespace it is the policy's own. */
export function serviceAccountMatcher(value: string, policyNamespace: string, plane: Plane): Matcher {
  const slash = value.indexOf('/');
  const namespace = slash < 0 ? policyNamespace : value.slice(0, slash);
  return { type: 'service-account', namespace, account: value.slice(slash + 1), plane };
}

/** A3.22: an exact value that is one of the mesh's trust domains stands for all of them; `cluster.local` is not special. */
export function trustDomainMatchers(values: readonly string[], config: MeshConfig): Matcher[] {
  const domains = trustDomainsOf(config);
  const written = values.flatMap((value) => (domains.includes(value) ? domains : [value]));
  return [...new Set(written)].map((value) => ({ type: 'trust-domain', pattern: textPattern(value) }));
}

/** `undefined` where one of the values is no address: admission refuses it, and the planes treat what gets in differently (A3.28). */
export function addressMatcher(value: string): Matcher | undefined {
  return parseCidr(value);
}

/** A3.40, A3.41: plain decimal numbers up to 65535. */
export function portMatcher(value: string): Matcher | undefined {
  return /^\d+$/.test(value) && Number(value) <= 65535 ? { type: 'number', value: Number(value) } : undefined;
}

/** What a `requestPrincipals` value asks of issuer and subject. */
export interface SubjectPattern {
  readonly issuer?: TextMatcher;
  readonly subject?: TextMatcher;
}

/** A3.29: split at the last slash; the leading star is looked at before the trailing one. */
export function subjectPattern(value: string): SubjectPattern {
  const present: TextMatcher = { type: 'non-empty' };
  if (value === '*') return { issuer: present, subject: present };
  const slash = value.lastIndexOf('/');
  const issuer = slash < 0 ? value : value.slice(0, slash);
  const subject = slash < 0 ? '' : value.slice(slash + 1);
  if (value.startsWith('*')) {
    if (slash < 0) return { issuer: present, subject: { type: 'suffix', text: value.slice(1) } };
    return { issuer: issuer === '*' ? present : { type: 'suffix', text: issuer.slice(1) }, subject: { type: 'exact', text: subject } };
  }
  if (value.endsWith('*')) {
    if (slash < 0) return { issuer: { type: 'prefix', text: value.slice(0, -1) }, subject: present };
    return { issuer: { type: 'exact', text: issuer }, subject: subject === '*' ? present : { type: 'prefix', text: subject.slice(0, -1) } };
  }
  return { issuer: { type: 'exact', text: issuer }, subject: { type: 'exact', text: subject } };
}

export function subjectMatches(pattern: SubjectPattern, issuer: string | null, subject: string | null): boolean {
  if (pattern.issuer !== undefined && (issuer === null || !textMatches(pattern.issuer, issuer))) return false;
  return pattern.subject === undefined || (subject !== null && textMatches(pattern.subject, subject));
}

/** A3.31: `[a][b]` → a, b; malformed nesting is one literal key. */
export function claimPath(brackets: string): readonly string[] {
  const inner = brackets.startsWith('[') && brackets.endsWith(']') ? brackets.slice(1, -1) : brackets;
  const parts = inner.split('][');
  return parts.every((part) => part !== '' && !part.includes('[') && !part.includes(']')) ? parts : [inner];
}

/** Dimension of a claim: its path, `/` between the parts; a `/` or `~` inside a name is written as in a JSON pointer. */
export function claimDimension(path: readonly string[]): `claim:${string}` {
  return `claim:${path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
}

/** Dimension of what a proxy writes into a header for a claim (A5.12). */
export function writtenDimension(path: readonly string[]): `written:${string}` {
  return `written:${claimDimension(path).slice('claim:'.length)}`;
}

/** The inverse of `claimDimension` and `writtenDimension`. */
export function claimPathOf(dimension: string): readonly string[] {
  return dimension
    .slice(dimension.indexOf(':') + 1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
