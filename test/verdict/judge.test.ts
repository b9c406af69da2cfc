import { describe, expect, test } from 'vitest';
import { defaultGates, exitCode, judge, type JudgeInput } from '#app/verdict.ts';
import type { Finding } from '#findings/finding.ts';
import type { Maturity } from '#maturity/scorecard.ts';

function finding(over: Partial<Finding>): Finding {
  return {
    code: 'MP201', rule: 'access-widened', title: 't', severity: 'high', certainty: 'proved', evidence: 'INFERRED', status: 'new', environments: ['default'],
    resource: 'AuthorizationPolicy/shop/web', related: [], message: 'm', impact: 'i', remedy: 'r', validation: { positive: 'p', negative: 'n' }, fingerprint: '0123456789abcdef', changeIds: [], tags: [], ...over,
  };
}
const reason = { status: 'new', kind: 'unreadable', reason: 'tabs', file: 'a.yaml' } as const;
const verdict = (input: Partial<JudgeInput>): string => judge({ findings: [], incompleteReasons: [], gates: defaultGates, ...input }).verdict;
const failed = (input: Partial<JudgeInput>): readonly string[] => judge({ findings: [], incompleteReasons: [], gates: defaultGates, ...input }).gates.filter((gate) => gate.failed).map((gate) => gate.id);

describe('the findings gate', () => {
  test('fails on new and worsened findings from high on', () => {
    expect(verdict({ findings: [finding({})] })).toBe('fail');
    expect(verdict({ findings: [finding({ status: 'worsened' })] })).toBe('fail');
    expect(verdict({ findings: [finding({ severity: 'critical' })] })).toBe('fail');
  });
  test('lets what was wrong before block nobody', () => {
    expect(verdict({ findings: [finding({ status: 'existing', severity: 'critical' })] })).toBe('pass');
    expect(verdict({ findings: [finding({ status: 'existing' })], gates: { ...defaultGates, failOn: 'any' } })).toBe('fail');
  });
  test('gates conditional and undecided findings like proved ones', () => {
    expect(verdict({ findings: [finding({ certainty: 'conditional' })] })).toBe('fail');
    expect(verdict({ findings: [finding({ certainty: 'undecided', code: 'MP202' })] })).toBe('fail');
  });
  test('warns below the gate, except for observations', () => {
    expect(verdict({ findings: [finding({ severity: 'medium' })] })).toBe('warn');
    expect(verdict({ findings: [finding({ severity: 'info' })] })).toBe('pass');
    expect(verdict({ findings: [finding({ status: 'fixed' })] })).toBe('pass');
    expect(verdict({ findings: [finding({ status: 'suppressed' })] })).toBe('pass');
  });
  test('is off with failOn none, and then warns', () => {
    expect(verdict({ findings: [finding({ severity: 'critical' })], gates: { ...defaultGates, failOn: 'none' } })).toBe('warn');
  });
  test('turns an accepted finding into a warning', () => {
    expect(verdict({ findings: [finding({})], accepted: new Set(['0123456789abcdef']) })).toBe('warn');
    expect(verdict({ findings: [finding({})], accepted: new Set(['ffffffffffffffff']) })).toBe('fail');
  });
});

describe('incompleteness', () => {
  test.each(['MP805', 'MP807', 'MP905'] as const)('%s is judged by its own gate, never by severity', (code) => {
    expect(verdict({ findings: [finding({ code })], gates: { ...defaultGates, incomplete: 'off' } })).toBe('warn');
    expect(failed({ findings: [finding({ code })], incompleteReasons: [reason] })).toEqual(['incomplete']);
  });
  test('is an error, and a failed gate wins over it', () => {
    expect(verdict({ incompleteReasons: [reason] })).toBe('error');
    expect(verdict({ incompleteReasons: [reason], findings: [finding({})] })).toBe('fail');
  });
  test('blocks nobody where it is equal on both sides', () => {
    expect(verdict({ incompleteReasons: [{ ...reason, status: 'existing' }] })).toBe('pass');
    expect(verdict({ incompleteReasons: [{ ...reason, status: 'existing' }], gates: { ...defaultGates, incomplete: 'any' } })).toBe('error');
  });
});

describe('the other gates', () => {
  test('outside content answers to `external` alone', () => {
    const outside = finding({ code: 'MP810', severity: 'high' });
    expect(verdict({ findings: [outside] })).toBe('warn');
    expect(failed({ findings: [outside], gates: { ...defaultGates, external: 'fail' } })).toEqual(['external']);
    expect(verdict({ findings: [outside], gates: { ...defaultGates, external: 'off' } })).toBe('pass');
    // Where only images change.
    expect(failed({ findings: [{ ...outside, severity: 'info' }], gates: { ...defaultGates, external: 'fail' } })).toEqual([]);
  });
  test('what no root reaches is shown and not gated, unless it is to be', () => {
    const unreferenced = new Set(['unreferenced']);
    const stray = finding({ environments: ['unreferenced'] });
    expect(verdict({ findings: [stray], unreferenced })).toBe('warn');
    expect(failed({ findings: [stray], unreferenced, gates: { ...defaultGates, unreferenced: 'fail' } })).toEqual(['unreferenced']);
    expect(failed({ findings: [finding({ environments: ['prod', 'unreferenced'] })], unreferenced })).toEqual(['findings']);
  });
  test('a broken invariant fails its own gate', () => {
    expect(failed({ findings: [finding({ code: 'MP902' })] })).toEqual(['invariants']);
  });
  test('an internal error is never a pass', () => {
    expect(verdict({ internalErrors: ['a witness did not reproduce'] })).toBe('error');
  });
  test('maturity fails on a drop, a low score and a score that got lost', () => {
    const score = (value: number | null): Maturity['base'][string] => ({ configured: { score: value, reason: 'too little' }, credited: {} }) as unknown as Maturity['base'][string];
    const maturity = (base: number | null, head: number | null): Maturity => ({ base: { default: score(base) }, head: { default: score(head) }, delta: { overall: base === null || head === null ? null : head - base, environments: {} } });
    const gates = { ...defaultGates, maturity: { minimumScore: 60, maximumDrop: 5 } };
    expect(failed({ gates, maturity: maturity(70, 66) })).toEqual([]);
    expect(failed({ gates, maturity: maturity(70, 64) })).toEqual(['maturity']);
    expect(failed({ gates, maturity: maturity(58, 59) })).toEqual(['maturity']);
    expect(failed({ gates, maturity: maturity(70, null) })).toEqual(['maturity']);
    expect(failed({ gates, maturity: maturity(null, null) })).toEqual([]);
  });
});

describe('the verdict', () => {
  test('is not applicable where nothing relevant changed', () => expect(verdict({ applicable: false })).toBe('not-applicable'));
  test('has the exit codes of the contract', () => {
    expect((['pass', 'warn', 'not-applicable', 'fail', 'error'] as const).map(exitCode)).toEqual([0, 0, 0, 1, 3]);
  });
});
