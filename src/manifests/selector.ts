/** `WorkloadSelector` of Istio: equality only. `undefined` = the manifest has no `selector`. */
export interface WorkloadSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** `PolicyTargetReference`. `targetRef` (singular) is read as a list of one where `targetRefs` is empty (A2.10). */
export interface TargetRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}
