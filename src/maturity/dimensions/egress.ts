/** What may leave: REGISTRY_ONLY, narrow ServiceEntries, an egress gateway, and a network control beside them; REGISTRY_ONLY alone earns 2 (M97 to M106). */
import { resourceId } from '#manifests/resource.ts';
import type { ServiceEntrySpec } from '#manifests/service-entry.ts';
import type { SideFacts } from '#findings/facts.ts';
import { isolatedNamespaces } from '#findings/network-isolation.ts';
import { outboundOf, saysNothing } from '#findings/outbound.ts';
import { listed } from '#findings/text.ts';
import { item, type Measured } from '../parts.ts';
import { namespacesOf, type Scope } from '../scope.ts';

export function egress(side: SideFacts, scope: Scope): Measured {
  const namespaces = namespacesOf(side, scope);
  const isolated = isolatedNamespaces(side, 'Egress');
  if (namespaces.length === 0) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'no namespace of the mesh is declared here' };
  if (saysNothing(side) && isolated.size === 0) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'neither the mesh configuration nor a rule for outbound traffic is declared here' };
  const outbound = outboundOf(side);
  const registry = new Map(namespaces.map((namespace) => [`Namespace/${namespace}`, outbound(namespace).registryOnly ? item(1, '') : item(0, 'may call any external address (ALLOW_ANY)')]));
  const closed = namespaces.every((namespace) => outbound(namespace).registryOnly);
  const wide = side.of('ServiceEntry').filter((entry) => entry.spec.location === 'MESH_EXTERNAL' && isWide(entry.spec)).map(resourceId);
  const routed = routesEgress(side);
  return {
    parts: [
      { name: 'registry', weight: 0.3, items: registry, absent: 'ignore' },
      // Narrow entries mean something only where nothing else may be called: then the widest of them counts.
      { name: 'entries', weight: 0.1, items: new Map([['mesh', closed && wide.length === 0 ? item(1, '') : item(0, closed ? `registers more hosts or addresses than one service has: ${listed(wide)}` : 'external hosts need not be registered')]]), absent: 0 },
      { name: 'gateway', weight: 0.2, items: new Map([['mesh', closed && routed ? item(1, '') : item(0, 'external hosts are not routed through an egress gateway')]]), absent: 1 },
      { name: 'network', weight: 0.4, items: new Map(namespaces.map((namespace) => [`Namespace/${namespace}`, isolated.has(namespace) ? item(1, '') : item(0, 'has no NetworkPolicy for outbound traffic')])), absent: 'ignore' },
    ],
    evidence: 'INFERRED',
    reason: closed ? `unregistered hosts are refused by the caller's proxy${wide.length > 0 ? ', and some registered ones are wildcards' : ''}` : 'workloads may call any external address',
  };
}

/** Wildcard hosts, or any address on a TCP port (M102). */
function isWide(entry: ServiceEntrySpec): boolean {
  return entry.hosts.some((host) => host.startsWith('*')) || (entry.resolution === 'NONE' && entry.addresses.length === 0 && entry.ports.some((port) => /^(TCP|TLS)$/i.test(port.protocol)));
}

/** A VirtualService takes traffic of the mesh to a gateway and on to a host (M106). */
function routesEgress(side: SideFacts): boolean {
  return side.of('VirtualService').some((virtual) => virtual.spec.gateways.includes('mesh') && virtual.spec.gateways.some((gateway) => gateway !== 'mesh'));
}
