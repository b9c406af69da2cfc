import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { judgeLine } from '../../src/app/scenarios.ts';

const sample = new URL('../../fixtures/conformance/changes.jsonl', import.meta.url);
const all = new URL('../../../shared/conformance/changes/sidecar.jsonl.gz', import.meta.url);

interface Change {
  readonly id: string;
  readonly noise: boolean;
  readonly base: string;
  readonly head: string;
  readonly queries: readonly { readonly expect: { readonly base: { readonly verdict: string }; readonly head: { readonly verdict: string } } }[];
}

function lines(file: URL): string[] {
  const bytes = readFileSync(file);
  return (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
}

function judged(list: readonly string[]): { readonly asked: number; readonly wrong: readonly unknown[] } {
  const outcomes = list.map((line) => judgeLine(line));
  const results = outcomes.flatMap((outcome) => (outcome.type === 'judged' ? outcome.results : []));
  return { asked: results.length, wrong: [...outcomes.filter((outcome) => outcome.type === 'unreadable'), ...results.filter((result) => !result.agrees)] };
}

describe('recorded changes', () => {
  test('in a sample, both answers are right, every verdict that moves is explained, and an edit of the text alone is silent', () => {
    const { asked, wrong } = judged(lines(sample));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(300);
  }, 60_000);

  test.skipIf(!existsSync(all))('in all of them (skipped without the shared recordings)', () => {
    expect(judged(lines(all)).wrong.slice(0, 5)).toEqual([]);
  }, 300_000);

  test('an edit that moves a verdict is no noise: claimed as noise it fails once', () => {
    const moving = lines(sample)
      .map((line) => JSON.parse(line) as Change)
      .find(({ noise, queries }) => !noise && queries.some(({ expect: { base, head } }) => base.verdict !== head.verdict));
    if (moving === undefined) throw new Error('no line moves a verdict');
    const outcome = judgeLine(JSON.stringify({ ...moving, noise: true }));
    expect(outcome.type === 'judged' && outcome.results.filter((result) => !result.agrees).map((result) => result.query)).toEqual(['changes']);
  });

  test('a question whose answer is recorded as moving, of two equal meshes, fails', () => {
    const quiet = lines(sample)
      .map((line) => JSON.parse(line) as Change)
      .find(({ queries }) => queries.some(({ expect: { base, head } }) => base.verdict !== head.verdict));
    if (quiet === undefined) throw new Error('no line moves a verdict');
    const outcome = judgeLine(JSON.stringify({ ...quiet, head: quiet.base, noise: false }));
    expect(outcome.type === 'judged' && outcome.results.some((result) => !result.agrees && JSON.stringify(result.answer).includes('no reported change'))).toBe(true);
  });
});
