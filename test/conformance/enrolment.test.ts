import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { disagreements, fixture, linesOf, recording, spoiled } from './recordings.ts';

describe('how the injector and the CNI plugin were recorded to treat pods', () => {
  test('a sample of the recorded pods', () => {
    const { asked, wrong } = disagreements(linesOf(fixture('enrolment.jsonl')));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(500);
  });

  test('what was recorded after the shared recordings', () => {
    const { asked, wrong } = disagreements(linesOf(fixture('enrolment-fresh.jsonl')));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(50);
  });

  test('a wrong mode, and a field that is told too much, are disagreements', () => {
    const lines = linesOf(fixture('enrolment.jsonl'));
    expect(disagreements([spoiled(lines, (expected) => (expected['mode'] = 'proxyless'))]).wrong).toHaveLength(1);
    expect(disagreements([spoiled(lines, (expected) => Reflect.deleteProperty(expected, 'inboundCaptured'))]).wrong).toHaveLength(1);
  });

  for (const name of ['enrolment/handmade.jsonl', 'enrolment/random.jsonl.gz']) {
    test.skipIf(!existsSync(recording(name)))(`all recorded pods of ${name} (skipped without the shared recordings)`, { timeout: 120_000 }, () => {
      expect(disagreements(linesOf(recording(name))).wrong.slice(0, 5)).toEqual([]);
    });
  }
});
