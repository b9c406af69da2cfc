import type { PolicyMarkSpec, WebhookConfigurationSpec } from './admission-control.ts';
import type { AuthorizationPolicySpec } from './authorization-policy.ts';
import type { ConfigMapSpec, NamespaceSpec, SecretSpec, ServiceAccountSpec } from './core.ts';
import type { DestinationRuleSpec } from './destination-rule.ts';
import type { EnvoyFilterSpec, ProxyConfigSpec, ProxyExtensionSpec, TelemetrySpec } from './extensions.ts';
import type { BackendTlsPolicySpec, GatewayClassSpec, KubernetesGatewaySpec, ListenerSetSpec, ReferenceGrantSpec } from './gateway-api.ts';
import type { GatewaySpec } from './gateway.ts';
import type { IngressClassSpec, IngressSpec } from './ingress.ts';
import type { InstallationSpec, RevisionTagSpec } from './installation.ts';
import type { ClusterPolicySpec, NetworkPolicySpec } from './network-policy.ts';
import type { OtherNetworkPolicySpec } from './other-networks.ts';
import type { PeerAuthenticationSpec } from './peer-authentication.ts';
import type { RequestAuthenticationSpec } from './request-authentication.ts';
import type { RoleBindingSpec, RoleSpec } from './rbac.ts';
import type { RouteSpec } from './routes.ts';
import type { ServiceEntrySpec, WorkloadEntrySpec, WorkloadGroupSpec } from './service-entry.ts';
import type { ServiceSpec } from './service.ts';
import type { SidecarSpec } from './sidecar.ts';
import type { VirtualServiceSpec } from './virtual-service.ts';
import type { WorkloadSpec } from './workload.ts';

/** Every kind the model reads, with the type of its decoded content. The registry must handle each. */
export interface KindSpecs {
  AuthorizationPolicy: AuthorizationPolicySpec;
  PeerAuthentication: PeerAuthenticationSpec;
  RequestAuthentication: RequestAuthenticationSpec;
  Deployment: WorkloadSpec;
  StatefulSet: WorkloadSpec;
  DaemonSet: WorkloadSpec;
  ReplicaSet: WorkloadSpec;
  ReplicationController: WorkloadSpec;
  Job: WorkloadSpec;
  CronJob: WorkloadSpec;
  Pod: WorkloadSpec;
  /** Argo Rollouts. */
  Rollout: WorkloadSpec;
  /** `Service` of serving.knative.dev. */
  KnativeService: WorkloadSpec;
  Service: ServiceSpec;
  Namespace: NamespaceSpec;
  ServiceAccount: ServiceAccountSpec;
  ConfigMap: ConfigMapSpec;
  Secret: SecretSpec;
  SealedSecret: SecretSpec;
  ExternalSecret: SecretSpec;

  DestinationRule: DestinationRuleSpec;
  VirtualService: VirtualServiceSpec;
  /** networking.istio.io; the Gateway API's is `KubernetesGateway`. */
  Gateway: GatewaySpec;
  ServiceEntry: ServiceEntrySpec;
  Sidecar: SidecarSpec;
  WorkloadEntry: WorkloadEntrySpec;
  WorkloadGroup: WorkloadGroupSpec;
  ProxyConfig: ProxyConfigSpec;
  EnvoyFilter: EnvoyFilterSpec;
  Telemetry: TelemetrySpec;
  WasmPlugin: ProxyExtensionSpec;
  TrafficExtension: ProxyExtensionSpec;
  IstioOperator: InstallationSpec;
  /** Sail operator. */
  Istio: InstallationSpec;
  IstioRevision: InstallationSpec;
  IstioRevisionTag: RevisionTagSpec;

  Ingress: IngressSpec;
  IngressClass: IngressClassSpec;
  NetworkPolicy: NetworkPolicySpec;
  ClusterNetworkPolicy: ClusterPolicySpec;
  AdminNetworkPolicy: ClusterPolicySpec;
  BaselineAdminNetworkPolicy: ClusterPolicySpec;
  Role: RoleSpec;
  ClusterRole: RoleSpec;
  RoleBinding: RoleBindingSpec;
  ClusterRoleBinding: RoleBindingSpec;
  MutatingWebhookConfiguration: WebhookConfigurationSpec;
  ValidatingWebhookConfiguration: WebhookConfigurationSpec;
  ValidatingAdmissionPolicy: PolicyMarkSpec;
  ValidatingAdmissionPolicyBinding: PolicyMarkSpec;
  /** Kyverno; its namespaced `Policy` is `KyvernoPolicy`. */
  ClusterPolicy: PolicyMarkSpec;
  KyvernoPolicy: PolicyMarkSpec;
  ConstraintTemplate: PolicyMarkSpec;
  /** Any kind of constraints.gatekeeper.sh. */
  GatekeeperConstraint: PolicyMarkSpec;

  CiliumNetworkPolicy: OtherNetworkPolicySpec;
  CiliumClusterwideNetworkPolicy: OtherNetworkPolicySpec;
  /** `NetworkPolicy` of projectcalico.org. */
  CalicoNetworkPolicy: OtherNetworkPolicySpec;
  CalicoGlobalNetworkPolicy: OtherNetworkPolicySpec;

  GatewayClass: GatewayClassSpec;
  /** `Gateway` of gateway.networking.k8s.io. */
  KubernetesGateway: KubernetesGatewaySpec;
  HTTPRoute: RouteSpec;
  GRPCRoute: RouteSpec;
  TLSRoute: RouteSpec;
  TCPRoute: RouteSpec;
  ReferenceGrant: ReferenceGrantSpec;
  BackendTLSPolicy: BackendTlsPolicySpec;
  ListenerSet: ListenerSetSpec;
  XListenerSet: ListenerSetSpec;
}
