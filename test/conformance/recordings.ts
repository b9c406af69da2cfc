import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { judgeLine } from '#app/scenarios.ts';

/** A representative part that is in the repository. */
export function fixture(name: string): URL {
  return new URL(`../../fixtures/conformance/${name}`, import.meta.url);
}

/** Everything that was recorded; beside the repository where it is there at all. */
export function recording(name: string): URL {
  return new URL(`../../../shared/conformance/${name}`, import.meta.url);
}

export function linesOf(file: URL): string[] {
  const bytes = readFileSync(file);
  return (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
}

/** Questions that are answered differently from the recording, with both answers. */
export function disagreements(lines: readonly string[]): { readonly asked: number; readonly wrong: readonly unknown[] } {
  let asked = 0;
  const wrong: unknown[] = [];
  for (const line of lines) {
    const outcome = judgeLine(line);
    if (outcome.type === 'unreadable') {
      wrong.push(outcome);
      continue;
    }
    asked += outcome.results.length;
    wrong.push(...outcome.results.filter((result) => !result.agrees).map(({ id, about, query, asked: question, expected, answer }) => ({ id, about, query, question, expected, answer })));
  }
  return { asked, wrong };
}

/** The first line with the first expectation that `spoil` changes. */
export function spoiled(lines: readonly string[], spoil: (expected: Record<string, unknown>) => void): string {
  const entry = JSON.parse(lines[0] ?? '') as { queries: { expect: Record<string, unknown> }[] };
  const first = entry.queries[0];
  if (first === undefined) throw new Error('the recording has no question');
  spoil(first.expect);
  return JSON.stringify(entry);
}
