import { describe, expect, test } from 'vitest';
import { readConfig, suppressionFor, unheldSuppressions, type Suppression, type SuppressedFinding } from '#app/config.ts';

const today = '2026-11-26';
const finding: SuppressedFinding = { code: 'MP103', rule: 'plaintext-accepted', resource: 'PeerAuthentication/shop/legacy', fingerprint: '0123456789abcdef', environments: ['prod'], changeIds: [] };

function suppressions(...entries: readonly string[]): readonly Suppression[] {
  const reading = readConfig(`suppressions:\n${entries.map((entry) => `  - {${entry}}\n`).join('')}`, 'mesh-posture.yml');
  if (reading.type === 'invalid') throw new Error(reading.problems.map((problem) => problem.message).join('\n'));
  return reading.config.suppressions;
}

const valid = 'rule: MP103, resource: PeerAuthentication/shop/legacy, reason: legacy batch client, expires: 2027-02-28';

function silenced(entry: string, of: SuppressedFinding = finding, day = today): boolean {
  return suppressionFor(of, suppressions(entry), day) !== undefined;
}

function unheld(entry: string, of: readonly SuppressedFinding[] = [finding], day = today): readonly (readonly [string, string])[] {
  return unheldSuppressions(of, suppressions(entry), day).map((each) => [each.status, each.because]);
}

describe('a waiver silences', () => {
  test.each([
    ['by code and resource', valid],
    ['by the id of the rule', valid.replace('MP103', 'plaintext-accepted')],
    ['by a pattern', valid.replace('shop/legacy', 'shop/*')],
    ['by a fingerprint', 'rule: MP103, fingerprint: "0123456789abcdef", reason: legacy batch client, expires: 2027-02-28'],
    ['in its environment', `${valid}, environment: prod`],
    ['on its last day', valid.replace('2027-02-28', today)],
    ['a whole year ahead', valid.replace('2027-02-28', '2027-11-26')],
  ])('%s', (_name, entry) => {
    expect(silenced(entry)).toBe(true);
    expect(unheld(entry)).toEqual([]);
  });
});

describe('a waiver that does not hold silences nothing and is listed', () => {
  test.each([
    ['another rule', valid.replace('MP103', 'MP104'), 'unused', 'matches no finding'],
    ['another resource', valid.replace('shop/legacy', 'shop/legacy-2'), 'unused', 'matches no finding'],
    ['another namespace', valid.replace('shop/legacy', 'bank/*'), 'unused', 'matches no finding'],
    ['another fingerprint', `${valid}, fingerprint: "fedcba9876543210"`, 'unused', 'matches no finding'],
    ['another environment', `${valid}, environment: dev`, 'unused', 'matches no finding'],
    ['the day after', valid.replace('2027-02-28', '2026-11-25'), 'expired', 'expired on 2026-11-25'],
    ['more than a year ahead', valid.replace('2027-02-28', '2027-11-27'), 'invalid', '`expires` is more than 365 days ahead'],
    ['no day of the calendar', valid.replace('2027-02-28', '2027-02-29'), 'invalid', '`expires` is missing or no date of the form `YYYY-MM-DD`'],
    ['no date', valid.replace(', expires: 2027-02-28', ''), 'invalid', '`expires` is missing or no date of the form `YYYY-MM-DD`'],
    ['no reason', valid.replace('reason: legacy batch client, ', ''), 'invalid', '`reason` is missing or shorter than 10 characters'],
    ['a short reason', valid.replace('legacy batch client', 'because'), 'invalid', '`reason` is missing or shorter than 10 characters'],
    ['no such rule', valid.replace('MP103', 'MP999'), 'invalid', 'no rule is called `MP999`'],
    ['neither resource nor fingerprint', valid.replace('resource: PeerAuthentication/shop/legacy, ', ''), 'invalid', 'it names neither `resource` nor `fingerprint`'],
  ])('%s', (_name, entry, status, because) => {
    expect(silenced(entry)).toBe(false);
    expect(unheld(entry)).toEqual([[status, because]]);
  });

  test('a change finding is never silenced', () => {
    const change = { ...finding, changeIds: ['0000000000000000'] };
    expect(silenced(valid, change)).toBe(false);
    expect(unheld(valid, [change])).toEqual([['unused', 'matches a finding about a change only, which is accepted on its commit and never by a suppression']]);
  });

  test('a finding that other environments have too stays', () => {
    expect(silenced(`${valid}, environment: prod`, { ...finding, environments: ['dev', 'prod'] })).toBe(false);
  });

  test('leap days count', () => {
    expect(silenced(valid.replace('2027-02-28', '2028-02-29'), finding, '2027-03-01')).toBe(true);
    expect(silenced(valid.replace('2027-02-28', '2028-03-01'), finding, '2027-03-01')).toBe(false);
  });
});
