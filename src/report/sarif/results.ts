/** One finding as one result of code scanning. */
import type { CodeFlow, Location as SarifLocation, Result } from 'sarif';
import { assertNever } from '#lib/assert-never.ts';
import type { Cause, Change } from '#impact/change.ts';
import type { Finding } from '#findings/finding.ts';
import { clip, name, sentence } from '../plain.ts';
import { place, requestLine, witnessAnswers } from '../wording.ts';
import type { Places, Spot } from './places.ts';
import { levelOf, ruleId, type RuleDoc } from './rules.ts';

/** GitHub shows no more of them. */
const relatedLimit = 100;
const flowLimit = 20;
const messageLimit = 8_000;

/** `[text](1)` in a message is a link to a related location: text of a manifest must not make one. */
function inert(text: string): string {
  return text.replace(/\](?=\()/g, ']\u200b');
}

function baseline(finding: Finding): NonNullable<Result['baselineState']> {
  switch (finding.status) {
    case 'new':
      return 'new';
    case 'worsened':
      return 'updated';
    case 'existing':
      return 'unchanged';
    case 'fixed':
    case 'suppressed':
      return 'absent';
    default:
      return assertNever(finding.status);
  }
}

interface Mention {
  readonly file: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly side: 'LEFT' | 'RIGHT';
  readonly text: string;
}

function mentionsOf(finding: Finding, changes: readonly Change[], primary: Spot): readonly Mention[] {
  const own = finding.location;
  const all: Mention[] = [
    ...(own?.side === 'LEFT' ? [{ ...own, text: 'removed here' }] : []),
    ...finding.related.map((related) => ({ file: related.file, startLine: related.startLine, endLine: related.endLine, side: related.side, text: sentence(related.message) })),
    ...changes.flatMap((change) => [...change.causes, ...(change.alternativeCauses ?? []).flat()].map((cause) => ({ file: cause.file, startLine: cause.line, endLine: cause.endLine, side: cause.side, text: `${name(cause.resource)} ${cause.change}` }))),
  ];
  const seen = new Set<string>([`RIGHT ${primary.file} ${String(primary.startLine)}`]);
  return all.filter((mention) => {
    const key = `${mention.side} ${mention.file} ${String(mention.startLine)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** From values and templates to the rendered line: one flow per cause that was rendered, on files of the head only. */
function codeFlows(changes: readonly Change[], places: Places): CodeFlow[] {
  const flow = (cause: Cause): CodeFlow | null => {
    const steps = [...cause.via.map((step) => ({ file: step.file, line: step.line, endLine: step.line, text: step.role })), { file: cause.file, line: cause.line, endLine: cause.endLine, text: `${name(cause.resource)} ${cause.change}` }];
    const locations = steps.flatMap((step) => {
      const spot = places.spot(step.file, step.line, step.endLine);
      return spot === null ? [] : [{ location: places.location(spot, { message: { text: inert(step.text) } }) }];
    });
    return locations.length < 2 ? null : { threadFlows: [{ locations }] };
  };
  const causes = changes.flatMap((change) => change.causes).filter((cause) => cause.via.length > 0 && cause.side === 'RIGHT');
  return causes.map(flow).filter((found) => found !== null).slice(0, flowLimit);
}

export interface ResultInput {
  readonly finding: Finding;
  /** The changes that the finding speaks about. */
  readonly changes: readonly Change[];
  readonly rule: RuleDoc | undefined;
  readonly ruleIndex: number;
  readonly places: Places;
  /** False in a snapshot: nothing to compare with. */
  readonly compared: boolean;
}

/** @returns nothing where no file of the head can carry it */
export function resultOf(input: ResultInput): Result | null {
  const { finding, changes, places } = input;
  const primary = places.primary(finding, changes);
  if (primary === null) return null;

  const related: SarifLocation[] = [];
  const phrases: string[] = [];
  for (const mention of mentionsOf(finding, changes, primary)) {
    const spot = mention.side === 'RIGHT' ? places.spot(mention.file, mention.startLine, mention.endLine) : null;
    if (spot !== null && related.length < relatedLimit) {
      const id = related.length + 1;
      related.push(places.location(spot, { id, message: { text: inert(mention.text) } }));
      if (phrases.length < 5) phrases.push(`[${mention.text.replace(/[[\]()]/g, '')}](${String(id)})`);
    } else if (mention.side === 'LEFT' && phrases.length < 5) {
      phrases.push(inert(`${mention.text} (${place(mention.file, mention.startLine)} of the base)`));
    }
  }
  const witness = finding.witness ?? changes.find((change) => change.witness !== undefined)?.witness;
  const sentences = [inert(sentence(finding.message))];
  if (witness !== undefined) {
    const answers = witnessAnswers(witness);
    sentences.push(inert(`${requestLine(witness)}: before ${answers.before}, after ${answers.after}`));
  }
  if (phrases.length > 0) sentences.push(`See ${phrases.join(', ')}`);
  sentences.push(inert(`Fix: ${sentence(finding.remedy)}`));
  const flows = codeFlows(changes, places);
  const hash = places.lineHash(primary);
  return {
    ruleId: ruleId(finding, input.rule),
    ruleIndex: input.ruleIndex,
    kind: 'fail',
    level: levelOf(finding.severity),
    message: { text: clip(sentences.filter((text) => text !== '').map((text) => (/[.!?…]$/.test(text) ? text : `${text}.`)).join(' '), messageLimit) },
    locations: [places.location(primary)],
    ...(related.length === 0 ? {} : { relatedLocations: related }),
    ...(flows.length === 0 ? {} : { codeFlows: flows }),
    partialFingerprints: { ...(hash === undefined ? {} : { primaryLocationLineHash: hash }), 'meshPostureEffect/v1': finding.fingerprint },
    ...(input.compared ? { baselineState: baseline(finding) } : {}),
    properties: { certainty: finding.certainty, evidence: finding.evidence, resource: name(finding.resource), environments: finding.environments.slice(0, 50).map(name) },
  };
}
