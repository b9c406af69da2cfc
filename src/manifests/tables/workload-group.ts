/** Fields of WorkloadGroup as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/workload-group/ */
import { list, map, object, text, whole } from '../shape.ts';
import { endpointTemplate, portNumber } from './shared.ts';

export const workloadGroupShape = object(
  {
    metadata: object({ annotations: map(text(), { max: 256 }), labels: map(text(), { max: 256 }) }),
    probe: object(
      {
        exec: object({ command: list(text({ minLength: 1 })) }, { required: ['command'] }),
        failureThreshold: whole({ min: 0 }),
        grpc: object({ port: portNumber, service: text() }),
        httpGet: object(
          {
            host: text(),
            httpHeaders: list(object({ name: text({ pattern: /^[-_A-Za-z0-9]+$/ }), value: text() })),
            path: text(),
            port: portNumber,
            scheme: text(),
          },
          { required: ['port'] },
        ),
        initialDelaySeconds: whole({ min: 0 }),
        periodSeconds: whole({ min: 0 }),
        successThreshold: whole({ min: 0 }),
        tcpSocket: object({ host: text(), port: portNumber }, { required: ['port'] }),
        timeoutSeconds: whole({ min: 0 }),
      },
      { exclusive: [['exec', 'grpc', 'httpGet', 'tcpSocket']] },
    ),
    template: endpointTemplate,
  },
  { required: ['template'] },
);
