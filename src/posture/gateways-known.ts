/**
 * Which gateways of a mesh a comparison knows whole (M110, M120): every port of their pods is modelled, declared or not. What acts
 * elsewhere is not known.
 */
import { gatewayPods, type GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { servedBy } from '#semantics/gateways/served.ts';
import { askedPorts, gatewaysOf } from './gateway-destinations.ts';
import { gatewayPort } from './gateway-paths.ts';
import { phantomGateways } from './gateway-phantoms.ts';

export interface KnownGateways {
  /** `Gateway/namespace/name` of Gateways, of either API, that some gateway serves, and none that is not known whole. */
  readonly known: ReadonlySet<string>;
  /** Those that some gateway serves which is not. */
  readonly open: ReadonlySet<string>;
}

const remembered = new WeakMap<Mesh, KnownGateways>();

export function knownGateways(mesh: Mesh): KnownGateways {
  const cached = remembered.get(mesh);
  if (cached !== undefined) return cached;
  const [known, open] = [new Set<string>(), new Set<string>()];
  const phantoms = phantomGateways([mesh]).flatMap((id) => gatewayPods(mesh, id, undefined) ?? []);
  for (const pods of [...gatewaysOf(mesh).values(), ...phantoms]) {
    const whole = isWhole(mesh, pods);
    for (const { by } of servedBy(mesh, pods, {}).gateways) (whole ? known : open).add(by);
  }
  for (const by of open) known.delete(by);
  const fresh: KnownGateways = { known, open };
  remembered.set(mesh, fresh);
  return fresh;
}

function isWhole(mesh: Mesh, pods: GatewayPods): boolean {
  return askedPorts([{ mesh, pods }]).every((port) => gatewayPort(mesh, pods, port, { presence: () => false, byName: false, behind: () => false }).untold === undefined);
}
