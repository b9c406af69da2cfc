/** What every output asks of a report: the order in which things are shown, counts, and the one-line verdict. */
import { assertNever } from '#lib/assert-never.ts';
import { compareBy, compareText, type Comparator } from '#lib/order.ts';
import type { Change } from '#impact/change.ts';
import type { Finding, FindingStatus, Severity } from '#findings/finding.ts';
import { dimensions, type MaturityDimension } from '#maturity/scorecard.ts';
import type { Report, ResourceReport } from './report.ts';
import { name, plural, sentence } from './plain.ts';
import { directionRank, severities, severityRank, signed } from './wording.ts';

const byFinding: Comparator<Finding> = compareBy<Finding>(
  (finding) => severityRank(finding.severity),
  (finding) => finding.code,
  (finding) => finding.resource,
  (finding) => finding.fingerprint,
);

/** The findings of the given statuses, the worst first. */
export function findingsOf(report: Report, ...statuses: readonly FindingStatus[]): readonly Finding[] {
  return report.findings.filter((finding) => statuses.includes(finding.status)).sort(byFinding);
}

/** New and worsened: what this comparison is answerable for. MP901 repeats the maturity table for readers of SARIF alone. */
export function activeFindings(report: Report): readonly Finding[] {
  return findingsOf(report, 'new', 'worsened').filter((finding) => finding.code !== 'MP901');
}

/** Codes that repeat a reason of incompleteness, so that a line and an alert can carry it. */
const incompleteCodes: ReadonlySet<string> = new Set(['MP805', 'MP807', 'MP905']);

/** The given findings without those that the list of what was not understood tells already. */
export function besideIncompleteness(report: Report, findings: readonly Finding[]): readonly Finding[] {
  const told = new Set(report.incompleteReasons.flatMap((reason) => [reason.file, reason.unit]).filter((place) => place !== undefined));
  return findings.filter((finding) => !incompleteCodes.has(finding.code) || !(told.has(finding.resource) || (finding.location !== undefined && told.has(finding.location.file))));
}

/** The findings that a page lists: each thing once. */
export function listedFindings(report: Report): readonly Finding[] {
  return besideIncompleteness(report, report.comparison.base === null ? findingsOf(report, 'new', 'worsened', 'existing') : activeFindings(report));
}

/** What the reader has to act on comes first: the findings of a change lend it their severity. Equal ones keep the report's order, which is their rank. */
export function changesInOrder(report: Report): readonly Change[] {
  const worst = new Map<string, number>();
  for (const finding of report.findings) {
    if (finding.status === 'fixed') continue;
    for (const id of finding.changeIds) worst.set(id, Math.min(worst.get(id) ?? severities.length, severityRank(finding.severity)));
  }
  return [...report.changes].sort(
    compareBy<Change>(
      (change) => worst.get(change.id) ?? severities.length,
      (change) => directionRank(change.direction),
    ),
  );
}

export function workloadCount(report: Report): number {
  const { sidecar, ambient, gateway, none, unknown } = report.coverage.workloads;
  return sidecar + ambient + gateway + none + unknown;
}

/** `1 critical and 2 high` over the given findings. */
export function severityCounts(findings: readonly Finding[]): string {
  const words = severities
    .map((severity): readonly [Severity, number] => [severity, findings.filter((finding) => finding.severity === severity).length])
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${String(count)} ${severity}`);
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

export function resourceCounts(report: Report): { readonly changed: number; readonly withEffect: number; readonly undecided: number } {
  const count = (effect: ResourceReport['effect']): number => report.resources.filter((resource) => resource.effect === effect).length;
  return { changed: report.resources.length, withEffect: count('changed'), undecided: count('undecided') };
}

/** `12 changed objects, 3 with effect`. */
export function resourceWords(report: Report): string {
  const { changed, withEffect, undecided } = resourceCounts(report);
  return `${plural(changed, 'changed object')}, ${String(withEffect)} with effect${undecided === 0 ? '' : `, ${String(undecided)} undecided`}`;
}

/** The environment with the largest drop, as `maturity.delta.overall` names it. */
export function overallMaturity(report: Report): { readonly environment: string; readonly base: number | null; readonly head: number | null; readonly delta: number } | null {
  const { delta, base, head } = report.maturity;
  if (delta.overall === null) return null;
  const environment = Object.keys(delta.environments)
    .sort(compareText)
    .find((id) => delta.environments[id]?.overall === delta.overall);
  if (environment === undefined) return null;
  return { environment, base: base[environment]?.configured.score ?? null, head: head[environment]?.configured.score ?? null, delta: delta.overall };
}

/** `maturity 61 → 54 (−7)`; the scores only where they and the delta say the same (population counts in one, not in the other). */
export function maturityWords(report: Report): string | null {
  const overall = overallMaturity(report);
  if (overall === null) return null;
  const { base, head, delta } = overall;
  // Scores are rounded, the delta has one decimal.
  if (base !== null && head !== null && Math.abs(head - base - delta) < 1) return delta === 0 ? `maturity ${String(head)}` : `maturity ${String(base)} → ${String(head)} (${signed(delta)})`;
  return `maturity ${signed(delta)}`;
}

const dimensionTitles: Readonly<Record<MaturityDimension, string>> = {
  'workload-identity': 'workload identity',
  mtls: 'mTLS and peer authentication',
  'request-authentication': 'request authentication',
  authorization: 'authorization and least privilege',
  segmentation: 'namespace and workload segmentation',
  ingress: 'ingress security',
  egress: 'egress governance',
  auditability: 'auditability and validation',
};

export interface MaturityRow {
  readonly label: string;
  readonly base: string;
  readonly head: string;
  readonly delta: string;
  /** Causes of the movement, or why there is no number. */
  readonly because: string;
  readonly moved: boolean;
}

function shown(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? 'n/a' : value.toFixed(digits);
}

/** Ids of changes and fingerprints of findings in words that a reader can look for. */
function movers(report: Report, ids: readonly string[]): string {
  const words = ids.map((id) => {
    const finding = report.findings.find((candidate) => candidate.fingerprint === id);
    if (finding !== undefined) return `${finding.code} ${name(finding.resource)}`;
    const change = report.changes.find((candidate) => candidate.id === id);
    return name(change?.causes[0]?.resource ?? change?.destinations[0]?.id ?? id);
  });
  const distinctWords = [...new Set(words)];
  return `${distinctWords.slice(0, 3).join(', ')}${distinctWords.length > 3 ? ` and ${String(distinctWords.length - 3)} more` : ''}`;
}

/** Score, level, confidence and the eight dimensions of one environment, base to head. Only the configured view moves with a change. */
export function maturityRows(report: Report, environment: string): readonly MaturityRow[] {
  const base = report.maturity.base[environment];
  const head = report.maturity.head[environment];
  const delta = report.maturity.delta.environments[environment];
  const change = (value: number | null | undefined, digits = 0): string => (value === null || value === undefined ? 'n/a' : signed(value, digits));
  const difference = (left: number | undefined, right: number | undefined): number | null => (left === undefined || right === undefined ? null : right - left);
  const level = difference(base?.configured.level, head?.configured.level);
  const confidence = difference(base?.configured.confidence, head?.configured.confidence);
  const rows: MaturityRow[] = [
    {
      label: 'score (configured)',
      base: shown(base?.configured.score),
      head: shown(head?.configured.score),
      delta: change(delta?.overall),
      because: head?.configured.score === null ? head.configured.reason : base?.configured.score === null ? base.configured.reason : '',
      moved: (delta?.overall ?? 0) !== 0,
    },
    { label: 'score (credited)', base: shown(base?.credited.score), head: shown(head?.credited.score), delta: '', because: head?.credited.score === null ? head.credited.reason : '', moved: false },
    { label: 'level (configured)', base: shown(base?.configured.level), head: shown(head?.configured.level), delta: change(level), because: '', moved: (level ?? 0) !== 0 },
    { label: 'confidence', base: shown(base?.configured.confidence), head: shown(head?.configured.confidence), delta: change(confidence), because: '', moved: (confidence ?? 0) !== 0 },
  ];
  for (const dimension of dimensions) {
    const movement = delta?.dimensions[dimension];
    const rating = head?.configured.dimensions[dimension];
    const moved = (movement?.delta ?? 0) !== 0;
    rows.push({
      label: dimensionTitles[dimension],
      base: shown(base?.configured.dimensions[dimension].rating, 1),
      head: shown(rating?.rating, 1),
      delta: change(movement?.delta, 1),
      because: moved ? movers(report, movement?.movedBy ?? []) : rating?.rating === null ? rating.reason : '',
      moved,
    });
  }
  return rows;
}

export function dimensionTitle(dimension: MaturityDimension): string {
  return dimensionTitles[dimension];
}

export function maturityEnvironments(report: Report): readonly string[] {
  return [...new Set([...Object.keys(report.maturity.base), ...Object.keys(report.maturity.head)])].sort(compareText);
}

/** Nothing to say but the number of workloads and what was not understood (`docs/architecture.md`, rule 4). */
export function isQuiet(report: Report): boolean {
  return (
    (report.verdict === 'pass' || report.verdict === 'not-applicable') &&
    report.comparison.base !== null &&
    report.changes.length === 0 &&
    report.preview === undefined &&
    findingsOf(report, 'new', 'worsened', 'fixed').length === 0 &&
    report.resources.every((resource) => resource.effect === 'none') &&
    (report.maturity.delta.overall ?? 0) === 0 &&
    report.attackPaths.every((path) => path.status === 'existing')
  );
}

/** `no effective change in 34 workloads`, the whole answer where there is nothing to say. */
export function quietWords(report: Report): string {
  if (report.verdict === 'not-applicable') return 'no manifest that is deployed or read by the mesh changed';
  const { added, removed } = report.population;
  const population = [added.length === 0 ? '' : `${plural(added.length, 'workload')} added`, removed.length === 0 ? '' : `${plural(removed.length, 'workload')} removed`].filter((word) => word !== '');
  return `no effective change in ${plural(workloadCount(report), 'workload')}${population.length === 0 ? '' : ` (${population.join(', ')})`}`;
}

export interface Headline {
  readonly word: 'Blocked' | 'Incomplete' | 'Error' | 'Passed with warnings' | 'Passed' | 'Not applicable';
  /** What stands behind the word, joined by ` · `. */
  readonly parts: readonly string[];
}

function newWords(report: Report): string | null {
  const active = besideIncompleteness(report, activeFindings(report));
  if (active.length === 0) return null;
  const added = active.filter((finding) => finding.status === 'new');
  const worsened = active.filter((finding) => finding.status === 'worsened');
  return [counted(added, 'new'), counted(worsened, 'worsened')].filter((words) => words !== '').join(', ');
}

/** `3 new high findings`, `5 new findings (2 critical and 3 high)`. */
function counted(findings: readonly Finding[], state: 'new' | 'worsened'): string {
  const first = findings[0];
  if (first === undefined) return '';
  const same = findings.every((finding) => finding.severity === first.severity);
  return same ? plural(findings.length, `${state} ${first.severity} finding`) : `${plural(findings.length, `${state} finding`)} (${severityCounts(findings)})`;
}

/** The verdict and its reasons in one line of plain text. */
export function headline(report: Report): Headline {
  const failed = report.gates.filter((gate) => gate.failed);
  const findings = newWords(report);
  const maturity = maturityWords(report);
  const tail = maturity === null ? [] : [maturity];
  const because = failed.map((gate) => sentence(gate.because));
  switch (report.verdict) {
    case 'fail':
      // The findings gate repeats the count of findings: its own sentence is dropped where the count is there.
      return { word: 'Blocked', parts: [...(findings === null ? [] : [findings]), ...failed.filter((gate) => gate.id !== 'findings' || findings === null).map((gate) => sentence(gate.because)), ...tail] };
    case 'error': {
      const internal = failed.some((gate) => gate.id === 'internal');
      return { word: internal ? 'Error' : 'Incomplete', parts: [...because, ...(findings === null ? [] : [findings]), ...tail] };
    }
    case 'warn':
      return { word: 'Passed with warnings', parts: [findings ?? warningWords(report), ...tail] };
    case 'pass':
      if (isQuiet(report)) return { word: 'Passed', parts: [quietWords(report)] };
      return { word: 'Passed', parts: [findings ?? 'no posture regression', ...(report.changes.length === 0 ? [] : [plural(report.changes.length, 'effective change')]), ...tail] };
    case 'not-applicable':
      return { word: 'Not applicable', parts: [quietWords(report)] };
    default:
      return assertNever(report.verdict);
  }
}

/** A warning without a finding comes from a gate that is set to warn. */
function warningWords(report: Report): string {
  const said = report.gates.filter((gate) => !gate.failed && gate.because !== '').map((gate) => sentence(gate.because));
  return said.length === 0 ? 'something below the gate needs a look' : said.join(' · ');
}

export function headlineText(report: Report): string {
  const { word, parts } = headline(report);
  return parts.length === 0 ? word : `${word}: ${parts.join(' · ')}`;
}

/** As a reader meets them: what is assumed of many namespaces, releases or places alike is one line that counts them. */
export interface AssumptionLine {
  readonly ids: readonly string[];
  /** Of several, with `…` where each has its own name. */
  readonly text: string;
}

const alikeAssumptions = 4;

export function assumptionLines(report: Report): readonly AssumptionLine[] {
  const groups = new Map<string, { readonly ids: string[]; readonly texts: string[] }>();
  for (const { id, text } of report.coverage.assumptions) {
    const own = id.slice(id.indexOf(':') + 1);
    // A placeholder namespace is called by its unit, too.
    const blank = [own, own.replace(/^~/, '')].reduce((words, called) => words.replaceAll(`\`${called}\``, '`…`'), text);
    const key = id.includes(':') ? `${id.slice(0, id.indexOf(':'))}\n${blank}` : id;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ids: [id], texts: [text] });
    else {
      group.ids.push(id);
      group.texts.push(text);
    }
  }
  return [...groups].flatMap(([key, { ids, texts }]): readonly AssumptionLine[] => (ids.length < alikeAssumptions ? ids.map((id, index) => ({ ids: [id], text: texts[index] ?? '' })) : [{ ids, text: key.slice(key.indexOf('\n') + 1) }]));
}
