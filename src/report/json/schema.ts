/** The published schema of the JSON report; `report.schema.json` at the root of the repository is this value. */
import type { Evidence } from '#findings/finding.ts';
import { dimensions, type Maturity, type MaturityDelta, type MaturityDimension, type Rating, type Score, type Scorecard } from '#maturity/scorecard.ts';
import type { AttackPath, Coverage, Gate, IncompleteReason, Report, ResourceReport, Revision, UnitReport, Verdict } from '../report.ts';
import { changeDefinitions } from './schema-changes.ts';
import { choice, constant, flag, integer, list, nullable, number, object, record, ref, text, type Schema } from './schema-dsl.ts';

const verdict = (description: string): Schema => choice<Verdict>(description, { pass: true, warn: true, fail: true, error: true, 'not-applicable': true });

/** Every dimension has the same shape; the type of the result says that none is missing. */
function perDimension(of: (dimension: MaturityDimension) => Schema): Readonly<Record<MaturityDimension, Schema>> {
  return Object.fromEntries(dimensions.map((dimension) => [dimension, of(dimension)])) as Record<MaturityDimension, Schema>; // built from all of them
}

const rating = object<Rating>(
  'one dimension',
  {
    rating: nullable(number('0.0 to 5.0; null: not applicable or not known')),
    evidence: choice<Evidence>('what it rests on', { VERIFIED: true, INFERRED: true, UNKNOWN: true }),
    reason: text('plain text'),
    subjects: list('what costs points', object<Rating['subjects'][number]>('a subject and what it lacks', { subject: text('resource or workload'), lacks: text('plain text') }, {})),
  },
  {},
);

const score = object<Score>(
  'one view of one environment',
  {
    score: nullable(number('0 to 100; null: cannot be computed, see `reason`')),
    reason: text('plain text; empty where there is a score'),
    level: integer('highest level of which all lower ones are met'),
    nextLevel: nullable(object<NonNullable<Score['nextLevel']>>('the first level that is not met', { level: integer('the level'), missing: text('what is missing, plain text') }, {})),
    confidence: integer('0 to 100'),
    deductions: list('what confidence lost', object<Score['deductions'][number]>('one deduction', { points: number('points'), reason: text('plain text') }, {})),
    verdict: choice<Score['verdict']>('the verdict of an assessment', { STRONG: true, MODERATE: true, WEAK: true, 'HIGH RISK': true, INCONCLUSIVE: true }),
    dimensions: object<Score['dimensions']>('the eight dimensions', perDimension(() => ref('its rating', 'rating')), {}),
  },
  {},
);

type EnvironmentDelta = MaturityDelta['environments'][string];

const environmentDelta = object<EnvironmentDelta>(
  'how one environment moved',
  {
    overall: nullable(number('difference of the scores over destinations of both sides; null: a side has none')),
    level: nullable(number('difference of the levels')),
    confidence: number('difference of the confidence'),
    population: nullable(number('what added and removed workloads do to the score beside this')),
    dimensions: object<EnvironmentDelta['dimensions']>(
      'the eight dimensions',
      perDimension(() =>
        object<EnvironmentDelta['dimensions'][MaturityDimension]>('how one dimension moved', { delta: nullable(number('difference of the ratings')), movedBy: list('changes and findings that moved it', text('an id or a fingerprint')) }, {}),
      ),
      {},
    ),
  },
  {},
);

const revision = object<Revision>('one side', { id: text('commit id, directory or `working tree`'), label: text('as the user named it') }, {});

const unit = object<UnitReport>(
  'one deployable source',
  {
    id: text('stable id'),
    kind: choice<UnitReport['kind']>('how it is rendered', { plain: true, kustomize: true, helm: true }),
    path: text('path in the repository'),
    status: choice<UnitReport['status']>('what was done with it', { rendered: true, 'not-renderable': true, identical: true, pinned: true, untouched: true }),
    reason: text('why, plain text'),
    tool: text('the tool that rendered it'),
  },
  { reason: true, tool: true },
);

const incompleteReason = object<IncompleteReason>(
  'an input that was not read, rendered or decided',
  {
    id: text('stable id'),
    kind: choice<IncompleteReason['kind']>('what happened', { unreadable: true, 'not-renderable': true, refused: true, limit: true, 'missing-object': true }),
    status: choice<IncompleteReason['status']>('new: the base did not have it, or this comparison touches it', { new: true, existing: true }),
    unit: text('the unit'),
    file: text('path in the repository'),
    line: integer('line, from 1', 1),
    reason: text('plain text'),
    remedy: text('what to do, plain text'),
  },
  { unit: true, file: true, line: true },
);

const coverage = object<Coverage>(
  'what was read',
  {
    files: integer('files'),
    documents: integer('YAML documents'),
    understood: integer('documents with a meaning here'),
    ignored: integer('documents without one'),
    unreadable: list(
      'documents that could not be read',
      object<Coverage['unreadable'][number]>(
        'one of them',
        { file: text('path in the repository'), line: integer('line, from 1', 1), side: choice<Coverage['unreadable'][number]['side']>('the sides that have it', { base: true, head: true, both: true }), reason: text('plain text'), remedy: text('what to do, plain text') },
        { line: true },
      ),
    ),
    workloads: object<Coverage['workloads']>(
      'declared workloads by what protects them',
      { sidecar: integer('behind a sidecar'), ambient: integer('in ambient mode'), gateway: integer('gateways'), none: integer('without a proxy'), unknown: integer('enrolment unknown') },
      {},
    ),
    assumptions: list('standing and additional assumptions', object<Coverage['assumptions'][number]>('one of them', { id: text('the id that changes name'), text: text('plain text') }, {})),
  },
  {},
);

export const reportSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Mesh Posture report',
  ...object<Report>(
    'what a change to Istio and Kubernetes manifests really changes; every field is always present, lists may be empty',
    {
      schemaVersion: constant('version of this shape', '1'),
      tool: object<Report['tool']>('who wrote it', { name: constant('name of the tool', 'mesh-posture'), version: text('its version') }, {}),
      comparison: object<Report['comparison']>(
        'what was compared',
        {
          mode: choice<Report['comparison']['mode']>('how the two sides were chosen', { 'merge-result': true, 'merge-base': true, revisions: true, 'merge-group': true, push: true, directories: true, snapshot: true }),
          base: nullable(revision),
          head: revision,
        },
        {},
      ),
      verdict: verdict('the verdict'),
      gates: list(
        'every gate that was judged',
        object<Gate>(
          'one gate',
          { id: choice<Gate['id']>('its id', { findings: true, incomplete: true, external: true, unreferenced: true, maturity: true, invariants: true, internal: true }), failed: flag('it failed'), because: text('plain text') },
          {},
        ),
      ),
      incomplete: flag('something was not read, rendered or decided'),
      incompleteReasons: list('what', incompleteReason),
      environments: list('environments', object<Report['environments'][number]>('units that run together', { id: text('its id'), units: list('its units', unit) }, {})),
      resources: list(
        'every changed object',
        object<ResourceReport>(
          'one of them',
          {
            resource: text('`Kind/namespace/name`'),
            environments: list('environments that have it', text('an id')),
            change: choice<ResourceReport['change']>('what happened to its text', { added: true, modified: true, removed: true }),
            effect: choice<ResourceReport['effect']>('what that does', { changed: true, none: true, undecided: true }),
            because: text('plain text'),
          },
          {},
        ),
      ),
      population: object<Report['population']>('declared workloads that only one side has', { added: list('head only', text('an id')), removed: list('base only', text('an id')) }, {}),
      changes: list('effective changes', ref('one of them', 'change')),
      findings: list('findings', ref('one of them', 'finding')),
      maturity: object<Maturity>(
        'zero-trust maturity',
        {
          base: record('by environment', ref('its scorecard', 'scorecard')),
          head: record('by environment', ref('its scorecard', 'scorecard')),
          delta: object<MaturityDelta>('head against base', { overall: nullable(number('of the environment with the largest drop')), environments: record('by environment', ref('its movement', 'environmentDelta')) }, {}),
        },
        {},
      ),
      attackPaths: list('paths to declared assets', object<AttackPath>('one of them', { status: choice<AttackPath['status']>('compared with the base', { new: true, gone: true, existing: true }), hops: list('from the source to the target', text('plain text')) }, {})),
      coverage,
      preview: object<NonNullable<Report['preview']>>('the verdict under the configuration that this change brings', { verdict: verdict('the verdict'), because: text('plain text') }, {}),
    },
    { preview: true },
  ),
  $defs: {
    ...changeDefinitions,
    rating,
    score,
    scorecard: object<Scorecard>('both views of one environment', { configured: ref('what the manifests would enforce', 'score'), credited: ref('what evidence backs', 'score') }, {}),
    environmentDelta,
  },
};
