/**
 * PeerAuthentication in ambient: istiod turns it into DENY rules for ztunnel, and not every mode survives the way (M25 to M31).
 */
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { isSettled, judgedOldest, mayBeOldest, worldsOf } from './peer-authentication.ts';

export interface AmbientMtls {
  /** Plaintext to a port that no list names is refused. */
  readonly strict: boolean;
  /** Ports for which the opposite holds. */
  readonly exceptions: ReadonlySet<number>;
  /** The workload's policy, where its port modes make a difference. */
  readonly by: string | undefined;
}

type Policy = Resource<'PeerAuthentication'>;

/** Plaintext (no peer identity) to this port is refused. */
export function refusesPlaintext(mtls: AmbientMtls, port: number): boolean {
  return mtls.exceptions.has(port) ? !mtls.strict : mtls.strict;
}

/** M29 to M31. DISABLE is PERMISSIVE (M28). Equal times depend on fetch order (M14): an open order is rounded as for sidecars (M15a). */
export function ambientMtls(mesh: Mesh, attached: Attached): AmbientMtls {
  const { mesh: meshWide, namespace, workload } = attached.peerAuthentication;
  const scopes = [meshWide.filter((policy) => policy.spec.selector === undefined), namespace, workload].map((policies) => judgedOldest(mayBeOldest(policies, mesh), mesh));
  const settled = scopes.map((candidates) => (isSettled(candidates, mesh) ? candidates : []));
  const rounded = worldsOf(settled).map((chosen) => {
    const worlds = worldsOf(scopes.map((candidates, scope) => (chosen[scope] === undefined ? candidates : [chosen[scope]]))).map(([first, second, third]) => inWorld(mesh, first, second, third));
    return worlds.reduce((found, world) => (weight(world) < weight(found) ? world : found));
  });
  return rounded.reduce((found, world) => (weight(world) > weight(found) ? world : found));
}

/** More than any list of exceptions. */
const allPorts = 65_536;

/** On how many ports plaintext is refused. */
function weight({ strict, exceptions }: AmbientMtls): number {
  return strict ? allPorts - exceptions.size : exceptions.size;
}

function inWorld(mesh: Mesh, root: Policy | undefined, namespaceWide: Policy | undefined, own: Policy | undefined): AmbientMtls {
  const rootStrict = root === undefined || root.spec.mode === 'UNSET' ? mesh.config.defaultMtls === 'STRICT' : root.spec.mode === 'STRICT';
  const inherited = namespaceWide === undefined || namespaceWide.spec.mode === 'UNSET' ? rootStrict : namespaceWide.spec.mode === 'STRICT';
  const namespaceSilent = namespaceWide === undefined || namespaceWide.spec.mode === 'UNSET';
  const mode = own?.spec.mode ?? 'UNSET';
  if (own === undefined) return { strict: inherited, exceptions: new Set(), by: undefined };
  const portsOf = (...modes: readonly string[]): number[] => [...own.spec.portLevelMtls].filter(([, portMode]) => modes.includes(portMode)).map(([port]) => port);
  const excepted = (world: boolean, ports: readonly number[]): AmbientMtls => ({ strict: world, exceptions: new Set(ports), by: ports.length === 0 ? undefined : resourceId(own) });
  if (mode === 'STRICT') return excepted(true, portsOf('PERMISSIVE', 'DISABLE'));
  // M31 (i): under a strict mesh the port rule of an open workload is lost.
  if (mode !== 'UNSET') return excepted(false, rootStrict && namespaceSilent ? [] : portsOf('STRICT'));
  if (!inherited) return excepted(false, portsOf('STRICT'));
  const opened = portsOf('PERMISSIVE');
  // M30: an inherited STRICT looks for PERMISSIVE only.
  if (opened.length === 0) return excepted(true, []);
  // M31 (ii): a namespace policy without mode hides the mesh's STRICT while the exception has already removed it.
  if (namespaceWide !== undefined && namespaceWide.spec.mode === 'UNSET') return excepted(false, []);
  return excepted(true, [...opened, ...portsOf('DISABLE')]);
}
