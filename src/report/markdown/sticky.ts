/** The one comment that a pull request carries, edited in place. @see https://docs.github.com/en/rest/issues/comments */
import type { Report } from '../report.ts';
import { isQuiet } from '../facts.ts';
import { commentBudget, fit, type Section } from './fit.ts';
import { bodyHash, stickyMarker } from './marker.ts';
import {
  attackPathsSection,
  effectsSection,
  findingsSection,
  fixedSection,
  footLines,
  maturitySections,
  notUnderstoodSection,
  proofsSection,
  suppressedSection,
  verdictLines,
  type MarkdownContext,
} from './sections.ts';

export interface StickyInput {
  readonly report: Report;
  readonly context?: MarkdownContext;
  /** Separates the comments of several runs on one pull request (matrix legs). */
  readonly tag: string;
  readonly run: number;
  readonly attempt: number;
  /** Commit id of the pull request's head, as GitHub knows it (not the test merge). */
  readonly head: string;
  /** UTF-8 bytes, marker included. */
  readonly budget?: number;
}

const effectRows = 15;
const proofRows = 5;

/** @returns the whole comment: marker line, then Markdown; at most `budget` bytes. */
export function stickyComment(input: StickyInput): string {
  const { report, context = {} } = input;
  const budget = input.budget ?? commentBudget;
  const state = { run: input.run, attempt: input.attempt, head: input.head };
  // The hash has a fixed length: the marker's size is known before the body is.
  const room = budget - stickyMarker(input.tag, { ...state, hash: '0'.repeat(16) }).length - 1;
  const sections: readonly Section[] = isQuiet(report)
    ? [notUnderstoodSection(report)]
    : [
        effectsSection(report, context, effectRows),
        findingsSection(report, context),
        proofsSection(report, proofRows),
        attackPathsSection(report),
        fixedSection(report),
        ...(report.maturity.delta.overall === null ? [] : maturitySections(report, false)),
        suppressedSection(report, false),
        notUnderstoodSection(report),
      ];
  const body = fit({ head: verdictLines(report), sections: sections.filter((section) => section.items.length > 0), foot: footLines(report, context), elsewhere: 'the job summary has all of it' }, room);
  // The address of the run is new in every run; a second run that has nothing else to say leaves the comment as it is.
  const said = context.links?.run === undefined ? body : body.replaceAll(context.links.run, '');
  return `${stickyMarker(input.tag, { ...state, hash: bodyHash(said) })}\n${body}`;
}
