import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeLine } from '#app/scenarios.ts';
import { disagreements, fixture, linesOf, recording, spoiled } from './recordings.ts';

const sample = linesOf(fixture('traffic.jsonl'));

describe('how the sidecars of clients were recorded to make calls', () => {
  test('a sample of the recorded calls', () => {
    const { asked, wrong } = disagreements(sample);
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(500);
  });

  test.each([
    ['verdict', 'blocked', undefined],
    ['backend', 'shop/nobody:1', undefined],
    ['sni', 'elsewhere.example', undefined],
    ['clientCertificate', false, true],
    ['endpoints', { 'shop/nobody': 'mtls' }, undefined],
  ])('a wrong %s is told as a disagreement', (field, value, instead) => {
    const outcome = judgeLine(
      spoiled(
        sample.filter((line) => line.includes(`"${field}"`)),
        (expected) => {
          expected[field] = expected[field] === value ? instead : value;
        },
      ),
    );
    expect(outcome.type === 'judged' && outcome.results.filter((result) => !result.agrees)).toHaveLength(1);
  });

  for (const name of ['traffic/handmade.jsonl', 'traffic/random.jsonl.gz']) {
    test.skipIf(!existsSync(recording(name)))(`all recorded calls of ${name} (skipped without the shared recordings)`, { timeout: 120_000 }, () => {
      expect(disagreements(linesOf(recording(name))).wrong.slice(0, 5)).toEqual([]);
    });
  }
});
