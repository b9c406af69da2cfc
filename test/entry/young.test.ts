/** Whether V8's young generation still grows: asked in processes of their own, since the answer holds for the whole process. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const young = new URL('../../src/entry/young.ts', import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Size of the young generation before and after much that survives for a while was made. */
function sizes(least: number): { readonly before: number; readonly after: number } {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    const { keepYoungSmall } = await import(${JSON.stringify(young)});
    const size = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
    const before = size();
    keepYoungSmall();
    let kept = [];
    for (let round = 0; round < 60; round += 1) {
      kept.push(Array.from({ length: 60000 }, (_, index) => ({ index, text: [index] })));
      if (kept.length > 8) kept = kept.slice(4);
    }
    console.log(JSON.stringify({ before, after: size() }));
  `;
  return JSON.parse(execFileSync(process.execPath, [`--min-semi-space-size=${String(least)}`, '--max-semi-space-size=256', '--input-type=module', '-e', script], { encoding: 'utf8', cwd: root })) as { before: number; after: number };
}

// Its second half is counted when it is first used.
test('it stays where it has enough', () => {
  const { before, after } = sizes(64);
  expect(before).toBeGreaterThanOrEqual(64 * 1024 * 1024);
  expect(after).toBeLessThanOrEqual(2 * before);
});

test('near miss: a small one goes on growing', () => {
  const { before, after } = sizes(16);
  expect(after).toBeGreaterThan(2 * before);
});
