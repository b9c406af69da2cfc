/**
 * NetworkPolicies in front of one destination as cubes over who calls, from which pod, to which port (`docs/engine.md`). A direction is
 * a union of alternatives, each a conjunction of layers: the first cluster-wide rule that matches (M145), else what the isolating
 * policies admit (M136 to M140), else the baseline. That a source is *not* isolated is said by refusing every source that is.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { compareText } from '#lib/order.ts';
import type { ClusterPeer, ClusterPort, NetworkPeer, NetworkPort } from '#manifests/network-policy.ts';
import type { LabelSelector } from '#manifests/selector.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf } from '#mesh/ports.ts';
import type { Cube, CubeOrigin, Layer, Predicate } from '#sets/cube.ts';
import { parseCidr } from '#sets/ip.ts';
import { cubeKey, predicateKey } from '#sets/keys.ts';
import { requirementsOf, selectionHolds } from '#sets/label-selection.ts';
import type { Matcher } from '#sets/matcher.ts';
import { mergeCubes } from './lowering.ts';
import { declaredNamespaces, namespaceSelected } from './namespace-labels.ts';
import type { Transport } from './network-policy.ts';
import { networkWorldOf, type IsolatingPolicy, type TierRule } from './network-world.ts';

/** One way through the network: a packet passes where some alternative lets it. */
export interface Alternative {
  readonly id: string;
  readonly layers: readonly Layer[];
}

export interface NetworkPosture {
  readonly alternatives: readonly Alternative[];
  /** Content of everything that decides here; equal on both sides: no packet moves. */
  readonly key: string;
  /** Objects of which a part is not interpreted here (domain names, nodes), each with the key of its content. */
  readonly opaque: readonly { readonly resource: string; readonly key: string }[];
}

/** The other end is seen as cubes, the destination concretely. */
interface Lowering {
  readonly mesh: Mesh;
  /** `undefined`: an address outside the cluster. */
  readonly destination: Workload | undefined;
  /** M142: what carries an identity arrives on 15008. */
  readonly tunnelled: boolean;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Transport }[] | undefined;
  readonly unread: Map<string, string>;
}

type Conjunction = readonly Predicate[];

/** Key of the network in front of a destination, without its cubes: what `networkPosture` would be computed from. */
export function networkKey(mesh: Mesh, destination: Workload, tunnelled: boolean): string {
  const world = networkWorldOf(mesh);
  if (world.empty || destination.namespace === '') return '';
  const isolating = isolatingFor(mesh, destination);
  return shortHash(
    worldKey(mesh),
    canonical(isolating.map((policy) => [policy.id, policy.rules])),
    canonical([destination.namespace, destination.labels, portsOf(destination) ?? null, tunnelled, hostNetwork(destination), [...(declaredNamespaces(mesh).get(destination.namespace) === undefined ? [] : Object.entries(declaredNamespaces(mesh).get(destination.namespace) ?? {}).sort())]]),
  );
}

/** One side of a comparison as it looks at one destination. */
export interface NetworkView {
  readonly mesh: Mesh;
  readonly destination: Workload;
  readonly tunnelled: boolean;
}

/** Whether packets to the destination may fare differently: cheap, and `false` is a proof. */
export function networkMoved(base: NetworkView, head: NetworkView): boolean {
  if (commonKey(base.mesh) !== commonKey(head.mesh)) return true;
  const before = isolatingFor(base.mesh, base.destination);
  const after = isolatingFor(head.mesh, head.destination);
  if (!sameSubject(base, head)) return networkKey(base.mesh, base.destination, base.tunnelled) !== networkKey(head.mesh, head.destination, head.tunnelled);
  if (before.length !== after.length || before.some((policy, index) => !sameRules(policy, after[index]))) return true;
  const changed = changedEgress(base.mesh, head.mesh);
  if (changed.base.length === 0 && changed.head.length === 0) return false;
  return egressKey(base, changed.base) !== egressKey(head, changed.head);
}

function sameSubject(base: NetworkView, head: NetworkView): boolean {
  if (base.tunnelled !== head.tunnelled || base.destination.namespace !== head.destination.namespace) return false;
  if (base.destination.resource !== undefined && base.destination.resource === head.destination.resource) return true;
  return canonical([base.destination.labels, portsOf(base.destination) ?? null, hostNetwork(base.destination)]) === canonical([head.destination.labels, portsOf(head.destination) ?? null, hostNetwork(head.destination)]);
}

function sameRules(left: IsolatingPolicy, right: IsolatingPolicy | undefined): boolean {
  return right !== undefined && left.id === right.id && (left.rules === right.rules || canonical(left.rules) === canonical(right.rules));
}

interface ChangedEgress {
  readonly base: readonly IsolatingPolicy[];
  readonly head: readonly IsolatingPolicy[];
}

const changedEgresses = new WeakMap<Mesh, WeakMap<Mesh, ChangedEgress>>();

/** Policies for egress that the other side lacks or has otherwise. */
function changedEgress(base: Mesh, head: Mesh): ChangedEgress {
  const known = changedEgresses.get(base)?.get(head);
  if (known !== undefined) return known;
  const lacking = (own: Mesh, other: Mesh): readonly IsolatingPolicy[] => {
    const there = new Map(networkWorldOf(other).all.egress.map((policy) => [policy.id, policy]));
    return networkWorldOf(own).all.egress.filter((policy) => {
      const twin = there.get(policy.id);
      return !(sameRules(policy, twin) && canonical(policy.podSelector) === canonical(twin?.podSelector));
    });
  };
  const fresh = { base: lacking(base, head), head: lacking(head, base) };
  const forBase = changedEgresses.get(base) ?? new WeakMap<Mesh, ChangedEgress>();
  changedEgresses.set(base, forBase);
  forBase.set(head, fresh);
  return fresh;
}

/** What these policies say about sources and what they let out to this destination. */
function egressKey({ mesh, destination, tunnelled }: NetworkView, policies: readonly IsolatingPolicy[]): string {
  const lowering: Lowering = { mesh, destination, tunnelled, ports: portsOf(destination), unread: new Map() };
  const scopes = policies.map((policy) => cubeKey({ predicates: scope(policy), origins: [] }));
  const cubes = policies.flatMap((policy) => egressCubes(lowering, policy)).map(cubeKey);
  return canonical([scopes.sort(compareText), cubes.sort(compareText), [...lowering.unread]]);
}

const commonKeys = new WeakMap<Mesh, string>();

/** Cluster-wide rules, and which namespaces selectors find: what every destination has in common but the sources' own policies. */
function commonKey(mesh: Mesh): string {
  const known = commonKeys.get(mesh);
  if (known !== undefined) return known;
  const world = networkWorldOf(mesh);
  const tiers = (['Admin', 'Baseline'] as const).flatMap((tier) => (['ingress', 'egress'] as const).map((direction) => world.tier(tier, direction)));
  const key = shortHash(canonical(tiers), canonical([...declaredNamespaces(mesh)].sort(([left], [right]) => compareText(left, right))));
  commonKeys.set(mesh, key);
  return key;
}

const worldKeys = new WeakMap<Mesh, string>();

/** What is asked about every destination: egress of the sources, cluster-wide rules, and which namespaces selectors find. */
function worldKey(mesh: Mesh): string {
  const known = worldKeys.get(mesh);
  if (known !== undefined) return known;
  const world = networkWorldOf(mesh);
  const key = shortHash(canonical(world.all.egress.map((policy) => [policy.id, policy.podSelector, policy.rules])), commonKey(mesh));
  worldKeys.set(mesh, key);
  return key;
}

export function networkPosture(mesh: Mesh, destination: Workload, tunnelled: boolean): NetworkPosture {
  const lowering: Lowering = { mesh, destination, tunnelled, ports: portsOf(destination), unread: new Map() };
  const ingress = hostNetwork(destination) ? [free('in')] : ingressAlternatives(lowering, destination);
  const egress = egressAlternatives(lowering);
  const alternatives = ingress.flatMap((into) => egress.map((out) => ({ id: `${into.id}${out.id}`, layers: [...into.layers, ...out.layers] })));
  return {
    alternatives,
    key: networkKey(mesh, destination, tunnelled),
    opaque: unreadOf(lowering),
  };
}

/** What NetworkPolicies let pods of the cluster send to addresses outside it: egress alone, no pod to name (M139). */
export function outboundPosture(mesh: Mesh): NetworkPosture {
  const lowering: Lowering = { mesh, destination: undefined, tunnelled: false, ports: [], unread: new Map() };
  return { alternatives: egressAlternatives(lowering), key: networkWorldOf(mesh).empty ? '' : worldKey(mesh), opaque: unreadOf(lowering) };
}

function unreadOf(lowering: Lowering): NetworkPosture['opaque'] {
  return [...lowering.unread].map(([resource, key]) => ({ resource, key })).sort((left, right) => compareText(left.resource, right.resource));
}

function hostNetwork(destination: Workload): boolean {
  return podSpecOf(destination)?.hostNetwork === true;
}

function isolatingFor(mesh: Mesh, destination: Workload): readonly IsolatingPolicy[] {
  return networkWorldOf(mesh).isolating('ingress', destination.namespace, destination.labels);
}

function portsOf(destination: Workload): Lowering['ports'] {
  const spec = podSpecOf(destination);
  return spec === undefined ? undefined : [...spec.containers, ...spec.initContainers.filter((container) => container.restartPolicy === 'Always')].flatMap((container) => container.ports);
}

function layer(allow: Layer['allow'], deny: readonly Cube[] = []): Layer {
  return { id: 'network-policy', allow, deny };
}

function free(id: string): Alternative {
  return { id: ` ${id}:any`, layers: [layer('all')] };
}

/** Alternatives of a tier: each accepting rule that is the first to match; then `rest` behind each passing rule and where none matches. */
function tiered(rules: readonly TierRule[], name: string, matchOf: (rule: TierRule) => readonly Cube[], rest: readonly Alternative[]): readonly Alternative[] {
  const found: Alternative[] = [];
  let before: Cube[] = [];
  for (const rule of rules) {
    const matched = matchOf(rule);
    if (matched.length === 0) continue;
    const first = layer(mergeCubes(matched), mergeCubes(before));
    if (rule.rule.action === 'Accept') found.push({ id: ` ${name}:${rule.id}#${String(rule.index)}`, layers: [first] });
    if (rule.rule.action === 'Pass') found.push(...rest.map((alternative) => ({ id: ` ${name}:${rule.id}#${String(rule.index)}${alternative.id}`, layers: [first, ...alternative.layers] })));
    before = [...before, ...matched];
  }
  if (before.length === 0) return [...found, ...rest];
  return [...found, ...rest.map((alternative) => ({ id: alternative.id, layers: [...alternative.layers, layer('all', mergeCubes(before))] }))];
}

function ingressAlternatives(lowering: Lowering, destination: Workload): readonly Alternative[] {
  const { mesh } = lowering;
  const world = networkWorldOf(mesh);
  const match = (rule: TierRule): readonly Cube[] => {
    const targets = clusterTargets(lowering, rule, rule.subject);
    return targets.length === 0 ? [] : tierMatch(lowering, rule, rule.rule.peers.flatMap((peer) => sourceOf(lowering, rule, peer)).flatMap((source) => targets.map((target) => [...source, ...target])));
  };
  const isolating = isolatingFor(mesh, destination);
  const rest = isolating.length > 0 ? [{ id: ' in:policies', layers: [layer(mergeCubes(isolating.flatMap((policy) => ingressCubes(lowering, policy))))] }] : tiered(world.tier('Baseline', 'ingress'), 'in', match, [{ id: ' in:policies', layers: [layer('all')] }]);
  return tiered(world.tier('Admin', 'ingress'), 'in', match, rest);
}

function ingressCubes(lowering: Lowering, policy: IsolatingPolicy): readonly Cube[] {
  return policy.rules.flatMap((rule, index) => {
    const sources = rule.peers.length === 0 ? [[]] : rule.peers.flatMap((peer) => peerPredicates(lowering, peer, policy.namespace));
    return product(sources, portPredicates(lowering, rule.ports), { policy: policy.id, rule: index });
  });
}

function product(left: readonly Conjunction[], right: readonly Conjunction[], origin: CubeOrigin): readonly Cube[] {
  return left.flatMap((one) => right.map((other) => ({ predicates: [...one, ...other], origins: [origin] })));
}

/** Sources that no policy isolates, and sources that a rule of a policy of theirs lets out to this destination. */
function egressAlternatives(lowering: Lowering): readonly Alternative[] {
  const { mesh } = lowering;
  const world = networkWorldOf(mesh);
  const match = (rule: TierRule): readonly Cube[] => {
    const targets = rule.rule.peers.flatMap((peer) => clusterTargets(lowering, rule, peer));
    return targets.length === 0 ? [] : tierMatch(lowering, rule, sourceOf(lowering, rule, rule.subject).flatMap((source) => targets.map((target) => [...source, ...target])));
  };
  const isolating = world.all.egress;
  const scopes = isolatedSources(mesh);
  const unisolated = tiered(world.tier('Baseline', 'egress'), 'out', match, [{ id: ' out:free', layers: [layer('all', scopes)] }]).map((alternative) =>
    alternative.id === ' out:free' ? alternative : { id: alternative.id, layers: [layer('all', scopes), ...alternative.layers] },
  );
  const allowed = mergeCubes(isolating.flatMap((policy) => egressCubes(lowering, policy)));
  const rest = allowed.length === 0 ? unisolated : [...unisolated, { id: ' out:rules', layers: [layer(allowed)] }];
  return tiered(world.tier('Admin', 'egress'), 'out', match, rest);
}

const scopesOf = new WeakMap<Mesh, readonly Cube[]>();

function isolatedSources(mesh: Mesh): readonly Cube[] {
  const known = scopesOf.get(mesh);
  if (known !== undefined) return known;
  const fresh = mergeCubes(networkWorldOf(mesh).all.egress.map((policy) => ({ predicates: scope(policy), origins: [{ policy: policy.id }] })));
  scopesOf.set(mesh, fresh);
  return fresh;
}

function scope(policy: IsolatingPolicy): Conjunction {
  return [inNamespace(policy.namespace), ...labelPredicates(policy.podSelector)];
}

function egressCubes(lowering: Lowering, policy: IsolatingPolicy): readonly Cube[] {
  const targets = policy.rules.map((rule) => (rule.peers.length === 0 ? [[]] : rule.peers.flatMap((peer) => targetPredicates(lowering, policy, peer))));
  if (targets.every((found) => found.length === 0)) return [];
  // Destinations with equal ports that the same peers find have equal cubes.
  const key = canonical([lowering.tunnelled, lowering.ports ?? null, targets.map((found) => found.map((target) => target.map(predicateKey)))]);
  const cached = egressCache.get(policy) ?? new Map<string, readonly Cube[]>();
  egressCache.set(policy, cached);
  const known = cached.get(key);
  if (known !== undefined) return known;
  const within = scope(policy);
  const fresh = policy.rules.flatMap((rule, index) => product((targets[index] ?? []).map((target) => [...within, ...target]), portPredicates(lowering, rule.ports), { policy: policy.id, rule: index }));
  cached.set(key, fresh);
  return fresh;
}

const egressCache = new WeakMap<IsolatingPolicy, Map<string, readonly Cube[]>>();

/** M139, for the calling pod. */
function peerPredicates({ mesh }: Lowering, peer: NetworkPeer, namespace: string): readonly Conjunction[] {
  if (peer.ipBlock !== undefined) return blockPredicates('source.ip', peer.ipBlock.cidr, peer.ipBlock.except);
  if (peer.podSelector === undefined && peer.namespaceSelector === undefined) return [];
  return [[peer.namespaceSelector === undefined ? inNamespace(namespace) : inNamespaces(mesh, peer.namespaceSelector), ...(peer.podSelector === undefined ? [] : labelPredicates(peer.podSelector))]];
}

/** M139, for the destination: whether the peer is this pod, or under which address it is. */
function targetPredicates(lowering: Lowering, policy: IsolatingPolicy, peer: NetworkPeer): readonly Conjunction[] {
  if (peer.ipBlock !== undefined) return blockPredicates('destination.ip', peer.ipBlock.cidr, peer.ipBlock.except);
  const { mesh, destination } = lowering;
  if (destination === undefined) return [];
  if ((peer.podSelector === undefined && peer.namespaceSelector === undefined) || hostNetwork(destination)) return [];
  if (peer.podSelector !== undefined && !selectionHolds(peer.podSelector, destination.labels)) return [];
  if (peer.namespaceSelector === undefined) return destination.namespace === policy.namespace ? [[]] : [];
  return namespaceSelected(mesh, destination.namespace, peer.namespaceSelector);
}

function blockPredicates(dimension: 'source.ip' | 'destination.ip', cidr: string, except: readonly string[]): readonly Conjunction[] {
  const block = parseCidr(cidr);
  const outside = except.map(parseCidr).filter((entry) => entry !== undefined);
  return block === undefined ? [] : [[{ dimension, any: [block], none: outside }]];
}

function inNamespace(name: string): Predicate {
  const known = namespacePredicates.get(name);
  if (known !== undefined) return known;
  const fresh: Predicate = { dimension: 'peer', any: [{ type: 'source-namespace', names: [name], declared: [name], selection: undefined }], none: [] };
  namespacePredicates.set(name, fresh);
  return fresh;
}

// A pure function of the name, kept so that equal predicates are one object.
const namespacePredicates = new Map<string, Predicate>();

const selections = new WeakMap<Mesh, { readonly declared: readonly string[]; readonly known: WeakMap<LabelSelector, Predicate> }>();

function inNamespaces(mesh: Mesh, selection: LabelSelector): Predicate {
  const cache = selections.get(mesh) ?? { declared: [...declaredNamespaces(mesh).keys()].sort(compareText), known: new WeakMap<LabelSelector, Predicate>() };
  selections.set(mesh, cache);
  const known = cache.known.get(selection);
  if (known !== undefined) return known;
  const names = cache.declared.filter((name) => selectionHolds(selection, declaredNamespaces(mesh).get(name) ?? {}));
  const fresh: Predicate = { dimension: 'peer', any: [{ type: 'source-namespace', names, declared: cache.declared, selection }], none: [] };
  cache.known.set(selection, fresh);
  return fresh;
}

/** One predicate a key and requirement: labels of the calling pod. */
function labelPredicates(selector: LabelSelector): readonly Predicate[] {
  return requirementsOf(selector).map(({ key, operator, values }): Predicate => {
    const dimension = `pod-label:${key}` as const;
    const exact = values.map((text): Matcher => ({ type: 'exact', text }));
    switch (operator) {
      case 'In':
        return { dimension, any: exact.length === 0 ? [nothing] : exact, none: [] };
      case 'NotIn':
        return { dimension, any: [], none: exact };
      case 'Exists':
        return { dimension, any: [{ type: 'present' }], none: [] };
      case 'DoesNotExist':
        return { dimension, any: [], none: [{ type: 'present' }] };
      case 'unknown':
        return { dimension, any: [nothing], none: [] };
    }
  });
}

/** Accepts no label value. */
const nothing: Matcher = { type: 'holds' };

interface PortList {
  all: boolean;
  readonly numbers: number[];
  readonly ranges: { readonly first: number; readonly last: number }[];
  readonly names: string[];
}

/** M140, for this destination: names become its own numbers. One conjunction a transport; `[[]]`: any port. */
function portPredicates(lowering: Lowering, ports: readonly NetworkPort[]): readonly Conjunction[] {
  if (ports.length === 0) return [[]];
  const byTransport = new Map<Transport, PortList>();
  for (const { protocol, port, endPort } of ports) {
    const list = byTransport.get(protocol) ?? { all: false, numbers: [], ranges: [], names: [] };
    byTransport.set(protocol, list);
    if (port === undefined) list.all = true;
    else if (typeof port === 'number') {
      if (endPort === undefined || endPort === port) list.numbers.push(port);
      else list.ranges.push({ first: port, last: endPort });
    } else addName(lowering, list, protocol, port);
  }
  return [...byTransport].flatMap(([transport, list]) => onWire(lowering, transport, list));
}

function addName({ ports }: Lowering, list: PortList, transport: Transport, name: string): void {
  if (ports === undefined) list.names.push(name);
  else list.numbers.push(...ports.filter((candidate) => candidate.name === name && candidate.protocol === transport).map((candidate) => candidate.port));
}

function onWire({ tunnelled }: Lowering, transport: Transport, list: PortList): readonly Conjunction[] {
  const over: Predicate = { dimension: 'transport', any: [{ type: 'one-of', text: transport }], none: [] };
  if (list.all) return [[over]];
  const matchers: readonly Matcher[] = [...list.numbers.map((value) => ({ type: 'number', value }) as const), ...list.ranges.map((range) => ({ type: 'port-range', ...range }) as const)];
  const listed: Conjunction[] = matchers.length === 0 ? [] : [[over, { dimension: 'port', any: matchers, none: [] }]];
  // A pod that no manifest declares has ports of unknown names: one boolean a name.
  const named: Conjunction[] = list.names.map((name) => [over, { dimension: portNameDimension(name), any: [{ type: 'holds' }], none: [] }]);
  if (!tunnelled || transport !== 'TCP') return [...listed, ...named];
  const plain: Predicate = { dimension: 'peer', any: [], none: [{ type: 'identified' }] };
  const tunnel: Conjunction[] = list.numbers.includes(15008) || list.ranges.some(({ first, last }) => first <= 15008 && last >= 15008) ? [[over, { dimension: 'peer', any: [{ type: 'identified' }], none: [] }]] : [];
  return [...[...listed, ...named].map((conjunction) => [...conjunction, plain]), ...tunnel];
}

/** True: the asked port is the one that the pod calls so. */
export function portNameDimension(name: string): `opaque:${string}` {
  return `opaque:port-name ${name}`;
}

/** Whether a cluster-wide rule's peer or subject is this destination, or under which address it is. */
function clusterTargets(lowering: Lowering, rule: TierRule, peer: ClusterPeer): readonly Conjunction[] {
  const { mesh, destination } = lowering;
  if (peer.type === 'networks') return peer.networks.flatMap((cidr) => blockPredicates('destination.ip', cidr, []));
  if (peer.type === 'unknown' || (destination === undefined && (peer.type === 'nodes' || peer.type === 'domain-names'))) unread(lowering, rule);
  if (destination === undefined || (peer.type !== 'namespaces' && peer.type !== 'pods')) return [];
  return peer.type === 'namespaces' || selectionHolds(peer.pods, destination.labels) ? namespaceSelected(mesh, destination.namespace, peer.namespaces) : [];
}

/** Callers that a cluster-wide peer or subject names. */
function sourceOf(lowering: Lowering, rule: TierRule, peer: ClusterPeer): readonly Conjunction[] {
  switch (peer.type) {
    case 'namespaces':
      return [[inNamespaces(lowering.mesh, peer.namespaces)]];
    case 'pods':
      return [[inNamespaces(lowering.mesh, peer.namespaces), ...labelPredicates(peer.pods)]];
    case 'networks':
      return peer.networks.flatMap((cidr) => blockPredicates('source.ip', cidr, []));
    case 'nodes':
    case 'domain-names':
    case 'unknown':
      unread(lowering, rule);
      return [];
  }
}

function tierMatch(lowering: Lowering, rule: TierRule, sources: readonly Conjunction[]): readonly Cube[] {
  if (rule.rule.action === 'unknown') {
    unread(lowering, rule);
    return [];
  }
  return product(sources, rule.rule.ports === undefined ? [[]] : clusterPorts(lowering, rule, rule.rule.ports), { policy: rule.id, rule: rule.index });
}

function clusterPorts(lowering: Lowering, rule: TierRule, ports: readonly ClusterPort[]): readonly Conjunction[] {
  const named: NetworkPort[] = ports.flatMap((port): NetworkPort[] => {
    if (port.type === 'range') return [{ protocol: port.protocol, port: port.start, endPort: port.end }];
    if (port.type === 'name') return (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({ protocol, port: port.name, endPort: undefined }));
    unread(lowering, rule);
    return [];
  });
  return named.length === 0 ? [] : portPredicates(lowering, named);
}

function unread(lowering: Lowering, rule: TierRule): void {
  lowering.unread.set(rule.id, shortHash(canonical(rule.rule)));
}

/** A caller that is no pod: what it sends to the outside is not this cluster's. */
export const noPod: Cube = { predicates: [{ dimension: 'peer', any: [], none: [{ type: 'source-namespace', names: [], declared: [], selection: { matchLabels: {}, matchExpressions: [] } }] }], origins: [] };

/** Callers that are no pod and have a label that some layer asks for: only pods have labels (M139). */
export function labelledNobodies(ways: readonly Alternative[]): readonly Cube[] {
  const asked = new Set<Predicate['dimension']>();
  for (const { layers } of ways) {
    for (const { allow, deny } of layers) {
      for (const cubes of [allow === 'all' ? [] : allow, deny]) for (const cube of cubes) for (const { dimension } of cube.predicates) if (dimension.startsWith('pod-label:')) asked.add(dimension);
    }
  }
  return [...asked].sort(compareText).map((dimension) => ({ predicates: [...noPod.predicates, { dimension, any: [{ type: 'present' }], none: [] }], origins: [] }));
}

/** Connections that cannot be, where transports are told apart. */
export const impossibleTransports: readonly Cube[] = [
  { predicates: [{ dimension: 'transport', any: [{ type: 'one-of', text: 'UDP' }, { type: 'one-of', text: 'SCTP' }], none: [] }, { dimension: 'protocol', any: ['http', 'https', 'tls'].map((text): Matcher => ({ type: 'one-of', text })), none: [] }], origins: [] },
  { predicates: [{ dimension: 'transport', any: [{ type: 'one-of', text: 'UDP' }, { type: 'one-of', text: 'SCTP' }], none: [] }, { dimension: 'peer', any: [{ type: 'identified' }], none: [] }], origins: [] },
];
