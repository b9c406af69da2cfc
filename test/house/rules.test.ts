/** Each rule of `docs/repositories.md` has a test that fires and a near miss, by name, in `test/units/rules`. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const tests = new URL('../units/rules/', import.meta.url);
const rules = [...new Set(readFileSync(new URL('../../docs/repositories.md', import.meta.url), 'utf8').match(/\bR[0-9]+(?=\s)/gu))];
const names = readdirSync(tests).flatMap((file) => (file.endsWith('.test.ts') ? [...readFileSync(new URL(file, tests), 'utf8').matchAll(/^ *(?:test|\]\))[^\n]*?['`](R[0-9]+(?:, near miss)?): /gmu)].map((match) => match[1] ?? '') : []));

test('the document names R1 to R29', () => {
  expect(rules.map((rule) => Number(rule.slice(1))).sort((left, right) => left - right)).toEqual(Array.from({ length: 29 }, (_, index) => index + 1));
});

test.each(rules)('%s has a firing case and a near miss', (rule) => {
  expect(names).toContain(rule);
  expect(names).toContain(`${rule}, near miss`);
});
