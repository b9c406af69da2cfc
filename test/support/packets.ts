/** Random questions to the workloads of `clusters.ts`, from their pods, from pods that nobody declares, and from outside. */
import fc from 'fast-check';
import type { Query } from '#posture/query.ts';
import { workloadIds } from './clusters.ts';

const pods: readonly NonNullable<Query['from']['pod']>[] = [
  { namespace: 'web', labels: { app: 'front', tier: 'web' } },
  { namespace: 'web', labels: { app: 'db' } },
  { namespace: 'depot', labels: { app: 'stock' } },
  { namespace: 'depot', labels: { app: 'db', tier: 'data' } },
  { namespace: 'legacy', labels: { app: 'batch', tier: 'web' } },
  { namespace: 'legacy', labels: {} },
  { namespace: 'web', labels: { tier: 'other' } },
  { namespace: 'nowhere', labels: { app: 'db' }, namespaceLabels: { team: 'edge' } },
  { namespace: 'nowhere', labels: {}, namespaceLabels: { env: 'prod', team: 'x' } },
];

const caller: fc.Arbitrary<Query['from']> = fc.oneof(
  fc.tuple(fc.constantFrom(...pods), fc.constantFrom('front', 'db', 'other', null), fc.constantFrom('10.244.0.1', '10.244.9.9', '203.0.113.7')).map(([pod, account, ip]): Query['from'] => ({ principal: account === null ? null : `cluster.local/ns/${pod.namespace}/sa/${account}`, ip, pod })),
  fc.constantFrom('203.0.113.7', '198.51.100.9').map((ip): Query['from'] => ({ principal: null, ip })),
);

export const packets: fc.Arbitrary<Query> = fc
  .record({ from: caller, workload: fc.constantFrom(...workloadIds), port: fc.constantFrom(8080, 5432, 53, 8443), protocol: fc.constantFrom('http', 'tcp', 'udp', 'sctp') })
  // A datagram carries no identity; sidecars are called by sidecars, ambient pods past any waypoint.
  .map(({ from, workload, port, protocol }): Query => ({ from: { ...from, ...(protocol === 'udp' || protocol === 'sctp' ? { principal: null } : {}), ...(workload.startsWith('web/') && typeof from.principal === 'string' ? { client: 'sidecar' } : { direct: true }) }, to: { workload, port, ip: '10.244.0.2' }, request: { protocol } }));
