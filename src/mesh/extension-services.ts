/** Whether the Service that an external authorizer is reached by exists (A6.2). */
import type { AnyResource } from '#manifests/resource.ts';
import type { ExtensionProvider } from './model.ts';

/** Hosts that istiod's registry has, each alone and as `namespace/host`. */
export function extensionHosts(...sides: readonly (readonly AnyResource[])[]): ReadonlySet<string> {
  const hosts = new Set<string>();
  const add = (namespace: string, host: string): void => {
    hosts.add(host).add(`${namespace}/${host}`);
  };
  for (const resource of sides.flat()) {
    const namespace = resource.namespace ?? 'default';
    if (resource.kind === 'Service') add(namespace, `${resource.name}.${namespace}.svc.cluster.local`);
    else if (resource.kind === 'ServiceEntry') for (const host of resource.spec.hosts) add(namespace, host);
  }
  return hosts;
}

/**
 * A6.2: istiod looks a provider's service up in its registry. That it is missing is certain where the manifests are the whole cluster, and
 * where the other side declares it; elsewhere it may be declared in another place (R26).
 * @param either hosts that either side declares
 */
export function withRegistry(providers: readonly ExtensionProvider[] | undefined, resources: readonly AnyResource[], either: (() => ReadonlySet<string>) | undefined, world: 'closed' | 'open'): readonly ExtensionProvider[] | undefined {
  if (providers === undefined || providers.length === 0) return providers;
  const own = extensionHosts(resources);
  return providers.map((provider) => {
    if (provider.broken !== undefined || provider.type === 'other' || own.has(provider.service)) return provider;
    if (world === 'closed' || either?.().has(provider.service) === true) return { ...provider, broken: `its service \`${provider.service}\` is not in the registry` };
    return { ...provider, undeclared: true };
  });
}
