/** Fields of WorkloadEntry as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/workload-entry/ */
import { map, object, text } from '../shape.ts';
import { portNumber, uint32 } from './shared.ts';

export const workloadEntryShape = object({
  address: text({ maxLength: 256 }),
  labels: map(text(), { max: 256 }),
  locality: text({ maxLength: 2048 }),
  network: text({ maxLength: 2048 }),
  ports: map(portNumber, { max: 128 }),
  serviceAccount: text({ maxLength: 253 }),
  weight: uint32,
});
