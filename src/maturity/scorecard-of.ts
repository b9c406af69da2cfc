/** One environment on one side, measured: eight dimensions, score, level, confidence and verdict, configured and credited. */
import type { Finding } from '#findings/finding.ts';
import type { SideFacts } from '#findings/facts.ts';
import { auditability } from './dimensions/auditability.ts';
import { authorization } from './dimensions/authorization.ts';
import { egress } from './dimensions/egress.ts';
import { ingress } from './dimensions/ingress.ts';
import { mtls } from './dimensions/mtls.ts';
import { requestAuthentication } from './dimensions/request-authentication.ts';
import { segmentation } from './dimensions/segmentation.ts';
import { workloadIdentity } from './dimensions/workload-identity.ts';
import { confidenceOf } from './confidence.ts';
import { configuredLevel } from './level.ts';
import { toRating, type Measured } from './parts.ts';
import { everything, type Scope } from './scope.ts';
import { dimensions, type MaturityDimension, type Rating, type Score, type Scorecard } from './scorecard.ts';
import { displayed, scoreOf, tooManyUnknown, unknownCount } from './score.ts';
import { verdictOf } from './maturity-verdict.ts';

export type Measurements = Readonly<Record<MaturityDimension, Measured>>;

const whole = new WeakMap<SideFacts, Measurements>();

/** Of all that a side declares: for its score and, where the other side declares the same, for what moved. */
export function measureWhole(side: SideFacts): Measurements {
  const known = whole.get(side);
  if (known !== undefined) return known;
  const fresh = mapDimensions((dimension) => side.recall(measures[dimension], (asked) => measures[dimension](asked, everything)).value);
  whole.set(side, fresh);
  return fresh;
}

const measures: Readonly<Record<MaturityDimension, (side: SideFacts, scope: Scope) => Measured>> = {
  'workload-identity': workloadIdentity,
  mtls,
  'request-authentication': requestAuthentication,
  authorization,
  segmentation,
  ingress,
  egress,
  auditability,
};

export function measure(side: SideFacts, scope: Scope): Measurements {
  return mapDimensions((dimension) => measures[dimension](side, scope));
}

/** Without evidence from a cluster no dimension earns more than this in the credited view. */
const creditCap = 2;

export interface ScorecardInput {
  readonly side: SideFacts;
  /** State findings that hold on this side. */
  readonly findings: readonly Pick<Finding, 'severity' | 'status' | 'changeIds' | 'environments'>[];
  /** Something could not be read, rendered or decided. */
  readonly incomplete: boolean;
}

export function scorecard({ side, findings, incomplete }: ScorecardInput): Scorecard {
  const measured = measureWhole(side);
  const ratings = mapDimensions((dimension) => toRating(measured[dimension]));
  const credited = mapDimensions((dimension) => credit(ratings[dimension]));
  const open = findings.filter((finding) => finding.status !== 'fixed' && finding.status !== 'suppressed' && finding.changeIds.length === 0);
  const criticals = open.filter((finding) => finding.severity === 'critical').length;
  const highs = open.filter((finding) => finding.severity === 'high').length;
  const confidence = confidenceOf(side, measured, incomplete);
  const level = configuredLevel(side);
  const view = (rated: Readonly<Record<MaturityDimension, Rating>>, verified: boolean): Score => {
    const unknown = unknownCount(measured);
    // What is known by assumption only may be configured; nobody may quote it.
    const raw = verified && unknown >= tooManyUnknown ? null : scoreOf(rated, measured);
    const score = raw === null ? null : displayed(raw, criticals > 0);
    return {
      score,
      reason: raw === null ? `${unknown} of 8 dimensions are unknown: too little was read` : criticals > 0 ? 'capped at 59 while a critical finding is open' : verified ? 'what evidence from a cluster confirms' : 'what the manifests would enforce if applied as they stand',
      ...(verified ? { level: 0, nextLevel: { level: 1, missing: 'evidence from the cluster that workloads have identities of their own and are enrolled' } } : level),
      confidence: confidence.value,
      deductions: confidence.deductions,
      // The configured view answers "if verified": what only evidence can settle is taken as settled.
      verdict: verdictOf({ score, confidence: verified ? confidence.value : Math.min(100, confidence.value + confidence.forEvidence), criticals, highs }),
      dimensions: rated,
    };
  };
  return { configured: view(ratings, false), credited: view(credited, true) };
}

function credit(rating: Rating): Rating {
  return rating.rating === null || rating.rating <= creditCap ? rating : { ...rating, rating: creditCap, reason: `${rating.reason}; no evidence from a cluster, so at most ${creditCap.toFixed(1)} is credited` };
}

export function mapDimensions<T>(value: (dimension: MaturityDimension) => T): Readonly<Record<MaturityDimension, T>> {
  const entries = dimensions.map((dimension) => [dimension, value(dimension)] as const);
  // The keys are exactly the dimensions.
  return Object.fromEntries(entries) as unknown as Readonly<Record<MaturityDimension, T>>;
}
