/**
 * What a comparison does to the ratings: over the workloads that both sides have, over the subjects of both sides, with the base's
 * weights. So a dimension moves only where a change or a finding moved it; what merely adding or removing workloads does stands apart.
 */
import { sameContent } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import type { Change, Facet } from '#impact/change.ts';
import type { EnvironmentFacts } from '#findings/detector.ts';
import type { SideFacts } from '#findings/facts.ts';
import type { Finding } from '#findings/finding.ts';
import { PairGrid } from './pair-grid.ts';
import { oneDecimal, ratingOver, type Measured, type Part } from './parts.ts';
import { common, phantomScopes, type Scope } from './scope.ts';
import type { MaturityDelta, MaturityDimension, Scorecard } from './scorecard.ts';
import { mapDimensions, measure, measureWhole, type Measurements } from './scorecard-of.ts';
import { scoreOf } from './score.ts';

export interface DeltaInput {
  readonly environments: readonly EnvironmentFacts[];
  readonly base: Readonly<Record<string, Scorecard>>;
  readonly head: Readonly<Record<string, Scorecard>>;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

type EnvironmentDelta = MaturityDelta['environments'][string];

export function delta(input: DeltaInput): MaturityDelta {
  const environments: Record<string, EnvironmentDelta> = {};
  for (const pair of input.environments) environments[pair.id] = environmentDelta(pair, input);
  const known = Object.values(environments).flatMap((entry) => (entry.overall === null ? [] : [entry.overall]));
  // The environment with the largest drop; where nothing drops, the smallest rise.
  return { overall: known.length === 0 ? null : Math.min(...known), environments };
}

function environmentDelta(pair: EnvironmentFacts, input: DeltaInput): EnvironmentDelta {
  const base = input.base[pair.id]?.configured;
  const head = input.head[pair.id]?.configured;
  const confidence = (head?.confidence ?? 0) - (base?.confidence ?? 0);
  if (pair.base === undefined || base === undefined || head === undefined) {
    return { overall: null, level: null, confidence: 0, population: null, dimensions: mapDimensions(() => ({ delta: null, movedBy: [] })) };
  }
  if (pair.base === pair.head) {
    return { overall: base.score === null ? null : 0, level: 0, confidence: 0, population: base.score === null ? null : 0, dimensions: mapDimensions((dimension) => ({ delta: base.dimensions[dimension].rating === null ? null : 0, movedBy: [] })) };
  }
  const only = common(pair.base, pair.head, pair.renamed);
  // A phantom that only one side names stands on both: nobody declares it on either (R29).
  const phantoms = phantomScopes(pair.base, pair.head);
  const before = measureIn(pair.base, { only, phantoms, renamed: new Map() });
  const after = measureIn(pair.head, { only, phantoms, renamed: pair.renamed });
  const ratings = mapDimensions((dimension) => ratedPair(before[dimension], after[dimension]));
  const overall = overallOf(before, ratings);
  const samePopulation = only.size === pair.base.workloads.length && only.size === pair.head.workloads.length;
  const whole = samePopulation ? overall : wholeOf(pair, base.score, head.score);
  return {
    overall,
    level: head.level - base.level,
    confidence,
    population: overall === null || whole === null ? null : oneDecimal(whole - overall),
    dimensions: mapDimensions((dimension) => {
      const pairOf = ratings[dimension];
      const moved = pairOf === undefined ? null : oneDecimal(pairOf.head - pairOf.base);
      return { delta: moved, movedBy: moved === null || moved === 0 ? [] : moversOf(dimension, pair.id, input) };
    }),
  };
}

/** A scope that leaves nothing out and renames nothing is the whole side, which is measured once. */
function measureIn(side: SideFacts, scope: Scope): Measurements {
  const own = phantomScopes(side);
  const samePhantoms = scope.phantoms?.length === own.length && own.every((phantom, index) => sameContent(phantom, scope.phantoms?.[index]));
  return samePhantoms && scope.renamed.size === 0 && scope.only?.size === side.workloads.length ? measureWhole(side) : measure(side, scope);
}

interface RatedPair {
  readonly base: number;
  readonly head: number;
}

/** `undefined`: a side has no rating, so nothing moved that can be told. */
function ratedPair(base: Measured, head: Measured): RatedPair | undefined {
  if (base.without === 'unknown' || head.without === 'unknown') return undefined;
  // What is not applicable on one side has no subjects there: the other side's are measured against their absence.
  if (base.without === 'not-applicable' && head.without === 'not-applicable') return undefined;
  const bases = base.without === undefined ? base.parts : head.parts.map(emptied);
  const heads = head.without === undefined ? head.parts : base.parts.map(emptied);
  return { base: ratingOver(bases, heads), head: ratingOver(heads, bases) };
}

function emptied(part: Part): Part {
  return { ...part, items: new Map(), ...(part.grid === undefined ? {} : { grid: new PairGrid(new Map(), '') }) };
}

/** With the base's weights: what was not applicable there stays out. */
function overallOf(before: Measurements, ratings: Readonly<Record<MaturityDimension, RatedPair | undefined>>): number | null {
  const score = (side: keyof RatedPair): number | null => scoreOf(mapDimensions((dimension) => ({ rating: ratings[dimension]?.[side] ?? null })), before);
  const base = score('base');
  const head = score('head');
  return base === null || head === null ? null : oneDecimal(head - base);
}

/** The move of the scores of all workloads, without the cap, so that population is not blamed for a critical finding. */
function wholeOf(pair: EnvironmentFacts, base: number | null, head: number | null): number | null {
  if (base === null || head === null || pair.base === undefined) return null;
  const before = measureWhole(pair.base);
  const after = pair.renamed.size === 0 ? measureWhole(pair.head) : measure(pair.head, { renamed: pair.renamed });
  const left = scoreOf(mapDimensions((dimension) => ({ rating: rated(before[dimension]) })), before);
  const right = scoreOf(mapDimensions((dimension) => ({ rating: rated(after[dimension]) })), after);
  return left === null || right === null ? null : right - left;
}

function rated(measured: Measured): number | null {
  return measured.without === undefined ? ratingOver(measured.parts, measured.parts) : null;
}

const facetDimensions: Readonly<Record<Facet, readonly MaturityDimension[]>> = {
  mtls: ['mtls'],
  token: ['request-authentication', 'authorization'],
  'external-authorization': ['authorization', 'ingress'],
  ingress: ['ingress', 'request-authentication'],
  enrolment: ['workload-identity', 'mtls', 'authorization', 'segmentation'],
  identity: ['workload-identity', 'authorization', 'segmentation'],
  egress: ['egress'],
  access: ['authorization', 'segmentation', 'ingress', 'request-authentication'],
};

/** Families of rules by their hundreds. */
const familyDimensions: Readonly<Record<string, readonly MaturityDimension[]>> = {
  '1': ['mtls', 'workload-identity'],
  '2': ['authorization', 'segmentation', 'auditability'],
  '3': ['request-authentication'],
  '4': ['workload-identity', 'mtls', 'authorization', 'segmentation'],
  '5': ['ingress'],
  '6': ['egress'],
  '7': ['segmentation', 'auditability', 'egress'],
  '8': ['auditability', 'authorization'],
};

/** Change ids and fingerprints that are about this dimension; where none is, every change of the environment may have moved it. */
function moversOf(dimension: MaturityDimension, environment: string, input: DeltaInput): readonly string[] {
  const changes = input.changes.filter((change) => change.environments.includes(environment));
  const findings = input.findings.filter((finding) => finding.environments.includes(environment) && finding.changeIds.length === 0 && (finding.status === 'new' || finding.status === 'worsened' || finding.status === 'fixed'));
  const own = [
    ...changes.filter((change) => facetDimensions[change.facet].includes(dimension)).map((change) => change.id),
    ...findings.filter((finding) => familyDimensions[finding.code.charAt(2)]?.includes(dimension) === true).map((finding) => finding.fingerprint),
  ];
  return distinct(own.length > 0 ? own : [...changes.map((change) => change.id), ...findings.map((finding) => finding.fingerprint)]);
}

