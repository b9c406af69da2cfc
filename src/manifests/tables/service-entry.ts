/** Fields of ServiceEntry as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/service-entry/ */
import { entriesAt, isSet, numberAt, textOr, textsAt, type Fields } from '../reading.ts';
import { list, object, oneOf, text } from '../shape.ts';
import { endpoint, portNumber, workloadLabels } from './shared.ts';

/** Which endpoints and addresses a resolution allows, and each port once. */
function serviceEntryRule(spec: Fields): string | undefined {
  const resolution = textOr(spec, 'resolution', 'NONE');
  const ports = entriesAt(spec, 'ports').map((port) => numberAt(port, 'number'));
  if (textsAt(spec, 'addresses').some((address) => address.includes('/')) && resolution !== 'STATIC' && resolution !== 'NONE') return 'address ranges go with resolution `NONE` or `STATIC` only';
  if (resolution === 'NONE' && isSet(spec, 'endpoints')) return 'resolution `NONE` has no endpoints';
  if (resolution === 'DNS_ROUND_ROBIN' && entriesAt(spec, 'endpoints').length > 1) return 'resolution `DNS_ROUND_ROBIN` has one endpoint';
  return new Set(ports).size === ports.length ? undefined : 'a port number is used twice';
}

export const serviceEntryShape = object(
  {
    addresses: list(text({ maxLength: 64 }), { max: 256 }),
    endpoints: list(endpoint, { max: 4096 }),
    exportTo: list(text()),
    hosts: list(text({ rule: (host) => (host === '*' ? 'a host cannot be `*` alone' : undefined) }), { min: 1, max: 256 }),
    location: oneOf('MESH_EXTERNAL', 'MESH_INTERNAL'),
    ports: list(object(
      {
        name: text({ maxLength: 256 }),
        number: portNumber,
        protocol: text({ maxLength: 256 }),
        targetPort: portNumber,
      },
      { required: ['name', 'number'] },
    ), { max: 256, unique: 'name' }),
    resolution: oneOf('NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'),
    subjectAltNames: list(text()),
    workloadSelector: workloadLabels,
  },
  { required: ['hosts'], exclusive: [['endpoints', 'workloadSelector']], rule: serviceEntryRule },
);
