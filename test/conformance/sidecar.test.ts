import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { judgeLine } from '../../src/app/scenarios.ts';

const shared = new URL('../../../shared/conformance/', import.meta.url);

function lines(file: URL): string[] {
  const bytes = readFileSync(file);
  return (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
}

/** Questions that are answered differently from the recording, with both answers. */
function disagreements(file: URL): { asked: number; wrong: unknown[] } {
  let asked = 0;
  const wrong: unknown[] = [];
  for (const line of lines(file)) {
    const outcome = judgeLine(line);
    if (outcome.type === 'unreadable') {
      wrong.push(outcome);
      continue;
    }
    asked += outcome.results.length;
    wrong.push(...outcome.results.filter((result) => !result.agrees).map(({ id, about, asked: query, expected, answer }) => ({ id, about, query, expected, answer })));
  }
  return { asked, wrong };
}

describe('what a real sidecar was recorded to do', () => {
  test('a sample of the recorded decisions', () => {
    const { asked, wrong } = disagreements(new URL('../../fixtures/conformance/sidecar.jsonl', import.meta.url));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(700);
  });

  test('what was recorded after the shared recordings', () => {
    const { asked, wrong } = disagreements(new URL('../../fixtures/conformance/sidecar-fresh.jsonl', import.meta.url));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(50);
  });

  test('a wrong expectation is told as a disagreement', () => {
    const line = lines(new URL('../../fixtures/conformance/sidecar.jsonl', import.meta.url))[0] ?? '';
    const entry = JSON.parse(line) as { queries: { expect: { verdict: string } }[] };
    const first = entry.queries[0];
    if (first === undefined) throw new Error('the fixture has no question');
    first.expect.verdict = first.expect.verdict === 'allow' ? 'deny' : 'allow';
    const outcome = judgeLine(JSON.stringify(entry));
    expect(outcome.type === 'judged' && outcome.results.filter((result) => !result.agrees)).toHaveLength(1);
  });

  for (const name of ['sidecar/handmade.jsonl', 'sidecar/random.jsonl.gz']) {
    const file = new URL(name, shared);
    test.skipIf(!existsSync(file))(`all recorded decisions of ${name} (skipped without the shared recordings)`, () => {
      expect(disagreements(file).wrong.slice(0, 5)).toEqual([]);
    });
  }
});
