import type { Witness } from '#impact/change.ts';

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';
export type Certainty = 'proved' | 'conditional' | 'undecided';
/** VERIFIED: observed in evidence; INFERRED: follows from manifests; UNKNOWN: not in what was read. */
export type Evidence = 'VERIFIED' | 'INFERRED' | 'UNKNOWN';
export type FindingStatus = 'new' | 'worsened' | 'existing' | 'fixed' | 'suppressed';

/** Lines of one file on one side of the comparison. LEFT: the base's lines (a deleted control). */
export interface Location {
  readonly file: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly side: 'LEFT' | 'RIGHT';
}

export interface RelatedLocation extends Location {
  /** A phrase that reads as one sentence with the message. */
  readonly message: string;
}

/** A change or state worth a person's time. All texts are plain text; every reporter escapes and bounds them. */
export interface Finding {
  readonly code: `MP${number}`;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly certainty: Certainty;
  readonly evidence: Evidence;
  readonly status: FindingStatus;
  readonly environments: readonly string[];
  /** `Kind/namespace/name`, or `namespace/name` of a workload, or `mesh`. */
  readonly resource: string;
  /** Absent only where the finding is about the run itself. */
  readonly location?: Location;
  readonly related: readonly RelatedLocation[];
  readonly message: string;
  readonly impact: string;
  readonly attack?: string;
  readonly remedy: string;
  readonly validation: { readonly positive: string; readonly negative: string };
  /** 16 hex digits; holds no path, line, text, severity, environment or destination. */
  readonly fingerprint: string;
  readonly changeIds: readonly string[];
  readonly witness?: Witness;
  readonly tags: readonly string[];
}
