/** A ServiceEntry registers more than one service: wildcard hosts, or any address on a TCP port (M102). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { listed, named } from '../text.ts';

export const wildcardServiceEntry = defineDetector({
  rule: 'wildcard-service-entry',
  detectState: (side) =>
    side.of('ServiceEntry').flatMap((entry) => {
      if (entry.spec.location !== 'MESH_EXTERNAL') return [];
      const wide = entry.spec.hosts.filter((host) => host.startsWith('*'));
      const open = entry.spec.resolution === 'NONE' && entry.spec.addresses.length === 0 ? entry.spec.ports.filter((port) => port.protocol.toUpperCase() === 'TCP') : [];
      if (wide.length === 0 && open.length === 0) return [];
      return [
        {
          subject: resourceId(entry),
          affected: [...wide, ...open.map((port) => `any address:${port.number}`)].map((what) => `${entry.namespace ?? ''} ${what}`),
          place: { resource: entry, path: wide.length > 0 ? ['spec', 'hosts'] : ['spec', 'ports'] },
          message: wide.length > 0 ? `${named(entry)} lets workloads call every host under ${listed(wide)}` : `${named(entry)} lets workloads call every address on port ${open.map((port) => port.number).join(', ')}: it names no addresses`,
          impact: 'hosts that anybody can register or rent are as reachable as the one that is meant',
          attack: 'a compromised workload sends data to its own account at the same provider',
          remedy: 'name the hosts that are needed, one by one, or their addresses',
          validation: { positive: 'the host that is meant is reached', negative: `another host under the wildcard, such as \`${(wide[0] ?? '*.example.com').replace('*', 'other')}\`, is refused` },
        },
      ];
    }),
});
