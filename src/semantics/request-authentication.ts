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
import type { ReadableToken, Rewriting } from './rewritten-headers.ts';

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
  const how = canonical(rules.map((rule) => [rule.locations, rule.keys, rule.issuer, rule.spec.audiences, rule.spec.outputClaimToHeaders, rule.spec.outputPayloadToHeader, rule.spec.forwardOriginalToken]));
  const note = (name: string, rewriting: Rewriting): void => {
    const known = found.get(name);
    if (known === undefined) found.set(name, rewriting);
    else if (known.by === 'taken' && rewriting.by === 'taken') found.set(name, { ...known, tokens: distinctTokens([...known.tokens, ...rewriting.tokens]) });
    else if (known.by === 'claims' && rewriting.by === 'claims') found.set(name, { ...known, tokens: distinctTokens([...known.tokens, ...rewriting.tokens]), from: [...known.from, ...rewriting.from] });
    else found.set(name, { by: 'several', how });
  };
  for (const rule of rules) {
    const outputs = rule.spec.outputClaimToHeaders.map((output) => output.header);
    if (rule.spec.outputPayloadToHeader !== '') outputs.push(rule.spec.outputPayloadToHeader);
    for (const name of new Set(outputs.map((output) => output.toLowerCase()))) note(name, { by: 'claims', how, tokens: readable([rule]), from: claimsIn(rule, name) });
    for (const location of rule.locations) {
      // A cookie stays where it is (A5.12).
      if (location.in === 'cookie' || rule.spec.forwardOriginalToken) continue;
      const tokens = readable([rule]).map((token) => ({ ...token, locations: [locationText(location)] }));
      if (tokens.length > 0) note(location.in === 'header' ? location.name : ':path', { by: 'taken', how, tokens });
    }
  }
  return found;
}

/** Paths of the claims that a rule writes into a header. */
function claimsIn({ spec }: TokenRule, name: string): readonly (readonly string[])[] {
  return spec.outputClaimToHeaders.flatMap(({ header, claim }) => (header.toLowerCase() === name ? [claim.split('.')] : []));
}

const clientCertificateHeader: readonly [string, Rewriting] = ['x-forwarded-client-cert', { by: 'certificate', how: 'sidecar' }];

/** Before the token check nothing has been rewritten but by the sidecar itself: what CUSTOM sees (A1.2). */
export const rewrittenBeforeTokens: ReadonlyMap<string, Rewriting> = new Map([clientCertificateHeader]);

function distinctTokens(tokens: readonly ReadableToken[]): readonly ReadableToken[] {
  return [...new Map(tokens.map((token) => [canonical(token), token])).values()];
}
