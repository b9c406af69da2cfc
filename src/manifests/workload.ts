/** What a workload's pods look like: labels and annotations of the *pod template* (M59), never the controller's own. */
export interface WorkloadSpec {
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** `default` where the template names none. */
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly containers: readonly ContainerSpec[];
  readonly initContainers: readonly ContainerSpec[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: 'TCP' | 'UDP' | 'SCTP'; readonly hostPort: number | undefined }[];
  readonly env: Readonly<Record<string, string>>;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly privileged: boolean;
  readonly capabilitiesAdded: readonly string[];
  readonly probes: readonly { readonly kind: 'liveness' | 'readiness' | 'startup'; readonly type: 'http' | 'tcp' | 'grpc' | 'exec'; readonly port: number | string | undefined; readonly path: string | undefined }[];
}
