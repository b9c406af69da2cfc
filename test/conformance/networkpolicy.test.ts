import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { judgeLine } from '#app/scenarios.ts';

const sample = new URL('../../fixtures/conformance/networkpolicy.jsonl', import.meta.url);
const shared = new URL('../../../shared/conformance/networkpolicy/', import.meta.url);

function lines(file: URL): string[] {
  const bytes = readFileSync(file);
  return (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
}

/** Questions that are answered differently from the recording, with both answers. */
function disagreements(file: URL): { asked: number; wrong: unknown[] } {
  const outcomes = lines(file).map(judgeLine);
  const results = outcomes.flatMap((outcome) => (outcome.type === 'judged' ? outcome.results : []));
  return {
    asked: results.length,
    wrong: [...outcomes.filter((outcome) => outcome.type === 'unreadable'), ...results.filter((result) => !result.agrees).map(({ id, about, query, expected, answer }) => ({ id, about, query, expected, answer }))],
  };
}

describe('what engines of NetworkPolicies were recorded to decide', () => {
  test('a sample of the recorded decisions', () => {
    const { asked, wrong } = disagreements(sample);
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(400);
  });

  test('a wrong expectation is told as a disagreement', () => {
    const entry = JSON.parse(lines(sample)[0] ?? '') as { queries: { expect: { verdict: string } }[] };
    for (const query of entry.queries) query.expect.verdict = query.expect.verdict === 'allow' ? 'deny' : 'allow';
    const outcome = judgeLine(JSON.stringify(entry));
    expect(outcome.type === 'judged' && outcome.results.filter((result) => !result.agrees)).toHaveLength(entry.queries.length);
  });

  for (const name of ['handmade.jsonl', 'random.jsonl.gz']) {
    const file = new URL(name, shared);
    test.skipIf(!existsSync(file))(`all recorded decisions of ${name} (skipped without the shared recordings)`, () => {
      expect(disagreements(file).wrong.slice(0, 5)).toEqual([]);
    });
  }
});
