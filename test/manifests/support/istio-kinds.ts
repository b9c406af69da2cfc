import { authorizationPolicyShape } from '#manifests/authorization-policy.ts';
import { peerAuthenticationShape } from '#manifests/peer-authentication.ts';
import { requestAuthenticationShape } from '#manifests/request-authentication.ts';
import type { Shape } from '#manifests/shape.ts';
import { destinationRuleShape } from '#manifests/tables/destination-rule.ts';
import { envoyFilterShape } from '#manifests/tables/envoy-filter.ts';
import { gatewayShape } from '#manifests/tables/gateway.ts';
import { proxyConfigShape } from '#manifests/tables/proxy-config.ts';
import { serviceEntryShape } from '#manifests/tables/service-entry.ts';
import { sidecarShape } from '#manifests/tables/sidecar.ts';
import { telemetryShape } from '#manifests/tables/telemetry.ts';
import { virtualServiceShape } from '#manifests/tables/virtual-service.ts';
import { wasmPluginShape } from '#manifests/tables/wasm-plugin.ts';
import { workloadEntryShape } from '#manifests/tables/workload-entry.ts';
import { workloadGroupShape } from '#manifests/tables/workload-group.ts';

export interface IstioKind {
  readonly kind: string;
  readonly group: string;
  readonly versions: readonly string[];
  readonly shape: Shape;
}

const networking = { group: 'networking.istio.io', versions: ['v1', 'v1beta1', 'v1alpha3'] } as const;
const security = { group: 'security.istio.io', versions: ['v1', 'v1beta1'] } as const;

/** The kinds whose schema the package publishes. */
export const istioKinds: readonly IstioKind[] = [
  { kind: 'AuthorizationPolicy', ...security, shape: authorizationPolicyShape },
  { kind: 'PeerAuthentication', ...security, shape: peerAuthenticationShape },
  { kind: 'RequestAuthentication', ...security, shape: requestAuthenticationShape },
  { kind: 'DestinationRule', ...networking, shape: destinationRuleShape },
  { kind: 'VirtualService', ...networking, shape: virtualServiceShape },
  { kind: 'Gateway', ...networking, shape: gatewayShape },
  { kind: 'ServiceEntry', ...networking, shape: serviceEntryShape },
  { kind: 'Sidecar', ...networking, shape: sidecarShape },
  { kind: 'WorkloadEntry', ...networking, shape: workloadEntryShape },
  { kind: 'WorkloadGroup', ...networking, shape: workloadGroupShape },
  { kind: 'ProxyConfig', group: 'networking.istio.io', versions: ['v1beta1'], shape: proxyConfigShape },
  { kind: 'EnvoyFilter', group: 'networking.istio.io', versions: ['v1alpha3'], shape: envoyFilterShape },
  { kind: 'Telemetry', group: 'telemetry.istio.io', versions: ['v1', 'v1alpha1'], shape: telemetryShape },
  { kind: 'WasmPlugin', group: 'extensions.istio.io', versions: ['v1alpha1'], shape: wasmPluginShape },
];
