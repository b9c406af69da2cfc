/** Who may send the requests of a region: workloads of the repository by name, everybody else in words (engine section 3.10). */
import { compareText, distinct } from '#lib/order.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import { holds } from '#sets/matches.ts';
import type { Matcher } from '#sets/matcher.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Callers } from './change.ts';
import { matcherWord } from './region.ts';

/** Identity that a workload of this mesh presents: `td/ns/x/sa/y`. */
export function principalOf(mesh: Mesh, workload: Workload): string {
  return `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`;
}

/** Declared workloads by the identity they present, ids in order; those outside the mesh present none. */
export function knownIdentities(mesh: Mesh): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const workload of mesh.workloads.values()) {
    if (workload.enrolment.mode === 'none') continue;
    const principal = principalOf(mesh, workload);
    const ids = found.get(principal);
    const id = `${workload.namespace}/${workload.name}[${workload.kind}]`;
    if (ids === undefined) found.set(principal, [id]);
    else ids.push(id);
  }
  for (const ids of found.values()) ids.sort(compareText);
  return found;
}

const peerPredicates = (cube: Cube): Predicate[] => cube.predicates.filter((predicate) => predicate.dimension === 'peer');

/** A client's own TLS carries no mesh identity: a cube of such connections alone is about callers without one. */
function carriesIdentity(cube: Cube): boolean {
  const protocols = cube.predicates.filter((predicate) => predicate.dimension === 'protocol');
  return ['http', 'tcp'].some((protocol) => protocols.every((predicate) => holds(predicate, protocol)));
}

function admits(predicates: readonly Predicate[], peer: string | null): boolean {
  return predicates.every((predicate) => holds(predicate, peer));
}

/** An identity that no manifest and no policy names: what holds for it holds for whoever comes. */
function nobody(mesh: Mesh): string {
  return `${mesh.config.trustDomain}/ns/\u0001/sa/\u0001`;
}

/** Every identity of the mesh, whoever it is. */
export const ANY_IDENTITY = 'any other mesh identity';

/** A positive matcher that stands for identities which no manifest need create, in words. */
function openWord(matcher: Matcher, known: ReadonlyMap<string, readonly string[]>, mesh: Mesh): string | undefined {
  if (matcher.type === 'absent') return undefined;
  if (matcher.type === 'trust-domain') return isOwn(matcher, mesh) ? ANY_IDENTITY : `any other identity of ${matcherWord(matcher)}`;
  if (matcher.type === 'identified' || (matcher.type === 'principal' && (matcher.pattern.type === 'non-empty' || matcher.pattern.type === 'present'))) return ANY_IDENTITY;
  if (matcher.type === 'principal' && matcher.pattern.type === 'exact') {
    return known.has(matcher.pattern.text) ? undefined : `${matcher.pattern.text} (no workload here uses it)`;
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

export function callersOf(cubes: readonly Cube[], known: ReadonlyMap<string, readonly string[]>, mesh: Mesh): Callers {
  const names = new Set<string>();
  const open = new Set<string>();
  let plaintext = false;
  for (const cube of cubes) {
    const predicates = peerPredicates(cube);
    if (admits(predicates, null)) plaintext = true;
    if (!carriesIdentity(cube)) continue;
    for (const [principal, ids] of known) {
      if (admits(predicates, principal)) ids.forEach((id) => names.add(id));
    }
    const positive = predicates.flatMap((predicate) => predicate.any);
    if (positive.length === 0 && admits(predicates, nobody(mesh))) open.add(ANY_IDENTITY);
    for (const matcher of positive) {
      const word = openWord(matcher, known, mesh);
      if (word !== undefined) open.add(word);
    }
  }
  return { known: distinct(names), open: distinct(open), plaintext, internet: false };
}
