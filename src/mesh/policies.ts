/** The decoded kinds that the later stages read, under one roof: they may not import `manifests/` themselves. */
export type { AuthorizationPolicySpec, ConditionSpec, OperationSpec, RuleSpec, SourceSpec } from '#manifests/authorization-policy.ts';
export type { MutualTlsMode, PeerAuthenticationSpec } from '#manifests/peer-authentication.ts';
export type { JwtRuleSpec, RequestAuthenticationSpec } from '#manifests/request-authentication.ts';
export type { TargetRef, WorkloadSelector } from '#manifests/selector.ts';
export type { ServicePort, ServiceSpec } from '#manifests/service.ts';
export type { WorkloadSpec } from '#manifests/workload.ts';
export { accepted, isKind, resourceId } from '#manifests/resource.ts';
export type { AnyResource, Kind, Resource } from '#manifests/resource.ts';
