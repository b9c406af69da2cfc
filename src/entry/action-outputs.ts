/** The step's outputs: scalars and paths only, texts go into files. */
import type { FindingStatus } from '#findings/finding.ts';
import { activeFindings, findingsOf, overallMaturity } from '#report/facts.ts';
import type { Report } from '#report/report.ts';

export const outputNames = [
  'verdict',
  'new-findings',
  'worsened-findings',
  'fixed-findings',
  'existing-findings',
  'suppressed-findings',
  'highest-severity',
  'maturity-base',
  'maturity-head',
  'maturity-delta',
  'incomplete',
  'base-sha',
  'head-sha',
  'comparison',
  'sarif-file',
  'sarif-url',
  'report-file',
  'summary-file',
  'comment-id',
  'comment-url',
] as const;

export type OutputName = (typeof outputNames)[number];
export type Outputs = Partial<Record<OutputName, string>>;

/** What a report alone tells. */
export function outputsOf(report: Report): Outputs {
  const count = (status: FindingStatus): string => String(findingsOf(report, status).length);
  // As the headline counts them.
  const active = activeFindings(report);
  const countActive = (status: FindingStatus): string => String(active.filter((finding) => finding.status === status).length);
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value));
  const maturity = overallMaturity(report);
  const onlyHead = Object.values(report.maturity.head);
  const directories = report.comparison.mode === 'directories';
  return {
    verdict: report.verdict,
    'new-findings': countActive('new'),
    'worsened-findings': countActive('worsened'),
    'fixed-findings': count('fixed'),
    'existing-findings': count('existing'),
    'suppressed-findings': count('suppressed'),
    'highest-severity': active[0]?.severity ?? '',
    'maturity-base': number(maturity?.base),
    // A snapshot has no delta; with one environment its score is still the answer.
    'maturity-head': number(maturity === null && onlyHead.length === 1 ? onlyHead[0]?.configured.score : maturity?.head),
    'maturity-delta': number(maturity?.delta),
    incomplete: String(report.incomplete),
    'base-sha': directories ? '' : (report.comparison.base?.id ?? ''),
    'head-sha': directories ? '' : report.comparison.head.id,
    comparison: report.comparison.mode,
  };
}
