import { choiceAt, entriesAt, fieldsOr, flagAt, numberAt, portAt, textAt, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { clip, flag, list, map, numberOrText, object, oneOf, text, unread, whole } from './shape.ts';
import { transportOf } from './workload.ts';

export interface ServiceSpec {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** `undefined`: no selector, so no pods of ours. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly clusterIP: string | undefined;
  readonly externalName: string | undefined;
  readonly externalIPs: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly loadBalancerSourceRanges: readonly string[];
  readonly loadBalancerClass: string | undefined;
  readonly publishNotReadyAddresses: boolean;
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** Number, or the name of a container port; defaults to `port`. */
  readonly targetPort: number | string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol: string | undefined;
  readonly nodePort: number | undefined;
}

const types = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;

/** @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
export const serviceSpecShape = object(
  {
    type: oneOf(...types),
    selector: map(text()),
    clusterIP: text(),
    clusterIPs: list(text()),
    externalName: text(),
    externalIPs: list(text()),
    loadBalancerSourceRanges: list(text()),
    loadBalancerClass: text(),
    publishNotReadyAddresses: flag,
    ...unread('allocateLoadBalancerNodePorts', 'externalTrafficPolicy', 'healthCheckNodePort', 'internalTrafficPolicy', 'ipFamilies', 'ipFamilyPolicy', 'loadBalancerIP'),
    ...unread('sessionAffinity', 'sessionAffinityConfig', 'trafficDistribution', 'topologyKeys', 'ipFamily'),
    ports: list(
      object(
        {
          name: text(),
          port: whole({ min: 1, max: 65535 }),
          targetPort: numberOrText,
          protocol: oneOf('TCP', 'UDP', 'SCTP'),
          appProtocol: text(),
          nodePort: whole({ min: 0, max: 65535 }),
        },
        { required: ['port'] },
      ),
    ),
  },
  { rule: portNamesRule },
);

/** Several ports are told apart by their names, each by one of its own. */
function portNamesRule(spec: Fields): string | undefined {
  const names = entriesAt(spec, 'ports').map((port) => textOr(port, 'name'));
  if (names.length < 2) return undefined;
  if (names.includes('')) return 'each of several ports needs a `name`';
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `the port name \`${clip(twice)}\` is used twice`;
}

export function decodeService(object: Fields): ServiceSpec {
  const spec = fieldsOr(object, 'spec');
  const selector = textMapAt(spec, 'selector');
  return {
    type: choiceAt(spec, 'type', types, 'ClusterIP'),
    // An empty selector selects nothing, like none: the endpoints are made by hand.
    selector: selector === undefined || Object.keys(selector).length === 0 ? undefined : selector,
    clusterIP: textAt(spec, 'clusterIP') ?? textsAt(spec, 'clusterIPs')[0],
    externalName: textAt(spec, 'externalName'),
    externalIPs: textsAt(spec, 'externalIPs'),
    loadBalancerSourceRanges: textsAt(spec, 'loadBalancerSourceRanges'),
    loadBalancerClass: textAt(spec, 'loadBalancerClass'),
    publishNotReadyAddresses: flagAt(spec, 'publishNotReadyAddresses') ?? false,
    ports: entriesAt(spec, 'ports').flatMap((port) => {
      const number = numberAt(port, 'port');
      if (number === undefined) return [];
      const target = portAt(port, 'targetPort');
      return [
        {
          name: textOr(port, 'name'),
          port: number,
          targetPort: target === undefined || target === 0 || target === '' ? number : numeric(target),
          protocol: transportOf(textAt(port, 'protocol')),
          appProtocol: textAt(port, 'appProtocol'),
          nodePort: numberAt(port, 'nodePort'),
        },
      ];
    }),
  };
}

const digits = /^[0-9]{1,5}$/;

/** A quoted number (`"8080"`) is a port name to the API, and no port name is all digits, so it is refused; readers mean the number. */
function numeric(port: number | string): number | string {
  return typeof port === 'string' && digits.test(port) ? Number(port) : port;
}
