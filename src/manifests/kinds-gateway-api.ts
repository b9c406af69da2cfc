import { customResource, kindEntry } from './entry.ts';
import {
  backendTlsPolicyShape,
  decodeBackendTlsPolicy,
  decodeGatewayClass,
  decodeKubernetesGateway,
  decodeListenerSet,
  decodeReferenceGrant,
  gatewayClassShape,
  kubernetesGatewayShape,
  listenerSetShape,
  referenceGrantShape,
} from './gateway-api.ts';
import { decodeGrpcRoute, decodeHttpRoute, decodeStreamRoute, grpcRouteShape, httpRouteShape, streamRouteShape } from './routes.ts';

const group = { group: 'gateway.networking.k8s.io', scope: 'namespaced' } as const;
const stable = { ...group, served: ['v1', 'v1beta1'], removed: ['v1alpha2', 'v1alpha1'] } as const;
const listenerSet = { scope: 'namespaced', shape: customResource(listenerSetShape, { required: ['spec'] }), decode: decodeListenerSet } as const;

/** Gateway API; which version is served depends on the channel that the cluster has installed. */
export const gatewayApiKinds = {
  GatewayClass: kindEntry('GatewayClass', { ...stable, scope: 'cluster', shape: customResource(gatewayClassShape), decode: decodeGatewayClass }),
  KubernetesGateway: kindEntry('KubernetesGateway', { ...stable, shape: customResource(kubernetesGatewayShape, { required: ['spec'] }), decode: decodeKubernetesGateway }),
  HTTPRoute: kindEntry('HTTPRoute', { ...stable, shape: customResource(httpRouteShape), decode: decodeHttpRoute }),
  GRPCRoute: kindEntry('GRPCRoute', { ...group, served: ['v1'], removed: ['v1alpha2'], shape: customResource(grpcRouteShape), decode: decodeGrpcRoute }),
  TLSRoute: kindEntry('TLSRoute', { ...group, served: ['v1', 'v1alpha3', 'v1alpha2'], shape: customResource(streamRouteShape), decode: decodeStreamRoute }),
  TCPRoute: kindEntry('TCPRoute', { ...group, served: ['v1', 'v1alpha2'], shape: customResource(streamRouteShape), decode: decodeStreamRoute }),
  ReferenceGrant: kindEntry('ReferenceGrant', { ...group, served: ['v1', 'v1beta1'], removed: ['v1alpha2'], shape: customResource(referenceGrantShape), decode: decodeReferenceGrant }),
  BackendTLSPolicy: kindEntry('BackendTLSPolicy', { ...group, served: ['v1', 'v1alpha3'], removed: ['v1alpha2'], shape: customResource(backendTlsPolicyShape), decode: decodeBackendTlsPolicy }),
  ListenerSet: kindEntry('ListenerSet', { ...listenerSet, group: 'gateway.networking.k8s.io', served: ['v1'] }),
  XListenerSet: kindEntry('XListenerSet', { ...listenerSet, group: 'gateway.networking.x-k8s.io', served: ['v1alpha1'] }),
};
