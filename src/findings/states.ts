/**
 * States are evaluated on both sides and compared. By fingerprint first; then by what is affected, so that a renamed, split or merged
 * policy with the same effect is neither new nor fixed.
 */
import { distinct } from '#lib/order.ts';
import { hasSelector } from '#mesh/attachment.ts';
import { ruleEntry } from './catalogue.ts';
import type { Detector, EnvironmentFacts, RelatedPlace, StateDraft } from './detector.ts';
import { fingerprint } from './fingerprint.ts';
import type { FindingStatus, Severity } from './finding.ts';
import { phantomId, type SideFacts } from './facts.ts';
import { severityRank } from './severity.ts';
import { onSide } from './side-memory.ts';

export interface ComparedState {
  readonly detector: Detector;
  readonly draft: StateDraft;
  readonly severity: Severity;
  readonly fingerprint: string;
  readonly status: Exclude<FindingStatus, 'suppressed'>;
  /** Of a worsened one: what was not affected before. */
  readonly fresh?: readonly string[];
  readonly environment: string;
  /** Whose manifests the draft's places are in. */
  readonly side: 'base' | 'head';
}

interface Keyed {
  readonly draft: StateDraft;
  readonly severity: Severity;
  readonly fingerprint: string;
}

/** What only the head opens: always new. */
export function openings(detectors: readonly Detector[], pair: EnvironmentFacts): ComparedState[] {
  const { base } = pair;
  if (base === undefined || base === pair.head) return [];
  return detectors.flatMap((detector) => {
    const entry = ruleEntry(detector.rule);
    return (detector.detectOpenings?.({ ...pair, base }) ?? []).map((draft): ComparedState => ({
      detector,
      draft,
      severity: draft.severity ?? entry.severity,
      fingerprint: fingerprint({ code: entry.code, causes: [draft.subject], facet: draft.facet ?? '', direction: 'widened' }),
      status: 'new',
      environment: pair.id,
      side: draft.placeSide ?? 'head',
    }));
  });
}

export function compareStates(detectors: readonly Detector[], pair: EnvironmentFacts): ComparedState[] {
  return detectors.flatMap((detector) => {
    const detect = detector.detectState;
    if (detect === undefined) return [];
    const head = keyedOn(detector, detect, pair.head, pair.renamed);
    const base = pair.base === undefined || pair.base === pair.head ? undefined : keyedOn(detector, detect, pair.base, new Map());
    const result = (entry: Keyed, status: ComparedState['status'], side: 'base' | 'head', fresh: readonly string[] = []): ComparedState => ({ detector, ...entry, status, ...(status === 'worsened' ? { fresh } : {}), environment: pair.id, side });
    if (base === undefined) return [...head.values()].map((entry) => result(entry, 'existing', 'head'));

    const before = affectedBy(base, (draft) => scopeOf(draft, pair.base?.mesh.config.rootNamespace ?? ''));
    for (const [item, rank] of affectedBy(wholeOf(detector, detectors, pair.base))) before.set(item, Math.max(before.get(item) ?? -1, rank));
    const after = affectedBy(head);
    const unguarded = (item: string, side: SideFacts | undefined): boolean => detector.alsoWithoutProxy === true && side?.mesh.workloads.get(item.replace(/:\d+$/, ''))?.enrolment.mode === 'none';
    const found = [...head.values()].map((entry) => {
      const fresh = freshItems(entry, before).filter((item) => !unguarded(item, pair.base));
      return result(entry, fresh.length === 0 ? 'existing' : base.has(entry.fingerprint) ? 'worsened' : 'new', 'head', fresh);
    });
    for (const entry of base.values()) {
      if (head.has(entry.fingerprint)) continue;
      if (itemsOf(entry.draft).some((item) => !after.has(item) && !unguarded(item, pair.head))) found.push(result(entry, 'fixed', 'base'));
    }
    return found;
  });
}

/** What the base says by the rule of which the detector's is a part. */
function wholeOf({ partOf }: Detector, detectors: readonly Detector[], base: SideFacts | undefined): ReadonlyMap<string, Keyed> {
  const whole = partOf === undefined ? undefined : detectors.find(({ rule }) => rule === partOf);
  return whole?.detectState === undefined || base === undefined ? new Map() : keyed(whole, whole.detectState, base, new Map());
}

/** What was affected before only by something milder counts as freshly affected. */
function freshItems(entry: Keyed, before: ReadonlyMap<string, number>): readonly string[] {
  const rank = severityRank(entry.severity);
  return itemsOf(entry.draft).filter((item) => rankBefore(item, before) < rank);
}

/** A port was affected too where the whole workload was. */
function rankBefore(item: string, before: ReadonlyMap<string, number>): number {
  return Math.max(before.get(item) ?? -1, before.get(item.replace(/:\d+$/, '')) ?? -1);
}

/** As it was found on another side that is the same in all that the detector asked about, with this side's objects. */
function keyedOn(detector: Detector, detect: (side: SideFacts) => readonly StateDraft[], side: SideFacts, renamed: ReadonlyMap<string, string>): ReadonlyMap<string, Keyed> {
  if (renamed.size > 0) return keyed(detector, detect, side, renamed);
  const { value, from } = side.recall(detector, (asked) => keyed(detector, detect, asked, renamed));
  if (from === side) return value;
  const own = new Map<string, Keyed>();
  for (const [key, entry] of value) {
    const draft = withObjectsOf(side, entry.draft);
    if (draft === undefined) return keyed(detector, detect, side, renamed);
    own.set(key, { ...entry, draft });
  }
  return own;
}

/** `undefined`: the side has an object no longer. */
function withObjectsOf(side: SideFacts, draft: StateDraft): StateDraft | undefined {
  const place = draft.place === undefined ? undefined : onSide(side, draft.place.resource);
  if (draft.place !== undefined && place === undefined) return undefined;
  const related: RelatedPlace[] = [];
  for (const each of draft.related ?? []) {
    const resource = onSide(side, each.resource);
    if (resource === undefined) return undefined;
    related.push({ ...each, resource });
  }
  return { ...draft, ...(draft.place === undefined || place === undefined ? {} : { place: { ...draft.place, resource: place } }), ...(draft.related === undefined ? {} : { related }) };
}

function keyed(detector: Detector, detect: (side: SideFacts) => readonly StateDraft[], side: SideFacts, renamed: ReadonlyMap<string, string>): Map<string, Keyed> {
  const entry = ruleEntry(detector.rule);
  const found = new Map<string, Keyed>();
  for (const drafted of detect(side)) {
    const draft = renamed.size === 0 ? drafted : underOldNames(drafted, renamed);
    const key = fingerprint({ code: entry.code, causes: [draft.subject], facet: draft.facet ?? '', direction: '' });
    const fresh: Keyed = { draft, severity: draft.severity ?? entry.severity, fingerprint: key };
    const known = found.get(key);
    if (known === undefined) {
      found.set(key, fresh);
      continue;
    }
    const chosen = severityRank(fresh.severity) > severityRank(known.severity) ? fresh : known;
    found.set(key, { ...chosen, draft: { ...chosen.draft, affected: distinct([...known.draft.affected, ...draft.affected]) } });
  }
  return found;
}

/** A renamed workload keeps its old name here, so that what was true of it before is not new. */
function underOldNames(draft: StateDraft, renamed: ReadonlyMap<string, string>): StateDraft {
  const old = (text: string): string =>
    text
      .split(/([ :])/)
      .map((part) => renamed.get(part) ?? part)
      .join('');
  return { ...draft, subject: old(draft.subject), affected: draft.affected.map(old) };
}

function itemsOf(draft: StateDraft): readonly string[] {
  return draft.affected.length > 0 ? draft.affected : [`${draft.subject} ${draft.facet ?? ''}`];
}

/** Pods that the selector of the finding's policy names: affected with the declared ones, and still so when these are gone (R29). */
function scopeOf({ place }: StateDraft, rootNamespace: string): readonly string[] {
  const policy = place?.resource;
  if (policy === undefined || (policy.kind !== 'AuthorizationPolicy' && policy.kind !== 'PeerAuthentication' && policy.kind !== 'RequestAuthentication')) return [];
  return hasSelector(policy.spec.selector) ? [phantomId(policy.namespace === rootNamespace ? '*' : (policy.namespace ?? ''), policy.spec.selector?.matchLabels ?? {})] : [];
}

/** The worst severity by which each item is affected. */
function affectedBy(entries: ReadonlyMap<string, Keyed>, alsoOf: (draft: StateDraft) => readonly string[] = () => []): Map<string, number> {
  const found = new Map<string, number>();
  for (const { draft, severity } of entries.values()) {
    for (const item of [...itemsOf(draft), ...alsoOf(draft)]) found.set(item, Math.max(found.get(item) ?? -1, severityRank(severity)));
  }
  return found;
}
