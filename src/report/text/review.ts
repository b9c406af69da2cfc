/** What `review` prints: the verdict, each effect with its proof, findings, what was not understood, the maturity delta. */
import { assertNever } from '#lib/assert-never.ts';
import type { Finding } from '#findings/finding.ts';
import type { Report } from '../report.ts';
import { changesInOrder, findingsOf, headlineText, listedFindings, isQuiet, quietWords, resourceWords, severityCounts } from '../facts.ts';
import { name, plural, sentence } from '../plain.ts';
import { bullets, heading, page, wrap } from './layout.ts';
import { assumptionsBlock, attackPathsBlock, changesBlocks, findingBlock, incompleteBlock, maturityBlocks } from './sections.ts';
import { defaultTextOptions, type TextOptions } from './styles.ts';

function verdictBlock(report: Report, options: TextOptions): string[] {
  const { styles, width } = options;
  const paint = (): ((text: string) => string) => {
    switch (report.verdict) {
      case 'fail':
      case 'error':
        return styles.red;
      case 'warn':
        return styles.yellow;
      case 'pass':
        return styles.green;
      case 'not-applicable':
        return styles.dim;
      default:
        return assertNever(report.verdict);
    }
  };
  const lines = wrap(headlineText(report), width).map((line) => styles.bold(paint()(line)));
  const { base, head, mode } = report.comparison;
  if (base !== null) lines.push(...wrap(`compared ${name(base.label)} → ${name(head.label)} (${mode})`, width).map(styles.dim));
  for (const gate of report.gates) if (gate.failed) lines.push(...wrap(`gate \`${gate.id}\` failed: ${sentence(gate.because)}`, width, '  '));
  if (report.preview !== undefined) lines.push(...wrap(`with this configuration: ${report.preview.verdict}, ${sentence(report.preview.because)}`, width, '  '));
  return lines;
}

function findingsBlocks(title: string, findings: readonly Finding[], options: TextOptions): string[][] {
  if (findings.length === 0) return [];
  return [[heading(`${title} (${severityCounts(findings)})`, options)], ...findings.map((finding) => findingBlock(finding, options))];
}

function countsBlock(report: Report, options: TextOptions): string[] {
  const fixed = findingsOf(report, 'fixed');
  const suppressed = findingsOf(report, 'suppressed');
  const existing = findingsOf(report, 'existing');
  const lines: string[] = [];
  if (fixed.length > 0) {
    lines.push(...wrap(`${plural(fixed.length, 'finding')} fixed by this change:`, options.width), ...bullets(fixed.slice(0, 20).map((finding) => `${finding.code} ${sentence(finding.title)}: ${name(finding.resource)}`), options.width));
    if (fixed.length > 20) lines.push(`  and ${String(fixed.length - 20)} more`);
  }
  if (suppressed.length > 0) lines.push(...wrap(`${plural(suppressed.length, 'finding')} suppressed: ${[...new Set(suppressed.map((finding) => finding.code))].join(', ')}`, options.width));
  if (existing.length > 0) {
    lines.push(...wrap(`${plural(existing.length, 'finding')} of before, unchanged (${severityCounts(existing)}); \`audit\` lists them`, options.width));
    if (options.verbose === true) lines.push(...bullets(existing.map((finding) => `${finding.severity} ${finding.code} ${sentence(finding.title)}: ${name(finding.resource)}`), options.width));
  }
  return lines;
}

/** Every changed object, those with an effect first; beyond the limit a number. The headline of an effect stands above already. */
function resourcesBlock(report: Report, options: TextOptions): string[] {
  if (report.resources.length === 0) return [];
  const rank = { changed: 0, undecided: 1, none: 2 } as const;
  const sorted = [...report.resources].sort((left, right) => rank[left.effect] - rank[right.effect]);
  const limit = options.verbose === true ? sorted.length : 20;
  const line = (resource: Report['resources'][number]): string => `${name(resource.resource)} ${resource.change}: ${resource.effect === 'none' ? 'no effect, ' : resource.effect === 'undecided' ? 'not known, ' : 'has an effect'}${resource.effect === 'changed' ? '' : sentence(resource.because)}`;
  const lines = [heading(resourceWords(report), options), ...bullets(sorted.slice(0, limit).map(line), options.width)];
  if (sorted.length > limit) lines.push(`  and ${String(sorted.length - limit)} more`);
  return lines;
}

/** @returns lines ended by `\n`, none wider than the width (from 60 columns on); holds an escape only where `styles` put it. */
export function reviewText(report: Report, options: TextOptions = defaultTextOptions): string {
  if (isQuiet(report)) return page([wrap(quietWords(report), options.width), incompleteBlock(report, options)]);
  const { added, removed } = report.population;
  const population = [...added.map((id) => `${name(id)} added`), ...removed.map((id) => `${name(id)} removed`)];
  return page([
    verdictBlock(report, options),
    ...changesBlocks(changesInOrder(report), report, options),
    ...findingsBlocks('Findings', listedFindings(report), options),
    incompleteBlock(report, options),
    attackPathsBlock(report, options, false),
    resourcesBlock(report, options),
    population.length === 0 ? [] : [heading('Workloads on one side only', options), ...bullets(population.slice(0, 20), options.width), ...(population.length > 20 ? [`  and ${String(population.length - 20)} more`] : [])],
    countsBlock(report, options),
    ...maturityBlocks(report, options, options.verbose === true),
    assumptionsBlock(report, options),
  ]);
}
