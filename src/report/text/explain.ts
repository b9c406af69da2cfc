/** What `explain` prints: one request, its answer, and every step that led there with rule and object. */
import { assertNever } from '#lib/assert-never.ts';
import type { Change } from '#impact/change.ts';
import type { OutboundCall } from '#posture/outbound-call.ts';
import type { Decision, Query, Step } from '#posture/query.ts';
import { name, sentence } from '../plain.ts';
import { callWords, causeLines, causeWords, decisionWords, givenOf, place, requestLine } from '../wording.ts';
import { page, wrap } from './layout.ts';
import { defaultTextOptions, type Styles, type TextOptions } from './styles.ts';

/** One request and its answer, or, where two trees are compared, its answers. */
export interface Explanation {
  readonly query: Query;
  readonly answers: readonly {
    readonly label?: string;
    readonly decision: Decision;
    /** How the sidecar of the workload that asks makes the call, where it has one. */
    readonly call?: OutboundCall;
    /** Where two trees are compared: whose answer it is, and in which of several environments. */
    readonly side?: 'base' | 'head';
    readonly environment?: string;
  }[];
  /** What the asker may have meant otherwise. */
  readonly notes?: readonly string[];
  /** The change whose region holds the request, where two trees are compared and one does. */
  readonly change?: Change;
  /** Where an object (`Kind/namespace/name`) is written; the line is 1-based. */
  readonly locate?: (resource: string, path?: readonly (string | number)[], side?: 'base' | 'head') => { readonly file: string; readonly line?: number } | undefined;
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

/** Which part of the way a rule is about, by its number (`docs/coverage.md`). */
const parts: readonly (readonly [RegExp, string])[] = [
  [/^(?:R2[0-9]|M3D|M32|M69|M155)$/u, 'enrolment'],
  [/^M1(?:3[3-9]|4[0-9])$/u, 'network policy'],
  [/^(?:M(?:[1-8]|1[0-9]|2[0-6]|28|29|3[0-9]|4[0-9]|5[0-2])|A3\.14)$/u, 'transport authentication'],
  [/^(?:A4\..*|A3\.35|A3\.39|A3\.J)$/u, 'protocol'],
  [/^(?:A5\..*|A3\.33)$/u, 'token'],
  [/^A6\./u, 'external authorization'],
  [/^(?:A1\..*|M27)$/u, 'authorization'],
];

function partOf(rule: string): string {
  return parts.find(([pattern]) => pattern.test(rule))?.[1] ?? 'routing';
}

/** What a step says; steps of two answers are the same where this is. */
function stepKey(step: Step): string {
  return JSON.stringify([step.rule, step.text, step.by, step.details?.() ?? []]);
}

type Where = (resource: string, path?: readonly (string | number)[]) => string;

function whereOf(explanation: Explanation, answer: Explanation['answers'][number]): Where {
  return (resource, path = []) => {
    const found = explanation.locate?.(resource, path, answer.side);
    return found === undefined ? name(resource) : `${name(resource)} at ${place(found.file, found.line)}`;
  };
}

function answerBlock(explanation: Explanation, answer: Explanation['answers'][number], other: Decision | undefined, options: TextOptions): string[] {
  const { decision, label } = answer;
  const where = whereOf(explanation, answer);
  const lines = wrap(`${label === undefined ? '' : `${name(label)}: `}${decisionWords(decision)}`, options.width).map((line) => options.styles.bold(paint(decision, options.styles)(line)));
  if (decision.verdict === 'unknown' && givenWords(decision.missing) !== '') lines.push(...wrap(givenWords(decision.missing), options.width, '  '));
  if (decision.verdict !== 'unknown' && decision.passthrough === true) lines.push(...wrap('the client’s TLS ended in the application: the proxy saw no identity and no HTTP', options.width, '  '));
  lines.push(...stepLines(decision.because, other?.because, where, options));
  const steps = new Set(decision.because.flatMap((step) => [step.by, ...(step.details?.() ?? []).map((detail) => detail.by)]));
  const others = decision.verdict === 'unknown' ? [] : decision.by.filter((resource) => !steps.has(resource));
  if (others.length > 0) lines.push(...wrap(`decided by ${others.map((resource) => where(resource)).join(', ')}`, options.width, '  '));
  return lines;
}

/** Numbered; `>` before those that the other side does not have. */
function stepLines(because: readonly Step[], other: readonly Step[] | undefined, where: Where, options: TextOptions): string[] {
  const width = Math.max(0, ...because.map((step) => name(step.rule).length));
  const elsewhere = new Set((other ?? []).map(stepKey));
  return because.flatMap((step, index) => {
    const number = String(index + 1).padStart(String(because.length).length);
    const isNew = other !== undefined && !elsewhere.has(stepKey(step));
    const details = step.details?.() ?? [];
    const [own] = details.length === 1 && (details[0]?.text === '' || details[0]?.by === step.by) ? details : [];
    const at = step.by === undefined ? '' : ` [${where(step.by, own?.path)}]`;
    const head = `${isNew ? '>' : ' '} ${number}. ${name(step.rule).padEnd(Math.min(width, 12))}  `;
    const written = [
      ...wrap(`${partOf(step.rule)}: ${sentence(step.text)}${at}`, options.width, head),
      ...details.filter((detail) => detail !== own).slice(0, MOST_DETAILS).flatMap((detail) => wrap(`${sentence(detail.text)} [${where(detail.by, detail.path)}]`, options.width, `${' '.repeat(head.length)}- `)),
      ...(details.length > MOST_DETAILS ? [`${' '.repeat(head.length)}- and ${String(details.length - MOST_DETAILS)} more`] : []),
    ];
    return isNew ? written.map(options.styles.bold) : written;
  });
}

/** How the caller's sidecar sends the request, beside what becomes of it at the destination. */
function callBlock(explanation: Explanation, answer: Explanation['answers'][number], other: OutboundCall | undefined, options: TextOptions): string[] {
  const { call, label } = answer;
  if (call === undefined) return [];
  const lines = wrap(`${label === undefined ? '' : `${name(label)}: `}${callWords(explanation.query.from.workload ?? '', call)}`, options.width).map(options.styles.bold);
  if (call.verdict === 'unknown' && givenWords(call.missing) !== '') lines.push(...wrap(givenWords(call.missing), options.width, '  '));
  if (call.verdict !== 'unknown') for (const [workload, sent] of Object.entries(call.endpoints ?? {})) lines.push(...wrap(`to ${name(workload)}: ${sentWords[sent]}`, options.width, '  '));
  return [...lines, ...stepLines(call.because, other?.because, whereOf(explanation, answer), options)];
}

const sentWords = { mtls: 'mutual TLS of the mesh', tls: 'TLS that is not the mesh’s', plaintext: 'no TLS' } as const;

/** Rules of one step that are told one by one. */
const MOST_DETAILS = 8;

/** What is missing is often a yes or no that the question can give. */
function givenWords(missing: string): string {
  return /^(?:enrolment|provider|keys|opaque):\S+$/u.test(missing) ? `the manifests do not tell it: ask again with \`--given ${name(missing)}=true\` or \`=false\`` : '';
}

function changeBlock(change: Change, options: TextOptions): string[] {
  return [...wrap(`explained by change ${name(change.id)}: ${sentence(change.headline)}`, options.width), ...causeLines(change).slice(0, 6).flatMap(({ joint, cause }) => wrap(`${joint}${causeWords(cause)}`, options.width, '  cause  '))];
}

/** @returns the request, then one block per answer: the verdict line, then numbered steps; `>` marks steps that the other side does not have. */
export function explainText(explanation: Explanation, options: TextOptions = defaultTextOptions): string {
  const given = givenOf(explanation.query);
  const { answers } = explanation;
  const rival = (answer: Explanation['answers'][number]): Answer | undefined => answers.find((other) => other !== answer && other.environment === answer.environment && answer.side !== undefined);
  return page([
    [...wrap(requestLine({ ...explanation.query, given: {} }), options.width), ...(given === '' ? [] : wrap(`given ${given}`, options.width, '  ')), ...(explanation.notes ?? []).flatMap((note) => wrap(`note: ${sentence(note)}`, options.width, '  '))],
    ...answers.flatMap((answer) => [answerBlock(explanation, answer, rival(answer)?.decision, options), callBlock(explanation, answer, rival(answer)?.call, options)]),
    ...pairsOf(answers).map(([first, second]) => wrap(`${first.environment === undefined ? '' : `in ${name(first.environment)} `}${movement(first.decision, second.decision)}`, options.width)),
    explanation.change === undefined ? [] : changeBlock(explanation.change, options),
  ]);
}

type Answer = Explanation['answers'][number];

/** Base and head of each environment; two answers without a side are taken as the two. */
function pairsOf(answers: readonly Answer[]): readonly (readonly [Answer, Answer])[] {
  const bases = answers.filter(({ side }) => side === 'base');
  const [first, second, third] = answers;
  if (bases.length === 0) return first !== undefined && second !== undefined && third === undefined && first.environment === undefined ? [[first, second]] : [];
  return bases.flatMap((base) => answers.filter((head) => head.side === 'head' && head.environment === base.environment).map((head): readonly [Answer, Answer] => [base, head]));
}

function movement(first: Decision, second: Decision): string {
  if (first.verdict !== second.verdict) return `the verdict changes from ${first.verdict} to ${second.verdict}`;
  const same = first.because.map(stepKey).join() === second.because.map(stepKey).join();
  return `the verdict is the same on both sides${same ? '' : ', the way to it is not: `>` marks what differs'}`;
}
