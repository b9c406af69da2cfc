/** The text of an inline comment: at most 12 lines, the first of them a hidden marker by which a later run finds it again. */
import type { Change } from '#impact/change.ts';
import type { Finding } from '#findings/finding.ts';
import { clip } from '../plain.ts';
import { certaintyWords, requestLine, witnessAnswers } from '../wording.ts';
import { code, md, prose } from '../markdown/escape.ts';
import { placeLink, ruleLink, type MarkdownContext } from '../markdown/sections.ts';

export const maximumLines = 12;

export function commentMarker(fingerprint: string): string {
  return `<!-- mesh-posture:f1:${fingerprint} -->`;
}

/** The fingerprint in the first line, or nothing where the comment is not one of ours or is retired. */
export function fingerprintOf(body: string): string | null {
  return /^<!-- mesh-posture:f1:([0-9a-f]{16}) -->(?:\r?\n|$)/.exec(body)?.[1] ?? null;
}

const retiredPrefix = '<!-- mesh-posture:r1:';

export function isRetired(body: string): boolean {
  return body.startsWith(retiredPrefix);
}

/** What a comment with replies becomes when its finding is gone: the conversation stays, the marker no longer counts. */
export function resolvedBody(body: string, fingerprint: string, head: string): string {
  const rest = body.replaceAll('\r\n', '\n').split('\n').slice(1).join('\n').trimStart();
  return `${retiredPrefix}${fingerprint} -->\n✅ Resolved in ${code(clip(head, 40))}\n\n${rest}`;
}

/** What the reader can do when this is intended. A state is silenced in the configuration; a change is not, so that no waiver hides the next one. */
function wayOut(finding: Finding): string {
  if (finding.changeIds.length > 0) return 'Intended? Then whoever may merge past this check decides; no suppression silences a change.';
  return `Suppress: ${code(`{rule: ${finding.code}, resource: ${finding.resource}, reason: …, expires: YYYY-MM-DD}`)} in the configuration of the base.`;
}

/**
 * @param also findings of the same lines and the same change: one cause, one comment
 * @returns Markdown without a line break at its end
 */
export function commentBody(finding: Finding, also: readonly Finding[], changes: ReadonlyMap<string, Change>, context: MarkdownContext): string {
  const change = finding.changeIds.map((id) => changes.get(id)).find((found) => found !== undefined);
  const witness = finding.witness ?? change?.witness;
  const causes = [...(change?.causes ?? []), ...(change?.alternativeCauses ?? []).flat()].filter((cause) => cause.file !== finding.location?.file || cause.line !== finding.location.startLine);
  const others = [
    ...causes.map((cause) => `${code(cause.resource, 120)} ${cause.change} at ${placeLink({ file: cause.file, startLine: cause.line, endLine: cause.endLine, side: cause.side }, context)}`),
    ...finding.related.map((related) => `${prose(related.message, 200)} at ${placeLink(related, context)}`),
  ];
  const lines = [
    commentMarker(finding.fingerprint),
    `**${finding.severity} · ${md(finding.title, 200)}** ${ruleLink(finding, context)}${finding.status === 'worsened' ? ' (worsened)' : ''}${finding.certainty === 'proved' ? '' : ` (${certaintyWords(finding)})`}`,
    '',
    prose(finding.message),
  ];
  if (witness !== undefined) {
    const answers = witnessAnswers(witness);
    lines.push('', `${code(requestLine(witness), 600)}: before ${prose(answers.before, 400)}; after ${prose(answers.after, 400)}`);
  }
  if (others.length > 0) lines.push('', `Also involved: ${others.slice(0, 3).join('; ')}${others.length > 3 ? `; and ${String(others.length - 3)} more` : ''}`);
  // Two blocks more: three lines with the blank one that ends the block above.
  const last = also.length === 0 ? [] : [`Same cause: ${also.map((other) => `${other.severity} ${ruleLink(other, context)} ${md(other.title, 120)}`).slice(0, 5).join('; ')}`];
  lines.push('', ...[`**Fix:** ${prose(finding.remedy)}`, ...last, wayOut(finding)].map((line, index, all) => (index < all.length - 1 ? `${line}\\` : line)));
  return lines.join('\n');
}
