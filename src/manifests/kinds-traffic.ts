import { decodeDestinationRule } from './destination-rule.ts';
import { customResource, kindEntry } from './entry.ts';
import { decodeEnvoyFilter, decodeProxyConfig, decodeTelemetry, decodeTrafficExtension, decodeWasmPlugin } from './extensions.ts';
import { decodeGateway } from './gateway.ts';
import { decodeInstallation, decodeRevisionTag, installationShape, revisionTagShape } from './installation.ts';
import { annotationRefusals } from './istio-admission.ts';
import type { Fields } from './reading.ts';
import type { ManifestProblem } from './resource.ts';
import { decodeServiceEntry, decodeWorkloadEntry, decodeWorkloadGroup } from './service-entry.ts';
import type { Shape } from './shape.ts';
import { decodeSidecar } from './sidecar.ts';
import { destinationRuleShape } from './tables/destination-rule.ts';
import { envoyFilterShape } from './tables/envoy-filter.ts';
import { gatewayShape } from './tables/gateway.ts';
import { proxyConfigShape } from './tables/proxy-config.ts';
import { serviceEntryShape } from './tables/service-entry.ts';
import { sidecarShape } from './tables/sidecar.ts';
import { telemetryShape } from './tables/telemetry.ts';
import { trafficExtensionShape } from './tables/traffic-extension.ts';
import { virtualServiceShape } from './tables/virtual-service.ts';
import { wasmPluginShape } from './tables/wasm-plugin.ts';
import { workloadEntryShape } from './tables/workload-entry.ts';
import { workloadGroupShape } from './tables/workload-group.ts';
import { admitTraffic } from './traffic-admission.ts';
import { decodeVirtualService } from './virtual-service.ts';

const networking = { group: 'networking.istio.io', scope: 'namespaced', served: ['v1', 'v1beta1', 'v1alpha3'], removed: ['v1alpha2', 'v1alpha1'] } as const;
const extensions = { group: 'extensions.istio.io', scope: 'namespaced', served: ['v1alpha1'] } as const;
const sail = { group: 'sailoperator.io', scope: 'cluster', served: ['v1'], removed: ['v1alpha1'] } as const;

/** The spec may not be missing. */
function needed(spec: Shape): ReturnType<typeof customResource> {
  return customResource(spec, { required: ['spec'] });
}

function annotated(kind: string): (manifest: Fields) => readonly ManifestProblem[] {
  return (manifest) => annotationRefusals(manifest, kind);
}

/** networking, telemetry, extensions, and the kinds that install Istio. */
export const trafficKinds = {
  DestinationRule: kindEntry('DestinationRule', { ...networking, shape: customResource(destinationRuleShape), admit: admitTraffic('DestinationRule'), decode: decodeDestinationRule }),
  VirtualService: kindEntry('VirtualService', { ...networking, shape: customResource(virtualServiceShape), admit: admitTraffic('VirtualService'), decode: decodeVirtualService }),
  Gateway: kindEntry('Gateway', { ...networking, shape: customResource(gatewayShape), admit: admitTraffic('Gateway'), decode: decodeGateway }),
  ServiceEntry: kindEntry('ServiceEntry', { ...networking, shape: needed(serviceEntryShape), admit: annotated('ServiceEntry'), decode: decodeServiceEntry }),
  Sidecar: kindEntry('Sidecar', { ...networking, shape: customResource(sidecarShape), admit: admitTraffic('Sidecar'), decode: decodeSidecar }),
  WorkloadEntry: kindEntry('WorkloadEntry', { ...networking, shape: needed(workloadEntryShape), admit: annotated('WorkloadEntry'), decode: decodeWorkloadEntry }),
  WorkloadGroup: kindEntry('WorkloadGroup', { ...networking, shape: needed(workloadGroupShape), admit: annotated('WorkloadGroup'), decode: decodeWorkloadGroup }),
  ProxyConfig: kindEntry('ProxyConfig', { ...networking, served: ['v1beta1'], shape: customResource(proxyConfigShape), admit: annotated('ProxyConfig'), decode: decodeProxyConfig }),
  EnvoyFilter: kindEntry('EnvoyFilter', { ...networking, served: ['v1alpha3'], shape: customResource(envoyFilterShape), admit: annotated('EnvoyFilter'), decode: decodeEnvoyFilter }),
  Telemetry: kindEntry('Telemetry', {
    group: 'telemetry.istio.io',
    scope: 'namespaced',
    served: ['v1', 'v1alpha1'],
    shape: customResource(telemetryShape),
    admit: annotated('Telemetry'),
    decode: decodeTelemetry,
  }),
  WasmPlugin: kindEntry('WasmPlugin', { ...extensions, shape: needed(wasmPluginShape), admit: annotated('WasmPlugin'), decode: decodeWasmPlugin }),
  TrafficExtension: kindEntry('TrafficExtension', { ...extensions, shape: needed(trafficExtensionShape), admit: annotated('TrafficExtension'), decode: decodeTrafficExtension }),
  IstioOperator: kindEntry('IstioOperator', {
    group: 'install.istio.io',
    scope: 'namespaced',
    served: ['v1alpha1'],
    // `istioctl` takes files without metadata.
    nameless: 'installed-state',
    shape: customResource(installationShape),
    decode: decodeInstallation,
  }),
  Istio: kindEntry('Istio', { ...sail, shape: customResource(installationShape), decode: decodeInstallation }),
  IstioRevision: kindEntry('IstioRevision', { ...sail, shape: customResource(installationShape), decode: decodeInstallation }),
  IstioRevisionTag: kindEntry('IstioRevisionTag', { ...sail, shape: customResource(revisionTagShape), decode: decodeRevisionTag }),
};
