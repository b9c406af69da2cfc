/** Fields of Sidecar as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/sidecar/ */
import { list, object, oneOf, text } from '../shape.ts';
import { connectionPool, destination, serverTls, uint32, workloadLabels } from './shared.ts';

const port = object({ name: text(), number: uint32, protocol: text(), targetPort: uint32 });

export const sidecarShape = object({
  egress: list(object({ bind: text(), captureMode: oneOf('DEFAULT', 'IPTABLES', 'NONE'), hosts: list(text()), port }, { required: ['hosts'] })),
  inboundConnectionPool: connectionPool,
  ingress: list(object(
    {
      bind: text(),
      captureMode: oneOf('DEFAULT', 'IPTABLES', 'NONE'),
      connectionPool,
      defaultEndpoint: text(),
      port,
      tls: serverTls,
    },
    { required: ['port'] },
  )),
  outboundTrafficPolicy: object({ egressProxy: destination, mode: oneOf('REGISTRY_ONLY', 'ALLOW_ANY') }),
  workloadSelector: workloadLabels,
});
