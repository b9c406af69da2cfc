/** Who the callers of a region are where NetworkPolicies look at the calling pod: workloads by name, other pods in words. */
import { distinct } from '#lib/order.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Cube, Dimension, Point, Predicate } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Caller, Matcher, Value } from '#sets/matcher.ts';
import { holds } from '#sets/matches.ts';
import { matcherWord } from './region.ts';

/** Some predicate is about the pod, not only about its identity. */
export function looksAtPods(cube: Cube): boolean {
  return cube.predicates.some((predicate) => predicate.dimension.startsWith('pod-label:') || (predicate.dimension === 'peer' && [...predicate.any, ...predicate.none].some((matcher) => matcher.type === 'source-namespace')));
}

export interface PodCallers {
  /** `ns/name[Kind]`, in order. */
  readonly known: readonly string[];
  readonly open: readonly string[];
  /** Callers that are no pods: addresses outside the cluster, and pods nobody can place. */
  readonly outside: boolean;
}

/** @param carried whether such connections can carry a mesh identity at all, and whether they can do without */
export function podCallers(cube: Cube, mesh: Mesh, carried: { readonly identified: boolean; readonly unidentified: boolean }): PodCallers {
  const callers = cube.predicates.filter(({ dimension }) => dimension === 'peer' || dimension.startsWith('pod-label:'));
  const asked: Cube = { predicates: callers, origins: [] };
  const admits = (caller: Caller | null, labels: Readonly<Record<string, string>>): boolean => pointIn(asked, pointOf(caller, labels));
  const known = [...mesh.workloads.values()].filter((workload) => {
    const identity = workload.enrolment.mode === 'none' || !carried.identified ? [] : [`${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`];
    return [...identity, ...(carried.unidentified ? [null] : [])].some((principal) => admits({ principal, namespace: workload.namespace, namespaceLabels: {} }, workload.labels));
  });
  const peers = callers.filter(({ dimension }) => dimension === 'peer');
  const outside = carried.unidentified && admits(null, {});
  const places = openWords(peers, labelWords(callers));
  // An account that is used under other labels only: some pod yet to come may have both.
  const open = places.length > 0 || known.length > 0 || outside || !carried.identified ? places : accountWords(peers, labelWords(callers), mesh);
  return { known: distinct(known.map(({ namespace, name, kind }) => `${namespace}/${name}[${kind}]`)), open, outside };
}

/** Begins the words for pods of one account. */
export const POD_OF_ACCOUNT = 'any other pod of account ';

/** Pods that no manifest declares, by the accounts that the peers name one by one. */
function accountWords(peers: readonly Predicate[], labels: string, mesh: Mesh): readonly string[] {
  const named = peers.flatMap((predicate) => predicate.any.flatMap((matcher) => accountOf(matcher, mesh) ?? []));
  const admitted = named.filter(({ principal, namespace }) => peers.every((predicate) => holds(predicate, { principal, namespace, namespaceLabels: {} })));
  return distinct(admitted.map(({ namespace, account }) => `${POD_OF_ACCOUNT}${namespace}/${account}${labels}`));
}

function accountOf(matcher: Matcher, mesh: Mesh): { readonly principal: string; readonly namespace: string; readonly account: string } | undefined {
  if (matcher.type === 'service-account') return { principal: `${mesh.config.trustDomain}/ns/${matcher.namespace}/sa/${matcher.account}`, namespace: matcher.namespace, account: matcher.account };
  if (matcher.type !== 'principal' || matcher.pattern.type !== 'exact') return undefined;
  const [, namespace, account] = /^[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(matcher.pattern.text) ?? [];
  return namespace === undefined || account === undefined ? undefined : { principal: matcher.pattern.text, namespace, account };
}

function pointOf(caller: Caller | null, labels: Readonly<Record<string, string>>): Point {
  const point = new Map<Dimension, Value>([['peer', caller]]);
  for (const [key, value] of Object.entries(labels)) point.set(`pod-label:${key}`, value);
  return point;
}

/** Whatever runs in the cluster beside what is declared. */
export const ANY_POD = 'any other pod in any namespace';

/** Pods that no manifest declares, by where they may run. */
function openWords(peers: readonly Predicate[], labels: string): readonly string[] {
  const places = distinct(peers.flatMap((predicate) => predicate.any.flatMap((matcher) => (matcher.type === 'source-namespace' ? [matcherWord(matcher).replace(/^pods in /, '')] : []))));
  if (places.length > 0) return places.map((place) => `any other pod in ${place}${labels}`);
  const anywhere: Caller = { principal: null, namespace: '\u0001', namespaceLabels: {} };
  return peers.every((predicate) => holds(predicate, anywhere)) ? [`${ANY_POD}${labels}`] : [];
}

function labelWords(callers: readonly Predicate[]): string {
  const labelled: string[] = [];
  const without: string[] = [];
  for (const { dimension, any, none } of callers) {
    if (!dimension.startsWith('pod-label:')) continue;
    const word = (matcher: Matcher): string => (matcher.type === 'exact' ? `${dimension.slice('pod-label:'.length)}=${matcher.text}` : dimension.slice('pod-label:'.length));
    if (any.length > 0) labelled.push(any.map(word).join(' or '));
    // Who lacks the label lacks every value of it.
    const lacking = none.filter((matcher) => matcher.type !== 'exact');
    without.push(...(lacking.length > 0 ? lacking : none).map(word));
  }
  const parts = [...(labelled.length > 0 ? [`labelled ${distinct(labelled).join(', ')}`] : []), ...(without.length > 0 ? [`without ${distinct(without).join(', ')}`] : [])];
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`;
}
