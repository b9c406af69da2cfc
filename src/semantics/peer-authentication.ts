/**
 * Which mTLS mode a workload port has (M1 to M15), and what a sidecar does with a connection in that mode (M16 to M18, A4.4 to A4.6).
 */
import { compareBy } from '#lib/order.ts';
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh, MeshConfig, PortProtocol } from '#mesh/model.ts';
import { creationSecond } from '#mesh/ports.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import type { Predicate } from '#sets/cube.ts';
import { trustDomainsOf } from './values.ts';

export type Mode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export interface PortMode {
  readonly mode: Mode;
  /** The policy that states it; `undefined`: Istio's default (M6). */
  readonly by: string | undefined;
}

export interface EffectiveMtls {
  readonly workload: PortMode;
  /** Ports that differ from the workload's mode, or are stated at all (M7). */
  readonly ports: ReadonlyMap<number, PortMode>;
  /** More than one policy may be the oldest of its scope: the weakest of them is taken (M15a), the strictest where the head settles it. Ids in order. */
  readonly judgedByWeakest: readonly string[];
  /** Scopes of these ties: `mesh`, a namespace, `namespace/first policy` of one workload. */
  readonly ties: readonly string[];
}

type Policy = Resource<'PeerAuthentication'>;

const strength: Readonly<Record<Mode, number>> = { DISABLE: 0, PERMISSIVE: 1, STRICT: 2 };

export function modeAt(effective: EffectiveMtls, port: number): PortMode {
  return effective.ports.get(port) ?? effective.workload;
}

/** M6 to M8, M13, M15. */
export function effectiveMtls(mesh: Mesh, attached: Attached): EffectiveMtls {
  const { mesh: meshWide, namespace, workload } = attached.peerAuthentication;
  if (meshWide.length < 2 && namespace.length < 2 && workload.length < 2) return ofOne(mesh.config, meshWide[0], namespace[0], workload[0]);
  const scopes = [meshWide, namespace, workload].map((policies) => mayBeOldest(policies, mesh));
  const worlds = worldsOf(scopes).map(([first, second, third]) => resolve(first, second, third, mesh.config));
  const only = worlds[0];
  if (only !== undefined && worlds.every((world) => sameModes(world, only))) return only;
  const ambiguous = scopes.filter((candidates) => candidates.length > 1);
  const judged = scopes.map((candidates) => judgedOldest(candidates, mesh));
  // What the head settles is judged by the strictest, what it leaves open by the weakest.
  const settled = judged.map((candidates) => (isSettled(candidates, mesh) ? candidates : []));
  const rounded = worldsOf(settled).map((chosen) =>
    round(worldsOf(judged.map((candidates, scope) => (chosen[scope] === undefined ? candidates : [chosen[scope]]))).map(([first, second, third]) => resolve(first, second, third, mesh.config)), 'weakest'),
  );
  return { ...round(rounded, 'strictest'), judgedByWeakest: ambiguous.flat().map((policy) => resourceId(policy)).sort(), ties: ambiguous.map((candidates) => scopeOf(candidates, mesh)).sort() };
}

type Scoped<V> = Map<Policy | undefined, V>;

const resolved = new WeakMap<MeshConfig, Scoped<Scoped<Scoped<EffectiveMtls>>>>();

/** At most one policy of each scope: asked with every request, and most workloads are under the same ones. */
function ofOne(config: MeshConfig, meshWide: Policy | undefined, namespaceWide: Policy | undefined, own: Policy | undefined): EffectiveMtls {
  const forConfig = resolved.get(config) ?? new Map<Policy | undefined, Scoped<Scoped<EffectiveMtls>>>();
  resolved.set(config, forConfig);
  const forMesh = forConfig.get(meshWide) ?? new Map<Policy | undefined, Scoped<EffectiveMtls>>();
  forConfig.set(meshWide, forMesh);
  const forNamespace = forMesh.get(namespaceWide) ?? new Map<Policy | undefined, EffectiveMtls>();
  forMesh.set(namespaceWide, forNamespace);
  const known = forNamespace.get(own);
  if (known !== undefined) return known;
  const fresh = resolve(meshWide, namespaceWide, own, config);
  forNamespace.set(own, fresh);
  return fresh;
}

type World = readonly [Policy | undefined, Policy | undefined, Policy | undefined];

/** Every choice of one policy per scope: mesh, namespace, workload. */
export function worldsOf([meshWide = [], namespaceWide = [], own = []]: readonly (readonly Policy[])[]): readonly World[] {
  const orNone = (candidates: readonly Policy[]): readonly (Policy | undefined)[] => (candidates.length === 0 ? [undefined] : candidates);
  return orNone(meshWide).flatMap((first) => orNone(namespaceWide).flatMap((second) => orNone(own).map((third): World => [first, second, third])));
}

/** The one that the head changes, where there is one; else all of them. */
export function judgedOldest(candidates: readonly Policy[], mesh: Mesh): readonly Policy[] {
  const changed = candidates.filter((policy) => mesh.elders.has(resourceId(policy)));
  return changed.length === 1 ? changed : candidates;
}

/** The order among these is open here, and the other side holds other candidates. */
export function isSettled(candidates: readonly Policy[], mesh: Mesh): boolean {
  return candidates.length > 1 && candidates.some((policy) => mesh.unsettled.has(resourceId(policy)));
}

function scopeOf(candidates: readonly Policy[], mesh: Mesh): string {
  const [first] = candidates;
  const namespace = first?.namespace ?? '';
  if (namespace === mesh.config.rootNamespace) return 'mesh';
  return first !== undefined && Object.keys(first.spec.selector?.matchLabels ?? {}).length > 0 ? `${namespace}/${first.name}` : namespace;
}

/** M6: the narrowest scope that is not UNSET. M7: ports of the one workload policy. */
function resolve(meshWide: Policy | undefined, namespaceWide: Policy | undefined, own: Policy | undefined, config: MeshConfig): EffectiveMtls {
  let workload: PortMode = { mode: config.defaultMtls, by: undefined };
  for (const policy of [meshWide, namespaceWide, own]) {
    if (policy !== undefined && policy.spec.mode !== 'UNSET') workload = { mode: policy.spec.mode, by: resourceId(policy) };
  }
  const ports = new Map<number, PortMode>();
  if (own !== undefined) {
    for (const [port, mode] of [...own.spec.portLevelMtls].sort(([left], [right]) => left - right)) {
      ports.set(port, mode === 'UNSET' ? workload : { mode, by: resourceId(own) });
    }
  }
  return { workload, ports, judgedByWeakest: [], ties: [] };
}

function sameModes(left: EffectiveMtls, right: EffectiveMtls): boolean {
  return left.workload.mode === right.workload.mode && [...left.ports.keys(), ...right.ports.keys()].every((port) => modeAt(left, port).mode === modeAt(right, port).mode);
}

function round(worlds: readonly EffectiveMtls[], towards: 'weakest' | 'strictest'): EffectiveMtls {
  const wins = (mode: PortMode, found: PortMode): boolean => (towards === 'weakest' ? strength[mode.mode] < strength[found.mode] : strength[mode.mode] > strength[found.mode]);
  const pick = (modes: readonly PortMode[]): PortMode => modes.reduce((found, mode) => (wins(mode, found) ? mode : found), modes[0] ?? { mode: 'PERMISSIVE', by: undefined });
  const named = [...new Set(worlds.flatMap((world) => [...world.ports.keys()]))].sort((left, right) => left - right);
  return {
    workload: pick(worlds.map((world) => world.workload)),
    ports: new Map(named.map((port) => [port, pick(worlds.map((world) => modeAt(world, port)))])),
    judgedByWeakest: [],
    ties: [],
  };
}

/**
 * Policies of one scope that may be the oldest. One where creation order is known: by time, then name, then namespace (M13); in a
 * whole cluster, objects without a time were made in the same second. In a repository the order of two objects that both exist is
 * not known (M15a), one that the head adds is younger (M15b), and objects all added together follow their names (M15d).
 */
export function mayBeOldest(policies: readonly Policy[], mesh: Mesh): readonly Policy[] {
  if (policies.length < 2) return policies;
  const ordered = [...policies].sort(
    compareBy(
      (policy) => creationSecond(policy.creationTimestamp),
      (policy) => policy.name,
      (policy) => policy.namespace ?? '',
    ),
  );
  const first = ordered[0];
  if (first === undefined) return ordered;
  if (mesh.world === 'closed' || ordered.every((policy) => policy.creationTimestamp !== undefined)) return [first];
  const seniors = mesh.seniors;
  const old = seniors === undefined ? ordered : ordered.filter((policy) => seniors.has(resourceId(policy)));
  if (old.length === 0) return [first];
  const timed = old.find((policy) => policy.creationTimestamp !== undefined);
  return old.filter((policy) => policy.creationTimestamp === undefined || policy === timed);
}

/** What a client does on the wire: `identity` = mesh mTLS with a certificate; `tls` and `https` without one are its own TLS. */
export interface ClientKind {
  readonly protocol: 'http' | 'https' | 'tcp' | 'tls';
  readonly identity: boolean;
}

export const clientKinds: readonly ClientKind[] = [
  { protocol: 'http', identity: false },
  { protocol: 'tcp', identity: false },
  { protocol: 'tls', identity: false },
  { protocol: 'https', identity: false },
  { protocol: 'http', identity: true },
  { protocol: 'tcp', identity: true },
];

export type Handling =
  /** `seesPeer`: the proxy has ended the mTLS before it refuses, so a foreign trust domain is refused first. */
  | { readonly outcome: 'refused'; readonly layer: 'mtls' | 'protocol'; readonly seesPeer: boolean; readonly rule: string; readonly because: string }
  | {
      readonly outcome: 'chain';
      readonly chain: 'http' | 'tcp';
      /** The proxy ends the mTLS and sees whose it is. */
      readonly seesPeer: boolean;
      /** The client's TLS goes on to the application. */
      readonly passthrough: boolean;
      readonly rule: string;
      readonly because: string;
    };

/** The connection table: port protocol × mode × client. */
export function handleConnection(port: PortProtocol, mode: Mode, client: ClientKind): Handling {
  const ownTls = !client.identity && (client.protocol === 'tls' || client.protocol === 'https');
  if (mode === 'STRICT' && !client.identity) {
    return { outcome: 'refused', layer: 'mtls', seesPeer: false, rule: 'M18', because: ownTls ? 'STRICT refuses TLS without a client certificate of the mesh' : 'STRICT refuses plaintext' };
  }
  if (ownTls) {
    if (port === 'http') return { outcome: 'refused', layer: 'mtls', seesPeer: false, rule: mode === 'DISABLE' ? 'M16' : 'M17', because: 'a port declared as HTTP has no place for TLS from outside the mesh' };
    return { outcome: 'chain', chain: 'tcp', seesPeer: false, passthrough: true, rule: 'A4.6', because: 'TLS from outside the mesh goes to the application untouched, without identity' };
  }
  if (client.identity && mode === 'DISABLE') {
    if (port === 'http') return { outcome: 'refused', layer: 'mtls', seesPeer: false, rule: 'M16', because: 'DISABLE offers no TLS on a port declared as HTTP' };
    return { outcome: 'chain', chain: 'tcp', seesPeer: false, passthrough: true, rule: 'M16', because: 'under DISABLE the mesh TLS goes to the application as opaque bytes, without identity' };
  }
  return chainOf(port, client);
}

/** M20, A4.8: inside a tunnel the peer is known and no TLS is expected; the client's own TLS is bytes like any other. */
export function handleTunnel(port: PortProtocol, protocol: ClientKind['protocol']): Handling {
  return chainOf(port, { protocol: protocol === 'http' ? 'http' : 'tcp', identity: true });
}

/** Plaintext, or the inside of ended TLS: which chain takes it. */
function chainOf(port: PortProtocol, client: ClientKind): Handling {
  if (port === 'http') {
    if (client.protocol === 'tcp') return { outcome: 'refused', layer: 'protocol', seesPeer: client.identity, rule: 'A4.4', because: 'the port is declared as HTTP and the bytes are none' };
    return chainFor('http', client, 'A4.4', 'the port is declared as HTTP');
  }
  if (port === 'tcp' || port === 'udp') return chainFor('tcp', client, 'A4.4', port === 'udp' ? 'TCP to the number of a UDP port gets L4 rules only' : 'the port is declared as TCP');
  return chainFor(client.protocol === 'http' ? 'http' : 'tcp', client, 'A4.4', 'no Service declares the protocol, the proxy looks at what the client speaks');
}

function chainFor(chain: 'http' | 'tcp', client: ClientKind, rule: string, because: string): Handling {
  return { outcome: 'chain', chain, seesPeer: client.identity, passthrough: false, rule, because };
}

/** A3.14: peers that TLS refuses although their certificate chains to the mesh root. Holds for a refused peer. */
export function foreignTrustDomain(config: MeshConfig): Predicate {
  if (config.anyTrustDomain) return { dimension: 'peer', any: [{ type: 'identified' }], none: [{ type: 'identified' }] };
  const known = foreign.get(config);
  if (known !== undefined) return known;
  const accepted = [...new Set([...trustDomainsOf(config), ...config.extraTrustDomains])];
  const fresh: Predicate = { dimension: 'peer', any: [{ type: 'identified' }], none: accepted.map((domain) => ({ type: 'trust-domain', pattern: { type: 'exact', text: domain } })) };
  foreign.set(config, fresh);
  return fresh;
}

const foreign = new WeakMap<MeshConfig, Predicate>();
