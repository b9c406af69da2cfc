/** Fields of EnvoyFilter as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/envoy-filter/ */
import { isSet } from '../reading.ts';
import { targetRefShape } from '../selector.ts';
import { anything, list, map, object, oneOf, text } from '../shape.ts';
import { int32, portNumber, uint32, workloadLabels } from './shared.ts';

const subFilter = object({ name: text() });

const filter = object({ name: text(), subFilter });

export const envoyFilterShape = object(
  {
    configPatches: list(object({
      applyTo: oneOf('INVALID', 'LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER', 'ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE', 'CLUSTER', 'EXTENSION_CONFIG', 'BOOTSTRAP', 'LISTENER_FILTER'),
      match: object(
        {
          cluster: object({ name: text(), portNumber: uint32, service: text(), subset: text() }),
          context: oneOf('ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT'),
          listener: object({
            filterChain: object({ applicationProtocols: text(), destinationPort: uint32, filter, name: text(), sni: text(), transportProtocol: text(), transportSocket: text() }),
            listenerFilter: text(),
            name: text(),
            portName: text(),
            portNumber: uint32,
          }),
          proxy: object({ metadata: map(text()), proxyVersion: text() }),
          routeConfiguration: object({
            gateway: text(),
            name: text(),
            portName: text(),
            portNumber: uint32,
            vhost: object({
              domainName: text(),
              name: text(),
              route: object({ action: oneOf('ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE'), name: text() }),
            }),
          }),
          waypoint: object({ filter, portNumber, route: subFilter }),
        },
        {
          exclusive: [['cluster', 'listener', 'routeConfiguration', 'waypoint']],
          rule: (match) => ((match['context'] === 'WAYPOINT') === isSet(match, 'waypoint') ? undefined : 'the context `WAYPOINT` goes with a `waypoint` match and no other'),
        },
      ),
      patch: object({
        filterClass: oneOf('UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'),
        operation: oneOf('INVALID', 'MERGE', 'ADD', 'REMOVE', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE', 'MERGE_AND_REPLACE_LIST'),
        value: map(anything),
      }),
    })),
    priority: int32,
    targetRefs: list(targetRefShape, { max: 16 }),
    workloadSelector: workloadLabels,
  },
  { exclusive: [['targetRefs', 'workloadSelector']] },
);
