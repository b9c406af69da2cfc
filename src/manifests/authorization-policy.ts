import type { TargetRef, WorkloadSelector } from './selector.ts';

/** Empty lists and absent lists are the same (A1.13): both are `[]` here. */
export interface SourceSpec {
  readonly principals: readonly string[];
  readonly notPrincipals: readonly string[];
  readonly requestPrincipals: readonly string[];
  readonly notRequestPrincipals: readonly string[];
  readonly namespaces: readonly string[];
  readonly notNamespaces: readonly string[];
  readonly serviceAccounts: readonly string[];
  readonly notServiceAccounts: readonly string[];
  readonly trustDomains: readonly string[];
  readonly notTrustDomains: readonly string[];
  readonly ipBlocks: readonly string[];
  readonly notIpBlocks: readonly string[];
  readonly remoteIpBlocks: readonly string[];
  readonly notRemoteIpBlocks: readonly string[];
}

export interface OperationSpec {
  readonly hosts: readonly string[];
  readonly notHosts: readonly string[];
  readonly ports: readonly string[];
  readonly notPorts: readonly string[];
  readonly methods: readonly string[];
  readonly notMethods: readonly string[];
  readonly paths: readonly string[];
  readonly notPaths: readonly string[];
}

export interface ConditionSpec {
  readonly key: string;
  readonly values: readonly string[];
  readonly notValues: readonly string[];
}

/** `from`, `to`, `when`: empty = no constraint (A1.10, A1.12). */
export interface RuleSpec {
  readonly from: readonly SourceSpec[];
  readonly to: readonly OperationSpec[];
  readonly when: readonly ConditionSpec[];
}

export interface AuthorizationPolicySpec {
  readonly selector: WorkloadSelector | undefined;
  readonly targetRefs: readonly TargetRef[];
  /** Omitted = ALLOW (A1.7). */
  readonly action: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
  readonly provider: string | undefined;
  readonly rules: readonly RuleSpec[];
}
