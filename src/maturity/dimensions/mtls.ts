/** Ports whose effective mode is STRICT behind a proxy, namespaces whose default is, clients not told to send plaintext (M6 to M18, M33 to M45). */
import { distinct } from '#lib/order.ts';
import type { SideFacts } from '#findings/facts.ts';
import { plaintextDestinations } from '#findings/client-tls.ts';
import { item, type Item, type Measured } from '../parts.ts';
import { scopeOf, type Scope } from '../scope.ts';

export function mtls(side: SideFacts, scope: Scope): Measured {
  const workloads = scopeOf(side, scope);
  if (workloads.length === 0) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'no workload is declared here and no policy names one' };
  const ports = new Map<string, Item>();
  for (const workload of workloads) {
    const outside = workload.enrolment.mode === 'none';
    const declared = workload.ports.filter((port) => port.protocol !== 'udp' && !isProxyPort(port.port));
    if (declared.length === 0) ports.set(workload.id, outside ? item(0, 'is not in the mesh') : modeItem(side.mtlsAt(workload).mode));
    for (const port of declared) {
      const subject = `${workload.id}:${port.port}`;
      if (outside) ports.set(subject, item(0, 'is not in the mesh'));
      else ports.set(subject, port.captured ? modeItem(side.mtlsAt(workload, port.port).mode) : item(0, 'is not captured by the proxy'));
    }
  }
  const namespaces = new Map(
    distinct(workloads.map((workload) => workload.namespace)).map((namespace) => [
      `Namespace/${namespace}`,
      side.mtlsAt({ namespace, labels: {}, enrolment: { mode: 'sidecar', revision: undefined } }).mode === 'STRICT' ? item(1, '') : item(0, 'does not require mutual TLS by default'),
    ]),
  );
  const plaintext = plaintextDestinations(side);
  const clients = new Map(workloads.map((workload) => [workload.id, plaintext.has(workload.id) ? item(0, 'a DestinationRule makes its clients send something else than mutual TLS') : item(1, '')]));
  const strict = [...ports.values()].filter((entry) => entry.score === 1).length;
  return {
    parts: [
      { name: 'ports', weight: 0.7, items: ports, absent: 'ignore' },
      { name: 'defaults', weight: 0.2, items: namespaces, absent: 'ignore' },
      { name: 'clients', weight: 0.1, items: clients, absent: 'ignore' },
    ],
    evidence: workloads.every((workload) => workload.enrolment.mode === 'unknown') ? 'UNKNOWN' : 'INFERRED',
    reason: `${strict} of ${ports.size} workload ports require mutual TLS`,
  };
}

/** The proxy's own ports are not the workload's (M69). */
function isProxyPort(port: number): boolean {
  return port === 15008 || port === 15020 || port === 15021 || port === 15090;
}

function modeItem(mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE'): Item {
  if (mode === 'STRICT') return item(1, '');
  // Clients of the mesh still use mutual TLS against PERMISSIVE.
  return mode === 'PERMISSIVE' ? item(0.2, 'accepts plaintext (PERMISSIVE)') : item(0, 'has mutual TLS disabled');
}
