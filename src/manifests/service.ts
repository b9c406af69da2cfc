export interface ServiceSpec {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** `undefined`: no selector, so no pods of ours. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly clusterIP: string | undefined;
  readonly externalName: string | undefined;
  readonly externalIPs: readonly string[];
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** Number, or the name of a container port; defaults to `port`. */
  readonly targetPort: number | string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol: string | undefined;
  readonly nodePort: number | undefined;
}
