import type { WorkloadSelector } from './selector.ts';

/** Omitted `mode` is UNSET: inherit (M section 0). */
export type MutualTlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export interface PeerAuthenticationSpec {
  readonly selector: WorkloadSelector | undefined;
  readonly mode: MutualTlsMode;
  /** By workload (container) port, never the Service port (M10). */
  readonly portLevelMtls: ReadonlyMap<number, MutualTlsMode>;
}
