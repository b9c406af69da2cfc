/**
 * Ways from ambient straight into a pod behind a sidecar: in a tunnel, which is mTLS whatever PeerAuthentication says and reaches every
 * port (M20), or in plaintext where the sidecar takes no tunnels (M52). They exist beside the connections of sidecars, never for one client.
 */
import { policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { foreignTrustDomain, handleTunnel } from '#semantics/peer-authentication.ts';
import type { Layer, Path, Predicate } from '#sets/cube.ts';
import { settled } from '#sets/settle.ts';
import { takesTunnels } from './arrival.ts';
import { allPortsBut, onlyPorts, portPredicates } from './port-set.ts';
import type { PortSet } from './port-set.ts';
import type { LoweredPolicies } from './sidecar-lowering.ts';
import { protocolOf } from './sidecar.ts';
import { envoyLayers, fixed } from './waypoint-paths.ts';

export interface TunnelWays {
  readonly possible: readonly Path[];
  /** The same list where no provider is asked. */
  readonly sure: readonly Path[];
  /** Ids of the paths on which the connection is a tunnel on the wire (M142). */
  readonly tunnels: ReadonlySet<string>;
  readonly lowered: readonly LoweredPolicies[];
}

/** A client in ambient, whatever it addresses. */
export const fromAmbient: readonly Predicate[] = [
  { dimension: 'address', any: [{ type: 'present' }], none: [] },
  { dimension: 'peer', any: [{ type: 'identified' }], none: [] },
];

/** @param straight how connections of sidecars are taken; @param elsewhere what leads through a waypoint */
export function tunnelWays(mesh: Mesh, workload: Workload, straight: { readonly possible: readonly Path[]; readonly sure: readonly Path[] }, elsewhere: readonly string[]): TunnelWays {
  if (!takesTunnels(mesh, workload)) {
    const plain = (paths: readonly Path[]): readonly Path[] => paths.map(({ id, layers }) => ({ id: `plaintext ${id}`, layers: [onlyFromAmbient(elsewhere), ...layers.map(withoutIdentity)] }));
    const possible = plain(straight.possible);
    return { possible, sure: straight.sure === straight.possible ? possible : plain(straight.sure), tunnels: new Set(), lowered: [] };
  }
  const attached = policiesFor(mesh, workload);
  const declared = workload.ports.map(({ port }) => port);
  const classes: readonly { readonly id: string; readonly ports: PortSet; readonly port: number | undefined }[] = [
    ...declared.map((port) => ({ id: `tunnel port ${String(port)}`, ports: onlyPorts(port), port })),
    { id: 'tunnel port other', ports: allPortsBut(declared), port: undefined },
  ];
  const built = classes.map(({ id, ports, port }) => {
    const protocol = port === undefined ? 'auto' : protocolOf(workload, port);
    // A3.24: the peer has no address in a tunnel, and there is no certificate on the inner connection.
    const { shared, asking, lowered } = envoyLayers(mesh, attached, (kind) => handleTunnel(protocol, kind.protocol), fixed([['source.ip', null], ['header:x-forwarded-client-cert', null], ...(port === undefined ? [] : [['port', port] as const])]));
    const layers: readonly Layer[] = [onlyFromAmbient(elsewhere, portPredicates(ports)), { id: 'mtls', allow: 'all', deny: [{ predicates: [foreignTrustDomain(mesh.config)], origins: [] }] }, ...shared];
    return { id, layers, asking, lowered };
  });
  const possible = built.map(({ id, layers }): Path => ({ id, layers }));
  const asks = built.some(({ asking }) => asking.length > 0);
  const sure = asks ? built.map(({ id, layers, asking }): Path => ({ id, layers: [...asking.map((deny): Layer => ({ id: 'external-authorization', allow: 'all', deny })), ...layers] })) : possible;
  return { possible, sure, tunnels: new Set(possible.map(({ id }) => id)), lowered: built.flatMap(({ lowered }) => lowered) };
}

function oneOf(addresses: readonly string[]): Predicate {
  return { dimension: 'address', any: addresses.map((text) => ({ type: 'one-of', text })), none: [] };
}

function routed(allow: Layer['allow'], deny: Layer['deny']): Layer {
  return { id: 'routing', allow, deny };
}

const identified: Predicate = { dimension: 'peer', any: [{ type: 'identified' }], none: [] };

/** Straight connections are those of clients that are not in ambient. */
export const notFromAmbient: Layer = routed('all', [{ predicates: fromAmbient, origins: [] }]);

/** M75: an ambient client that addresses what has a waypoint goes through it. */
export function notThrough(addresses: readonly string[]): Layer {
  return routed('all', addresses.length === 0 ? [] : [{ predicates: [oneOf(addresses), identified], origins: [] }]);
}

export function onlyThrough(address: string): Layer {
  return routed([{ predicates: [oneOf([address]), identified], origins: [] }], []);
}

/** Clients in ambient, but for what leads through a waypoint. */
export function onlyFromAmbient(elsewhere: readonly string[], ports: readonly Predicate[] = []): Layer {
  const past = elsewhere.map((text) => ({ type: 'one-of', text }) as const);
  return routed([{ predicates: [...fromAmbient.map((predicate) => (predicate.dimension === 'address' ? { ...predicate, none: past } : predicate)), ...ports], origins: [] }], []);
}

/** The layer as it meets the same request without an identity and without the server name that only TLS carries. */
function withoutIdentity(layer: Layer): Layer {
  return settled(layer, (dimension) => (dimension === 'peer' || dimension === 'sni' ? null : undefined));
}
