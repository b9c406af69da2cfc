/**
 * Findings as workflow commands, for runs that may not comment. GitHub shows ten errors and ten warnings of a step; the worst
 * are emitted, the rest is a number.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
import type { Change } from '#impact/change.ts';
import type { Finding } from '#findings/finding.ts';
import type { Report } from '../report.ts';
import { activeFindings } from '../facts.ts';
import { plural, sentence, clip } from '../plain.ts';
import { atLeast, place, requestLine } from '../wording.ts';

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  /** One line of plain text. */
  readonly message: string;
  /** A file of the head that is in the diff; else the place is part of the message. */
  readonly file?: string;
  readonly startLine?: number;
  readonly endLine?: number;
}

export interface AnnotationPlan {
  readonly annotations: readonly Annotation[];
  /** Findings without an annotation, and the sentence that says so; empty where there is none. */
  readonly omitted: number;
  readonly notice: string;
}

export const perLevel = 10;

/** @param inDiff whether a file is part of the pull request: an annotation on any other file is noise on somebody else's lines */
export function planAnnotations(report: Report, inDiff: (file: string) => boolean = () => true): AnnotationPlan {
  const changes = new Map(report.changes.map((change) => [change.id, change]));
  const all = activeFindings(report)
    .filter((finding) => atLeast(finding.severity, 'low'))
    .map((finding) => annotationOf(finding, changes, inDiff));
  const annotations = [...all.filter((annotation) => annotation.level === 'error').slice(0, perLevel), ...all.filter((annotation) => annotation.level === 'warning').slice(0, perLevel)];
  const omitted = all.length - annotations.length;
  return { annotations, omitted, notice: omitted === 0 ? '' : `${plural(omitted, 'more finding')} in the job summary` };
}

function annotationOf(finding: Finding, changes: ReadonlyMap<string, Change>, inDiff: (file: string) => boolean): Annotation {
  const causes = finding.changeIds.flatMap((id) => changes.get(id)?.causes ?? []);
  const spots = [...(finding.location === undefined ? [] : [finding.location]), ...causes.map((cause) => ({ file: cause.file, startLine: cause.line, endLine: cause.endLine, side: cause.side }))];
  const spot = spots.find((candidate) => candidate.side === 'RIGHT' && inDiff(candidate.file));
  const first = spots[0];
  const where = spot === undefined && first !== undefined ? ` (${place(first.file, first.startLine)}${first.side === 'LEFT' ? ' of the base' : ''})` : '';
  const witness = finding.witness ?? finding.changeIds.map((id) => changes.get(id)?.witness).find((found) => found !== undefined);
  const proof = witness === undefined ? '' : `; ${requestLine(witness)}`;
  return {
    level: atLeast(finding.severity, 'high') ? 'error' : 'warning',
    title: clip(`${finding.code} ${sentence(finding.title)} (${finding.severity})`, 200),
    message: clip(`${sentence(finding.message)}${where}${proof}; fix: ${sentence(finding.remedy)}`, 2_000),
    ...(spot === undefined ? {} : { file: spot.file, startLine: spot.startLine, endLine: spot.endLine }),
  };
}

/** As the runner decodes it: `%` first, then line breaks. */
export function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A property besides ends at `,` and its name at `:`. */
export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** `::error file=a.yaml,line=3,endLine=3,title=MP101 …::message`, one line. */
export function commandLine(annotation: Annotation): string {
  const properties: readonly (readonly [string, string | undefined])[] = [
    ['file', annotation.file],
    ['line', annotation.startLine === undefined ? undefined : String(annotation.startLine)],
    ['endLine', annotation.endLine === undefined ? undefined : String(annotation.endLine)],
    ['title', annotation.title],
  ];
  const list = properties.flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`${key}=${escapeProperty(value)}`])).join(',');
  return `::${annotation.level}${list === '' ? '' : ` ${list}`}::${escapeData(annotation.message)}`;
}
