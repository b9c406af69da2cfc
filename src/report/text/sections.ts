/** The parts of terminal output that `review` and `audit` share; each is a block of lines, empty where there is nothing to say. */
import { assertNever } from '#lib/assert-never.ts';
import type { Change } from '#impact/change.ts';
import type { Finding, Severity } from '#findings/finding.ts';
import type { IncompleteReason, Report } from '../report.ts';
import { assumptionLines, maturityEnvironments, maturityRows } from '../facts.ts';
import { name, plural, sentence } from '../plain.ts';
import { callersOf, causeLines, causeWords, certaintyWords, destinationsOf, directionWords, place, requestLine, signed, witnessAnswers } from '../wording.ts';
import { bullets, heading, table, wrap } from './layout.ts';
import type { Styles, TextOptions } from './styles.ts';

function severityStyle(severity: Severity, styles: Styles): (text: string) => string {
  switch (severity) {
    case 'critical':
    case 'high':
      return styles.red;
    case 'medium':
      return styles.yellow;
    case 'low':
    case 'info':
      return styles.cyan;
    default:
      return assertNever(severity);
  }
}

function directionStyle(change: Change, styles: Styles): (text: string) => string {
  switch (change.direction) {
    case 'widened':
    case 'weakened':
    case 'undecided-widened':
      return styles.red;
    case 'narrowed':
    case 'undecided-narrowed':
      return styles.yellow;
    case 'strengthened':
      return styles.green;
    case 'latent-widened':
    case 'latent-narrowed':
      return styles.cyan;
    default:
      return assertNever(change.direction);
  }
}

const label = 11;

/** `before     denied by …`, wrapped under itself. */
export function field(title: string, text: string, width: number, indent = 4): string[] {
  const head = `${' '.repeat(indent)}${title.padEnd(label)}`;
  return wrap(text, width, head);
}

function changeBlock(change: Change, report: Report, options: TextOptions): string[] {
  const { width, styles } = options;
  const { sign, says } = directionWords(change.direction);
  const title = wrap(`${sentence(change.headline)} [${says}]`, width, `  ${sign.padEnd(2)}`).map(directionStyle(change, styles));
  const lines = [...title, ...field('to', destinationsOf(change), width), ...field('callers', callersOf(change), width), ...field('before', sentence(change.before), width), ...field('after', sentence(change.after), width)];
  if (change.witness !== undefined) {
    const answers = witnessAnswers(change.witness);
    lines.push(...field('witness', requestLine(change.witness), width), ...field('', `base: ${answers.before}`, width), ...field('', `head: ${answers.after}`, width));
  } else {
    lines.push(...field('witness', 'none: no single request could be confirmed', width));
  }
  const causes = causeLines(change);
  for (const [index, { joint, cause }] of causes.slice(0, 6).entries()) lines.push(...field(index === 0 ? (change.causeProof === 'none' ? 'likely' : 'cause') : '', `${joint}${causeWords(cause)}`, width));
  if (causes.length > 6) lines.push(...field('', `and ${plural(causes.length - 6, 'more cause')}`, width));
  if (causes.length === 0) lines.push(...field('cause', 'not traced to a line', width));
  if (change.causeNote !== undefined) lines.push(...field('', `not proved: ${sentence(change.causeNote)}`, width));
  if (change.assumptions.length > 0) lines.push(...field('assumes', change.assumptions.map(name).join(', '), width));
  if (report.environments.length > 1) lines.push(...field('in', change.environments.map(name).join(', '), width));
  return lines;
}

/** Every effective change with its proof and its cause. */
export function changesBlocks(changes: readonly Change[], report: Report, options: TextOptions): string[][] {
  if (changes.length === 0) return [];
  return [[heading(`What changes in effect (${String(changes.length)})`, options)], ...changes.map((change) => changeBlock(change, report, options))];
}

export function findingBlock(finding: Finding, options: TextOptions, detail: 'short' | 'full' = 'short'): string[] {
  const { width, styles } = options;
  const state = finding.status === 'worsened' ? ', worsened' : '';
  const title = wrap(`${finding.severity.toUpperCase()} ${finding.code} ${sentence(finding.title)}: ${name(finding.resource)}${state}`, width, '  ').map(severityStyle(finding.severity, styles));
  const lines = [...title, ...wrap(sentence(finding.message), width, '    ')];
  if (finding.location !== undefined) {
    const base = finding.location.side === 'LEFT' ? ' (line of the base)' : '';
    lines.push(...field('at', `${place(finding.location.file, finding.location.startLine)}${base}`, width));
  }
  if (detail === 'full') {
    for (const related of finding.related.slice(0, 5)) lines.push(...field('related', `${place(related.file, related.startLine)}: ${sentence(related.message)}`, width));
    if (finding.witness !== undefined) lines.push(...field('request', requestLine(finding.witness), width));
    lines.push(...field('certainty', `${certaintyWords(finding)}, evidence ${finding.evidence}`, width));
    if (finding.attack !== undefined) lines.push(...field('attack', sentence(finding.attack), width));
    if (finding.impact !== '') lines.push(...field('impact', sentence(finding.impact), width));
  } else if (finding.certainty !== 'proved') {
    lines.push(...field('certainty', certaintyWords(finding), width));
  }
  lines.push(...field('fix', sentence(finding.remedy), width));
  if (detail === 'full') {
    if (finding.validation.positive !== '') lines.push(...field('must work', sentence(finding.validation.positive), width));
    if (finding.validation.negative !== '') lines.push(...field('must fail', sentence(finding.validation.negative), width));
  }
  lines.push(...field('id', finding.fingerprint, width));
  return lines;
}

function reasonPlace(reason: IncompleteReason): string {
  if (reason.file !== undefined) return `${place(reason.file, reason.line)}: `;
  return reason.unit === undefined ? '' : `unit ${name(reason.unit)}: `;
}

/** What was not understood before blocks nobody: a few show what it is about. */
const shownBefore = 5;

/** What could not be read, rendered or decided, each with what to do about it. */
export function incompleteBlock(report: Report, options: TextOptions): string[] {
  const { width, styles } = options;
  const reasons = report.incompleteReasons;
  // An unreadable document is listed once: as a reason of the run where it is one.
  const told = new Set(reasons.map((reason) => `${reason.file ?? ''}:${String(reason.line ?? '')}`));
  const unreadable = report.coverage.unreadable.filter((entry) => !told.has(`${entry.file}:${String(entry.line ?? '')}`));
  if (reasons.length + unreadable.length === 0) return [];
  const lines = [heading(`Not understood (${String(reasons.length + unreadable.length)})`, options)];
  const fresh = reasons.filter((reason) => reason.status === 'new');
  const before = reasons.filter((reason) => reason.status !== 'new');
  const shown = options.verbose === true ? before : before.slice(0, shownBefore);
  for (const reason of [...fresh, ...shown]) {
    const state = reason.status === 'new' ? 'new' : 'as before';
    lines.push(...wrap(`${reasonPlace(reason)}${sentence(reason.reason)} [${reason.kind}, ${state}]`, width, '  - ').map(reason.status === 'new' ? styles.yellow : (text) => text));
    if (reason.remedy !== '') lines.push(...wrap(sentence(reason.remedy), width, '    fix: ', '         '));
  }
  if (before.length > shown.length) lines.push(`  and ${String(before.length - shown.length)} more as before`);
  for (const entry of unreadable) {
    lines.push(...wrap(`${place(entry.file, entry.line)}: ${sentence(entry.reason)} [${entry.side}]`, width, '  - '));
    if (entry.remedy !== '') lines.push(...wrap(sentence(entry.remedy), width, '    fix: ', '         '));
  }
  return lines;
}

/** Base, head and delta per environment; in a snapshot the head alone. */
export function maturityBlocks(report: Report, options: TextOptions, every: boolean): string[][] {
  const snapshot = report.comparison.base === null;
  return maturityEnvironments(report).flatMap((environment): string[][] => {
    const all = maturityRows(report, environment);
    const rows = every ? all : all.filter((row) => row.moved);
    if (rows.length === 0) return [];
    const title = heading(`Maturity${report.environments.length > 1 ? ` of ${name(environment)}` : ''}`, options);
    const population = report.maturity.delta.environments[environment]?.population ?? 0;
    const lines = snapshot
      ? table([{ title: 'dimension' }, { title: 'value', align: 'right' }, { title: 'because', flexible: true }], rows.map((row) => [row.label, row.head, row.because]), options.width)
      : table(
          [{ title: 'dimension' }, { title: 'base', align: 'right' }, { title: 'head', align: 'right' }, { title: 'delta', align: 'right' }, { title: 'because', flexible: true }],
          rows.map((row) => [row.label, row.base, row.head, row.delta, row.because]),
          options.width,
        );
    return [[title, ...lines, ...(population === 0 ? [] : wrap(`workloads added or removed move the score by ${signed(population)} beside this`, options.width, '  '))]];
  });
}

export function assumptionsBlock(report: Report, options: TextOptions): string[] {
  const lines = options.verbose === true ? report.coverage.assumptions.map(({ id, text }) => ({ ids: [id], text })) : assumptionLines(report);
  if (lines.length === 0) return [];
  const called = (ids: readonly string[]): string => `${ids.slice(0, 3).map(name).join(', ')}${ids.length > 3 ? ` and ${String(ids.length - 3)} more` : ''}`;
  return [heading('Assumptions', options), ...bullets(lines.map(({ ids, text }) => `${called(ids)}: ${sentence(text)}`), options.width)];
}

export function attackPathsBlock(report: Report, options: TextOptions, every: boolean): string[] {
  const shown = report.attackPaths.filter((path) => every || path.status !== 'existing');
  if (shown.length === 0) return [];
  return [heading('Attack paths', options), ...bullets(shown.map((path) => `${path.status}: ${path.hops.map(name).join(' → ')}`), options.width)];
}
