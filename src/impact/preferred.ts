/** Values that a witness takes where it can: identities and ports that the reader knows. */
import { distinct } from '#lib/order.ts';
import type { Workload } from '#mesh/model.ts';
import { podSpecOf } from '#mesh/ports.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Value } from '#sets/matcher.ts';
import type { Pair, Sides } from './raw-change.ts';

export interface PreferredIdentities {
  readonly first: readonly string[];
  readonly byNamespace: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Identities beyond this many are not offered to every destination: its own namespace's come first, then these. */
const OFFERED_IDENTITIES = 24;

/** Identities of declared workloads, in order: a witness names somebody the reader knows where it can. */
export function preferredIdentities(sides: Sides): PreferredIdentities {
  const byNamespace = new Map<string, Set<string>>();
  const all = new Set<string>();
  for (const mesh of [sides.base, sides.head]) {
    for (const workload of mesh.workloads.values()) {
      if (workload.enrolment.mode === 'none') continue;
      const identity = `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`;
      all.add(identity);
      const own = byNamespace.get(workload.namespace);
      if (own === undefined) byNamespace.set(workload.namespace, new Set([identity]));
      else own.add(identity);
    }
  }
  return { first: distinct(all).slice(0, OFFERED_IDENTITIES), byNamespace };
}

export function preferredValues(identities: PreferredIdentities, pair: Pair, networked: boolean): ReadonlyMap<Dimension, readonly Value[]> {
  const own = distinct(identities.byNamespace.get(pair.base.namespace) ?? []).slice(0, OFFERED_IDENTITIES);
  const declared = [...new Set([...pair.base.ports, ...pair.head.ports].filter((port) => port.protocol !== 'udp').map((port) => port.port))].sort((left, right) => left - right);
  // Where no Service declares a port, the network still has one in mind.
  const ports = declared.length > 0 || !networked ? declared : [...containerPorts(pair.head), 8080, 80, 443];
  return new Map<Dimension, readonly Value[]>([
    ['peer', [...new Set([...identities.first, ...own])]],
    ['port', ports],
    ['protocol', ['http', 'tcp', 'https', 'tls']],
    // Without TLS there is no server name: one that nothing asks for would only be in the way.
    ['sni', [null]],
    ['method', ['GET']],
    ['path', ['/']],
  ]);
}

function containerPorts(workload: Workload): readonly number[] {
  return (podSpecOf(workload)?.containers ?? []).flatMap((container) => container.ports.filter((port) => port.protocol === 'TCP').map((port) => port.port));
}
