/** Where a namespace's sidecars may send what no registry knows: the Sidecar of the namespace, of the root namespace, the mesh (M97 to M101). */
import type { Resource } from '#manifests/resource.ts';
import type { SideFacts } from './facts.ts';

export interface Outbound {
  readonly registryOnly: boolean;
  /** The Sidecar that says so; `undefined`: the mesh configuration, or its default. */
  readonly by: Resource<'Sidecar'> | undefined;
}

export function outboundOf(side: SideFacts): (namespace: string) => Outbound {
  const root = side.mesh.config.rootNamespace;
  const wide = new Map<string, Resource<'Sidecar'>>();
  for (const sidecar of side.of('Sidecar')) {
    const namespace = sidecar.namespace ?? '';
    if (isWide(sidecar) && !wide.has(namespace)) wide.set(namespace, sidecar);
  }
  const mesh: Outbound = { registryOnly: side.mesh.config.outboundTrafficPolicy === 'REGISTRY_ONLY', by: undefined };
  return (namespace) => {
    const sidecar = wide.get(namespace) ?? wide.get(root);
    const policy = sidecar?.spec.outboundTrafficPolicy;
    return sidecar === undefined || policy === undefined ? mesh : { registryOnly: policy.mode === 'REGISTRY_ONLY', by: sidecar };
  };
}

/** Without a selector: for every pod of the namespace. */
export function isWide(sidecar: Resource<'Sidecar'>): boolean {
  return sidecar.spec.workloadSelector === undefined || Object.keys(sidecar.spec.workloadSelector.labels).length === 0;
}

/** Nothing here says anything about what leaves the mesh. */
export function saysNothing(side: SideFacts): boolean {
  return side.mesh.config.statedBy === undefined && side.of('Sidecar').every((sidecar) => sidecar.spec.outboundTrafficPolicy === undefined) && side.of('ServiceEntry').length === 0;
}
