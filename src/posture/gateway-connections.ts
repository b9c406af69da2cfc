/**
 * Which connections take a filter chain of a gateway's port, as cubes over protocol, server name and identity, and as whom the chain's policies
 * see the client (M112, M114, M115). The same decisions one by one: `selectChain` and `acceptClient`.
 */
import type { FilterChain } from '#semantics/gateways/filter-chains.ts';
import type { ServedTls } from '#semantics/gateways/types.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { protocolPredicate } from './connection-domains.ts';

type Conjunction = readonly Predicate[];

/** Connections that a chain takes from one kind of client. */
export interface ClientKind {
  readonly connections: readonly Conjunction[];
  /** Whom the policies see; `undefined`: the identity of the client's own certificate. */
  readonly peer: string | null | undefined;
  /** A certificate of another authority than the mesh's, that the client must show. */
  readonly certificate: Certificate | undefined;
}

/** By whom it must be signed (one of these), and which of these names it must have; `any`: nobody looks. */
export interface Certificate {
  readonly dimension: `opaque:${string}`;
  readonly by: readonly string[];
  readonly names: readonly string[];
}

const identified: Predicate = { dimension: 'peer', any: [{ type: 'identified' }], none: [] };
const unidentified: Predicate = { dimension: 'peer', any: [], none: [{ type: 'identified' }] };

/** A3.9: nobody's name begins so. @see acceptClient */
export const foreignPeer = '\u0000subject';

/**
 * @param byName say by which server names; else only that there is one: a client asks for whichever it likes (M119). Bytes that are passed on
 * are told apart by nothing else, so there they are always said.
 */
export function clientKinds(chain: FilterChain, chains: readonly FilterChain[], byName: boolean): readonly ClientKind[] {
  return chain.http === undefined ? streamClients(chain, chains) : httpClients(chain, byName ? named(chain, chains) : isNamed(chain) ? [[]] : []);
}

function httpClients(chain: FilterChain, names: readonly Conjunction[]): readonly ClientKind[] {
  if (chain.tls === undefined) {
    // Without TLS there is no name to choose by: a chain without names takes it.
    return chain.names.length > 0 ? [] : [{ connections: [[protocolPredicate(['http']), unidentified]], peer: null, certificate: undefined }];
  }
  return throughTls(chain.tls, names, { own: protocolPredicate(['https']), mesh: protocolPredicate(['http']) });
}

function streamClients(chain: FilterChain, chains: readonly FilterChain[]): readonly ClientKind[] {
  const names = named(chain, chains);
  if (chain.tls !== undefined) return throughTls(chain.tls, names, { own: protocolPredicate(['https', 'tls']), mesh: protocolPredicate(['http', 'tcp']) });
  const plain: readonly Conjunction[] = chain.names.length > 0 ? [] : [[protocolPredicate(['http', 'tcp']), unidentified]];
  const tls = names.flatMap((name): Conjunction[] => [[protocolPredicate(['https', 'tls']), ...name], [identified, ...name]]);
  return [{ connections: [...plain, ...tls], peer: null, certificate: undefined }];
}

/** @param speaks what clients speak inside TLS of their own, and inside that of the mesh */
function throughTls(tls: ServedTls, names: readonly Conjunction[], speaks: { readonly own: Predicate; readonly mesh: Predicate }): readonly ClientKind[] {
  // M114: without a certificate nobody is let in.
  if (!tls.usable) return [];
  const own = names.map((name) => [speaks.own, ...name]);
  const mesh = (...more: readonly Predicate[]): readonly Conjunction[] => names.map((name) => [speaks.mesh, identified, ...more, ...name]);
  const anonymous: ClientKind = { connections: own, peer: null, certificate: undefined };
  switch (tls.mode) {
    case 'SIMPLE':
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      return [{ ...anonymous, connections: [...own, ...mesh()] }];
    case 'ISTIO_MUTUAL':
      return [{ connections: mesh(...namedIdentities(tls)), peer: undefined, certificate: undefined }];
    case 'MUTUAL':
    case 'OPTIONAL_MUTUAL': {
      const certificate = certificateOf(tls);
      const shown: Predicate = { dimension: certificate.dimension, any: [{ type: 'holds' }], none: [] };
      const foreign: ClientKind = { connections: own.map((each) => [...each, shown]), peer: foreignPeer, certificate };
      const anyIdentity: readonly ClientKind[] = tls.insecureSkipVerify ? [{ connections: mesh(), peer: undefined, certificate: undefined }] : [];
      // Who shows a certificate that is not taken is refused, and may as well show none.
      return [foreign, ...anyIdentity, ...(tls.mode === 'OPTIONAL_MUTUAL' ? [anonymous] : [])];
    }
  }
}

/** `subjectAltNames` of ISTIO_MUTUAL are identities with their scheme. */
function namedIdentities({ subjectAltNames }: ServedTls): readonly Predicate[] {
  if (subjectAltNames.length === 0) return [];
  const scheme = 'spiffe://';
  return [{ dimension: 'peer', any: subjectAltNames.map((name): Matcher => ({ type: 'principal', pattern: { type: 'exact', text: name.startsWith(scheme) ? name.slice(scheme.length) : `\u0000${name}` } })), none: [] }];
}

/** Who signed it, of whom nobody asks. */
export const anybody = 'anybody';

/**
 * A certificate that one server takes is one that another does, where that one asks for no more, and who shows his own of the mesh shows no other: requests that
 * say otherwise cannot exist.
 */
export function certificateTies(certificates: readonly Certificate[]): readonly Cube[] {
  const includes = (narrow: Certificate, wide: Certificate): boolean => {
    const signed = wide.by.includes(anybody) || narrow.by.every((one) => wide.by.includes(one));
    return signed && (wide.names.length === 0 || (narrow.names.length > 0 && narrow.names.every((name) => wide.names.includes(name))));
  };
  const shown = (dimension: Certificate['dimension']): Predicate => ({ dimension, any: [{ type: 'holds' }], none: [] });
  const other = certificates.map(({ dimension }): Cube => ({ predicates: [identified, shown(dimension)], origins: [] }));
  const wider = certificates.flatMap((narrow) =>
    certificates.filter((wide) => wide.dimension !== narrow.dimension && includes(narrow, wide)).map((wide): Cube => ({ predicates: [shown(narrow.dimension), { dimension: wide.dimension, any: [], none: [{ type: 'holds' }] }], origins: [] })),
  );
  return [...other, ...wider];
}

/** A certificate that exactly those take which hold at the point; `undefined`: none is shown, or there is no such one. */
export function certificateFor(certificates: readonly Certificate[], holds: (dimension: Certificate['dimension']) => boolean): { readonly by: string; readonly sans?: readonly string[] } | undefined {
  const taking = certificates.filter(({ dimension }) => holds(dimension));
  const refusing = certificates.filter(({ dimension }) => !holds(dimension));
  if (taking.length === 0) return undefined;
  const signed = [...new Set(taking.flatMap(({ by }) => by))].filter((one) => taking.every(({ by }) => by.includes(one) || by.includes(anybody)) && !refusing.some(({ by, names }) => names.length === 0 && by.includes(one)));
  for (const by of signed) {
    const against = new Set(refusing.filter((other) => other.by.includes(by)).flatMap(({ names }) => names));
    const named = taking.filter(({ names }) => names.length > 0).map(({ names }) => names.find((name) => !against.has(name)));
    const sans = named.filter((name) => name !== undefined);
    if (sans.length === named.length) return { by, ...(sans.length === 0 ? {} : { sans: [...new Set(sans)] }) };
  }
  return undefined;
}

function certificateOf({ trusts, subjectAltNames, insecureSkipVerify }: ServedTls): Certificate {
  if (insecureSkipVerify) return { dimension: `opaque:client certificate of ${anybody}`, by: [anybody], names: [] };
  const names = subjectAltNames.length === 0 ? '' : ` with name ${[...subjectAltNames].sort().join(' or ')}`;
  return { dimension: `opaque:client certificate of ${[...trusts].sort().join(' or ')}${names}`, by: trusts, names: subjectAltNames };
}

/** The names that lead to the chain, and to none that is more specific. Names are compared in lower case, so that others lead nowhere. */
function named(chain: FilterChain, chains: readonly FilterChain[]): readonly Conjunction[] {
  const known = [...new Set(chains.flatMap(({ names }) => names))].filter((name) => name === name.toLowerCase());
  if (chain.names.length === 0) return known.length === 0 ? [[]] : [[{ dimension: 'sni', any: [], none: known.map(patternOf) }]];
  const own = chain.names.filter((name) => name === name.toLowerCase());
  return own.map((name) => [{ dimension: 'sni', any: [patternOf(name)], none: name.startsWith('*.') ? known.filter((other) => other !== name && isWithin(other, name)).map(patternOf) : [] }]);
}

/** Some server name leads to it. */
function isNamed({ names }: FilterChain): boolean {
  return names.length === 0 || names.some(mayLead);
}

function mayLead(name: string): boolean {
  return name === name.toLowerCase() && (!name.startsWith('*') || name.startsWith('*.'));
}

/** Server names that lead to the chains, one of each. */
export function serverNames(chains: readonly FilterChain[]): readonly string[] {
  const known = new Set(chains.flatMap(({ names }) => names));
  const one = (name: string): string => (name.startsWith('*.') ? (['www', 'app', 'x'].map((label) => `${label}${name.slice(1)}`).find((each) => !known.has(each)) ?? `xyzzy${name.slice(1)}`) : name);
  return [...new Set([...known].filter(mayLead).map(one))].sort();
}

function patternOf(name: string): TextMatcher {
  return name.startsWith('*.') ? { type: 'suffix', text: name.slice(1) } : { type: 'exact', text: name };
}

function isWithin(inner: string, outer: string): boolean {
  return inner.endsWith(outer.slice(1));
}
