/**
 * Base against head, destination by destination: which requests rise or fall in the order deny < asks < allow, each with a
 * witness that the concrete evaluator has confirmed on both sides (`docs/engine.md`).
 */
import { compareText } from '#lib/order.ts';
import { hasAmbient } from '#posture/arrival.ts';
import type { Mesh } from '#mesh/model.ts';
import { selects } from '#mesh/selection.ts';
import { destinationsOf, phantomsOf } from '#posture/destinations.ts';
import { routedPhantoms } from '#posture/gateway-phantoms.ts';
import { networkPhantoms } from '#posture/network-phantoms.ts';
import { hasNetwork, hasNetworkPolicies, isNetworked, networkMovedAt, throughNetworkPaths } from '#posture/network-paths.ts';
import { unguardedOwnPorts } from '#posture/own-ports.ts';
import { pathsTo, surelyEqual, type DestinationPosture } from '#posture/paths.ts';
import { waypointNetworks } from '#posture/waypoint-network.ts';
import type { Difference, Limits } from '#sets/difference.ts';
import { alsoThrough } from './authorities.ts';
import { authoritiesMoved } from './authority-changes.ts';
import { comparedCalls } from './calls.ts';
import { enforcementMoved, opaqueMoved } from './enforcement.ts';
import { gatewayContexts } from './gateways.ts';
import { stoppedBehindGateway } from './gateway-latent.ts';
import { identitiesMoved } from './identity-changes.ts';
import { latentMoved } from './latent.ts';
import { AccountsApart } from './moved-accounts.ts';
import { labelsMoved, movedPods, type MovedPods } from './moved-labels.ts';
import { outboundMoved } from './outbound.ts';
import { lower, mixed, solve, type DifferenceMemo, type PairContext } from './pair-context.ts';
import { preferredIdentities, preferredValues } from './preferred.ts';
import type { Pair, RawChange, RawComparison, Sides, Way } from './raw-change.ts';
import { changesIn, type Found } from './regions.ts';

/** Workloads that both sides have, and phantoms (R29); one-sided workloads are population (R28). */
export function destinationPairs(sides: Sides): Pair[] {
  const baseById = new Map(destinationsOf(sides.base).map((workload) => [workload.id, workload]));
  const pairs: Pair[] = [];
  for (const head of destinationsOf(sides.head)) {
    const base = baseById.get(sides.renamed.get(head.id) ?? head.id);
    if (base === undefined) continue;
    pairs.push({ destination: { id: base.id, namespace: base.namespace, kind: base.kind, name: base.name, known: true, status: 'both' }, base, head });
  }
  for (const phantom of phantomsOf(sides.base, sides.head)) {
    pairs.push({ destination: { id: phantom.base.id, namespace: phantom.base.namespace, known: false, status: 'both' }, base: phantom.base, head: phantom.head });
  }
  return pairs.sort((left, right) => compareText(left.destination.id, right.destination.id));
}

/** Pods that are a gateway's are told by what stands behind it; of those of which nobody declares more than labels, too. NetworkPolicies are told of the pods. */
function withoutGateways(sides: Sides, pairs: readonly Pair[]): readonly Pair[] {
  const gateways = routedPhantoms([sides.base, sides.head]);
  if (gateways.length === 0) return pairs;
  const networked = new Set(networkPhantoms(sides.base, sides.head).map(({ id }) => id));
  const isGateway = ({ destination: { id, known }, base: { namespace, labels } }: Pair): boolean =>
    !known && !networked.has(id) && Object.keys(labels).length > 0 && gateways.some((pods) => (namespace === pods.namespace || id.startsWith('*/')) && selects(labels, pods.labels));
  return pairs.filter((pair) => !isGateway(pair));
}

/** @param known changes of a destination that were found before, where they surely hold here */
export function compareSides(sides: Sides, limits: Limits, memo: DifferenceMemo, known: (pair: Pair) => readonly RawChange[] | undefined = () => undefined): RawComparison {
  const internalErrors: string[] = [];
  const policed = hasNetworkPolicies(sides.base) || hasNetworkPolicies(sides.head);
  const accounts = new AccountsApart(sides);
  const whole: Whole = {
    sides,
    limits,
    memo,
    internalErrors,
    policed,
    accounts,
    pods: policed ? movedPods(sides) : [],
    identities: preferredIdentities(sides),
    mixed: hasAmbient(sides.base) || hasAmbient(sides.head),
    more: policed || accounts.any || sides.base.unsettled.size > 0,
  };
  const pairs = withoutGateways(sides, destinationPairs(sides));
  const byDestination = new Map<string, readonly RawChange[]>();
  const changes: RawChange[] = [];
  for (const pair of pairs) {
    const before = internalErrors.length;
    const found = known(pair)?.map((like): RawChange => ({ ...like, environment: sides.environment, like })) ?? changesAt(whole, pair);
    if (internalErrors.length === before) byDestination.set(pair.destination.id, found);
    changes.push(...found);
  }
  const gateways = gatewayContexts(sides, limits, memo, internalErrors);
  changes.push(...gateways.undecided);
  for (const context of gateways.contexts) changes.push(...gatewayMoved(context));
  if (policed) changes.push(...outboundMoved(sides, limits, internalErrors));
  const calls = comparedCalls(sides);
  changes.push(...calls.changes);
  return { changes, byDestination, internalErrors, compared: pairs.length, calls };
}

function gatewayMoved(context: PairContext): RawChange[] {
  const found = [...compareWay(context, 'up'), ...compareWay(context, 'down')];
  return [...found, ...stoppedBehindGateway(context, found), ...opaqueMoved(context), ...authoritiesMoved(context)];
}

/** What the comparison of one destination needs besides it. */
interface Whole extends Asking {
  readonly sides: Sides;
  readonly accounts: AccountsApart;
  /** Whom NetworkPolicies may tell by other labels than before. */
  readonly pods: readonly MovedPods[];
  /** Some side has NetworkPolicies. */
  readonly policed: boolean;
  /** More than a workload's policies is told of it. */
  readonly more: boolean;
}

function changesAt(whole: Whole, pair: Pair): RawChange[] {
  const { sides, limits, memo, identities, internalErrors, policed, accounts } = whole;
  if (!whole.more && surelyEqual(sides.base, pair.base, sides.head, pair.head)) return [];
  const proxies = { base: pathsTo(sides.base, pair.base, whole.mixed), head: pathsTo(sides.head, pair.head, whole.mixed) };
  const networked = policed && hasNetwork(pair.base);
  const accountsMoved = accounts.at([proxies.base, proxies.head], pair);
  const changes: RawChange[] = accountsMoved.length === 0 ? [] : [...identitiesMoved({ sides, pair, ...proxies, limits, memo, preferred: preferredValues(identities, pair, false), internalErrors }, accountsMoved)];
  const through = networked ? { base: waypointNetworks(sides.base, pair.base, proxies.base), head: waypointNetworks(sides.head, pair.head, proxies.head) } : undefined;
  const moved = { network: through !== undefined && (networkMovedAt(sides.base, pair.base, sides.head, pair.head, proxies.base.tunnels.size + proxies.head.tunnels.size > 0) || through.base.key !== through.head.key), behind: proxies.base.key !== proxies.head.key };
  const still = !moved.network && !moved.behind;
  if (still && (!networked || whole.pods.length === 0)) return [...changes, ...tiesSettled(sides, pair, proxies, networked, whole)];
  const base = through === undefined ? proxies.base : throughNetworkPaths(proxies.base, sides.base, pair.base, through.base);
  const head = through === undefined ? proxies.head : throughNetworkPaths(proxies.head, sides.head, pair.head, through.head);
  const context: PairContext = { sides, pair, base, head, limits, memo, preferred: preferredValues(identities, pair, networked), internalErrors };
  changes.push(...labelsMoved(context, whole.pods));
  if (still) return [...changes, ...tiesSettled(sides, pair, proxies, networked, whole)];
  const found = [...compareWay(context, 'up'), ...compareWay(context, 'down')];
  found.push(...latentMoved(context, found, moved));
  if (!found.some((change) => change.direction === 'narrowed')) found.push(...tiesSettled(sides, pair, proxies, networked, whole));
  return [...changes, ...(found.length > 0 ? found : enforcementMoved(context)), ...opaqueMoved(context), ...authoritiesMoved(context)];
}

interface Asking {
  readonly limits: Limits;
  readonly memo: DifferenceMemo;
  readonly identities: ReturnType<typeof preferredIdentities>;
  /** Some client is in ambient. */
  readonly mixed: boolean;
  readonly internalErrors: string[];
}

/**
 * A tie of the base that the head settles is judged by the strictest there, so that no widening passes (M15a). The weakest may have been in
 * force as well: what the head then refuses is told, too, under the assumption of the tie.
 */
function tiesSettled(sides: Sides, pair: Pair, proxies: Readonly<Record<'base' | 'head', DestinationPosture>>, networked: boolean, asking: Asking): RawChange[] {
  if (sides.base.unsettled.size === 0) return [];
  const loose: Sides = { ...sides, base: weakest(sides.base) };
  const weak = pathsTo(loose.base, pair.base, asking.mixed);
  if (weak.key === proxies.base.key || weak.key === proxies.head.key) return [];
  const { limits, memo, identities, internalErrors } = asking;
  const base = networked ? throughNetworkPaths(weak, loose.base, pair.base) : weak;
  const head = networked ? throughNetworkPaths(proxies.head, sides.head, pair.head) : proxies.head;
  const context: PairContext = { sides: loose, pair, base, head, limits, memo, preferred: preferredValues(identities, pair, networked), internalErrors };
  return compareWay(context, 'down').map((change) => ({ ...change, assumptions: change.assumptions.some((id) => id.startsWith('tie:')) ? change.assumptions : [...change.assumptions, `tie:${pair.base.namespace}`].sort(compareText) }));
}

const weakestOf = new WeakMap<Mesh, Mesh>();

/** The same mesh, in which every open order is judged by the weakest (M15a). */
export function weakest(mesh: Mesh): Mesh {
  const known = weakestOf.get(mesh);
  if (known !== undefined) return known;
  const fresh: Mesh = { ...mesh, unsettled: new Set<string>() };
  weakestOf.set(mesh, fresh);
  return fresh;
}

function compareWay(context: PairContext, way: Way): RawChange[] {
  const [low, high] = [lower(context, way), way === 'up' ? context.head : context.base];
  const level = context.gateway?.alike === true ? `front ${way}` : way;
  const found: Found[] = [];
  const add = (result: Difference): void => {
    for (const region of result.regions) found.push({ region });
    for (const seed of result.undecided) found.push({ undecided: seed });
  };
  add(solve(context, `possible ${level}`, low.possible, high.possible));
  const own = unguardedOwnPorts([context.pair.base, context.pair.head], mixed(context));
  if (own.length > 0 && isNetworked(low) && isNetworked(high)) add(solve(context, `own ports ${way}`, low.network, high.network, own, true));
  // What the external authorizer decided on one side and nobody decides on the other (asks against allow).
  if (low.sure !== low.possible || high.sure !== high.possible) add(solve(context, `sure ${level}`, low.sure, high.sure.map((path) => alsoThrough(path, low.possible))));
  return changesIn(context, way, found);
}
