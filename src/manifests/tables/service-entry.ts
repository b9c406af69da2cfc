/** Fields of ServiceEntry as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/service-entry/ */
import { list, object, oneOf, text } from '../shape.ts';
import { endpoint, portNumber, workloadLabels } from './shared.ts';

export const serviceEntryShape = object(
  {
    addresses: list(text({ maxLength: 64 }), { max: 256 }),
    endpoints: list(endpoint, { max: 4096 }),
    exportTo: list(text()),
    hosts: list(text(), { min: 1, max: 256 }),
    location: oneOf('MESH_EXTERNAL', 'MESH_INTERNAL'),
    ports: list(object(
      {
        name: text({ maxLength: 256 }),
        number: portNumber,
        protocol: text({ maxLength: 256 }),
        targetPort: portNumber,
      },
      { required: ['name', 'number'] },
    ), { max: 256 }),
    resolution: oneOf('NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'),
    subjectAltNames: list(text()),
    workloadSelector: workloadLabels,
  },
  { required: ['hosts'], exclusive: [['endpoints', 'workloadSelector']] },
);
