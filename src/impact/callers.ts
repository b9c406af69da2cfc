/** Who may send the requests of a region: workloads of the repository by name, everybody else in words (`docs/engine.md`). */
import { canonical } from '#lib/canonical.ts';
import { compareText, distinct } from '#lib/order.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import { holds } from '#sets/matches.ts';
import type { Matcher } from '#sets/matcher.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Callers } from './change.ts';
import { looksAtPods, podCallers } from './pod-callers.ts';
import { matcherWord, textWord } from './region.ts';

/** Identity that a workload of this mesh presents: `td/ns/x/sa/y`. */
export function principalOf(mesh: Mesh, workload: Workload): string {
  return `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`;
}

/** Declared workloads by the identity they present, and those identities by namespace; ids in order. */
export interface KnownIdentities {
  readonly byPrincipal: ReadonlyMap<string, readonly string[]>;
  readonly byNamespace: ReadonlyMap<string, readonly string[]>;
}

/** Workloads outside the mesh present no identity. */
export function knownIdentities(mesh: Mesh): KnownIdentities {
  const byPrincipal = new Map<string, string[]>();
  const byNamespace = new Map<string, string[]>();
  for (const workload of mesh.workloads.values()) {
    if (workload.enrolment.mode === 'none') continue;
    const principal = principalOf(mesh, workload);
    const id = `${workload.namespace}/${workload.name}[${workload.kind}]`;
    const ids = byPrincipal.get(principal);
    if (ids !== undefined) {
      ids.push(id);
      continue;
    }
    byPrincipal.set(principal, [id]);
    const principals = byNamespace.get(workload.namespace);
    if (principals === undefined) byNamespace.set(workload.namespace, [principal]);
    else principals.push(principal);
  }
  for (const ids of byPrincipal.values()) ids.sort(compareText);
  return { byPrincipal, byNamespace };
}

/** Known principals that positive matchers can name at all: a few where all of them are exact, else every one. */
function* candidates(predicates: readonly Predicate[], known: KnownIdentities): Generator<string> {
  const positive = predicates.find((predicate) => predicate.any.length > 0 && predicate.any.every((matcher) => narrowed(matcher) !== undefined))?.any;
  if (positive !== undefined) {
    for (const matcher of positive) {
      const place = narrowed(matcher);
      if (place?.principal !== undefined) yield place.principal;
      if (place?.namespace !== undefined) yield* known.byNamespace.get(place.namespace) ?? [];
    }
  } else yield* known.byPrincipal.keys();
}

function narrowed(matcher: Matcher): { readonly principal?: string; readonly namespace?: string } | undefined {
  if (matcher.type === 'principal' && matcher.pattern.type === 'exact') return { principal: matcher.pattern.text };
  // `sa` matches identities of a namespace `ns` as well: the text `/ns/sa/` stands in both (A3.15).
  if (matcher.type === 'namespace-glob' && !matcher.glob.includes('*') && matcher.glob !== 'sa') return { namespace: matcher.glob };
  if (matcher.type === 'namespace' && matcher.pattern.type === 'exact') return { namespace: matcher.pattern.text };
  if (matcher.type === 'service-account') return { namespace: matcher.namespace };
  return matcher.type === 'absent' ? {} : undefined;
}

const peerPredicates = (cube: Cube): Predicate[] => cube.predicates.filter((predicate) => predicate.dimension === 'peer');

/** A client's own TLS carries no mesh identity: a cube of such connections alone is about callers without one. */
function carriesIdentity(cube: Cube): boolean {
  const protocols = cube.predicates.filter((predicate) => predicate.dimension === 'protocol');
  return ['http', 'tcp'].some((protocol) => protocols.every((predicate) => holds(predicate, protocol)));
}

/** Without TLS there is no server name: who presents no identity and asks for one by name speaks TLS of its own. */
function carriesNone(cube: Cube): boolean {
  const asked = (dimension: 'protocol' | 'sni', value: string | null): boolean => cube.predicates.every((predicate) => predicate.dimension !== dimension || holds(predicate, value));
  return asked('sni', null) || asked('protocol', 'https') || asked('protocol', 'tls');
}

function admits(predicates: readonly Predicate[], peer: string | null): boolean {
  return predicates.every((predicate) => holds(predicate, peer));
}

/** An identity that no manifest and no policy names: what holds for it holds for whoever comes. */
function nobody(trustDomain: string): string {
  return `${trustDomain}/ns/\u0001/sa/\u0001`;
}

/** Every identity of the mesh, whoever it is. */
export const ANY_IDENTITY = 'any other mesh identity';

/** Of no trust domain that the mesh takes. */
export const FOREIGN_IDENTITY = 'any identity of another trust domain';

/** Every identity of one trust domain, by its name. */
export const OF_DOMAIN = 'any other identity of trust domain ';

/** A positive matcher that stands for identities which no manifest need create, in words. */
function openWord(matcher: Matcher, known: KnownIdentities, mesh: Mesh): string | undefined {
  if (matcher.type === 'absent') return undefined;
  if (matcher.type === 'trust-domain') return isOwn(matcher, mesh) ? ANY_IDENTITY : `${OF_DOMAIN}${textWord(matcher.pattern)}`;
  if (matcher.type === 'identified' || (matcher.type === 'principal' && (matcher.pattern.type === 'non-empty' || matcher.pattern.type === 'present'))) return ANY_IDENTITY;
  if (matcher.type === 'principal' && matcher.pattern.type === 'exact') {
    return known.byPrincipal.has(matcher.pattern.text) ? undefined : `${matcher.pattern.text} (no workload here uses it)`;
  }
  if (matcher.type === 'service-account') {
    const own = `${mesh.config.trustDomain}/ns/${matcher.namespace}/sa/${matcher.account}`;
    // An alias of the trust domain may hold the same account for somebody else.
    if (known.byPrincipal.has(own)) return mesh.config.trustDomainAliases.length === 0 ? undefined : `any other identity that ${matcherWord(matcher)} matches`;
    return `${matcherWord(matcher)} (no workload here uses it)`;
  }
  if (matcher.type === 'namespace-glob' || matcher.type === 'namespace') {
    const name = matcher.type === 'namespace' ? matcherWord(matcher) : `namespace ${matcher.glob}`;
    return `any other identity in ${name}`;
  }
  return `any other identity that ${matcherWord(matcher)} matches`;
}

/** The transport layer admits the mesh's own trust domain and its aliases: naming one says "whoever has an identity here". */
function isOwn(matcher: Extract<Matcher, { type: 'trust-domain' }>, mesh: Mesh): boolean {
  return matcher.pattern.type === 'exact' && [mesh.config.trustDomain, ...mesh.config.trustDomainAliases].includes(matcher.pattern.text);
}

/**
 * Who else the predicates admit, in words. All of them hold at once, so that the narrowest positive one says it: an account of a
 * namespace is not any identity of the trust domain that the transport asks for.
 */
function openWords(predicates: readonly Predicate[], known: KnownIdentities, mesh: Mesh): readonly string[] {
  const [narrowest] = predicates
    .filter((predicate) => predicate.any.length > 0)
    .map((predicate) => ({ any: predicate.any, width: Math.max(...predicate.any.map((matcher) => widthOf(matcher, mesh))) }))
    .sort((left, right) => left.width - right.width);
  const anybody = admits(predicates, nobody(mesh.config.trustDomain));
  if (narrowest === undefined) return anybody ? [ANY_IDENTITY] : [];
  if (narrowest.width === 5 && !anybody) {
    const aliases = mesh.config.trustDomainAliases.filter((alias) => admits(predicates, nobody(alias)));
    if (aliases.length > 0) return aliases.map((alias) => `${OF_DOMAIN}${alias}`);
    // What is left of the mesh's own where its namespaces are taken out: a certificate that Istio itself does not issue.
    const bare = [mesh.config.trustDomain, ...mesh.config.trustDomainAliases].filter((domain) => admits(predicates, `${domain}/\u0001`));
    // Everybody but the mesh's own: certificates of another authority.
    return [...(bare.length === 0 || admits(predicates, nobody('\u0001')) ? [FOREIGN_IDENTITY] : []), ...bare.map((domain) => `any identity of trust domain ${domain} without a namespace`)];
  }
  const excluded = new Set(predicates.flatMap((predicate) => predicate.none.map((matcher) => canonical(matcher))));
  return narrowest.any.flatMap((matcher) => {
    if (excluded.has(canonical(matcher))) return [];
    if (matcher.type === 'principal' && matcher.pattern.type === 'exact' && !admits(predicates, matcher.pattern.text)) return [];
    return openWord(matcher, known, mesh) ?? [];
  });
}

/** 0 one identity, 1 one account, 2 one namespace, 3 a pattern, 4 a foreign trust domain, 5 anybody with an identity. */
function widthOf(matcher: Matcher, mesh: Mesh): number {
  if (matcher.type === 'absent') return 0;
  if (matcher.type === 'principal' && matcher.pattern.type === 'exact') return 0;
  if (matcher.type === 'service-account') return 1;
  const place = narrowed(matcher);
  if (place?.namespace !== undefined) return 2;
  if (matcher.type === 'trust-domain') return isOwn(matcher, mesh) ? 5 : 4;
  if (matcher.type === 'identified' || (matcher.type === 'principal' && (matcher.pattern.type === 'non-empty' || matcher.pattern.type === 'present'))) return 5;
  return 3;
}

/** Where anybody may come, the open word says so; a few names beside it are enough. */
const SHOWN_BESIDE_ANY = 20;

export function callersOf(cubes: readonly Cube[], known: KnownIdentities, mesh: Mesh): Callers {
  const names = new Set<string>();
  const open = new Set<string>();
  let plaintext = false;
  for (const cube of cubes) {
    if (looksAtPods(cube)) {
      const pods = podCallers(cube, mesh, { identified: carriesIdentity(cube), unidentified: carriesNone(cube) });
      if (pods.outside) plaintext = true;
      pods.known.forEach((id) => names.add(id));
      pods.open.forEach((word) => open.add(word));
      continue;
    }
    const predicates = peerPredicates(cube);
    if (admits(predicates, null) && carriesNone(cube)) plaintext = true;
    if (!carriesIdentity(cube)) continue;
    for (const word of openWords(predicates, known, mesh)) open.add(word);
    for (const principal of candidates(predicates, known)) {
      if (open.has(ANY_IDENTITY) && names.size >= SHOWN_BESIDE_ANY) break;
      if (admits(predicates, principal)) known.byPrincipal.get(principal)?.forEach((id) => names.add(id));
    }
  }
  return { known: distinct(names), open: distinct(open), plaintext, internet: false };
}
