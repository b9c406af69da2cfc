import { distinct } from '#lib/order.ts';
import { registry } from '#manifests/registry.ts';
import type { AnyKindEntry } from '#manifests/entry.ts';

/**
 * API versions that a cluster with Istio serves, for `.Capabilities.APIVersions.Has`: a template that is guarded by one of them would vanish silently (R13).
 * Here those of kinds that are not read; of Kubernetes' own Helm knows `group/version`, and not the form that names the kind.
 */
const unread: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'gateway.networking.k8s.io': { 'v1alpha2': ['UDPRoute'] },
  'monitoring.coreos.com': { 'v1': ['ServiceMonitor', 'PodMonitor', 'PrometheusRule', 'Probe', 'Prometheus', 'Alertmanager'], 'v1alpha1': ['ScrapeConfig', 'AlertmanagerConfig'] },
  'cert-manager.io': { 'v1': ['Certificate', 'Issuer', 'ClusterIssuer', 'CertificateRequest'] },
  'cilium.io': { 'v2': ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'] },
  'crd.projectcalico.org': { 'v1': ['NetworkPolicy', 'GlobalNetworkPolicy'] },
  'projectcalico.org': { 'v3': ['NetworkPolicy', 'GlobalNetworkPolicy'] },
  'policy': { 'v1': ['PodDisruptionBudget'] },
  'autoscaling': { 'v1 v2': ['HorizontalPodAutoscaler'] },
  'kyverno.io': { 'v2 v2beta1': ['PolicyException'] },
  'external-secrets.io': { 'v1 v1beta1': ['SecretStore', 'ClusterSecretStore'] },
  'argoproj.io': { 'v1alpha1': ['Application', 'ApplicationSet', 'AppProject', 'AnalysisTemplate', 'Workflow'] },
  'keda.sh': { 'v1alpha1': ['ScaledObject', 'ScaledJob', 'TriggerAuthentication'] },
  'serving.knative.dev': { 'v1': ['Route', 'Configuration', 'Revision'] },
  'serving.kserve.io': { 'v1beta1': ['InferenceService'] },
  'flagger.app': { 'v1beta1': ['Canary'] },
  'traefik.io': { 'v1alpha1': ['IngressRoute', 'Middleware'] },
  'operator.victoriametrics.com': { 'v1beta1': ['VMServiceScrape', 'VMPodScrape', 'VMRule'] },
};

const read = Object.values(registry).flatMap(({ group, name, served }: AnyKindEntry) => served.map((version) => ({ version: group === '' ? version : `${group}/${version}`, kinds: [name] })));
const others = Object.entries(unread).flatMap(([group, versions]) => Object.entries(versions).flatMap(([list, kinds]) => list.split(' ').map((version) => ({ version: `${group}/${version}`, kinds }))));

/** `group/version` and `group/version/Kind` each. */
export const apiVersions: readonly string[] = distinct([...read, ...others].flatMap(({ version, kinds }) => [version, ...kinds.map((kind) => `${version}/${kind}`)]));

/** What charts are rendered for where nothing says better. */
export const defaultKubeVersion = '1.33.0';
