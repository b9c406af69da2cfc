/**
 * API versions that a cluster with Istio serves, for `.Capabilities.APIVersions.Has`: a template that is guarded by one of them would vanish silently (R13).
 * Kubernetes' own versions are known to Helm.
 */
const served: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'security.istio.io': { 'v1 v1beta1': ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'] },
  'networking.istio.io': {
    'v1 v1beta1 v1alpha3': ['DestinationRule', 'Gateway', 'ServiceEntry', 'Sidecar', 'VirtualService', 'WorkloadEntry', 'WorkloadGroup'],
    'v1alpha3': ['EnvoyFilter'],
    'v1beta1': ['ProxyConfig'],
  },
  'telemetry.istio.io': { 'v1 v1alpha1': ['Telemetry'] },
  'extensions.istio.io': { 'v1alpha1': ['WasmPlugin'] },
  'install.istio.io': { 'v1alpha1': ['IstioOperator'] },
  'gateway.networking.k8s.io': {
    'v1 v1beta1': ['Gateway', 'GatewayClass', 'HTTPRoute'],
    'v1': ['GRPCRoute', 'BackendTLSPolicy'],
    'v1beta1': ['ReferenceGrant'],
    'v1alpha2': ['TCPRoute', 'TLSRoute', 'UDPRoute', 'ReferenceGrant'],
    'v1alpha3': ['BackendTLSPolicy', 'TLSRoute'],
  },
  'monitoring.coreos.com': { 'v1': ['ServiceMonitor', 'PodMonitor', 'PrometheusRule', 'Probe', 'Prometheus', 'Alertmanager'], 'v1alpha1': ['ScrapeConfig', 'AlertmanagerConfig'] },
  'cert-manager.io': { 'v1': ['Certificate', 'Issuer', 'ClusterIssuer', 'CertificateRequest'] },
  'cilium.io': { 'v2': ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'] },
  'crd.projectcalico.org': { 'v1': ['NetworkPolicy', 'GlobalNetworkPolicy'] },
  'projectcalico.org': { 'v3': ['NetworkPolicy', 'GlobalNetworkPolicy'] },
  'kyverno.io': { 'v1': ['ClusterPolicy', 'Policy'], 'v2beta1': ['PolicyException'] },
  'external-secrets.io': { 'v1 v1beta1': ['ExternalSecret', 'SecretStore', 'ClusterSecretStore'] },
  'bitnami.com': { 'v1alpha1': ['SealedSecret'] },
  'argoproj.io': { 'v1alpha1': ['Application', 'ApplicationSet', 'AppProject', 'Rollout', 'AnalysisTemplate', 'Workflow'] },
  'keda.sh': { 'v1alpha1': ['ScaledObject', 'ScaledJob', 'TriggerAuthentication'] },
  'serving.knative.dev': { 'v1': ['Service', 'Route', 'Configuration', 'Revision'] },
  'serving.kserve.io': { 'v1beta1': ['InferenceService'] },
  'flagger.app': { 'v1beta1': ['Canary'] },
  'traefik.io': { 'v1alpha1': ['IngressRoute', 'Middleware'] },
  'operator.victoriametrics.com': { 'v1beta1': ['VMServiceScrape', 'VMPodScrape', 'VMRule'] },
};

/** `group/version` and `group/version/Kind` each. */
export const apiVersions: readonly string[] = Object.entries(served).flatMap(([group, versions]) =>
  Object.entries(versions).flatMap(([list, kinds]) => list.split(' ').flatMap((version) => [`${group}/${version}`, ...kinds.map((kind) => `${group}/${version}/${kind}`)])),
).filter((entry, index, all) => all.indexOf(entry) === index);

/** What charts are rendered for where nothing says better. */
export const defaultKubeVersion = '1.33.0';
