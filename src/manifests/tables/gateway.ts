/** Fields of Gateway as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/gateway/ */
import { list, map, object, text } from '../shape.ts';
import { serverTls, uint32 } from './shared.ts';

export const gatewayShape = object({
  selector: map(text()),
  servers: list(object(
    {
      bind: text(),
      defaultEndpoint: text(),
      hosts: list(text()),
      name: text(),
      port: object({ name: text(), number: uint32, protocol: text(), targetPort: uint32 }, { required: ['name', 'number', 'protocol'] }),
      tls: serverTls,
    },
    { required: ['hosts', 'port'] },
  )),
});
