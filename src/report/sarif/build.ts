/**
 * The SARIF log for code scanning: the full posture of the head plus what the change brings, so that an alert closes when its
 * cause is gone. Suppressed findings are left out: code scanning ignores SARIF's own `suppressions`.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
import type { Log, Notification, ReportingDescriptor, Result, Run } from 'sarif';
import { shortHash } from '#lib/canonical.ts';
import { compareText } from '#lib/order.ts';
import type { Change } from '#impact/change.ts';
import type { Finding, Severity } from '#findings/finding.ts';
import { dimensions } from '#maturity/scorecard.ts';
import type { Report } from '../report.ts';
import { dimensionTitle, findingsOf, maturityWords, overallMaturity } from '../facts.ts';
import { encodePath } from '../links.ts';
import { clip, name, plural, sentence } from '../plain.ts';
import { atLeast, signed } from '../wording.ts';
import { Places, type HeadFiles } from './places.ts';
import { resultOf } from './results.ts';
import { descriptor, ruleId, type RuleDoc } from './rules.ts';
import { rootBase } from './uri.ts';

export interface SarifInput {
  readonly report: Report;
  readonly rules: readonly RuleDoc[];
  readonly files: HeadFiles;
  /** Default `low`; MP901 is exempt. */
  readonly minimum?: Severity;
  /** Separates the analyses of several runs on one commit (matrix legs). */
  readonly tag: string;
  readonly informationUri?: string;
  /** Web address of the repository and the commit that the lines belong to. */
  readonly repository?: { readonly uri: string; readonly revision: string; readonly branch?: string };
  /** The delta as one result of its own; default: where two sides were compared. */
  readonly maturityResult?: boolean;
}

/** GitHub takes no more; it keeps the first 5 000. */
const resultLimit = 25_000;
const maturityCode = 'MP901';

function causesOf(changes: readonly Change[]): Finding['related'] {
  return changes.flatMap((change) => change.causes.map((cause) => ({ file: cause.file, startLine: cause.line, endLine: cause.endLine, side: cause.side, message: `${cause.resource} ${cause.change}` })));
}

/** The delta for readers that see only SARIF; the engine's own finding wins where there is one. */
function maturityFinding(report: Report): Finding | null {
  const overall = overallMaturity(report);
  const words = maturityWords(report);
  if (overall === null || words === null || overall.delta === 0 || report.findings.some((finding) => finding.code === maturityCode)) return null;
  const moved = dimensions.flatMap((dimension) => {
    const delta = report.maturity.delta.environments[overall.environment]?.dimensions[dimension].delta ?? 0;
    return delta === 0 ? [] : [`${dimensionTitle(dimension)} ${signed(delta)}`];
  });
  const [first, ...rest] = causesOf(report.changes);
  return {
    code: maturityCode,
    rule: 'maturity-changed',
    title: 'zero-trust maturity changed',
    severity: 'info',
    certainty: 'proved',
    evidence: 'INFERRED',
    status: 'new',
    environments: [overall.environment],
    resource: 'mesh',
    ...(first === undefined ? {} : { location: { file: first.file, startLine: first.startLine, endLine: first.endLine, side: first.side } }),
    related: rest.slice(0, 10),
    message: `configured zero-trust ${words}${moved.length === 0 ? '' : `: ${moved.join(', ')}`}`,
    impact: '',
    remedy: overall.delta < 0 ? 'see the changes that lower it' : 'nothing to do',
    validation: { positive: '', negative: '' },
    fingerprint: shortHash(maturityCode, overall.environment),
    changeIds: [],
    tags: [],
  };
}

function zeroTrustMaturity(report: Report): Readonly<Record<string, unknown>> {
  const overall = overallMaturity(report);
  return {
    base: overall?.base ?? null,
    head: overall?.head ?? null,
    delta: report.maturity.delta.overall,
    environment: overall?.environment ?? null,
    pillars: Object.fromEntries(
      dimensions.map((dimension) => {
        const environment = overall?.environment ?? Object.keys(report.maturity.head).sort(compareText)[0];
        const side = (cards: Report['maturity']['head']): number | null => (environment === undefined ? null : (cards[environment]?.configured.dimensions[dimension].rating ?? null));
        return [dimension, { base: side(report.maturity.base), head: side(report.maturity.head), delta: environment === undefined ? null : (report.maturity.delta.environments[environment]?.dimensions[dimension].delta ?? null) }];
      }),
    ),
  };
}

/** What was not read is part of the log: an empty run must not look like a clean one. */
function notifications(report: Report, dropped: number, unplaced: readonly Finding[]): Notification[] {
  const list: Notification[] = report.incompleteReasons.slice(0, 100).map((reason) => ({
    level: reason.status === 'new' ? 'error' : 'warning',
    message: { text: sentence(`${reason.file === undefined ? (reason.unit ?? '') : reason.file}${reason.file === undefined && reason.unit === undefined ? '' : ': '}${reason.reason}`) },
  }));
  if (dropped > 0) list.push({ level: 'warning', message: { text: `${plural(dropped, 'result')} beyond ${String(resultLimit)} left out, the least severe ones.` } });
  for (const finding of unplaced.slice(0, 100)) list.push({ level: 'warning', message: { text: sentence(`no file of the head can carry ${finding.code} ${name(finding.resource)}: ${finding.message}`) } });
  return list;
}

export function buildSarif(input: SarifInput): Log {
  const { report, minimum = 'low' } = input;
  const places = new Places(input.files);
  const docs = new Map(input.rules.map((rule) => [rule.code, rule]));
  const changes = new Map(report.changes.map((change) => [change.id, change]));
  const compared = report.comparison.base !== null;
  const extra = (input.maturityResult ?? compared) ? maturityFinding(report) : null;
  const wanted = [...findingsOf(report, 'new', 'worsened', 'existing').filter((finding) => finding.code === maturityCode || atLeast(finding.severity, minimum)), ...(extra === null ? [] : [extra])];

  const rules: ReportingDescriptor[] = [];
  const indices = new Map<string, number>();
  const results: Result[] = [];
  const unplaced: Finding[] = [];
  const kept = wanted.slice(0, resultLimit);
  // Rules in the order of their ids, whatever the findings are.
  for (const finding of [...kept].sort((left, right) => compareText(ruleId(left, docs.get(left.code)), ruleId(right, docs.get(right.code))))) {
    const id = ruleId(finding, docs.get(finding.code));
    if (indices.has(id)) continue;
    indices.set(id, rules.length);
    rules.push(descriptor(finding, docs.get(finding.code)));
  }
  for (const finding of kept) {
    const rule = docs.get(finding.code);
    const spoken = finding.changeIds.flatMap((id) => changes.get(id) ?? []);
    const result = resultOf({ finding, changes: spoken, rule, ruleIndex: indices.get(ruleId(finding, rule)) ?? -1, places, compared });
    if (result === null) unplaced.push(finding);
    else results.push(result);
  }

  const told = notifications(report, wanted.length - kept.length, unplaced);
  const run: Run = {
    tool: {
      driver: {
        name: report.tool.name,
        fullName: `${report.tool.name} ${clip(name(report.tool.version), 60)}`,
        semanticVersion: report.tool.version,
        ...(input.informationUri === undefined ? {} : { informationUri: input.informationUri }),
        rules,
      },
    },
    automationDetails: { id: `mesh-posture/${encodePath(name(input.tag)).replaceAll('/', '-')}/` },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [rootBase]: { description: { text: 'The root of the repository.' } } },
    ...(input.repository === undefined
      ? {}
      : {
          versionControlProvenance: [
            { repositoryUri: input.repository.uri, revisionId: input.repository.revision, ...(input.repository.branch === undefined ? {} : { branch: input.repository.branch }), mappedTo: { uriBaseId: rootBase } },
          ],
        }),
    invocations: [{ executionSuccessful: report.verdict !== 'error' || !report.gates.some((gate) => gate.id === 'internal' && gate.failed), ...(told.length === 0 ? {} : { toolExecutionNotifications: told }) }],
    results,
    properties: { zeroTrustMaturity: zeroTrustMaturity(report), verdict: report.verdict, incomplete: report.incomplete },
  };
  return { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
}

/** @returns JSON text ended by `\n`, byte-equal for equal input */
export function sarifText(input: SarifInput): string {
  return `${JSON.stringify(buildSarif(input), null, 2)}\n`;
}
