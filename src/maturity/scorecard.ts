import type { Evidence } from '#findings/finding.ts';

export const dimensions = [
  'workload-identity',
  'mtls',
  'request-authentication',
  'authorization',
  'segmentation',
  'ingress',
  'egress',
  'auditability',
] as const;
export type MaturityDimension = (typeof dimensions)[number];

export interface Rating {
  /** 0.0 to 5.0, one decimal; `null`: not applicable, or not known. */
  readonly rating: number | null;
  readonly evidence: Evidence;
  readonly reason: string;
  /** What costs points, so that a lost tenth leads to a resource: `[subject, what it lacks]`. */
  readonly subjects: readonly { readonly subject: string; readonly lacks: string }[];
}

export interface Score {
  /** 0 to 100, rounded half up; `null` with the reason where it cannot be computed. */
  readonly score: number | null;
  readonly reason: string;
  readonly level: number;
  readonly nextLevel: { readonly level: number; readonly missing: string } | null;
  readonly confidence: number;
  readonly deductions: readonly { readonly points: number; readonly reason: string }[];
  readonly verdict: 'STRONG' | 'MODERATE' | 'WEAK' | 'HIGH RISK' | 'INCONCLUSIVE';
  readonly dimensions: Readonly<Record<MaturityDimension, Rating>>;
}

/** One environment on one side, in both views (`docs/maturity.md`). */
export interface Scorecard {
  readonly configured: Score;
  readonly credited: Score;
}

export interface MaturityDelta {
  /** Of the environment with the largest drop; `null` where a side cannot be scored. */
  readonly overall: number | null;
  readonly environments: Readonly<Record<string, { readonly overall: number | null; readonly level: number | null; readonly confidence: number; readonly population: number | null; readonly dimensions: Readonly<Record<MaturityDimension, { readonly delta: number | null; readonly movedBy: readonly string[] }>> }>>;
}

export interface Maturity {
  readonly base: Readonly<Record<string, Scorecard>>;
  readonly head: Readonly<Record<string, Scorecard>>;
  readonly delta: MaturityDelta;
}
