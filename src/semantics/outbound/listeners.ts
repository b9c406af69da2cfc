/**
 * The outbound listeners of a client's sidecar, and what takes a connection at one of them: by the address and port that the application
 * calls, then by destination block, server name and whether it speaks HTTP (M100, M102).
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/traffic-routing/
 */
import { blockHolds, parseCidr, parseIp } from '#sets/ip.ts';
import { selects } from '#mesh/selection.ts';
import type { Mesh } from '#mesh/model.ts';
import type { RouteDestination, TcpMatch } from '#manifests/virtual-service.ts';
import { isWithin } from '../gateways/host-names.ts';
import type { RouteSet } from '../gateways/types.ts';
import type { CallingPod } from './destination-rules.ts';
import type { EgressListener, EgressScope } from './egress-scope.ts';
import { anyAddress, endpointsOf, type KnownPort, type KnownService } from './services.ts';

export interface Caller extends CallingPod {
  /** Id of the workload: it does not call itself through a listener of its own. */
  readonly id: string;
}

/** Where a connection goes that a chain takes. */
export type ChainEnd =
  /** HTTP: routes decide. `service`: a listener for it alone. */
  | { readonly type: 'routes'; readonly listener: EgressListener; readonly port: number; readonly service: KnownService | undefined }
  | { readonly type: 'destinations'; readonly route: readonly RouteDestination[]; readonly port: number; readonly by: string | undefined };

interface Chain {
  /** Empty: every name, and connections without one. */
  readonly names: readonly string[];
  /** Empty: every address. */
  readonly blocks: readonly string[];
  readonly http: boolean;
  readonly end: ChainEnd;
}

interface Listener {
  readonly port: number;
  protocol: KnownPort['protocol'];
  alone: KnownPort['alone'];
  chains: readonly Chain[];
  /** Egress listeners before the one for all other ports own their ports. */
  locked: boolean;
}

export interface Connection {
  /** An IP, or what stands for one: `service:host`, `pod:id`, `outside:name`. */
  readonly address: string;
  readonly port: number;
  readonly protocol: 'http' | 'tls' | 'tcp';
  readonly sni: string | undefined;
}

export type Taken = { readonly type: 'end'; readonly end: ChainEnd } | { readonly type: 'unknown-destination' };

export function podAddress(id: string): string {
  return `pod:${id}`;
}

export function takenBy(mesh: Mesh, scope: EgressScope, caller: Caller, connection: Connection): Taken {
  const listeners = listenersOf(mesh, scope, caller);
  const listener = listeners.get(listenerKey(connection.address, connection.port)) ?? listeners.get(listenerKey(anyAddress, connection.port));
  const chain = listener === undefined ? undefined : chainFor(listener.chains, connection);
  return chain === undefined ? { type: 'unknown-destination' } : { type: 'end', end: chain.end };
}

/** Destination first, then server name, then protocol; what is more specific is never given up for what is broader. */
function chainFor(chains: readonly Chain[], connection: Connection): Chain | undefined {
  const narrow = chains.filter((chain) => !takesAll(chain));
  return matching(narrow, connection) ?? chains.find(takesAll);
}

function takesAll({ names, blocks, http }: Chain): boolean {
  return !http && blocks.length === 0 && (names.length === 0 || names.includes('*'));
}

function matching(chains: readonly Chain[], { address, protocol, sni }: Connection): Chain | undefined {
  const near = mostSpecific(chains, ({ blocks }) => Math.max(...(blocks.length === 0 ? [0] : blocks.map((block) => depth(block, address)))));
  const named = mostSpecific(near, ({ names }) => Math.max(...(names.length === 0 || names.includes('*') ? [0] : names.map((name) => (sni === undefined ? -1 : nameDepth(name.toLowerCase(), sni.toLowerCase()))))));
  const speaking = named.filter(({ http }) => http === (protocol === 'http'));
  return speaking[0] ?? named.find(({ http }) => !http);
}

/** Those of the greatest depth; negative: no match. */
function mostSpecific(chains: readonly Chain[], depthOf: (chain: Chain) => number): readonly Chain[] {
  const depths = chains.map(depthOf);
  const deepest = Math.max(-1, ...depths);
  return deepest < 0 ? [] : chains.filter((_, index) => depths[index] === deepest);
}

function depth(block: string, address: string): number {
  if (block === address) return 1000;
  const cidr = parseCidr(block);
  if (cidr === undefined) return -1;
  if (cidr.length === 0) return 0;
  const ip = parseIp(address);
  return ip === undefined || !blockHolds(cidr, ip) ? -1 : cidr.length;
}

function nameDepth(name: string, sni: string): number {
  return isWithin(sni, name) ? name.length + (name === sni ? 1000 : 0) : -1;
}

function listenerKey(address: string, port: number): string {
  return `${address} ${String(port)}`;
}

const known = new WeakMap<EgressScope, Map<string, ReadonlyMap<string, Listener>>>();

function listenersOf(mesh: Mesh, scope: EgressScope, caller: Caller): ReadonlyMap<string, Listener> {
  const byCaller = known.get(scope) ?? new Map<string, ReadonlyMap<string, Listener>>();
  known.set(scope, byCaller);
  const cached = byCaller.get(caller.id);
  if (cached !== undefined) return cached;
  const fresh = build(mesh, scope, caller);
  byCaller.set(caller.id, fresh);
  return fresh;
}

interface Wanted {
  readonly egress: EgressListener;
  readonly service: KnownService;
  readonly port: KnownPort;
  /** `undefined`: as the service's address says. */
  readonly bind: string | undefined;
  readonly blocks: readonly string[];
  /** One pod of a Service without an address: the block tells which, no name is needed. */
  readonly pod: boolean;
}

function build(mesh: Mesh, scope: EgressScope, caller: Caller): ReadonlyMap<string, Listener> {
  const listeners = new Map<string, Listener>();
  for (const egress of scope.listeners) {
    const bind = egress.bind !== '' ? egress.bind : egress.bindsPort ? '127.0.0.1' : undefined;
    const { port: own } = egress;
    if (own === undefined) for (const listener of listeners.values()) listener.locked = true;
    for (const service of egress.services) {
      for (const port of own === undefined ? service.ports : [own]) {
        for (const wanted of wantedFor(mesh, caller, { egress, service, port, bind, blocks: [], pod: false })) addListener(listeners, wanted, caller);
      }
    }
  }
  return listeners;
}

/** A Service without an address has its pods' addresses, where the port is no HTTP. */
function wantedFor(mesh: Mesh, caller: Caller, plain: Wanted): readonly Wanted[] {
  const { egress, service, port, bind } = plain;
  const byPod = egress.port === undefined && bind === undefined && service.resolution === 'original' && service.address === anyAddress && (port.protocol === 'tcp' || port.protocol === 'auto');
  if (!byPod) return [plain];
  const { source } = service;
  const endpoints = endpointsOf(mesh, service, port.number);
  if (source.kind !== 'Service' && endpoints.length === 0 && source.spec.workloadSelector === undefined) return [{ ...plain, bind: anyAddress }];
  return endpoints.flatMap(({ workload, address }): Wanted[] => {
    if (workload?.id === caller.id) return [];
    const at = workload === undefined ? address : podAddress(workload.id);
    if (at === undefined) return [];
    return [port.protocol === 'tcp' ? { ...plain, bind: anyAddress, blocks: [at], pod: true } : { ...plain, bind: at }];
  });
}

/** Listeners of one address and port are joined where their protocols allow it. */
function addListener(listeners: Map<string, Listener>, wanted: Wanted, caller: Caller): void {
  const { service, port } = wanted;
  if (service.resolution === 'alias' || port.protocol === 'udp') return;
  const placed = place(wanted);
  const key = listenerKey(placed.bind, port.number);
  const there = listeners.get(key);
  if (there?.locked === true) return;
  if (there !== undefined && port.protocol === 'http' && there.protocol !== 'tcp') return;
  const tcp = (): readonly Chain[] => tcpChains(placed, caller);
  const chains = port.protocol === 'http' ? [httpChain(placed)] : port.protocol === 'tcp' || there?.protocol === 'auto' ? tcp() : [...tcp(), httpChain(placed)];
  // What is bound to every address looks at what is spoken.
  const protocol = port.protocol === 'http' && placed.bind === anyAddress ? 'auto' : port.protocol;
  if (there === undefined || (port.protocol === 'auto' && there.protocol === 'http')) {
    listeners.set(key, { port: port.number, protocol, alone: port.alone, chains, locked: false });
    return;
  }
  if (port.alone !== there.alone) return;
  there.chains = chains.reduce<readonly Chain[]>((joined, chain) => (joined.some((other) => sameMatch(other, chain)) ? joined : [...joined, chain]), there.chains);
  if (port.protocol !== there.protocol) there.protocol = 'auto';
}

function place(wanted: Wanted): Wanted & { readonly bind: string } {
  const { bind, port, service } = wanted;
  if (bind !== undefined) return { ...wanted, bind };
  if (port.protocol === 'http') return { ...wanted, bind: anyAddress };
  return service.address.includes('/') ? { ...wanted, bind: anyAddress, blocks: [service.address] } : { ...wanted, bind: service.address };
}

function sameMatch(left: Chain, right: Chain): boolean {
  const same = (one: readonly string[], other: readonly string[]): boolean => canonicalNames(one) === canonicalNames(other);
  return left.http === right.http && same(left.names, right.names) && same(left.blocks, right.blocks);
}

function canonicalNames(names: readonly string[]): string {
  return [...new Set(names)].filter((name) => name !== '*').sort().join(' ');
}

function httpChain({ bind, port, service, egress }: Wanted & { readonly bind: string }): Chain {
  // On an address of its own the sniffed HTTP of a service meets its own routes only.
  const alone = port.protocol === 'auto' && bind !== anyAddress ? service : undefined;
  return { names: [], blocks: [], http: bind === anyAddress || port.protocol === 'auto', end: { type: 'routes', listener: egress, port: port.number, service: alone } };
}

function tcpChains(wanted: Wanted & { readonly bind: string }, caller: Caller): readonly Chain[] {
  const sets = wanted.egress.routes.filter(({ hosts }) => hosts.some((host) => isWithin(wanted.service.host, host)));
  return wanted.port.tls ? byServerName(wanted, caller, sets) : byBlock(wanted, caller, sets);
}

/** The chain of a port that no route is for. A listener of another port leads to the only port of the service. */
function ownEnd({ service, port }: Wanted): ChainEnd {
  const [only, ...more] = service.ports;
  return destinationsEnd([{ host: service.host, subset: '', port: only !== undefined && more.length === 0 ? only.number : port.number, weight: 0 }], port.number, undefined);
}

function destinationsEnd(route: readonly RouteDestination[], port: number, by: string | undefined): ChainEnd {
  return { type: 'destinations', route, port, by };
}

function byServerName(wanted: Wanted & { readonly bind: string }, caller: Caller, sets: readonly RouteSet[]): readonly Chain[] {
  const { service, port, bind } = wanted;
  const found: Chain[] = [];
  let { blocks } = wanted;
  const seen = new Set<string>();
  for (const set of sets) {
    for (const route of set.tls.filter((each) => each.route.length > 0)) {
      for (const match of route.match.filter((each) => fitsCaller(each, caller, port.number))) {
        if (match.destinationSubnets.length > 0) blocks = match.destinationSubnets;
        const key = `${match.sniHosts.join(',')}|${match.destinationSubnets.join(',')}`;
        if (!seen.has(key)) found.push({ names: match.sniHosts, blocks, http: false, end: destinationsEnd(route.route, port.number, set.by) });
        seen.add(key);
      }
    }
  }
  if (found.length > 0) return found;
  const byName = !wanted.pod && (blocks.length > 0 || (service.address === anyAddress && bind === anyAddress) || service.resolution === 'dynamic-dns');
  return [{ names: byName ? [service.host] : [], blocks, http: false, end: ownEnd(wanted) }];
}

function byBlock(wanted: Wanted, caller: Caller, sets: readonly RouteSet[]): readonly Chain[] {
  const { port, blocks } = wanted;
  const found: Chain[] = [];
  for (const set of sets) {
    for (const route of set.tcp.filter((each) => each.route.length > 0)) {
      const end = destinationsEnd(route.route, port.number, set.by);
      const fitting = route.match.filter((each) => fitsCaller(each, caller, port.number));
      if (route.match.length === 0 || fitting.some(({ destinationSubnets }) => destinationSubnets.length === 0)) return [...found, { names: [], blocks, http: false, end }];
      const subnets = fitting.flatMap(({ destinationSubnets }) => destinationSubnets);
      if (subnets.length > 0) found.push({ names: [], blocks: subnets, http: false, end });
      if (subnets.length > 0 && canonicalNames(subnets) === canonicalNames(blocks)) return found;
    }
  }
  return [...found, { names: [], blocks, http: false, end: ownEnd(wanted) }];
}

/** The parts of a match that are about the client's proxy and the port of the listener. */
function fitsCaller(match: TcpMatch, caller: Caller, port: number): boolean {
  return (
    (match.gateways.length === 0 || match.gateways.includes('mesh')) &&
    selects(match.sourceLabels, caller.labels) &&
    (match.port === undefined || match.port === port) &&
    (match.sourceNamespace === undefined || match.sourceNamespace === caller.namespace)
  );
}
