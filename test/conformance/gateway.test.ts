/** What the pods of real gateways were recorded to do with connections from outside. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeLine } from '#app/scenarios.ts';
import { disagreements, fixture, linesOf, recording, spoiled } from './recordings.ts';

const sample = linesOf(fixture('gateway/recorded.jsonl'));

describe('what a real gateway was recorded to do', () => {
  test('a sample of the recorded decisions', () => {
    const { asked, wrong } = disagreements(sample);
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(250);
  });

  test.each([
    ['verdict', 'asks'],
    ['backend', 'shop/nobody:1'],
    ['enforcedAt', 'sidecar'],
    ['tls', 'passthrough'],
    ['location', 'https://elsewhere.example/'],
    ['forwarded', { path: '/elsewhere' }],
  ])('a wrong %s is told as a disagreement', (field, value) => {
    const outcome = judgeLine(spoiled(sample, (expected) => { expected[field] = value; }));
    expect(outcome.type === 'judged' && outcome.results.filter((result) => !result.agrees)).toHaveLength(1);
  });

  for (const name of ['gateway/handmade.jsonl', 'gateway/random.jsonl.gz']) {
    const file = recording(name);
    test.skipIf(!existsSync(file))(`all recorded decisions of ${name} (skipped without the shared recordings)`, () => {
      expect(disagreements(linesOf(file)).wrong.slice(0, 5)).toEqual([]);
    });
  }
});
