import type { AuthorizationPolicySpec } from './authorization-policy.ts';
import type { PeerAuthenticationSpec } from './peer-authentication.ts';
import type { RequestAuthenticationSpec } from './request-authentication.ts';
import type { WorkloadSpec } from './workload.ts';
import type { ServiceSpec } from './service.ts';

/** Every kind the model reads, with the type of its decoded content. The registry in `decode.ts` must handle each. */
export interface KindSpecs {
  AuthorizationPolicy: AuthorizationPolicySpec;
  PeerAuthentication: PeerAuthenticationSpec;
  RequestAuthentication: RequestAuthenticationSpec;
  Deployment: WorkloadSpec;
  StatefulSet: WorkloadSpec;
  DaemonSet: WorkloadSpec;
  ReplicaSet: WorkloadSpec;
  Job: WorkloadSpec;
  CronJob: WorkloadSpec;
  Pod: WorkloadSpec;
  Service: ServiceSpec;
  Namespace: Record<never, never>;
  ServiceAccount: { readonly automountServiceAccountToken: boolean | undefined };
  ConfigMap: { readonly data: Readonly<Record<string, string>> };
}
