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

function admits(predicates: readonly Predicate[], peer: string | null): boolean {
  return predicates.every((predicate) => holds(predicate, peer));
}

/** A positive matcher that stands for identities which no manifest need create, in words. */
function openWord(matcher: Matcher, known: ReadonlyMap<string, readonly string[]>): string | undefined {
  if (matcher.type === 'absent') return undefined;
  if (matcher.type === 'identified' || (matcher.type === 'principal' && (matcher.pattern.type === 'non-empty' || matcher.pattern.type === 'present'))) return 'any other mesh identity';
  if (matcher.type === 'principal' && matcher.pattern.type === 'exact') {
    return known.has(matcher.pattern.text) ? undefined : `${matcher.pattern.text} (no workload here uses it)`;
  }
  if (matcher.type === 'namespace-glob' || matcher.type === 'namespace') {
    const name = matcher.type === 'namespace' ? matcherWord(matcher) : `namespace ${matcher.glob}`;
    return `any other identity in ${name}`;
  }
  return `any other identity that ${matcherWord(matcher)} matches`;
}

export function callersOf(cubes: readonly Cube[], known: ReadonlyMap<string, readonly string[]>): Callers {
  const names = new Set<string>();
  const open = new Set<string>();
  let plaintext = false;
  for (const cube of cubes) {
    const predicates = peerPredicates(cube);
    if (admits(predicates, null)) plaintext = true;
    for (const [principal, ids] of known) {
      if (admits(predicates, principal)) ids.forEach((id) => names.add(id));
    }
    const positive = predicates.flatMap((predicate) => predicate.any);
    if (positive.length === 0) open.add('any other mesh identity');
    for (const matcher of positive) {
      const word = openWord(matcher, known);
      if (word !== undefined) open.add(word);
    }
  }
  return { known: distinct(names), open: distinct(open), plaintext, internet: false };
}
