/**
 * Which DestinationRule a client's proxy applies to a host (M33 to M38): rules of one host in one namespace are merged, the most specific
 * host hides every broader one, and the first namespace that has a rule decides.
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#DestinationRule
 */
import { compareBy } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import { fullHost, hostOf } from '#mesh/hosts.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Resource } from '#mesh/policies.ts';
import { creationSecond } from '#mesh/ports.ts';
import { selects, type Labels } from '#mesh/selection.ts';
import { isHeadless } from '#mesh/services.ts';
import { isWithin } from '../gateways/host-names.ts';

export type DestinationRule = Resource<'DestinationRule'>;

/** Whose proxy calls. */
export interface CallingPod {
  readonly namespace: string;
  readonly labels: Labels;
}

/** What is called: its host as Istio knows it, and the namespace of the Service or ServiceEntry behind it. */
export interface Destination {
  readonly host: string;
  readonly namespace: string;
  /** Connections go on to the address that the application chose, as to a Service without one of its own: no endpoint is judged (M49). */
  readonly keepsAddress?: boolean;
}

export function destinationOf(service: Resource<'Service'>): Destination {
  return { host: hostOf(service), namespace: service.namespace ?? '', keepsAddress: isHeadless(service) };
}

/** Rules that act as one. */
export interface AppliedRule {
  /** The first of them. */
  readonly rule: DestinationRule;
  /** The one whose top-level `trafficPolicy` counts, taken whole; `rule` where none has any. */
  readonly policy: DestinationRule;
  readonly subsets: readonly AppliedSubset[];
}

export interface AppliedSubset {
  readonly rule: DestinationRule;
  /** In the list of its rule. */
  readonly index: number;
}

interface Merged {
  rules: DestinationRule[];
  /** As written; empty: the default. */
  readonly exportTo: ReadonlySet<string>;
  readonly selector: Labels | undefined;
}

/** By host. */
type Pool = Map<string, Merged[]>;

interface Pools {
  /** For clients of the rules' own namespace. */
  readonly own: ReadonlyMap<string, Pool>;
  readonly exported: ReadonlyMap<string, Pool>;
  /** Of the root namespace: seen there only. */
  readonly privateInRoot: Pool;
}

/** M34: the client's own namespace first, then the host's, then the root namespace. */
export function ruleFor(mesh: Mesh, client: CallingPod, destination: Destination): AppliedRule | undefined {
  if (ofKind(mesh, 'DestinationRule').length === 0) return undefined;
  const { rootNamespace } = mesh.config;
  const { own, exported, privateInRoot } = poolsOf(mesh);
  const found =
    mostSpecific(client.namespace === rootNamespace ? privateInRoot : own.get(client.namespace), destination.host) ??
    nonEmpty(exportedTo(exported.get(destination.namespace), destination.host, client.namespace)) ??
    nonEmpty(exportedTo(exported.get(rootNamespace), destination.host, client.namespace));
  return found === undefined ? undefined : applied(chosen(found, client));
}

/** M36: a rule that selects the client beats one without selector; of several without, the last counts (M38). */
function chosen(found: readonly Merged[], client: CallingPod): Merged | undefined {
  const selecting = found.find(({ selector, rules }) => selector !== undefined && rules[0]?.namespace === client.namespace && selects(selector, client.labels));
  return selecting ?? found.filter(({ selector }) => selector === undefined).at(-1);
}

function applied(merged: Merged | undefined): AppliedRule | undefined {
  const first = merged?.rules[0];
  if (merged === undefined || first === undefined) return undefined;
  const names = new Set<string>();
  const subsets = merged.rules.flatMap((rule) =>
    rule.spec.subsets.flatMap(({ name }, index) => {
      if (names.has(name)) return [];
      names.add(name);
      return [{ rule, index }];
    }),
  );
  return { rule: first, policy: merged.rules.find(({ spec }) => spec.trafficPolicy !== undefined) ?? first, subsets };
}

/** M37: where the most specific host is not exported to the client, nothing is found, whatever a broader host says. */
function exportedTo(pool: Pool | undefined, host: string, client: string): readonly Merged[] | undefined {
  return mostSpecific(pool, host)?.filter(({ exportTo }) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(client));
}

function nonEmpty(found: readonly Merged[] | undefined): readonly Merged[] | undefined {
  return found === undefined || found.length === 0 ? undefined : found;
}

/** M35: the host itself, else the longest wildcard that it lies in. */
function mostSpecific(pool: Pool | undefined, host: string): readonly Merged[] | undefined {
  if (pool === undefined) return undefined;
  const exact = pool.get(host);
  if (exact !== undefined) return exact;
  const [longest] = [...pool.keys()].filter((pattern) => pattern.startsWith('*') && isWithin(host, pattern)).sort((left, right) => right.length - left.length);
  return longest === undefined ? undefined : pool.get(longest);
}

const known = new WeakMap<Mesh, Pools>();

function poolsOf(mesh: Mesh): Pools {
  const cached = known.get(mesh);
  if (cached !== undefined) return cached;
  const fresh = pools(mesh);
  known.set(mesh, fresh);
  return fresh;
}

function pools(mesh: Mesh): Pools {
  const own = new Map<string, Pool>();
  const exported = new Map<string, Pool>();
  const privateInRoot: Pool = new Map();
  const defaults = mesh.config.gateways?.destinationRuleExportTo ?? [];
  for (const rule of inOrder(ofKind(mesh, 'DestinationRule'))) {
    const { namespace = '', spec } = rule;
    // M36: a rule with a selector is for its own namespace.
    const exportTo = new Set(spec.workloadSelector === undefined ? spec.exportTo : ['.']);
    if (exportTo.size === 0 || ['*', '.', namespace].some((word) => exportTo.has(word))) merge(poolIn(own, namespace), rule, exportTo);
    const [only] = exportTo;
    const isPrivate = exportTo.size === 0 ? defaults.includes('.') : exportTo.size === 1 && (only === '.' || only === namespace);
    if (!isPrivate) merge(poolIn(exported, namespace), rule, exportTo);
    else if (namespace === mesh.config.rootNamespace) merge(privateInRoot, rule, exportTo);
  }
  return { own, exported, privateInRoot };
}

function poolIn(byNamespace: Map<string, Pool>, namespace: string): Pool {
  const pool = byNamespace.get(namespace) ?? new Map<string, Merged[]>();
  byNamespace.set(namespace, pool);
  return pool;
}

/** M38: with selectors first, then the oldest. */
function inOrder(rules: readonly DestinationRule[]): readonly DestinationRule[] {
  return [...rules].sort(
    compareBy(
      ({ spec }) => (spec.workloadSelector === undefined ? 1 : 0),
      ({ creationTimestamp }) => creationSecond(creationTimestamp),
      ({ name }) => name,
      ({ namespace }) => namespace ?? '',
    ),
  );
}

/** M38: merged with those of the same host that are exported alike and select alike. */
function merge(pool: Pool, rule: DestinationRule, exportTo: ReadonlySet<string>): void {
  const host = fullHost(rule.spec.host, rule.namespace ?? '');
  const selector = rule.spec.workloadSelector?.matchLabels;
  const list = pool.get(host) ?? [];
  pool.set(host, list);
  let apart = true;
  for (const other of list) {
    const alike = sameWords(exportTo, other.exportTo);
    if (!alike && (other.exportTo.size === 0 || ![...other.exportTo].every((word) => exportTo.has(word)))) {
      apart = true;
      continue;
    }
    apart = !alike;
    if (selector !== undefined && other.selector !== undefined && !(selects(selector, other.selector) && selects(other.selector, selector))) {
      apart = true;
      continue;
    }
    if ((selector === undefined) === (other.selector === undefined)) apart = false;
    other.rules.push(rule);
  }
  if (apart) list.push({ rules: [rule], exportTo, selector });
}

function sameWords(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((word) => right.has(word));
}
