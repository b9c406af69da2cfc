/** How much of the picture was seen: 100 minus a stated deduction for each thing that was not (`docs/maturity.md`). */
import type { SideFacts } from '#findings/facts.ts';
import type { Measured } from './parts.ts';
import type { MaturityDimension } from './scorecard.ts';

export interface Confidence {
  /** 0 to 100. */
  readonly value: number;
  readonly deductions: readonly { readonly points: number; readonly reason: string }[];
  /** The part of the deductions that only evidence from a cluster can take away. */
  readonly forEvidence: number;
}

export function confidenceOf(side: SideFacts, measured: Readonly<Record<MaturityDimension, Measured>>, incomplete: boolean): Confidence {
  const unknown = side.workloads.filter((workload) => workload.enrolment.mode === 'unknown');
  const tied = side.workloads.some((workload) => side.mtlsAt(workload).tied.length > 1);
  const opaque = side.mesh.resources.has('EnvoyFilter') || side.mesh.resources.has('WasmPlugin');
  const none = side.workloads.length === 0;
  const all = [
    { when: true, points: 20, reason: 'no recent evidence from the data plane', evidence: true },
    { when: none || unknown.length > 0, points: 15, reason: none ? 'no workload is declared, so the inventory is unknown' : `it is not known whether ${unknown.length} of ${side.workloads.length} workloads are in the mesh`, evidence: false },
    { when: true, points: 15, reason: 'critical paths have no positive and negative test results', evidence: true },
    { when: none || tied, points: 10, reason: tied ? 'several PeerAuthentications claim one scope' : 'effective mutual TLS has no workloads to be judged on', evidence: false },
    { when: none || opaque || incomplete, points: 10, reason: incomplete ? 'not everything could be read or decided' : opaque ? 'EnvoyFilter or WasmPlugin objects may change every decision' : 'effective authorization has no workloads to be judged on', evidence: false },
    { when: measured.ingress.without !== undefined || measured.egress.without !== undefined, points: 10, reason: 'the way in or out of the mesh is not fully declared here', evidence: false },
    { when: side.mesh.config.statedBy === undefined, points: 5, reason: `the Istio version is assumed to be ${side.mesh.config.istioVersion}`, evidence: false },
    { when: side.criticalAssets.size === 0, points: 5, reason: 'no asset is declared critical, so intended communication is not known', evidence: false },
  ];
  const applied = all.filter((entry) => entry.when);
  const sum = (entries: typeof all): number => entries.reduce((total, entry) => total + entry.points, 0);
  return { value: Math.max(0, 100 - sum(applied)), deductions: applied.map(({ points, reason }) => ({ points, reason })), forEvidence: sum(applied.filter((entry) => entry.evidence)) };
}
