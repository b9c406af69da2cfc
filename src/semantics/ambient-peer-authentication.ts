/**
 * PeerAuthentication in ambient: istiod turns it into DENY rules for ztunnel, and not every mode survives the way (M25 to M31).
 */
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { compareBy } from '#lib/order.ts';
import { creationSecond } from '#mesh/ports.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';

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

/** M29 to M31. DISABLE is PERMISSIVE (M28). */
export function ambientMtls(mesh: Mesh, attached: Attached): AmbientMtls {
  const root = oldest(attached.peerAuthentication.mesh.filter((policy) => policy.spec.selector === undefined));
  const namespaceWide = oldest(attached.peerAuthentication.namespace);
  const own = oldest(attached.peerAuthentication.workload);
  const rootStrict = root === undefined || root.spec.mode === 'UNSET' ? mesh.config.defaultMtls === 'STRICT' : root.spec.mode === 'STRICT';
  const inherited = namespaceWide === undefined || namespaceWide.spec.mode === 'UNSET' ? rootStrict : namespaceWide.spec.mode === 'STRICT';
  const namespaceSilent = namespaceWide === undefined || namespaceWide.spec.mode === 'UNSET';
  const mode = own?.spec.mode ?? 'UNSET';
  const strict = mode === 'UNSET' ? inherited : mode === 'STRICT';
  if (own === undefined) return { strict, exceptions: new Set(), by: undefined };
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

/** Strictly oldest; equal times depend on fetch order, the first by name stands for them (M14). */
function oldest(policies: readonly Policy[]): Policy | undefined {
  return [...policies].sort(
    compareBy(
      (policy) => creationSecond(policy.creationTimestamp),
      (policy) => policy.name,
    ),
  )[0];
}
