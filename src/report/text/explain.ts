/** What `explain` prints: one request, its answer, and every step that led there with rule and object. */
import { assertNever } from '#lib/assert-never.ts';
import type { Change } from '#impact/change.ts';
import type { Decision, Query } from '#posture/query.ts';
import { name, sentence } from '../plain.ts';
import { causeLines, causeWords, decisionWords, givenOf, place, requestLine } from '../wording.ts';
import { page, wrap } from './layout.ts';
import { defaultTextOptions, type Styles, type TextOptions } from './styles.ts';

/** One request and its answer, or, where two trees are compared, its answers. */
export interface Explanation {
  readonly query: Query;
  readonly answers: readonly { readonly label?: string; readonly decision: Decision }[];
  /** The change whose region holds the request, where two trees are compared and one does. */
  readonly change?: Change;
  /** Where an object (`Kind/namespace/name`) is written; the line is 1-based. */
  readonly locate?: (resource: string) => { readonly file: string; readonly line?: number } | undefined;
}

function paint(decision: Decision, styles: Styles): (text: string) => string {
  switch (decision.verdict) {
    case 'allow':
      return styles.green;
    case 'deny':
      return styles.red;
    case 'asks':
    case 'unknown':
      return styles.yellow;
    default:
      return assertNever(decision);
  }
}

function answerBlock(explanation: Explanation, answer: Explanation['answers'][number], options: TextOptions): string[] {
  const { decision, label } = answer;
  const where = (resource: string): string => {
    const found = explanation.locate?.(resource);
    return found === undefined ? name(resource) : `${name(resource)} at ${place(found.file, found.line)}`;
  };
  const lines = wrap(`${label === undefined ? '' : `${name(label)}: `}${decisionWords(decision)}`, options.width).map((line) => options.styles.bold(paint(decision, options.styles)(line)));
  if (decision.verdict !== 'unknown' && decision.passthrough === true) lines.push(...wrap('the client’s TLS ended in the application: the proxy saw no identity and no HTTP', options.width, '  '));
  const width = Math.max(0, ...decision.because.map((step) => name(step.rule).length));
  for (const [index, step] of decision.because.entries()) {
    const number = String(index + 1).padStart(String(decision.because.length).length);
    lines.push(...wrap(`${sentence(step.text)}${step.by === undefined ? '' : ` [${where(step.by)}]`}`, options.width, `  ${number}. ${name(step.rule).padEnd(Math.min(width, 12))}  `));
  }
  const steps = new Set(decision.because.map((step) => step.by));
  const others = decision.verdict === 'unknown' ? [] : decision.by.filter((resource) => !steps.has(resource));
  if (others.length > 0) lines.push(...wrap(`decided by ${others.map(where).join(', ')}`, options.width, '  '));
  return lines;
}

function changeBlock(change: Change, options: TextOptions): string[] {
  return [...wrap(`explained by change ${name(change.id)}: ${sentence(change.headline)}`, options.width), ...causeLines(change).slice(0, 6).flatMap(({ joint, cause }) => wrap(`${joint}${causeWords(cause)}`, options.width, '  cause  '))];
}

/** @returns the request, then one block per answer: the verdict line, then numbered steps. */
export function explainText(explanation: Explanation, options: TextOptions = defaultTextOptions): string {
  const given = givenOf(explanation.query);
  const first = explanation.answers[0];
  const second = explanation.answers[1];
  const changed = first !== undefined && second !== undefined ? [wrap(first.decision.verdict === second.decision.verdict ? 'the verdict is the same on both sides' : `the verdict changes from ${first.decision.verdict} to ${second.decision.verdict}`, options.width)] : [];
  return page([
    [...wrap(requestLine({ ...explanation.query, given: {} }), options.width), ...(given === '' ? [] : wrap(`given ${given}`, options.width, '  '))],
    ...explanation.answers.map((answer) => answerBlock(explanation, answer, options)),
    ...changed,
    explanation.change === undefined ? [] : changeBlock(explanation.change, options),
  ]);
}
