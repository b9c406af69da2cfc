/**
 * MP805, MP807, MP905: what could not be read, rendered or decided. Judged by the incompleteness gate alone, never by severity
 * (`docs/gates.md`).
 */
import { ruleEntry, type RuleId } from './catalogue.ts';
import { fingerprint } from './fingerprint.ts';
import type { Finding } from './finding.ts';

/** Something that was not read, rendered or decided. */
export interface RunReason {
  /** Stable: hash of kind, unit and file. */
  readonly id: string;
  readonly kind: 'unreadable' | 'not-renderable' | 'refused' | 'limit' | 'missing-object';
  readonly status: 'new' | 'existing';
  readonly unit?: string;
  readonly file?: string;
  readonly line?: number;
  readonly reason: string;
  readonly remedy: string;
}

const ruleOf: Readonly<Record<RunReason['kind'], RuleId>> = {
  unreadable: 'unreadable-manifest',
  'not-renderable': 'not-renderable',
  refused: 'analysis-incomplete',
  limit: 'analysis-incomplete',
  'missing-object': 'analysis-incomplete',
};

const incompleteCodes: ReadonlySet<string> = new Set(Object.values(ruleOf).map((rule) => ruleEntry(rule).code));

/** The finding answers to the incompleteness gate alone. */
export function isIncompleteness(finding: Pick<Finding, 'code'>): boolean {
  return incompleteCodes.has(finding.code);
}

export function incompleteFindings(reasons: readonly RunReason[]): readonly Finding[] {
  return reasons.map((reason): Finding => {
    const entry = ruleEntry(ruleOf[reason.kind]);
    const subject = reason.file ?? reason.unit ?? 'the run';
    const line = reason.line ?? 1;
    return {
      code: entry.code,
      rule: entry.rule,
      title: entry.title,
      severity: entry.severity,
      certainty: 'undecided',
      evidence: 'UNKNOWN',
      status: reason.status,
      environments: [],
      resource: subject,
      ...(reason.file === undefined ? {} : { location: { file: reason.file, startLine: line, endLine: line, side: 'RIGHT' as const } }),
      related: [],
      message: reason.reason,
      impact: 'what it holds is not part of this review, so the verdict says nothing about it',
      remedy: reason.remedy,
      validation: {
        positive: `a new run of the review reads \`${subject}\` and lists no reason for it`,
        negative: `a change inside \`${subject}\` that opens a workload is reported by the next run`,
      },
      fingerprint: fingerprint({ code: entry.code, causes: [reason.id], facet: '', direction: '' }),
      changeIds: [],
      tags: entry.tags,
    };
  });
}
