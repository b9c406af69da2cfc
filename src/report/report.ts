import type { RunReason } from '#findings/incomplete.ts';
import type { Change } from '#impact/change.ts';
import type { Finding } from '#findings/finding.ts';
import type { Maturity } from '#maturity/scorecard.ts';

export type Verdict = 'pass' | 'warn' | 'fail' | 'error' | 'not-applicable';

export interface Revision {
  /** Commit id, directory or `working tree`. */
  readonly id: string;
  readonly label: string;
}

/** What was not read, rendered or decided; the findings MP805, MP807 and MP905 repeat it. */
export type IncompleteReason = RunReason;

export interface UnitReport {
  readonly id: string;
  readonly kind: 'plain' | 'kustomize' | 'helm';
  readonly path: string;
  readonly status: 'rendered' | 'not-renderable' | 'identical' | 'pinned' | 'untouched';
  readonly reason?: string;
  readonly tool?: string;
}

export interface ResourceReport {
  readonly resource: string;
  readonly environments: readonly string[];
  readonly change: 'added' | 'modified' | 'removed';
  readonly effect: 'changed' | 'none' | 'undecided';
  readonly because: string;
}

export interface Gate {
  readonly id: 'findings' | 'incomplete' | 'external' | 'unreferenced' | 'maturity' | 'invariants' | 'internal';
  readonly failed: boolean;
  readonly because: string;
}

export interface AttackPath {
  readonly status: 'new' | 'gone' | 'existing';
  readonly hops: readonly string[];
}

export interface Coverage {
  readonly files: number;
  readonly documents: number;
  readonly understood: number;
  readonly ignored: number;
  readonly unreadable: readonly { readonly file: string; readonly line?: number; readonly side: 'base' | 'head' | 'both'; readonly reason: string; readonly remedy: string }[];
  readonly workloads: { readonly sidecar: number; readonly ambient: number; readonly gateway: number; readonly none: number; readonly unknown: number };
  readonly assumptions: readonly { readonly id: string; readonly text: string }[];
}

/** The one result that every reporter reads; published as `report.schema.json`. Every field is always there, lists empty. */
export interface Report {
  readonly schemaVersion: '1';
  readonly tool: { readonly name: 'mesh-posture'; readonly version: string };
  readonly comparison: {
    readonly mode: 'merge-result' | 'merge-base' | 'revisions' | 'merge-group' | 'push' | 'directories' | 'snapshot';
    /** `null` in a snapshot (`audit`, schedule): one tree only. */
    readonly base: Revision | null;
    readonly head: Revision;
  };
  readonly verdict: Verdict;
  readonly gates: readonly Gate[];
  readonly incomplete: boolean;
  readonly incompleteReasons: readonly IncompleteReason[];
  readonly environments: readonly { readonly id: string; readonly units: readonly UnitReport[] }[];
  readonly resources: readonly ResourceReport[];
  readonly population: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  readonly maturity: Maturity;
  readonly attackPaths: readonly AttackPath[];
  readonly coverage: Coverage;
  /** What the verdict would be under the configuration that this pull request brings (`docs/gates.md`). */
  readonly preview?: { readonly verdict: Verdict; readonly because: string };
}
