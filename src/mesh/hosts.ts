/** Hosts as Istio's networking objects write them, resolved to Services (M33). */
import type { Resource } from '#manifests/resource.ts';

const clusterDomain = '.svc.cluster.local';

/** A name without dots belongs to the object's own namespace; every other is taken as written (M33). */
export function fullHost(host: string, namespace: string): string {
  return host === '' || host === '*' || host.includes('.') || host.includes(':') ? host : `${host}.${namespace}${clusterDomain}`;
}

export function hostOf(service: Pick<Resource<'Service'>, 'name' | 'namespace'>): string {
  return `${service.name}.${service.namespace ?? ''}${clusterDomain}`;
}

/** A `*` stands for any prefix. */
export function hostMatches(pattern: string, host: string): boolean {
  return pattern === host || pattern === '*' || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));
}

/** Services, by namespace, that the host names. */
export function servicesNamed(services: ReadonlyMap<string, readonly Resource<'Service'>[]>, host: string, namespace: string): readonly Resource<'Service'>[] {
  const full = fullHost(host, namespace);
  const owner = /\.([^.]+)\.svc\.cluster\.local$/.exec(full)?.[1];
  const candidates = owner === undefined ? (full.startsWith('*') ? [...services.values()].flat() : []) : (services.get(owner) ?? []);
  return candidates.filter((service) => hostMatches(full, hostOf(service)));
}
