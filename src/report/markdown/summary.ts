/** The job summary, and the same page as `--format markdown`: everything open, with the graph and every changed object. */
import type { Report } from '../report.ts';
import { changesInOrder, isQuiet } from '../facts.ts';
import { fit, summaryBudget, type Section } from './fit.ts';
import { edgeLimit, mermaid } from './mermaid.ts';
import {
  assumptionsSection,
  attackPathsSection,
  effectsSection,
  existingSection,
  findingsSection,
  fixedSection,
  footLines,
  maturitySections,
  notUnderstoodSection,
  proofsSection,
  resourcesSection,
  suppressedSection,
  verdictLines,
  type MarkdownContext,
} from './sections.ts';

export interface SummaryOptions {
  /** UTF-8 bytes. */
  readonly budget?: number;
  /** Default true; every fact of it stands in the table too. */
  readonly mermaid?: boolean;
}

function graphSection(report: Report): Section | null {
  const graph = mermaid(changesInOrder(report));
  if (graph === null) return null;
  return {
    title: 'graph',
    head: ['### Who reaches whom', ''],
    items: [graph.block],
    tail: graph.omitted === 0 ? [] : ['', `The graph shows ${String(edgeLimit)} edges; ${String(graph.omitted)} more are in the table above.`],
    priority: 4,
  };
}

/** @returns Markdown, at most `budget` bytes, ended by `\n`. */
export function summaryMarkdown(report: Report, context: MarkdownContext = {}, options: SummaryOptions = {}): string {
  const graph = options.mermaid === false ? null : graphSection(report);
  const sections: readonly (Section | null)[] = [
    effectsSection(report, context, Number.MAX_SAFE_INTEGER),
    graph,
    findingsSection(report, context),
    proofsSection(report, Number.MAX_SAFE_INTEGER),
    attackPathsSection(report),
    fixedSection(report),
    ...(isQuiet(report) ? [] : maturitySections(report, true)),
    suppressedSection(report, true),
    notUnderstoodSection(report),
    resourcesSection(report),
    existingSection(report, true),
    assumptionsSection(report, true),
  ];
  const present = sections.filter((section) => section !== null).filter((section) => section.items.length > 0);
  return `${fit({ head: ['## Mesh Posture', '', ...verdictLines(report)], sections: present, foot: footLines(report, context), elsewhere: 'the JSON report has all of it' }, (options.budget ?? summaryBudget) - 1)}\n`;
}
