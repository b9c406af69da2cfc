/** The whole review of two small trees, in memory. */
import { defaultConfig } from '#app/config.ts';
import { review } from '#app/review.ts';
import type { Report } from '#report/report.ts';
import { renderPair } from './render.ts';
import { pair, type Files } from './tree.ts';

const comparison: Report['comparison'] = { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } };

export function reviewed(base: Files, head: Files): Report {
  return review({ pair: pair(base, head), comparison, config: defaultConfig, today: '2026-01-01', version: '0' }).report;
}

/** The same of trees that the real tools render first. */
export async function reviewedRendered(base: Files, head: Files): Promise<Report> {
  const { prepared } = await renderPair(base, head);
  return review({ pair: prepared.pair, prepared, comparison, config: defaultConfig, today: '2026-01-01', version: '0' }).report;
}

/** `direction facet`, in order. */
export function changesIn(report: Report): readonly string[] {
  return report.changes.map((change) => `${change.direction} ${change.facet}`).sort();
}

/** Codes of what this pull request brings, in order; incompleteness and maturity aside. */
export function newCodes(report: Report): readonly string[] {
  return report.findings.filter((finding) => finding.status === 'new' && !finding.code.startsWith('MP9')).map((finding) => `${finding.code} ${finding.severity}`).sort();
}

/** One answer of the comparison. */
export function gate(report: Report, id: string): boolean | undefined {
  return report.gates.find((each) => each.id === id)?.failed;
}
