/**
 * Rules as code scanning reads them. Its severity belongs to the rule, not to the result: a finding whose severity is not where its
 * rule starts gets a rule of its own (`MP201-critical`).
 * @see https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 */
import type { ReportingDescriptor } from 'sarif';
import { assertNever } from '#lib/assert-never.ts';
import type { Finding, Severity } from '#findings/finding.ts';
import { clip, plain, sentence } from '../plain.ts';

/** What the catalogue knows about a code. */
export interface RuleDoc {
  readonly code: string;
  readonly rule: string;
  readonly title: string;
  /** Where the severity starts. */
  readonly severity: Severity;
  /** True: one rule per level, always. */
  readonly byBreadth: boolean;
  /** One sentence, plain text. */
  readonly description: string;
  readonly tags: readonly string[];
  /** The rule's page; without it the description stands in. */
  readonly help?: { readonly text: string; readonly markdown: string };
  /** Address of the page. */
  readonly helpUri?: string;
  /** Default `high`. */
  readonly precision?: 'very-high' | 'high' | 'medium' | 'low';
}

/** GitHub cuts descriptions here. */
const descriptionLimit = 1_024;
const helpLimit = 20_000;
const tagLimit = 10;

export function levelOf(severity: Severity): 'error' | 'warning' | 'note' {
  switch (severity) {
    case 'critical':
    case 'high':
      return 'error';
    case 'medium':
      return 'warning';
    case 'low':
    case 'info':
      return 'note';
    default:
      return assertNever(severity);
  }
}

/** Above 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below low; an observation is no security alert. */
function securitySeverity(severity: Severity): string | null {
  switch (severity) {
    case 'critical':
      return '9.5';
    case 'high':
      return '8.0';
    case 'medium':
      return '5.5';
    case 'low':
      return '2.0';
    case 'info':
      return null;
    default:
      return assertNever(severity);
  }
}

export function ruleId(finding: Pick<Finding, 'code' | 'severity'>, rule: RuleDoc | undefined): string {
  return rule !== undefined && !rule.byBreadth && rule.severity === finding.severity ? finding.code : `${finding.code}-${finding.severity}`;
}

/** `plaintext-opened` → `PlaintextOpened`: SARIF wants the friendly name in Pascal case. */
function pascal(rule: string): string {
  const words = rule.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Required texts must not be empty, and a sentence ends in a full stop here. */
function full(text: string, fallback: string): string {
  const line = clip(plain(text.trim() === '' ? fallback : text.trim()), descriptionLimit - 1);
  const said = line.charAt(0).toUpperCase() + line.slice(1);
  return /[.!?…]$/.test(said) ? said : `${said}.`;
}

/** @param finding a finding of this rule; what the catalogue does not know is taken from it */
export function descriptor(finding: Finding, rule: RuleDoc | undefined): ReportingDescriptor {
  const id = ruleId(finding, rule);
  const title = rule?.title ?? finding.title;
  const severity = securitySeverity(finding.severity);
  const description = full(rule?.description ?? '', title);
  const tags = [...(severity === null ? [] : ['security']), ...new Set((rule?.tags ?? finding.tags).map((tag) => sentence(tag)).filter((tag) => tag !== '' && tag !== 'security'))].slice(0, tagLimit);
  return {
    id,
    name: pascal(rule?.rule ?? finding.rule) || finding.code,
    shortDescription: { text: full(title, finding.code) },
    fullDescription: { text: description },
    help: {
      text: clip(rule?.help?.text.trim() ?? '', helpLimit) || description,
      markdown: clip(rule?.help?.markdown.trim() ?? '', helpLimit) || description,
    },
    ...(rule?.helpUri === undefined ? {} : { helpUri: rule.helpUri }),
    defaultConfiguration: { level: levelOf(finding.severity) },
    properties: { tags, precision: rule?.precision ?? 'high', ...(severity === null ? {} : { 'security-severity': severity }), 'problem.severity': levelOf(finding.severity) === 'note' ? 'recommendation' : levelOf(finding.severity) },
  };
}
