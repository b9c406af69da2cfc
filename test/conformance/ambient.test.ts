import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { disagreements, fixture, linesOf, recording, spoiled } from './recordings.ts';

describe('what ztunnel, waypoints and the sidecars beside them were recorded to do', () => {
  test.each([
    ['ambient.jsonl', 1500],
    ['ambient-peer-authentication.jsonl', 100],
  ])('a sample of the recorded decisions: %s', (name, least) => {
    const { asked, wrong } = disagreements(linesOf(fixture(name)));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(least);
  });

  test('a wrong verdict, and a way that was not taken, are told as disagreements', () => {
    const lines = linesOf(fixture('ambient.jsonl'));
    expect(disagreements([spoiled(lines, (expected) => (expected['verdict'] = expected['verdict'] === 'allow' ? 'deny' : 'allow'))]).wrong).toHaveLength(1);
    expect(disagreements([spoiled(lines, (expected) => (expected['via'] = 'shop/elsewhere'))]).wrong).toHaveLength(1);
  });

  for (const name of ['ambient/handmade.jsonl', 'ambient/random.jsonl.gz', 'ambient/peerauthentication.jsonl.gz']) {
    test.skipIf(!existsSync(recording(name)))(`all recorded decisions of ${name} (skipped without the shared recordings)`, { timeout: 120_000 }, () => {
      expect(disagreements(linesOf(recording(name))).wrong.slice(0, 5)).toEqual([]);
    });
  }
});
