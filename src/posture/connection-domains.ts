/**
 * The connection table of a sidecar as regions over (port, protocol, peer): which connections are refused, and which chain takes the
 * others. Computed from the same table that answers for one connection.
 */
import type { MeshConfig, PortProtocol, Workload } from '#mesh/model.ts';
import { clientKinds, handleConnection, modeAt } from '#semantics/peer-authentication.ts';
import type { ClientKind, EffectiveMtls, Handling, PortMode } from '#semantics/peer-authentication.ts';
import type { CubeOrigin, Predicate } from '#sets/cube.ts';
import { allPortsBut, onlyPorts, portPredicates, unionOfPorts } from './port-set.ts';
import type { PortSet } from './port-set.ts';

/** `tcp-blind`: the proxy passes bytes on without seeing whose they are. */
export type ChainGroup = 'http' | 'tcp' | 'tcp-blind';
export const chainGroups: readonly ChainGroup[] = ['http', 'tcp', 'tcp-blind'];

/** A conjunction over port, protocol and peer. */
export type Domain = readonly Predicate[];

export type GroupDomains = ReadonlyMap<ChainGroup, readonly Domain[]>;

export interface ConnectionDomains {
  /** Connections that are refused before any policy, each with the PeerAuthentications that say so. */
  readonly refused: readonly { readonly domain: Domain; readonly origins: readonly CubeOrigin[] }[];
  /** Ports on which the proxy ends mesh mTLS and checks the peer's trust domain. */
  readonly terminated: readonly Domain[];
  /** Where each group's policies act: a union. Groups that take no connection are absent. */
  readonly groups: GroupDomains;
}

interface PortClass {
  readonly ports: PortSet;
  readonly protocol: PortProtocol;
  readonly mode: PortMode;
}

interface Known {
  readonly byPorts: Map<string, ConnectionDomains>;
  readonly groups: Map<string, GroupDomains>;
}

const knownDomains = new WeakMap<MeshConfig, Known>();

/** Workloads with equal ports and modes share one value, those with equal connections one `groups`. */
export function connectionDomains(config: MeshConfig, workload: Workload, effective: EffectiveMtls): ConnectionDomains {
  const known = knownDomains.get(config) ?? { byPorts: new Map<string, ConnectionDomains>(), groups: new Map<string, GroupDomains>() };
  knownDomains.set(config, known);
  const classes = portClasses(workload, effective);
  const key = classes.map(({ ports, protocol, mode }) => [ports.except ? 'other' : [...ports.ports].join(','), protocol, mode.mode, mode.by ?? ''].join(' ')).join('; ');
  const same = known.byPorts.get(key);
  if (same !== undefined) return same;
  const fresh = computeDomains(classes);
  const groupsKey = JSON.stringify([...fresh.groups]);
  const groups = known.groups.get(groupsKey) ?? fresh.groups;
  known.groups.set(groupsKey, groups);
  const shared = { ...fresh, groups };
  known.byPorts.set(key, shared);
  return shared;
}

function computeDomains(portClassList: readonly PortClass[]): ConnectionDomains {
  const classes = portClassList.map((portClass) => ({
    portClass,
    handled: clientKinds.map((kind) => ({ kind, handling: handleConnection(portClass.protocol, portClass.mode.mode, kind) })),
  }));
  const refused = new Merged<CubeOrigin>();
  const terminated = new Merged<CubeOrigin>();
  const groups = new Map<ChainGroup, Merged<CubeOrigin>>();
  for (const { portClass, handled } of classes) {
    const origins = portClass.mode.by === undefined ? [] : [{ policy: portClass.mode.by }];
    for (const pattern of cover(handled, 'peers', (handling) => (handling.outcome === 'refused' ? 'in' : 'out'))) refused.add(pattern, portClass.ports, origins);
    if (handled.some(({ handling }) => handling.outcome === 'chain' && handling.seesPeer)) terminated.add([], portClass.ports, []);
    for (const group of chainGroups) {
      const patterns = cover(handled, 'protocols', (handling, kind) => (handling.outcome === 'refused' ? 'any' : groupOf(handling, kind) === group ? 'in' : 'out'));
      if (patterns.length === 0) continue;
      const merged = groups.get(group) ?? new Merged<CubeOrigin>();
      groups.set(group, merged);
      for (const pattern of patterns) merged.add(pattern, portClass.ports, []);
    }
  }
  return {
    refused: refused.entries().map(({ pattern, ports, extra }) => ({ domain: [...portPredicates(ports), ...pattern], origins: extra })),
    terminated: terminated.entries().map(({ ports }) => portPredicates(ports)),
    groups: new Map([...groups].map(([group, merged]) => [group, merged.entries().map(({ pattern, ports }) => [...portPredicates(ports), ...pattern])])),
  };
}

/** A blind connection without an identity sees what a plain one sees: nothing is hidden from the proxy. */
function groupOf(handling: Extract<Handling, { outcome: 'chain' }>, kind: ClientKind): ChainGroup {
  if (handling.chain === 'http') return 'http';
  return kind.identity && !handling.seesPeer ? 'tcp-blind' : 'tcp';
}

/** Every port that something names, and all others: sniffed, with the workload's mode (M11). */
function portClasses(workload: Workload, effective: EffectiveMtls): readonly PortClass[] {
  const declared = new Map(workload.ports.map((port) => [port.port, port.protocol] as const));
  const named = [...new Set([...declared.keys(), ...effective.ports.keys()])].sort((left, right) => left - right);
  return [
    ...named.map((port) => ({ ports: onlyPorts(port), protocol: declared.get(port) ?? ('auto' as const), mode: modeAt(effective, port) })),
    { ports: allPortsBut(named), protocol: 'auto', mode: effective.workload },
  ];
}

/** Patterns over (protocol, peer) that hold every kind that is `in` and none that is `out`; `any` may be held. */
function cover(
  handled: readonly { readonly kind: ClientKind; readonly handling: Handling }[],
  prefer: 'peers' | 'protocols',
  test: (handling: Handling, kind: ClientKind) => 'in' | 'out' | 'any',
): readonly (readonly Predicate[])[] {
  const marked = handled.map(({ kind, handling }) => ({ kind, mark: test(handling, kind) }));
  const clear = (fits: (kind: ClientKind) => boolean): boolean => marked.every(({ kind, mark }) => !fits(kind) || mark !== 'out');
  let open = marked.filter(({ mark }) => mark === 'in').map(({ kind }) => kind);
  const patterns: (readonly Predicate[])[] = [];
  const byProtocol = (): void => {
    const whole = [...new Set(open.map((kind) => kind.protocol))].filter((protocol) => clear((kind) => kind.protocol === protocol));
    if (whole.length === 0) return;
    patterns.push(whole.length === allProtocols.length ? [] : [protocolPredicate(whole)]);
    open = open.filter((kind) => !whole.includes(kind.protocol));
  };
  if (prefer === 'protocols') byProtocol();
  for (const identity of [false, true]) {
    const fits = (kind: ClientKind): boolean => kind.identity === identity;
    // Protocols that are held for both kinds of peers need no word about the peer.
    const split = open.filter((kind) => fits(kind) && !clear((other) => other.protocol === kind.protocol));
    if (split.length === 0 || !clear(fits)) continue;
    patterns.push([peerPredicate(identity)]);
    open = open.filter((kind) => !fits(kind));
  }
  byProtocol();
  for (const identity of [false, true]) {
    const protocols = open.filter((kind) => kind.identity === identity).map((kind) => kind.protocol);
    if (protocols.length > 0) patterns.push([protocolPredicate(protocols), peerPredicate(identity)]);
  }
  return patterns;
}

const allProtocols = ['http', 'https', 'tcp', 'tls'];

function peerPredicate(identity: boolean): Predicate {
  return identity ? { dimension: 'peer', any: [{ type: 'identified' }], none: [] } : { dimension: 'peer', any: [], none: [{ type: 'identified' }] };
}

export function protocolPredicate(protocols: readonly string[]): Predicate {
  return { dimension: 'protocol', any: [...new Set(protocols)].sort().map((text) => ({ type: 'one-of', text })), none: [] };
}

/** Equal patterns of several port classes are one pattern over all their ports. */
class Merged<T> {
  readonly #entries = new Map<string, { readonly pattern: readonly Predicate[]; ports: PortSet; extra: T[] }>();

  add(pattern: readonly Predicate[], ports: PortSet, extra: readonly T[]): void {
    const key = JSON.stringify(pattern);
    const known = this.#entries.get(key);
    if (known === undefined) {
      this.#entries.set(key, { pattern, ports, extra: [...extra] });
      return;
    }
    known.ports = unionOfPorts(known.ports, ports);
    const present = new Set(known.extra.map((entry) => JSON.stringify(entry)));
    known.extra.push(...extra.filter((entry) => !present.has(JSON.stringify(entry))));
  }

  entries(): readonly { readonly pattern: readonly Predicate[]; readonly ports: PortSet; readonly extra: readonly T[] }[] {
    return [...this.#entries.values()];
  }
}
