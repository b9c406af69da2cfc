/** The token rules of one workload: where tokens are read, by whose keys, and which claims are split (A section 5). */
import { canonical, shortHash } from '#lib/canonical.ts';
import { compareBy, distinct } from '#lib/order.ts';
import { resourceId } from '#mesh/policies.ts';
import type { JwtRuleSpec, Resource } from '#mesh/policies.ts';
import type { MeshConfig } from '#mesh/model.ts';
import { atLeast } from '#mesh/versions.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import type { Matcher } from '#sets/matcher.ts';
import { readableTokens } from './condition.ts';
import type { ReadableToken, Rewriting, Writer } from './rewritten-headers.ts';

export interface TokenRule {
  /** `RequestAuthentication/namespace/name`. */
  readonly policy: string;
  readonly index: number;
  readonly spec: JwtRuleSpec;
  /** In the form of `Token.location`; one entry for each place. */
  readonly locations: readonly TokenLocation[];
  /** Those of them at which a token can be accepted. */
  readonly accepting: readonly TokenLocation[];
  /** Content id of the key set: equal keys are one, wherever they are written. */
  readonly keys: string;
  /** False: istiod cannot fetch the keys, so nothing verifies (A5.10). */
  readonly fetchable: boolean;
  readonly issuer: string | undefined;
  /** Top-level claims that are split on spaces where they are texts (A3.31, A5.14). */
  readonly spaceDelimited: ReadonlySet<string>;
}

export type TokenLocation =
  | { readonly in: 'header'; readonly name: string; readonly prefix: string }
  | { readonly in: 'parameter'; readonly name: string }
  | { readonly in: 'cookie'; readonly name: string };

/** `authorization:Bearer `, `header:x-token:Tok `, `parameter:access_token`, `cookie:session`. */
export function locationText(location: TokenLocation): string {
  if (location.in !== 'header') return `${location.in}:${location.name}`;
  return location.name === 'authorization' ? `authorization:${location.prefix}` : `header:${location.name}:${location.prefix}`;
}

/** A5.7: giving any place replaces the two default ones. */
function locationsOf(rule: JwtRuleSpec): readonly TokenLocation[] {
  const given: TokenLocation[] = [
    ...rule.fromHeaders.map((header) => ({ in: 'header' as const, name: header.name.toLowerCase(), prefix: header.prefix })),
    ...rule.fromParams.map((name) => ({ in: 'parameter' as const, name })),
    ...rule.fromCookies.map((name) => ({ in: 'cookie' as const, name })),
  ];
  if (given.length > 0) return given;
  return [
    { in: 'header', name: 'authorization', prefix: 'Bearer ' },
    { in: 'parameter', name: 'access_token' },
  ];
}

/** An earlier place of the same rule reads the same header, with more than the token: what a rule finds first is what it looks at (A5.7, recorded). */
function readBefore(location: TokenLocation, earlier: readonly TokenLocation[]): boolean {
  if (location.in !== 'header') return false;
  return earlier.some((other) => {
    if (other.in !== 'header' || other.name !== location.name) return false;
    const at = location.prefix.indexOf(other.prefix);
    return at >= 0 && location.prefix.slice(at + other.prefix.length) !== '';
  });
}

/** A5.3: all attached policies' rules together, by issuer. */
export function tokenRules(policies: readonly Resource<'RequestAuthentication'>[], config: MeshConfig): readonly TokenRule[] {
  const rules = policies.flatMap((policy) => policy.spec.jwtRules.map((spec, index) => tokenRule(resourceId(policy), index, spec, config)));
  return rules.sort(
    compareBy(
      (rule) => rule.spec.issuer,
      (rule) => rule.policy,
      (rule) => rule.index,
    ),
  );
}

function tokenRule(policy: string, index: number, spec: JwtRuleSpec, config: MeshConfig): TokenRule {
  const locations = locationsOf(spec);
  return {
    policy,
    index,
    spec,
    locations,
    accepting: locations.filter((location, index) => !readBefore(location, locations.slice(0, index))),
    keys: keySetId(spec),
    fetchable: keysFetchable(spec),
    issuer: spec.issuer === '' ? undefined : spec.issuer,
    spaceDelimited: new Set(['scope', 'permission', ...(atLeast(config.istioVersion, '1.28') ? spec.spaceDelimitedClaims : [])]),
  };
}

/** Inline keys by content; an address otherwise (A5.9). */
function keySetId(spec: JwtRuleSpec): string {
  if (spec.jwks !== '') return `jwks:${shortHash(normalJson(spec.jwks))}`;
  return spec.jwksUri !== '' ? spec.jwksUri : `${spec.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

function normalJson(text: string): string {
  try {
    return canonical(JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}

/** istiod fetches the keys: an address on its own loopback or link-local interface leads nowhere (A5.9, A5.10). */
function keysFetchable(spec: JwtRuleSpec): boolean {
  if (spec.jwks !== '') return true;
  const address = spec.jwksUri !== '' ? spec.jwksUri : spec.issuer;
  const host = /^https?:\/\/(\[[^\]]*\]|[^/:?#]*)/i.exec(address)?.[1]?.toLowerCase();
  if (host === undefined) return spec.jwksUri === '' ? /^https?:\/\//.test(spec.issuer) : true;
  return !(host === 'localhost' || /^127\./.test(host) || /^169\.254\./.test(host) || host === '[::1]' || host === '0.0.0.0');
}

/** Tokens that this side accepts, but for their audience: a token of a wrong audience is refused before any policy asks. */
export function readable(rules: readonly TokenRule[]): readonly ReadableToken[] {
  return rules.filter((rule) => rule.fetchable).map((rule) => ({ locations: rule.accepting.map(locationText), keys: rule.keys, issuer: rule.issuer }));
}

/** A5.11: compared without scheme and without a trailing slash. */
export function audienceText(audience: string): string {
  return audience.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

function audienceMatchers(audiences: readonly string[]): readonly Matcher[] {
  const forms = audiences.flatMap((audience) => {
    const plain = audienceText(audience);
    return ['', 'http://', 'https://'].flatMap((scheme) => [`${scheme}${plain}`, `${scheme}${plain}/`]);
  });
  return [...new Set(forms)].map((text) => ({ type: 'element', pattern: { type: 'exact', text } }));
}

/** More alternatives than this are not written out: the caller reports the token check as opaque. */
const maxAudienceAlternatives = 64;

/**
 * A5.4, A5.5, A5.11: the tokens that the check refuses, as cubes without a domain: sent where some rule reads, and no rule accepts it.
 * Each rule fails by the token itself or by its audience, hence the alternatives. `undefined`: too many of them.
 */
export function refusedTokens(rules: readonly TokenRule[]): readonly Cube[] | undefined {
  if (rules.length === 0) return [];
  const origins = [...new Set(rules.map((rule) => rule.policy))].sort().map((policy) => ({ policy }));
  const somewhere: Matcher = { type: 'token', locations: distinct(rules.flatMap((rule) => rule.locations.map(locationText))), reading: 'anything' };
  const accepting = rules.filter((rule) => rule.fetchable);
  const plain = accepting.filter((rule) => rule.spec.audiences.length === 0);
  const checked = accepting.filter((rule) => rule.spec.audiences.length > 0);
  if (2 ** checked.length > maxAudienceAlternatives) return undefined;
  let alternatives: readonly { readonly refused: readonly TokenRule[]; readonly audiences: readonly Predicate[] }[] = [{ refused: plain, audiences: [] }];
  for (const rule of checked) {
    const wrongAudience: Predicate = { dimension: 'claim:aud', any: [], none: audienceMatchers(rule.spec.audiences) };
    alternatives = alternatives.flatMap((alternative) => [
      { ...alternative, refused: [...alternative.refused, rule] },
      { ...alternative, audiences: [...alternative.audiences, wrongAudience] },
    ]);
  }
  return alternatives.map(({ refused, audiences }) => ({
    predicates: [{ dimension: 'token', any: [somewhere], none: readableTokens(readable(refused)) }, ...audiences],
    origins,
  }));
}

/** Headers that the token check writes or removes (A5.12), and what the sidecar itself writes (A3.J). */
export function rewrittenHeaders(rules: readonly TokenRule[]): ReadonlyMap<string, Rewriting> {
  const found = new Map<string, Rewriting>([clientCertificateHeader]);
  // Only rules that touch a header decide what is in it: one more issuer beside them changes nothing.
  const howOf = (name: string): string =>
    canonical(rules.filter((rule) => outputsOf(rule).includes(name) || rule.locations.some((location) => touchedAt(location) === name)).map((rule) => [rule.locations, rule.keys, rule.issuer, rule.spec.audiences, rule.spec.outputClaimToHeaders, rule.spec.outputPayloadToHeader, rule.spec.forwardOriginalToken]));
  const note = (name: string, rewriting: Rewriting): void => {
    const known = found.get(name);
    if (known === undefined) found.set(name, rewriting);
    else if (known.by === 'taken' && rewriting.by === 'taken') found.set(name, { ...known, tokens: distinctTokens([...known.tokens, ...rewriting.tokens]) });
    else if (known.by === 'claims' && rewriting.by === 'claims') found.set(name, { ...known, writers: [...known.writers, ...rewriting.writers] });
    else found.set(name, { by: 'several', how: howOf(name) });
  };
  for (const rule of rules) {
    for (const name of new Set(outputsOf(rule))) note(name, { by: 'claims', how: howOf(name), writers: writersOf(rule, name, rules) });
    for (const location of rule.locations) {
      const name = touchedAt(location);
      if (name === undefined || rule.spec.forwardOriginalToken) continue;
      const tokens = readable([rule]).map((token) => ({ ...token, locations: [locationText(location)] }));
      if (tokens.length > 0) note(name, { by: 'taken', how: howOf(name), tokens });
    }
  }
  return found;
}

/** The header from which an accepted token is taken; a cookie stays where it is (A5.12). */
function touchedAt(location: TokenLocation): string | undefined {
  return location.in === 'header' ? location.name : location.in === 'parameter' ? ':path' : undefined;
}

/** Headers that a rule writes, in lower case. */
export function outputsOf({ spec }: TokenRule): readonly string[] {
  const names = spec.outputClaimToHeaders.map(({ header }) => header.toLowerCase());
  return spec.outputPayloadToHeader === '' ? names : [...names, spec.outputPayloadToHeader.toLowerCase()];
}

/** One entry for each thing that a rule writes into the header. */
function writersOf(rule: TokenRule, name: string, rules: readonly TokenRule[]): readonly Writer[] {
  const tokens = readable([rule]);
  // A5.4: of a wrong audience here, a token may pass by another rule, and this one then writes nothing.
  const certain = rule.spec.audiences.length === 0 || rules.every((other) => other === rule || (other.issuer !== undefined && rule.issuer !== undefined && other.issuer !== rule.issuer));
  const paths = rule.spec.outputClaimToHeaders.flatMap(({ header, claim }) => (header.toLowerCase() === name ? [claim.split('.')] : []));
  return [...paths, ...(rule.spec.outputPayloadToHeader.toLowerCase() === name ? [undefined] : [])].map((path) => ({ tokens, path, certain }));
}

const clientCertificateHeader: readonly [string, Rewriting] = ['x-forwarded-client-cert', { by: 'certificate', how: 'sidecar' }];

/** Before the token check nothing has been rewritten but by the sidecar itself: what CUSTOM sees (A1.2). */
export const rewrittenBeforeTokens: ReadonlyMap<string, Rewriting> = new Map([clientCertificateHeader]);

function distinctTokens(tokens: readonly ReadableToken[]): readonly ReadableToken[] {
  return [...new Map(tokens.map((token) => [canonical(token), token])).values()];
}
