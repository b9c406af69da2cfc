/** The parts of the sticky comment and of the job summary: one renderer, two budgets. */
import { assertNever } from '#lib/assert-never.ts';
import type { Cause, Change } from '#impact/change.ts';
import type { Finding, Location } from '#findings/finding.ts';
import type { Report } from '../report.ts';
import { assumptionLines, changesInOrder, findingsOf, headline, listedFindings, maturityEnvironments, maturityRows, overallMaturity, resourceWords, severityCounts } from '../facts.ts';
import { blobLink, type Links } from '../links.ts';
import { clip, name, plural } from '../plain.ts';
import { callerParts, certaintyWords, destinationParts, directionWords, joined, operationsOf, place, requestLine, signed, witnessAnswers, type Part } from '../wording.ts';
import { code, codeCell, html, md, prose, proseCell } from './escape.ts';
import type { Section } from './fit.ts';

export interface MarkdownContext {
  readonly links?: Links;
  /** Address of the inline comment of a finding, by fingerprint. */
  readonly inline?: ReadonlyMap<string, string>;
  /** Fingerprints of findings outside the changed lines: code scanning does not show them on a pull request. */
  readonly outside?: ReadonlySet<string>;
  /** Sentences of the run itself, plain text: comments could not be written, the SARIF was not accepted. */
  readonly notes?: readonly string[];
}

function linked(text: string, address: string | undefined): string {
  // Addresses are percent-encoded; a parenthesis or a space would end the link.
  return address === undefined ? text : `[${text}](${address.replace(/[()\s<>]/g, (character) => encodeURIComponent(character).replace('(', '%28').replace(')', '%29'))})`;
}

export function ruleLink(finding: Finding, context: MarkdownContext): string {
  return linked(code(finding.code), context.links?.rule?.(finding.code));
}

export function placeLink(location: Pick<Location, 'file' | 'startLine' | 'side'> & { readonly endLine?: number }, context: MarkdownContext, span = code): string {
  const text = span(place(location.file, location.startLine));
  return linked(text, context.links === undefined ? undefined : blobLink(context.links, location.file, location.startLine, location.side, location.endLine));
}

function causeLink(cause: Cause, context: MarkdownContext, span = code): string {
  return placeLink({ file: cause.file, startLine: cause.line, endLine: cause.endLine, side: cause.side }, context, span);
}

const marks = { pass: '🟢', warn: '🟡', fail: '🔴', error: '⚪', 'not-applicable': '⚪' } as const;

/** The verdict line, then the worst effect in words. */
export function verdictLines(report: Report): string[] {
  const { word, parts } = headline(report);
  const line = `${marks[report.verdict]} **${word}**${parts.length === 0 ? '' : `: ${parts.map((part) => prose(part, 400)).join(' · ')}`}`;
  const active = report.comparison.base === null ? undefined : listedFindings(report)[0];
  const worst = changesInOrder(report)[0];
  const sentence = active?.message ?? worst?.headline;
  const preview = report.preview === undefined ? [] : ['', `With the configuration of this pull request: **${report.preview.verdict}**, ${prose(report.preview.because, 400)}`];
  return [line, ...(sentence === undefined ? [] : ['', prose(sentence, 600)]), ...preview];
}

/** Signs that are no list marks in Markdown. */
function changeMark(change: Change): string {
  const { sign, says } = directionWords(change.direction);
  return `${sign.replace('+', '＋').replace('-', '−').replace('~', '∼')} ${md(says)}`;
}

function cellOf(parts: readonly Part[]): string {
  return joined(parts.map((part) => (part.isName ? codeCell(part.text) : md(part.text))));
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function effectRow(change: Change, context: MarkdownContext, environments: boolean): string {
  const sets = [change.causes, ...(change.alternativeCauses ?? [])].flatMap(([cause, ...more]) => (cause === undefined ? [] : [`${codeCell(cause.resource)} ${cause.change}, ${causeLink(cause, context, codeCell)}${more.length > 0 ? ` and ${String(more.length)} more` : ''}`]));
  const why = sets.length === 0 ? 'not traced to a line' : sets.length === 1 ? (sets[0] ?? '') : `either ${sets.join(' or ')}`;
  const cells = [changeMark(change), cellOf(callerParts(change)), cellOf(destinationParts(change)), codeCell(operationsOf(change)), why];
  return row(environments ? [...cells, codeCell(change.environments.join(', '), 100)] : cells);
}

/** The table of effects: change, from, to, requests, why. */
export function effectsSection(report: Report, context: MarkdownContext, limit: number): Section {
  const changes = changesInOrder(report);
  const environments = report.environments.length > 1;
  const titles = ['change', 'from', 'to', 'requests', 'why', ...(environments ? ['environments'] : [])];
  const rest = changes.length - Math.min(limit, changes.length);
  return {
    title: 'effects',
    head: ['### What changes in effect', '', row(titles), row(titles.map(() => '---'))],
    items: changes.slice(0, limit).map((change) => effectRow(change, context, environments)),
    tail: rest === 0 ? [] : ['', `… and ${plural(rest, 'more effect')} in the job summary`],
    priority: 1,
  };
}

/** One line per change that can be replayed: the request and both answers. */
export function proofsSection(report: Report, limit: number): Section {
  const proved = changesInOrder(report).flatMap((change) => (change.witness === undefined ? [] : [change.witness]));
  return {
    title: 'requests that prove it',
    head: ['### Requests that prove it', ''],
    items: proved.slice(0, limit).map((witness) => {
      const answers = witnessAnswers(witness);
      return `- ${code(requestLine(witness), 600)}: before ${prose(answers.before, 400)}; after ${prose(answers.after, 400)}`;
    }),
    tail: [],
    priority: 3,
  };
}

function findingItem(finding: Finding, context: MarkdownContext): string {
  const where = finding.location === undefined ? '' : `, ${placeLink(finding.location, context)}`;
  const inline = context.inline?.get(finding.fingerprint);
  const marksOf = [
    finding.status === 'worsened' ? 'worsened' : '',
    finding.certainty === 'proved' ? '' : certaintyWords(finding),
    context.outside?.has(finding.fingerprint) === true ? 'outside the changed lines, not shown by code scanning' : '',
    inline === undefined ? '' : linked('inline ↗', inline),
  ].filter((mark) => mark !== '');
  return [
    `- **${finding.severity}** ${ruleLink(finding, context)} ${md(finding.title, 200)}: ${code(finding.resource)}${where}${marksOf.length === 0 ? '' : ` (${marksOf.join('; ')})`}`,
    `  ${prose(finding.message)}`,
    `  **Fix:** ${prose(finding.remedy)}`,
  ].join('\n');
}

/** New and worsened, the worst first; in a snapshot everything that is open. */
export function findingsSection(report: Report, context: MarkdownContext): Section {
  const findings = listedFindings(report);
  return { title: 'findings', head: [`### Findings (${severityCounts(findings)})`, ''], items: findings.map((finding) => findingItem(finding, context)), tail: [], priority: 2 };
}

export function fixedSection(report: Report): Section {
  const fixed = findingsOf(report, 'fixed');
  return { title: 'fixed', head: [`### Fixed by this change (${String(fixed.length)})`, ''], items: fixed.map((finding) => `- ${code(finding.code)} ${md(finding.title, 200)}: ${code(finding.resource)}`), tail: [], priority: 5 };
}

export function attackPathsSection(report: Report): Section {
  const paths = report.attackPaths.filter((path) => path.status !== 'existing' || report.comparison.base === null);
  return { title: 'attack paths', head: ['### Attack paths', ''], items: paths.map((path) => `- ${path.status}: ${path.hops.slice(0, 12).map((hop) => code(hop, 120)).join(' → ')}`), tail: [], priority: 4 };
}

/** A heading, or a block that opens: its title stands in HTML, where Markdown's escapes are text. */
function details(title: (escape: (text: string) => string) => string, open: boolean): { readonly head: readonly string[]; readonly tail: readonly string[] } {
  return open ? { head: [`### ${title((text) => md(text, 100))}`, ''], tail: [] } : { head: [`<details><summary>${title((text) => html(text, 100))}</summary>`, ''], tail: ['', '</details>'] };
}

export function maturitySections(report: Report, open: boolean): Section[] {
  const snapshot = report.comparison.base === null;
  const overall = overallMaturity(report);
  return maturityEnvironments(report).map((environment): Section => {
    const rows = maturityRows(report, environment);
    const delta = report.maturity.delta.environments[environment];
    const moved = snapshot || delta === undefined || delta.overall === null ? '' : ` (${signed(delta.overall)})`;
    const frame = details((escape) => `Maturity${report.environments.length > 1 ? ` of ${escape(environment)}` : ''}${moved}`, open);
    const columns = snapshot ? ['dimension', 'value', 'because'] : ['dimension', 'base', 'head', 'Δ', 'because'];
    const population = delta?.population ?? 0;
    return {
      title: 'maturity',
      head: [...frame.head, row(columns), row(columns.map(() => '---'))],
      items: rows.map((entry) => row(snapshot ? [md(entry.label), entry.head, proseCell(entry.because)] : [md(entry.label), entry.base, entry.head, entry.delta, proseCell(entry.because)])),
      tail: [...(population === 0 ? [] : ['', `Workloads added or removed move the score by ${signed(population)} beside this.`]), ...frame.tail],
      priority: environment === overall?.environment ? 6 : 7,
    };
  });
}

export function suppressedSection(report: Report, open: boolean): Section {
  const suppressed = findingsOf(report, 'suppressed');
  const frame = details(() => `Suppressed (${String(suppressed.length)})`, open);
  return { title: 'suppressed', head: frame.head, items: suppressed.map((finding) => `- ${finding.severity} ${code(finding.code)} ${md(finding.title, 200)}: ${code(finding.resource)}`), tail: frame.tail, priority: 9 };
}

/** Existing findings block nobody: a number in the comment, a list in the summary. */
export function existingSection(report: Report, open: boolean): Section {
  const existing = report.comparison.base === null ? [] : findingsOf(report, 'existing');
  const frame = details(() => `As before, not judged here (${severityCounts(existing)})`, open);
  return { title: 'existing findings', head: frame.head, items: existing.map((finding) => `- ${finding.severity} ${code(finding.code)} ${md(finding.title, 200)}: ${code(finding.resource)}`), tail: frame.tail, priority: 11 };
}

/** Never hidden, never collapsed. */
export function notUnderstoodSection(report: Report): Section {
  const told = new Set(report.incompleteReasons.map((reason) => `${reason.file ?? ''}:${String(reason.line ?? '')}`));
  const unreadable = report.coverage.unreadable.filter((entry) => !told.has(`${entry.file}:${String(entry.line ?? '')}`));
  const ordered = [...report.incompleteReasons.filter((reason) => reason.status === 'new'), ...report.incompleteReasons.filter((reason) => reason.status === 'existing')];
  const items = [
    ...ordered.map((reason) => {
      const where = reason.file !== undefined ? `${code(place(reason.file, reason.line))}: ` : reason.unit === undefined ? '' : `unit ${code(reason.unit)}: `;
      return `- ${where}${prose(reason.reason, 400)} (${reason.kind}, ${reason.status === 'new' ? 'new' : 'as before'})${reason.remedy === '' ? '' : `. **Fix:** ${prose(reason.remedy, 400)}`}`;
    }),
    ...unreadable.map((entry) => `- ${code(place(entry.file, entry.line))}: ${prose(entry.reason, 400)} (${entry.side})${entry.remedy === '' ? '' : `. **Fix:** ${prose(entry.remedy, 400)}`}`),
  ];
  return { title: 'not understood', head: [`### Not understood (${String(items.length)})`, ''], items, tail: [], priority: report.incompleteReasons.some((reason) => reason.status === 'new') ? 2 : 8 };
}

export function resourcesSection(report: Report): Section {
  return {
    title: 'changed objects',
    head: [`### ${resourceWords(report)}`, '', row(['object', 'change', 'effect', 'because']), row(['---', '---', '---', '---'])],
    items: report.resources.map((resource) => row([codeCell(resource.resource), resource.change, resource.effect, proseCell(resource.because)])),
    tail: [],
    priority: 10,
  };
}

export function assumptionsSection(report: Report, open: boolean): Section {
  const frame = details(() => `Assumptions (${String(report.coverage.assumptions.length)})`, open);
  const called = (ids: readonly string[]): string => `${ids.slice(0, 3).map((id) => code(id)).join(', ')}${ids.length > 3 ? ` and ${String(ids.length - 3)} more` : ''}`;
  return { title: 'assumptions', head: frame.head, items: assumptionLines(report).map(({ ids, text }) => `- ${called(ids)}: ${prose(text, 400)}`), tail: frame.tail, priority: 12 };
}

function modeWords(report: Report): string {
  const { mode } = report.comparison;
  switch (mode) {
    case 'merge-result':
      return 'the base of the test merge and its result';
    case 'merge-base':
      return 'the merge base and the head';
    case 'merge-group':
      return 'the merge group';
    case 'push':
      return 'before and after the push';
    case 'revisions':
      return 'two revisions';
    case 'directories':
      return 'two directories';
    case 'snapshot':
      return 'one tree';
    default:
      return assertNever(mode);
  }
}

export function footLines(report: Report, context: MarkdownContext): string[] {
  const { base, head } = report.comparison;
  const short = (id: string): string => (/^[0-9a-f]{40}$/.test(id) ? id.slice(0, 7) : clip(name(id), 60));
  const compared = base === null ? `read ${code(short(head.id))}` : `compared ${code(short(base.id))} → ${code(short(head.id))} (${modeWords(report)})`;
  const state = findingsOf(report, 'existing').length;
  const parts = [
    compared,
    ...(report.resources.length === 0 ? [] : [resourceWords(report)]),
    ...(state === 0 || base === null ? [] : [`${plural(state, 'finding')} as before`]),
    ...(context.links?.run === undefined ? [] : [linked('full summary', context.links.run)]),
    `mesh-posture ${md(report.tool.version, 40)}`,
  ];
  const local = base === null ? 'mesh-posture audit' : `mesh-posture review --base ${short(base.id)} --head ${short(head.id)}`;
  return [
    '---',
    ...(context.notes ?? []).map((note) => `> ${prose(note, 400)}`),
    ...((context.notes ?? []).length === 0 ? [] : ['']),
    `<sub>${parts.join(' · ')} · locally: ${code(local, 160)} · a state finding is silenced by \`suppressions\` in \`.github/mesh-posture.yml\` of the base, a change by nothing</sub>`,
  ];
}
