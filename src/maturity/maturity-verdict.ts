import type { Score } from './scorecard.ts';

/** High findings up to this many are bounded. */
const boundedHighs = 3;

/** `docs/maturity.md`, verdict. A critical finding is a high risk however little else is known: missing knowledge lowers no impact. */
export function verdictOf({ score, confidence, criticals, highs }: { readonly score: number | null; readonly confidence: number; readonly criticals: number; readonly highs: number }): Score['verdict'] {
  if (criticals > 0) return 'HIGH RISK';
  if (score === null || confidence < 50) return 'INCONCLUSIVE';
  if (score < 50) return 'HIGH RISK';
  if (score >= 85 && highs === 0 && confidence >= 80) return 'STRONG';
  if (score >= 70 && highs <= boundedHighs && confidence >= 65) return 'MODERATE';
  return 'WEAK';
}
