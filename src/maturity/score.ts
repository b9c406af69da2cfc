/** From ratings to one number (`docs/maturity.md`). */
import type { Measured } from './parts.ts';
import { dimensions, type MaturityDimension, type Rating } from './scorecard.ts';

export const weights: Readonly<Record<MaturityDimension, number>> = {
  'workload-identity': 15,
  mtls: 15,
  'request-authentication': 10,
  authorization: 20,
  segmentation: 15,
  ingress: 10,
  egress: 10,
  auditability: 5,
};

/** With this many unknown dimensions or more there is no score. */
export const tooManyUnknown = 5;

type ByDimension<T> = Readonly<Record<MaturityDimension, T>>;

/** Not known, or known by assumption only. */
export function unknownCount(measured: ByDimension<Pick<Measured, 'evidence'>>): number {
  return dimensions.filter((dimension) => measured[dimension].evidence === 'UNKNOWN').length;
}

/** Unrounded, 0 to 100; `null` where too little is known. What is not applicable gives its weight to the others in proportion. */
export function scoreOf(ratings: ByDimension<Pick<Rating, 'rating'>>, measured: ByDimension<Pick<Measured, 'without' | 'evidence'>>): number | null {
  if (dimensions.filter((dimension) => measured[dimension].without === 'unknown').length >= tooManyUnknown) return null;
  const applicable = dimensions.filter((dimension) => measured[dimension].without !== 'not-applicable');
  const total = applicable.reduce((sum, dimension) => sum + weights[dimension], 0);
  // What is unknown earns nothing, and its weight stays.
  return applicable.reduce((sum, dimension) => sum + ((ratings[dimension].rating ?? 0) / 5) * (weights[dimension] * (100 / total)), 0);
}

/** Rounded half up; at most 59 while a critical finding is open. */
export function displayed(score: number, critical: boolean): number {
  const rounded = Math.floor(score + 0.5 + 1e-9);
  return critical ? Math.min(59, rounded) : rounded;
}
