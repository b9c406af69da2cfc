/**
 * The shape of a detector: one file, one exported value; file name = rule = heading of its page. A detector names subjects and places
 * in the model; it never parses, formats Markdown or does I/O. Positions are looked up only for what is reported.
 */
import type { Cause, Change, Facet } from '#impact/change.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { FieldPath } from '#source/origin.ts';
import type { RuleId } from './catalogue.ts';
import type { SideFacts } from './facts.ts';
import type { Certainty, Evidence, Severity } from './finding.ts';

/** A field of an object on the draft's own side. */
export interface Place {
  readonly resource: AnyResource;
  readonly path: FieldPath;
}

export interface RelatedPlace extends Place {
  /** Reads as one sentence with the message. */
  readonly message: string;
}

/** What the reader is told; plain text, see `docs/rules/`. */
export interface Texts {
  readonly message: string;
  readonly impact: string;
  readonly attack?: string;
  readonly remedy: string;
  readonly validation: { readonly positive: string; readonly negative: string };
}

/** A finding about one change; its witness, causes and environments come with the change. */
export interface ChangeDraft extends Texts {
  readonly change: Change;
  readonly severity?: Severity;
  readonly certainty?: Certainty;
  /** Where several facets of one event are one finding. */
  readonly facet?: Facet;
  /** Where other causes than the change's own are to be shown first. */
  readonly causes?: readonly Cause[];
}

export interface StateDraft extends Texts {
  /** `Kind/namespace/name`, `namespace/name` of a workload, or `mesh`: what the fingerprint stands on. */
  readonly subject: string;
  /** Tells several findings of one rule on one subject apart; never a line, a text or a severity. */
  readonly facet?: string;
  /**
   * What is affected, by content and not by names of policies: a renamed policy leaves them equal, so that it is neither new nor fixed.
   * Workload ids (with `:port` where ports differ) or phantom ids.
   */
  readonly affected: readonly string[];
  readonly severity?: Severity;
  readonly certainty?: Certainty;
  readonly evidence?: Evidence;
  /** Absent where nothing in the manifests states it: then the finding has no line. */
  readonly place?: Place;
  readonly related?: readonly RelatedPlace[];
}

/** One environment; `base` is absent in a snapshot. */
export interface EnvironmentFacts {
  readonly id: string;
  readonly base: SideFacts | undefined;
  readonly head: SideFacts;
  /** Head workload id → base workload id, where a rename was recognised (R12). */
  readonly renamed: ReadonlyMap<string, string>;
}

export interface ChangeContext {
  readonly changes: readonly Change[];
  readonly environments: readonly EnvironmentFacts[];
}

/** Something that only the head opens and that no change of the comparison tells: found by setting both sides beside each other. */
export interface OpeningDraft extends StateDraft {
  /** Whose manifests `place` is in; default the head's. */
  readonly placeSide?: 'base' | 'head';
}

/** Both sides of one environment, which differ. */
export interface FactsPair extends EnvironmentFacts {
  readonly base: SideFacts;
}

export interface Detector {
  readonly rule: RuleId;
  /** What its state says of a workload is as true of one without a proxy: entering the mesh makes it no news, and leaving it mends nothing. */
  readonly alsoWithoutProxy?: true;
  /** The state of which its own is a part: what that rule named before is no news. */
  readonly partOf?: RuleId;
  readonly detectChanges?: (context: ChangeContext) => readonly ChangeDraft[];
  readonly detectState?: (side: SideFacts) => readonly StateDraft[];
  readonly detectOpenings?: (pair: FactsPair) => readonly OpeningDraft[];
}

export function defineDetector<const R extends RuleId>(detector: Detector & { readonly rule: R }): Detector & { readonly rule: R } {
  return detector;
}
