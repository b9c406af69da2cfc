/** From changes and two sides to findings: detectors run, drafts get fingerprints and positions, equal ones become one. */
import { distinct, sortedBy } from '#lib/order.ts';
import type { Cause, Change } from '#impact/change.ts';
import type { Mesh } from '#mesh/model.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { FieldPath } from '#source/origin.ts';
import { ruleEntry, type RuleId } from './catalogue.ts';
import type { ChangeDraft, Detector, EnvironmentFacts } from './detector.ts';
import { factsOf, type SideFacts, type SideInput } from './facts.ts';
import { fingerprint } from './fingerprint.ts';
import type { Finding, FindingStatus, Location, RelatedLocation } from './finding.ts';
import { incompleteFindings, type RunReason } from './incomplete.ts';
import { outsideFindings, type OutsideReference } from './outside-content.ts';
import { detectors } from './registry.ts';
import { certaintyOf, severityRank } from './severity.ts';
import { SideMemory } from './side-memory.ts';
import { compareStates, openings, type ComparedState } from './states.ts';
import { listed, named } from './text.ts';

/** Lines of a field of an object; called only for what is reported. `undefined`: the object has no lines of its own. */
export type Locate = (resource: AnyResource, path: FieldPath, side: 'base' | 'head') => Location | undefined;

export interface EnvironmentInput {
  readonly id: string;
  /** Absent in a snapshot: every state is then `existing`. */
  readonly base?: SideInput | undefined;
  readonly head: SideInput;
  /** Head workload id → base workload id, where a rename was recognised (R12). */
  readonly renamed?: ReadonlyMap<string, string> | undefined;
}

export interface FindingsInput {
  readonly environments: readonly EnvironmentInput[];
  readonly changes: readonly Change[];
  readonly incompleteReasons: readonly RunReason[];
  /** References to content outside the repository that the sides do not share (R15). */
  readonly outside?: readonly OutsideReference[] | undefined;
  readonly locate: Locate;
  /** Answers one request on one side; absent: no caller is *surely* lost, so MP203 stays an observation. */
  readonly ask?: ((mesh: Mesh, query: Query) => Decision) | undefined;
  /** Ids of workloads that the configuration declares critical. */
  readonly criticalAssets?: ReadonlySet<string> | undefined;
}

type FactsInput = Pick<FindingsInput, 'environments' | 'ask' | 'criticalAssets'>;

const factsByInput = new WeakMap<FactsInput, readonly EnvironmentFacts[]>();

/** The sides indexed once, for the detectors and for the ratings (`#maturity/assess.ts`): one input object, one index. */
export function environmentFacts(input: FactsInput): readonly EnvironmentFacts[] {
  const known = factsByInput.get(input);
  if (known !== undefined) return known;
  const fresh = indexed(input);
  factsByInput.set(input, fresh);
  return fresh;
}

function indexed(input: FactsInput): readonly EnvironmentFacts[] {
  const criticalAssets = input.criticalAssets ?? new Set<string>();
  const memory = input.environments.length > 1 ? { memory: new SideMemory() } : {};
  return input.environments.map(({ id, base, head, renamed }) => {
    const facts = (side: 'base' | 'head', from: SideInput): SideFacts => factsOf(from, { environment: id, side, criticalAssets, ask: input.ask, ...memory });
    const after = facts('head', head);
    // One mesh on both sides is asked once.
    const before = base === undefined ? undefined : base.mesh === head.mesh ? after : facts('base', base);
    return { id, base: before, head: after, renamed: renamed ?? new Map<string, string>() };
  });
}

/** Every finding of the run, MP901 apart (`maturityFinding`), in the one order: worst first, then by code, resource, fingerprint. */
export function runDetectors(input: FindingsInput): readonly Finding[] {
  const environments = environmentFacts(input);
  const all: readonly Detector[] = Object.values(detectors);
  const fromChanges = all.flatMap((detector) => (detector.detectChanges?.({ changes: input.changes, environments }) ?? []).map((draft) => changeFinding(detector.rule, draft)));
  const fromStates = environments.flatMap((pair) => [...compareStates(all, pair), ...openings(all, pair)]).map((state) => stateFinding(state, input.locate));
  return ordered(onceAPlace(merged([...fromChanges, ...fromStates, ...incompleteFindings(input.incompleteReasons), ...outsideFindings(input.outside ?? [])])));
}

export function ordered(findings: readonly Finding[]): readonly Finding[] {
  return sortedBy(findings, (finding) => -severityRank(finding.severity), (finding) => finding.code, (finding) => finding.resource, (finding) => finding.fingerprint);
}

function changeFinding(rule: RuleId, draft: ChangeDraft): Finding {
  const entry = ruleEntry(rule);
  const { change } = draft;
  const causes = draft.causes ?? change.causes;
  const [primary, ...others] = causes;
  const certainty = draft.certainty ?? certaintyOf(change);
  return {
    code: entry.code,
    rule: entry.rule,
    title: entry.title,
    severity: draft.severity ?? entry.severity,
    certainty,
    evidence: certainty === 'undecided' ? 'UNKNOWN' : 'INFERRED',
    status: 'new',
    environments: distinct(change.environments),
    resource: primary?.resource ?? change.destinations[0]?.id ?? 'mesh',
    ...(primary === undefined ? {} : { location: locationOf(primary) }),
    related: others.slice(0, shownRelated).map((cause) => ({ ...locationOf(cause), message: `together with ${named(cause.resource)}, ${cause.change} here` })),
    message: draft.message,
    impact: draft.impact,
    ...(draft.attack === undefined ? {} : { attack: draft.attack }),
    remedy: draft.remedy,
    validation: draft.validation,
    fingerprint: fingerprint({ code: entry.code, causes: causes.length > 0 ? causes.map((cause) => cause.resource) : change.destinations.map((destination) => destination.id), facet: draft.facet ?? change.facet, direction: change.direction }),
    changeIds: [change.id],
    ...(change.witness === undefined ? {} : { witness: change.witness }),
    tags: entry.tags,
  };
}

/** More related places than this tell a reader nothing more. */
const shownRelated = 5;

function locationOf(cause: Cause): Location {
  return { file: cause.file, startLine: cause.line, endLine: cause.endLine, side: cause.side };
}

function stateFinding(state: ComparedState, locate: Locate): Finding {
  const entry = ruleEntry(state.detector.rule);
  const { draft } = state;
  const location = draft.place === undefined ? undefined : locate(draft.place.resource, draft.place.path, state.side);
  const related = (draft.related ?? []).slice(0, shownRelated).flatMap((place): RelatedLocation[] => {
    const found = locate(place.resource, place.path, state.side);
    return found === undefined ? [] : [{ ...found, message: place.message }];
  });
  const certainty = draft.certainty ?? 'proved';
  return {
    code: entry.code,
    rule: entry.rule,
    title: entry.title,
    severity: state.severity,
    certainty,
    evidence: draft.evidence ?? (certainty === 'undecided' ? 'UNKNOWN' : 'INFERRED'),
    status: state.status,
    environments: [state.environment],
    resource: draft.subject,
    ...(location === undefined ? {} : { location }),
    related,
    // Of many that are affected a reader wants to know which are so only now.
    message: state.fresh === undefined || state.fresh.length === 0 || state.fresh.length === draft.affected.length ? draft.message : `${draft.message}; only since this change: ${listed(state.fresh)}`,
    impact: draft.impact,
    ...(draft.attack === undefined ? {} : { attack: draft.attack }),
    remedy: draft.remedy,
    validation: draft.validation,
    fingerprint: state.fingerprint,
    changeIds: [],
    tags: entry.tags,
  };
}

const statusRank: Readonly<Record<FindingStatus, number>> = { new: 4, worsened: 3, existing: 2, suppressed: 1, fixed: 0 };

/** Equal fingerprints are one finding: the text of the worst, its places and those of the others, the worst status over environments. */
export function merged(findings: readonly Finding[]): readonly Finding[] {
  const known = new Map<string, Finding>();
  for (const finding of findings) {
    const other = known.get(finding.fingerprint);
    known.set(finding.fingerprint, other === undefined ? finding : joined(other, finding));
  }
  return [...known.values()];
}

function joined(left: Finding, right: Finding): Finding {
  const rank = (finding: Finding): number => severityRank(finding.severity) * 10 + statusRank[finding.status];
  const [worse, milder] = rank(right) > rank(left) ? [right, left] : [left, right];
  const places = [...worse.related, ...(milder.location === undefined ? [] : [{ ...milder.location, message: 'and here' }]), ...milder.related];
  return {
    ...worse,
    status: statusRank[left.status] >= statusRank[right.status] ? left.status : right.status,
    certainty: weakerCertainty(left, right),
    environments: distinct([...left.environments, ...right.environments]),
    changeIds: distinct([...left.changeIds, ...right.changeIds]),
    related: elsewhere(worse.location, places).slice(0, shownRelated),
  };
}

/** A rule that is both a change and a state says a place of an object once: the change has the witness, the state the field. */
function onceAPlace(findings: readonly Finding[]): readonly Finding[] {
  const told = findings.filter((finding) => finding.changeIds.length > 0 && finding.location !== undefined);
  const tellers = (finding: Finding): readonly Finding[] => (finding.changeIds.length > 0 || finding.status !== 'new' ? [] : told.filter((other) => isSamePlace(other, finding)));
  const fields = new Map(findings.flatMap((finding) => (finding.location === undefined ? [] : tellers(finding).map((other) => [other, finding.location] as const))));
  return findings.filter((finding) => tellers(finding).length === 0).map((finding) => {
    const location = fields.get(finding);
    return location === undefined ? finding : { ...finding, location };
  });
}

function isSamePlace({ code, resource, location }: Finding, state: Finding): boolean {
  if (code !== state.code || location === undefined || state.location === undefined) return false;
  return placeKey(location) === placeKey(state.location) || (resource === state.resource && overlap(location, state.location));
}

function overlap(left: Location, right: Location): boolean {
  return left.side === right.side && left.file === right.file && left.startLine <= right.endLine && right.startLine <= left.endLine;
}

/** Each place once, without the finding's own. */
function elsewhere(own: Location | undefined, places: readonly RelatedLocation[]): readonly RelatedLocation[] {
  const byPlace = new Map(places.toReversed().map((place) => [placeKey(place), place]));
  if (own !== undefined) byPlace.delete(placeKey(own));
  return [...byPlace.values()].toReversed();
}

/** The finding is as sure as its worst part: a proved high one stays proved when an undecided low one joins it. */
function weakerCertainty(left: Finding, right: Finding): Finding['certainty'] {
  if (left.severity !== right.severity) return severityRank(left.severity) > severityRank(right.severity) ? left.certainty : right.certainty;
  const order = ['proved', 'conditional', 'undecided'] as const;
  return order.indexOf(left.certainty) <= order.indexOf(right.certainty) ? left.certainty : right.certainty;
}

function placeKey(place: Location): string {
  return `${place.side} ${place.file}:${place.startLine}-${place.endLine}`;
}
