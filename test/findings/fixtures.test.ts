import { describe, expect, test } from 'vitest';
import { ruleEntry, type RuleId } from '#findings/catalogue.ts';
import type { Finding } from '#findings/finding.ts';
import { severityRank } from '#findings/severity.ts';
import { fixtures, reviewed, type Fixture } from './fixtures.ts';

const all = fixtures();
const isFresh = (finding: Finding): boolean => finding.status === 'new' || finding.status === 'worsened';
const at = (finding: Finding): string => `${finding.rule} ${finding.location?.file ?? ''}:${finding.location?.startLine ?? 0} ${finding.location?.side ?? ''}`;

/** As loud as the rule starts, or louder: an observation under the change is silence. */
function loud(fixture: Fixture, findings: readonly Finding[]): readonly Finding[] {
  const start = severityRank(ruleEntry(fixture.rule as RuleId).severity);
  return findings.filter((finding) => finding.rule === fixture.rule && isFresh(finding) && severityRank(finding.severity) >= start);
}

describe.each(all.filter((fixture) => fixture.marks.some((mark) => mark.type === 'expect')))('$name', (fixture) => {
  const report = reviewed(fixture.base, fixture.head);

  test('is found at the marked line', () => {
    const places = report.findings.filter(isFresh).map(at);
    for (const mark of fixture.marks.filter((each) => each.type === 'expect')) {
      // A file that does not parse is cited where its reader stopped.
      if (mark.rule === 'unreadable-manifest') expect(places.some((place) => place.startsWith('unreadable-manifest change.yaml:'))).toBe(true);
      else expect(places).toContain(`${mark.rule} change.yaml:${mark.line} ${mark.side === 'base' ? 'LEFT' : 'RIGHT'}`);
    }
  });

  test('says what, why, what to do and how to check it, in plain text', () => {
    for (const finding of report.findings) {
      for (const text of [finding.message, finding.impact, finding.remedy, finding.validation.positive, finding.validation.negative]) {
        expect(text).not.toBe('');
        expect(text).not.toMatch(/\n|\.$|undefined|\[object/);
      }
      expect(finding.title).not.toMatch(/\//);
      expect(finding.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  test('is not found again where base and head are the head', () => {
    const again = reviewed(fixture.head, fixture.head);
    expect(again.findings.filter((finding) => isFresh(finding) || finding.status === 'fixed').map(at)).toEqual([]);
  });
});

describe.each(all.filter((fixture) => fixture.marks.every((mark) => mark.type === 'ok')))('$name', (fixture) => {
  test('stays silent', () => {
    expect(fixture.marks.some((mark) => mark.rule === fixture.rule)).toBe(true);
    expect(loud(fixture, reviewed(fixture.base, fixture.head).findings).map(at)).toEqual([]);
  });
});
