/**
 * Representatives of callers where NetworkPolicies look at the pod: an identity together with the namespace that it is of, pods without an
 * identity in every kind of namespace, and callers that are no pods. An identity can only come from a pod of its own namespace, so
 * the two are one dimension and no pair of them is made up.
 */
import { distinct } from '#lib/order.ts';
import { requirementsOf } from '../label-selection.ts';
import { callerNamespace, matches } from '../matches.ts';
import { ofType, type Caller, type Matcher, type Value } from '../matcher.ts';
import { peerCandidates } from './peer.ts';

type NamespaceMatcher = Extract<Matcher, { type: 'source-namespace' }>;
type Labels = Readonly<Record<string, string>>;

const nameKey = 'kubernetes.io/metadata.name';

export function callerCandidates(asked: readonly NamespaceMatcher[], matchers: readonly Matcher[], limit: number): Value[] | undefined {
  const declared = distinct(asked.flatMap((matcher) => [...matcher.declared, ...matcher.names]));
  const labels = openLabels(asked, limit);
  if (labels === undefined) return undefined;
  const mentioned = distinct(asked.flatMap((matcher) => (matcher.selection === undefined ? [] : requirementsOf(matcher.selection).filter((requirement) => requirement.key === nameKey).flatMap((requirement) => requirement.values))));
  const telling = [...apart(declared, matchers), ...mentioned.filter((name) => !declared.includes(name)), freshName([...declared, ...mentioned])];
  const identities = peerCandidates([...matchers, ...telling.map((name): Matcher => ({ type: 'namespace', pattern: { type: 'exact', text: name } }))], limit);
  if (identities === undefined) return undefined;
  const found: Value[] = [];
  const spread = (principal: string | null, namespace: string): void => {
    if (principal !== null) found.push(principal);
    // Every side that declares the namespace knows its labels; a side that does not may meet any.
    const open = asked.some((matcher) => matcher.selection !== undefined && !matcher.declared.includes(namespace));
    for (const namespaceLabels of open ? labels : [{}]) found.push({ principal, namespace, namespaceLabels } satisfies Caller);
  };
  for (const identity of identities) {
    const namespace = callerNamespace(identity)?.namespace;
    if (namespace === undefined) found.push(identity);
    else spread(identity, namespace);
    if (found.length > limit * 16) return undefined;
  }
  for (const name of telling) spread(null, name);
  return [...found, null];
}

/** Up to this many declared namespaces are all represented. */
const fewNamespaces = 48;

/** Declared namespaces that no matcher tells apart, whatever the trust domain and the account, are one. */
function apart(declared: readonly string[], matchers: readonly Matcher[]): readonly string[] {
  if (declared.length <= fewNamespaces) return declared;
  const texts = ofType(matchers, 'principal').map(({ pattern }) => ('text' in pattern ? pattern.text : ''));
  const domains = distinct(['cluster.local', ...texts.map((text) => text.replace(/\/ns\/.*$/, ''))]);
  const accounts = distinct(['anyone', ...texts.map((text) => text.replace(/^.*\/sa\//, ''))]);
  const classes = new Map<string, string>();
  for (const name of declared) {
    const key = domains.flatMap((domain) => accounts.flatMap((account) => matchers.map((matcher) => (matches(matcher, `${domain}/ns/${name}/sa/${account}`) ? '1' : '0')))).join('');
    if (!classes.has(key)) classes.set(key, name);
  }
  return [...classes.values()];
}

function freshName(taken: readonly string[]): string {
  let name = 'elsewhere';
  while (taken.includes(name)) name = `${name}-x`;
  return name;
}

/** Every combination of what selections ask of labels: absent, each value, another value; `undefined` above the limit. */
function openLabels(asked: readonly NamespaceMatcher[], limit: number): Labels[] | undefined {
  const values = new Map<string, Set<string>>();
  for (const matcher of asked) {
    if (matcher.selection === undefined) continue;
    for (const { key, values: named } of requirementsOf(matcher.selection)) {
      if (key === nameKey) continue;
      const known = values.get(key) ?? new Set<string>();
      for (const value of named) known.add(value);
      values.set(key, known);
    }
  }
  let combined: Labels[] = [{}];
  for (const key of [...values.keys()].sort()) {
    const named = [...(values.get(key) ?? [])].sort();
    let other = 'other';
    while (named.includes(other)) other = `${other}-x`;
    combined = combined.flatMap((labels) => [labels, ...[...named, other].map((value) => ({ ...labels, [key]: value }))]);
    if (combined.length > limit) return undefined;
  }
  return combined;
}
