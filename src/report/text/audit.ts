/** What `audit` prints: the assessment of one tree in the order of `docs/maturity.md` section 7. */
import { compareText } from '#lib/order.ts';
import type { Finding, Severity } from '#findings/finding.ts';
import type { Report } from '../report.ts';
import { besideIncompleteness, findingsOf, maturityEnvironments, severityCounts, workloadCount } from '../facts.ts';
import { name, plural, sentence } from '../plain.ts';
import { requestLine, severities } from '../wording.ts';
import { bullets, heading, page, table, wrap } from './layout.ts';
import { assumptionsBlock, attackPathsBlock, findingBlock, incompleteBlock, maturityBlocks } from './sections.ts';
import { defaultTextOptions, type TextOptions } from './styles.ts';

function openFindings(report: Report): readonly Finding[] {
  return besideIncompleteness(report, findingsOf(report, 'new', 'worsened', 'existing'));
}

function summaryBlocks(report: Report, options: TextOptions): string[][] {
  const { width } = options;
  const findings = openFindings(report);
  const worst = findings[0];
  const per = maturityEnvironments(report).map((environment): string[] => {
    const card = report.maturity.head[environment];
    if (card === undefined) return [];
    const { configured, credited } = card;
    const score = (value: number | null): string => (value === null ? 'N/A' : String(value));
    const of = report.environments.length > 1 ? `${name(environment)}: ` : '';
    const lines = wrap(
      `${of}${credited.verdict} (${configured.verdict} if verified) · score ${score(credited.score)} credited, ${score(configured.score)} configured · level ${String(credited.level)} verified, ${String(configured.level)} configured · confidence ${String(credited.confidence)}`,
      width,
    ).map(options.styles.bold);
    if (configured.score === null) lines.push(...wrap(`no score: ${sentence(configured.reason)}`, width, '  '));
    if (configured.nextLevel !== null) lines.push(...wrap(`for level ${String(configured.nextLevel.level)}: ${sentence(configured.nextLevel.missing)}`, width, '  '));
    for (const deduction of credited.deductions) lines.push(...wrap(`confidence −${String(deduction.points)}: ${sentence(deduction.reason)}`, width, '  '));
    return lines;
  });
  const decision = worst === undefined ? 'no open finding' : worst.severity === 'critical' || worst.severity === 'high' ? `act now on ${worst.code} ${sentence(worst.title)}: ${name(worst.resource)}` : 'nothing needs an immediate decision';
  return [
    ...per,
    [...wrap(`findings: ${findings.length === 0 ? 'none' : severityCounts(findings)}`, width), ...(worst === undefined ? [] : wrap(`top exposure: ${sentence(worst.message)}`, width)), ...wrap(`decision: ${decision}`, width)],
  ];
}

function scopeBlock(report: Report, options: TextOptions): string[] {
  const { coverage, comparison, environments } = report;
  const lines = [
    `tree: ${name(comparison.head.label)}`,
    `${plural(coverage.files, 'file')}, ${plural(coverage.documents, 'document')}, ${String(coverage.understood)} understood, ${String(coverage.ignored)} ignored, ${String(coverage.unreadable.length)} unreadable`,
  ];
  for (const environment of environments) {
    for (const unit of environment.units) lines.push(`environment ${name(environment.id)}: ${unit.kind} ${name(unit.path)} ${unit.status}${unit.tool === undefined ? '' : ` by ${name(unit.tool)}`}${unit.reason === undefined ? '' : `, ${sentence(unit.reason)}`}`);
  }
  return [heading('Scope and evidence', options), ...bullets(lines, options.width)];
}

function inventoryBlock(report: Report, options: TextOptions): string[] {
  const { sidecar, ambient, gateway, none, unknown } = report.coverage.workloads;
  return [
    heading(`Workload protection (${plural(workloadCount(report), 'workload')})`, options),
    ...table(
      [{ title: 'protected by' }, { title: 'workloads', align: 'right' }],
      [
        ['sidecar', String(sidecar)],
        ['ambient', String(ambient)],
        ['gateway', String(gateway)],
        ['no proxy', String(none)],
        ['unknown', String(unknown)],
      ],
      options.width,
    ),
  ];
}

const terms: readonly { readonly title: string; readonly severities: readonly Severity[] }[] = [
  { title: 'immediate', severities: ['critical', 'high'] },
  { title: '30 days', severities: ['medium'] },
  { title: '90 days', severities: ['low'] },
];

/** Equal remedies are one step; it names how many objects need it. */
function planBlock(report: Report, options: TextOptions): string[] {
  const findings = openFindings(report);
  const lines: string[] = [];
  for (const term of terms) {
    const steps = new Map<string, { readonly code: string; readonly resources: string[] }>();
    for (const finding of findings) {
      if (!term.severities.includes(finding.severity)) continue;
      const key = `${finding.code} ${sentence(finding.remedy)}`;
      const step = steps.get(key) ?? { code: finding.code, resources: [] };
      step.resources.push(name(finding.resource));
      steps.set(key, step);
    }
    if (steps.size === 0) continue;
    lines.push(`  ${term.title}`);
    for (const [text, { resources }] of steps) {
      const listed = [...new Set(resources)].sort(compareText);
      lines.push(...wrap(`${text} (${listed.slice(0, 3).join(', ')}${listed.length > 3 ? ` and ${String(listed.length - 3)} more` : ''})`, options.width, '    - ', '      '));
    }
  }
  const strategic = [...new Set(Object.values(report.maturity.head).flatMap((card) => (card.configured.nextLevel === null ? [] : [`reach level ${String(card.configured.nextLevel.level)}: ${sentence(card.configured.nextLevel.missing)}`])))].sort(compareText);
  if (strategic.length > 0) lines.push('  strategic', ...bullets(strategic, options.width, '    '));
  return lines.length === 0 ? [] : [heading('Remediation plan', options), ...lines];
}

/** What stays open by choice or by ignorance, and how to look again. */
function retestBlock(report: Report, options: TextOptions): string[] {
  const suppressed = findingsOf(report, 'suppressed');
  const requests = openFindings(report).flatMap((finding) => (finding.witness === undefined ? [] : [`must fail: ${requestLine(finding.witness)}`]));
  const lines = [
    ...suppressed.map((finding) => `suppressed, still true: ${finding.code} ${sentence(finding.title)}: ${name(finding.resource)}`),
    ...(report.coverage.workloads.unknown === 0 ? [] : [`${plural(report.coverage.workloads.unknown, 'workload')} of unknown enrolment`]),
    ...[...new Set(requests)].slice(0, 20),
    'look again: `mesh-posture audit`',
  ];
  return [heading('Residual risk and retest', options), ...bullets(lines, options.width)];
}

/** @returns lines ended by `\n`, none wider than the width (from 60 columns on). */
export function auditText(report: Report, options: TextOptions = defaultTextOptions): string {
  const findings = openFindings(report);
  return page([
    ...summaryBlocks(report, options),
    scopeBlock(report, options),
    ...maturityBlocks(report, options, true),
    ...severities.flatMap((severity): string[][] => {
      const some = findings.filter((finding) => finding.severity === severity);
      return some.length === 0 ? [] : [[heading(`Findings: ${severity} (${String(some.length)})`, options)], ...some.map((finding) => findingBlock(finding, options, 'full'))];
    }),
    incompleteBlock(report, options),
    attackPathsBlock(report, options, true),
    inventoryBlock(report, options),
    planBlock(report, options),
    retestBlock(report, options),
    assumptionsBlock(report, options),
  ]);
}
