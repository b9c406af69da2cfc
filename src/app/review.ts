/** The main job: two trees and a configuration become one report. One call per stage; what a rule means is decided elsewhere. */
import { compareBy, distinct, sortedBy } from '#lib/order.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { Assumption, Mesh } from '#mesh/model.ts';
import { namespacesTakenAway } from '#mesh/taken-away.ts';
import type { FieldPath } from '#source/origin.ts';
import { decide } from '#posture/answer.ts';
import { environmentFacts, ordered, runDetectors, type FindingsInput } from '#findings/run.ts';
import type { Finding, Location } from '#findings/finding.ts';
import type { DescribedChange } from '#impact/describe.ts';
import { assess } from '#maturity/assess.ts';
import type { Report } from '#report/report.ts';
import type { Limits } from '#sets/difference.ts';
import type { TreePair } from '#trees/tree.ts';
import { resourceReports } from './changed-effect.ts';
import { Citations } from './cite.ts';
import { compareEnvironments, type ComparedEnvironment, type ComparedEnvironments } from './compare-environments.ts';
import { suppressionFor, unheldSuppressions, type Config, type NotYet } from './config.ts';
import { FindingEffects } from './finding-effect.ts';
import { headObjects, type LocateHead } from './head-objects.ts';
import { loadComparison, loadSnapshot, type Loaded } from './load.ts';
import { unreadableConfigs } from './config-effect.ts';
import { notComputedReasons } from './not-computed.ts';
import { undecidedReasons } from './undecided-values.ts';
import type { Prepared } from './render/prepare.ts';
import { unreplayed } from './replay.ts';
import { onceEach, undecidedInvariants } from './run-reasons.ts';
import { statedMesh } from './stated-mesh.ts';
import { judge } from './verdict.ts';

export interface ReviewInput {
  readonly pair: TreePair;
  readonly comparison: Report['comparison'];
  readonly config: Config;
  /** The configuration that the head brings, where it differs: shown as a preview, never in force. */
  readonly proposed?: Config | undefined;
  readonly configFile?: string;
  /** Keys of the configuration that have no effect yet: said in the report, never silently so. */
  readonly notYet?: readonly NotYet[];
  /** `YYYY-MM-DD`, UTC: suppressions expire. */
  readonly today: string;
  readonly version: string;
  /** Discovery and renderings (`prepareRendering`); without them nothing is rendered and units that need it are named incomplete. */
  readonly prepared?: Prepared | undefined;
  /** Inputs that the caller could not read at all: added to the report's reasons. */
  readonly unreadReasons?: Report['incompleteReasons'];
}

export interface Statistics {
  readonly workUnits: number;
  readonly destinations: number;
  readonly changes: number;
}

export interface ReviewOutcome {
  readonly report: Report;
  readonly statistics: Statistics;
  /** Changes with their exact cubes, for `test` and for questions about a region. */
  readonly changes: readonly DescribedChange[];
  readonly compared: ComparedEnvironments;
  readonly locateHead: LocateHead;
}

export function limitsOf(config: Config): Limits {
  return { workPerSeed: config.limits.workPerSeed, regionsPerSeed: 8, atomsPerDimension: 4_096 };
}

export function review(input: ReviewInput): ReviewOutcome {
  const { config, prepared } = input;
  const pair = prepared?.pair ?? input.pair;
  const snapshot = input.comparison.mode === 'snapshot';
  const options = { prepared, ...(input.configFile === undefined ? {} : { configFile: input.configFile }) };
  const loaded = snapshot ? loadSnapshot(pair.head, pair.blobs, config, options) : loadComparison(pair, config, options);
  loaded.discovered.documents.forget();
  const citations = new Citations(pair, prepared?.rendered.blames);
  const compared = compareEnvironments(loaded.environments, statedMesh(config), limitsOf(config), citations);
  const changes = compared.changes.map((described) => described.change);
  const taken = new Map(compared.changes.map((described) => [described.change, described.taken]));
  const internalErrors = [...compared.internalErrors, ...unreplayed(changes, compared.environments.map(({ loaded: { id }, base, head, renamed }) => ({ id, base, head, renamed })), (change) => taken.get(change) ?? [])];
  const meshes = compared.environments.map(({ loaded: { id }, base, head, calls }) => ({ id, base, head, calls }));
  const lineOf = lineIn(citations);
  const incompleteReasons = sortedBy(
    onceEach([...loaded.incompleteReasons, ...notComputedReasons(loaded.changedResources, meshes, lineOf), ...unreadableConfigs(loaded.environments.map(({ base, head }) => ({ base: base.resources, head: head.resources })), lineOf), ...undecidedReasons(compared.undecided, lineOf), ...undecidedInvariants(config, input.notYet ?? [], input.configFile), ...(input.unreadReasons ?? [])]),
    (reason) => reason.unit ?? '',
    (reason) => reason.file ?? '',
    (reason) => reason.kind,
    (reason) => reason.reason,
  );
  const findingsInput: FindingsInput = {
    environments: compared.environments.map(({ loaded: { id, base, head }, base: baseMesh, head: headMesh, renamed }) => ({
      id,
      renamed,
      base: snapshot ? undefined : { mesh: baseMesh, all: base.all },
      head: { mesh: headMesh, all: head.all },
    })),
    changes,
    incompleteReasons,
    outside: loaded.outsideChanges,
    locate: (resource, path, side) => citations.locate(resource, path, side),
    ask: decide,
    criticalAssets: new Set(config.assets.filter((asset) => asset.criticality === 'critical').map((asset) => asset.workload)),
  };
  const detected = runDetectors(findingsInput);
  const { maturity, findings: maturityFindings } = assess({ environments: environmentFacts(findingsInput), findings: detected, changes });
  const findings = suppressed(ordered([...detected, ...maturityFindings]), config, input.today);
  const judgement = judge({ findings, incompleteReasons, gates: config.gates, maturity, applicable: loaded.applicable, unreferenced: loaded.unreferenced, invariants: config.invariants.length, internalErrors });
  const proposed = input.proposed === undefined ? undefined : judge({ findings, incompleteReasons, gates: input.proposed.gates, maturity, applicable: loaded.applicable, unreferenced: loaded.unreferenced, invariants: input.proposed.invariants.length, internalErrors });
  const report: Report = {
    schemaVersion: '1',
    tool: { name: 'mesh-posture', version: input.version },
    comparison: input.comparison,
    verdict: judgement.verdict,
    gates: judgement.gates,
    incomplete: incompleteReasons.length > 0,
    incompleteReasons,
    environments: environmentReports(loaded),
    resources: resourceReports(loaded.changedResources, compared.changes, meshes, new FindingEffects(findings, (entry, side) => placeOf(citations, entry, side)), compared.undecided),
    population: population(compared.environments),
    changes,
    findings,
    maturity,
    attackPaths: [],
    coverage: { ...loaded.coverage, workloads: enrolmentCounts(compared.environments.map(({ head }) => head)), assumptions: assumptions(loaded, compared, findings, input) },
    ...(proposed === undefined ? {} : { preview: { verdict: proposed.verdict, because: proposed.gates.find((gate) => gate.failed)?.because ?? 'no gate fails' } }),
  };
  return { report, statistics: { workUnits: compared.workUnits, destinations: compared.destinations, changes: changes.length }, changes: compared.changes, compared, locateHead: headObjects(compared.environments, citations) };
}

/** Environments that were judged, and the units that were not: of environments that nothing touches (R16), and pinned (R8). */
function environmentReports(loaded: Loaded): Report['environments'] {
  const apart = (['pinned', 'untouched'] as const).flatMap((status) => {
    const units = loaded.untouched.filter((unit) => unit.status === status);
    return units.length === 0 ? [] : [{ id: status, units }];
  });
  return [...loaded.environments.map(({ id, units }) => ({ id, units: [...units] })), ...apart];
}

function placeOf(citations: Citations, entry: Loaded['changedResources'][number], side: 'base' | 'head'): Location | undefined {
  const resource = entry[side];
  return resource === undefined ? undefined : citations.locate(resource, [], side);
}

function lineIn(citations: Citations) {
  return (resource: AnyResource, path: FieldPath, side: 'base' | 'head'): { readonly file: string; readonly line: number } | undefined => {
    const location = citations.locate(resource, path, side);
    return location === undefined ? undefined : { file: location.file, line: location.startLine };
  };
}

/** A suppression silences a state; a change is accepted per head commit only, so that no waiver hides the next widening. */
function suppressed(findings: readonly Finding[], config: Config, today: string): readonly Finding[] {
  if (config.suppressions.length === 0) return findings;
  return findings.map((finding) => (finding.status !== 'fixed' && suppressionFor(finding, config.suppressions, today) !== undefined ? { ...finding, status: 'suppressed' as const } : finding));
}

function population(environments: readonly ComparedEnvironment[]): Report['population'] {
  const added: string[] = [];
  const removed: string[] = [];
  for (const { base, head, renamed } of environments) {
    if (base === head) continue;
    const kept = new Set(renamed.values());
    for (const id of head.workloads.keys()) if (!base.workloads.has(renamed.get(id) ?? id)) added.push(id);
    for (const id of base.workloads.keys()) if (!head.workloads.has(id) && !kept.has(id)) removed.push(id);
  }
  return { added: distinct(added), removed: distinct(removed) };
}

function enrolmentCounts(meshes: readonly Mesh[]): Report['coverage']['workloads'] {
  const counts = { sidecar: 0, ambient: 0, gateway: 0, none: 0, unknown: 0 };
  const seen = new Set<string>();
  for (const mesh of meshes) {
    for (const workload of mesh.workloads.values()) {
      if (seen.has(workload.id)) continue;
      seen.add(workload.id);
      counts[workload.enrolment.mode]++;
    }
  }
  return counts;
}

/** @param id `namespace/key=value,…` */
function phantomGatewayText(id: string): string {
  const slash = id.indexOf('/');
  return `gateway pods labelled \`${id.slice(slash + 1)}\`, which no manifest declares, run in the namespace \`${id.slice(0, slash)}\`, and clients outside reach the ports of their Gateways; their account is one that policies name there`;
}

/** What the whole report stands on, once each. */
function assumptions(loaded: Loaded, compared: ComparedEnvironments, findings: readonly Finding[], input: ReviewInput): Report['coverage']['assumptions'] {
  const { environments } = compared;
  const all: Assumption[] = [...loaded.assumptions, ...compared.assumptions, ...environments.flatMap(({ base, head }) => [...base.assumptions, ...head.assumptions])];
  for (const name of distinct(environments.flatMap(({ base, head }) => (base === head ? [] : namespacesTakenAway(base, head))))) all.push({ id: `namespace-gone:${name}`, text: `namespace \`${name}\` is taken away with everything that lay in it: its pods are gone, and what led to them is not compared` });
  for (const id of distinct(compared.changes.flatMap(({ change }) => change.assumptions)).filter((each) => each.startsWith('gateway:'))) all.push({ id, text: phantomGatewayText(id.slice('gateway:'.length)) });
  for (const { key, line, message } of input.notYet ?? []) all.push({ id: `configuration:${key}`, text: `line ${line} of the configuration: ${message}` });
  for (const unheld of unheldSuppressions(findings, input.config.suppressions, input.today)) all.push({ id: `suppression:${unheld.suppression.rule}:${unheld.suppression.line}`, text: `the suppression at line ${unheld.suppression.line} of the configuration is not in force: ${unheld.because}` });
  return [...new Map(all.map((assumption) => [assumption.id, assumption])).values()].sort(compareBy((assumption) => assumption.id));
}
