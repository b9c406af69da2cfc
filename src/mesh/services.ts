/** Services of a workload, and what stands behind a host name. */
import { compareBy } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { Resource } from '#manifests/resource.ts';
import { ofKind } from './attachment.ts';
import type { Mesh, Workload } from './model.ts';
import { declaredPorts, podSpecOf } from './ports.ts';
import type { DeclaredPort } from './ports.ts';
import { selectorIndex } from './selection.ts';
import type { Labels } from './selection.ts';
import type { Addressable } from './waypoints.ts';
import { workloadsWith } from './workload-index.ts';

interface Index {
  readonly selecting: ReadonlyMap<string, (labels: Labels) => readonly Addressable[]>;
  readonly byHost: ReadonlyMap<string, Addressable>;
  /** Ports of a workload's pods, by workload. */
  readonly ports: WeakMap<Workload, readonly DeclaredPort[]>;
}

/** By the Services in force: meshes that differ in other kinds share it. */
const indexes = new WeakMap<readonly Resource<'Service'>[], { readonly entries: readonly Resource<'ServiceEntry'>[]; readonly index: Index }>();

/** Services and ServiceEntries whose selector takes the workload's pods, in id order. */
export function servicesOf(mesh: Mesh, workload: Pick<Workload, 'namespace' | 'labels'>): readonly Addressable[] {
  return indexOf(mesh).selecting.get(workload.namespace)?.(workload.labels) ?? [];
}

/** What the Services that select a declared workload's pods say of its ports. */
export function portsDeclaredFor(mesh: Mesh, workload: Workload): readonly DeclaredPort[] {
  const { ports } = indexOf(mesh);
  const known = ports.get(workload);
  if (known !== undefined) return known;
  const spec = podSpecOf(workload);
  const fresh = spec === undefined ? [] : declaredPorts(spec, servicesOf(mesh, workload).filter((service) => service.kind === 'Service'), mesh.seniors);
  ports.set(workload, fresh);
  return fresh;
}

/** `name.namespace.svc.cluster.local`, the short forms with a namespace, or a host of a ServiceEntry. */
export function addressableNamed(mesh: Mesh, host: string): Addressable | undefined {
  const known = indexOf(mesh).byHost.get(host.toLowerCase());
  if (known !== undefined) return known;
  const [name, namespace, svc, ...rest] = host.toLowerCase().split('.');
  if (namespace === undefined || rest.length > 0 || (svc !== undefined && svc !== 'svc')) return undefined;
  return indexOf(mesh).byHost.get(serviceHost(name ?? '', namespace));
}

export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

/** The names that lead to it. */
export function hostsOf(service: Addressable): readonly string[] {
  return service.kind === 'Service' ? [serviceHost(service.name, service.namespace ?? 'default')] : service.spec.hosts;
}

/** Without an address of its own a client reaches the pods' addresses (M49). */
export function isHeadless(service: Addressable): boolean {
  return service.kind === 'Service' && service.spec.clusterIP === 'None';
}

export function selectorOf(service: Addressable): Labels | undefined {
  const selector = service.kind === 'Service' ? (service.spec.type === 'ExternalName' ? undefined : service.spec.selector) : service.spec.workloadSelector?.labels;
  return selector === undefined || Object.keys(selector).length === 0 ? undefined : selector;
}

/** The declared workloads that it selects. */
export function workloadsBehind(mesh: Mesh, service: Addressable): readonly Workload[] {
  const selector = selectorOf(service);
  return selector === undefined ? [] : workloadsWith(mesh, service.namespace ?? 'default', selector);
}

function indexOf(mesh: Mesh): Index {
  const services = ofKind(mesh, 'Service');
  const entries = ofKind(mesh, 'ServiceEntry');
  const cached = indexes.get(services);
  if (cached?.entries === entries) return cached.index;
  const all: Addressable[] = [...services, ...entries].sort(compareBy((service: Resource<'Service'> | Resource<'ServiceEntry'>) => resourceId(service)));
  const byNamespace = new Map<string, { selector: Labels; item: Addressable }[]>();
  const byHost = new Map<string, Addressable>();
  for (const service of all) {
    // M102: a Service goes before a ServiceEntry that takes its name.
    for (const host of hostsOf(service)) if (byHost.get(host.toLowerCase())?.kind !== 'Service') byHost.set(host.toLowerCase(), byHost.get(host.toLowerCase()) ?? service);
    const selector = selectorOf(service);
    if (selector === undefined) continue;
    const namespace = service.namespace ?? 'default';
    const list = byNamespace.get(namespace);
    if (list === undefined) byNamespace.set(namespace, [{ selector, item: service }]);
    else list.push({ selector, item: service });
  }
  const fresh: Index = { selecting: new Map([...byNamespace].map(([namespace, entries]) => [namespace, selectorIndex(entries)] as const)), byHost, ports: new WeakMap() };
  indexes.set(services, { entries, index: fresh });
  return fresh;
}
